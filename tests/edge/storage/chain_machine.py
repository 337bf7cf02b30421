"""The same shop in a chain: HQ says what may be spent, acknowledges what it heard, and closes incarnations."""

from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from edge.domain.units import Unit
from edge.uplink.ledger_box import LedgerBox
from sync.envelope import Event, GrantItem, GrantPage
from tests.edge.storage.ledger_machine import LedgerMachine, amounts, few, units


class ChainLedgerMachine(LedgerMachine):
    """``pages`` are all grants that HQ ever made: any of them may come again, or late."""

    with_hq = True

    def begin(self) -> None:
        self.pages: list[GrantPage] = []
        self.grants_seen = self.sent = self.acked_events = 0
        self.epoch = self.fence = 1

    def start(self) -> None:
        super().start()
        self.box = LedgerBox(self.shop)
        self.nonce = self.shop.snapshot.identity()[0]

    def new_life(self) -> None:
        super().new_life()
        self.nonce, self.grants_seen, self.fence = self.shop.snapshot.identity()[0], 0, self.sent + 1

    @rule(
        items=st.lists(st.tuples(few, units, amounts, st.sampled_from((0, 5, 100, 2000, -30))), max_size=4),
        apply=st.booleans(),
    )
    def hq_grants(self, items: list[tuple[int, Unit, int, int]], apply: bool) -> None:
        named = [(self.member(number), *rest) for number, *rest in items]
        wanted: list[Any] = [item for item in named if item[0] is not None]
        version = max((page.version for page in self.pages if page.nonce == self.nonce), default=0) + 1
        self.pages.append(GrantPage(self.nonce, version, tuple(GrantItem(*item) for item in wanted)))
        if apply:
            self.apply(self.pages[-1])

    @rule(which=st.integers(0, 30))
    @precondition(lambda self: self.pages)
    def a_page_comes_again_or_late(self, which: int) -> None:
        self.apply(self.pick(self.pages, which))

    def apply(self, page: GrantPage) -> None:
        self.run(self.box.apply_grants(page))
        if page.nonce != self.nonce or page.version <= self.grants_seen:
            return
        believed = self.acked_upto() + 1 >= self.fence
        key = f"{page.nonce}:{page.version}:{believed:d}"
        if key not in self.hq_keys:
            self.last_ms = max(self.clock.now_ms(), self.last_ms)
        self.hq_keys.add(key)
        for item in page.items:
            told = item.elsewhere if believed else None
            self.books.grant(item.member, item.unit, item.granted, told)
        if believed:
            self.grants_seen = page.version

    @rule(many=st.integers(1, 5), honest=st.booleans())
    def hq_acknowledges(self, many: int, honest: bool) -> None:
        acked = self.acked_upto()
        rows = self.run(self.box.events(acked, many))
        if rows:
            last = rows[-1]
            taken = self.run(self.box.acknowledge(self.epoch, last.seq, last.hash if honest else b"\0" * 8))
            assert taken is honest
            self.acked_events += len(rows) if honest else 0

    @rule(rebase=st.booleans())
    def hq_closes_the_incarnation(self, rebase: bool) -> None:
        if rebase:
            self.epoch += 1
            self.run(self.box.rebase(self.epoch))
            self.sent = self.events - self.acked_events
        else:
            self.run(self.box.fence("HQ said so"))
        self.new_life()

    def acked_upto(self) -> int:
        return self.sent - (self.events - self.acked_events)

    def note_event(self, reply: Any) -> None:
        """It was told to HQ in its own commit, with the totals after it."""
        self.events += 1
        self.sent += 1
        assert reply.queue_seq == self.sent
        body = self.db.execute("SELECT body FROM outbox WHERE seq=?", (self.sent,)).fetchone()[0]
        event = msgspec.json.decode(body, type=Event)
        assert event.nonce == self.nonce
        for total in event.totals:
            rights = self.books.account(total.member, total.unit).rights
            told = {name: getattr(total, name) for name in ("earned", "spent", "reversed", "clawed")}
            assert told == {name: rights[name] for name in told}
