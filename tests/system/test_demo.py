"""``tillside demo`` as whoever evaluates Tillside runs it: real processes, and nothing left behind."""

import os
import re
import signal
import subprocess
import sysconfig
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from edge.cli.output import Exit
from edge.rpc.client import Client

COMMAND = Path(sysconfig.get_path("scripts")) / "tillside"
PLAY_S_MAX = 60
END_S_MAX = 30


@contextmanager
def demo(*args: str | Path) -> Iterator["subprocess.Popen[str]"]:
    """A demo in the background; killed if a test leaves it."""
    argv = [COMMAND, "demo", *args]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()


def read_until(process: "subprocess.Popen[str]", pattern: str) -> list[str]:
    """The lines up to the first that matches."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if re.fullmatch(pattern, lines[-1]):
            return lines
    raise AssertionError(f"no line {pattern!r} in {lines}, but: {ended(process)}")


def descendants(pid: int) -> set[int]:
    """Every process below ``pid``."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    below: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in below | {pid}} - below:
        below |= more
    return below


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if Path(f"/proc/{pid}").exists()}


def naming(path: Path) -> list[str]:
    """Command lines of all processes that name ``path``."""
    lines = []
    for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            lines.append(cmdline.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [line for line in lines if str(path) in line]


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Exit code and standard error."""
    _, complaint = process.communicate(timeout=END_S_MAX)
    return process.returncode, complaint


def sell(socket: Path) -> dict[str, Any]:
    """Register a member and sell her two jars, as the README of the demo shows."""
    with Client(socket) as till:
        till.hello("T1")
        till.call("member.register", idem=str(uuid.uuid4()), card_no="80000001", name="王芳")
        line = {"name": "灵芝孢子粉", "qty_milli": 2000, "unit_price_fen": 12800}
        quote = till.call("sale.quote", cashier="小陈", member="80000001", lines=[line])
        tenders = [{"kind": "cash", "amount_fen": 30000}]
        sale: dict[str, Any] = till.call(
            "sale.commit",
            idem=str(uuid.uuid4()),
            quote_id=quote["quote_id"],
            digest=quote["digest"],
            tenders=tenders,
        )
        assert till.call("print.job", job=sale["print_job"], wait_ms=10_000)["state"] == "done"
        return sale


def last_sale(socket: Path) -> dict[str, Any]:
    with Client(socket) as till:
        till.hello("T1")
        sale: dict[str, Any] = till.call("sale.last")
        return sale


def until_holds(file: Path, wanted: str) -> None:
    """Wait until ``file`` contains it."""
    deadline = time.monotonic() + END_S_MAX
    while wanted not in file.read_text():
        assert time.monotonic() < deadline, f"{file} never held {wanted}"
        time.sleep(0.02)


def test_the_play_ends_by_itself_and_hq_equals_the_box() -> None:
    """Every promise of the programme is ticked off, and whoever waited in vain would be a cross."""
    played = subprocess.run([COMMAND, "demo"], capture_output=True, text=True, check=False)
    assert (played.returncode, played.stderr) == (Exit.OK, "")
    assert "✓ 总部与门店一致 · HQ equals the box" in played.stdout
    assert "✗" not in played.stdout
    took = re.search(r"用时 (\d+) 秒", played.stdout)
    assert took is not None
    assert int(took[1]) < PLAY_S_MAX


def test_an_open_shop_sells_prints_and_stops_without_a_trace(tmp_path: Path) -> None:
    with demo("--serve", "--dir", tmp_path) as process:
        read_until(process, "ready")
        sale = sell(tmp_path / "run" / "pos.sock")
        (receipt,) = (tmp_path / "receipts").glob("*.txt")
        printed = receipt.read_text(encoding="utf-8")
        for wording in (sale["receipt_no"], "原价", "折扣", "实收", "256.00", "找零"):
            assert wording in printed
        with Client(tmp_path / "run" / "admin.sock") as technician:
            technician.hello("technician")
            assert technician.call("sync.status")["online"]
        children = descendants(process.pid)
        assert len(children) >= 4  # box, HQ, broker, PostgreSQL
        process.send_signal(signal.SIGTERM)
        assert ended(process) == (Exit.OK, "")
    assert alive(children) == set()


def test_a_person_may_swipe_scan_and_look_in_an_open_shop(tmp_path: Path) -> None:
    """With nothing but a shell: fifos take the cards, files show the displays, as the README says."""
    devices = tmp_path / "devices"
    with demo("--serve", "--dir", tmp_path) as process:
        read_until(process, "ready")
        with Client(tmp_path / "run" / "pos.sock") as till:
            till.hello("T1")
            till.call("events.subscribe", topics=["card"])
            for fifo, reader, line in (("swipe", "cards", "80000001=0000"), ("scan", "scanner", "80000001")):
                till.call("reader.arm", reader=reader)
                (devices / fifo).write_text(f"{line}\n")
                _, told = till.next_notification()
                assert (told["reader"], told["token"]) == (reader, "80000001")
            for device in ("pole", "led8"):
                till.call("display.total", device=device, amount_fen=4400, kind="change")
                until_holds(devices / f"{device}.txt", "44.00")
        process.send_signal(signal.SIGTERM)
        assert ended(process) == (Exit.OK, "")
    assert (tmp_path / "README.txt").read_text(encoding="utf-8").count(str(tmp_path)) >= 6


def test_an_open_shop_is_opened_again_with_all_it_had(tmp_path: Path) -> None:
    sold = []
    for visit in (sell, last_sale):
        with demo("--serve", "--dir", tmp_path) as process:
            read_until(process, "ready")
            sold.append(visit(tmp_path / "run" / "pos.sock")["receipt_no"])
            process.send_signal(signal.SIGTERM)
            assert ended(process) == (Exit.OK, "")
    assert sold[0] == sold[1]


@pytest.mark.parametrize("step", ["starting a real PostgreSQL", "starting HQ", "starting the daemon"])
def test_a_shop_that_is_told_to_stop_while_it_opens_leaves_nobody_behind(step: str, tmp_path: Path) -> None:
    with demo("--serve", "--dir", tmp_path) as process:
        read_until(process, rf"\.\.\. .* · {step}.*")
        process.send_signal(signal.SIGTERM)
        assert ended(process) == (Exit.OK, "")
    assert naming(tmp_path) == []


def test_ctrl_c_in_the_middle_of_the_play_leaves_nobody_behind() -> None:
    with demo() as process:
        read_until(process, "== 2.*")
        children = descendants(process.pid)
        process.send_signal(signal.SIGINT)
        assert ended(process) == (Exit.INTERRUPTED, "")
    assert children
    assert alive(children) == set()


def test_an_audience_that_leaves_ends_the_play(tmp_path: Path) -> None:
    """``tillside demo | head``: every process is ended all the same."""
    with demo("--dir", tmp_path) as process:
        read_until(process, "== 1.*")
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(END_S_MAX)  # it was not played to the end
    assert naming(tmp_path) == []


def test_a_part_that_dies_ends_the_demo_and_is_named(tmp_path: Path) -> None:
    """With the end of its log, on standard error."""
    with demo("--serve", "--dir", tmp_path) as process:
        read_until(process, "ready")
        children = descendants(process.pid)
        (box,) = (pid for pid in children if b"\0run\0" in Path(f"/proc/{pid}/cmdline").read_bytes())
        os.kill(box, signal.SIGKILL)
        code, complaint = ended(process)
    assert code == Exit.FAILED
    assert "event=ready" in complaint
    assert f"error: the daemon has ended with exit code -9 → read {tmp_path}/log/box.log" in complaint
    assert alive(children) == set()


@pytest.mark.parametrize(
    ("args", "complaint"),
    [
        (["--dir", "."], "is not empty"),
        (["--serve", "--dir", "x" * 120], "too long for a socket's path"),
    ],
)
def test_a_directory_that_will_not_do_is_refused_at_once(
    args: list[str], complaint: str, tmp_path: Path
) -> None:
    (tmp_path / "something").touch()
    said = subprocess.run([COMMAND, "demo", *args], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert said.returncode == Exit.FAILED
    assert complaint in said.stderr
