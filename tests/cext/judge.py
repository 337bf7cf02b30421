"""The rules, read a third time and from the prose alone: docs/rule-authoring.md, as slowly and plainly as it says it.

Nothing here is of either kernel: no types, no bits, no packed numbers, only the JSON as it was written and
exact fractions. Where the judge and both kernels differ, one of the three has misread the prose.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import combinations
from math import floor, inf
from typing import Any

JsonObject = dict[str, Any]
Shares = list[int]

MOST = 2**31
"""What one rule or one receipt can give where nothing else bounds it."""

HALF = Fraction(1, 2)
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local time: the bundle's offset is added to it
BIRTHDAY_BITS = {("solar", "month"): 1, ("solar", "day"): 2, ("lunar", "month"): 4, ("lunar", "day"): 8}
TIMES = {"per_member": 0, "per_day": 1}
VALUES = {"member_value": 2, "day_value": 3, "total_value": 4}


def judge(bundle: JsonObject, request: JsonObject) -> JsonObject:
    """What ``explain`` has to answer: of all choices among the coupons, what is best for the customer."""
    presented = request.get("coupons", [])
    choices = [chosen for count in range(len(presented) + 1) for chosen in combinations(presented, count)]
    receipts = [(chosen, Receipt(bundle, request, chosen).decide()) for chosen in choices]
    return min(receipts, key=lambda one: loss(bundle, presented, *one))[1]


def loss(
    bundle: JsonObject, presented: list[str], chosen: Sequence[str], decided: JsonObject
) -> tuple[int, ...]:
    """What the customer wants little of, first things first: to pay, points not earned, coupons used up.

    Then as many as can be take part, and of equal choices those presented first.
    """
    result = decided["result"]
    fired = {rule for rule, _ in result["fired"]}
    spent = [rule for rule in bundle["rules"] if rule["id"] in fired and "coupon" in rule.get("when", {})]
    mask = sum(2 ** presented.index(kind) for kind in chosen)
    return result["payable"], -result["points"], len(spent), -len(chosen), mask


def rounded(exact: Fraction, direction: str) -> int:
    """Whole fen or points of an exact amount."""
    return floor(exact + HALF) if direction == "half_up" else floor(exact)


def spread(value: int, weights: Sequence[int]) -> Shares:
    """Each gets what all up to it should have, less what all before it have; nothing where nothing weighs."""
    total = sum(weights)
    given: Shares = []
    upto = 0
    for weight in weights:
        upto += weight
        given.append((floor(Fraction(value * upto, total)) if total else 0) - sum(given))
    return given


def give(_: JsonObject, value: int, chosen: list[int], measured: list[int]) -> tuple[int, Shares]:
    """Points and gifts come as they are, spread by what was measured."""
    return value, spread(value, [measured[place] for place in chosen])


def among(value: object, wanted: Sequence[object] | None) -> bool:
    """Whether a list that may be left out takes the value."""
    return wanted is None or value in wanted


class Receipt:
    """One basket under one choice of coupons, as it is decided phase by phase."""

    def __init__(self, bundle: JsonObject, request: JsonObject, coupons: Sequence[str]) -> None:
        self.bundle, self.request, self.coupons = bundle, request, coupons
        self.lines: list[JsonObject] = request["lines"]
        self.member: JsonObject | None = request.get("member")
        self.net = [line["fen"] for line in self.lines]
        self.steps: dict[str, JsonObject] = {}
        self.fired: list[tuple[str, int]] = []
        self.fired_groups: set[str] = set()
        local = timedelta(seconds=request["ts"] + bundle["tz_offset_s"])
        self.clock = EPOCH + local
        self.day = EPOCH + local - timedelta(seconds=bundle.get("day_start_s", 0))

    def decide(self) -> JsonObject:
        """Discounts, then what points pay, then points on the rest, then gifts."""
        gross = sum(self.net)
        self.discounts(gross)
        paid = self.redeem()
        line_points, points = self.points([net - part for net, part in zip(self.net, paid, strict=True)])
        self.gifts()
        return {
            "result": {
                "gross": gross,
                "discount": gross - sum(self.net),
                "payable": sum(self.net),
                "points": points,
                "fired": [list(one) for one in self.fired],
                "line_net": self.net,
                "line_points": line_points,
            },
            "trace": [{"rule": rule["id"], **self.steps[rule["id"]]} for rule in self.bundle["rules"]],
        }

    # --- phases ---

    def discounts(self, gross: int) -> None:
        """Take off what each group gives, of what is still on its lines."""
        opening = list(self.net)
        open_to = [place for place, line in enumerate(self.lines) if not line.get("nd", False)]

        def take(rule: JsonObject, value: int, chosen: list[int], measured: list[int]) -> tuple[int, Shares]:
            weights = [self.net[place] for place in chosen]
            if rule["do"]["op"] == "fixed_price":
                dear = [above(rule["do"]["fen"], self.lines[place], measured[place]) for place in chosen]
                weights = [min(fen, left) for fen, left in zip(dear, weights, strict=True)]
            value = min(value, sum(weights))
            shares = spread(value, weights)
            for place, share in zip(chosen, shares, strict=True):
                self.net[place] -= share
            return value, shares

        for group, rules in self.groups("discount"):
            measured = list(self.net) if group.get("basis") == "running" else opening
            self.resolve(group, rules, Sight(gross, measured, open_to), take)

    def redeem(self) -> Shares:
        """What points pay of each line."""
        rules = [rule for _, rules in self.groups("points") for rule in rules if rule["do"]["op"] == "redeem"]
        if not rules:
            terms = self.bundle["points"]["fen_per_redeemed_point"]
            value = self.request.get("points_used", 0) * terms
            return spread(min(value, sum(self.net)), self.net)
        sight = Sight(sum(self.net), self.net, range(len(self.lines)))
        paid = [0] * len(self.lines)
        winner = None
        for rule in rules:
            chosen, step = self.ask(rule, sight)
            if step is None and winner is not None:
                step = {"state": "skipped", "why": "lost", "to": winner}
            elif step is None:
                winner = rule["id"]
                taken = self.taken(rule, sum(self.net[place] for place in chosen))
                shares = spread(taken * rule["do"]["fen_per_point"], [self.net[place] for place in chosen])
                step = self.note(rule, taken, chosen, shares)
                for place, share in zip(chosen, shares, strict=True):
                    paid[place] = share
            self.steps[rule["id"]] = step
        return paid

    def taken(self, rule: JsonObject, selected_fen: int) -> int:
        """How many points a redeem rule lets pay."""
        do = rule["do"]
        ceiling_fen = floor(Fraction(selected_fen * do.get("max_bp", 10_000), 10_000))
        most: int = min(
            self.request.get("points_used", 0), ceiling_fen // do["fen_per_point"], self.cap(rule)
        )
        return most - most % int(do.get("step", 1))

    def points(self, base: list[int]) -> tuple[Shares, int]:
        """Points of each line, and of the receipt."""
        open_to = [place for place, line in enumerate(self.lines) if not line.get("np", False)]
        before = len(self.fired)
        for group, rules in self.groups("points"):
            earning = [rule for rule in rules if rule["do"]["op"] != "redeem"]
            self.resolve(group, earning, Sight(sum(self.net), base, open_to), give)
        earned = sum(value for _, value in self.fired[before:])
        points = min(earned, self.bundle["points"].get("receipt_cap", 0) or MOST)
        line_points = [0] * len(self.lines)
        for place, share in zip(open_to, spread(points, [base[place] for place in open_to]), strict=True):
            line_points[place] = share
        if points and not any(base[place] for place in open_to):
            line_points[open_to[0]] = points
        return line_points, points

    def gifts(self) -> None:
        """Gifts take nothing from the basket."""
        sight = Sight(sum(self.net), self.net, range(len(self.lines)))
        for group, rules in self.groups("gifts"):
            self.resolve(group, rules, sight, give)

    def groups(self, phase: str) -> Iterator[tuple[JsonObject, list[JsonObject]]]:
        """Groups of a phase in their order, each with its rules in theirs."""
        for group in sorted(self.bundle["groups"], key=lambda group: group["order"]):
            if group["phase"] == phase:
                rules = [rule for rule in self.bundle["rules"] if rule["group"] == group["id"]]
                yield group, sorted(rules, key=lambda rule: rule["priority"])

    # --- one group ---

    def resolve(
        self,
        group: JsonObject,
        rules: list[JsonObject],
        sight: "Sight",
        apply: Callable[[JsonObject, int, list[int], list[int]], tuple[int, Shares]],
    ) -> None:
        """Try every rule, let the mode choose, apply what was chosen."""
        offers: list[tuple[JsonObject, int, list[int]]] = []
        for rule in rules:
            chosen, step = self.ask(rule, sight)
            value = 0 if step else min(self.worth(rule, sight, chosen), self.cap(rule))
            if value:
                offers.append((rule, value, chosen))
            else:
                self.steps[rule["id"]] = step or {"state": "skipped", "why": "no_value"}
        winners = offers
        if offers and group["mode"] == "best":
            winners = [max(offers, key=lambda offer: offer[1])]
        elif group["mode"] == "first":
            winners = offers[:1]
        for rule, _, _ in offers:
            self.steps[rule["id"]] = {"state": "skipped", "why": "lost", "to": winners[0][0]["id"]}
        for rule, value, chosen in winners:
            applied, shares = apply(rule, value, chosen, sight.measured)
            self.steps[rule["id"]] = self.note(rule, applied, chosen, shares)

    def note(self, rule: JsonObject, value: int, chosen: list[int], shares: Shares) -> JsonObject:
        """The step of a rule that was applied; it fired if anything came of it."""
        if not value:
            return {"state": "skipped", "why": "no_value"}
        self.fired.append((rule["id"], value))
        self.fired_groups.add(rule["group"])
        return {"state": "fired", "value": value, "lines": chosen, "shares": shares}

    # --- one rule ---

    def ask(self, rule: JsonObject, sight: "Sight") -> tuple[list[int], JsonObject | None]:
        """The lines that a rule selects; and the step of a rule that gives nothing before its value is asked."""
        if rule["phase"] == "points" and self.member is None:
            return [], {"state": "skipped", "why": "no_member"}
        for why, holds in self.conditions(rule, sight.total):
            if not holds:
                return [], {"state": "skipped", "why": why}
        chosen = [place for place in sight.open_to if selects(rule.get("select", {}), self.lines[place])]
        if not chosen:
            return chosen, {"state": "skipped", "why": "no_line"}
        need = rule.get("need", {})
        short_fen = max(0, need.get("min_fen", 0) - sum(sight.measured[place] for place in chosen))
        short_qty = max(0, need.get("min_qty", 0) - sum(self.lines[place]["qty"] for place in chosen))
        if short_fen or short_qty:
            return chosen, {"state": "skipped", "why": "need", "short_fen": short_fen, "short_qty": short_qty}
        (group,) = (group for group in self.bundle["groups"] if group["id"] == rule["group"])
        for other in sorted(self.bundle["groups"], key=lambda group: group["order"]):
            if other["id"] in self.fired_groups and other["id"] in group.get("suppressed_by", []):
                return chosen, {"state": "skipped", "why": "suppressed", "by": other["id"]}
        return chosen, None

    def conditions(self, rule: JsonObject, total: int) -> Iterator[tuple[str, bool]]:
        """Everything that is asked of the basket and the member, in order, and whether it holds."""
        when, request = rule.get("when", {}), self.request
        member = self.member or {}
        minute = self.clock.hour * 60 + self.clock.minute
        start, end = when.get("minutes", (0, 1440))
        yield "window", when.get("from", 0) <= request["ts"] < when.get("to", inf)
        yield "weekday", among(self.day.weekday(), when.get("dow"))
        yield "monthday", among(self.day.day, when.get("dom"))
        yield "minutes", start <= minute < end
        yield "tier", among(member.get("tier"), when.get("tiers"))
        yield "store", among(request["store"], when.get("stores"))
        yield "pay", among(request["pay"], when.get("pay"))
        yield "channel", among(request.get("channel"), when.get("channel"))
        yield "first", member.get("first", False) or not when.get("first", False)
        yield "birthday", self.birthday(when, member)
        tags = when.get("tags")
        yield "tags", tags is None or bool(set(tags) & set(member.get("tags", [])))
        coupon = when.get("coupon")
        yield "coupon", coupon is None or coupon in request.get("coupons", [])
        yield "left_out", coupon is None or coupon in self.coupons
        yield "total", when.get("min_total", 0) <= total <= (when.get("max_total", 0) or inf)
        limited = any(rule.get("limit", {}).values())
        yield "limit", self.member is None or not self.used_up(rule)
        yield "no_member", self.member is not None or not limited

    def birthday(self, when: JsonObject, member: JsonObject) -> bool:
        """Whether it is the member's birthday, or its month, by the calendar that the rule asks for."""
        if "birthday" not in when:
            return True
        state = member.get("birthday_state")
        if state is None:
            month, day = divmod(member.get("bday") or 0, 100)
            this_month = month == self.day.month
            state = this_month * 1 + (this_month and day == self.day.day) * 2
        asked = when.get("birthday_calendar", "either")
        calendars = ("solar", "lunar") if asked == "either" else (asked,)
        return any(state & BIRTHDAY_BITS[calendar, when["birthday"]] for calendar in calendars)

    def used(self, rule: JsonObject) -> list[int]:
        """How often and how much the rule gave before."""
        counters: list[int] = self.request.get("used", {}).get(rule["id"], [])
        return counters + [0] * (5 - len(counters))

    def used_up(self, rule: JsonObject) -> bool:
        """Whether one of the rule's limits leaves nothing."""
        limit, used = rule.get("limit", {}), self.used(rule)
        return any(limit.get(key, 0) and used[nth] >= limit[key] for key, nth in (TIMES | VALUES).items())

    def cap(self, rule: JsonObject) -> int:
        """The most that a rule gives: its cap, and what its limits leave."""
        limit, used = rule.get("limit", {}), self.used(rule)
        left = [limit[key] - used[nth] for key, nth in VALUES.items() if limit.get(key, 0)]
        cap = rule.get("cap", 0) or MOST
        return int(min(cap, *left, MOST))

    def worth(self, rule: JsonObject, sight: "Sight", chosen: list[int]) -> int:
        """What an operation gives on its lines, before the cap."""
        do = rule["do"]
        lines = [(self.lines[place], sight.measured[place]) for place in chosen]
        fen = sum(amount for _, amount in lines)
        direction = do.get("round", "down")
        most = do.get("max_times", 0) or inf
        match do["op"]:
            case "every_off":
                return int(min(fen // do["every_fen"], most)) * int(do["off_fen"])
            case "off_bp":
                return rounded(Fraction(fen * do["bp"], 10_000), direction)
            case "fixed_price":
                return sum(above(do["fen"], line, amount) for line, amount in lines)
            case "nth_item_bp":
                return nth_items(do, lines, most)
            case "round_to":
                return fen % int(do["fen"])
            case "mult_bp":
                per_point = self.bundle["points"]["fen_per_point"]
                return rounded(Fraction(fen * do["bp"], 10_000 * per_point), direction)
            case "per_qty":
                return sum(line["qty"] * int(do["pts"]) for line, _ in lines)
            case "fixed":
                return int(do["pts"])
            case "gift":
                every_fen = do.get("every_fen", 0)
                return int(do["qty"]) * (int(min(fen // every_fen, most)) if every_fen else 1)
        raise AssertionError(do)


class Sight:
    """What the rules of a group see: the phase's total, the amount of every line, the lines that are theirs."""

    def __init__(self, total: int, measured: list[int], open_to: Sequence[int]) -> None:
        self.total, self.measured, self.open_to = total, measured, open_to


def selects(select: JsonObject, line: JsonObject) -> bool:
    """Whether a rule works on the line."""
    return (
        among(line.get("cat"), select.get("cats"))
        and among(line.get("brand"), select.get("brands"))
        and among(line["sku"], select.get("skus"))
        and line.get("cat") not in select.get("not_cats", [])
        and line["sku"] not in select.get("not_skus", [])
        and line["unit"] >= select.get("min_unit", 0)
    )


def above(unit_fen: int, line: JsonObject, amount_fen: int) -> int:
    """What a line's amount is above a unit price, by weight."""
    price = Fraction(unit_fen * (1000 * line["qty"] + line.get("milli", 0)), 1000)
    return max(0, amount_fen - rounded(price, "half_up"))


def nth_items(do: JsonObject, lines: list[tuple[JsonObject, int]], most: float) -> int:
    """Every n-th of the whole units, the dearest first, is reduced; weighed goods are not counted."""
    whole = sorted((pair for pair in lines if not pair[0].get("milli", 0)), key=lambda pair: -pair[0]["unit"])
    counted = value = 0
    for line, amount in whole:
        reduced = 0
        for _ in range(line["qty"]):
            counted += 1
            reduced += counted % do["n"] == 0 and counted // do["n"] <= most
        if reduced:
            exact = Fraction(amount * reduced * do["bp"], line["qty"] * 10_000)
            value += rounded(exact, do.get("round", "down"))
    return value
