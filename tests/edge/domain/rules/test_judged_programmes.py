"""The programmes that we ship, on baskets made of what they name: both kernels and the judge agree about each."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

import cext
from edge.config import read_bundle_file
from edge.domain.rules.compile import compile_bundle
from tests.cext.judge import judge

JsonObject = dict[str, Any]

PROGRAMMES = sorted((Path(__file__).parents[4] / "docs" / "programmes").glob("*.yaml"))
KERNELS: tuple[cext.KernelName, ...] = ("c", "py") if cext.COMPILED else ("py",)
BASKETS = 60
DAY_S = 86_400
AUTUMN = 1_790_000_000


def values(document: object, wanted: str) -> Iterator[Any]:
    """Everything that stands under a key of this name, wherever it is."""
    if isinstance(document, dict):
        for key, value in document.items():
            if key == wanted:
                yield from value if isinstance(value, list) else [value]
            yield from values(value, wanted)
    elif isinstance(document, list):
        for one in document:
            yield from values(one, wanted)


class Shopping(Random):
    """Baskets for one programme: its categories, tiers and coupons, and amounts around its thresholds."""

    bundle: JsonObject

    def named(self, *keys: str) -> Any:
        """A value that the bundle names under one of the keys, or one that it does not."""
        found = [value for key in keys for value in values(self.bundle["rules"], key)]
        return self.choice([*found, "other"])

    def fen(self) -> int:
        thresholds = [*values(self.bundle["rules"], "min_fen"), *values(self.bundle["rules"], "every_fen")]
        thresholds += values(self.bundle["rules"], "min_total")
        near = self.choice([*(fen for fen in thresholds if fen), 5000]) + self.randint(-1, 1)
        return self.choice((near, near // 2, self.randint(1, 30_000)))

    def line(self) -> JsonObject:
        qty, unit = self.randint(1, 4), self.fen()
        fen = self.choice((unit, unit * qty))
        names = {"sku": self.named("skus", "not_skus"), "cat": self.named("cats", "not_cats"), "brand": "b"}
        return {**names, "qty": qty, "unit": unit, "fen": fen, "nd": False, "np": self.random() < 0.1}

    def basket(self) -> JsonObject:
        windows = [*values(self.bundle["rules"], "from"), AUTUMN, AUTUMN + 7 * DAY_S]
        coupons = list(dict.fromkeys([*values(self.bundle["rules"], "coupon"), "other"]))
        member = {
            "tier": self.named("tiers"),
            "first": self.random() < 0.3,
            "tags": [self.named("tags")],
            "birthday_state": self.choice((0, 1, 3, 4, 12)),
        }
        return {
            "ts": self.choice(windows) + self.randint(0, 40) * DAY_S // 2,
            "store": "S001",
            "member": member if self.random() < 0.9 else None,
            "pay": self.named("pay"),
            "channel": self.named("channel"),
            "points_used": self.choice((0, 77, 5000)),
            "coupons": self.sample(coupons, self.randint(0, min(3, len(coupons)))),
            "lines": [self.line() for _ in range(self.randint(1, 6))],
        }


@pytest.mark.parametrize("programme", PROGRAMMES, ids=lambda path: path.stem)
def test_kernels_and_judge_agree_about_the_programme(programme: Path) -> None:
    """On sixty baskets, on which some of its rules fire."""
    core = compile_bundle(read_bundle_file(programme))
    kernels = [cext.load(core, kernel) for kernel in KERNELS]
    shopping = Shopping(programme.stem)
    shopping.bundle = json.loads(core)
    fired: set[str] = set()
    for _ in range(BASKETS):
        basket = shopping.basket()
        judgement = judge(shopping.bundle, basket)
        for kernel in kernels:
            assert json.loads(kernel.explain(json.dumps(basket).encode())) == judgement
        fired.update(rule for rule, _ in judgement["result"]["fired"])
    assert len(fired) > len(shopping.bundle["rules"]) // 3
