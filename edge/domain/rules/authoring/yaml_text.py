"""YAML as bundles use it: mappings, lists, plain and quoted values, anchors and merges; no tags that make objects.

The tree is built from libyaml's events, which come one by one: its own composer recurses in C and dies of depth.
Values are those of YAML 1.2 (``08:00``, ``no`` and dates are text), except that numbers may hold ``_``.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from edge.domain.rules.authoring.findings import Place, Unreadable
from edge.domain.rules.authoring.nodes import (
    DEPTH_MAX,
    NODES_MAX,
    Items,
    Node,
    Pairs,
    Scalar,
    name_of,
    numeral,
)

_INT = re.compile(r"[-+]?[0-9][0-9_]*")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_TEXT_TAG = "tag:yaml.org,2002:str"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str) -> Node:
    """The one document of ``text`` as a tree; raises Unreadable."""
    try:
        return _Composer(yaml.parse(text, Loader=_Loader)).document()
    except yaml.MarkedYAMLError as failed:
        place = _place(failed.problem_mark or failed.context_mark)
        raise Unreadable(place, f"not YAML: {failed.problem or failed.context}") from failed
    except yaml.YAMLError as failed:
        raise Unreadable(Place(1, 1), f"not YAML: {' '.join(str(failed).split())}") from failed


class _Composer:
    """Turns events into nodes; an alias is the node that its anchor names."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._anchors: dict[str, Node] = {}
        self._merged = 0

    def document(self) -> Node:
        started = [next(self._events), next(self._events)]
        if not isinstance(started[1], yaml.DocumentStartEvent):
            raise Unreadable(Place(1, 1), "the file is empty")
        root = self._node(next(self._events), 0)
        next(self._events)
        extra = next(self._events)
        if not isinstance(extra, yaml.StreamEndEvent):
            raise Unreadable(
                _place(extra.start_mark), "a second document", "one bundle a file: no --- in between"
            )
        return root

    def _node(self, event: Any, depth: int) -> Node:
        place = _place(event.start_mark)
        if depth > DEPTH_MAX:
            raise Unreadable(place, f"nested more than {DEPTH_MAX} deep")
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise Unreadable(place, f"*{event.anchor} names an anchor that is not above it")
            return self._anchors[event.anchor]
        node = self._made(event, place, depth)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _made(self, event: Any, place: Place, depth: int) -> Node:
        if (
            event.tag
            and not (event.tag == _TEXT_TAG and isinstance(event, yaml.ScalarEvent))
            and event.tag != "!"
        ):
            raise Unreadable(place, f"a tag, {event.tag}", "leave it out: values are what they look like")
        if isinstance(event, yaml.ScalarEvent):
            quoted = event.tag is not None or not event.implicit[0]
            return Scalar(event.value, None, place) if quoted else _plain(event.value, place)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(self._items(depth), place)
        return Pairs(self._pairs(depth), place)

    def _items(self, depth: int) -> list[Node]:
        nodes: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            nodes.append(self._node(event, depth + 1))
        return nodes

    def _pairs(self, depth: int) -> list[tuple[Scalar, Node]]:
        own: list[tuple[Scalar, Node]] = []
        merged: list[tuple[Scalar, Node]] = []
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if not isinstance(key, Scalar):
                raise Unreadable(key.place, "a key that is not text")
            if key.text == "<<":
                merged += self._brought_in(value)
            else:
                own.append((key, value))
        names = {name_of(key) for key, _ in own}
        for key, value in merged:  # what stands here overrules what is merged; the first merged one counts
            if name_of(key) not in names:
                names.add(name_of(key))
                own.append((key, value))
        return own

    def _brought_in(self, node: Node) -> list[tuple[Scalar, Node]]:
        """What ``<<: *one`` or ``<<: [*one, *other]`` brings in; counted, for it may be written often."""
        parts = node.nodes if isinstance(node, Items) else [node]
        pairs: list[tuple[Scalar, Node]] = []
        for part in parts:
            if not isinstance(part, Pairs):
                raise Unreadable(part.place, "<< takes a mapping", "<<: *anchor")
            self._merged += len(part.nodes)
            if self._merged > NODES_MAX:
                raise Unreadable(node.place, f"more than {NODES_MAX} values, merges unfolded")
            pairs += part.nodes
        return pairs


def _plain(text: str, place: Place) -> Scalar:
    """An unquoted value as YAML 1.2 reads it."""
    if text in _WORDS:
        return Scalar(None, text, place)
    if text in _TRUTHS:
        return Scalar(_TRUTHS[text], text, place)
    if _INT.fullmatch(text):
        return Scalar(numeral(text.replace("_", ""), whole=True), text, place)
    if _FLOAT.fullmatch(text):
        return Scalar(numeral(text, whole=False), text, place)
    return Scalar(text, text, place)


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
