"""A receipt of the past put through its own rules again, and held against what was stored of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

import cext
from edge.domain.checkout import Decision


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


class Asked(msgspec.Struct, frozen=True):
    """As much of a kernel request as reports need."""

    store: str
    member: AskedMember | None = None

    @property
    def tier(self) -> str | None:
        """The member's tier."""
        return self.member.tier if self.member else None


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


def differences(stored: Decision, again: Decision) -> Iterator[Difference]:
    """Every figure of the stored decision that its replay does not give again."""
    return compared("", msgspec.to_builtins(stored), msgspec.to_builtins(again))


def compared(at: str, was: object, now: object) -> Iterator[Difference]:
    """The places where two plain values differ: by key, by the id of the rule, or by index."""
    was, now = _keyed(was), _keyed(now)
    if isinstance(was, dict) and isinstance(now, dict):
        for key in was | now:
            yield from compared(f"{at}/{key}", was.get(key), now.get(key))
    elif was != now:
        yield Difference(at, was, now)


def _keyed(value: object) -> object:
    """A list as a mapping: what rules gave, or why they did not, by rule; anything else by index."""
    if not isinstance(value, list | tuple) or not all(isinstance(part, dict) for part in value):
        return value
    return {part.get("rule", index): part for index, part in enumerate(value)}
