"""The report of a simulation as text, 80 cells wide."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from edge.cli.cells import LINE_CELLS, Column, row, wrapped
from edge.domain.money import yuan
from edge.domain.rules.terms import BundleName
from edge.domain.simulation import STRANGER, Mover, Report, RuleSums, Sums

SUMS = (
    Column(12),
    Column(8, "right"),
    Column(7, "right"),
    Column(12, "right"),
    Column(11, "right"),
    Column(9, "right"),
    Column(9, "right"),
)
RULES = (
    Column(29),
    Column(6),
    Column(6, "right"),
    Column(7, "right"),
    Column(12, "right"),
    Column(10, "right"),
)
MOVERS = (
    Column(19),
    Column(11),
    Column(11, "right"),
    Column(10, "right"),
    Column(9, "right"),
    Column(9, "right"),
)


def simulation_text(report: Report) -> Iterator[str]:
    """Totals, then tables by rule, tier, day and store, then the receipts that move most."""
    yield from _head(report)
    yield from _rules(report.rules)
    yield from _sums("tier", report.tiers)
    yield from _sums("day", report.days)
    if len(report.stores) > 1:
        yield from _sums("store", report.stores)
    yield from _movers("gains most", report.gainers)
    yield from _movers("loses most", report.payers)


def bundle_text(name: BundleName) -> str:
    """A bundle by name, version and the head of its hash."""
    return f"{name.programme or 'core'} version {name.version} ({name.hash[:12]})"


def percent(part: int, whole: int) -> str:
    """One decimal, without a float: ``12.5 %``."""
    tenths = part * 1000 // whole if whole else 0
    return f"{tenths // 10}.{tenths % 10} %"


def signed(amount: int, shown: Callable[[int], str] = str) -> str:
    """``+12``, ``-3``, and ``0`` without a sign."""
    return f"+{shown(amount)}" if amount > 0 else shown(amount)


def _head(report: Report) -> Iterator[str]:
    totals = report.totals
    yield f"new  {bundle_text(report.new)}"
    for old in report.old:
        yield f"old  {bundle_text(old.bundle)}: {old.receipts} receipts"
    days = f", {report.days[0].key} to {report.days[-1].key}" if report.days else ""
    yield f"{report.receipts} receipts{days}"
    neither = report.changed - report.winners - report.losers
    yield (
        f"changed {report.changed} ({percent(report.changed, report.receipts)}):"
        + (f" {report.winners} customers gain, {report.losers} lose")
        + (f", {neither} neither" if neither else "")
    )
    yield f"paid    {yuan(totals.old_fen)} -> {yuan(totals.new_fen)} yuan" + (
        f"  ({signed(totals.new_fen - totals.old_fen, yuan)})"
    )
    yield f"points  {totals.old_points} -> {totals.new_points}" + (
        f"  ({signed(totals.new_points - totals.old_points)})"
    )
    yield f"cost    {signed(report.cost_fen, yuan)} yuan, a point at {report.fen_per_point} fen"
    if report.recounted:
        rules = ", ".join(report.recounted)
        yield from wrapped(f"NOTE: limits counted from the first of these receipts on: {rules}", LINE_CELLS)
    if report.unfaithful:
        yield from wrapped(
            f"NOTE: {report.unfaithful} receipts are not what their old bundle makes of them, the first is"
            f" {report.unfaithful_first}: tillside explain {report.unfaithful_first}",
            LINE_CELLS,
        )


def _rules(rules: Sequence[RuleSums]) -> Iterator[str]:
    fired = [rule for rule in rules if rule.old_times or rule.new_times]
    if fired:
        yield from ("", row(("rule", "gives", "times", "change", "value", "change"), RULES))
    for rule in fired:
        shown = yuan if rule.unit == "fen" else str
        yield row(
            (
                f"{rule.name} {rule.rule}".strip(),
                "yuan" if rule.unit == "fen" else rule.unit,
                str(rule.new_times),
                signed(rule.new_times - rule.old_times),
                shown(rule.new_value),
                signed(rule.new_value - rule.old_value, shown),
            ),
            RULES,
        )
    silent = [rule.rule for rule in rules if rule not in fired]
    if silent:
        yield from wrapped(f"never fired: {', '.join(silent)}", LINE_CELLS)


def _sums(key: str, sums: Iterable[Sums]) -> Iterator[str]:
    yield from ("", row((key, "receipts", "changed", "yuan", "change", "points", "change"), SUMS))
    for one in sums:
        cells = (
            one.label or _tier(one.key),
            str(one.receipts),
            str(one.changed),
            yuan(one.new_fen),
            signed(one.new_fen - one.old_fen, yuan),
            str(one.new_points),
            signed(one.new_points - one.old_points),
        )
        yield row(cells, SUMS)


def _movers(title: str, movers: Sequence[Mover]) -> Iterator[str]:
    if movers:
        yield from ("", row((title, "tier", "yuan", "change", "points", "change"), MOVERS))
    for mover in movers:
        yield row(
            (
                mover.receipt_no,
                _tier(mover.tier),
                yuan(mover.new_fen),
                signed(mover.new_fen - mover.old_fen, yuan),
                str(mover.new_points),
                signed(mover.new_points - mover.old_points),
            ),
            MOVERS,
        )


def _tier(tier: str) -> str:
    return "no member" if tier == STRANGER else tier
