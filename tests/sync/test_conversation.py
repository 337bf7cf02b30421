"""The box's end and HQ's over a network that loses, repeats, reorders and cuts. Time is virtual, chance seeded."""

import asyncio
import contextlib
import random
from collections.abc import Callable

import pytest

from sync.mqtt import drive
from sync.ports import SyncStatus
from sync.testing import BadBroker, Faults, LoopClock, MemoryBox, MemoryHq, run_virtual

ROUGH = Faults(loss=0.08, repeat=0.08, cut=0.02, delay_s=0.4)
CLEAN = Faults()


class World:
    """Some boxes and an HQ on one broker; ``statuses`` is what each box said last."""

    def __init__(self, boxes: list[MemoryBox], seed: int = 0, faults: Faults = CLEAN) -> None:
        self.boxes = boxes
        self.broker = BadBroker(seed, faults)
        self.hq = MemoryHq("t")
        self.wakes = {box.store: asyncio.Event() for box in boxes}
        self.statuses: dict[str, SyncStatus] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    async def __aenter__(self) -> "World":
        self.tasks["hq"] = asyncio.create_task(self.hq.serve(self.broker, LoopClock()))
        for box in self.boxes:
            self.start(box)
        return self

    async def __aexit__(self, *failure: object) -> None:
        for name in list(self.tasks):
            await self.stop(name)

    def start(self, box: MemoryBox) -> None:
        def heard(status: SyncStatus) -> None:
            self.statuses[box.store] = status

        wake = self.wakes[box.store]
        run = drive(box, self.broker, f"t-{box.store}", LoopClock(), heard, wake)
        self.tasks[box.store] = asyncio.create_task(run)

    async def stop(self, name: str) -> None:
        task = self.tasks.pop(name)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def settled(self, within_s: float = 3600) -> None:
        """Come back once no outbox holds anything and every box has its grants."""
        async with asyncio.timeout(within_s):
            while not all([await self._is_settled(box) for box in self.boxes]):  # noqa: ASYNC110 - virtual time
                await asyncio.sleep(0.5)

    async def _is_settled(self, box: MemoryBox) -> bool:
        page = self.hq.page(box.store, box.nonce, (await box.position()).grants_version)
        return not box.rows and not page.items


def test_somebody_in_a_hurry_does_not_wait_for_the_next_try() -> None:
    """HQ comes back in the middle of a long wait; ``hurry`` ends that wait."""

    async def play() -> float:
        box, hurry = MemoryBox("s1"), asyncio.Event()
        world = World([box])
        world.broker.up = False
        seen: list[SyncStatus] = []
        loop = asyncio.get_running_loop()
        run = drive(box, world.broker, "t-s1", LoopClock(), seen.append, asyncio.Event(), hurry)
        task = asyncio.create_task(run)
        while not seen or seen[-1].next_try_s < 20:  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(1)
        world.tasks["box"] = task
        world.tasks["hq"] = asyncio.create_task(world.hq.serve(world.broker, LoopClock()))
        world.broker.up = True
        began = loop.time()
        hurry.set()
        while not seen[-1].online:  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(0.1)
        await world.stop("box")
        await world.stop("hq")
        return loop.time() - began

    assert run_virtual(play()) < 5


def trade(rng: random.Random, box: MemoryBox) -> None:
    """One operation of a shop's day with one of five members."""
    member = f"M{rng.randrange(5)}"
    if rng.random() < 0.4 and box.available(member):
        box.book(member, "spend", rng.randint(1, box.available(member)))
    else:
        box.book(member, "earn", rng.randint(1, 100))


def assert_books_agree(world: World) -> None:
    """Every event is at HQ once, in the order of its store, and all balances are the same everywhere."""
    for box in world.boxes:
        arrived = [event.op for event in world.hq.events.values() if event.store == box.store]
        assert arrived == sorted(arrived) == [event.op for event in box.booked]
    for member in {account[0] for account in world.hq.lines}:
        posted = sum(
            posting.amount if posting.kind == "earn" else -posting.amount
            for event in world.hq.events.values()
            for posting in event.postings
            if posting.member == member
        )
        assert world.hq.balance(member) == posted
        for box in world.boxes:
            if (member, "points") in box.totals:
                assert box.balance(member) == posted


@pytest.mark.parametrize("seed", range(25))
def test_events_arrive_once_and_in_order_over_a_bad_network(seed: int) -> None:
    async def scenario() -> None:
        rng = random.Random(seed)
        async with World([MemoryBox("S1"), MemoryBox("S2")], seed, ROUGH) as world:
            for _ in range(400):
                box = rng.choice(world.boxes)
                trade(rng, box)
                world.wakes[box.store].set()
                await asyncio.sleep(rng.uniform(0, 0.3))
            await world.settled()
            assert_books_agree(world)

    run_virtual(scenario())


@pytest.mark.parametrize("seed", range(6))
def test_a_long_outage_drains_in_full_batches(seed: int) -> None:
    async def scenario() -> None:
        rng = random.Random(seed)
        async with World([MemoryBox("S1")], seed) as world:
            await world.settled()
            world.broker.up = False
            for _ in range(5000):
                trade(rng, world.boxes[0])
            await asyncio.sleep(1800)
            assert world.statuses["S1"].online is False
            world.broker.up = True
            await world.settled(within_s=120)
            assert world.statuses["S1"].queued == 0
            assert_books_agree(world)

    run_virtual(scenario())


@pytest.mark.parametrize("seed", range(15))
def test_a_restored_box_is_fenced_and_nothing_acked_is_lost_or_doubled(seed: int) -> None:
    async def scenario() -> None:
        rng = random.Random(seed)
        box = MemoryBox("S1", seed)
        async with World([box], seed, ROUGH) as world:
            for _ in range(150):
                trade(rng, box)
            await world.settled()
            old_disk = box.backup()
            for _ in range(rng.randint(1, 150)):
                trade(rng, box)
            await world.settled()
            assert not world.statuses["S1"].fenced
            known = dict(world.hq.events)
            await world.stop("S1")

            world.boxes = [old_disk]
            for _ in range(rng.randint(0, 200)):
                trade(rng, old_disk)
            world.start(old_disk)
            await wait_for(lambda: world.statuses["S1"].fenced)
            old_disk.fence()
            world.wakes["S1"].set()
            await wait_for(lambda: not world.statuses["S1"].fenced)
            await world.settled()
            assert known.keys() | {event.id for event in old_disk.booked} == world.hq.events.keys()
            for member in {account[0] for account in world.hq.lines}:
                fresh = [e for e in old_disk.booked if e.id not in known and e.member == member]
                earned = sum(p.amount for e in fresh for p in e.postings if p.kind == "earn")
                assert old_disk.available(member) <= earned  # the old life's rights stay in suspense

    run_virtual(scenario())


def test_a_credit_made_at_hq_reaches_an_idle_box() -> None:
    async def scenario() -> None:
        box = MemoryBox("S1")
        async with World([box]) as world:
            box.register("M1")
            world.wakes["S1"].set()
            await world.settled()
            await world.hq.credit("M1", 500, "fen")
            await wait_for(lambda: box.available("M1", "fen") == 500)
            assert box.balance("M1", "fen") == 500

    run_virtual(scenario())


def test_points_earned_elsewhere_are_shown_there_and_spendable_at_home() -> None:
    async def scenario() -> None:
        home, other = MemoryBox("S1"), MemoryBox("S2")
        async with World([home, other]) as world:
            home.register("M1")
            await world.settled()
            other.book("M1", "earn", 30)
            world.wakes["S2"].set()
            await wait_for(lambda: home.available("M1") == 30)
            assert (home.balance("M1"), other.available("M1")) == (30, 0)
            home.book("M1", "spend", 20)
            world.wakes["S1"].set()
            await wait_for(lambda: other.balance("M1") == 10)

    run_virtual(scenario())


def test_a_poisoned_event_is_set_aside_and_blocks_nothing() -> None:
    async def scenario() -> None:
        box = MemoryBox("S1")
        async with World([box]) as world:
            box.book("M1", "earn", 10)
            box.put(b"\xff not json")
            box.book("M1", "earn", 5)
            world.wakes["S1"].set()
            await world.settled()
            assert world.hq.quarantine == [b"\xff not json"]
            assert world.hq.balance("M1") == 15

    run_virtual(scenario())


def test_a_silent_hq_raises_an_alarm_that_its_return_clears() -> None:
    async def scenario() -> None:
        async with World([MemoryBox("S1")]) as world:
            await world.stop("hq")
            world.boxes[0].book("M1", "earn", 1)
            await wait_for(lambda: "S1" in world.statuses and world.statuses["S1"].alarm == "hq_silent")
            assert "ACL" in world.statuses["S1"].last_error
            world.tasks["hq"] = asyncio.create_task(world.hq.serve(world.broker, LoopClock()))
            await world.settled()
            assert world.statuses["S1"].alarm == ""
            assert world.statuses["S1"].online

    run_virtual(scenario())


async def wait_for(true: Callable[[], bool], within_s: float = 7200) -> None:
    """Come back once ``true()``."""
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110 - virtual time
            await asyncio.sleep(0.1)
