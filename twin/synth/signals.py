"""What each kind of device measures, and how its readings run through a day."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Signal:
    """One measured property.

    Form "level": base + amplitude x day curve (highest at `peak_h` local time) + noise, within low..high.
    Form "count": a meter that only rises; `base` is its mean rate per hour, `amplitude` the day's swing of the rate.
    Form "state": `base` (0 or 1), and `event` while an event lasts.
    spread    how far devices of a kind differ from one another (standard deviation of a fixed offset)
    event     the value that an event rises to; `event_per_day` how many such hours a device has in a day
    """

    name: str
    unit: str
    form: str
    base: float
    amplitude: float = 0.0
    peak_h: float = 14.0
    noise: float = 0.0
    spread: float = 0.0
    low: float = 0.0
    high: float = 1e9
    event: float = 0.0
    event_per_day: float = 0.0
    decimals: int = 1


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of device. `share` is its part of all devices; `every_s` is how often one reports.

    mount   where it hangs: "road", "roof", "storey", "premises", "home", "entrance", "river"
    """

    id: str
    title_zh: str
    title_en: str
    model: str
    share: float
    every_s: int
    mount: str
    signals: tuple[Signal, ...]


CATEGORIES: tuple[Category, ...] = (
    Category("smoke", "烟感探测器", "Smoke detector", "JTY-GD-NB", 0.31, 300, "premises", (
        Signal("smoke", "%/m", "level", 0.2, 0.05, 12, 0.05, 0.05, 0, 25, 9.0, 0.004, 2),
        Signal("battery", "%", "level", 82, 0, 0, 0.3, 9, 5, 100, decimals=0),
    )),
    Category("door", "智能门禁", "Door sensor", "MJ-200", 0.16, 120, "entrance", (
        Signal("open", "1", "state", 0, event=1, event_per_day=9, decimals=0),
        Signal("passages", "1/h", "level", 42, 34, 18, 9, 16, 0, 400, decimals=0),
    )),
    Category("energy", "智能电表", "Energy meter", "DTZ-3", 0.15, 300, "storey", (
        Signal("energy", "kWh", "count", 21, 11, 15, decimals=1),
        Signal("power", "kW", "level", 21, 11, 15, 2.5, 7, 0.5, 900, 96, 0.02, 1),
    )),
    Category("climate", "温湿度传感器", "Temperature and humidity", "TH-22", 0.10, 180, "storey", (
        Signal("temperature", "°C", "level", 22.5, 4.0, 14.5, 0.4, 0.8, -5, 60, 39.5, 0.01, 1),
        Signal("humidity", "%", "level", 66, -11, 14.5, 2.0, 3, 15, 100, decimals=0),
    )),
    Category("manhole", "窨井水位计", "Manhole water level", "SW-NB1", 0.12, 300, "road", (
        Signal("water_level", "m", "level", 0.32, 0.12, 8.5, 0.03, 0.08, 0, 4.5, 2.1, 0.012, 2),
        Signal("tilt", "°", "state", 0, event=18, event_per_day=0.01, decimals=0),
    )),
    Category("noise", "噪声监测", "Noise meter", "AWA6228", 0.05, 60, "road", (
        Signal("noise", "dB(A)", "level", 57, 7.5, 15, 2.2, 3, 32, 110, 81, 0.25, 1),
    )),
    Category("air", "空气质量微站", "Air quality", "AQ-M6", 0.04, 300, "road", (
        Signal("pm25", "µg/m³", "level", 24, 7, 9, 3, 4, 2, 400, 96, 0.03, 0),
        Signal("pm10", "µg/m³", "level", 43, 11, 9, 5, 7, 4, 600, 165, 0.03, 0),
        Signal("no2", "µg/m³", "level", 27, 12, 8.5, 3, 4, 2, 300, decimals=0),
        Signal("o3", "µg/m³", "level", 78, 42, 15, 5, 6, 5, 400, 172, 0.03, 0),
    )),
    Category("elderly", "助老穿戴基站", "Elderly-care base station", "YL-B4", 0.03, 120, "home", (
        Signal("worn", "1", "level", 3.2, 0.8, 11, 0.4, 1, 0, 12, decimals=0),
        Signal("fall_alarm", "1", "state", 0, event=1, event_per_day=0.004, decimals=0),
    )),
    Category("lift", "电梯运行监测", "Lift monitor", "DT-9", 0.035, 60, "roof", (
        Signal("trips", "1/h", "level", 34, 26, 18.5, 6, 9, 0, 220, decimals=0),
        Signal("trapped", "1", "state", 0, event=1, event_per_day=0.005, decimals=0),
    )),
    Category("river", "河道水位站", "River gauge", "SW-R2", 0.005, 300, "river", (
        Signal("water_level", "m", "level", 1.35, 0.06, 7, 0.03, 0.1, 0.2, 6, 3.4, 0.01, 2),
        Signal("flow", "m³/s", "level", 4.6, 0.7, 7, 0.4, 0.5, 0, 160, decimals=1),
    )),
)  # fmt: skip

BY_ID: dict[str, Category] = {category.id: category for category in CATEGORIES}
