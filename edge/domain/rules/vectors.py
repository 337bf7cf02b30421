"""A bundle's own test vectors: baskets and what must come of them, run on a kernel."""

from collections import Counter
from typing import Any

import msgspec

import cext
from edge.domain.rules.model import Bundle, Vector


class Difference(msgspec.Struct, frozen=True):
    """One key of a result that is not as expected."""

    key: str
    expected: Any
    got: Any


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """A vector that does not hold: ``why`` the kernel refused it, or what came out differently."""

    index: int
    name: str
    differences: tuple[Difference, ...] = ()
    why: str = ""

    @property
    def path(self) -> str:
        """The JSON pointer of the vector."""
        return f"/vectors/{self.index}"

    def __str__(self) -> str:
        told = [f"{one.key} is {_shown(one.got)}, not {_shown(one.expected)}" for one in self.differences]
        return "; ".join(told) or self.why


def failures(bundle: Bundle, program: cext.Program) -> list[Failure]:
    """The vectors of ``bundle`` that do not hold in ``program``."""
    found = []
    for index, vector in enumerate(bundle.vectors):
        name = vector.name or f"vector {index + 1}"
        try:
            got = evaluated(vector, program)
        except cext.RequestError as refused:
            found.append(Failure(index, name, why=f"the request is refused: {refused}"))
            continue
        if differences := tuple(_differences(vector.expected, got)):
            found.append(Failure(index, name, differences))
    return found


def fired_by(bundle: Bundle, program: cext.Program) -> dict[str, int]:
    """How many vectors make each rule, coupon and gift give something; 0 is a rule that none tries."""
    counts = Counter[str]()
    for vector in bundle.vectors:
        try:
            counts.update(rule for rule, _ in evaluated(vector, program)["fired"])
        except cext.RequestError:
            continue
    return {rule: counts[rule] for rule in program.rule_ids}


def evaluated(vector: Vector, program: cext.Program) -> dict[str, Any]:
    """The result of the vector's request; raises cext.RequestError."""
    result: dict[str, Any] = msgspec.json.decode(program.evaluate(msgspec.json.encode(vector.request)))
    return result


def _differences(expected: dict[str, Any], got: dict[str, Any]) -> list[Difference]:
    return [
        Difference(key, wanted, got.get(key))
        for key, wanted in expected.items()
        if not _is_as(key, wanted, got.get(key))
    ]


def _is_as(key: str, wanted: Any, got: Any) -> bool:
    """``fired`` may name rules without what each gave."""
    if key == "fired" and isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        return all(one in (pair, pair[0]) for one, pair in zip(wanted, got, strict=True))
    return bool(wanted == got)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
