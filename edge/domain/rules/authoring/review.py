"""Everything there is to say about a bundle before it runs: all errors, or what is odd about it."""

from dataclasses import dataclass

import msgspec

import cext
from edge.domain.rules.authoring.check import errors_in
from edge.domain.rules.authoring.draft import read_draft
from edge.domain.rules.authoring.findings import Finding, error
from edge.domain.rules.authoring.parts import parts_of
from edge.domain.rules.authoring.warnings import warnings_in
from edge.domain.rules.compile import BundleRefused, read_bundle
from edge.domain.rules.core import core_bundle, origin
from edge.domain.rules.model import Bundle
from edge.domain.rules.vectors import failures


@dataclass(frozen=True, slots=True)
class Review:
    """What was found, in the order of the text; ``bundle`` and ``program`` are there if it can run."""

    findings: list[Finding]
    bundle: Bundle | None = None
    program: cext.Program | None = None

    @property
    def errors(self) -> int:
        return sum(one.level == "error" for one in self.findings)

    @property
    def warnings(self) -> int:
        return len(self.findings) - self.errors


def review(raw: bytes, form: str) -> Review:
    """Look at a bundle in ``form`` (``yaml`` or ``json``); never raises for what is in it."""
    draft = read_draft(raw, form)
    parts = parts_of(draft)
    found = [*draft.findings, *draft.placed(errors_in(parts))]
    if found:
        return Review(draft.placed(found))
    try:
        bundle = read_bundle(msgspec.json.encode(draft.plain))
        program = _loaded(bundle)
    except BundleRefused as refused:
        return Review(draft.placed([error(refused.path, refused.why)]))
    failed = [
        error(one.path, f"{one.name}: {one}", "tillside rules test") for one in failures(bundle, program)
    ]
    return Review(draft.placed([*failed, *warnings_in(parts)]), bundle, program)


def _loaded(bundle: Bundle) -> cext.Program:
    try:
        return cext.load(msgspec.json.encode(core_bundle(bundle)))
    except cext.BundleError as refused:
        raise BundleRefused(origin(bundle, refused.path), refused.why) from refused
