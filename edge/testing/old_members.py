"""The table of members that an old system exports, with every kind of row that no shop can take."""

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

HEADER = (
    *("卡号", "姓名", "手机", "性别", "生日", "介绍人", "等级"),
    *("积分", "储值(元)", "累计消费(元)", "次数", "开卡日期", "标签", "备注"),
)

BAD = {
    "卡号": ("", "8.0001E+07", "12345", "80000000"),
    "姓名": ("", "长" * 65),
    "手机": ("1390000", "13900000001", "一三九", "1.39E+10"),
    "性别": ("男女",),
    "生日": ("1990-02-30", "农历十三月初一", "昨天"),
    "介绍人": ("89999999",),
    "等级": ("白金",),
    "积分": ("-5", "12.5", "很多"),
    "储值(元)": ("-1", "1.005", "1,23"),
    "累计消费(元)": ("99999999", "?"),
    "开卡日期": ("2099-01-01", "1900-01-01", "31.12."),
    "标签": ("、".join(f"标签{n}" for n in range(17)),),
}
"""Cells that make their row worthless. Row 80000000 and its phone 13900000001 are the table's first."""

BAD_TOO = tuple((column, cell) for column, cells in BAD.items() for cell in cells if cell != "1390000")
SURNAMES = "王李张刘陈杨黄赵吴周"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平"


def old_members(count: int, bad_every: int = 0, seed: int = 1) -> Iterator[list[str]]:
    """The rows below HEADER: ``count`` of them, in every ``bad_every``-th one bad cell of each kind in turn."""
    chance = random.Random(seed)
    for number in range(count):
        row = _row(chance, number, count)
        if bad_every and number % bad_every == bad_every - 1:
            column, cell = BAD_TOO[number // bad_every % len(BAD_TOO)]
            row[HEADER.index(column)] = cell
        yield row


def write_old_members(path: Path, count: int, bad_every: int = 0) -> None:
    """The table as CSV, in the encoding of Chinese Windows."""
    with path.open("w", encoding="gb18030", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(HEADER)
        writer.writerows(old_members(count, bad_every))


def _row(chance: random.Random, number: int, count: int) -> list[str]:
    spent_fen = chance.randrange(0, 2_000_000)
    born = date(1950, 1, 1) + timedelta(days=chance.randrange(20_000))
    referrer = chance.randrange(count) if chance.random() < 0.2 else number
    return [
        f"{80_000_000 + number}",
        chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=chance.choice((1, 2)))),
        f"{13_900_000_001 + number}",
        chance.choice(("男", "女", "")),
        chance.choice((born.isoformat(), f"{born:%Y/%m/%d}", f"农历{born.month}-{min(born.day, 30)}", "")),
        "" if referrer == number else f"{80_000_000 + referrer}",
        "",
        f"{chance.randrange(5000):,}",
        chance.choice(("", "", f"{chance.randrange(100_000) / 100:.2f}")),
        f"{spent_fen / 100:,.2f}",
        f"{chance.randrange(200)}",
        (date(2015, 1, 1) + timedelta(days=chance.randrange(4000))).isoformat(),
        chance.choice(("", "茶友", "团购、家属")),
        chance.choice(("", "老客户")),
    ]
