"""``tillside doctor`` and ``tillside status`` beside the real daemon: running, stopped, and with something wrong."""

import asyncio
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from drivers.api import Paper
from drivers.testing import VirtualPrinter
from edge.cli.output import Exit
from tests.system.box_process import Box, running


@pytest.fixture
async def printer() -> AsyncIterator[VirtualPrinter]:
    async with VirtualPrinter() as device:
        yield device


@pytest.fixture
async def box(printer: VirtualPrinter) -> AsyncIterator[Box]:
    async with running(printer) as daemon:
        yield daemon


async def tillside(box: Box, verb: str, *options: str) -> tuple[int | None, str, str]:
    """(exit code, stdout, stderr) of one command about ``box``."""
    command = [sys.executable, "-m", "edge.cli.main", verb, "--config", str(box.config), *options]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def findings(box: Box) -> dict[str, dict[str, Any]]:
    """What doctor says, by check; the last word of each."""
    _, out, _ = await tillside(box, "doctor", "--json")
    return {finding["check"]: finding for finding in json.loads(out)}


async def ready(box: Box, wanted: bool) -> None:
    """Come back when the daemon says that its printer is (not) ready."""
    async with asyncio.timeout(20):
        while True:
            _, out, _ = await tillside(box, "status", "--json")
            if ("p1" in json.loads(out)["degraded"]) is not wanted:
                return


async def test_a_box_at_work_has_nothing_wrong(box: Box, printer: VirtualPrinter) -> None:
    await ready(box, True)
    code, out, _ = await tillside(box, "doctor", "--strict")
    lines = out.splitlines()
    assert (code, [line for line in lines if not line.startswith("ok")]) == (Exit.OK, [])
    checks = {line.split()[1] for line in lines}
    assert checks == {
        *("kernel", "imports", "config", "rules", "ledger", "chain", "pages", "clock"),
        *("disk", "wal", "daemon", "device", "hq"),
    }


async def test_doctor_works_on_a_stopped_box_and_leaves_nothing_there(box: Box) -> None:
    """A WAL left by root could not be opened by the daemon."""
    await box.end(signal.SIGTERM)
    before = sorted(path.name for path in box.folder.iterdir())
    code, out, _ = await tillside(box, "doctor")
    assert code == Exit.UNREACHABLE
    assert "warn  daemon" in out
    assert "→ systemctl start tillside" in out
    assert "15 invariants hold" in out
    assert sorted(path.name for path in box.folder.iterdir()) == before


async def test_doctor_reads_what_a_killed_daemon_left(box: Box) -> None:
    await box.end(signal.SIGKILL)
    assert (await findings(box))["ledger"]["said"] == "15 invariants hold over 2 operations"


@pytest.mark.parametrize(
    ("damage", "check", "said"),
    [
        ("UPDATE account SET credits = credits + 1 WHERE owner='M1'", "ledger", "invariant 6"),
        ("UPDATE member SET name='赵' WHERE card_no='80000001'", "ledger", "15 invariants"),
        ("UPDATE member SET card_no='80000009' WHERE card_no='80000001'", "ledger", "invariant 15"),
        ("DROP TRIGGER op_fixed; UPDATE op SET answer='{}' WHERE seq=1", "ledger", "invariant 13"),
    ],
)
async def test_doctor_names_what_was_tampered_with(box: Box, damage: str, check: str, said: str) -> None:
    """A member's name is no money row: what it says is not under the chain."""
    await box.end(signal.SIGTERM)
    with closing(sqlite3.connect(box.folder / "ledger.db")) as db:
        db.execute("INSERT INTO account(owner, unit) VALUES('M1', 'points')")
        db.executescript(damage)
        db.commit()
    assert said in (await findings(box))[check]["said"]


async def test_a_printer_without_paper_is_said_with_what_to_do(box: Box, printer: VirtualPrinter) -> None:
    await ready(box, True)
    printer.set_paper(Paper.OUT)
    await ready(box, False)
    device = (await findings(box))["device"]
    assert device["level"] == "warn"
    assert device["said"].endswith("out of paper")
    assert (await tillside(box, "doctor", "--strict"))[0] == Exit.DEGRADED
    assert (await tillside(box, "status", "--strict"))[0] == Exit.DEGRADED
    assert (await tillside(box, "status"))[0] == Exit.OK


async def test_a_wrong_configuration_is_the_first_thing_said(box: Box) -> None:
    box.config.write_text("[stroe]\n")
    code, out, _ = await tillside(box, "doctor")
    assert code == Exit.FAILED
    assert "FAIL  config" in out
    assert "stroe" in out


async def test_an_hq_that_is_not_there_is_a_warning(box: Box) -> None:
    box.config.write_text(box.config.read_text() + '\n[hq]\nbroker = "mqtt://127.0.0.1:1"\n')
    hq = (await findings(box))["hq"]
    assert hq["level"] == "warn"
    assert "sells on" in hq["todo"]


async def test_status_of_a_stopped_daemon_says_how_to_start_it(box: Box) -> None:
    await box.end(signal.SIGTERM)
    code, _, err = await tillside(box, "status")
    assert code == Exit.UNREACHABLE
    assert "→ systemctl start tillside" in err


@pytest.fixture
def tls_port(self_signed: tuple[Path, Path]) -> Iterator[int]:
    """A server that does handshakes, with a certificate of its own making."""
    certificate, key = self_signed
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    serve = ["openssl", "s_server", "-quiet", "-accept", f"127.0.0.1:{port}"]
    serve += ["-cert", str(certificate), "-key", str(key)]
    with subprocess.Popen(serve, stdin=subprocess.PIPE) as server:
        for _ in range(200):
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            time.sleep(0.02)
        yield port
        server.terminate()


async def test_a_certificate_that_nobody_vouches_for_is_named(
    box: Box, tls_port: int, self_signed: tuple[Path, Path]
) -> None:
    """To the MQTT client it looks like a timeout; doctor says what it is, and is content with the right ``ca``."""
    plain = box.config.read_text()
    box.config.write_text(f'{plain}\n[hq]\nbroker = "mqtts://127.0.0.1:{tls_port}"\n')
    hq = (await findings(box))["hq"]
    assert hq["level"] == "warn"
    assert "self-signed certificate" in hq["said"]
    assert "clock" in hq["todo"]
    box.config.write_text(f'{box.config.read_text()}ca = "{self_signed[0]}"\n')
    assert (await findings(box))["hq"]["level"] == "ok"


async def test_an_authority_that_is_not_there_fails_by_its_key(box: Box) -> None:
    text = box.config.read_text()
    box.config.write_text(f'{text}\n[hq]\nbroker = "mqtts://127.0.0.1:1"\nca = "/none.pem"\n')
    hq = (await findings(box))["hq"]
    assert hq["level"] == "FAIL"
    assert "hq.ca: /none.pem" in hq["said"]


async def test_status_tells_store_ledger_hq_and_devices(box: Box) -> None:
    await ready(box, True)
    _, out, _ = await tillside(box, "status")
    told = dict(line.split(None, 1) for line in out.splitlines() if len(line.split()) > 1)
    assert (told["store"], told["hq"], told["operations"]) == ("S001", "none", "2")
    assert told["p1"].split()[-1] == "ok"
