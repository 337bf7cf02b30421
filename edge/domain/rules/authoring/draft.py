"""A bundle on its author's desk: YAML or JSON, values as people write them, mistakes and all; and what a box takes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from cext.request import read_request
from edge.domain.rules.authoring.findings import Finding, Unreadable
from edge.domain.rules.authoring.reading import read_document
from edge.domain.rules.authoring.requests import plain_expected, plain_request
from edge.domain.rules.authoring.source import Source, read_source
from edge.domain.rules.core import CORE_SCHEMA
from edge.domain.rules.model import Bundle, Vector

DEFAULT_ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Draft:
    """A bundle as written: ``plain`` is what the model takes, without the faulty parts. Findings have places."""

    plain: dict[str, Any]
    findings: list[Finding]
    source: Source

    def placed(self, findings: Iterable[Finding]) -> list[Finding]:
        """``findings`` with line and column, in the order of the text."""
        found = [
            one if one.line else msgspec.structs.replace(one, **self.source.place(one.path)._asdict())
            for one in findings
        ]
        return sorted(found, key=lambda one: (one.line, one.column, one.path))


def read_draft(raw: bytes, form: str) -> Draft:
    """Read a bundle in ``form`` (``yaml`` or ``json``); what is no document at all is a finding as well."""
    try:
        return _draft(read_source(raw, form))
    except Unreadable as refused:
        return Draft({}, [refused.finding], Source())


def plain_bundle(raw: bytes, form: str) -> bytes:
    """The bundle as a box takes it; one that is plain already keeps its bytes, and so does a kernel's own.

    Raises Unreadable for what is no document, Refused for what the model does not take.
    """
    if form == "json" and _is_plain(raw):
        return raw
    source = read_source(raw, form)
    if isinstance(source.value, dict) and source.value.get("schema") == CORE_SCHEMA:
        return msgspec.json.encode(source.value, order="sorted")
    draft = _draft(source)
    if draft.findings:
        raise Refused(draft.findings)
    return msgspec.json.encode(draft.plain, order="sorted")


class Refused(ValueError):
    """A bundle with mistakes in it; the text is the first of them."""

    def __init__(self, findings: list[Finding]) -> None:
        first, more = findings[0], len(findings) - 1
        super().__init__(f"{first.path or '/'}: {first.why}" + (f" (and {more} more)" if more else ""))
        self.findings = findings


def tier_labels(document: object) -> dict[str, str]:
    """The ids of tiers by their labels; what is an id already is not looked up."""
    tiers = document.get("tiers") if isinstance(document, dict) else None
    named = [tier for tier in tiers if isinstance(tier, dict)] if isinstance(tiers, list) else []
    pairs = [(tier.get("label"), tier.get("id")) for tier in named]
    ids = {tier_id for _, tier_id in pairs if isinstance(tier_id, str)}
    return {
        label: tier_id
        for label, tier_id in pairs
        if isinstance(label, str) and isinstance(tier_id, str) and label not in ids
    }


def zone_of(plain: dict[str, Any]) -> ZoneInfo:
    """The bundle's time zone, or the usual one while that is wrong."""
    try:
        return ZoneInfo(plain.get("tz", DEFAULT_ZONE))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(DEFAULT_ZONE)


def _draft(source: Source) -> Draft:
    plain, findings = read_document(source, tier_labels(source.value))
    if isinstance(plain.get("vectors"), list):
        plain["vectors"] = _plain_vectors(plain)
    draft = Draft(plain, [], source)
    return Draft(plain, draft.placed((*source.findings, *findings)), source)


class _Head(msgspec.Struct, frozen=True):
    schema: str


def _is_plain(raw: bytes) -> bool:
    """Whether programs wrote it: the model takes it as it is. This is some hundred times quicker than reading it."""
    try:
        if msgspec.json.decode(raw, type=_Head).schema == CORE_SCHEMA:
            return True
        bundle = msgspec.json.decode(raw, type=Bundle)
        for vector in bundle.vectors:
            read_request(msgspec.json.encode(vector.request))
    except (ValueError, RecursionError):
        return False
    tiers = {tier.id for tier in bundle.tiers}
    return all(_is_plain_vector(vector, tiers) for vector in bundle.vectors)


def _is_plain_vector(vector: Vector, tiers: set[str]) -> bool:
    """Texts stand for amounts, and labels for tiers, only where people write."""
    member = vector.request.get("member") or {}
    values = vector.expected.items()
    return member.get("tier", "") in {"", *tiers} and all(
        isinstance(value, list if key in ("fired", "line_net", "line_points") else int)
        for key, value in values
    )


def _plain_vectors(plain: dict[str, Any]) -> list[Any]:
    zone = zone_of(plain)
    starts = datetime.fromisoformat(plain.get("valid_from") or "2026-01-01T00:00:00")
    default_ts = int((starts if starts.tzinfo else starts.replace(tzinfo=zone)).timestamp())
    return [
        {
            **vector,
            **(
                {"request": plain_request(vector["request"], zone, default_ts)} if "request" in vector else {}
            ),
            **({"expected": plain_expected(vector["expected"])} if "expected" in vector else {}),
        }
        for vector in plain["vectors"]
    ]
