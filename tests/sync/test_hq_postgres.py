"""HQ's books in a real PostgreSQL: each event counts once, rights come only out of the pool, nothing blocks."""

import asyncio
import uuid

import pytest

from sync.envelope import Ack, Batch, Hello, Welcome, decode, encode, pack, unpack
from sync.hq import totals
from sync.hq.accounts import grant_page
from sync.hq.credit import credit, release
from sync.hq.cursor import Verdict
from sync.hq.ingest import ingest, welcome
from sync.hq.schema import Connection, migrate
from sync.hq.server import connect
from sync.testing import MemoryBox


class Direct:
    """A box that talks to HQ's functions without a network."""

    def __init__(self, books: Connection, store: str = "S1", birth: str = "b1") -> None:
        self.books, self.box = books, MemoryBox(store)
        self.birth, self.hellos = birth, 0

    async def hello(self, rebase: bool = False) -> Welcome:
        at = await self.box.position()
        self.hellos += 1
        hello = Hello(
            self.birth, self.hellos, at.epoch, at.next, at.acked, at.acked_hash, at.tip, at.nonce, rebase
        )
        answer = await welcome(self.books, self.box.store, decode(encode(hello), Hello))
        assert answer is not None
        return answer

    async def join(self) -> Welcome:
        """Say hello and do as HQ says."""
        answer = await self.hello()
        if answer.rebase is not None:
            await self.box.rebase(answer.rebase)
            answer = await self.hello()
        return answer

    async def batch(self, limit: int = 200) -> Batch:
        at = await self.box.position()
        rows = await self.box.events(at.acked, limit)
        payload, _ = pack(at.epoch, at.acked + 1, at.acked_hash, [row.body for row in rows])
        return unpack(payload)

    async def sync(self) -> Ack:
        """Send everything, take the acks and the grants."""
        ack = Ack(0, 0, bytes(8))
        while self.box.rows:
            answer = await ingest(self.books, self.box.store, await self.batch())
            assert isinstance(answer, Ack)
            assert await self.box.acknowledge(answer.epoch, answer.upto, answer.h)
            ack = answer
        await self.pull()
        return ack

    async def pull(self) -> None:
        more = True
        while more:
            at = await self.box.position()
            page = await grant_page(self.books, self.box.store, at.nonce, at.grants_version)
            await self.box.apply_grants(page)
            more = page.more


async def balance(books: Connection, member: str) -> int:
    (total,) = await totals.accounts(books, member)
    return total.balance


async def test_migrating_again_changes_nothing(books: Connection) -> None:
    assert await migrate(books) == await migrate(books)


async def test_earned_points_become_spendable_at_the_home_store(books: Connection) -> None:
    s1, s2 = Direct(books, "S1"), Direct(books, "S2")
    await s1.join()
    await s2.join()
    s1.box.register("M1")
    await s1.sync()
    s2.box.book("M1", "earn", 30)
    await s2.sync()
    await s1.pull()
    assert (s1.box.available("M1"), s2.box.available("M1")) == (30, 0)
    s1.box.book("M1", "spend", 10)
    await s1.sync()
    await s2.pull()
    assert s1.box.balance("M1") == s2.box.balance("M1") == await balance(books, "M1") == 20


async def test_a_repeated_batch_counts_once(books: Connection) -> None:
    store = Direct(books)
    await store.join()
    store.box.book("M1", "earn", 7)
    batch = await store.batch()
    first = await ingest(books, "S1", batch)
    assert await ingest(books, "S1", batch) == first
    assert await balance(books, "M1") == 7


async def test_events_of_a_rebased_box_count_once_by_their_id(books: Connection) -> None:
    store = Direct(books)
    await store.join()
    store.box.book("M1", "earn", 7)
    await ingest(books, "S1", await store.batch())  # its ack is lost
    answer = await store.hello(rebase=True)
    assert answer.rebase is not None
    await store.box.rebase(answer.rebase)
    await store.hello()
    await store.sync()
    assert await balance(books, "M1") == 7


async def test_gap_and_foreign_epoch_change_nothing(books: Connection) -> None:
    store = Direct(books)
    await store.join()
    for _ in range(3):
        store.box.book("M1", "earn", 1)
    whole = await store.batch()
    gap = Batch(whole.epoch, 2, whole.prev, whole.bodies[1:])
    foreign = Batch(whole.epoch + 1, 1, whole.prev, whole.bodies)
    assert await ingest(books, "S1", gap) is Verdict.GAP
    assert await ingest(books, "S1", foreign) is Verdict.FOREIGN
    assert await ingest(books, "S9", whole) is Verdict.FOREIGN
    assert await totals.accounts(books) == []


async def test_an_overlapping_batch_adds_only_its_new_part(books: Connection) -> None:
    store = Direct(books)
    await store.join()
    for _ in range(4):
        store.box.book("M1", "earn", 1)
    await ingest(books, "S1", await store.batch(limit=2))
    ack = await ingest(books, "S1", await store.batch())
    assert isinstance(ack, Ack)
    assert ack.upto == 4
    assert await balance(books, "M1") == 4


async def test_a_forked_line_is_answered_with_the_hash_that_hq_holds(books: Connection) -> None:
    store = Direct(books)
    await store.join()
    store.box.book("M1", "earn", 1)
    twin = Direct(books)
    twin.box = store.box.backup()
    store.box.book("M1", "earn", 10)
    twin.box.book("M1", "earn", 20)
    await store.sync()
    twin.box.book("M1", "earn", 30)
    ack = await ingest(books, "S1", await twin.batch())
    assert isinstance(ack, Ack)
    assert not await twin.box.acknowledge(ack.epoch, ack.upto, ack.h)
    assert await balance(books, "M1") == 11


@pytest.mark.parametrize(
    "poison",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"v":2}',
        b"[" * 30_000,
        b'{"v":1,"id":"00000000-0000-7000-8000-000000000001","store":"S1","nonce":"%s","op":1,'
        b'"at":"2026-11-22T12:00:00Z","business_date":"2026-11-22","kind":"sale","body":{"a":"\\u0000"}}'
        % (b"0" * 32),
    ],
    ids=["empty", "not utf-8", "no object", "other version", "deep", "NUL, which PostgreSQL cannot hold"],
)
async def test_a_poisoned_event_goes_to_quarantine_and_the_rest_counts(
    books: Connection, poison: bytes
) -> None:
    store = Direct(books)
    await store.join()
    store.box.book("M1", "earn", 1)
    store.box.put(poison)
    store.box.book("M1", "earn", 2)
    ack = await store.sync()
    assert [reject.seq for reject in ack.reject] == [2]
    assert await balance(books, "M1") == 3
    assert [(p.events, p.quarantined) for p in await totals.progress(books)] == [(2, 1)]


async def test_an_event_in_another_stores_name_has_no_effect(books: Connection) -> None:
    thief, victim = Direct(books, "S1"), Direct(books, "S2")
    await thief.join()
    victim.box.book("M1", "earn", 1000)
    thief.box.put(victim.box.rows[1].body)
    ack = await thief.sync()
    assert "spoke as 'S1'" in ack.reject[0].reason
    assert await totals.accounts(books) == []


async def test_grants_come_in_pages_that_miss_none(books: Connection) -> None:
    store = Direct(books)
    await store.join()
    for n in range(450):
        store.box.book(f"M{n}", "earn", 1 + n)
    await store.sync()
    first = await grant_page(books, "S1", store.box.nonce, 0)
    assert (len(first.items), first.more) == (200, True)
    assert all(store.box.available(f"M{n}") == 1 + n for n in range(450))


async def test_a_credit_is_booked_once_and_granted_at_home(books: Connection) -> None:
    store = Direct(books)
    await store.join()
    booking = str(uuid.uuid4())
    assert await credit(books, booking, "M1", "fen", 30_000, "top-up", home="S1")
    assert not await credit(books, booking, "M1", "fen", 30_000, "top-up", home="S1")
    await store.pull()
    assert store.box.available("M1", "fen") == store.box.balance("M1", "fen") == 30_000


async def test_a_new_life_starts_without_rights_and_the_old_ones_stay_in_suspense(books: Connection) -> None:
    store = Direct(books)
    await store.join()
    store.box.book("M1", "earn", 100)
    await store.sync()
    lost_nonce = store.box.nonce
    store.box.fence()
    answer = await store.join()
    await store.pull()
    assert (answer.nonce, answer.fenced) == (store.box.nonce, False)
    assert (store.box.available("M1"), store.box.balance("M1")) == (0, 100)

    assert await release(books, "S1", lost_nonce, "M1", "points") == 100
    await store.pull()
    assert store.box.available("M1") == 100
    with pytest.raises(ValueError, match="not in suspense"):
        await release(books, "S1", store.box.nonce, "M1", "points")


async def test_what_a_refund_took_back_is_not_freed_again(books: Connection) -> None:
    """100 granted, 30 of them clawed back, then the disk is lost: 70 are left to free."""
    store = Direct(books)
    await store.join()
    store.box.book("M1", "earn", 100)
    await store.sync()
    store.box.book("M1", "claw", 30)
    await store.sync()
    lost_nonce = store.box.nonce
    store.box.fence()
    await store.join()
    assert await totals.suspense(books) == [totals.Suspended("S1", lost_nonce, "M1", "points", 70)]
    assert await release(books, "S1", lost_nonce, "M1", "points") == 70
    assert await totals.suspense(books) == []
    await store.pull()
    assert store.box.available("M1") == store.box.balance("M1") == 70


async def test_a_life_that_posted_before_its_first_hello_still_hears_of_the_one_before(
    books: Connection,
) -> None:
    store = Direct(books)
    await store.join()
    store.box.book("M1", "earn", 100)
    await store.sync()
    store.box.fence()
    store.box.book("M1", "earn", 5)
    await ingest(books, "S1", await store.batch())
    assert not (await store.join()).fenced
    await store.sync()
    assert (store.box.available("M1"), store.box.balance("M1")) == (0, 105)
    store.box.book("M1", "earn", 7)
    await store.sync()
    assert (store.box.available("M1"), store.box.balance("M1")) == (7, 112)


async def test_a_closed_nonce_is_never_opened_again(books: Connection) -> None:
    store = Direct(books)
    await store.join()
    old = store.box.backup()
    store.box.fence()
    await store.join()
    clone = Direct(books, birth="b2")
    clone.box = old
    answer = await clone.hello()
    assert answer.fenced
    assert answer.nonce == store.box.nonce


async def test_a_box_that_forgot_what_hq_knows_is_rebased_and_fenced(books: Connection) -> None:
    store = Direct(books)
    await store.join()
    restored = Direct(books, birth="b2")
    restored.box = store.box.backup()
    store.box.book("M1", "earn", 5)
    await store.sync()
    answer = await restored.hello()
    assert answer.rebase is not None
    assert answer.fenced


async def test_a_late_or_repeated_hello_is_not_taken_for_a_restored_disk(books: Connection) -> None:
    store = Direct(books)
    await store.join()
    at = await store.box.position()
    late = Hello("b1", store.hellos, at.epoch, at.next, at.acked, at.acked_hash, at.tip, at.nonce)
    store.box.book("M1", "earn", 5)
    await store.sync()
    assert await welcome(books, "S1", late) is None
    assert not (await store.hello()).fenced


async def test_stores_at_once_on_the_same_members_agree_in_the_end(dsn: str, books: Connection) -> None:
    stores = [Direct(await connect(dsn), f"S{n}") for n in range(4)]

    async def day(store: Direct, seed: int) -> None:
        await store.join()
        for n in range(120):
            store.box.book(f"M{(n * 7 + seed) % 20}", "earn", n)
            if n % 12 == 0:
                await store.sync()
        await store.sync()

    await asyncio.gather(*(day(store, seed) for seed, store in enumerate(stores)))
    expected = sum(range(120)) * len(stores)
    accounts = await totals.accounts(books)
    assert sum(account.balance for account in accounts) == expected
    assert sum(account.exposed for account in accounts) == expected
    assert all(account.pool == 0 for account in accounts)
    for store in stores:
        await store.pull()
        for account in accounts:
            assert store.box.balance(account.member) == account.balance
        await store.books.close()
