"""The directory on its way to a box: asked for while HQ has more, page by page, over any network."""

import asyncio
import random

import msgspec
import pytest

from sync import envelope
from sync.envelope import (
    GENESIS,
    MAX_DIRECTORY_BYTES,
    MAX_PAGE_ITEMS,
    MAX_PAYLOAD_BYTES,
    Ack,
    DirectoryItem,
    DirectoryPage,
    Rep,
    Req,
    Welcome,
)
from sync.hq.pages import page_of
from sync.ports import Position
from sync.session import GRANTS_LOOK_S, GRANTS_WAIT_S, RequestDirectory, RequestGrants, SendHello, Session
from sync.testing import Faults, MemoryBox, run_virtual
from tests.sync.test_conversation import ROUGH, World, wait_for

NONCE = "0" * 32


def syncing(at: int = 0, dver: int = 0) -> tuple[Session, list[object]]:
    """A session that has applied the directory up to ``at`` and was welcomed with ``dver``."""
    session = Session()
    session.connecting()
    position = Position(1, 1, 0, GENESIS, GENESIS, NONCE, 0, at)
    assert session.connected(0, position) == [SendHello()]
    return session, list(session.welcomed(0, Welcome("b", 1, 1, 0, GENESIS, NONCE, dver=dver)))


def items(count: int, size: int = 10) -> list[DirectoryItem]:
    body = msgspec.Raw(msgspec.json.encode("x" * size))
    return [DirectoryItem("transfer", f"K{n}", n + 1, body) for n in range(count)]


# --- the machine ---


def test_the_directory_is_asked_for_when_hq_is_further_and_page_by_page() -> None:
    session, actions = syncing(at=3, dver=9)
    assert actions == [RequestDirectory(3)]
    assert session.acked(1, Ack(1, 0, GENESIS, dver=12)) == []
    assert session.directed(1, 7, more=True) == [RequestDirectory(7)]
    assert session.directed(1, 12, more=False) == []
    assert session.acked(2, Ack(1, 0, GENESIS, dver=12)) == []
    assert session.acked(3, Ack(1, 0, GENESIS, dver=13)) == [RequestDirectory(12)]


def test_an_hq_that_says_nothing_of_a_directory_is_not_asked() -> None:
    session, actions = syncing()
    assert actions == []
    assert session.acked(1, Ack(1, 0, GENESIS)) == []
    assert session.tick(GRANTS_LOOK_S - 1) == []


def test_a_question_without_an_answer_is_asked_again() -> None:
    session, _ = syncing(dver=9)
    assert session.tick(GRANTS_WAIT_S - 0.1) == []
    assert session.tick(GRANTS_WAIT_S) == [RequestDirectory(0)]
    assert session.due == 2 * GRANTS_WAIT_S
    session.lost()
    assert session.due is None


def test_a_late_page_changes_nothing_and_the_question_stays_open() -> None:
    session, _ = syncing(at=5, dver=9)
    assert session.directed(1, 5, more=True) == []
    assert session.tick(GRANTS_WAIT_S) == [RequestDirectory(5)]


def test_an_idle_box_hears_of_news_with_its_grants() -> None:
    session, _ = syncing(at=5, dver=5)
    assert session.tick(GRANTS_LOOK_S) == [RequestGrants(0)]
    assert session.granted(GRANTS_LOOK_S, 0, more=False, directory=8) == [RequestDirectory(5)]


# --- pages ---


def test_a_page_is_as_long_as_a_payload_takes() -> None:
    assert page_of(0, 500, items(3)) == DirectoryPage(0, 500, tuple(items(3)), more=False)
    many = page_of(0, 500, items(MAX_PAGE_ITEMS + 1))
    assert (len(many.items), many.version, many.more) == (MAX_PAGE_ITEMS, MAX_PAGE_ITEMS, True)
    big = page_of(0, 500, items(9, size=5_000))
    assert (len(big.items), big.more) == (MAX_DIRECTORY_BYTES // 5_004, True)
    assert page_of(7, 0, []) == DirectoryPage(7, 7, ())
    full = page_of(0, 2**53, items(MAX_PAGE_ITEMS + 1, size=MAX_DIRECTORY_BYTES // MAX_PAGE_ITEMS - 6))
    full = msgspec.structs.replace(
        full,
        items=tuple(msgspec.structs.replace(item, version=2**53) for item in full.items),
    )
    assert len(full.items) == MAX_PAGE_ITEMS
    assert len(envelope.encode(Rep("r" * 40, directory=full))) <= MAX_PAYLOAD_BYTES


def test_peers_of_before_the_directory_understand_each_other() -> None:
    """What they leave out means nothing; what they do not know they skip."""
    old = b'{"rid":"r","page":{"nonce":"n","version":3,"items":[]}}'
    rep = envelope.decode(old, Rep)
    assert (rep.page is not None, rep.directory, rep.dver) == (True, None, 0)
    assert envelope.decode(b'{"epoch":1,"upto":2,"h":"AAAAAAAAAAA="}', Ack).dver == 0
    assert envelope.decode(f'{{"rid":"r","nonce":"{NONCE}","since":0}}'.encode(), Req).kind == "grants"


# --- over a network ---


@pytest.mark.parametrize("seed", range(12))
def test_a_box_ends_up_with_what_hq_says_over_a_bad_network(seed: int) -> None:
    """Lost, repeated, reordered, cut: in the end every row is there in its newest form, a store's own before all's."""

    async def scenario() -> None:
        chance = random.Random(seed)
        boxes = [MemoryBox("S1"), MemoryBox("S2")]
        said: dict[str, dict[tuple[str, str], bytes]] = {"S1": {}, "S2": {}}
        async with World(boxes, seed, ROUGH) as world:
            for n in range(600):
                key, body = f"K{chance.randrange(90)}", msgspec.json.encode([n, "x" * chance.randrange(900)])
                store = chance.choice(["", "", "S1", "S2"])
                await world.hq.publish("goods", key, body, store)
                said.setdefault(store, {})["goods", key] = body
                if chance.random() < 0.2:
                    await asyncio.sleep(chance.uniform(0, 3))
            for box in boxes:
                expected = {**said[""], **said[box.store]}
                async with asyncio.timeout(3600):
                    while box.directory != expected:  # noqa: ASYNC110 - virtual time
                        await asyncio.sleep(0.5)

    run_virtual(scenario())


def test_a_restored_box_asks_again_from_where_its_disk_stands() -> None:
    async def scenario() -> None:
        box = MemoryBox("S1")
        async with World([box], 1, Faults()) as world:
            await world.settled()
            for n in range(10):
                await world.hq.publish("goods", f"K{n}", b"1")
            await wait_for(lambda: len(box.directory) == 10)
            await world.stop("S1")
            twin = MemoryBox("S1", seed=9)
            world.boxes[0] = twin
            world.start(twin)
            await wait_for(lambda: twin.directory == box.directory)

    run_virtual(scenario())
