"""Does HQ hold what the box holds? Per member and per account, and event by event."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edge.testing.cashier import Cashier
from edge.testing.goods import Customer
from edge.testing.stage import Stage


@dataclass(frozen=True, slots=True)
class Compared:
    """One account at both ends."""

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
        for unit, amount in accounts_of(member).items():
            rows.append(Compared(customer, unit, amount, balances.pop((member["id"], unit), 0)))
    return rows


def accounts_of(member: dict[str, Any]) -> dict[str, int]:
    """What the box shows of a member, by the unit that HQ's books have it under; what was never opened is left out."""
    balances = member["balances"]
    stored, credit = balances["stored_value"], balances["credit"]
    here = {"points": balances["points"]["balance"], "fen": stored["balance_fen"] - stored["gift_fen"]}
    if stored["gift_fen"]:
        here["gift_fen"] = stored["gift_fen"]
    if credit is not None:
        here["credit_fen"] = credit["limit_fen"] - credit["owed_fen"]
    counted = [held for held in member["passes"] if held["visits"] is not None]
    return here | {f"visits:{held['pass']}": held["visits"] for held in counted}


async def events_at_hq(stage: Stage) -> tuple[int, int]:
    """How many events HQ holds, and how many it could not read."""
    stores = await stage.ask_hq("stores")
    return sum(row["events"] for row in stores), sum(row["quarantined"] for row in stores)
