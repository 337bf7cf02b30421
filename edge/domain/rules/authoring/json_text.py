"""JSON with the place of everything in it, which the library's reader does not keep."""

import re
from bisect import bisect_left
from json import JSONDecodeError, JSONDecoder

from edge.domain.rules.authoring.findings import Place, Unreadable
from edge.domain.rules.authoring.nodes import DEPTH_MAX, Items, Node, Pairs, Scalar, numeral


def read_json(text: str) -> Node:
    """The one value of ``text`` as a tree; raises Unreadable."""
    return _Reading(text).document()


class _Reading:
    """One reading of a text."""

    _STRING = JSONDecoder()
    _BLANK = re.compile(r"[ \t\r\n]*")
    _NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
    _WORD = re.compile(r"true|false|null")
    _WORDS = {"true": True, "false": False, "null": None}  # noqa: RUF012 - never changed

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._ends = [at for at, char in enumerate(text) if char == "\n"]

    def document(self) -> Node:
        """The one value of the text."""
        node = self._value(0)
        self._blank()
        if self._at < len(self._text):
            raise self._unreadable("more text after the end of the document")
        return node

    def _value(self, depth: int) -> Node:
        self._blank()
        place = self._place(self._at)
        if depth > DEPTH_MAX:
            raise Unreadable(place, f"nested more than {DEPTH_MAX} deep")
        match self._text[self._at : self._at + 1]:
            case "{":
                return Pairs(self._pairs(depth), place)
            case "[":
                return Items(self._items(depth), place)
            case '"':
                return Scalar(self._string(), None, place)
        return self._bare(place)

    def _items(self, depth: int) -> list[Node]:
        nodes: list[Node] = []
        self._at += 1
        if self._next("]"):
            return nodes
        while True:
            nodes.append(self._value(depth + 1))
            if self._next("]"):
                return nodes
            self._must(",", "a comma or ]")

    def _pairs(self, depth: int) -> list[tuple[Scalar, Node]]:
        nodes: list[tuple[Scalar, Node]] = []
        self._at += 1
        if self._next("}"):
            return nodes
        while True:
            self._blank()
            place = self._place(self._at)
            if self._text[self._at : self._at + 1] != '"':
                raise self._unreadable('expected a key in double quotes, as in "rules"')
            key = Scalar(self._string(), None, place)
            self._must(":", "a colon")
            nodes.append((key, self._value(depth + 1)))
            if self._next("}"):
                return nodes
            self._must(",", "a comma or }")

    def _string(self) -> str:
        try:
            value, self._at = self._STRING.raw_decode(self._text, self._at)
        except JSONDecodeError as failed:
            self._at = failed.pos
            raise self._unreadable(failed.msg) from failed
        return str(value)

    def _bare(self, place: Place) -> Scalar:
        if word := self._WORD.match(self._text, self._at):
            self._at = word.end()
            return Scalar(self._WORDS[word[0]], None, place)
        number = self._NUMBER.match(self._text, self._at)
        if not number:
            raise self._unreadable("expected a value")
        self._at = number.end()
        return Scalar(numeral(number[0], whole=not (number[1] or number[2])), None, place)

    def _next(self, mark: str) -> bool:
        self._blank()
        found = self._text.startswith(mark, self._at)
        self._at += found
        return found

    def _must(self, mark: str, what: str) -> None:
        if not self._next(mark):
            raise self._unreadable(f"expected {what}")

    def _blank(self) -> None:
        blank = self._BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at

    def _place(self, at: int) -> Place:
        line = bisect_left(self._ends, at)
        return Place(line + 1, at - (self._ends[line - 1] if line else -1))

    def _unreadable(self, why: str) -> Unreadable:
        return Unreadable(self._place(self._at), f"not JSON: {why}", "a bundle in YAML is named .yaml")
