"""A box in memory: the outbox, rights and totals of a store, without the shop."""

import copy
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from sync.envelope import GENESIS, DirectoryPage, Event, GrantPage, Posting, Total, chain
from sync.ports import OutboxRow, Position

Kind = Literal["earn", "spend", "reverse", "claw"]
_GROWS = {"earn": "earned", "spend": "spent", "reverse": "reversed", "claw": "clawed"}
_DAY = date(2026, 11, 22)


class Right(Struct, frozen=True):
    """What HQ said of one account."""

    granted: int = 0
    elsewhere: int = 0


class MemoryBox:
    """A BoxStore. ``seed`` makes its ids; ``book`` is a ledger operation, ``backup`` a copy of the disk."""

    def __init__(self, store: str, seed: int = 0) -> None:
        self.store = store
        self._random = random.Random(f"{store}/{seed}")
        self.nonce = self._fresh_nonce()
        self.rows: dict[int, OutboxRow] = {}
        self.booked: list[Event] = []
        self.totals: dict[tuple[str, str], Total] = {}
        self.rights: dict[tuple[str, str], Right] = {}
        self.directory: dict[tuple[str, str], bytes] = {}
        self.op = 0
        self._position = Position(0, 1, 0, GENESIS, GENESIS, self.nonce, 0)

    # --- the shop's side ---

    def book(self, member: str, kind: Kind, amount: int, unit: str = "points", code: str = "sale") -> Event:
        """Post ``amount``; raises ValueError for a spend beyond the rights."""
        if kind == "spend" and amount > self.available(member, unit):
            raise ValueError(f"{self.store}: {member} may spend {self.available(member, unit)} {unit}")
        total = self.totals.get((member, unit), Total(member, unit))
        grown = replace(total, **{_GROWS[kind]: getattr(total, _GROWS[kind]) + amount})
        self.totals[member, unit] = grown
        return self.add(kind, member, (grown,), (Posting(member, unit, kind, amount, code),))

    def register(self, member: str, home: str | None = None) -> Event:
        """A member event, which declares the home store."""
        body = msgspec.json.encode({"home": home} if home else {})
        return self.add("member", member, body=body)

    def add(
        self,
        kind: str,
        member: str | None,
        totals: tuple[Total, ...] = (),
        postings: tuple[Posting, ...] = (),
        body: bytes = b"{}",
    ) -> Event:
        """Write one event to the outbox."""
        self.op += 1
        event = Event(
            v=1,
            id=str(UUID(int=self._random.getrandbits(128))),
            store=self.store,
            nonce=self.nonce,
            op=self.op,
            at=datetime(2026, 11, 22, 12, tzinfo=UTC),
            business_date=_DAY,
            kind=kind,
            member=member,
            totals=totals,
            postings=postings,
            body=msgspec.Raw(body),
        )
        self.booked.append(event)
        self.put(msgspec.json.encode(event))
        return event

    def put(self, body: bytes) -> None:
        """Any bytes as the next event: how a poisoned one is made."""
        at = self._position
        hash = chain(at.tip, body)
        self.rows[at.next] = OutboxRow(at.next, body, hash)
        self._position = replace(at, next=at.next + 1, tip=hash)

    def available(self, member: str, unit: str = "points") -> int:
        """What may be spent without asking HQ."""
        total = self.totals.get((member, unit), Total(member, unit))
        granted = self.rights.get((member, unit), Right()).granted
        return max(0, granted - total.returned - (total.spent - total.reversed) - total.clawed)

    def balance(self, member: str, unit: str = "points") -> int:
        """What the box shows: its own figures and what HQ says of all others."""
        total = self.totals.get((member, unit), Total(member, unit))
        own = total.earned - (total.spent - total.reversed) - total.clawed
        return own + self.rights.get((member, unit), Right()).elsewhere

    def backup(self) -> "MemoryBox":
        """A copy of the disk as it is now; chance goes its own way in it."""
        twin = copy.deepcopy(self)
        twin._random.seed(f"{self.nonce}/{self._random.random()}")
        return twin

    def fence(self) -> None:
        """Begin a new life: a fresh nonce, no rights, totals from zero."""
        self.nonce = self._fresh_nonce()
        self.totals, self.rights = {}, {}
        self._position = replace(self._position, nonce=self.nonce, grants_version=0)

    def _fresh_nonce(self) -> str:
        return f"{self._random.getrandbits(128):032x}"

    # --- BoxStore ---

    async def position(self) -> Position:
        return self._position

    async def events(self, after: int, limit: int) -> Sequence[OutboxRow]:
        last = min(self._position.next - 1, after + limit)
        return [self.rows[seq] for seq in range(after + 1, last + 1)]

    async def acknowledge(self, epoch: int, upto: int, hash: bytes) -> bool:
        at = self._position
        row = self.rows.get(upto)
        if epoch != at.epoch or row is None or row.hash != hash:
            return False
        for seq in range(at.acked + 1, upto + 1):
            del self.rows[seq]
        self._position = replace(at, acked=upto, acked_hash=hash)
        return True

    async def rebase(self, epoch: int) -> None:
        bodies = [self.rows[seq].body for seq in sorted(self.rows)]
        self.rows.clear()
        at = self._position
        self._position = Position(
            epoch, 1, 0, GENESIS, GENESIS, self.nonce, at.grants_version, at.directory_version
        )
        for body in bodies:
            self.put(body)

    async def apply_grants(self, page: GrantPage) -> None:
        if page.nonce != self.nonce:
            return
        for item in page.items:
            known = self.rights.get((item.member, item.unit), Right())
            self.rights[item.member, item.unit] = Right(max(known.granted, item.granted), item.elsewhere)
        version = max(self._position.grants_version, page.version)
        self._position = replace(self._position, grants_version=version)

    async def apply_directory(self, page: DirectoryPage) -> None:
        for item in page.items:
            self.directory[item.kind, item.id] = bytes(item.body)
        self._position = replace(self._position, directory_version=page.version)
