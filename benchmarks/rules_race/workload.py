"""What is priced: the bundles and receipts of the tests, and larger ones drawn from them with a fixed seed.

A larger bundle is the one of 50 rules and campaigns beside it: each takes the shape of one of the 50, draws its
categories, brands or articles anew, and runs for a time as long as one of the dated rules there. A receipt of
exactly n lines takes member, store, time and payment from a receipt of the tests, and its lines from all of them.
"""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

DATA = Path(__file__).parents[2] / "tests" / "data" / "rules"
SEED = 20260301
SHIPPED = (10, 50)
POPULAR_SKUS = 400
WEEK_S = 7 * 86_400
SELECTIONS = {"cats": "cat", "not_cats": "cat", "brands": "brand", "skus": "sku", "not_skus": "sku"}

Rule = dict[str, Any]
Receipt = dict[str, Any]


def shipped_receipts() -> list[bytes]:
    """The receipts of the tests, 1 to 40 lines each."""
    return (DATA / "requests.jsonl").read_bytes().splitlines()


def bundle_of(rules: int) -> bytes:
    """A bundle of exactly so many rules."""
    if rules in SHIPPED:
        return (DATA / f"bundle_{rules}.json").read_bytes()
    bundle = json.loads(bundle_of(50))
    random = Random(SEED + rules)
    shapes = bundle["rules"]
    windows = [when for when in (shape["when"] for shape in shapes) if "to" in when]
    catalogue = _catalogue()
    bundle["rules"] = shapes + [
        _campaign(place, shapes[place % len(shapes)], windows, catalogue, random)
        for place in range(len(shapes), rules)
    ]
    return json.dumps(bundle, separators=(",", ":")).encode()


def receipts_of(lines: int, count: int) -> list[bytes]:
    """Receipts of exactly so many lines."""
    random = Random(SEED + lines)
    receipts = _receipts()
    pool = [line for receipt in receipts for line in receipt["lines"]]
    return [
        json.dumps(receipt | {"lines": random.choices(pool, k=lines)}, separators=(",", ":")).encode()
        for receipt in random.sample(receipts, count)
    ]


@cache
def _receipts() -> list[Receipt]:
    return [json.loads(raw) for raw in shipped_receipts()]


def _catalogue() -> dict[str, list[str]]:
    """Categories, brands, and the articles that promotions name: those most sold."""
    lines = [line for receipt in _receipts() for line in receipt["lines"]]
    values = {key: sorted({line[key] for line in lines}) for key in ("cat", "brand", "sku")}
    return values | {"sku": values["sku"][:POPULAR_SKUS]}


def _campaign(
    place: int,
    shape: Rule,
    windows: Sequence[dict[str, int]],
    catalogue: dict[str, list[str]],
    random: Random,
) -> Rule:
    """A dated rule in the shape of one of the standing ones."""
    model = random.choice(windows)
    length_s = model["to"] - model["from"]
    opening_s, closing_s = min(w["from"] for w in windows), max(w["to"] for w in windows)
    start = random.randrange(opening_s, max(opening_s + 1, closing_s - length_s), WEEK_S)
    drawn = {
        key: sorted(random.sample(catalogue[SELECTIONS[key]], len(value))) if key in SELECTIONS else value
        for key, value in shape["select"].items()
    }
    return shape | {
        "id": f"R{place:04d}",
        "priority": random.randrange(1, 100),
        "when": shape["when"] | {"from": start, "to": start + length_s},
        "select": drawn,
    }
