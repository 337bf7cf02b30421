"""A rule, coupon or gift taken apart into what a sentence about it says; each language has its words for them."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple

from edge.domain.dates import shown_moment
from edge.domain.money import FEN_MAX, yuan
from edge.domain.rules.model import Bundle, Coupon, Discount, EveryOff, Gift, Limit, Points, Rule, Select

Ruling = Rule | Coupon | Gift


@dataclass(frozen=True, slots=True)
class Facets:
    """The parts of a sentence, in its order; an empty one says nothing.

    ``group`` and ``rounding`` are told only where they have changed.
    """

    who: str
    gives: str
    on: str
    need: str = ""
    days: str = ""
    place: str = ""
    total: str = ""
    window: str = ""
    most: str = ""
    limits: str = ""
    other: str = ""
    group: str = ""
    rounding: str = ""


class Statement(NamedTuple):
    """A term of the programme in a sentence."""

    section: str
    id: str
    text: str


def capped(points: Points) -> bool:
    """Whether a receipt earns at most so many points."""
    return points.receipt_cap < FEN_MAX - 1


def rulings_of(bundle: Bundle) -> tuple[Ruling, ...]:
    """Rules, coupons and gifts, in this order."""
    return (*bundle.rules, *bundle.coupons, *bundle.gifts)


def gives_points(ruling: Ruling) -> bool:
    """Whether what the rule gives, and its cap, are points."""
    return not isinstance(ruling, Gift) and not isinstance(ruling.do, Discount)


def members_only(ruling: Ruling) -> bool:
    """Whether strangers get nothing though no condition says so: points and limits belong to somebody."""
    limited = not isinstance(ruling, Coupon) and ruling.limit != Limit()
    return limited or gives_points(ruling)


def says_its_need(ruling: Ruling) -> bool:
    """满200减100 says already from how much on it holds."""
    return (
        not isinstance(ruling, Gift)
        and isinstance(ruling.do, EveryOff)
        and ruling.need.min_fen == ruling.do.every_fen
    )


def until(to: datetime, through: str, before: str) -> str:
    """The end of a window: its last day where ``to`` is a midnight, for that is what members are told."""
    if to.time() == time():
        return through.format(shown_moment(to - timedelta(days=1)))
    return before.format(shown_moment(to))


def rounding_of(ruling: Ruling) -> str:
    """How the operation rounds; empty where there is nothing to round."""
    return "" if isinstance(ruling, Gift) else getattr(ruling.do, "round", None) or ""


def amount(fen: int) -> str:
    """``100`` or ``23.50`` yuan, with its thousands apart."""
    whole, _, part = yuan(fen).partition(".")
    return f"{int(whole):,}" + (f".{part}" if part != "00" else "")


def decimal(number: int, unit: int) -> str:
    """``number / unit`` without idle zeros; ``unit`` is a power of ten."""
    places = len(str(unit)) - 1
    return f"{number // unit}.{number % unit:0{places}d}".rstrip("0").rstrip(".")


def chosen(select: Select) -> list[tuple[str, tuple[object, ...]]]:
    """The keys of a selection that say something, with what they say."""
    told = [(key, getattr(select, key)) for key in select.__struct_fields__]
    return [(key, value if isinstance(value, tuple) else (value,)) for key, value in told if value]
