"""What is wrong, or odd, in a document that somebody writes: where, what, and what would be right."""

import difflib
from collections.abc import Iterable
from typing import Literal, NamedTuple

import msgspec


class Place(NamedTuple):
    """A position in a text, both from 1."""

    line: int
    column: int


class Finding(msgspec.Struct, frozen=True):
    """One thing found. ``path`` is a JSON pointer ("" is the document), ``hint`` what to write instead.

    An error keeps the bundle from running; a warning does not.
    """

    level: Literal["error", "warning"]
    path: str
    why: str
    hint: str = ""
    line: int = 0
    column: int = 0


class Unreadable(ValueError):
    """A text that is no document at all: where, why, and what to do."""

    def __init__(self, place: Place, why: str, hint: str = "") -> None:
        super().__init__(f"line {place.line}, column {place.column}: {why}")
        self.finding = Finding("error", "", why, hint, place.line, place.column)


def error(path: str, why: str, hint: str = "") -> Finding:
    """Something that has to be mended; its place is not known yet."""
    return Finding("error", path, why, hint)


def warning(path: str, why: str, hint: str = "") -> Finding:
    """Something that runs, and is hardly meant; its place is not known yet."""
    return Finding("warning", path, why, hint)


def child(path: str, step: str | int) -> str:
    """The JSON pointer of ``step`` within ``path`` (RFC 6901)."""
    return f"{path}/{str(step).replace('~', '~0').replace('/', '~1')}"


def parent(path: str) -> str:
    """The pointer of what ``path`` is in."""
    return path.rpartition("/")[0]


def did_you_mean(written: str, known: Iterable[str]) -> str:
    """The likeliest of ``known`` for a misspelt name, or all of them."""
    names = list(dict.fromkeys(known))
    near = difflib.get_close_matches(written.lower(), names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"known: {', '.join(names)}" if names else ""
