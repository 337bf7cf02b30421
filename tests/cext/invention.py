"""Bundles and baskets made up from a seed: small numbers that meet, and limits now and then."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any

JsonObject = dict[str, Any]

NAMES = ("a", "金卡", "k" * 15, "k" * 16, "x" * 40)
COUPONS = ("满减券", "c1", "c2", 'c"3', "c4", "c5", "c6", "c" * 64)
DAY_S = 86_400
SPRING = 1_772_294_400
MOST = 2**31
COUNTER_MAX = 2**53


class Invention(Random):
    """A bundle and baskets for it.

    ``wide``: whether the bundle goes beyond the first vocabulary; ``kinds``: the coupons that its rules ask for.
    """

    wide = True
    kinds: Sequence[str] = COUPONS

    def names(self) -> list[str]:
        return self.sample(NAMES, self.randint(1, 3))

    def fen(self) -> int:
        return self.choice(
            (self.randint(0, 5000), self.randint(0, 500), self.randint(0, 500), 0, 1, 100, MOST)
        )

    def ts(self) -> int:
        return SPRING + self.randint(0, 40 * DAY_S)

    def some(self, chance: float, **keys: object) -> JsonObject:
        """Keep each key with the given chance."""
        return {key: value for key, value in keys.items() if self.random() < chance}

    # --- bundles ---

    def bundle(self) -> JsonObject:
        """Three to seven groups, up to twelve rules; now and then enough for several words of bits."""
        self.wide = self.random() < 0.7
        self.kinds = self.sample(COUPONS, 4)
        groups = [self.group(nth) for nth in range(self.randint(3, 7))]
        count = self.choice((*(self.randint(1, 12) for _ in range(9)), 0, 12, self.choice((64, 65, 200))))
        rules = [self.rule(self.choice(groups)) for _ in range(count)]
        rules += [self.as_good(rule) for rule in rules if "coupon" in rule["when"] and self.random() < 0.3]
        return {
            "schema": "points-bundle/core-1",
            "version": 1,
            "tz_offset_s": self.choice((0, 28_800, -86_400, 12_345)),
            "points": {
                "fen_per_point": self.choice((1, 7, 100)),
                "fen_per_redeemed_point": self.choice((0, 1, 2, MOST)),
                "receipt_cap": self.choice((0, 0, 20, 8000)),
            },
            "groups": groups,
            "rules": [{"id": f'R"{nth}规', **rule} for nth, rule in enumerate(rules)],
            **(self.some(0.5, day_start_s=self.choice((4 * 3600, 1, DAY_S - 1, 0))) if self.wide else {}),
        }

    def group(self, nth: int) -> JsonObject:
        phases = ("discount", "discount", "discount", "points", "points")
        return {
            "id": f"G{nth}",
            "phase": self.choice((*phases, "gifts") if self.wide else phases),
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
            "do": self.do(group),
            "cap": self.choice((0, 0, self.fen())),
            **(self.some(0.25, limit=self.limit()) if self.wide else {}),
        }

    def as_good(self, rule: JsonObject) -> JsonObject:
        """The same for another coupon, so that coupons are worth the same now and then."""
        return {**rule, "when": {**rule["when"], "coupon": self.choice(self.kinds)}}

    def when(self) -> JsonObject:
        start = self.ts()
        window = {"from": start, "to": start + self.randint(1, 20 * DAY_S)}
        asked = self.some(
            self.choice((0, 0.05, 0.15)),
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
        )
        if self.wide and "birthday" in asked:
            asked |= self.some(0.7, birthday_calendar=self.choice(("solar", "lunar", "either")))
        if self.wide:
            asked |= self.some(0.25, coupon=self.choice(self.kinds))
        return {**self.some(self.choice((0, 0, 0.3)), **window), **asked}

    def select(self) -> JsonObject:
        return self.some(
            self.choice((0, 0.1, 0.3)),
            cats=self.names(),
            brands=self.names(),
            skus=self.names(),
            not_cats=self.names(),
            not_skus=self.names(),
            min_unit=self.fen(),
        )

    def do(self, group: JsonObject) -> JsonObject:
        rounding = self.choice(("down", "half_up"))
        operations: dict[str, list[JsonObject]] = {
            "discount": [
                {"op": "every_off", "every_fen": self.randint(1, 3000), "off_fen": self.fen()},
                {"op": "every_off", "every_fen": 100, "off_fen": 30, "max_times": self.randint(0, 3)},
                {"op": "off_bp", "bp": self.randint(0, 10_000), "round": rounding},
                {"op": "fixed_price", "fen": self.fen()},
            ],
            "points": [
                {"op": "mult_bp", "bp": self.randint(0, 1_000_000), "round": rounding},
                {"op": "per_qty", "pts": self.fen()},
                {"op": "fixed", "pts": self.fen()},
            ],
            "gifts": [
                {"op": "gift", "qty": self.choice((1, 2, 2**16))},
                {"op": "gift", "qty": self.randint(1, 3), **self.steps()},
            ],
        }
        if self.wide:
            operations["points"] += [self.redeem(), self.redeem()]
            operations["discount"] += [self.nth_item(rounding), self.nth_item(rounding)]
        if self.wide and group["basis"] == "running":
            operations["discount"].append({"op": "round_to", "fen": self.choice((2, 10, 100, 1000, MOST))})
        return self.choice(operations[group["phase"]])

    def steps(self) -> JsonObject:
        """How often a gift is given."""
        return {"every_fen": self.fen(), **self.some(0.5, max_times=self.randint(0, 3))}

    def nth_item(self, rounding: str) -> JsonObject:
        rate = self.choice((10_000, 5000, self.randint(0, 10_000)))
        return {
            "op": "nth_item_bp",
            "n": self.choice((2, 2, 3, 4, 2**16)),
            "bp": rate,
            **self.some(0.5, max_times=self.randint(0, 3), round=rounding),
        }

    def redeem(self) -> JsonObject:
        return {
            "op": "redeem",
            "fen_per_point": self.choice((1, 2, 7, 100, MOST)),
            **self.some(
                0.5, max_bp=self.choice((0, 3333, 5000, 10_000)), step=self.choice((1, 10, 50, MOST))
            ),
        }

    def limit(self) -> JsonObject:
        return self.some(
            0.35,
            per_member=self.randint(0, 3),
            per_day=self.randint(0, 3),
            member_value=self.fen(),
            day_value=self.fen(),
            total_value=self.fen(),
        )

    # --- baskets ---

    def basket(self, bundle: JsonObject) -> JsonObject:
        lines = self.choice((0, 1, 2, 3, 3, 5, 5, 8, 20, self.randint(0, 40)))
        if self.random() < 0.02:
            lines = self.randint(100, 256)
        return {
            "ts": self.choice((self.ts(), self.ts(), self.ts(), self.randint(0, 2**36))),
            "store": self.choice((*NAMES, "other")),
            "member": self.member(),
            "pay": self.choice((*NAMES, "other")),
            "points_used": self.choice((0, self.randint(0, 100), self.randint(0, 3000), MOST)),
            **self.some(0.5, channel=self.choice((*NAMES, None))),
            "lines": [self.line(lines) for _ in range(lines)],
            **self.some(0.6, used=self.used(bundle["rules"])),
            **self.some(0.7, coupons=self.coupons(lines)),
        }

    def line(self, lines: int) -> JsonObject:
        return {
            "sku": self.choice((*NAMES, "other")),
            "cat": self.choice((*NAMES, "other", "")),
            "brand": self.choice((*NAMES, "other")),
            "qty": 2**16
            if lines < 4 and self.random() < 0.05
            else self.choice((self.randint(0, 5), 1, 2, 3)),
            "unit": self.fen(),
            "fen": self.choice(
                (self.randint(0, 5000), self.randint(0, 500), self.randint(0, 500), 8 * 10**6)
            ),
            "nd": self.random() < 0.1,
            "np": self.random() < 0.1,
            **self.some(0.3, milli=self.choice((0, 0, 1, 499, 500, 999, self.randint(0, 999)))),
        }

    def amount(self, lines: int) -> int:
        """Small as a rule, and never so large that the basket is refused."""
        if self.random() < 0.03:
            return MOST // lines
        return self.choice((self.randint(0, 5000), self.randint(0, 500), self.randint(0, 500), 8 * 10**6))

    def member(self) -> JsonObject | None:
        if self.random() < 0.2:
            return None
        return self.some(
            0.7,
            tier=self.choice((*NAMES, None)),
            first=self.random() < 0.5,
            bday=self.choice((None, 0, 228, 301, 302, 315, 330, 1231)),
            tags=[self.choice((*NAMES, "other")) for _ in range(self.randint(0, 3))],
            birthday_state=self.choice((None, *range(16))),
        )

    def coupons(self, lines: int) -> list[str]:
        """Few as a rule: every combination of them is priced."""
        if lines < 6 and self.random() < 0.02:
            return self.sample(COUPONS, 6)
        return self.sample((*self.kinds, "c0"), self.choice((0, 1, 1, 2, 2, 3)))

    def used(self, rules: Sequence[JsonObject]) -> JsonObject:
        """What some of the rules, and one that is gone, have given so far."""
        ids = [rule["id"] for rule in rules if self.random() < 0.5]
        return {rule_id: self.counters() for rule_id in [*ids, "gone"]}

    def counters(self) -> list[int]:
        times = [self.choice((0, 0, 1, 2, COUNTER_MAX)) for _ in range(2)]
        values = [self.choice((0, 0, 1, self.randint(0, 500), self.fen())) for _ in range(3)]
        return [*times, *values][: self.choice((5, 5, 5, 5, 5, 5, self.randint(0, 4)))]

    def written(self, basket: JsonObject) -> bytes:
        """As JSON: as tills write it, or with its keys in any order, or with blanks."""
        if self.random() < 0.2:
            basket = {key: basket[key] for key in self.sample(list(basket), len(basket))}
        separators = (", ", ": ") if self.random() < 0.1 else (",", ":")
        return json.dumps(basket, ensure_ascii=self.random() < 0.1, separators=separators).encode()
