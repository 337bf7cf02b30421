"""What a till's session holds and remembers: its reader, and the last operation that it saw."""

import asyncio

import pytest

from edge.rpc.client import Client, RemoteError
from tests.system.conftest import Box, sell


async def test_a_till_that_hangs_up_gives_its_reader_back(box: Box) -> None:
    """Armed by one till, refused to another; free as soon as the first one is gone."""
    with await asyncio.to_thread(box.till, "T2") as other:
        with await asyncio.to_thread(box.till, "T1") as till:
            await asyncio.to_thread(till.call, "reader.arm")
            with pytest.raises(RemoteError) as refused:
                await asyncio.to_thread(other.call, "reader.arm")
            assert refused.value.code == 1402
        for _ in range(100):
            try:
                armed = await asyncio.to_thread(other.call, "reader.arm")
                break
            except RemoteError:
                await asyncio.sleep(0.02)
        assert armed == {"reader": "msr1", "armed": True}


async def test_a_ledger_older_than_a_till_remembers_fences_itself(box: Box) -> None:
    """The till has seen operation 1000 of this life, the ledger has fewer: a fresh incarnation, and sales go on."""
    with await asyncio.to_thread(box.till) as till:
        await asyncio.to_thread(sell, till)
        facts = await asyncio.to_thread(till.call, "sync.status")
    before = facts["incarnation"]
    with Client(box.folder / "run" / "pos.sock") as till:
        await asyncio.to_thread(till.hello, "T1", last_seen={"incarnation": before, "seq": 1000})
        await asyncio.to_thread(sell, till)
        after = await asyncio.to_thread(till.call, "sync.status")
    assert after["incarnation"] != before
    assert "seen_by=T1" in (box.folder / "log").read_text("utf-8")
    assert box.sales() == 2


async def test_a_till_that_is_up_to_date_fences_nothing(box: Box) -> None:
    with await asyncio.to_thread(box.till) as till:
        await asyncio.to_thread(sell, till)
    with Client(box.folder / "run" / "pos.sock") as till:
        facts = await asyncio.to_thread(till.hello, "T1")
        seen = {"incarnation": facts["incarnation"], "seq": facts["seq"]}
    with Client(box.folder / "run" / "pos.sock") as till:
        again = await asyncio.to_thread(till.hello, "T1", last_seen=seen)
        status = await asyncio.to_thread(till.call, "sync.status")
    assert again["incarnation"] == status["incarnation"] == facts["incarnation"]
