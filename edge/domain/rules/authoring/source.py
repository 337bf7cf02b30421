"""A document as its author typed it, YAML or JSON: the value, and where in the text each part of it stands.

Whatever was written ends in a Source or in Unreadable: depth, size and the unfolding of aliases have limits.
"""

from dataclasses import dataclass, field

from edge.domain.rules.authoring.findings import Finding, Place, Unreadable, child, error, parent
from edge.domain.rules.authoring.json_text import read_json
from edge.domain.rules.authoring.nodes import (
    DEPTH_MAX,
    NODES_MAX,
    TEXT_BYTES_MAX,
    Items,
    Node,
    Pairs,
    Scalar,
    name_of,
)


@dataclass(slots=True)
class Source:
    """A document and its places by JSON pointer; ``texts`` holds what unquoted values looked like."""

    value: object = None
    places: dict[str, Place] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def place(self, path: str) -> Place:
        """Where ``path`` stands: its key, or its value in a list, or what it would have to be in."""
        while path:
            if found := self.keys.get(path) or self.places.get(path):
                return found
            path = parent(path)
        return self.places.get("", Place(1, 1))


def read_source(raw: bytes, form: str) -> Source:
    """Read a document; ``form`` is ``json`` or ``yaml``. Raises Unreadable."""
    if len(raw) > TEXT_BYTES_MAX:
        raise Unreadable(Place(1, 1), f"more than {TEXT_BYTES_MAX} bytes")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as failed:
        line = raw.count(b"\n", 0, failed.start) + 1
        raise Unreadable(Place(line, 1), f"not UTF-8 at byte {failed.start}", "save it as UTF-8") from failed
    if form == "yaml":
        from edge.domain.rules.authoring.yaml_text import (
            read_yaml,  # YAML costs 17 ms to import: a box takes JSON
        )

        return unfold(read_yaml(text))
    return unfold(read_json(text))


def unfold(root: Node) -> Source:
    """The plain value of a tree; a key that is there twice is a finding, the first one counts."""
    source = Source()
    source.value = _Unfolding(source).value(root, "", 0)
    return source


class _Unfolding:
    """One walk over a tree; counts, because an alias may stand for as much as its author likes."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._count = 0

    def value(self, node: Node, path: str, depth: int) -> object:
        self._count += 1
        if self._count > NODES_MAX:
            raise Unreadable(node.place, f"more than {NODES_MAX} values, aliases unfolded")
        if depth > DEPTH_MAX:
            raise Unreadable(node.place, f"nested more than {DEPTH_MAX} deep")
        self._source.places[path] = node.place
        match node:
            case Scalar():
                return self._scalar(node, path)
            case Items():
                return [self.value(one, child(path, at), depth + 1) for at, one in enumerate(node.nodes)]
            case Pairs():
                return self._mapping(node, path, depth)

    def _mapping(self, node: Pairs, path: str, depth: int) -> dict[str, object]:
        mapping: dict[str, object] = {}
        for key, one in node.nodes:
            name = name_of(key)
            if _is_broken(name):
                raise Unreadable(key.place, "half a character (a lone surrogate) in a key")
            below = child(path, name)
            if name in mapping:
                first = self._source.keys[below]
                why = f"{name!r} is there twice, first in line {first.line}"
                found = Finding("error", below, why, "keep one of the two", key.place.line, key.place.column)
                self._source.findings.append(found)
                continue
            self._source.keys[below] = key.place
            mapping[name] = self.value(one, below, depth + 1)
        return mapping

    def _scalar(self, node: Scalar, path: str) -> object:
        if node.text is not None:
            self._source.texts[path] = node.text
        if _is_broken(node.value):
            self._source.findings.append(error(path, "half a character (a lone surrogate)"))
            return ""
        return node.value


def _is_broken(value: object) -> bool:
    return isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value)
