"""A receipt proved: found again, its bundle checked against its hash, its request replayed, the ledger compared."""

import hashlib
from dataclasses import dataclass

import msgspec

from edge.counter.records import RefundRecord, SaleRecord, stored_sale
from edge.domain.checkout import decide_again
from edge.domain.replay import Difference, Replayed, asked_of, compared, differences, replayed_of
from edge.domain.rules.compile import BundleRefused, Programme, stored_programme
from edge.errors import StorageCorrupt
from edge.reports.explanation import CameBack, Explanation, Heading, explanation
from edge.reports.explanation_words import Lang
from edge.storage.history import History
from edge.storage.sales import SaleRow


@dataclass(frozen=True, slots=True)
class Proof:
    """A sale and its replay under the bundle that decided it; no ``differences`` means that all of it holds."""

    sale: SaleRecord
    request: bytes
    programme: Programme
    replayed: Replayed
    differences: tuple[Difference, ...]
    refunds: tuple[RefundRecord, ...]


def find_refund(history: History, reference: str) -> RefundRecord | None:
    """The refund with this receipt number or id."""
    refund = history.refund(reference)
    return msgspec.json.decode(refund.record, type=RefundRecord) if refund else None


def prove(history: History, reference: str) -> Proof | None:
    """Replay the sale with this receipt number or id; raises StorageCorrupt where nothing can be replayed."""
    row = history.sale(reference)
    return _proof(history, row) if row else None


def explained(proof: Proof, lang: Lang) -> Explanation:
    """The proof in the words of one language."""
    sale, programme = proof.sale, proof.programme
    return explanation(
        Heading(
            receipt_no=sale.receipt_no,
            sale=sale.sale,
            committed_at=sale.committed_at,
            business_date=sale.business_date,
            terminal=sale.terminal,
            member=sale.member,
            tier=sale.tier,
            tier_label=programme.tier_label(sale.tier) if sale.tier else None,
            programme=programme.bundle.programme,
            version=programme.bundle.version,
            bundle=sale.bundle,
        ),
        sale.decision,
        programme,
        proof.replayed,
        proof.differences,
        [
            CameBack(
                refund.receipt_no,
                refund.committed_at,
                refund.amount_fen,
                refund.points_clawed,
                refund.points_back,
                refund.void,
            )
            for refund in proof.refunds
        ],
        lang,
    )


def _proof(history: History, row: SaleRow) -> Proof:
    body = history.bundles.body(row.bundle)
    if body is None:
        raise StorageCorrupt(
            f"{row.receipt_no}: the bundle {row.bundle} that decided it is not in the ledger"
        )
    request = row.kernel_request.encode()
    try:
        sale = stored_sale(row)
        programme = stored_programme(body)
        replayed = replayed_of(programme.kernel.explain(request))
        again = decide_again(programme, request, [line.name for line in sale.decision.lines])
        tier = asked_of(request).tier
    except BundleRefused as error:
        raise StorageCorrupt(f"{row.receipt_no}: its bundle {row.bundle} does not load: {error}") from error
    except ValueError as error:
        raise StorageCorrupt(f"{row.receipt_no}: what was stored of it cannot be read: {error}") from error
    return Proof(
        sale=sale,
        request=request,
        programme=programme,
        replayed=replayed,
        differences=(
            *compared("/bundle", row.bundle, hashlib.sha256(body).hexdigest()),
            *compared("/tier", sale.tier, tier),
            *compared("/ledger", _posted(history, row), _decided(sale)),
            *differences(sale.decision, again),
        ),
        refunds=tuple(
            msgspec.json.decode(refund.record, type=RefundRecord) for refund in history.refunds_of(row.id)
        ),
    )


def _posted(history: History, row: SaleRow) -> dict[str, object]:
    """What stands beside the record in columns of their own, which refunds and reports go by."""
    return {
        "receipt_no": row.receipt_no,
        "bundle": row.bundle,
        "net_fen": row.net_fen,
        "due_fen": row.due_fen,
        "points_earned": row.points_earned,
        "points_used": row.points_used,
        "lines": [
            {"qty_milli": line.qty_milli, "net_fen": line.net_fen, "points": line.points}
            for line in history.sales.lines(row.id)
        ],
    }


def _decided(sale: SaleRecord) -> dict[str, object]:
    decision = sale.decision
    return {
        "receipt_no": sale.receipt_no,
        "bundle": sale.bundle,
        "net_fen": decision.net_fen,
        "due_fen": decision.due_fen,
        "points_earned": decision.points,
        "points_used": decision.redeem_points,
        "lines": [
            {"qty_milli": line.qty_milli, "net_fen": line.net_fen, "points": line.points}
            for line in decision.lines
        ],
    }
