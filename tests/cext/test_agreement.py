"""The compiled kernel and the plain one say the same, byte for byte, about whatever is thrown at them."""

import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cext

pytestmark = pytest.mark.skipif(not cext.COMPILED, reason="the kernel is not built")

NAMES = ("a", "金卡", "k" * 15, "k" * 16, "x" * 40)
DAY_S = 86_400
SPRING = 1_772_294_400

JsonObject = dict[str, Any]


class Invention(Random):
    """A bundle and baskets for it, made up from a seed: small numbers that meet, and limits now and then."""

    def names(self) -> list[str]:
        return self.sample(NAMES, self.randint(1, 3))

    def fen(self) -> int:
        return self.choice((self.randint(0, 5000), self.randint(0, 500), 0, 1, 100, 2**31))

    def ts(self) -> int:
        return SPRING + self.randint(0, 40 * DAY_S)

    def some(self, chance: float, **keys: object) -> JsonObject:
        """Keep each key with the given chance."""
        return {key: value for key, value in keys.items() if self.random() < chance}

    def when(self) -> JsonObject:
        start = self.ts()
        window = {"from": start, "to": start + self.randint(1, 20 * DAY_S)}
        return {
            **self.some(0.3, **window),
            **self.some(
                0.12,
                dow=self.sample(range(7), self.randint(2, 6)),
                dom=self.sample(range(1, 32), self.randint(10, 25)),
                minutes=[self.randint(0, 600), self.randint(700, 1440)],
                tiers=self.names(),
                stores=self.names(),
                pay=self.names(),
                channel=self.names(),
                first=self.random() < 0.5,
                birthday=self.choice(("day", "month")),
                tags=self.names(),
                min_total=self.fen(),
                max_total=self.fen(),
            ),
        }

    def select(self) -> JsonObject:
        return self.some(
            self.choice((0, 0.3)),
            cats=self.names(),
            brands=self.names(),
            skus=self.names(),
            not_cats=self.names(),
            not_skus=self.names(),
            min_unit=self.fen(),
        )

    def do(self, phase: str) -> JsonObject:
        rounding = self.choice(("down", "half_up"))
        discounts: tuple[JsonObject, ...] = (
            {"op": "every_off", "every_fen": self.randint(1, 3000), "off_fen": self.fen()},
            {"op": "every_off", "every_fen": 100, "off_fen": 30, "max_times": self.randint(0, 3)},
            {"op": "off_bp", "bp": self.randint(0, 10_000), "round": rounding},
            {"op": "fixed_price", "fen": self.fen()},
        )
        bonuses: tuple[JsonObject, ...] = (
            {"op": "mult_bp", "bp": self.randint(0, 1_000_000), "round": rounding},
            {"op": "per_qty", "pts": self.fen()},
            {"op": "fixed", "pts": self.fen()},
        )
        return self.choice(discounts if phase == "discount" else bonuses)

    def group(self, nth: int) -> JsonObject:
        return {
            "id": f"G{nth}",
            "phase": self.choice(("discount", "discount", "points")),
            "mode": self.choice(("all", "best", "first")),
            "order": self.randint(-2, 2),
            "suppressed_by": self.sample(("G0", "G1", "G2"), self.randint(0, 2)) if nth > 2 else [],
            "basis": self.choice(("gross", "running")),
        }

    def rule(self, group: JsonObject) -> JsonObject:
        return {
            "phase": group["phase"],
            "group": group["id"],
            "priority": self.randint(-2, 2),
            "when": self.when(),
            "select": self.select(),
            "need": self.some(0.2, min_fen=self.fen(), min_qty=self.randint(0, 12)),
            "do": self.do(group["phase"]),
            "cap": self.choice((0, 0, self.fen())),
        }

    def bundle(self) -> JsonObject:
        """Three to six groups, up to twelve rules; now and then enough for several words of bits."""
        groups = [self.group(nth) for nth in range(self.randint(3, 6))]
        count = self.choice((self.randint(0, 12), self.randint(1, 12), self.choice((12, 64, 65, 200))))
        rules = [self.rule(self.choice(groups)) for _ in range(count)]
        return {
            "schema": "points-bundle/core-1",
            "version": 1,
            "tz_offset_s": self.choice((0, 28_800, -86_400, 12_345)),
            "points": {
                "fen_per_point": self.choice((1, 7, 100)),
                "fen_per_redeemed_point": self.choice((0, 1, 2, 2**31)),
                "receipt_cap": self.choice((0, 0, 20, 8000)),
            },
            "groups": groups,
            "rules": [{"id": f'R"{nth}规', **rule} for nth, rule in enumerate(rules)],
        }

    def line(self) -> JsonObject:
        return {
            "sku": self.choice((*NAMES, "other")),
            "cat": self.choice((*NAMES, "other", "")),
            "brand": self.choice((*NAMES, "other")),
            "qty": self.choice((self.randint(0, 5), 1, 2, 2**16)),
            "unit": self.fen(),
            "fen": self.choice((self.randint(0, 5000), self.randint(0, 200), 8 * 10**6)),
            "nd": self.random() < 0.1,
            "np": self.random() < 0.1,
            **self.some(0.3, milli=self.choice((0, 1, 499, 500, 999, self.randint(0, 999)))),
        }

    def member(self) -> JsonObject | None:
        if self.random() < 0.2:
            return None
        return self.some(
            0.7,
            tier=self.choice((*NAMES, None)),
            first=self.random() < 0.5,
            bday=self.choice((None, 0, 228, 301, 302, 315, 330, 1231)),
            tags=[self.choice((*NAMES, "other")) for _ in range(self.randint(0, 3))],
            birthday_state=self.choice((None, *range(4))),
        )

    def basket(self) -> JsonObject:
        return {
            "ts": self.choice((self.ts(), self.ts(), self.ts(), self.randint(0, 2**36))),
            "store": self.choice((*NAMES, "other")),
            "member": self.member(),
            "pay": self.choice((*NAMES, "other")),
            "points_used": self.choice((0, self.randint(0, 3000), 2**31)),
            **self.some(0.5, channel=self.choice((*NAMES, None))),
            "lines": [self.line() for _ in range(self.choice((0, 1, 2, 5, 20, self.randint(0, 256))))],
        }


@settings(max_examples=450, deadline=None)
@given(st.integers(0, 2**32))
def test_both_kernels_give_the_same_bytes(seed: int) -> None:
    """Results and explanations of 2,250 generated receipts are equal, and their sums are exact."""
    invent = Invention(seed)
    bundle = invent.bundle()
    raw = json.dumps(bundle).encode()
    compiled, plain = cext.load(raw, "c"), cext.load(raw, "py")
    phases = {rule["id"]: rule["phase"] for rule in bundle["rules"]}
    for _ in range(5):
        basket = invent.basket()
        request = json.dumps(basket, ensure_ascii=False, separators=(",", ":")).encode()
        explained = plain.explain(request)
        assert compiled.explain(request) == explained
        assert compiled.evaluate(request) == plain.evaluate(request)
        check_sums(json.loads(explained), basket, phases)


def check_sums(explained: JsonObject, basket: JsonObject, phases: dict[str, str]) -> None:
    """What is taken off and given is exactly what the lines show; no line goes below zero."""
    result = explained["result"]
    assert result["gross"] == sum(line["fen"] for line in basket["lines"])
    assert result["payable"] == sum(result["line_net"])
    discounts = [value for rule, value in result["fired"] if phases[rule] == "discount"]
    assert result["discount"] == result["gross"] - result["payable"] == sum(discounts)
    assert all(0 <= net <= line["fen"] for net, line in zip(result["line_net"], basket["lines"], strict=True))
    assert sum(result["line_points"]) in (0, result["points"])
    for step in explained["trace"]:
        if step["state"] == "fired" and phases[step["rule"]] == "discount":
            assert sum(step["shares"]) == step["value"]
            assert min(step["shares"]) >= 0
