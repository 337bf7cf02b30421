"""The terms of a programme beside its rules, in English: one statement each, by section and id."""

from collections.abc import Callable, Iterator

from edge.domain.rules.model import Bundle, Commission, Credit, Downgrade, Group, TierBand, TopUp
from edge.domain.rules.words.facets import Statement, amount, capped, chosen, decimal

MODES = {
    "all": "all its rules add up",
    "best": "only the best of its rules",
    "first": "only the first that gives",
}
GOES = {"previous": "one tier down", "lowest": "to the lowest tier", "cancelled": "cancelled"}
DONE = {"sale": "sale", "topup": "top-up", "pass": "pass sold", "register": "new member"}
SPENT = {
    "principal": "what was paid in is spent first",
    "gift": "the gift is spent first",
    "proportional": "paid in and gift are spent in proportion",
}
PAID_OUT = {
    "no": "nothing is paid out",
    "keep_gift": "only what was paid in is paid out",
    "forfeit_gift": "only what was paid in is paid out, and the gift goes in proportion",
}
WAYS: dict[str, Callable[[int], str]] = {
    "points": lambda n: f"{n:,} points",
    "cumulative_fen": lambda n: f"{amount(n)} yuan in all",
    "visits": lambda n: f"{n:,} visits",
    "one_day_fen": lambda n: f"{amount(n)} yuan in one day",
    "topup_fen": lambda n: f"a top-up of {amount(n)} yuan",
}


def statements(bundle: Bundle) -> Iterator[Statement]:
    """Everything that holds for all rules."""
    points = bundle.points
    yield Statement("points", "earning", f"{amount(points.fen_per_point)} yuan paid earn 1 point")
    worth = points.fen_per_redeemed_point
    pays = f"1 point pays {amount(worth)} yuan" if worth else "points cannot pay"
    yield Statement("points", "redeeming", pays)
    if capped(points):
        yield Statement("points", "receipt", f"a receipt earns at most {points.receipt_cap:,} points")
    if points.expire_months:
        yield Statement("points", "lapsing", f"points lapse when they are {points.expire_months} months old")
    yield Statement("day", "start", f"the business day starts at {bundle.business_day_start}, {bundle.tz}")
    yield from (Statement("tier", tier.id, _tier(tier, not at)) for at, tier in enumerate(bundle.tiers))
    if bundle.downgrade:
        yield Statement("tiers", "downgrade", _downgrade(bundle.downgrade))
    yield from _others(bundle)
    yield from (Statement("group", group.id, _group(group)) for group in bundle.groups)


def _others(bundle: Bundle) -> Iterator[Statement]:
    for at, level in enumerate(bundle.referral, 1):
        told = (
            f"1 point for {amount(level.fen_per_point)} yuan of the friend's spend"
            if level.fen_per_point
            else ""
        )
        joined = f"{level.register_points:,} points for a registration" if level.register_points else ""
        yield Statement("referral", f"level {at}", ", ".join(filter(None, (told, joined))) or "nothing")
    for bonus in bundle.bonuses:
        yield Statement("bonus", bonus.id, f"{bonus.name}: {bonus.points:,} points on {bonus.on}")
    for rebate in bundle.rebates:
        text = f"{decimal(rebate.bp, 100)} % of spend back as vouchers every {rebate.every}"
        yield Statement("rebate", rebate.id, f"{rebate.name}: {text}")
    yield from _stored_value(bundle.topup)
    if bundle.credit:
        yield Statement("credit", "", _credit(bundle.credit))
    yield from (Statement("commission", rule.id, _commission(rule)) for rule in bundle.commissions)
    refunds = bundle.refunds
    short = {"cash": "kept from the cash", "debt": "a debt of the account"}[refunds.shortfall]
    yield Statement("refunds", "", f"taken for {refunds.days} days; points already spent are {short}")
    if bundle.honest:
        does = {"flag": "flagged", "refuse": "refused"}[bundle.honest.action]
        text = f"a price above the lowest of the last {bundle.honest.days} days is {does} as a price before a discount"
        yield Statement("honest discounts", "", text)


def _stored_value(terms: TopUp) -> Iterator[Statement]:
    for level in terms.levels:
        fixed = f"{amount(level.gift_fen)} yuan" if level.gift_fen else ""
        share = f"{decimal(level.gift_bp, 100)} % of it" if level.gift_bp else ""
        points = f"{level.points:,} points" if level.points else ""
        brings = " and ".join(filter(None, (fixed, share, points))) or "nothing"
        yield Statement("top-up", f"from {amount(level.min_fen)}", f"brings {brings}")
    if terms == TopUp(levels=terms.levels):
        return
    least = f"at least {amount(terms.min_fen)} yuan at once; " if terms.min_fen else ""
    ends = f"; a gift lapses after {terms.gift_days} days" if terms.gift_days else ""
    yield Statement("stored value", "", f"{least}{SPENT[terms.spend]}; {PAID_OUT[terms.withdraw]}{ends}")


def _credit(terms: Credit) -> str:
    stops = "; whoever is overdue gets no more" if terms.refuse_overdue else ""
    return f"up to {amount(terms.max_limit_fen)} yuan, due after {terms.days} days{stops}"


def _commission(rule: Commission) -> str:
    share = f"{decimal(rule.bp, 100)} %" if rule.bp else ""
    fixed = f"{amount(rule.fixed_fen)} yuan" if rule.fixed_fen else ""
    lines = ", ".join(f"{key} {', '.join(map(str, value))}" for key, value in chosen(rule.select))
    told = f"{rule.name}: the salesperson has {' and '.join(filter(None, (share, fixed)))} of each {DONE[rule.on]}"
    return told + (f" ({lines})" if lines else "")


def _tier(tier: TierBand, first: bool) -> str:
    ways = [tell(getattr(tier, key)) for key, tell in WAYS.items() if getattr(tier, key) is not None]
    reached = f"from {' or '.join(ways)}" if ways else "for everybody" if first else "by hand"
    return f"{tier.label}: {reached}" + (f"; {', '.join(tier.benefits)}" if tier.benefits else "")


def _downgrade(down: Downgrade) -> str:
    return f"{GOES[down.to]} after {down.idle_months} months without a purchase, warned {down.warn_days} days before"


def _group(group: Group) -> str:
    silenced = f", silenced by {', '.join(group.suppressed_by)}" if group.suppressed_by else ""
    measured = ", measured on what is left" if group.basis == "running" else ""
    return f"{MODES[group.mode]}, as number {group.order} of the {group.phase} phase{measured}{silenced}"


def turned(old: str, now: str) -> str:
    """A statement that has changed."""
    return f"{now} (was: {old})"
