"""A document as a tree, before anything is made of it: what both readers of text make, and how large it may be."""

from dataclasses import dataclass

from edge.domain.rules.authoring.findings import Place

TEXT_BYTES_MAX = 8 * 2**20
NODES_MAX = 500_000
"""Values in a document, aliases unfolded: 1,024 rules come to some 30,000."""
DEPTH_MAX = 32
INT_DIGITS_MAX = 18
"""Longer numbers stay text: none of a bundle is so large, and text cannot overflow."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value that has no parts; ``text`` is what was written, where that was not quoted."""

    value: object
    text: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    nodes: "list[Node]"
    place: Place


@dataclass(frozen=True, slots=True)
class Pairs:
    """A mapping, its keys in the order in which they were written, twice where they were written twice."""

    nodes: "list[tuple[Scalar, Node]]"
    place: Place


Node = Scalar | Items | Pairs


def name_of(key: Scalar) -> str:
    """A key as written: ``1`` and ``"1"`` are the same."""
    return key.text if key.text is not None else str(key.value)


def numeral(text: str, whole: bool) -> object:
    """A number, or the text itself where no number of a bundle could be so long."""
    if not whole:
        return float(text)
    return int(text) if len(text.lstrip("+-")) <= INT_DIGITS_MAX else text
