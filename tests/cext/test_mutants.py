"""Kernels that are wrong on purpose: the judge has to notice each of them on the receipts of the suite.

What nobody notices here, the agreement of the judge with the kernels does not prove either.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from cext import kernel_py
from cext.bundle import read_bundle
from tests.cext.invention import Invention, JsonObject
from tests.cext.judge import judge

SEEDS = 1000
BASKETS = 5


class Mistake(NamedTuple):
    """In the plain kernel ``old`` reads ``new``."""

    old: str
    new: str


MISTAKES = {
    "the last of equals is best": Mistake("else max(found,", "else max(reversed(found),"),
    "the best is what is left of it": Mistake(
        "else max(found, key=lambda one: one[1])",
        "else max(found, key=lambda one: min(one[1], sum(self._left(one[0], one[2]))))",
    ),
    "a group that gave nothing silences": Mistake(
        "        if value == 0:\n", "        if value == 0:\n            self.fired_groups.add(rule.group)\n"
    ),
    "every group that fired silences": Mistake("one.id in silencers and one.id in", "one.id in"),
    "every group measures the gross": Mistake("list(self.net) if running else opening", "opening"),
    "every group measures what is left": Mistake('group.basis == "running"', "bool(group)"),
    "a fixed price goes below itself": Mistake("if isinstance(rule.do, FixedPrice):", "if False:"),
    "the cap of the receipt is forgotten": Mistake("self.bundle.points.receipt_cap or FEN_MAX", "FEN_MAX"),
    "half a fen is lost": Mistake("(denominator // 2 if", "(denominator // 2 - 1 if"),
    "the last line gets what rounding left": Mistake(
        "        upto = value * reached // total\n",
        "        upto = value if reached == total else given + value * weight // total\n",
    ),
    "the business day begins at midnight": Mistake("(local_s - day_start_s) // DAY_S", "local_s // DAY_S"),
    "the clock begins with the business day": Mistake(
        "local_s % DAY_S // 60", "(local_s - day_start_s) % DAY_S // 60"
    ),
    "the moon is the sun": Mistake('"lunar": 0b1100', '"lunar": 0b0011'),
    "no calendar means the sun": Mistake('"either": 0b1111', '"either": 0b0011'),
    "a limit is reached one too late": Mistake("so_far >= most for", "so_far > most for"),
    "what is left of a limit is no cap": Mistake(
        "min(rule.cap or FEN_MAX, left_of", "min(rule.cap or FEN_MAX, FEN_MAX or left_of"
    ),
    "strangers have limits of their own": Mistake(
        "            if self.request.member is None:\n", "            if False:\n"
    ),
    "the cheapest is counted first": Mistake("key=lambda one: -one[0].unit", "key=lambda one: one[0].unit"),
    "every line counts its units anew": Mistake(
        "        given = upto\n    return value", "        counted = given = 0\n    return value"
    ),
    "weighed goods are counted": Mistake("if line.qty and not line.milli", "if line.qty"),
    "every coupon presented is used": Mistake(
        "    return min(evaluations,", "    return list(evaluations)[-1]\n    return min(evaluations,"
    ),
    "coupons look at the money alone": Mistake("-self.result.points, used_up", "0, used_up"),
    "coupons are spent for nothing": Mistake(", used_up, -len", ", -used_up, -len"),
    "what is left equal takes no part": Mistake(", -len(self.coupons)", ", len(self.coupons)"),
    "steps of points are forgotten": Mistake("taken -= taken % do.step", "pass"),
    "the share that points may pay is rounded up": Mistake(
        "chosen.fen * do.max_bp // 10_000", "-(-chosen.fen * do.max_bp // 10_000)"
    ),
    "points pay without a cap": Mistake("// do.fen_per_point, self._most(rule))", "// do.fen_per_point)"),
    "what points took is earned": Mistake("self.fired[before:]", "self.fired[before - 1 :]"),
    "where nothing is taken the next rule may": Mistake(
        "                self._redeem(rule, do, chosen, paid)\n",
        "                self._redeem(rule, do, chosen, paid)\n"
        "                terms = terms if any(paid) else None\n",
    ),
    "points pay nothing of lines that earn nothing": Mistake(
        "self._selection(rule.select, self.net, self._every_line())",
        "self._selection(rule.select, self.net, [i for i in self._every_line() if not self.request.lines[i].np])",
    ),
    "terms of redemption silence nobody": Mistake(
        "        self.fired_groups.add(rule.group)\n",
        "        self.fired_groups |= set() if isinstance(rule.do, Redeem) else {rule.group}\n",
    ),
    "without terms that apply points pay as ever": Mistake(
        "        return paid\n",
        "        return paid if terms else spread(min(self.request.points_used * self.bundle.points"
        ".fen_per_redeemed_point, sum(self.net)), self.net)\n",
    ),
    "a gift is given where nothing is reached": Mistake(
        "(steps(chosen.fen, every_fen, max_times) if every_fen else 1)",
        "max(1, steps(chosen.fen, every_fen, max_times) if every_fen else 1)",
    ),
    "gifts see the basket before discounts": Mistake(
        'self._phase("gifts", list(self.net),', 'self._phase("gifts", gross,'
    ),
}


@cache
def judged(seed: int) -> tuple[bytes, list[tuple[bytes, JsonObject]]]:
    """A bundle, and requests each with what the judge says."""
    invention = Invention(seed)
    bundle = invention.bundle()
    baskets = [invention.basket(bundle) for _ in range(BASKETS)]
    requests = [(json.dumps(basket).encode(), judge(bundle, basket)) for basket in baskets]
    return json.dumps(bundle).encode(), requests


def kernel_with(mistake: Mistake) -> ModuleType:
    """The plain kernel, changed in one place."""
    text = Path(kernel_py.__file__).read_text()
    assert text.count(mistake.old) == 1, f"{mistake.old!r} is not once in the kernel"
    module = ModuleType("mutant")
    exec(compile(text.replace(mistake.old, mistake.new), "mutant", "exec"), module.__dict__)
    return module


def differences(module: ModuleType) -> Iterator[int]:
    """Seeds on which the module's kernel and the judge differ."""
    for seed in range(SEEDS):
        raw, requests = judged(seed)
        kernel = module.Kernel(read_bundle(raw))
        if any(json.loads(kernel.explain(request)) != judgement for request, judgement in requests):
            yield seed


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_judge_notices(mistake: str) -> None:
    """A mistake shows on one of the receipts that the kernels are compared on."""
    assert next(differences(kernel_with(MISTAKES[mistake])), None) is not None
