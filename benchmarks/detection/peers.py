"""Runs one detector of somebody else on fixes in a file; stands alone, so that it runs where that detector is.

python peers.py NAME FIXES.npz FOUND.npz ROAM_M LEAST_S GAP_S
"""

from __future__ import annotations

import sys
import time
import warnings
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np

ABSENT = 3
"""Exit code where the detector is not installed."""


def trackintel(fixes: Any, roam_m: float, least_s: float, gap_s: float) -> tuple[Any, float, str]:
    """Its sliding window with the last stop included: all that its own remarks advise."""
    gpd, pd, ti = _modules("geopandas", "pandas", "trackintel")

    frame = gpd.GeoDataFrame(
        {"user_id": fixes["person"], "tracked_at": pd.to_datetime(fixes["time"], unit="s", utc=True)},
        geometry=gpd.points_from_xy(fixes["lon"], fixes["lat"]),
        crs="EPSG:4326",
    )
    frame.index.name = "id"
    begin = time.process_time()
    frame = frame.sort_values(["user_id", "tracked_at"])
    _, found = ti.preprocessing.generate_staypoints(
        ti.Positionfixes(frame),
        dist_threshold=roam_m,
        time_threshold=least_s / 60,
        gap_threshold=gap_s / 60,
        include_last=True,
    )
    seconds = time.process_time() - begin
    columns = {
        "person": found["user_id"].to_numpy(),
        "start": _seconds(found["started_at"]),
        "end": _seconds(found["finished_at"]),
        "lon": found.geometry.x.to_numpy(),
        "lat": found.geometry.y.to_numpy(),
    }
    return columns, seconds, _version("trackintel")


def skmob(fixes: Any, roam_m: float, least_s: float, gap_s: float) -> tuple[Any, float, str]:
    """scikit-mobility's stay_locations with its limit on silence set."""
    pd, mobility, detection = _modules("pandas", "skmob", "skmob.preprocessing.detection")

    frame = mobility.TrajDataFrame(
        pd.DataFrame(
            {
                "uid": fixes["person"],
                "datetime": pd.to_datetime(fixes["time"], unit="s"),
                "lat": fixes["lat"],
                "lng": fixes["lon"],
            }
        )
    )
    begin = time.process_time()
    found = detection.stay_locations(
        frame, minutes_for_a_stop=least_s / 60, spatial_radius_km=roam_m / 1000, no_data_for_minutes=gap_s / 60
    )
    seconds = time.process_time() - begin
    columns = {
        "person": found["uid"].to_numpy(),
        "start": _seconds(found["datetime"]),
        "end": _seconds(found["leaving_datetime"]),
        "lon": found["lng"].to_numpy(),
        "lat": found["lat"].to_numpy(),
    }
    return columns, seconds, _version("scikit-mobility")


def _modules(*names: str) -> list[Any]:
    """Modules that are there only where the detector is installed; ImportError elsewhere."""
    return [import_module(name) for name in names]


def _seconds(column: Any) -> Any:
    return column.to_numpy().astype("datetime64[s]").astype(np.int64)


def _version(package: str) -> str:
    return f"{package} {version(package)}"


DETECTORS = {"trackintel": trackintel, "scikit-mobility": skmob}


def main() -> None:
    """See the module."""
    name, fixes, found = sys.argv[1:4]
    limits = [float(word) for word in sys.argv[4:7]]
    warnings.simplefilter("ignore")
    try:
        columns, seconds, version = DETECTORS[name](np.load(fixes), *limits)
    except ImportError as error:
        print(error, file=sys.stderr)
        sys.exit(ABSENT)
    np.savez(found, seconds=seconds, version=version, **columns)


if __name__ == "__main__":
    main()
