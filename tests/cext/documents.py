"""Bundles and baskets in a few words, for tests that are about one thing of them."""

import json
from typing import Any

import cext

JsonObject = dict[str, Any]

NOON = 1_795_320_000  # Sunday 2026-11-22 12:00 in China


def group(id: str, **keys: object) -> JsonObject:
    """A discount group, unless the keys say otherwise."""
    return {"id": id, "phase": "discount", "mode": "all", "order": 1, **keys}


def rule(id: str, do: JsonObject, **keys: object) -> JsonObject:
    """A rule of group ``g`` that asks nothing, unless the keys say otherwise."""
    return {"id": id, "phase": "discount", "group": "g", "priority": 10, "do": do, **keys}


def bundle(groups: list[JsonObject], rules: list[JsonObject], **points: int) -> JsonObject:
    """A core bundle in China's time."""
    return {
        "schema": "points-bundle/core-1",
        "version": 3,
        "tz_offset_s": 28_800,
        "points": {"fen_per_point": 100, "fen_per_redeemed_point": 1, **points},
        "groups": groups,
        "rules": rules,
    }


def line(fen: int, qty: int = 1, **keys: object) -> JsonObject:
    """A line of ``qty`` units that come to ``fen``."""
    return {"sku": "s", "cat": "c", "brand": "b", "qty": qty, "unit": fen // max(qty, 1), "fen": fen, **keys}


def basket(*lines: JsonObject, **keys: object) -> bytes:
    """A stranger's basket at noon, unless the keys say otherwise."""
    return json.dumps({"ts": NOON, "store": "S1", "pay": "cash", "lines": lines, **keys}).encode()


def off(fen: int) -> JsonObject:
    """An operation that takes ``fen`` off, once."""
    return {"op": "every_off", "every_fen": 1, "off_fen": fen, "max_times": 1}


def explain(program: cext.Program, request: bytes) -> tuple[JsonObject, dict[str, JsonObject]]:
    """The result, and the steps by rule."""
    explained = json.loads(program.explain(request))
    assert explained["result"] == json.loads(program.evaluate(request))
    return explained["result"], {step["rule"]: step for step in explained["trace"]}
