"""The blocking client: results, refusals, and a box that hangs up or is not there."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from edge.rpc.client import Client, RemoteError

Start = Callable[..., Awaitable[Any]]


async def test_a_call_gives_the_result_and_queues_what_else_comes(start: Start) -> None:
    box = await start()

    def talk() -> tuple[Any, ...]:
        with Client(box.pos) as client:
            store = client.hello("till-1", last_seen={"incarnation": "i1", "seq": 3})["store"]
            client.call("events.subscribe", topics=["sync"], since_seq=0)
            return store, client.call("fill", size=3), client.next_notification()

    box.broadcast.publish("sync", {"online": True})
    assert await asyncio.to_thread(talk) == ("s001", "xxx", ("event.sync", {"seq": 1, "online": True}))


async def test_a_refusal_is_raised_with_code_and_data(start: Start) -> None:
    box = await start()

    def talk() -> RemoteError:
        with Client(box.pos) as client:
            client.hello("till-1")
            with pytest.raises(RemoteError, match="30 points short") as refused:
                client.call("refuse")
            return refused.value

    error = await asyncio.to_thread(talk)
    assert (error.code, error.data["short"], error.data["hint"]["zh"]) == (1205, 30, "积分不足")


async def test_a_box_that_is_full_says_so_before_it_hangs_up(start: Start) -> None:
    box = await start(connections=0)

    def talk() -> int:
        with Client(box.pos) as client, pytest.raises(RemoteError) as refused:
            client.hello("till-1")
        return refused.value.code

    assert await asyncio.to_thread(talk) == -32005


async def test_no_answer_in_time_is_a_timeout(start: Start) -> None:
    box = await start()

    def talk() -> str:
        with Client(box.pos, timeout_s=0.05) as client:
            client.hello("till-1")
            with pytest.raises(TimeoutError):
                client.call("wait")
        return "given up"

    assert await asyncio.to_thread(talk) == "given up"


def test_a_box_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Client(tmp_path / "pos.sock")


def test_a_box_that_hangs_up_is_a_connection_error(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "pos.sock"))
        listener.listen()
        with Client(tmp_path / "pos.sock") as client:
            listener.accept()[0].close()
            with pytest.raises(ConnectionError):
                client.hello("till-1")
