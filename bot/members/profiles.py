"""What members tell of themselves, so that somebody can advise them: name, birthday, city, what they like."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from bot.members import identities, people
from bot.members.models import Member
from bot.privacy import Vault

CITY_PLACE = "member:city"
INTERESTS_PLACE = "member:interests"
LONGEST_CITY = 32
INTERESTS = {
    "sea": "海岛",
    "mountains": "山川",
    "towns": "古镇",
    "family": "亲子",
    "cruise": "邮轮",
    "abroad": "出境",
    "food": "美食",
    "seniors": "康养",
}


@dataclass(frozen=True, slots=True)
class Profile:
    """What a member has told; what they have not is empty."""

    name: str
    birthday: date | None
    city: str
    interests: tuple[str, ...]

    @property
    def done(self) -> int:
        """How many of the four are there."""
        return sum(map(bool, (self.name, self.birthday, self.city, self.interests)))

    @property
    def is_complete(self) -> bool:
        """Whether all four are there."""
        return self.done == 4

    @property
    def interests_said(self) -> str:
        """The interests in Chinese."""
        return "、".join(INTERESTS[one] for one in self.interests)


def of(vault: Vault, member: Member) -> Profile:
    """Return what the member has told; nothing of an erased one."""
    key = identities.key_of(vault, member)
    interests = key.open(member.interests, INTERESTS_PLACE) if key and member.interests else ""
    return Profile(
        name=people.name_of(vault, member),
        birthday=people.birthday_of(vault, member),
        city=key.open(member.city, CITY_PLACE) if key and member.city else "",
        interests=tuple(one for one in interests.split(",") if one in INTERESTS),
    )


def put(
    vault: Vault,
    member: Member,
    *,
    name: str,
    birthday: date | None,
    city: str,
    interests: Collection[str],
) -> Profile:
    """Keep what the locked member tells now, and return it all.

    A name that is left out stays.  A birthday is told once: points are given on it, and it is
    corrected where somebody sees the traveller.
    """
    key = identities.key_of(vault, member)
    if key is None:
        return of(vault, member)
    is_told = people.birthday_of(vault, member) is not None
    people.describe(member, key, name=name, birthday=None if is_told else birthday)
    city = city.strip()[:LONGEST_CITY]
    chosen = [one for one in INTERESTS if one in interests]
    member.city = key.seal(city, CITY_PLACE) if city else None
    member.interests = key.seal(",".join(chosen), INTERESTS_PLACE) if chosen else None
    return of(vault, member)
