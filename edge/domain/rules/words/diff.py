"""What a new bundle changes for whom, and whether it was announced long enough before."""

from collections.abc import Iterator
from datetime import date
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from edge.domain.rules.core import aware
from edge.domain.rules.model import Bundle, Notice
from edge.domain.rules.words import chinese_terms, english_terms
from edge.domain.rules.words.describe import WORDS, Lang, labels_of
from edge.domain.rules.words.facets import Ruling, Statement, rulings_of

Kind = Literal["added", "removed", "changed"]
TERMS = {"en": english_terms.statements, "zh": chinese_terms.statements}
TURNED = {"en": english_terms.turned, "zh": chinese_terms.turned}
SECTIONS: dict[Lang, dict[str, str]] = {
    "en": {},
    "zh": {
        "points": "积分",
        "day": "日期",
        "tier": "等级",
        "tiers": "等级",
        "referral": "介绍",
        "bonus": "奖励",
        "rebate": "返券",
        "commission": "提成",
        "refunds": "退货",
        "honest discounts": "诚信折扣",
        "group": "组",
    },
}
"""What a section is called where it is not called as in the bundle."""

NOTICE_DAYS = Notice(date.min).days


class Change(msgspec.Struct, frozen=True):
    """One thing that is not as before: ``id`` and ``name`` as in the bundle, ``text`` for a person."""

    kind: Kind
    section: str
    id: str
    name: str
    text: str


class Announcement(NamedTuple):
    """``in_time`` is None where nothing says when the change was announced."""

    in_time: bool | None
    text: str


def changes(old: Bundle, new: Bundle, lang: Lang = "en") -> list[Change]:
    """Everything that ``new`` changes: terms, tiers and groups first, then rule by rule."""
    return [*_term_changes(old, new, lang), *_rule_changes(old, new, lang)]


def announcement(new: Bundle, lang: Lang = "en") -> Announcement:
    """Whether members knew ``new`` long enough before it takes effect."""
    starts = aware(new.valid_from, ZoneInfo(new.tz)).date()
    if new.notice is None:
        unknown = {
            "en": f"nothing says when it was announced; {NOTICE_DAYS} days before {starts} is the rule"
            f" (notice: {{announced: …}})",
            "zh": f"未注明公告日期；按规定应在 {starts} 前 {NOTICE_DAYS} 天公告（notice: {{announced: …}}）",
        }
        return Announcement(None, unknown[lang])
    ahead, wanted = (starts - new.notice.announced).days, new.notice.days
    in_time = ahead >= wanted
    told = {
        "en": f"announced {new.notice.announced}, {ahead} days before it takes effect:"
        f" {'enough' if in_time else 'too late'}, {wanted} are required",
        "zh": f"{new.notice.announced} 公告，提前 {ahead} 天，{'符合' if in_time else '不足'}要求的 {wanted} 天",
    }
    return Announcement(in_time, told[lang])


def _term_changes(old: Bundle, new: Bundle, lang: Lang) -> Iterator[Change]:
    before = {(one.section, one.id): one for one in TERMS[lang](old)}
    after = {(one.section, one.id): one for one in TERMS[lang](new)}
    for key, now in after.items():
        was = before.get(key)
        if was is None:
            yield _term("added", now, now.text)
        elif was.text != now.text:
            yield _term("changed", now, TURNED[lang](was.text, now.text))
    for key, was in before.items():
        if key not in after:
            yield _term("removed", was, was.text)


def _term(kind: Kind, one: Statement, text: str) -> Change:
    return Change(kind, one.section, one.id, "", text)


def _rule_changes(old: Bundle, new: Bundle, lang: Lang) -> Iterator[Change]:
    words = WORDS[lang]
    before = {one.id: (one, words.facets(one, labels_of(old))) for one in rulings_of(old)}
    after = {one.id: (one, words.facets(one, labels_of(new))) for one in rulings_of(new)}
    for name, (now, told) in after.items():
        if name not in before:
            yield _rule("added", now, words.compared(told, told))
            continue
        was, told_before = before[name]
        if was != now:
            text = words.compared(told_before, told)
            if told_before == told and was.name == now.name:
                text += f" ({', '.join(_leaves_changed(was, now))})"
            yield _rule("changed", now, text, was.name)
    for name, (was, told) in before.items():
        if name not in after:
            yield _rule("removed", was, words.compared(told, told))


def _rule(kind: Kind, one: Ruling, text: str, old_name: str = "") -> Change:
    name = one.name if old_name in ("", one.name) else f"{one.name} ← {old_name}"
    return Change(kind, type(one).__name__.lower(), one.id, name, text)


def _leaves_changed(was: Ruling, now: Ruling) -> Iterator[str]:
    """The keys that differ, for what no sentence tells."""
    before, after = msgspec.to_builtins(was), msgspec.to_builtins(now)
    for key in dict.fromkeys((*before, *after)):
        if before.get(key) != after.get(key):
            yield f"{key}: {before.get(key)} → {after.get(key)}"
