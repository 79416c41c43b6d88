"""Grid coverage: what each management grid holds, which cameras and sensors watch it, which nobody sees."""

from scenes.base import Layer, Panel, Scene
from scenes.grid_coverage.queries import grids, watchers

SCENE = Scene(
    id="grid_coverage",
    title_en="Grid coverage",
    title_zh="网格覆盖",
    path="/coverage",
    theme="light",
    layers=(
        Layer("buildings", "Buildings", "建筑", "tiles3d", kind="building", colour="#d5dce4"),
        Layer("terrain", "Terrain", "地形", "tiles3d", kind="terrain", visible=False),
        Layer("grids", "Grids by area seen", "网格可视率", "polygons", kind="grid", query="grids", value="share"),
        Layer("cameras", "Cameras", "摄像机", "points", kind="camera", colour="#1f7a8c"),
        Layer("sensors", "Sensors", "传感器", "points", kind="sensor", colour="#8a6bbf", visible=False),
        Layer("roads", "Roads", "道路", "lines", kind="road", colour="#c3ccd6", visible=False),
        Layer("water", "Water", "水系", "polygons", kind="water", colour="#bdd3e0"),
    ),
    queries=(grids, watchers),
    panels=(
        Panel("ledger", "Coverage ledger", "覆盖台账", "coverage", query="grids", slot="left", refresh_s=60),
        Panel("watchers", "Watched by", "看护设备", "watchers", query="watchers", slot="right"),
        Panel("detail", "Selected", "选中对象", "detail", slot="right"),
        Panel("legend", "Legend", "图例", "legend", slot="right"),
        Panel("layers", "Layers", "图层", "layers", slot="right"),
    ),
)
