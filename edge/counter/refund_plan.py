"""What a refund will bring: which parts of which lines, how the points come back, where the money goes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec

from edge.counter.refusals import bad
from edge.counter.terms import QtyMilli, Request
from edge.domain.refund_sources import Paid, Returned, share_out
from edge.domain.refunds import Clawback, LineRefund, SoldLine, clawback, refund_line
from edge.domain.rules.model import Bundle
from edge.errors import Code, PosError

LineIndex = Annotated[int, msgspec.Meta(ge=0, le=255)]


class ReturnedLine(Request, frozen=True):
    """``qty_milli`` of line ``line`` (index from 0) comes back."""

    line: LineIndex
    qty_milli: QtyMilli


@dataclass(frozen=True, slots=True)
class Plan:
    """A refund worked out: each line's part, how the points come back, where the money goes."""

    parts: tuple[tuple[int, LineRefund], ...]
    claw: Clawback
    returned: Returned

    @property
    def amount_fen(self) -> int:
        """What is handed out."""
        return self.returned.rest_fen

    @property
    def net_fen(self) -> int:
        return sum(part.net_fen for _, part in self.parts)

    @property
    def cash_fen(self) -> int:
        return sum(part.cash_fen for _, part in self.parts)

    @property
    def points_back(self) -> int:
        return sum(part.points_back for _, part in self.parts)


def plan_refund(
    sold: Sequence[SoldLine],
    asked: Sequence[ReturnedLine],
    terms: Bundle,
    held_after: Callable[[int], int],
    paid: Paid,
) -> Plan:
    """Work a refund out against what is left of the sale; ``held_after``: points held once so many are back."""
    parts = _parts(sold, asked)
    cash_fen = sum(part.cash_fen for _, part in parts)
    returned = sum(part.points_back for _, part in parts)
    claw = clawback(
        sum(part.points_taken for _, part in parts),
        held_after(returned),
        cash_fen,
        terms.points.fen_per_redeemed_point,
        terms.refunds.shortfall,
    )
    return Plan(tuple(parts), claw, share_out(cash_fen - claw.from_cash_fen, paid))


def _parts(sold: Sequence[SoldLine], asked: Sequence[ReturnedLine]) -> list[tuple[int, LineRefund]]:
    """The lines that come back; every one of them must still be there."""
    left = [line.qty_milli - line.refunded_milli for line in sold]
    if not any(left):
        raise PosError(
            Code.ALREADY_REFUNDED, "this sale was refunded in full", zh="该单已全部退货", path="/sale"
        )
    if not asked:
        return [(index, refund_line(line, left[index])) for index, line in enumerate(sold) if left[index]]
    seen: set[int] = set()
    for place, back in enumerate(asked):
        if back.line >= len(sold) or back.line in seen:
            raise bad(f"/lines/{place}/line", "no such line, or named twice", "没有这一行或重复")
        seen.add(back.line)
        if back.qty_milli > left[back.line]:
            raise PosError(
                Code.OVER_QUANTITY,
                f"only {left[back.line]} thousandths of this line are left to refund",
                zh="超过可退数量",
                path=f"/lines/{place}/qty_milli",
                left_milli=left[back.line],
            )
    return [(back.line, refund_line(sold[back.line], back.qty_milli)) for back in asked]
