"""A real daemon with a card reader, and what tests do with it."""

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
from edge.rpc.client import Client
from edge.storage.invariants import violations

ROOT = Path(__file__).parents[2]
RUYISHU = ROOT / "docs" / "programmes" / "ruyishu.yaml"

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
staff_numbers = ['99\\d{{4}}']
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
