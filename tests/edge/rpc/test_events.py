"""Events reach who asked for them, once and in order; who falls behind is told what it missed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.rpc.client import Client, RemoteError
from edge.rpc.events import Broadcast

Start = Callable[..., Awaitable[Any]]


class Jam:
    """An outlet that takes ``room`` lines and is then full."""

    def __init__(self, room: int = 10**6) -> None:
        self.room = room
        self.lines: list[dict[str, Any]] = []

    @property
    def writable(self) -> bool:
        return self.room > 0

    def write(self, line: bytes) -> None:
        assert self.writable, "written although full"
        self.room -= 1
        self.lines.append(msgspec.json.decode(line))

    @property
    def seqs(self) -> list[int]:
        return [line["params"]["seq"] for line in self.lines if line["method"] != "event.gap"]

    @property
    def gaps(self) -> list[tuple[int, int]]:
        return [(g["params"]["from"], g["params"]["to"]) for g in self.lines if g["method"] == "event.gap"]


def test_only_the_topics_asked_for_arrive() -> None:
    broadcast, till = Broadcast(), Jam()
    assert broadcast.subscribe("a", till, ["print"], None) == 0
    broadcast.publish("device", {"name": "pole"})
    broadcast.publish("print", {"job": 7, "state": "printed"})
    assert till.lines == [
        {"jsonrpc": "2.0", "method": "event.print", "params": {"seq": 2, "job": 7, "state": "printed"}}
    ]


def test_a_card_is_shown_to_the_session_that_armed_the_reader_and_to_no_other() -> None:
    """Not live, and not in a replay either."""
    broadcast, armed, other = Broadcast(), Jam(), Jam()
    broadcast.subscribe("armed", armed, ["card"], None)
    broadcast.subscribe("other", other, ["card"], None)
    broadcast.publish("card", {"masked": "62****33"}, to="armed")
    broadcast.subscribe("other", other, ["card"], 0)
    broadcast.catch_up("other")
    assert (armed.seqs, other.lines) == ([1], [])


def test_since_replays_what_the_ring_holds_and_names_the_rest_as_a_gap() -> None:
    broadcast, till = Broadcast(keep=5), Jam()
    for _ in range(12):
        broadcast.publish("sync", {})
    assert broadcast.subscribe("a", till, ["sync"], 3) == 12
    assert till.lines == []
    broadcast.catch_up("a")
    assert (till.gaps, till.seqs) == ([(4, 7)], [8, 9, 10, 11, 12])


def test_a_number_from_before_a_restart_is_a_gap() -> None:
    broadcast, till = Broadcast(start=1000), Jam()
    broadcast.publish("sync", {})
    broadcast.subscribe("a", till, ["sync"], 17)
    broadcast.catch_up("a")
    assert (till.gaps, till.seqs) == ([(18, 1000)], [1001])


def test_a_number_of_the_future_replays_everything() -> None:
    broadcast, till = Broadcast(), Jam()
    broadcast.publish("sync", {})
    broadcast.subscribe("a", till, ["sync"], 10**9)
    broadcast.catch_up("a")
    assert till.seqs == [1]


@given(st.lists(st.integers(0, 12), max_size=30), st.integers(1, 8))
def test_a_reader_of_any_pace_hears_every_event_or_its_gap_exactly_once(rooms: list[int], keep: int) -> None:
    """And is never written to while it is full: a slow till costs the ring and nothing else."""
    broadcast, till = Broadcast(keep=keep), Jam(0)
    broadcast.subscribe("a", till, ["rules"], None)
    for room in [*rooms, 10**6]:
        broadcast.publish("rules", {})
        broadcast.publish("rules", {})
        till.room = room
        broadcast.catch_up("a")
    missed = [seq for begin, end in till.gaps for seq in range(begin, end + 1)]
    assert till.seqs == sorted(till.seqs)
    assert sorted(till.seqs + missed) == list(range(1, broadcast.seq + 1))


async def test_over_the_socket_the_reply_comes_before_what_was_missed(start: Start) -> None:
    box = await start()
    for job in range(25):
        box.broadcast.publish("print", {"job": job})

    def till() -> list[Any]:
        with Client(box.pos) as client:
            client.hello("till-1")
            reply = client.call("events.subscribe", topics=["print"], since_seq=2)
            assert not client.notifications
            return [reply, *(client.next_notification() for _ in range(21))]

    reply, gap, *events = await asyncio.to_thread(till)
    assert (reply, gap) == ({"seq": 25}, ("event.gap", {"from": 3, "to": 5}))
    assert events == [("event.print", {"seq": job + 1, "job": job}) for job in range(5, 25)]


async def test_a_subscriber_that_stops_reading_costs_nothing_and_hears_the_gap(start: Start) -> None:
    box = await start(write_high_bytes=10_000)
    reader, writer = await asyncio.open_unix_connection(box.pos, limit=1000)
    hello = b'{"terminal":"t","client":"c","version":"1","protocol":[1]}'
    writer.write(b'{"jsonrpc":"2.0","id":1,"method":"session.hello","params":' + hello + b"}\n")
    writer.write(b'{"jsonrpc":"2.0","id":2,"method":"events.subscribe","params":{"topics":["sync"]}}\n')
    while b'"id":2' not in await reader.readline():
        pass
    for _ in range(200):
        box.broadcast.publish("sync", {"text": "x" * 10_000})
    seen: list[int] = []
    reader._limit = 100_000  # type: ignore[attr-defined]  # now it reads again
    while not seen or seen[-1] < box.broadcast.seq:
        event = msgspec.json.decode(await asyncio.wait_for(reader.readline(), 20))
        bounds = event["params"]
        seen += range(bounds["from"], bounds["to"] + 1) if event["method"] == "event.gap" else [bounds["seq"]]
    assert seen == list(range(1, 201))
    writer.close()


async def test_an_unknown_topic_is_refused_with_its_place(start: Start) -> None:
    box = await start()

    def till() -> RemoteError:
        with Client(box.pos) as client:
            client.hello("till-1")
            with pytest.raises(RemoteError) as refused:
                client.call("events.subscribe", topics=["print", "gossip"])
            return refused.value

    error = await asyncio.to_thread(till)
    assert (error.code, error.data["path"]) == (1004, "/topics/1")
