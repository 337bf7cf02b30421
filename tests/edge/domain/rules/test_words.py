"""Rules in words: every part of the vocabulary has a sentence, and no change goes unsaid."""

import json
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edge.domain.rules.authoring.draft import plain_bundle
from edge.domain.rules.model import Bundle, Notice
from edge.domain.rules.words.describe import Lang, describe_all
from edge.domain.rules.words.diff import announcement, changes

PROGRAMMES = sorted((Path(__file__).parents[4] / "docs" / "programmes").glob("*.yaml"))
LANGS: list[Lang] = ["en", "zh"]


@pytest.fixture(scope="session")
def bundle(whole: bytes) -> Bundle:
    return msgspec.json.decode(plain_bundle(whole, "yaml"), type=Bundle)


def changed(bundle: Bundle, change: Callable[[Any], None]) -> Bundle:
    """``bundle`` after ``change`` to it as a document."""
    document = json.loads(msgspec.json.encode(bundle))
    change(document)
    return msgspec.convert(document, Bundle)


@pytest.mark.parametrize(
    ("rule", "en", "zh"),
    [
        (
            "CLEARANCE",
            "all customers get a price of 10 yuan each on article 0012 or C9",
            "所有顾客：商品 0012、C9 每件 10 元",
        ),
        (
            "SECOND-HALF",
            "all customers get 50 % off every 2nd piece, the cheapest of 2 (at most 3 times) on category cake,"
            " on Saturdays and Sundays, 08:00-22:00",
            "所有顾客，周六、周日，08:00-22:00：品类 cake 每 2 件中最低价的一件 5折（最多 3 次）",
        ),
        (
            "FULL-200",
            "members get 100 yuan off for 200 yuan on everything, from 2 pieces on, on the 1st, 2nd,"
            " 3rd and 15th, in baskets of 100 to 10,000 yuan, at most 100 yuan, once per member a month,"
            " at most 50,000 yuan in all per store",
            "会员，每月 1、2、3、15 日，整单 100 至 10,000 元，满 2 件：全部商品 满 200 元减 100 元；"
            "最多 100 元；每位会员每月 1 次，每店合计最多 50,000 元",
        ),
        (
            "BIRTHDAY",
            "members on their birthday (lunar calendar) get 1 × points on everything",
            "会员生日当天（农历）：全部商品 1 倍积分",
        ),
        (
            "PAY",
            "members get 0.02 yuan for each point that they pay with, for at most 50 % of the amount,"
            " in steps of 50 on everything",
            "会员：全部商品 每 1 积分抵 0.02 元，最多抵 50%，以 50 分为单位",
        ),
        (
            "MUG",
            "members get 1 × 茶杯 for every 100 yuan (at most 2 times) on everything, on the 15th, once per member",
            "会员，每月 15 日：全部商品 每满 100 元赠 茶杯 1 件（最多 2 次）；每位会员 1 次",
        ),
    ],
)
def test_a_rule_is_a_sentence(rule: str, en: str, zh: str, bundle: Bundle) -> None:
    told = [describe_all(bundle, lang)[rule].partition(": ")[2] for lang in LANGS]
    assert told == [en, zh]


@pytest.mark.parametrize("programme", PROGRAMMES, ids=lambda path: path.stem)
@pytest.mark.parametrize("lang", LANGS)
def test_every_rule_of_the_programmes_has_a_sentence(programme: Path, lang: Lang) -> None:
    """And a bundle beside itself has nothing new."""
    bundle = msgspec.json.decode(plain_bundle(programme.read_bytes(), "yaml"), type=Bundle)
    assert all(describe_all(bundle, lang).values())
    assert changes(bundle, bundle, lang) == []


@pytest.mark.parametrize(
    ("window", "en", "zh"),
    [
        (
            {"from": "2026-12-24T00:00:00", "to": "2026-12-26T00:00:00"},
            "from 2026-12-24 until 2026-12-25",
            "至 2026-12-25",
        ),
        ({"to": "2026-12-26T12:00:00"}, "before 2026-12-26T12:00", "2026-12-26T12:00 前"),
        ({"from": "2026-12-24T08:00:00"}, "from 2026-12-24T08:00", "2026-12-24T08:00 起"),
    ],
)
def test_a_window_of_days_is_told_by_its_last_day(
    window: dict[str, str], en: str, zh: str, bundle: Bundle
) -> None:
    """The schema's end is outside; people count the days in which it holds."""
    new = changed(bundle, lambda d: d["rules"][6].update(when=window))
    assert describe_all(new, "en")["BASE"].endswith(f"on everything, {en}")
    assert zh in describe_all(new, "zh")["BASE"]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything that has no parts."""
    if isinstance(value, dict):
        return [leaf for key, one in value.items() for leaf in leaves(one, (*path, key))]
    if isinstance(value, list):
        return [leaf for at, one in enumerate(value) for leaf in leaves(one, (*path, at))]
    return [path]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("section", ["rules", "coupons", "gifts"])
def test_no_change_of_a_rule_goes_unsaid(section: str, lang: Lang, bundle: Bundle) -> None:
    """Whatever single value of it becomes another one, the sentence is not merely that of the new rule."""
    for path in leaves(json.loads(msgspec.json.encode(bundle))[section]):
        if path[-1] in ("id", "op", "phase", "birthday", "birthday_calendar", "first", "period"):
            continue
        new = changed(bundle, partial(bump, path=(section, *path)))
        (said,) = changes(bundle, new, lang)
        plainly = describe_all(new, lang)[said.id].partition(": ")[2]
        assert said.text != plainly or "←" in said.name, path


def bump(value: Any, path: tuple[Any, ...]) -> None:
    """Another value of the same kind at ``path``."""
    *above, last = path
    for step in above:
        value = value[step]
    old = value[last]
    if last == "round":
        value[last] = "down" if old == "half_up" else "half_up"
    elif last == "group":
        value[last] = "other"
    elif isinstance(old, int):
        value[last] = old - 1 if old > 2 else old + 1
    else:
        value[last] = old.replace("2026", "2027") if "T" in old and "2026" in old else f"{old}x"


@pytest.mark.parametrize(
    ("change", "kind", "en"),
    [
        (
            lambda d: d["points"].update(fen_per_redeemed_point=1),
            "changed",
            "1 point pays 0.01 yuan (was: 1 point pays 0.02 yuan)",
        ),
        (
            lambda d: d["tiers"][1].update(cumulative_fen=800_000, one_day_fen=None, benefits=[]),
            "changed",
            "金卡: from 8,000 yuan in all (was: 金卡: from 7,000 yuan in all or 5,000 yuan in one day; 免费包装)",
        ),
        (
            lambda d: d["groups"][1].update(mode="all"),
            "changed",
            "all its rules add up, as number 2 of the discount phase, measured on what is left"
            " (was: only the best of its rules, as number 2 of the discount phase, measured on what is left)",
        ),
        (lambda d: d.pop("honest"), "removed", "a price above the lowest of the last 30 days"),
        (
            lambda d: d["referral"].append({"fen_per_point": 100_000}),
            "added",
            "1 point for 1,000 yuan of the friend's spend",
        ),
        (
            lambda d: d["rebates"][0].update(bp=200),
            "changed",
            "2 % of spend back as vouchers every quarter",
        ),
        (lambda d: d.update(business_day_start="05:00"), "changed", "the business day starts at 05:00"),
        (lambda d: d["downgrade"].update(idle_months=12), "changed", "one tier down after 12 months"),
        (lambda d: d["points"].update(expire_months=18), "added", "points lapse when they are 18 months old"),
        (
            lambda d: d.update(topup={"levels": [{"min_fen": 200_000, "gift_bp": 1_000, "points": 50}]}),
            "added",
            "brings 10 % of it and 50 points",
        ),
        (
            lambda d: d.update(topup={"spend": "gift", "withdraw": "no", "gift_days": 90}),
            "added",
            "the gift is spent first; nothing is paid out; a gift lapses after 90 days",
        ),
        (
            lambda d: d.update(credit={"days": 45, "max_limit_fen": 500_000}),
            "added",
            "up to 5,000 yuan, due after 45 days; whoever is overdue gets no more",
        ),
    ],
)
def test_a_change_of_terms_is_said(change: Callable[[Any], None], kind: str, en: str, bundle: Bundle) -> None:
    """In either language."""
    new = changed(bundle, change)
    (said,) = changes(bundle, new, "en")
    assert (said.kind, en in said.text) == (kind, True), said.text
    assert len(changes(bundle, new, "zh")) == 1


def test_rules_come_and_go(bundle: Bundle) -> None:
    """What is taken away is told in the words it had."""
    new = changed(bundle, lambda d: d["rules"][0].update(id="NEW"))
    there = [(one.kind, one.id) for one in changes(bundle, new)]
    back = [(one.kind, one.id) for one in changes(new, bundle)]
    assert there == [("added", "NEW"), ("removed", "CLEARANCE")]
    assert back == [("added", "CLEARANCE"), ("removed", "NEW")]


@pytest.mark.parametrize(
    ("notice", "in_time", "zh"),
    [
        (None, None, "未注明公告日期"),
        (Notice(date(2026, 11, 17)), True, "2026-11-17 公告，提前 14 天，符合要求的 14 天"),
        (Notice(date(2026, 11, 18)), False, "2026-11-18 公告，提前 13 天，不足要求的 14 天"),
    ],
)
def test_a_change_is_announced_in_time_or_not(
    notice: Notice | None, in_time: bool | None, zh: str, bundle: Bundle
) -> None:
    """Valid from 2026-12-01, announced two weeks before at the latest."""
    announced = announcement(msgspec.structs.replace(bundle, notice=notice), "zh")
    assert (announced.in_time, announced.text[: len(zh)]) == (in_time, zh)
    assert announcement(msgspec.structs.replace(bundle, notice=notice)).in_time is in_time
