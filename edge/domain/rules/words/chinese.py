"""规则的中文说明。What a rule does, in Chinese."""

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

CALENDARS = {"solar": "（公历）", "lunar": "（农历）", "either": ""}
PERIODS = {"ever": "", "year": "每年", "month": "每月", "day": "每天"}
ROUNDED = {"": "不取整", "down": "舍去尾数", "half_up": "四舍五入"}


def facets(ruling: Ruling, tiers: Mapping[str, str]) -> Facets:
    """``ruling`` taken apart; ``tiers`` are labels by id."""
    need = ruling.need
    parts = [
        *([f"{amount(need.min_fen)} 元"] if need.min_fen and not says_its_need(ruling) else []),
        *([f"{need.min_qty} 件"] if need.min_qty else []),
    ]
    return Facets(
        who=_who(ruling, tiers),
        gives=_gives(ruling),
        on=_on(ruling.select),
        need=f"满 {'且 '.join(parts)}" if parts else "",
        days=_days(ruling.when),
        place=_place(ruling.when),
        total=_total(ruling.when),
        window=_window(ruling.when),
        most=f"最多 {_value(ruling.cap, gives_points(ruling))}" if ruling.cap else "",
        limits="，".join(_limits(ruling.limit, gives_points(ruling)))
        if not isinstance(ruling, Coupon)
        else "",
        other=_other(ruling),
        group=ruling.group or GIFTS_GROUP,
        rounding=rounding_of(ruling),
    )


def compared(old: Facets, now: Facets) -> str:
    """The rule as it is now, and beside each part that is new what it was before."""
    names = ("window", "days", "place", "total", "need")
    before = [_turned(getattr(old, name), getattr(now, name)) for name in names]
    after = [_turned(getattr(old, name), getattr(now, name)) for name in ("most", "limits", "other")]
    if old.group != now.group:
        after.append(f"现属组 {now.group}（原属 {old.group}）")
    if old.rounding != now.rounding:
        after.append(f"现{ROUNDED[now.rounding]}（原{ROUNDED[old.rounding]}）")
    head = "，".join(filter(None, (_turned(old.who, now.who), *before)))
    return "；".join(
        filter(None, (f"{head}：{_turned(old.on, now.on)} {_turned(old.gives, now.gives)}", *after))
    )


def _turned(old: str, now: str) -> str:
    if old == now:
        return now
    if not old:
        return f"现仅限{now}"
    return f"现为{now}（原为{old}）" if now else f"不再限{old}"


def _who(ruling: Ruling, tiers: Mapping[str, str]) -> str:
    when = ruling.when
    people = f"{_and([tiers.get(tier, tier) for tier in when.tiers])}会员" if when.tiers else "会员"
    if not (when.tiers or when.tags or when.first or when.birthday or members_only(ruling)):
        people = "所有顾客"
    if when.first is not None:
        people = f"{'首次' if when.first else '非首次'}消费的{people}"
    if when.tags:
        people = f"标签为 {_and(when.tags, '或')} 的{people}"
    if when.birthday:
        people += f"生日{'当天' if when.birthday == 'day' else '当月'}{CALENDARS[when.birthday_calendar]}"
    return f"{people}凭券" if isinstance(ruling, Coupon) else people


def _gives(ruling: Ruling) -> str:
    if isinstance(ruling, Gift):
        return f"{_each(ruling.every_fen)}赠 {ruling.item} {ruling.qty} 件{_at_most(ruling.max_times)}"
    match ruling.do:
        case EveryOff(every_fen=every, off_fen=off, max_times=1):
            return f"满 {amount(every)} 元减 {amount(off)} 元"
        case EveryOff(every_fen=every, off_fen=off, max_times=times):
            return f"{_each(every)}减 {amount(off)} 元{_at_most(times)}"
        case OffBp(bp=bp):
            return _paid(bp)
        case FixedPrice(fen=fen):
            return f"每件 {amount(fen)} 元"
        case NthItemBp(n=n, bp=bp, max_times=times):
            return f"每 {n} 件中最低价的一件 {_paid(bp)}{_at_most(times)}"
        case RoundTo(fen=fen):
            return f"抹零到 {amount(fen)} 元的整数倍"
        case MultBp(bp=bp):
            return f"{decimal(bp, 10_000)} 倍积分"
        case PerQty(pts=pts):
            return f"每件 {pts:,} 积分"
        case Fixed(pts=pts):
            return f"{pts:,} 积分"
        case Redeem():
            return _redeem(ruling.do)


def _redeem(do: Redeem) -> str:
    most = f"，最多抵 {decimal(do.max_bp, 100)}%" if do.max_bp < 10_000 else ""
    steps = f"，以 {do.step:,} 分为单位" if do.step > 1 else ""
    return f"每 1 积分抵 {amount(do.fen_per_point)} 元{most}{steps}"


def _paid(bp: int) -> str:
    """95折 for 500 basis points off, 8折 for 2000, 8.75折 for 1250."""
    paid = 10_000 - bp
    if not paid:
        return "免费"
    if paid == 10_000:
        return "原价"
    return (
        f"{paid // 100}折" if paid % 1000 and paid % 100 == 0 and paid > 1000 else f"{decimal(paid, 1000)}折"
    )


def _each(every_fen: int) -> str:
    return f"每满 {amount(every_fen)} 元" if every_fen else ""


def _at_most(times: int) -> str:
    return f"（最多 {times} 次）" if times else ""


def _on(select: Select) -> str:
    words = [
        *([f"品牌 {_and(select.brands)}"] if select.brands else []),
        *([f"品类 {_and(select.cats)}"] if select.cats else []),
        *([f"商品 {_and(select.skus)}"] if select.skus else []),
    ]
    text = "的".join(words) or "全部商品"
    if select.min_unit:
        text = f"单价 {amount(select.min_unit)} 元起的{text}"
    excepted = (*select.not_cats, *select.not_skus)
    return f"{text}（除 {_and(excepted)}）" if excepted else text


def _days(when: When) -> str:
    words = [
        *([_and([f"周{'一二三四五六日'[day]}" for day in when.dow])] if when.dow else []),
        *([f"每月 {_and([str(day) for day in when.dom])} 日"] if when.dom else []),
        *([f"{clock(when.minutes[0])}-{clock(when.minutes[1])}"] if when.minutes else []),
    ]
    return "，".join(words)


def _place(when: When) -> str:
    words = [
        *([f"{_and(when.stores)} 门店"] if when.stores else []),
        *([f"{_and(when.channel)} 渠道"] if when.channel else []),
        *([f"{_and(when.pay)} 支付"] if when.pay else []),
    ]
    return "，".join(words)


def _total(when: When) -> str:
    if when.min_total and when.max_total:
        return f"整单 {amount(when.min_total)} 至 {amount(when.max_total)} 元"
    if when.min_total:
        return f"整单 {amount(when.min_total)} 元起"
    return f"整单不超过 {amount(when.max_total)} 元" if when.max_total else ""


def _window(when: When) -> str:
    start = f"{shown_moment(when.from_)} 起" if when.from_ else ""
    end = until(when.to, "至 {}", "{} 前") if when.to else ""
    return f"{start}{'，' if start and end else ''}{end}"


def _limits(limit: Limit, points: bool) -> Iterable[str]:
    if limit.per_member:
        yield f"每位会员{PERIODS[limit.period]} {limit.per_member} 次"
    if limit.per_day:
        yield f"每位会员每天 {limit.per_day} 次"
    if limit.member_value:
        yield f"每位会员{PERIODS[limit.period]}最多 {_value(limit.member_value, points)}"
    if limit.day_value:
        yield f"每位会员每天最多 {_value(limit.day_value, points)}"
    if limit.total_value:
        yield f"每店合计最多 {_value(limit.total_value, points)}"


def _other(ruling: Ruling) -> str:
    words = [] if ruling.priority == PRIORITY else [f"优先级 {ruling.priority}"]
    if isinstance(ruling, Coupon):
        words += [f"有效期 {ruling.valid_days} 天"] if ruling.valid_days else []
        words += [f"{ruling.points_price:,} 积分兑换"] if ruling.points_price else []
    return "，".join(words)


def _value(value: int, points: bool) -> str:
    return f"{value:,} 积分" if points else f"{amount(value)} 元"


def _and(names: Sequence[str], word: str = "、") -> str:
    return word.join(names)
