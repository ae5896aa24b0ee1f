"""The invented travel group: its branches and shops. Districts are real; houses and telephones are not."""

from dataclasses import dataclass

from bot.organisation import hours
from bot.organisation.hours import Schedule

GROUP = "云程旅行"
# From Monday to Sunday, as one would type it.
HOURS = (
    ("09:00-18:00",) * 5 + ("10:00-20:00",) * 2,
    ("09:00-20:30",) * 7,
    ("09:00-12:00 13:30-18:00",) * 6 + ("",),
)
HOLIDAYS = "{year}-10-01至{year}-10-03 10:00-16:00；{next}-01-01 休息"


@dataclass(frozen=True, slots=True)
class Branch:
    """One branch; `code` is the first part of its telephone numbers, `agents` how many a shop has."""

    name: str
    city: str
    code: str
    latitude: float
    longitude: float
    agents: int
    shops: tuple[tuple[str, str], ...]  # name, and address without the city


BRANCHES = (
    Branch("总部", "上海", "021", 31.2304, 121.4737, 0, ()),
    Branch(
        "上海分公司",
        "上海",
        "021",
        31.2304,
        121.4737,
        2,
        (
            ("人民广场店", "黄浦区栖云路 188 号"),
            ("徐家汇店", "徐汇区行远路 66 号"),
            ("陆家嘴店", "浦东新区望江大道 520 号 1 层"),
            ("五角场店", "杨浦区知行路 35 号"),
            ("静安寺店", "静安区晴川路 291 号"),
            ("虹桥店", "闵行区归鸿路 1008 号"),
        ),
    ),
    Branch(
        "济南分公司",
        "济南",
        "0531",
        36.6512,
        117.1201,
        1,
        (
            ("泉城路店", "历下区漱玉街 12 号"),
            ("洪家楼店", "历城区荷风路 77 号"),
            ("大观园店", "市中区鹊华街 45 号"),
        ),
    ),
    Branch(
        "成都分公司",
        "成都",
        "028",
        30.5728,
        104.0668,
        2,
        (
            ("春熙路店", "锦江区芙蓉里 8 号"),
            ("宽窄巷店", "青羊区竹影街 23 号"),
            ("天府店", "武侯区锦时大道 366 号"),
            ("建设路店", "成华区杉板巷 19 号"),
        ),
    ),
    Branch(
        "福州分公司",
        "福州",
        "0591",
        26.0745,
        119.2965,
        1,
        (
            ("三坊七巷店", "鼓楼区榕荫路 58 号"),
            ("台江店", "台江区江滨新街 201 号"),
            ("仓山店", "仓山区茉莉路 90 号"),
        ),
    ),
    Branch(
        "北京分公司",
        "北京",
        "010",
        39.9042,
        116.4074,
        2,
        (
            ("朝阳门店", "朝阳区长风街 16 号"),
            ("中关村店", "海淀区青书路 102 号"),
            ("西单店", "西城区槐安胡同 7 号"),
            ("通州店", "通州区漕运新街 330 号"),
        ),
    ),
    Branch(
        "天津分公司",
        "天津",
        "022",
        39.0842,
        117.2009,
        1,
        (
            ("五大道店", "和平区海棠路 41 号"),
            ("河西店", "河西区津湾大街 85 号"),
        ),
    ),
    Branch(
        "南京分公司",
        "南京",
        "025",
        32.0603,
        118.7969,
        1,
        (
            ("新街口店", "玄武区梧桐里 30 号"),
            ("夫子庙店", "秦淮区灯影巷 15 号"),
            ("河西店", "建邺区云锦大街 218 号"),
        ),
    ),
    Branch(
        "广州分公司",
        "广州",
        "020",
        23.1291,
        113.2644,
        2,
        (
            ("天河店", "天河区木棉大道 139 号"),
            ("北京路店", "越秀区骑楼街 62 号"),
            ("番禺店", "番禺区岭南新街 27 号"),
        ),
    ),
    Branch(
        "深圳分公司",
        "深圳",
        "0755",
        22.5431,
        114.0579,
        2,
        (
            ("福田店", "福田区听海路 700 号"),
            ("南山店", "南山区前湾一街 55 号"),
            ("罗湖店", "罗湖区梧桐岭路 18 号"),
        ),
    ),
    Branch(
        "杭州分公司",
        "杭州",
        "0571",
        30.2741,
        120.1551,
        1,
        (
            ("湖滨店", "上城区柳浪街 29 号"),
            ("城西店", "西湖区桂雨路 144 号"),
        ),
    ),
    Branch(
        "武汉分公司",
        "武汉",
        "027",
        30.5928,
        114.3055,
        1,
        (
            ("江汉路店", "江汉区晴川里 71 号"),
            ("光谷店", "洪山区楚风大道 480 号"),
        ),
    ),
    Branch(
        "西安分公司",
        "西安",
        "029",
        34.3416,
        108.9398,
        1,
        (
            ("钟楼店", "碑林区长乐坊 9 号"),
            ("曲江店", "雁塔区芙蓉新路 255 号"),
        ),
    ),
    Branch(
        "重庆分公司",
        "重庆",
        "023",
        29.5630,
        106.5516,
        1,
        (("解放碑店", "渝中区朝天里 33 号"), ("观音桥店", "江北区星汇街 88 号")),
    ),
    Branch("青岛分公司", "青岛", "0532", 36.0671, 120.3826, 1, (("五四广场店", "市南区海云路 21 号"),)),
)


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """One shop as it will stand in its table."""

    branch: Branch
    name: str
    address: str
    phone: str
    hours: Schedule
    latitude: float
    longitude: float


def shops(year: int = 2026) -> list[ShopFacts]:
    """Return all forty, always the same, with the holidays of `year`."""
    holidays = hours.parse_exceptions(HOLIDAYS.format(year=year, next=year + 1))
    weeks = [hours.schedule([hours.parse_day(day) for day in week], holidays) for week in HOURS]
    found: list[ShopFacts] = []
    for branch in BRANCHES:
        for place, (name, address) in enumerate(branch.shops):
            number = len(found)
            found.append(
                ShopFacts(
                    branch=branch,
                    name=f"{branch.city}{name}",
                    address=f"{branch.city}市{address}",
                    phone=f"{branch.code}-5550{1000 + 37 * number}",
                    hours=weeks[number % len(weeks)],
                    latitude=round(branch.latitude + 0.013 * ((place % 3) - 1) + 0.004 * place, 5),
                    longitude=round(branch.longitude + 0.017 * ((place % 2) * 2 - 1), 5),
                )
            )
    return found
