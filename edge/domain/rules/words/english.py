"""What a rule does, in English."""

from collections.abc import Iterable, Mapping, Sequence

from edge.domain.dates import clock, shown_moment
from edge.domain.rules.core import GIFTS_GROUP
from edge.domain.rules.model import (
    PRIORITY,
    Coupon,
    EveryOff,
    Fixed,
    FixedPrice,
    Gift,
    Limit,
    MultBp,
    NthItemBp,
    OffBp,
    PerQty,
    Redeem,
    RoundTo,
    Select,
    When,
)
from edge.domain.rules.words.facets import (
    Facets,
    Ruling,
    amount,
    decimal,
    gives_points,
    members_only,
    rounding_of,
    says_its_need,
    until,
)

DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
CALENDARS = {"solar": " (solar calendar)", "lunar": " (lunar calendar)", "either": ""}
PERIODS = {"ever": "", "year": " a year", "month": " a month", "day": " a day"}
ROUNDED = {"": "exactly", "down": "down", "half_up": "half up"}


def facets(ruling: Ruling, tiers: Mapping[str, str]) -> Facets:
    """``ruling`` taken apart; ``tiers`` are labels by id, which English leaves alone."""
    when, need = ruling.when, ruling.need
    parts = []
    if need.min_fen and not says_its_need(ruling):
        parts.append(f"{amount(need.min_fen)} yuan")
    if need.min_qty:
        parts.append(f"{need.min_qty} pieces")
    return Facets(
        who=_who(ruling),
        gives=_gives(ruling),
        on=_on(ruling.select),
        need=f"from {' and '.join(parts)} on" if parts else "",
        days=_days(when),
        place=_place(when),
        total=_total(when),
        window=_window(when),
        most=_most(ruling),
        limits=", ".join(_limits(ruling.limit, gives_points(ruling)))
        if not isinstance(ruling, Coupon)
        else "",
        other=_other(ruling),
        group=ruling.group or GIFTS_GROUP,
        rounding=rounding_of(ruling),
    )


def compared(old: Facets, now: Facets) -> str:
    """The rule as it is now, and beside each part that is new what it was before."""
    who = now.who if old.who == now.who else f"now {now.who} instead of {old.who}"
    gives = f"get {now.gives}" if old.gives == now.gives else f"now get {now.gives} instead of {old.gives}"
    on = now.on if old.on == now.on else f"now {now.on} instead of {old.on}"
    rest = [
        _turned(getattr(old, name), getattr(now, name))
        for name in ("need", "days", "place", "total", "window", "most", "limits", "other")
    ]
    if old.group != now.group:
        rest.append(f"now in group {now.group} instead of {old.group}")
    if old.rounding != now.rounding:
        rest.append(f"now rounded {ROUNDED[now.rounding]} instead of {ROUNDED[old.rounding]}")
    return ", ".join(filter(None, (f"{who} {gives} on {on}", *rest)))


def _turned(old: str, now: str) -> str:
    if old == now:
        return now
    if not old:
        return f"now only {now}"
    return f"now {now} instead of {old}" if now else f"no longer {old}"


def _who(ruling: Ruling) -> str:
    when = ruling.when
    words = [*(["new"] if when.first else []), *([_and(when.tiers)] if when.tiers else []), "members"]
    if len(words) == 1 and not (when.tags or when.birthday or members_only(ruling)):
        people = "all customers"
    else:
        people = " ".join(words)
    if when.first is False:
        people += " who have bought before"
    if when.tags:
        people += f" tagged {_and(when.tags, 'or')}"
    if when.birthday:
        day = "on their birthday" if when.birthday == "day" else "in the month of their birthday"
        people += f" {day}{CALENDARS[when.birthday_calendar]}"
    return f"{people} with this coupon" if isinstance(ruling, Coupon) else people


def _gives(ruling: Ruling) -> str:
    if isinstance(ruling, Gift):
        return f"{ruling.qty} × {ruling.item}" + _each(ruling.every_fen, ruling.max_times)
    match ruling.do:
        case EveryOff(every_fen=every, off_fen=off, max_times=times):
            if times == 1:
                return f"{amount(off)} yuan off for {amount(every)} yuan"
            return f"{amount(off)} yuan off{_each(every, times)}"
        case OffBp(bp=bp):
            return f"{decimal(bp, 100)} % off"
        case FixedPrice(fen=fen):
            return f"a price of {amount(fen)} yuan each"
        case NthItemBp(n=n, bp=bp, max_times=times):
            at_most = f" (at most {times} times)" if times else ""
            return f"{decimal(bp, 100)} % off every {_nth(n)} piece, the cheapest of {n}{at_most}"
        case RoundTo(fen=fen):
            return f"the amount rounded down to full {amount(fen)} yuan"
        case MultBp(bp=bp):
            return f"{decimal(bp, 10_000)} × points"
        case PerQty(pts=pts):
            return f"{pts:,} points a piece"
        case Fixed(pts=pts):
            return f"{pts:,} points"
        case Redeem():
            return _redeem(ruling.do)


def _redeem(do: Redeem) -> str:
    most = f", for at most {decimal(do.max_bp, 100)} % of the amount" if do.max_bp < 10_000 else ""
    steps = f", in steps of {do.step:,}" if do.step > 1 else ""
    return f"{amount(do.fen_per_point)} yuan for each point that they pay with{most}{steps}"


def _each(every_fen: int, times: int) -> str:
    if not every_fen:
        return ""
    return f" for every {amount(every_fen)} yuan" + (f" (at most {times} times)" if times else "")


def _on(select: Select) -> str:
    words = [
        *([f"category {_and(select.cats, 'or')}"] if select.cats else []),
        *([f"brand {_and(select.brands, 'or')}"] if select.brands else []),
        *([f"article {_and(select.skus, 'or')}"] if select.skus else []),
    ]
    text = " of ".join(reversed(words)) or "everything"
    excepted = (*select.not_cats, *select.not_skus)
    if excepted:
        text += f" but {_and(excepted)}"
    if select.min_unit:
        text += f" from {amount(select.min_unit)} yuan a piece"
    return text


def _days(when: When) -> str:
    words = []
    if when.dow:
        words.append(f"on {_and([DAYS[day] for day in when.dow])}")
    if when.dom:
        words.append(f"on the {_and([_nth(day) for day in when.dom])}")
    if when.minutes:
        words.append(f"{clock(when.minutes[0])}-{clock(when.minutes[1])}")
    return ", ".join(words)


def _place(when: When) -> str:
    words = []
    if when.stores:
        words.append(f"in {_and(when.stores, 'or')}")
    if when.channel:
        words.append(f"by {_and(when.channel, 'or')}")
    if when.pay:
        words.append(f"paid by {_and(when.pay, 'or')}")
    return ", ".join(words)


def _total(when: When) -> str:
    if when.min_total and when.max_total:
        return f"in baskets of {amount(when.min_total)} to {amount(when.max_total)} yuan"
    if when.min_total:
        return f"in baskets from {amount(when.min_total)} yuan"
    return f"in baskets up to {amount(when.max_total)} yuan" if when.max_total else ""


def _window(when: When) -> str:
    start = f"from {shown_moment(when.from_)}" if when.from_ else ""
    end = until(when.to, "until {}", "before {}") if when.to else ""
    return f"{start} {end}".strip()


def _most(ruling: Ruling) -> str:
    return f"at most {_value(ruling.cap, gives_points(ruling))}" if ruling.cap else ""


def _limits(limit: Limit, points: bool) -> Iterable[str]:
    if limit.per_member:
        yield f"{_times(limit.per_member)} per member{PERIODS[limit.period]}"
    if limit.per_day:
        yield f"{_times(limit.per_day)} per member a day"
    if limit.member_value:
        yield f"at most {_value(limit.member_value, points)} per member{PERIODS[limit.period]}"
    if limit.day_value:
        yield f"at most {_value(limit.day_value, points)} per member a day"
    if limit.total_value:
        yield f"at most {_value(limit.total_value, points)} in all per store"


def _other(ruling: Ruling) -> str:
    words = [] if ruling.priority == PRIORITY else [f"priority {ruling.priority}"]
    if isinstance(ruling, Coupon):
        words += [f"valid for {ruling.valid_days} days"] if ruling.valid_days else []
        words += [f"for {ruling.points_price:,} points"] if ruling.points_price else []
    return ", ".join(words)


def _value(value: int, points: bool) -> str:
    return f"{value:,} points" if points else f"{amount(value)} yuan"


def _times(times: int) -> str:
    return {1: "once", 2: "twice"}.get(times, f"{times} times")


def _nth(day: int) -> str:
    ending = "th" if 10 < day % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def _and(names: Sequence[str], word: str = "and") -> str:
    *others, last = names
    return f"{', '.join(others)} {word} {last}" if others else last
