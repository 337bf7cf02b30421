"""The tills of a random day: hands that ask again when the box was away, and what they share."""

import asyncio
import random
import uuid
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tests.edge.business import floor as shop_floor
from tests.edge.business.day_book import Book, Person, Refused, same
from tests.edge.business.floor import Floor, Till

CONFLICT, QUOTE_GONE, STOPPING = 1302, 1301, -32002
ANSWERED = {"reason": "顾客申请", "approve": "店长"}


class Day:
    """The floor and its book. ``opened`` is clear while the box is down; ``taken`` are codes that a till deals with."""

    def __init__(self, floor: Floor, seed: int) -> None:
        self.floor, self.book = floor, Book()
        self.chance = random.Random(seed)
        self.opened = asyncio.Event()
        self.opened.set()
        self.taken: set[str] = set()
        self.shelf = asyncio.Lock()
        self.said: dict[str, int] = {}
        """How often each method was answered, and how often each code refused: a day in which nothing happens shows."""
        self._numbers = iter(range(1, 100_000))

    def key(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128)))

    def card(self) -> str:
        return f"8{next(self._numbers):07d}"

    def person(self) -> Person:
        return self.chance.choice(self.book.people)

    def take_up(self, pool: Mapping[str, object], share: float) -> str | None:
        """A code that no other till deals with, used up or not; none now and then."""
        free = [code for code in pool if code not in self.taken]
        if not free or self.chance.random() > share:
            return None
        code = self.chance.choice(free[-6:])
        self.taken.add(code)
        return code

    def note(self, what: str) -> None:
        self.said[what] = self.said.get(what, 0) + 1


class Hand:
    """A cashier's hand on one till."""

    def __init__(self, day: Day, terminal: str) -> None:
        self.day = day
        self.terminal = terminal
        self._till: Till | None = None
        self._beside: dict[str, Hand] = {}

    def beside(self, terminal: str) -> "Hand":
        """Another hand that does something at the same moment, on a connection of its own."""
        return self._beside.setdefault(terminal, Hand(self.day, terminal))

    async def ask(self, method: str, /, **params: Any) -> Any:
        """The answer; raises the box's refusal. Where the box was away meanwhile, asks again for the same."""
        while True:
            await self.day.opened.wait()
            try:
                if self._till is None:
                    self._till = await self.day.floor.another_till(self.terminal)
                return await self._till.call(method, **params)
            except (OSError, msgspec.DecodeError):
                self._till = None
            except shop_floor.Refused as refusal:
                if refusal.code != STOPPING:
                    raise
            self.day.note("asked again")
            await asyncio.sleep(0.001)

    async def write(self, method: str, /, **params: Any) -> Any:
        """A write under a key of its own; some are sent twice, some keys are tried for something else."""
        chance, params = self.day.chance, {"idem": self.day.key(), **params}
        answer = await self.ask(method, **params)
        self.day.note(method)
        self.day.book.decided += 1
        if chance.random() < 0.2:
            again = await self.ask(method, **params)
            same((method, again), (method, {**answer, "duplicate": True}))
        if chance.random() < 0.1 and "cashier" in params:
            await self.refused(CONFLICT, method, **{**params, "cashier": "别人"})
        return answer

    async def refused(self, code: int, method: str, /, **params: Any) -> None:
        """Ask, and be refused with ``code``."""
        same((method, await self.code_of(method, **params)), (method, code))

    async def code_of(self, method: str, /, **params: Any) -> object:
        """The code of the refusal; or the answer, where there is one."""
        try:
            return await self.ask(method, **params)
        except shop_floor.Refused as refusal:
            self.day.note(f"{method} {refusal.code}")
            return refusal.code

    async def agreed(self, entry: Callable[[], Any], method: str, /, **params: Any) -> Any:
        """The answer of a write that the book agrees to; None where both refuse, with one code and twice the same.

        A quote may be gone before anything else is looked at.
        """
        try:
            entry()
        except Refused as refused:
            params["idem"] = self.day.key()
            code = await self.code_of(method, **params)
            if code == QUOTE_GONE:
                return None
            same((method, code), (method, refused.code))
            self.day.book.decided += 1
            if self.day.chance.random() < 0.3:
                await self.refused(refused.code, method, **params)
            return None
        return await self.write(method, **params)
