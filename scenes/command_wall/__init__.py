"""The command centre's wall: the whole district on one screen, what is happening in it and what is out of order."""

from scenes.base import Feed, Layer, Panel, Scene
from scenes.command_wall.queries import above, devices, in_order, incidents, overview, properties

SCENE = Scene(
    id="command_wall",
    title_en="Command wall",
    title_zh="指挥大屏",
    path="/wall",
    theme="dark",
    layers=(
        Layer("buildings", "Buildings", "建筑", "tiles3d", kind="building", colour="#41566f"),
        Layer(
            "in_order",
            "Buildings by devices in order",
            "楼宇设备完好率",
            "tiles3d",
            kind="building",
            query="in_order",
            value="share",
            visible=False,
        ),
        Layer("use", "Use of buildings", "建筑用途", "tiles3d", kind="building", value="use", visible=False),
        Layer("roads", "Roads", "道路", "lines", kind="road", colour="#2c3f55"),
        Layer("water", "Water", "水系", "polygons", kind="water", colour="#17405c"),
        Layer("green", "Green", "绿地", "polygons", kind="green", colour="#1d4a3a"),
        Layer("grids", "Grids", "网格", "polygons", kind="grid", colour="#5fb3d9"),
        Layer("cameras", "Cameras", "摄像机", "points", kind="camera", colour="#58c4b8", visible=False),
        Layer("sensors", "Sensors", "传感器", "points", kind="sensor", colour="#b59bf0"),
        Layer("incidents", "Incidents", "事件", "points", query="incidents", colour="#ffb454"),
    ),
    queries=(overview, incidents, devices, in_order, above, properties),
    panels=(
        Panel("clock", "Time", "时间", "clock", slot="top"),
        Panel("language", "Language", "语言", "language", slot="top"),
        Panel("overview", "Overview", "总览", "overview", query="overview", slot="left", refresh_s=30),
        Panel("devices", "Devices", "设备状态", "devices", query="devices", slot="left", refresh_s=30),
        Panel("incidents", "Incidents", "事件", "incidents", query="incidents", slot="right", refresh_s=10),
        Panel("live", "Live values", "实时数据", "chart", feed="readings", slot="right"),
        Panel("detail", "Selected", "选中对象", "detail", slot="right"),
        Panel("layers", "Layers", "图层", "layers", slot="left"),
    ),
    feeds=(Feed("readings", "Sensor readings", "传感器读数", ("sensor", "camera")),),
)
