"""The receipts of the past under another bundle: read from the ledger in batches, replayed, summed up."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from operator import attrgetter
from typing import TypeVar

import cext
from edge.domain.recount import Recount
from edge.domain.replay import Batch, asked_of, replay
from edge.domain.rules.compile import BundleRefused, compile_bundle, stored_programme
from edge.domain.rules.terms import BundleTerms, terms_of
from edge.domain.simulation import STRANGER, Report, Simulation, Sold
from edge.errors import StorageCorrupt
from edge.storage.history import History, PastSale, Span

BATCH = 2048
"""Receipts held in memory at a time."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A bundle of either schema, ready to replay."""

    program: cext.Program
    terms: BundleTerms


def candidate(raw: bytes) -> Candidate:
    """Load a bundle for replays, a draft or one of the past; raises BundleRefused."""
    core = compile_bundle(raw)
    try:
        program = cext.load(raw) if core is raw else stored_programme(raw).kernel
    except cext.BundleError as error:
        raise BundleRefused(error.path, error.why) from error
    return Candidate(program, terms_of(raw))


class Simulator:
    """Replays one ledger after the other under ``new``, and under ``old`` or else the bundles that decided.

    ``store`` takes the receipts of one store only.
    """

    def __init__(
        self,
        new: Candidate,
        old: Candidate | None = None,
        store: str | None = None,
    ) -> None:
        self._new = new
        self._old = old
        self._store = store
        self._stored: dict[str, Candidate] = {}
        self._recount = Recount()
        self._simulation = Simulation(new.terms)

    def run(
        self, history: History, span: Span, progress: Callable[[int], None] = lambda receipts: None
    ) -> None:
        """Replay the sales of these days; raises StorageCorrupt naming what cannot be replayed."""
        for bundle, decided in groupby(history.past(span), attrgetter("bundle")):
            old = self._old or self._stored_bundle(history, bundle)
            for sales in _batches(decided):
                self._replay(sales, old)
                progress(len(sales))

    def report(self) -> Report:
        """All sums so far."""
        return self._simulation.report()

    def _replay(self, sales: list[PastSale], old: Candidate) -> None:
        taken = [(sold, sale) for sale in sales if (sold := self._wanted(sale))]
        if not taken:
            return
        before = _decide(old, [sale for _, sale in taken])
        after = self._decide_anew([sale for _, sale in taken], old)
        self._simulation.add([sold for sold, _ in taken], old.terms, before, after)

    def _decide_anew(self, sales: list[PastSale], old: Candidate) -> Batch:
        """Decide under the new bundle; limits that were not counted at the time are counted one by one."""
        limits = self._new.terms.limits_unlike(old.terms)
        if not limits:
            return _decide(self._new, sales)
        self._simulation.recounted(limits)
        receipts = [(sale.request, sale.business_date) for sale in sales]
        return _taken(self._recount.replay(self._new.program, receipts, limits), sales)

    def _wanted(self, sale: PastSale) -> Sold | None:
        try:
            asked = asked_of(sale.request)
        except ValueError as error:
            raise _unreadable(sale, str(error)) from error
        if self._store not in (None, asked.store):
            return None
        return Sold(
            sale.receipt_no,
            sale.business_date,
            asked.store,
            asked.tier or STRANGER,
            sale.net_fen,
            sale.points,
        )

    def _stored_bundle(self, history: History, digest: str) -> Candidate:
        """The bundle that decided, checked against its hash, compiled once."""
        if digest not in self._stored:
            body = history.bundles.body(digest)
            if body is None or hashlib.sha256(body).hexdigest() != digest:
                raise StorageCorrupt(f"the bundle {digest} is not what its hash says")
            try:
                self._stored[digest] = candidate(body)
            except BundleRefused as error:
                raise StorageCorrupt(f"the bundle {digest} does not load: {error}") from error
        return self._stored[digest]


def _decide(bundle: Candidate, sales: list[PastSale]) -> Batch:
    return _taken(replay(bundle.program, [sale.request for sale in sales]), sales)


def _taken(batch: Batch, sales: list[PastSale]) -> Batch:
    """The batch; raises StorageCorrupt naming the first receipt whose request the kernel refused."""
    for place, why in batch.refused.items():
        raise _unreadable(sales[place], why)
    return batch


def _unreadable(sale: PastSale, why: str) -> StorageCorrupt:
    return StorageCorrupt(f"{sale.receipt_no}: what the rules were asked cannot be read: {why}")


def _batches(items: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(items, BATCH)):
        yield batch
