"""A list of customers as shops keep it: eight in a hundred twice, three in a hundred wrong."""

import random
from dataclasses import dataclass

DUPLICATES, ERRORS = 0.08, 0.03


@dataclass(frozen=True)
class Made:
    content: bytes
    good: int
    duplicates: int
    errors: int


def members(count: int, seed: int = 11) -> Made:
    """Return a CSV of `count` rows, always the same one."""
    dice = random.Random(seed)
    duplicates, errors = int(count * DUPLICATES), int(count * ERRORS)
    good = count - duplicates - errors
    phones = [f"139{number:08}" for number in range(good)]
    rows = [
        f"{phone},客{number},{1950 + number % 50}-0{1 + number % 9}-1{number % 9},K{number}"
        for number, phone in enumerate(phones)
    ]
    rows += [f"+86 {phone[:3]} {phone[3:7]} {phone[7:]},,," for phone in dice.sample(phones, duplicates)]
    wrong = ("1390000,短,,", ",没有号码,,", "13900000000000,长,,", "13912345678,早,1850-01-01,")
    rows += [wrong[number % len(wrong)] for number in range(errors)]
    dice.shuffle(rows)
    return Made("\r\n".join(["手机号,姓名,生日,客户号", *rows]).encode(), good, duplicates, errors)
