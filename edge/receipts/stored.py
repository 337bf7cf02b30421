"""A print document as JSON and back: what the durable queue keeps of a job."""

from typing import Any

import msgspec

from drivers.api import Block, Cut, Divider, Document, Feed, Pair, QrCode, Row, Text

_KINDS: dict[str, type[Block]] = {
    kind.__name__.lower(): kind for kind in (Text, Pair, Row, Divider, Feed, QrCode, Cut)
}


def dump(document: Document) -> bytes:
    """``[["text", {...}], ["cut", {}], …]``; the same document gives the same bytes."""
    return msgspec.json.encode([(type(block).__name__.lower(), block) for block in document])


def load(stored: bytes) -> Document:
    """What ``dump`` was given; raises ValueError that names the block it cannot read."""
    entries = msgspec.json.decode(stored, type=list[tuple[str, dict[str, Any]]])
    return tuple(_block(kind, fields) for kind, fields in entries)


def _block(kind: str, fields: dict[str, Any]) -> Block:
    if kind not in _KINDS:
        raise ValueError(f"print document has a block of unknown kind {kind!r}")
    return msgspec.convert(fields, _KINDS[kind])
