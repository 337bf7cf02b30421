"""What ``sale.quote`` adds to a bare call: 40 lines, a member with two coupons, hints; the server's CPU time.

``python -m benchmarks.quote`` runs the till's methods over a real ledger and the 50 rules of the tests in a process
of their own, and asks it through the socket in a closed loop. A bare call takes the same params and answers with a
reply that is as large and always the same: read into objects and encoded from them as other methods do, or from
bytes to bytes, as the quote does. Blocks of all take turns, and the server says what they cost it.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import structlog

from benchmarks.rules_race.workload import bundle_of, receipts_of
from edge.clock import SystemClock
from edge.config import Config, Paths, Programme, Store
from edge.counter import coupons, members, quoting, sale
from edge.counter.print_store import LedgerPrintStore
from edge.counter.shop import Shop
from edge.counter.uplink_state import UplinkState
from edge.devices.displays import IdleText
from edge.devices.spooler import Spooler
from edge.devices.supervisor import Supervisor
from edge.domain.rules.compile import load_programme
from edge.rpc.events import Broadcast
from edge.rpc.methods import HelloFacts, Method, Nothing, session_methods
from edge.rpc.openrpc import discoverable
from edge.rpc.rows.desk import Desk
from edge.rpc.server import Server
from edge.rpc.till_methods import till_methods
from edge.storage.reader import Snapshot
from edge.storage.writer import Writer

ROUNDS = 9
BLOCKS = 10
BLOCK = 250
LINES = 40
BASKETS = 50
TARGET_US = 10.0
CARD = "80000001"
NOW = datetime.fromisoformat("2026-11-14T12:00:00+08:00")
"""Most rules of the tests are dated within 2026."""

QUOTE, BARE, BYTES = "sale.quote", "bench.bare", "bench.bytes"
SPENT, CODES = "bench.spent", "bench.codes"
COUPONS = (("C20", 30_000, 2_000), ("C50", 80_000, 5_000))
"""Kind, what the basket must come to, and what comes off."""

FAR = {
    "id": "FAR",
    "name": "满5000减600",
    "phase": "discount",
    "group": "full",
    "need": {"min_fen": 500_000},
    "do": {"op": "every_off", "every_fen": 500_000, "off_fen": 60_000},
}
"""More than most of the baskets come to: it has a hint for them."""

TIERS = (("normal", None), ("silver", 10_000), ("gold", 50_000), ("diamond", 100_000_000))


# --- the server, in a process of its own ---


async def serve(folder: Path) -> None:
    """The till's methods over a ledger, and the bare ones beside them."""
    clock = SystemClock(int(NOW.timestamp() * 1000) - SystemClock().now_ms())
    shop = await open_shop(folder, clock)
    codes = [await issue(shop, kind) for kind, _, _ in COUPONS]
    devices = Supervisor((), (), clock, lambda _: None, lambda _: None, IdleText(("", "")))
    spooler = Spooler({}, LedgerPrintStore(shop), clock, lambda *_: None)
    desk = Desk(shop, quoting.Quotes(), devices, spooler, UplinkState(configured=False), lambda: None)
    broadcast = Broadcast()
    facts = HelloFacts("s001", "", "2026-11-14", 1, False, "i1", 0, ())
    session = session_methods(broadcast, lambda _, __: facts, lambda: "")
    rows = (*session, *till_methods(desk), *bare_methods(usual_reply(shop, codes), codes))
    await Server(discoverable(rows, "0"), broadcast).serve_unix(folder / "pos.sock", "pos")
    await asyncio.Event().wait()


async def open_shop(folder: Path, clock: SystemClock) -> Shop:
    """A store with one member, who has bought once and holds the points of it."""
    config = Config(Store("S001", "t", "t"), Paths(str(folder), str(folder)), Programme("", (r"8\d{7}",)))
    raw = json.dumps(programme()).encode()
    loaded = load_programme(raw)
    writer = Writer(config.paths.database, "S001", clock, authority=True)
    await writer.start()
    await writer.submit(lambda tx: tx.bundles.keep(loaded.hash, loaded.bundle.version, raw, tx.now_ms))
    shop = Shop(config, clock, writer, Snapshot(config.paths.database), loaded, lambda: True, ("p1",))
    registration = members.RegisterRequest(
        idem=str(uuid.uuid4()), card_no=CARD, name="张三", birthday="11-20"
    )
    await members.register(shop, "T1", registration)
    quotes = quoting.Quotes()
    first = quoting.quote(shop, quotes, "T1", asked(baskets(())[0]))
    tender = sale.Tender("cash", first.totals.due_fen)
    paid = sale.CommitRequest(idem=str(uuid.uuid4()), quote_id=first.quote_id, tenders=(tender,))
    await sale.commit(shop, quotes, "T1", paid)
    return shop


async def issue(shop: Shop, kind: str) -> str:
    """The code of a new coupon of the member."""
    request = coupons.IssueRequest(idem=str(uuid.uuid4()), kind=kind, member=CARD)
    return (await coupons.issue(shop, "T1", request)).code


def programme() -> dict[str, Any]:
    """The 50 rules of the tests and two kinds of coupons, as HQ would write them."""
    core = json.loads(bundle_of(50))
    for rule in core["rules"]:
        rule["name"] = f"优惠 {rule['id']}"
        for end in {"from", "to"} & rule["when"].keys():
            rule["when"][end] = datetime.fromtimestamp(rule["when"][end], NOW.tzinfo).isoformat()
    core["rules"].append(FAR)
    return {
        "schema": "points-bundle/1",
        "programme": "bench",
        "version": 7,
        "valid_from": "2026-01-01T00:00:00+08:00",
        "tiers": [{"id": tier, "label": tier, "cumulative_fen": fen} for tier, fen in TIERS],
        "groups": [*core["groups"], {"id": "coupon", "phase": "discount", "mode": "best", "order": 90}],
        "coupons": [coupon(*terms) for terms in COUPONS],
        **{key: core[key] for key in ("points", "rules")},
    }


def coupon(kind: str, every_fen: int, off_fen: int) -> dict[str, Any]:
    operation = {"op": "every_off", "every_fen": every_fen, "off_fen": off_fen}
    need = {"min_fen": every_fen}
    return {"id": kind, "name": f"券 {kind}", "group": "coupon", "need": need, "do": operation}


def usual_reply(shop: Shop, codes: Sequence[str]) -> quoting.QuoteReply:
    """The quote of middling size among those that will be asked for."""
    quotes = quoting.Quotes()
    replies = [quoting.quote(shop, quotes, "T1", asked(basket)) for basket in baskets(codes)]
    return sorted(replies, key=lambda reply: len(msgspec.json.encode(reply)))[len(replies) // 2]


def bare_methods(reply: quoting.QuoteReply, codes: list[str]) -> tuple[Method[Any], ...]:
    """Nothing but the call: through objects, or from bytes to bytes; and what a till here must know."""
    ready = (msgspec.json.encode(reply),)
    params, result = quoting.QuoteRequest, quoting.QuoteReply
    return (
        Method(BARE, params, result, lambda _, __: reply),
        Method(BYTES, params, result, lambda _, __: reply, from_bytes=lambda _, __: ready),
        Method(SPENT, Nothing, int, lambda _, __: time.process_time_ns()),
        Method(CODES, Nothing, list[str], lambda _, __: codes),
    )


# --- the baskets ---


def baskets(codes: Sequence[str]) -> list[dict[str, Any]]:
    """Params of quotes: 40 lines, a member, the coupons presented."""
    return [
        {
            "cashier": "小王",
            "member": CARD,
            "tender_hint": "wechat",
            "coupons": list(codes),
            "lines": [basket_line(line) for line in json.loads(receipt)["lines"]],
        }
        for receipt in receipts_of(LINES, BASKETS)
    ]


def basket_line(line: dict[str, Any]) -> dict[str, Any]:
    flags = {"no_discount": line["nd"], "no_points": line["np"]}
    return {
        "sku": line["sku"],
        "name": f"商品 {line['sku'][-6:]}",
        "qty_milli": 1000 * line["qty"],
        "unit_price_fen": line["unit"],
        "category": line["cat"],
        "brand": line["brand"],
        "flags": [flag for flag, set_ in flags.items() if set_],
    }


def asked(basket: dict[str, Any]) -> quoting.QuoteRequest:
    return msgspec.convert(basket, quoting.QuoteRequest)


# --- the till ---


class Till:
    """A connection that waits for each answer; frames are made beforehand."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self.ask(
            frame("session.hello", {"terminal": "T1", "client": "bench", "version": "1", "protocol": [1]})
        )

    def told(self, method: str) -> Any:
        """The result of a method without params."""
        return json.loads(self.ask(frame(method, {})))["result"]

    def ask(self, sent: bytes) -> bytes:
        """The answer, a line; raises ValueError for a refusal."""
        self._socket.sendall(sent)
        answer = self._socket.recv(1 << 20)
        while not answer.endswith(b"\n"):
            answer += self._socket.recv(1 << 20)
        if not answer.startswith(b'{"jsonrpc":"2.0","id":1,"result"'):
            raise ValueError(answer[:500].decode())
        return answer

    def block_ns(self, frames: Sequence[bytes]) -> float:
        """CPU time of the server for each call of a block."""
        before: int = self.told(SPENT)
        for nth in range(BLOCK):
            self.ask(frames[nth % len(frames)])
        after: int = self.told(SPENT)
        return (after - before) / BLOCK


def frame(method: str, params: dict[str, Any]) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}) + b"\n"


@contextmanager
def serving(folder: Path) -> Iterator[Path]:
    """The server on a core of its own where there are two."""
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.quote", str(folder)])
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(process.pid, {cores[-1]})
    os.sched_setaffinity(0, {cores[0]})
    path = folder / "pos.sock"
    try:
        while not path.exists():
            if process.poll() is not None:
                raise RuntimeError("the server did not start")
            time.sleep(0.05)
        yield path
    finally:
        process.kill()
        process.wait()


def measure(path: Path) -> dict[str, list[float]]:
    """Microseconds of the server's CPU a call, by method, one number a round."""
    till = Till(path)
    asking = baskets(till.told(CODES))
    frames = {method: [frame(method, basket) for basket in asking] for method in (BARE, BYTES, QUOTE)}
    for calls in frames.values():
        till.block_ns(calls)
    sizes = (len(frames[QUOTE][0]), len(till.ask(frames[QUOTE][0])), len(till.ask(frames[BARE][0])))
    print("a quote of {} bytes is answered with {}, a bare call with {}".format(*sizes))
    taken: dict[str, list[float]] = {method: [] for method in frames}
    for nth in range(ROUNDS):
        blocks: dict[str, list[float]] = {method: [] for method in frames}
        for _ in range(BLOCKS):
            for method, calls in frames.items():
                blocks[method].append(till.block_ns(calls) / 1000)
        for method, us in blocks.items():
            taken[method].append(sum(us) / BLOCKS)
        print(f"  round {nth + 1} of {ROUNDS}", file=sys.stderr, flush=True)
    return taken


def report(taken: dict[str, list[float]]) -> None:
    added, to_bytes = (
        median(quote - bare for quote, bare in zip(taken[QUOTE], taken[base], strict=True))
        for base in (BARE, BYTES)
    )
    print(
        f"µs of the server's CPU a call, {LINES} lines, median of {ROUNDS} rounds of {BLOCKS * BLOCK} calls"
    )
    print(f"  bare call                   {median(taken[BARE]):8.1f}")
    print(f"  bare call, bytes to bytes   {median(taken[BYTES]):8.1f}")
    print(f"  {QUOTE}                  {median(taken[QUOTE]):8.1f}")
    verdict = "ok" if added <= TARGET_US else f"MISSED by {added / TARGET_US:.1f}x"
    print(f"  added to a bare call        {added:8.1f}   (target {TARGET_US:g})  {verdict}")
    print(f"  added to bytes to bytes     {to_bytes:8.1f}")


def main(arguments: list[str]) -> None:
    if arguments:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
        asyncio.run(serve(Path(arguments[0])))
        return
    with tempfile.TemporaryDirectory(prefix="tillside-quote-") as folder, serving(Path(folder)) as path:
        report(measure(path))


if __name__ == "__main__":
    main(sys.argv[1:])
