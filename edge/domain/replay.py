"""A receipt of the past put through its own rules again, and held against what was stored of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

import cext
from edge.domain.checkout import DecidedLine, Decision, Skipped
from edge.domain.money import MILLI

Figures = dict[str, Any]


class Outcome(msgspec.Struct, frozen=True):
    """What the kernel decides, in fen and points; ``fired`` in the order of application."""

    gross: int
    discount: int
    payable: int
    points: int
    fired: tuple[tuple[str, int], ...]
    line_net: tuple[int, ...]
    line_points: tuple[int, ...]


class RuleStep(msgspec.Struct, frozen=True):
    """What one rule did: ``shares`` of its value stand beside the ``lines`` they went to; or ``why`` it did not."""

    rule: str
    state: str
    value: int = 0
    lines: tuple[int, ...] = ()
    shares: tuple[int, ...] = ()
    why: str = ""
    short_fen: int = 0
    short_qty: int = 0
    by: str | None = None
    to: str | None = None

    @property
    def fired(self) -> bool:
        """Whether the rule gave anything."""
        return self.state == "fired"


class Replayed(msgspec.Struct, frozen=True):
    """A receipt decided once more, with a step for every rule of its bundle."""

    result: Outcome
    trace: tuple[RuleStep, ...]


class Batch(NamedTuple):
    """Receipts decided together: what each pays (fen) and earns, and (receipts, value) of every rule that fired.

    ``refused`` says why those at some places could not be decided.
    """

    payable: Sequence[int]
    points: Sequence[int]
    fired: Mapping[str, tuple[int, int]]
    refused: Mapping[int, str]


class Difference(msgspec.Struct, frozen=True):
    """One figure that the replay and the ledger do not agree on; ``at`` is a JSON pointer into the decision."""

    at: str
    stored: Any
    replayed: Any


class AskedMember(msgspec.Struct, frozen=True):
    """The member as the rules saw them."""

    tier: str | None = None


class AskedLine(msgspec.Struct, frozen=True):
    """A line as the rules saw it."""

    sku: str
    qty: int
    unit: int
    fen: int
    milli: int = 0


class Asked(msgspec.Struct, frozen=True):
    """As much of a kernel request as reports need."""

    store: str
    member: AskedMember | None = None

    @property
    def tier(self) -> str | None:
        """The member's tier."""
        return self.member.tier if self.member else None


class AskedInFull(Asked, frozen=True):
    """A kernel request with its lines."""

    lines: tuple[AskedLine, ...] = ()


asked_in_full = msgspec.json.Decoder(AskedInFull).decode
outcome_of = msgspec.json.Decoder(Outcome).decode
replayed_of = msgspec.json.Decoder(Replayed).decode
asked_of = msgspec.json.Decoder(Asked).decode


def replay(program: cext.Program, requests: Sequence[bytes]) -> Batch:
    """Decide receipts under one bundle."""
    packed = program.pack(requests)
    outcomes = packed.run()
    sums = zip(program.rule_ids, outcomes.buckets.times, outcomes.buckets.value, strict=True)
    return Batch(
        outcomes.receipts.payable,
        outcomes.receipts.points,
        {rule: (times, value) for rule, times, value in sums if times},
        {place: str(refused) for place, refused in packed.refused.items()},
    )


def differences(stored: Decision, replayed: Replayed) -> tuple[Difference, ...]:
    """Every figure of the stored decision that its replay does not give again."""
    return tuple(compared("", _figures_stored(stored), _figures_replayed(replayed)))


def unasked(stored: Decision, tier: str | None, asked: AskedInFull) -> Iterator[Difference]:
    """Every figure of the stored sale that is not what the rules were asked about."""
    was = {"tier": tier, "lines": [_line_sold(line) for line in stored.lines]}
    now = {
        "tier": asked.tier,
        "lines": [
            _line_figures(line.sku, line.qty * MILLI + line.milli, line.unit, line.fen)
            for line in asked.lines
        ],
    }
    return compared("/asked", was, now)


def compared(at: str, was: object, now: object) -> Iterator[Difference]:
    """The places where two plain values differ, by key or by index."""
    if isinstance(was, dict) and isinstance(now, dict):
        for key in was | now:
            yield from compared(f"{at}/{key}", was.get(key), now.get(key))
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for index, (one, other) in enumerate(zip(was, now, strict=True)):
            yield from compared(f"{at}/{index}", one, other)
    elif was != now:
        yield Difference(at, was, now)


def _figures_stored(stored: Decision) -> Figures:
    return {
        "list_fen": stored.list_fen,
        "discount_fen": stored.discount_fen,
        "net_fen": stored.net_fen,
        "points": stored.points,
        "lines": [_line_given(line.net_fen, line.points, line.rules) for line in stored.lines],
        "fired": stored.given,
        "skipped": {skipped.rule: _reason(skipped) for skipped in stored.skipped},
    }


def _figures_replayed(replayed: Replayed) -> Figures:
    result, fired = replayed.result, [step for step in replayed.trace if step.fired]
    return {
        "list_fen": result.gross,
        "discount_fen": result.discount,
        "net_fen": result.payable,
        "points": result.points,
        "lines": [
            _line_given(net_fen, points, [step.rule for step in fired if line in step.lines])
            for line, (net_fen, points) in enumerate(zip(result.line_net, result.line_points, strict=True))
        ],
        "fired": dict(result.fired),
        "skipped": {step.rule: _reason(step) for step in replayed.trace if not step.fired},
    }


def _line_sold(line: DecidedLine) -> Figures:
    return _line_figures(line.sku, line.qty_milli, line.unit_price_fen, line.list_fen)


def _line_figures(sku: str, qty_milli: int, unit_price_fen: int, list_fen: int) -> Figures:
    return {"sku": sku, "qty_milli": qty_milli, "unit_price_fen": unit_price_fen, "list_fen": list_fen}


def _line_given(net_fen: int, points: int, rules: Sequence[str]) -> Figures:
    return {"net_fen": net_fen, "points": points, "rules": list(rules)}


def _reason(skipped: Skipped | RuleStep) -> str:
    """The reason in one word, with what was missing or who won."""
    parts = (skipped.why, skipped.short_fen, skipped.short_qty, skipped.by, skipped.to)
    return " ".join(str(part) for part in parts if part)
