"""What a member's pace leads to, said in the three languages: read from the last twelve weeks of sales."""

from datetime import date, timedelta

from edge.counter.shop import Shop
from edge.counter.terms import Reply
from edge.domain.member import Member
from edge.domain.money import yuan
from edge.domain.pace import WEEK_DAYS, WEEKS_LOOKED_AT, Pace, Prize, pace, weeks_left, weeks_since
from edge.receipts.wording import Lang
from edge.storage.sales import Sales


class PaceReply(Reply, frozen=True):
    """The weekly average, the points held, and what both lead to by the end of the year; texts to be read out."""

    week_fen: int
    points: int
    gift: str | None
    better_gift: str | None
    better_week_fen: int
    zh: str
    zh_tw: str
    en: str

    def said(self, lang: Lang) -> str:
        """The message in one language."""
        return {"zh-CN": self.zh, "zh-TW": self.zh_tw, "en": self.en}[lang]


def pace_of(shop: Shop, sales: Sales, member: Member, held: int, today: date) -> PaceReply | None:
    """The pace of ``member`` who holds so many points; None without a catalogue, or where nothing was earned."""
    gifts = [gift for gift in shop.programme.bundle.catalogue if gift.worth_fen]
    if not gifts:
        return None
    since = today - timedelta(days=WEEKS_LOOKED_AT * WEEK_DAYS)
    spent_fen, earned, first = sales.lately(member.id, since.isoformat())
    if first is None:
        return None
    weeks = weeks_since(date.fromisoformat(first), today)
    prizes = [Prize(gift.name, max(gift.points, gift.min_points), gift.worth_fen) for gift in gifts]
    found = pace(spent_fen, earned, weeks, held, weeks_left(today), prizes)
    return _told(found) if found else None


# --- the pieces ---

_ZH_CN = (
    "每周平均消费 {} 元，现有 {} 分",
    "；照此到年底可换价值 {} 元的{}",
    "；每周 {} 元可换价值 {} 元的{}",
)
_ZH_TW = (
    "每週平均消費 {} 元，現有 {} 分",
    "；照此到年底可換價值 {} 元的{}",
    "；每週 {} 元可換價值 {} 元的{}",
)


def _told(found: Pace) -> PaceReply:
    return PaceReply(
        week_fen=found.week_fen,
        points=found.points,
        gift=found.prize.name if found.prize else None,
        better_gift=found.better.name if found.better else None,
        better_week_fen=found.better_week_fen,
        zh=_chinese(found, *_ZH_CN),
        zh_tw=_chinese(found, *_ZH_TW),
        en=_english(found),
    )


def _chinese(found: Pace, now: str, then: str, more: str) -> str:
    said = now.format(_whole(found.week_fen), found.points)
    if found.prize:
        said += then.format(_whole(found.prize.worth_fen), found.prize.name)
    if found.better:
        better = found.better
        said += more.format(_whole(found.better_week_fen), _whole(better.worth_fen), better.name)
    return said


def _english(found: Pace) -> str:
    said = f"You spend {_whole(found.week_fen)} a week on average, have {found.points} points"
    if found.prize:
        said += f"; at this pace year-end brings a gift worth {_whole(found.prize.worth_fen)}"
    if found.better:
        said += f"; at {_whole(found.better_week_fen)} a week one worth {_whole(found.better.worth_fen)}"
    return said


def _whole(fen: int) -> str:
    """Yuan without the fen that say nothing."""
    return yuan(fen).removesuffix(".00")
