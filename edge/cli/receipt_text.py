"""A receipt's explanation as a page of text, 80 cells wide."""

from collections.abc import Iterator

import msgspec

from edge.cli.cells import LINE_CELLS, Column, row, wrapped
from edge.counter.records import RefundRecord
from edge.domain.money import MILLI, yuan
from edge.reports.explanation import ExplainedLine, Explanation, GaveNothing, Heading
from edge.reports.explanation_words import Words

ITEM, QUANTITY, FEN, POINTS = Column(38), Column(18, "right"), Column(11, "right"), Column(7, "right")
GRID = (ITEM, QUANTITY, FEN, POINTS)
RULE_GRID = (Column(ITEM.cells + QUANTITY.cells + 2), FEN, POINTS)
NAME, REASON = Column(34), Column(44)
RULE = "-" * LINE_CELLS


def page(explained: Explanation, words: Words) -> Iterator[str]:
    """Heading, lines with what each rule gave, the rules that gave nothing, and the proof."""
    yield from _heading(explained.heading, words)
    yield RULE
    yield row((words.item, words.quantity, words.fen, words.points), GRID)
    for line in explained.lines:
        yield from _line(line, words)
    yield RULE
    yield from _sums(explained, words)
    if explained.gave_nothing:
        yield from ("", words.gave_nothing)
    for rule in explained.gave_nothing:
        yield from _gave_nothing(rule)
    yield ""
    for refund in explained.refunds:
        said = words.voided if refund.void else words.refunded
        yield said.format(refund.receipt_no, yuan(refund.amount_fen), refund.points_clawed)
    yield from _proof(explained, words)


def refund_lines(refund: RefundRecord, words: Words) -> Iterator[str]:
    """A refund: whose it is, and what came back of each line."""
    title = (words.void if refund.void else words.refund).format(refund.receipt_no)
    yield (f"{title}  {refund.committed_at}  {words.till.format(refund.terminal)}")
    yield from wrapped(
        words.refund_of.format(
            refund.sale_receipt_no, yuan(refund.amount_fen), refund.points_clawed, refund.points_back
        ),
        LINE_CELLS,
    )
    yield RULE
    yield row((words.item, words.quantity, words.fen, words.points), GRID)
    for line in refund.lines:
        item, quantity = f"{line.line + 1:>2} {line.name}", _quantity(line.qty_milli)
        yield row((item, quantity, yuan(-line.net_fen), str(-line.points_clawed)), GRID)
    yield RULE
    yield f"tillside explain {refund.sale_receipt_no}"


def _heading(heading: Heading, words: Words) -> Iterator[str]:
    receipt = words.receipt.format(heading.receipt_no)
    yield f"{receipt}  {heading.committed_at}  {words.till.format(heading.terminal)}"
    member = words.stranger
    if heading.member:
        member = words.member.format(heading.member, heading.tier_label or heading.tier)
    yield f"{member}  {words.rules.format(heading.programme, heading.version)}"
    yield f"{words.version} sha256 {heading.bundle}"


def _line(line: ExplainedLine, words: Words) -> Iterator[str]:
    bought = f"{_quantity(line.qty_milli)} x {yuan(line.unit_price_fen)}"
    yield row((f"{line.line:>2} {line.name}", bought, yuan(line.list_fen), ""), GRID)
    for share in line.shares:
        off = share.unit == "fen"
        fen, points = (yuan(-share.value), "") if off else ("", str(share.value))
        yield row((f"   {'-' if off else '+'} {share.name} {share.rule}", fen, points), RULE_GRID)
    if line.points_used:
        paid = words.points_paid.format(line.points_used)
        yield row((f"   - {paid}", yuan(-line.points_paid_fen), ""), RULE_GRID)
    yield row((f"   = {words.net}", yuan(line.net_fen - line.points_paid_fen), str(line.points)), RULE_GRID)


def _sums(explained: Explanation, words: Words) -> Iterator[str]:
    yield row((words.total, yuan(explained.list_fen), ""), RULE_GRID)
    for share in explained.gave:
        fen = yuan(-share.value) if share.unit == "fen" else ""
        points = str(share.value) if share.unit == "points" else ""
        gift = f" x {share.value}" if share.unit == "gifts" else ""
        if share.unit != "redeemed":
            yield row((f"   {share.name} {share.rule}{gift}", fen, points), RULE_GRID)
    if explained.points_used:
        paid = words.points_paid.format(explained.points_used)
        yield row((f"   {paid}", yuan(-explained.points_paid_fen), ""), RULE_GRID)
    due_fen = explained.net_fen - explained.points_paid_fen
    yield row((f"   = {words.net}", yuan(due_fen), str(explained.points)), RULE_GRID)
    if any(_points_of_rules(line) != line.points for line in explained.lines):
        yield from wrapped(words.spread_note, LINE_CELLS)


def _gave_nothing(rule: GaveNothing) -> Iterator[str]:
    """The reason beside the rule's name, on as many lines as it takes."""
    name = f"   {rule.name} {rule.rule}"
    for reason in wrapped(rule.words, REASON.cells):
        yield row((name, reason), (NAME, REASON))
        name = ""


def _proof(explained: Explanation, words: Words) -> Iterator[str]:
    if explained.match:
        rules = len(explained.gave) + len(explained.gave_nothing)
        yield words.match.format(rules, len(explained.lines))
        return
    yield words.no_match.format(len(explained.differences))
    for difference in explained.differences:
        yield f"   {difference.at}"
        yield f"      {words.stored}: {_json(difference.stored)}"
        yield f"      {words.replayed}: {_json(difference.replayed)}"


def _points_of_rules(line: ExplainedLine) -> int:
    return sum(share.value for share in line.shares if share.unit == "points")


def _quantity(qty_milli: int) -> str:
    whole, thousandths = divmod(qty_milli, MILLI)
    return str(whole) if not thousandths else f"{whole}.{thousandths:03d}".rstrip("0")


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
