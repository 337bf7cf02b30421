"""What is wrong is refused by name, by the real daemon, which goes on selling and loses nothing."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from drivers.testing import VirtualReader
from edge.rpc.client import Client, RemoteError
from edge.storage.invariants import violations

ROOT = Path(__file__).parents[2]
RUYISHU = ROOT / "docs" / "programmes" / "ruyishu.yaml"
BANK_CARD = "6222020200112233445"

CONFIG = """
[store]
id = "S001"
tenant = "test"
name = "儒意书"
[paths]
state = "{folder}/state"
run = "{folder}/run"
[programme]
bundle = "{bundle}"
member_numbers = ['8\\d{{7}}']
"""
READER = """
[[device]]
name = "msr1"
kind = "reader"
driver = "magstripe"
port = "{port}"
"""


@dataclass
class Box:
    """A running daemon with a magnetic stripe reader."""

    folder: Path
    process: asyncio.subprocess.Process
    reader: VirtualReader

    def till(self, terminal: str = "T1") -> Client:
        """A till that has said hello."""
        client = Client(self.folder / "run" / "pos.sock")
        client.hello(terminal)
        return client

    def raw(self, frame: bytes, hello: bool = True) -> dict[str, Any]:
        """What the box answers to ``frame``, sent as it is."""
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(10)
            wire.connect(str(self.folder / "run" / "pos.sock"))
            answers = wire.makefile("rb")
            if hello:
                params = {"terminal": "T9", "client": "raw", "version": "0", "protocol": [1]}
                request = {"jsonrpc": "2.0", "id": 0, "method": "session.hello", "params": params}
                wire.sendall(json.dumps(request).encode() + b"\n")
                assert "result" in json.loads(answers.readline())
            wire.sendall(frame)
            answer: dict[str, Any] = json.loads(answers.readline())
            return answer

    def sales(self) -> int:
        """How many sales the ledger holds; its invariants must hold too."""
        db = sqlite3.connect(f"file:{self.folder}/state/ledger.db?mode=ro", uri=True)
        try:
            assert violations(db) == []
            return int(db.execute("SELECT count(*) FROM sale").fetchone()[0])
        finally:
            db.close()

    def everything_written(self) -> bytes:
        """Every byte under the box's folder: ledger, WAL, log."""
        return b"".join(path.read_bytes() for path in self.folder.rglob("*") if path.is_file())


def write_config(folder: Path, text: str = CONFIG, bundle: Path = RUYISHU, **more: str) -> Path:
    """A configuration in ``folder``."""
    path = folder / "tillside.toml"
    path.write_text(text.format(folder=folder, bundle=bundle, **more), "utf-8")
    return path


def run_once(config: Path) -> subprocess.CompletedProcess[str]:
    """``tillside run`` that is expected to refuse to start."""
    command = [sys.executable, "-m", "edge.cli.main", "run", "--config", str(config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=ROOT)


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[Box]:
    async with VirtualReader() as reader:
        config = write_config(tmp_path, CONFIG + READER, port=reader.port)
        with open(tmp_path / "log", "wb") as log:  # noqa: ASYNC230 - once, before anything runs
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "edge.cli.main", "run", "--config", config, stderr=log, cwd=ROOT
            )
        for _ in range(300):
            if b"event=ready" in (tmp_path / "log").read_bytes():
                break
            await asyncio.sleep(0.05)
        yield Box(tmp_path, process, reader)
        if process.returncode is None:
            os.kill(process.pid, signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 15) == 0, (tmp_path / "log").read_text()


def sell(till: Client, **line: Any) -> dict[str, Any]:
    """One ordinary sale; the reply to commit."""
    goods = {"sku": "A1", "name": "灵芝孢子粉", "qty_milli": 1000, "unit_price_fen": 12800, **line}
    quote = till.call("sale.quote", cashier="小王", lines=[goods])
    tender = {"kind": "cash", "amount_fen": quote["totals"]["due_fen"]}
    reply: dict[str, Any] = till.call(
        "sale.commit", idem=str(uuid.uuid4()), quote_id=quote["quote_id"], tenders=[tender]
    )
    return reply


def refusal(till: Client, method: str, **params: Any) -> tuple[int, str]:
    """(code, path) of the error that a call gets."""
    with pytest.raises(RemoteError) as caught:
        till.call(method, **params)
    return caught.value.code, caught.value.data.get("path", "")


async def test_frames_that_are_no_requests_are_refused_and_the_next_sale_goes_through(box: Box) -> None:
    """Broken JSON, GBK, a lone brace, a batch: each its own error, and other tills notice nothing."""
    for frame, code in (
        (b'{"jsonrpc":"2.0","id":1,\n', -32700),
        ('{"jsonrpc":"2.0","id":1,"method":"会员"}\n'.encode("gbk"), -32700),
        (b"{\n", -32700),
        (b"[]\n", -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"no.such","params":{}}\n', -32601),
    ):
        answer = await asyncio.to_thread(box.raw, frame)
        assert answer["error"]["code"] == code, (frame, answer)
    with await asyncio.to_thread(box.till) as till:
        await asyncio.to_thread(sell, till)
    assert box.sales() == 1


BAD_FIELDS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"colour": "red"}, "/lines/0/colour"),
    ({"unit_price_fen": -1}, "/lines/0/unit_price_fen"),
    ({"unit_price_fen": 2**31}, "/lines/0/unit_price_fen"),
    ({"unit_price_fen": 2**70}, "/lines/0/unit_price_fen"),
    ({"unit_price_fen": 1.5}, "/lines/0/unit_price_fen"),
    ({"qty_milli": 0}, "/lines/0/qty_milli"),
    ({"qty_milli": 65_000_000, "unit_price_fen": 2**30}, "/lines/0/unit_price_fen"),
    ({"name": "x\x1bp\x00\x32\x32"}, "/lines/0/name"),
    ({"name": "x" * 65}, "/lines/0/name"),
)


async def test_a_bad_field_is_named(box: Box) -> None:
    """-32602 with the JSON pointer; nothing is written, and the same till sells on."""
    with await asyncio.to_thread(box.till) as till:
        for change, path in BAD_FIELDS:
            goods = {"sku": "A1", "name": "灵芝", "qty_milli": 1000, "unit_price_fen": 100, **change}
            got = await asyncio.to_thread(refusal, till, "sale.quote", cashier="c", lines=[goods])
            assert got == (-32602, path)
        await asyncio.to_thread(sell, till)
    assert box.sales() == 1


async def test_a_huge_receipt_is_refused_before_it_can_overflow(box: Box) -> None:
    """Two lines that each pass, and together reach 2^31 fen."""
    goods = [{"sku": "A", "qty_milli": 1000, "unit_price_fen": 2**31 - 1}] * 2
    with await asyncio.to_thread(box.till) as till:
        code, _ = await asyncio.to_thread(refusal, till, "sale.quote", cashier="c", lines=goods)
    assert code == -32602
    assert box.sales() == 0


async def test_a_payment_card_leaves_no_digit_anywhere(box: Box) -> None:
    """The till hears that it was no member card; the number is in no file, log or database."""
    with await asyncio.to_thread(box.till) as till:
        await asyncio.to_thread(till.call, "events.subscribe", topics=["card"])
        await asyncio.to_thread(till.call, "reader.arm")
        box.reader.swipe(f"{BANK_CARD}=29122010000012345678")
        method, event = await asyncio.to_thread(till.next_notification)
        assert (method, event["refused"]) == ("event.card", "not_a_member_card")
        await asyncio.sleep(0.5)  # what follows within 0.3 s would be the rest of the same swipe
        box.reader.swipe("80000001=2912")
        _, event = await asyncio.to_thread(till.next_notification)
        assert event["token"] == "80000001"
        await asyncio.to_thread(sell, till)
    written = box.everything_written()
    assert BANK_CARD.encode() not in written
    assert b"80000001" not in (box.folder / "log").read_bytes()


async def test_a_card_number_that_is_not_ours_is_not_registered(box: Box) -> None:
    """The allow-list of the readers holds for typed numbers too, and a bank card is not even stored refused."""
    with await asyncio.to_thread(box.till) as till:
        idem = str(uuid.uuid4())
        got = await asyncio.to_thread(
            refusal, till, "member.register", idem=idem, card_no=BANK_CARD, name="张三"
        )
    assert got == (-32602, "/card_no")
    assert BANK_CARD.encode() not in box.everything_written()


def test_a_bundle_with_an_unknown_key_is_refused_by_its_pointer(tmp_path: Path) -> None:
    """The daemon does not start; the message names file and pointer."""
    text = RUYISHU.read_text("utf-8").replace(
        "    do: {op: off_bp, bp: 1000}", "    doo: {op: off_bp, bp: 1000}"
    )
    bundle = tmp_path / "broken.yaml"
    bundle.write_text(text, "utf-8")
    refused = run_once(write_config(tmp_path, bundle=bundle))
    assert refused.returncode == 2
    assert "/rules/0/doo" in refused.stderr
    assert "broken.yaml" in refused.stderr


def test_a_misspelt_key_in_the_configuration_is_named(tmp_path: Path) -> None:
    """The daemon does not start; the message names the key."""
    refused = run_once(write_config(tmp_path, CONFIG.replace("member_numbers", "member_number")))
    assert refused.returncode == 2
    assert "member_number" in refused.stderr


def test_a_device_with_an_unknown_driver_is_named(tmp_path: Path) -> None:
    """The daemon does not start; the message names the device and the drivers there are."""
    device = READER.replace('"magstripe"', '"magstrip"')
    refused = run_once(write_config(tmp_path, CONFIG + device, port="serial:/dev/null"))
    assert refused.returncode == 2
    assert "msr1" in refused.stderr
    assert "magstripe" in refused.stderr
