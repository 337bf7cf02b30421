"""What a new bundle would have done to the receipts of the past: sums by rule, tier, day and store, and who moves."""

import heapq
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from edge.domain.replay import Batch
from edge.domain.rules.terms import BundleName, BundleTerms, Unit

MOVERS_MAX = 10
"""Receipts named on either side, the biggest winners and the biggest losers."""

STRANGER = "-"
"""Stands for the tier where no member was known."""


class Sums(msgspec.Struct):
    """Receipts of one kind under both bundles: what they come to (fen) and the points earned.

    ``label`` is the name of ``key``, where it has one.
    """

    key: str
    label: str = ""
    receipts: int = 0
    changed: int = 0
    old_fen: int = 0
    new_fen: int = 0
    old_points: int = 0
    new_points: int = 0

    def add(self, receipt: "Receipt") -> None:
        """Count one receipt."""
        self.receipts += 1
        self.changed += receipt.changed
        self.old_fen += receipt.old_fen
        self.new_fen += receipt.new_fen
        self.old_points += receipt.old_points
        self.new_points += receipt.new_points

    def cost_fen(self, fen_per_point: int) -> int:
        """What the new bundle gives more: fen that are not paid, and points at their worth."""
        return self.old_fen - self.new_fen + (self.new_points - self.old_points) * fen_per_point


class RuleSums(msgspec.Struct):
    """What one rule gives under both bundles: on how many receipts, and how much in ``unit``."""

    rule: str
    name: str
    unit: Unit
    old_times: int = 0
    new_times: int = 0
    old_value: int = 0
    new_value: int = 0


class Sold(NamedTuple):
    """A receipt of the past: where it belongs, and what the ledger says was paid and earned."""

    receipt_no: str
    business_date: str
    store: str
    tier: str
    net_fen: int
    points: int


class Receipt(NamedTuple):
    """A receipt of the past, decided under the old bundle and under the new one."""

    sold: Sold
    old_fen: int
    new_fen: int
    old_points: int
    new_points: int

    @property
    def changed(self) -> bool:
        """Whether the customer would notice."""
        return self.old_fen != self.new_fen or self.old_points != self.new_points

    @property
    def faithful(self) -> bool:
        """Whether its own bundle decides it as the ledger has it."""
        return self.old_fen == self.sold.net_fen and self.old_points == self.sold.points

    def gain_fen(self, fen_per_point: int) -> int:
        """What the customer gains by the new bundle, points at their worth."""
        return self.old_fen - self.new_fen + (self.new_points - self.old_points) * fen_per_point


class Mover(msgspec.Struct, frozen=True):
    """A receipt that comes out differently; ``gain_fen`` is the customer's, points counted at their worth."""

    receipt_no: str
    business_date: str
    tier: str
    old_fen: int
    new_fen: int
    old_points: int
    new_points: int
    gain_fen: int


class OldBundle(msgspec.Struct, frozen=True):
    """A bundle that receipts were decided under, and how many they are."""

    bundle: BundleName
    receipts: int


class Report(msgspec.Struct, frozen=True):
    """The whole simulation; ``cost_fen`` is what the new bundle gives more: fen not paid, points at their worth.

    ``unfaithful`` counts receipts that their own bundle does not decide as the ledger has them, and names the first.
    ``recounted`` are rules whose limits were counted from the first receipt on, for want of counters of the time.
    """

    new: BundleName
    old: tuple[OldBundle, ...]
    receipts: int
    changed: int
    winners: int
    losers: int
    fen_per_point: int
    cost_fen: int
    totals: Sums
    rules: tuple[RuleSums, ...]
    tiers: tuple[Sums, ...]
    days: tuple[Sums, ...]
    stores: tuple[Sums, ...]
    gainers: tuple[Mover, ...]
    payers: tuple[Mover, ...]
    unfaithful: int
    unfaithful_first: str | None
    recounted: tuple[str, ...]


class Simulation:
    """Takes receipts batch by batch and keeps sums: memory grows with rules, tiers and days, not with receipts."""

    def __init__(self, new: BundleTerms) -> None:
        self._new = new
        self._old: Counter[BundleName] = Counter()
        self._totals = Sums("")
        self._tiers: dict[str, Sums] = {}
        self._days: dict[str, Sums] = {}
        self._stores: dict[str, Sums] = {}
        self._rules = {(rule.id, rule.unit): RuleSums(rule.id, rule.name, rule.unit) for rule in new.rules}
        self._gainers: list[tuple[int, int, Receipt]] = []
        self._payers: list[tuple[int, int, Receipt]] = []
        self._winners = self._losers = self._unfaithful = 0
        self._unfaithful_first: str | None = None
        self._recounted: set[str] = set()

    def add(self, sold: Iterable[Sold], old: BundleTerms, before: Batch, after: Batch) -> None:
        """Count receipts that bundle ``old`` decided: ``before`` under it, ``after`` under the new one."""
        decided = zip(sold, before.payable, after.payable, before.points, after.points, strict=True)
        for receipt in map(Receipt._make, decided):
            self._count(receipt)
        self._old[old.name] += len(before.payable)
        for sums, (times, value) in self._sums_of(old, before):
            sums.old_times += times
            sums.old_value += value
        for sums, (times, value) in self._sums_of(self._new, after):
            sums.new_times += times
            sums.new_value += value

    def recounted(self, rules: Iterable[str]) -> None:
        """Note rules of the new bundle whose limits were counted anew."""
        self._recounted.update(rules)

    def report(self) -> Report:
        """All sums so far."""
        totals, worth = self._totals, self._new.fen_per_point
        return Report(
            new=self._new.name,
            old=tuple(OldBundle(name, receipts) for name, receipts in self._old.items()),
            receipts=totals.receipts,
            changed=totals.changed,
            winners=self._winners,
            losers=self._losers,
            fen_per_point=worth,
            cost_fen=totals.cost_fen(worth),
            totals=totals,
            rules=tuple(self._rules.values()),
            tiers=tuple(self._tiers[key] for key in sorted(self._tiers, key=self._tier_place)),
            days=tuple(self._days[key] for key in sorted(self._days)),
            stores=tuple(self._stores[key] for key in sorted(self._stores)),
            gainers=self._named(self._gainers),
            payers=self._named(self._payers),
            unfaithful=self._unfaithful,
            unfaithful_first=self._unfaithful_first,
            recounted=tuple(rule.id for rule in self._new.rules if rule.id in self._recounted),
        )

    def _count(self, receipt: Receipt) -> None:
        sold = receipt.sold
        self._totals.add(receipt)
        _kept(self._tiers, sold.tier, self._new.tiers.get(sold.tier, "")).add(receipt)
        _kept(self._days, sold.business_date).add(receipt)
        _kept(self._stores, sold.store).add(receipt)
        if receipt.changed:
            self._place(receipt)
        if not receipt.faithful:
            self._unfaithful += 1
            self._unfaithful_first = self._unfaithful_first or sold.receipt_no

    def _place(self, receipt: Receipt) -> None:
        """Remember a receipt that is among the biggest movers so far."""
        gain_fen = receipt.gain_fen(self._new.fen_per_point)
        self._winners += gain_fen > 0
        self._losers += gain_fen < 0
        movers = self._gainers if gain_fen > 0 else self._payers
        if gain_fen:
            # The running number keeps the earlier of equal receipts, and the heap from comparing receipts.
            heapq.heappush(movers, (abs(gain_fen), -self._totals.receipts, receipt))
        if len(movers) > MOVERS_MAX:
            heapq.heappop(movers)

    def _sums_of(self, terms: BundleTerms, batch: Batch) -> Iterable[tuple[RuleSums, tuple[int, int]]]:
        for rule in terms.rules:
            gave = batch.fired.get(rule.id)
            if gave:
                key = (rule.id, rule.unit)
                yield self._rules.setdefault(key, RuleSums(rule.id, rule.name, rule.unit)), gave

    def _tier_place(self, tier: str) -> tuple[int, str]:
        """Strangers first, then tiers as the new bundle ranks them, then those it does not know."""
        known = [STRANGER, *self._new.tiers]
        return known.index(tier) if tier in known else len(known), tier

    def _named(self, movers: list[tuple[int, int, Receipt]]) -> tuple[Mover, ...]:
        worth = self._new.fen_per_point
        return tuple(
            Mover(
                receipt.sold.receipt_no,
                receipt.sold.business_date,
                receipt.sold.tier,
                receipt.old_fen,
                receipt.new_fen,
                receipt.old_points,
                receipt.new_points,
                receipt.gain_fen(worth),
            )
            for _, _, receipt in sorted(movers, key=lambda mover: mover[:2], reverse=True)
        )


def _kept(sums: dict[str, Sums], key: str, label: str = "") -> Sums:
    return sums.get(key) or sums.setdefault(key, Sums(key, label))
