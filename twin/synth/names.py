"""Made-up names, in Chinese with their Latin spelling: places, roads, shops. No real person or firm is meant."""

from __future__ import annotations

import numpy as np

Name = tuple[str, str]  # Chinese, Latin

DISTRICT: Name = ("龙澜区", "Longlan District")
STREET: Name = ("云汇街道", "Yunhui Subdistrict")

_FIRST: tuple[Name, ...] = (
    ("龙", "Long"), ("云", "Yun"), ("锦", "Jin"), ("华", "Hua"), ("民", "Min"), ("和", "He"),
    ("景", "Jing"), ("新", "Xin"),
    ("翠", "Cui"), ("福", "Fu"), ("清", "Qing"), ("观", "Guan"), ("上", "Shang"), ("元", "Yuan"), ("梅", "Mei"),
    ("玉", "Yu"), ("松", "Song"), ("水", "Shui"), ("油", "You"), ("石", "Shi"), ("东", "Dong"), ("银", "Yin"),
    ("星", "Xing"), ("荔", "Li"), ("向", "Xiang"), ("澄", "Cheng"), ("鹭", "Lu"), ("章", "Zhang"), ("横", "Heng"),
)  # fmt: skip
_SECOND: tuple[Name, ...] = (
    ("塘", "tang"), ("泉", "quan"), ("岭", "ling"), ("湖", "hu"), ("溪", "xi"), ("田", "tian"), ("岗", "gang"),
    ("坑", "keng"), ("围", "wei"), ("荣", "rong"), ("苑", "yuan"), ("芬", "fen"), ("澜", "lan"), ("坪", "ping"),
    ("山", "shan"), ("涌", "chong"), ("桥", "qiao"), ("安", "an"), ("康", "kang"), ("悦", "yue"), ("林", "lin"),
)  # fmt: skip

ESTATE_ENDS: tuple[Name, ...] = (
    ("花园", "Garden"), ("雅居", "Residence"), ("名苑", "Court"), ("华府", "Mansion"), ("城", "City"),
    ("公馆", "House"), ("豪庭", "Terrace"), ("郡", "County"),
)  # fmt: skip
VILLAGE_ENDS: tuple[Name, ...] = (("村", "Village"), ("新村", "New Village"), ("老围", "Old Village"))
PARK_ENDS: tuple[Name, ...] = (("公园", "Park"), ("体育公园", "Sports Park"), ("湿地公园", "Wetland Park"))
INDUSTRY_ENDS: tuple[Name, ...] = (
    ("工业园", "Industrial Park"), ("科技园", "Technology Park"), ("电子城", "Electronics Park"),
    ("第二工业区", "No. 2 Industrial Zone"), ("智造园", "Smart Manufacturing Park"),
)  # fmt: skip
TOWER_ENDS: tuple[Name, ...] = (
    ("大厦", "Tower"), ("中心", "Centre"), ("国际大厦", "International Tower"), ("广场", "Plaza"),
    ("金融中心", "Finance Centre"),
)  # fmt: skip
MALL_ENDS: tuple[Name, ...] = (("天地", "World"), ("购物中心", "Mall"), ("汇", "Hub Mall"), ("万象城", "Galleria"))
ROAD_ENDS: dict[str, Name] = {
    "expressway": ("快速路", "Expressway"), "primary": ("大道", "Avenue"), "secondary": ("路", "Road"),
    "tertiary": ("街", "Street"), "residential": ("街", "Street"), "lane": ("巷", "Lane"),
}  # fmt: skip

PREMISES: dict[str, tuple[Name, ...]] = {
    "food": (("湘菜馆", "Hunan Restaurant"), ("肠粉店", "Rice Roll Shop"), ("沙县小吃", "Shaxian Snacks"),
             ("猪脚饭", "Pork Knuckle Rice"), ("兰州拉面", "Lanzhou Noodles"), ("茶餐厅", "Cha Chaan Teng"),
             ("火锅店", "Hot Pot"), ("奶茶店", "Milk Tea"), ("烧腊饭店", "Roast Meat Restaurant"),
             ("早餐店", "Breakfast")),
    "shop": (("便利店", "Convenience Store"), ("水果店", "Fruit Shop"), ("超市", "Supermarket"), ("药店", "Pharmacy"),
             ("五金店", "Hardware"), ("手机店", "Phone Shop"), ("服装店", "Clothes"), ("文具店", "Stationery"),
             ("菜市场档口", "Market Stall"), ("快递驿站", "Parcel Station")),
    "service": (("理发店", "Barber"), ("洗衣店", "Laundry"), ("诊所", "Clinic"), ("房产中介", "Estate Agent"),
                ("美容院", "Beauty Salon"), ("维修店", "Repair Shop"), ("培训中心", "Tutoring Centre")),
    "workshop": (("制衣厂", "Garment Workshop"), ("电子加工坊", "Electronics Workshop"),
                 ("模具加工店", "Mould Workshop"),                  ("印刷店", "Print Shop")),
    "leisure": (("网吧", "Internet Café"), ("棋牌室", "Chess and Card Room"), ("KTV", "KTV"), ("健身房", "Gym"),
                ("影城", "Cinema"), ("足浴店", "Foot Massage")),
    "elderly": (("长者服务站", "Elderly Service Station"), ("日间照料中心", "Day Care Centre")),
}  # fmt: skip
"""Small premises by category."""

_OWNERS: tuple[Name, ...] = (
    ("老陈", "Lao Chen"), ("阿强", "A Qiang"), ("好味", "Haowei"), ("福满", "Fuman"), ("兴隆", "Xinglong"),
    ("百家", "Baijia"), ("鑫源", "Xinyuan"), ("顺意", "Shunyi"), ("客家", "Hakka"), ("潮香", "Chaoxiang"),
    ("大众", "Dazhong"), ("悦来", "Yuelai"), ("美佳", "Meijia"), ("永盛", "Yongsheng"), ("同心", "Tongxin"),
    ("湘味", "Xiangwei"), ("川渝", "Chuanyu"), ("惠民", "Huimin"), ("一品", "Yipin"), ("华联", "Hualian"),
)  # fmt: skip


class Namer:
    """Gives out names; no two places of one sort share one."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._pairs = [(a + b, f"{x}{y}") for a, x in _FIRST for b, y in _SECOND]
        self._order = rng.permutation(len(self._pairs))
        self._next = 0
        self._rng = rng

    def stem(self) -> Name:
        """A fresh two-character stem; after all are used they come again with a direction in front."""
        turn, place = divmod(self._next, len(self._pairs))
        self._next += 1
        zh, en = self._pairs[int(self._order[place])]
        sides = (("", ""), ("东", "East "), ("西", "West "), ("南", "South "), ("北", "North "))
        side = sides[min(turn, len(sides) - 1)]
        number = "" if turn < len(sides) else str(turn)
        return f"{side[0]}{zh}{number}", f"{side[1]}{en}{number}"

    def with_end(self, ends: tuple[Name, ...]) -> Name:
        """A stem with one of the ends."""
        zh, en = self.stem()
        end = ends[int(self._rng.integers(0, len(ends)))]
        return zh + end[0], f"{en} {end[1]}"


def premises_name(category: str, rng: np.random.Generator) -> Name:
    """A shop's name; many shops share one, as they do."""
    owner = _OWNERS[int(rng.integers(0, len(_OWNERS)))]
    sorts = PREMISES[category]
    sort = sorts[int(rng.integers(0, len(sorts)))]
    return owner[0] + sort[0], f"{owner[1]} {sort[1]}"
