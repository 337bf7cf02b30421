"""Plays receipts: invented bundles and baskets, priced by both kernels and by the judge, which have to agree.

A seed is a bundle with its baskets; a Disagreement names the seed, so that it can be played again alone.
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import cext
from tests.cext.invention import Invention
from tests.cext.judge import judge

JsonObject = dict[str, Any]


class Disagreement(AssertionError):
    """Two of the three say different things about a receipt."""


@dataclass
class Tally:
    """How many receipts were played, and what happened on them: operations and modes that fired, whys."""

    receipts: int = 0
    judged: int = 0
    operations: Counter[str] = field(default_factory=Counter)
    modes: Counter[str] = field(default_factory=Counter)
    whys: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        self.receipts += other.receipts
        self.judged += other.judged
        for mine, others in zip(self.counters(), other.counters(), strict=True):
            mine.update(others)

    def counters(self) -> tuple[Counter[str], Counter[str], Counter[str]]:
        return self.operations, self.modes, self.whys

    def note(self, bundle: JsonObject, trace: Iterable[JsonObject]) -> None:
        """Count one receipt's steps."""
        modes = {group["id"]: group["mode"] for group in bundle["groups"]}
        rules = {rule["id"]: rule for rule in bundle["rules"]}
        for step in trace:
            if step["state"] == "fired":
                rule = rules[step["rule"]]
                self.operations[rule["do"]["op"]] += 1
                self.modes[modes[rule["group"]]] += 1
            else:
                self.whys[step["why"]] += 1


def play(seeds: Iterable[int], baskets: int, judged: int) -> Tally:
    """Play each seed with so many baskets, the first of them before the judge; raises Disagreement."""
    tally = Tally()
    for seed in seeds:
        invention = Invention(seed)
        bundle = invention.bundle()
        raw = json.dumps(bundle).encode()
        plain = cext.load(raw, "py")
        compiled = cext.load(raw, "c") if cext.COMPILED else plain
        asked: list[bytes] = []
        answers: list[JsonObject] = []
        for nth in range(baskets):
            basket = invention.basket(bundle)
            asked.append(invention.written(basket))
            explained = json.loads(same(plain, compiled, asked[-1], seed))
            check_sums(explained, basket, bundle)
            if nth < judged:
                matches(explained, bundle, basket, seed)
            tally.note(bundle, explained["trace"])
            answers.append(explained["result"])
        comes_to(compiled, asked, answers, seed)
        tally.receipts += baskets
        tally.judged += min(judged, baskets)
    return tally


def same(plain: cext.Program, compiled: cext.Program, request: bytes, seed: int) -> bytes:
    """The explanation that both kernels give, byte for byte; raises Disagreement."""
    explained = plain.explain(request)
    if compiled.explain(request) != explained:
        raise Disagreement(f"seed {seed}: the kernels explain {request.decode()} differently")
    result = b'{"result":' + compiled.evaluate(request) + b',"trace":['
    if not explained.startswith(result):
        raise Disagreement(f"seed {seed}: {request.decode()} is not decided as it is explained")
    return explained


def comes_to(program: cext.Program, asked: list[bytes], answers: list[JsonObject], seed: int) -> None:
    """Priced together they come to what they came to one by one; raises Disagreement."""
    receipts, sums = program.pack(asked).run()
    for name in receipts._fields:
        if list(getattr(receipts, name)) != [answer[name] for answer in answers]:
            raise Disagreement(f"seed {seed}: {name} of receipts priced together")
    value = dict.fromkeys(program.rule_ids, 0)
    for answer in answers:
        for rule, given in answer["fired"]:
            value[rule] += given
    if list(sums.value) != list(value.values()):
        raise Disagreement(f"seed {seed}: what the rules give to receipts priced together")


def matches(explained: JsonObject, bundle: JsonObject, basket: JsonObject, seed: int) -> None:
    """The judge says the same; raises Disagreement."""
    judgement = judge(bundle, basket)
    if judgement != explained:
        pairs = zip(explained["trace"], judgement["trace"], strict=True)
        steps = [(ours, just) for ours, just in pairs if ours != just]
        raise Disagreement(f"seed {seed}: {steps} {explained['result']} judged {judgement['result']}")


def check_sums(explained: JsonObject, basket: JsonObject, bundle: JsonObject) -> None:
    """What is taken off and given is exactly what the lines show; no line goes below zero."""
    result = explained["result"]
    phases = {rule["id"]: rule["phase"] for rule in bundle["rules"]}
    assert result["gross"] == sum(line["fen"] for line in basket["lines"])
    assert result["payable"] == sum(result["line_net"])
    discounts = [value for rule, value in result["fired"] if phases[rule] == "discount"]
    assert result["discount"] == result["gross"] - result["payable"] == sum(discounts)
    assert all(0 <= net <= line["fen"] for net, line in zip(result["line_net"], basket["lines"], strict=True))
    assert sum(result["line_points"]) == result["points"]
    for step in explained["trace"]:
        if step["state"] == "fired" and phases[step["rule"]] == "discount":
            assert sum(step["shares"]) == step["value"]
            assert min(step["shares"]) >= 0
