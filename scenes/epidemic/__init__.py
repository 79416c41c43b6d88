"""Epidemic investigation: where a case has been, who was at the same place and time, who was at a place."""

from scenes.base import Layer, Panel, Scene
from scenes.epidemic.queries import QUESTIONS, cases
from scenes.epidemic.ruled import rule, rules

SCENE = Scene(
    id="epidemic",
    title_en="Investigation",
    title_zh="流调溯源",
    path="/investigate",
    theme="light",
    layers=(
        Layer("buildings", "Buildings", "建筑", "tiles3d", kind="building", colour="#d5dce4"),
        Layer("terrain", "Terrain", "地形", "tiles3d", kind="terrain", visible=False),
        Layer("path", "Path", "轨迹", "path", query="trajectory", colour="#d1495b"),
        Layer("premises", "Premises", "场所", "points", kind="premises", colour="#e09f3e", visible=False),
        Layer("hubs", "Transit hubs", "交通枢纽", "points", kind="hub", colour="#1f7a8c", visible=False),
        Layer("grids", "Grids", "网格", "polygons", kind="grid", colour="#8fa3b8", visible=False),
        Layer("roads", "Roads", "道路", "lines", kind="road", colour="#c3ccd6"),
        Layer("water", "Water", "水系", "polygons", kind="water", colour="#bdd3e0"),
        Layer("green", "Green", "绿地", "polygons", kind="green", colour="#d0dfcb"),
    ),
    queries=(*(question.query for question in QUESTIONS.values()), cases, rules, rule),
    panels=(
        Panel("investigate", "Question", "查询", "investigate", query="companions", slot="left"),
        Panel("detail", "Selected", "选中对象", "detail", slot="right"),
        Panel("layers", "Layers", "图层", "layers", slot="left"),
    ),
)
