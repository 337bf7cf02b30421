"""What a refund takes back: the stored shares of the line, telescoped, so that any split adds up exactly."""

from dataclasses import dataclass

from edge.domain.money import divide, telescope


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line of a sale as stored: its decided amounts and how much of it came back already."""

    qty_milli: int
    refunded_milli: int
    net_fen: int
    points_paid_fen: int
    points: int
    points_used: int


@dataclass(frozen=True, slots=True)
class LineRefund:
    """What comes back for one line: money, points given back to the member, points taken from the member."""

    qty_milli: int
    net_fen: int
    points_paid_fen: int
    points_back: int
    points_taken: int

    @property
    def cash_fen(self) -> int:
        """The part that was paid with money."""
        return self.net_fen - self.points_paid_fen


def refund_line(line: SoldLine, qty_milli: int) -> LineRefund:
    """The refund of ``qty_milli`` more of ``line``; the caller has checked that so much is left.

    What money paid and what points paid come back each by itself: as a difference of the whole and
    the points' part, the money could round below nothing.
    """
    whole, done = line.qty_milli, line.refunded_milli

    def back(amount: int) -> int:
        return telescope(amount, whole, done, qty_milli)

    paid_fen = back(line.points_paid_fen)
    return LineRefund(
        qty_milli,
        back(line.net_fen - line.points_paid_fen) + paid_fen,
        paid_fen,
        back(line.points_used),
        back(line.points),
    )


@dataclass(frozen=True, slots=True)
class Clawback:
    """How points are taken back: from the account, from the cash refunded, and what remains a debt."""

    from_account: int
    from_cash_points: int
    from_cash_fen: int
    debt: int

    @property
    def short(self) -> int:
        """Points that the member no longer had."""
        return self.from_cash_points + self.debt


def clawback(taken: int, balance: int, cash_fen: int, fen_per_point: int, policy: str) -> Clawback:
    """Split a clawback of ``taken`` points where ``balance`` are left and ``cash_fen`` is refunded.

    Under ``cash`` the missing points are kept from the refund at their redemption value,
    as far as it reaches.
    """
    from_account = min(taken, max(0, balance))
    missing = taken - from_account
    if policy != "cash" or not fen_per_point:
        return Clawback(from_account, 0, 0, missing)
    bought = min(missing, divide(cash_fen, fen_per_point, "down"))
    return Clawback(from_account, bought, bought * fen_per_point, missing - bought)
