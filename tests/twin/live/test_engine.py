"""What is accepted is on disk, what is refused says why, and a restart knows the latest values."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from twin.errors import FolderError
from twin.live import Live, Refused, declare

NOW = 1_714_560_000  # 2024-05-01 10:40 UTC
ROOT = Path(__file__).resolve().parents[3]


def streams(count: int = 5):
    return declare([f"s{i}" for i in range(count)], ["sensor"] * count, [[("t", "°C")]] * count, np.zeros((count, 2)))


@pytest.fixture
def live(tmp_path):
    engine = Live.open(tmp_path, streams(), clock=lambda: NOW)
    yield engine
    engine.close()


def latest(engine: Live) -> dict[str, tuple[int, object]]:
    batch = engine.latest().batch
    return {
        engine.datastreams.ids[row]: (when, value)
        for row, when, value in zip(batch.rows, batch.times.tolist(), batch.values, strict=True)
    }


def test_good_ones_are_taken_and_each_bad_one_says_why(live):
    receipt = live.observe(
        [
            ("s0/t", NOW, 21.5),
            ("nobody/t", NOW, 1.0),
            ("s1/t", 10, 1.0),
            ("s1/t", NOW + 7200, 1.0),
            ("s2/t", NOW, float("nan")),
            ("s3/t", NOW, "open"),
            ("s4/t", NOW, "x" * 300),
            ("s4/t", NOW, True),
        ]
    )
    assert receipt.accepted == 3
    assert [item.index for item in receipt.refused] == [1, 2, 3, 4, 6]
    assert all(isinstance(item, Refused) and item.reason for item in receipt.refused)
    assert latest(live) == {"s0/t": (NOW, 21.5), "s3/t": (NOW, "open"), "s4/t": (NOW, 1.0)}


def test_a_restart_knows_the_latest_values_and_the_series(tmp_path):
    first = Live.open(tmp_path, streams(), clock=lambda: NOW)
    first.observe([("s0/t", NOW - 86_400, 1.0), ("s0/t", NOW, 2.0), ("s0/t", NOW, 3.0), ("s1/t", NOW - 5, "shut")])
    before = latest(first)
    first.close()
    first.close()
    again = Live.open(tmp_path, streams(), clock=lambda: NOW)
    assert latest(again) == before == {"s0/t": (NOW, 3.0), "s1/t": (NOW - 5, "shut")}
    assert again.history.series("s0/t", 0, NOW + 1) == [(NOW - 86_400, 1.0), (NOW, 3.0)]
    assert again.history.series("s0/t", NOW - 86_399, NOW) == []
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".duckdb") == [
        "2024-04-30.duckdb",
        "2024-05-01.duckdb",
    ]
    again.close()


def test_a_value_older_than_a_week_is_history_not_latest(tmp_path):
    first = Live.open(tmp_path, streams(), clock=lambda: NOW)
    first.observe([("s0/t", NOW - 9 * 86_400, 1.0)])
    first.close()
    again = Live.open(tmp_path, streams(), clock=lambda: NOW)
    assert latest(again) == {}
    assert again.history.series("s0/t", 0, NOW) == [(NOW - 9 * 86_400, 1.0)]
    again.close()


def test_more_days_than_open_files(live):
    days = 12
    live.observe([("s0/t", NOW - day * 86_400, float(day)) for day in range(days)])
    assert live.history.series("s0/t", 0, NOW + 1) == [(NOW - d * 86_400, float(d)) for d in reversed(range(days))]


def test_callers_are_committed_together_and_none_is_lost(live):
    def speak(sensor: int) -> None:
        for second in range(20):
            assert live.observe([(f"s{sensor}/t", NOW + second, float(second))]).accepted == 1

    threads = [threading.Thread(target=speak, args=(sensor,)) for sensor in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for sensor in range(5):
        assert len(live.history.series(f"s{sensor}/t", NOW, NOW + 60)) == 20
    assert set(latest(live).values()) == {(NOW + 19, 19.0)}


def test_a_closed_engine_refuses_clearly(tmp_path):
    engine = Live.open(tmp_path, streams(), clock=lambda: NOW)
    engine.close()
    with pytest.raises(FolderError, match="stopping"):
        engine.observe([("s0/t", NOW, 1.0)])


WRITER = """
import sys, numpy as np
from pathlib import Path
from twin.live import Live, declare
live = Live.open(Path(sys.argv[1]), declare(["s0"], ["sensor"], [[("t", "")]], np.zeros((1, 2))), clock=lambda: {now})
for second in range(10_000):
    assert live.observe([("s0/t", {now} - 20_000 + second, float(second))]).accepted == 1
    print(second, flush=True)
"""


def test_what_was_acknowledged_survives_kill_9(tmp_path):
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER.format(now=NOW), str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    acknowledged = -1
    for line in writer.stdout:
        acknowledged = int(line)
        if acknowledged >= 30:
            os.kill(writer.pid, signal.SIGKILL)
            break
    acknowledged = max([acknowledged, *(int(line) for line in writer.stdout if line.endswith("\n"))])
    writer.stdout.close()
    writer.wait()
    live = Live.open(tmp_path, streams(1), clock=lambda: NOW)
    series = live.history.series("s0/t", 0, NOW)
    live.close()
    assert [value for _, value in series][: acknowledged + 1] == [float(n) for n in range(acknowledged + 1)]
