"""Who takes part: the compiled kernel from JSON to JSON, and the others from parsed JSON to Python objects.

What they are spared runs beside them: reading these requests and writing these answers with msgspec, nothing else.
"""

import json
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from time import process_time
from types import ModuleType
from typing import Any, NamedTuple

import msgspec

import cext
from benchmarks.rules_peers import cel, datalogic, generated, zen
from cext.bundle import read_bundle

OURS = "evaluate"
EXPLAIN = "explain"
GENERATED = generated.NAME
JSON = "msgspec JSON"
PEERS: tuple[ModuleType, ...] = (datalogic, zen, cel)
NAMES = (OURS, EXPLAIN, JSON, GENERATED, *(peer.NAME for peer in PEERS))

Answer = dict[str, Any]


class Contestant(NamedTuple):
    """A bundle made ready: ``price`` takes what ``asks`` makes of a receipt, and ``tells`` reads the answer."""

    name: str
    ready_ms: float | None
    price: Callable[[Any], Any]
    asks: Callable[[bytes], Any]
    tells: Callable[[Any], Answer]


def installed(peer: ModuleType) -> bool:
    return find_spec(peer.MODULE.partition(".")[0]) is not None


def not_installed() -> list[str]:
    """Names of the packages that would take part."""
    return [peer.PACKAGE for peer in PEERS if not installed(peer)]


def contestants(bundle: bytes) -> list[Contestant]:
    """Everybody who is here, ready to price with this bundle."""
    started = process_time()
    program = cext.load(bundle, "c")
    ready_ms = _ms_since(started)
    ready = [
        Contestant(OURS, ready_ms, program.evaluate, bytes, json.loads),
        Contestant(EXPLAIN, None, program.explain, bytes, _result),
        Contestant(
            JSON, None, _read_and_write, lambda raw: (raw, json.loads(program.evaluate(raw))), json.loads
        ),
    ]
    parsed = read_bundle(bundle)
    for peer in (generated, *filter(installed, PEERS)):
        started = process_time()
        price = peer.prepare(parsed)
        ready.append(Contestant(peer.NAME, _ms_since(started), price, json.loads, _plain))
    return ready


def check(contestant: Contestant, receipts: Sequence[bytes], expected: Sequence[Answer]) -> None:
    """Stop unless it answers what is expected of every receipt."""
    for place, (receipt, wanted) in enumerate(zip(receipts, expected, strict=True)):
        answer = contestant.tells(contestant.price(contestant.asks(receipt)))
        if answer != wanted:
            raise AssertionError(f"{contestant.name}, receipt {place}: {answer} instead of {wanted}")


_read = msgspec.json.Decoder().decode
_write = msgspec.json.Encoder().encode


def _read_and_write(receipt_and_answer: tuple[bytes, Answer]) -> bytes:
    receipt, answer = receipt_and_answer
    _read(receipt)
    return _write(answer)


def _ms_since(started: float) -> float:
    return (process_time() - started) * 1000


def _result(explanation: bytes) -> Answer:
    result: Answer = json.loads(explanation)["result"]
    return result


def _plain(answer: Answer) -> Answer:
    """As JSON would have it: pairs are lists."""
    return answer | {"fired": [list(pair) for pair in answer["fired"]]}
