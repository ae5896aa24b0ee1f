"""Invented people, always the same ones: staff, agents, travellers."""

import random
from dataclasses import dataclass

from bot.demo.organisation import ShopFacts

# Each with its pinyin, for the agents' account names; common ones, so that nobody in particular is meant.
SURNAMES = (
    "王wang 李li 张zhang 刘liu 陈chen 杨yang 赵zhao 黄huang 周zhou 吴wu 徐xu 孙sun 胡hu 朱zhu "
    "高gao 林lin 何he 郭guo 马ma 罗luo 梁liang 宋song 郑zheng 谢xie 韩han 唐tang 冯feng 于yu "
    "董dong 萧xiao 程cheng 曹cao 袁yuan 邓deng 许xu 傅fu 沈shen 曾zeng 彭peng 吕lyu 苏su 卢lu "
    "蒋jiang 蔡cai 贾jia 丁ding 魏wei 薛xue 叶ye 阎yan"
)
SYLLABLES = (
    "珊shan 敏min 静jing 丽li 强qiang 磊lei 洋yang 艳yan 勇yong 军jun 杰jie 娟juan 涛tao 明ming "
    "超chao 霞xia 平ping 刚gang 桂gui 芳fang 婷ting 雪xue 琳lin 鹏peng 宇yu 浩hao 欣xin 怡yi "
    "佳jia 慧hui 晨chen 思si 雨yu 梦meng 文wen 博bo 嘉jia 睿rui 子zi 涵han 航hang 凯kai "
    "蕾lei 颖ying 倩qian 旭xu 晓xiao 岚lan 川chuan 宁ning"
)
LONGEST_KF_NAME = 10  # WeChat's limit on what stands before the @ (65404)
PLAYED = "上海人民广场店"  # the shop of the demo's story
PHONES = "+861990000"  # a block that no one is given
ROLES = ("店长", "旅行顾问", "旅行顾问", "导游")  # whoever comes first in a shop runs it


@dataclass(frozen=True, slots=True)
class Person:
    """A name in characters and in letters."""

    name: str
    letters: str


@dataclass(frozen=True, slots=True)
class StaffFacts:
    """One member of staff and their shop's name."""

    person: Person
    shop: str
    role: str
    phone: str


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """One customer-service account; without a shop it is of a branch's or the default desk."""

    kf_name: str
    nickname: str
    shop: str | None
    online: bool
    tier: str = "own"
    seats: int = 5
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class TravellerFacts:
    """Someone who followed an account before we came; `known` if they have written since."""

    id: str
    name: str
    account: str
    shop: str | None
    known: bool
    followed_days_ago: int
    wrote_days_ago: tuple[int, ...]
    left: bool
    phone: str | None = None


def staff(shops: list[ShopFacts]) -> list[StaffFacts]:
    """Return three people to a shop, a hundred and twenty in all."""
    names = _Names(2015)
    places = [(shop, place) for shop in shops for place in (0, 1, 3)]
    return [
        StaffFacts(next(names), shop.name, ROLES[place], f"{PHONES}{number:04}")
        for number, (shop, place) in enumerate(places, start=1)
    ]


def agents(shops: list[ShopFacts]) -> list[AgentFacts]:
    """Return four agents of the default desk, then one or two to a shop; some of them are at work."""
    names = _Names(88)
    found = [AgentFacts("wangshan", "王珊", None, online=True)]
    taken = {"wangshan"}
    desks: list[str | None] = [None] * 3 + [shop.name for shop in shops for _ in range(shop.branch.agents)]
    for place, shop in enumerate(desks):
        person = next(
            one for one in names if one.letters not in taken and len(one.letters) <= LONGEST_KF_NAME
        )
        taken.add(person.letters)
        online = shop is None or place % 3 == 0 or shop == PLAYED
        # One seat for each of the shop that is played: its ladder is climbed with a few travellers.
        seats = 1 if shop == PLAYED else 5
        tier = "spare" if shop is not None and shop == desks[place - 1] else "own"
        branch = "上海分公司" if place == 2 else None
        found.append(AgentFacts(person.letters, person.name, shop, online, tier, seats, branch))
    return found


def travellers(shops: list[ShopFacts]) -> list[TravellerFacts]:
    """Return seventy-two: sixty we have heard of, and twelve who follow and have never written."""
    names = _Names(60)
    dice = random.Random(60)
    found = []
    for number in range(72):
        service = number < 48
        followed = dice.randint(20, 700)
        writes = dice.choice((0, 0, 1, 1, 2, 3, 5)) if number % 6 else 0
        wrote = sorted((dice.randint(1, followed) for _ in range(writes)), reverse=True)
        found.append(
            TravellerFacts(
                id=f"demo-{number + 1:02}",
                name=next(names).name,
                account="head" if service else "shanghai",
                shop=dice.choice(shops).name if service and number % 4 else None,
                known=number % 6 != 0,
                followed_days_ago=followed,
                wrote_days_ago=tuple(wrote),
                left=number % 17 == 16,
            )
        )
    return found


class _Names:
    """An endless supply of people, none of whose names comes twice."""

    def __init__(self, seed: int) -> None:
        self._dice = random.Random(seed)
        self._given: set[str] = set()
        self._surnames, self._given_names = SURNAMES.split(), SYLLABLES.split()

    def __iter__(self) -> "_Names":
        return self

    def __next__(self) -> Person:
        while True:
            parts = [self._dice.choice(self._surnames), self._dice.choice(self._given_names)]
            if self._dice.random() < 0.7:
                parts.append(self._dice.choice(self._given_names))
            name = "".join(part[0] for part in parts)
            if name not in self._given and len(set(parts)) == len(parts):
                self._given.add(name)
                return Person(name, "".join(part[1:] for part in parts))
