"""Does HQ hold what the box holds? Per member and per account, and event by event."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge.testing.cashier import Cashier
from edge.testing.goods import Customer
from edge.testing.stage import Stage


@dataclass(frozen=True, slots=True)
class Compared:
    """One account at both ends; ``unit`` is points or fen."""

    customer: Customer
    unit: str
    box: int
    hq: int

    @property
    def equal(self) -> bool:
        return self.box == self.hq


async def compare(stage: Stage, cashier: Cashier, customers: Sequence[Customer]) -> list[Compared]:
    """Both ends of every account: the box asked by a till, HQ by ``tillside hq totals``."""
    balances = {(row["member"], row["unit"]): row["balance"] for row in await stage.ask_hq("totals")}
    rows = []
    for customer in customers:
        member = await cashier.member(customer)
        here = {
            "points": member["balances"]["points"]["balance"],
            "fen": member["balances"]["stored_value"]["balance_fen"],
        }
        for unit, amount in here.items():
            rows.append(Compared(customer, unit, amount, balances.pop((member["id"], unit), 0)))
    return rows


async def events_at_hq(stage: Stage) -> tuple[int, int]:
    """How many events HQ holds, and how many it could not read."""
    stores = await stage.ask_hq("stores")
    return sum(row["events"] for row in stores), sum(row["quarantined"] for row in stores)
