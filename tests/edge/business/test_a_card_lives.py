"""A4: however cards are lost, found, replaced, frozen and cancelled, a number leads to its member or says why not."""

import asyncio
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.edge.business.floor import Floor, corner_shop, open_floor

TEA = {"name": "茶", "qty_milli": 1000, "unit_price_fen": 500}
BY_HAND = {"cashier": "小王", "reason": "试", "approve": "店长"}

STEPS = st.lists(
    st.tuples(
        st.sampled_from(("register", "lost", "replace", "active", "frozen", "cancelled")), st.integers(0, 5)
    ),
    min_size=4,
    max_size=24,
)


@dataclass
class Books:
    """What a shop would keep on paper: whose a number was, and what became of it and of its owner."""

    owners: list[str] = field(default_factory=list)
    standing: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, tuple[str, str]] = field(default_factory=dict)

    def card(self, owner: str) -> str:
        """The owner's newest card."""
        return [number for number, (whose, _) in self.numbers.items() if whose == owner][-1]

    def now(self, owner: str, standing: str, card: str) -> None:
        self.standing[owner] = standing
        self.numbers[self.card(owner)] = owner, card

    def why_not(self, number: str) -> str | None:
        """Why nobody is shown for ``number``; None where somebody is."""
        owner, state = self.numbers[number]
        if state in ("replaced", "cancelled"):
            return state
        return None if self.standing[owner] == "active" else self.standing[owner]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_a4_a_number_leads_to_its_member_or_says_why_not(steps: list[tuple[str, int]]) -> None:
    asyncio.run(play(steps))


async def play(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with open_floor(Path(folder), corner_shop(cards={"replace_fee_fen": 500})) as floor:
            books = Books()
            for what, which in steps:
                await step(floor, books, what, which)
            await floor.restart()
            for number in books.numbers:
                await compare(floor, books, number)


async def step(floor: Floor, books: Books, what: str, which: int) -> None:
    """One thing that happens at the counter, in the shop and in the books."""
    new = f"{80000000 + len(books.numbers)}"
    if what == "register" or not books.owners:
        owner = await floor.till.register(new)
        books.owners.append(owner)
        books.standing[owner] = "active"
        books.numbers[new] = owner, "active"
        return
    owner = books.owners[which % len(books.owners)]
    standing, card = books.standing[owner], books.card(owner)
    if what == "lost":
        done = await did(floor, standing == "active", "card.lost", member=card, cashier="小王")
        if done:
            books.now(owner, "lost", "lost")
    elif what == "replace":
        paid = [{"kind": "cash", "amount_fen": 500}]
        asked = {"member": owner, "card_no": new, "cashier": "小王", "tenders": paid}
        if await did(floor, standing in ("active", "lost"), "card.replace", **asked):
            books.now(owner, "active", "replaced")
            books.numbers[new] = owner, "active"
    else:
        allowed = standing != "cancelled" and (what, standing) != ("frozen", "lost")
        if await did(floor, allowed, "member.update", member=owner, status=what, **BY_HAND):
            books.now(owner, what, "cancelled" if what == "cancelled" else "active")
    await compare(floor, books, card)


async def did(floor: Floor, allowed: bool, method: str, **params: Any) -> bool:
    """Do it, or be refused, as the books allow it."""
    if allowed:
        await floor.till.call(method, **params)
    else:
        await floor.till.refused(1202, method, **params)
    return allowed


async def compare(floor: Floor, books: Books, number: str) -> None:
    """Looked up and quoted, a number says what the books say of it."""
    why = books.why_not(number)
    if why is None:
        found = await floor.till.call("member.lookup", by="card", value=number)
        assert found["member"]["id"] == books.numbers[number][0]
        await floor.till.call("sale.quote", cashier="小王", member=number, lines=[TEA])
        return
    for method, params in (
        ("member.lookup", {"by": "card", "value": number}),
        ("sale.quote", {"cashier": "小王", "member": number, "lines": [TEA]}),
    ):
        refusal = await floor.till.refused(1202, method, **params)
        assert refusal.data["state"] == why
