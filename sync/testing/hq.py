"""HQ in memory: the same cursor and rights arithmetic as the real one, without PostgreSQL."""

import contextlib
from collections import defaultdict

import msgspec
from msgspec import Struct

from sync import envelope
from sync.envelope import (
    MAX_PAGE_ITEMS,
    Ack,
    Batch,
    DirectoryItem,
    DirectoryPage,
    EnvelopeError,
    Event,
    GrantItem,
    GrantPage,
    Hello,
    Reject,
    Rep,
    Req,
)
from sync.hq.cursor import Cursor, News, Verdict, greet, judge
from sync.hq.events import home_of, read_event, reports
from sync.hq.pages import ALL_STORES, page_of
from sync.hq.rights import Account, Incarnation, Line, balance, elsewhere, merge, place, pool
from sync.ports import Broker, BrokerError, Clock, Link, Message


class MemoryHq:
    """One tenant's HQ. ``answer`` is the whole of it; ``serve`` puts it on a broker."""

    def __init__(self, tenant: str) -> None:
        self._prefix = envelope.node_name(tenant, "")
        self.events: dict[str, Event] = {}
        self.quarantine: list[bytes] = []
        self.cursors: dict[str, Cursor] = {}
        self.lines: defaultdict[Account, dict[Incarnation, Line]] = defaultdict(dict)
        self.credits: defaultdict[Account, int] = defaultdict(int)
        self._births: dict[str, dict[str, int]] = {}
        self._homes: dict[str, tuple[str, bool]] = {}
        self._open: dict[str, str] = {}
        self._closed: set[Incarnation] = set()
        self._gver: defaultdict[Incarnation, int] = defaultdict(int)
        self._versions: dict[tuple[Account, Incarnation], int] = {}
        self._untold: set[str] = set()
        self._directory: dict[tuple[str, str, str], DirectoryItem] = {}
        self._newest = 0
        self._link: Link | None = None

    def balance(self, member: str, unit: str = "points") -> int:
        """What the member has, as far as HQ has heard."""
        return balance(self.credits[member, unit], self.lines[member, unit].values())

    async def credit(self, member: str, amount: int, unit: str = "points", home: str | None = None) -> None:
        """Add to HQ's own credits and tell the stores."""
        if home is not None:
            self._homes.setdefault(member, (home, False))
        self.credits[member, unit] += amount
        self._settle((member, unit), dict(self.lines[member, unit]), tell_all=True)
        if self._link is not None:
            for message in self._news():
                await self._link.publish(message)

    async def publish(self, kind: str, id: str, body: bytes, store: str = ALL_STORES) -> None:
        """Say one row of the directory, to one store or to all, and tell them that there is news."""
        self._newest += 1
        self._directory[kind, id, store] = DirectoryItem(kind, id, self._newest, msgspec.Raw(body))
        self._untold |= {store} if store else set(self.cursors)
        if self._link is not None:
            for message in self._news():
                await self._link.publish(message)

    def directory_page(self, store: str, since: int) -> DirectoryPage:
        """Rows for ``store`` that changed after ``since``."""
        rows = [
            item
            for (kind, id, for_store), item in self._directory.items()
            if item.version > since
            and (for_store == store or (for_store == ALL_STORES and (kind, id, store) not in self._directory))
        ]
        rows.sort(key=lambda item: item.version)
        return page_of(since, self._dver(store), rows[: MAX_PAGE_ITEMS + 1])

    def _dver(self, store: str) -> int:
        said = [item.version for key, item in self._directory.items() if key[2] in (ALL_STORES, store)]
        return max(said, default=0)

    async def serve(self, broker: Broker, clock: Clock) -> None:
        """Answer on ``broker`` for ever."""
        while True:
            try:
                async with broker.connect() as self._link:
                    kinds = ("hello", "ev", "req")
                    await self._link.subscribe(*(f"$share/hq/{envelope.ROOT}/+/up/{k}" for k in kinds))
                    async for message in self._link.messages():
                        with contextlib.suppress(EnvelopeError):
                            for reply in self.answer(message):
                                await self._link.publish(reply)
            except BrokerError:
                self._link = None
                await clock.sleep(0.2)

    def answer(self, message: Message) -> list[Message]:
        """What HQ says to ``message``, to its sender and to others; raises EnvelopeError where it is bad."""
        reply = self._reply(message)
        return [*([reply] if reply is not None else []), *self._news()]

    def _reply(self, message: Message) -> Message | None:
        node, _, kind = envelope.split_topic(message.topic)
        store = node.removeprefix(self._prefix)
        match kind:
            case "ev":
                ack = self._ingest(store, envelope.unpack(message.payload))
                return self._message(store, "ack", ack) if ack is not None else None
            case "hello":
                reply = self._welcome(store, envelope.decode(message.payload, Hello))
                return self._message(store, "welcome", reply) if reply is not None else None
            case "req":
                req = envelope.decode(message.payload, Req)
                return self._message(store, "rep", self._rep(store, req))
        return None

    def _rep(self, store: str, req: Req) -> Rep:
        if req.kind == "directory":
            return Rep(req.rid, directory=self.directory_page(store, req.since))
        return Rep(req.rid, self.page(store, req.nonce, req.since), dver=self._dver(store))

    def _message(self, store: str, kind: envelope.Down, reply: Struct) -> Message:
        return Message(envelope.down(self._prefix + store, kind), envelope.encode(reply))

    def _news(self) -> list[Message]:
        """An ack to every store with grants that no ack has told it of."""
        stores, self._untold = sorted(self._untold), set()
        return [self._message(store, "ack", self._ack(store)) for store in stores if store in self.cursors]

    def _ack(self, store: str) -> Ack:
        at = self.cursors[store]
        gver = self._gver[store, self._open.get(store, "")]
        return Ack(at.epoch, at.next - 1, at.hash, gver, dver=self._dver(store))

    def _ingest(self, store: str, batch: Batch) -> Ack | None:
        cursor = self.cursors.get(store)
        verdict = judge(cursor, batch) if cursor is not None else Verdict.FOREIGN
        if verdict is Verdict.FOREIGN:
            return None
        rejects = []
        if isinstance(verdict, News):
            for seq, body in enumerate(batch.bodies[verdict.skip :], batch.first + verdict.skip):
                try:
                    self._take_in(store, read_event(store, body))
                except EnvelopeError as error:
                    self.quarantine.append(body)
                    rejects.append(Reject(seq, str(error)))
            self.cursors[store] = verdict.cursor
        return msgspec.structs.replace(self._ack(store), reject=tuple(rejects))

    def _take_in(self, store: str, event: Event) -> None:
        if event.id in self.events:
            return
        self.events[event.id] = event
        for total in event.totals:
            self._homes.setdefault(total.member, (store, False))
        if event.kind == "member" and event.member and not self._homes.get(event.member, ("", False))[1]:
            self._homes[event.member] = (home_of(event), True)
        for (account, at), total in reports(store, [event]).items():
            lines = dict(self.lines[account])
            lines[at] = merge(lines.get(at, Line()), total)
            self._settle(account, lines)

    def _settle(self, account: Account, lines: dict[Incarnation, Line], tell_all: bool = False) -> None:
        home = self._homes.get(account[0], ("", False))[0]
        nonce = self._open.get(home)
        placed = place(self.credits[account], lines, (home, nonce) if nonce else None)
        before, self.lines[account] = self.lines[account], placed
        moved = {at for at, line in placed.items() if at not in before or line.net != before[at].net}
        for at, line in placed.items():
            news = at not in before or line.granted != before[at].granted or moved - {at} or tell_all
            if news and self._open.get(at[0]) == at[1]:
                self._gver[at] += 1
                self._versions[account, at] = self._gver[at]
                self._untold.add(at[0])

    def _welcome(self, store: str, hello: Hello) -> envelope.Welcome | None:
        births = self._births.setdefault(store, {})
        newest = next(reversed(births), None)
        if hello.bd in births and (hello.bd != newest or hello.n <= births[hello.bd]):
            return None
        births[hello.bd] = hello.n
        greeting = greet(self.cursors.get(store), hello)
        self.cursors[store] = greeting.cursor
        here = (store, hello.nonce)
        if greeting.rolled_back and self._open.get(store) == hello.nonce:
            self._closed.add((store, self._open.pop(store)))
        if here not in self._closed and self._open.get(store) != hello.nonce:
            self._open_incarnation(here)
        fenced = self._open.get(store) != hello.nonce
        at = greeting.cursor
        return envelope.Welcome(
            bd=hello.bd,
            n=hello.n,
            epoch=at.epoch,
            upto=at.next - 1,
            h=at.hash,
            nonce=self._open.get(store, ""),
            gver=0 if fenced else self._gver[here],
            rebase=greeting.rebase,
            fenced=fenced,
            dver=self._dver(store),
        )

    def _open_incarnation(self, here: Incarnation) -> None:
        store, nonce = here
        if store in self._open:
            self._closed.add((store, self._open[store]))
        self._open[store] = nonce
        for account, lines in list(self.lines.items()):
            at_home = self._homes.get(account[0], ("", False))[0] == store
            waiting = at_home and pool(self.credits[account], lines.values()) > 0
            if waiting or any(known[0] == store for known in lines):
                self._settle(account, {here: Line(), **lines}, tell_all=True)

    def page(self, store: str, nonce: str, since: int, limit: int = envelope.MAX_PAGE_ITEMS) -> GrantPage:
        """Rights of (store, nonce) changed after version ``since``."""
        here = (store, nonce)
        changed = sorted(
            (version, account)
            for (account, at), version in self._versions.items()
            if at == here and version > since
        )
        items = tuple(
            GrantItem(
                *account,
                self.lines[account][here].granted,
                elsewhere(self.credits[account], self.lines[account], here),
            )
            for _, account in changed[:limit]
        )
        version = changed[len(items) - 1][0] if items else since
        return GrantPage(nonce, version, items, more=len(changed) > limit)
