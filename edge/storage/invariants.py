"""What must hold in every ledger at every moment: fifteen invariants, each a query for what breaks it.

They see only the file. That a sale earned the right points is for the tests' oracle; that the file still says
what it said is for this checker. All of them run after every step of the tests and in ``tillside doctor``;
the cheap ones run at every start.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from edge.storage import transaction
from sync import envelope

Acked = Mapping[tuple[str, str], bytes]
"""Answers that tills were given, by (till, key)."""

SHOWN_MAX = 5
"""Violations named of one query; the first ones say enough."""

TAIL = 256
"""Links of either chain that are verified at every start."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Invariant ``number`` does not hold; ``detail`` names the first row that breaks it."""

    number: int
    name: str
    detail: str

    def __str__(self) -> str:
        return f"invariant {self.number} ({self.name}): {self.detail}"


NAMES = {
    1: "every acknowledged answer is in the ledger",
    2: "one effect per key",
    3: "one answer per key",
    4: "credits equal debits",
    5: "totals equal the transfers",
    6: "balance is what the lots hold, less the debt",
    7: "no debt beside live lots",
    8: "what came back is its share of what was sold",
    9: "lots account for what was spent",
    10: "a refusal changes nothing",
    11: "operations have no gap and chain",
    12: "operations and events for HQ are one to one",
    13: "nothing is rewritten",
    14: "time never goes back",
    15: "a card leads to its member",
}

_CHEAP_QUERIES = (
    (
        4,
        "SELECT unit || ' sums to ' || sum(credits - debits) FROM account GROUP BY unit HAVING sum(credits - debits)",
    ),
    (
        12,
        "SELECT 'events ' || acked || ' to ' || next || ', ' || (SELECT count(*) FROM outbox) || ' in the outbox'"
        " FROM sync_line WHERE next - 1 - acked <> (SELECT count(*) FROM outbox)"
        " OR EXISTS (SELECT 1 FROM outbox WHERE seq NOT BETWEEN acked + 1 AND next - 1)",
    ),
    (
        13,
        "SELECT wanted.column1 || ' is missing' FROM"
        " (VALUES('transfer_fixed'), ('transfer_kept'), ('op_fixed'), ('op_kept')) AS wanted"
        " WHERE wanted.column1 NOT IN (SELECT name FROM sqlite_master WHERE type='trigger')",
    ),
)

_QUERIES = (
    *_CHEAP_QUERIES,
    (2, "SELECT till || ' ' || key FROM op NOT INDEXED GROUP BY till, key HAVING count(*) > 1"),
    (
        2,
        "SELECT subject || ' has two originals' FROM print_job WHERE copy=0 GROUP BY subject HAVING count(*) > 1",
    ),
    (
        2,
        "SELECT 'operation ' || seq || ' has no sale' FROM op LEFT JOIN sale ON sale.op = seq"
        " WHERE kind='sale.commit' AND ok AND sale.id IS NULL"
        " UNION ALL SELECT 'operation ' || seq || ' has no refund' FROM op LEFT JOIN refund ON refund.op = seq"
        " WHERE kind IN ('sale.refund', 'sale.void') AND ok AND refund.id IS NULL",
    ),
    (
        3,
        "SELECT 'operation ' || seq || ' answered another sale' FROM sale JOIN op ON seq = op"
        " WHERE kind <> 'sale.commit' OR NOT ok"
        " OR (id, receipt_no) IS NOT (answer ->> 'sale', answer ->> 'receipt_no')"
        " UNION ALL SELECT 'operation ' || seq || ' answered another refund' FROM refund JOIN op ON seq = op"
        " WHERE kind <> iif(record ->> 'void', 'sale.void', 'sale.refund') OR NOT ok"
        " OR (id, receipt_no) IS NOT (answer ->> 'refund', answer ->> 'receipt_no')",
    ),
    (
        5,
        "WITH side(account, debit, credit) AS (SELECT debit, amount, 0 FROM transfer"
        " UNION ALL SELECT credit, 0, amount FROM transfer),"
        " total AS (SELECT account, sum(debit) AS debits, sum(credit) AS credits FROM side GROUP BY account)"
        " SELECT owner || ' ' || unit FROM account a LEFT JOIN total t ON t.account = a.id"
        " WHERE a.debits <> coalesce(t.debits, 0) OR a.credits <> coalesce(t.credits, 0)",
    ),
    (
        5,
        "SELECT 'stock of ' || s.sku FROM stock s LEFT JOIN (SELECT sku, sum(qty_milli) AS qty, sum(value_fen) AS value"
        " FROM movement GROUP BY sku) m ON m.sku = s.sku WHERE (s.qty_milli, s.value_fen) IS NOT (m.qty, m.value)",
    ),
    (
        6,
        "SELECT owner || ' ' || unit FROM account a WHERE substr(owner, 1, 1) <> '#' AND credits - debits"
        " <> (SELECT coalesce(sum(remaining), 0) FROM lot WHERE account = a.id AND remaining > 0) - debt",
    ),
    (
        7,
        "SELECT owner || ' ' || unit || ' owes ' || debt FROM account a"
        " WHERE debt > 0 AND EXISTS (SELECT 1 FROM lot WHERE account = a.id AND remaining > 0)",
    ),
    (
        8,
        "SELECT s.id || ' is not the sum of its lines' FROM sale s LEFT JOIN sale_line l ON l.sale = s.id"
        " GROUP BY s.id HAVING (s.net_fen, s.due_fen, s.points_earned, s.points_used)"
        " IS NOT (sum(l.net_fen), sum(l.net_fen - l.points_paid_fen), sum(l.points), sum(l.points_used))",
    ),
    (
        8,
        "SELECT s.id || ' gave back another share' FROM sale s JOIN sale_line l ON l.sale = s.id"
        " GROUP BY s.id HAVING (s.refunded_fen, s.points_taken, s.points_back)"
        " IS NOT (sum((l.net_fen - l.points_paid_fen) * l.refunded_milli / l.qty_milli"
        " + l.points_paid_fen * l.refunded_milli / l.qty_milli), sum(l.points * l.refunded_milli / l.qty_milli),"
        " sum(l.points_used * l.refunded_milli / l.qty_milli))",
    ),
    (
        8,
        "SELECT sale.id || ' was voided in part, or more than once' FROM sale JOIN refund r ON r.sale = sale.id"
        " WHERE r.record ->> 'void' AND (refunded_fen <> net_fen"
        " OR (SELECT count(*) FROM refund WHERE refund.sale = sale.id) > 1)",
    ),
    (
        8,
        "SELECT s.id || ' took back another share of referral points' FROM referral r JOIN sale s ON s.id = r.sale"
        " WHERE r.taken <> r.points * s.refunded_fen / s.net_fen",
    ),
    (
        9,
        "WITH used AS (SELECT u.sale, sum(u.amount) AS spent, sum(u.restored) AS back"
        " FROM lot_use u JOIN lot l ON l.id = u.lot JOIN account a ON a.id = l.account"
        " WHERE u.sale IS NOT NULL AND a.unit='points' GROUP BY u.sale)"
        " SELECT s.id || ' in points' FROM sale s LEFT JOIN used u ON u.sale = s.id"
        " WHERE s.points_used <> coalesce(u.spent, 0) OR s.points_back <> coalesce(u.back, 0)",
    ),
    (
        9,
        "WITH used AS (SELECT u.sale, sum(u.amount) AS spent, sum(u.restored) AS back"
        " FROM lot_use u JOIN lot l ON l.id = u.lot JOIN account a ON a.id = l.account"
        " WHERE u.sale IS NOT NULL AND a.unit IN ('fen', 'gift_fen') GROUP BY u.sale)"
        " SELECT s.id || ' in fen' FROM sale s LEFT JOIN used u ON u.sale = s.id"
        " WHERE coalesce(u.spent, 0) <> (SELECT coalesce(sum(t.value ->> 'amount_fen'), 0)"
        "   FROM json_each(s.record, '$.tenders') t WHERE t.value ->> 'kind' = 'stored_value')"
        " OR coalesce(u.back, 0) <> (SELECT coalesce(sum(record ->> 'stored_value_back_fen'), 0)"
        "   FROM refund WHERE sale = s.id)",
    ),
    (
        9,
        "WITH used AS (SELECT u.sale, sum(u.amount) AS spent, sum(u.restored) AS back"
        " FROM lot_use u JOIN lot l ON l.id = u.lot JOIN account a ON a.id = l.account"
        " WHERE u.sale IS NOT NULL AND a.unit='credit_fen' GROUP BY u.sale)"
        " SELECT s.id || ' on credit' FROM sale s LEFT JOIN used u ON u.sale = s.id"
        " LEFT JOIN credit_sale c ON c.sale = s.id"
        " WHERE coalesce(u.spent, 0) <> coalesce(c.amount_fen, 0) OR coalesce(u.back, 0) <> coalesce(c.settled_fen, 0)"
        " OR coalesce(c.amount_fen, 0) <> (SELECT coalesce(sum(t.value ->> 'amount_fen'), 0)"
        "   FROM json_each(s.record, '$.tenders') t WHERE t.value ->> 'kind' = 'credit')",
    ),
    (
        9,
        "WITH used AS (SELECT a.owner, a.unit, sum(u.amount - u.restored) AS gone"
        " FROM lot_use u JOIN lot l ON l.id = u.lot JOIN account a ON a.id = l.account"
        " WHERE u.sale IS NOT NULL AND a.unit IN ('voucher_fen', 'coupon') GROUP BY a.id)"
        " SELECT 'voucher ' || code FROM voucher LEFT JOIN used ON owner = code AND unit='voucher_fen'"
        " WHERE coalesce(gone, 0) <> iif(sale IS NULL, 0, value_fen)"
        " UNION ALL SELECT 'coupon ' || code FROM coupon JOIN account a ON a.owner = code AND a.unit='coupon'"
        " LEFT JOIN used ON used.owner = code AND used.unit='coupon'"
        " WHERE coalesce(gone, 0) <> (sale IS NOT NULL)",
    ),
    (
        9,
        "SELECT 'lot ' || l.id FROM lot_use u JOIN lot l ON l.id = u.lot"
        " GROUP BY l.id HAVING sum(u.amount - u.restored) > l.amount - l.remaining",
    ),
    (
        10,
        "SELECT 'operation ' || seq FROM op WHERE NOT ok AND (event IS NOT NULL"
        " OR EXISTS (SELECT 1 FROM transfer WHERE op = seq) OR EXISTS (SELECT 1 FROM sale WHERE op = seq)"
        " OR EXISTS (SELECT 1 FROM refund WHERE op = seq))",
    ),
    (
        10,
        "SELECT 'operation ' || seq FROM op JOIN (SELECT op FROM lot UNION ALL SELECT op FROM lot_use"
        " UNION ALL SELECT op FROM print_job) x ON x.op = seq WHERE NOT ok",
    ),
    (
        12,
        "SELECT 'operation ' || seq || ' (' || kind || ')' FROM op"
        " WHERE ok AND (event IS NOT NULL) <> (answer ->> 'queue_seq' IS NOT NULL)",
    ),
    (
        12,
        "SELECT 'event ' || id FROM outbox WHERE (SELECT count(*) FROM op WHERE event = outbox.id) <> 1"
        " UNION ALL SELECT said || ' operations have an event, ' || kept || ' events were made' FROM"
        " (SELECT (SELECT count(event) FROM op) AS said,"
        " (SELECT acked_events + (SELECT count(*) FROM outbox) FROM sync_line) AS kept) WHERE said <> kept",
    ),
    (13, "SELECT max(id) - count(*) || ' transfers are gone' FROM transfer HAVING max(id) <> count(*)"),
    (
        14,
        "SELECT 'operation ' || later.seq FROM op later JOIN op former ON former.seq = later.seq - 1"
        " WHERE later.at_ms < former.at_ms",
    ),
    (
        15,
        "SELECT m.id || ' is active without an active card' FROM member m LEFT JOIN card c ON c.number = m.card_no"
        " WHERE m.status='active' AND (c.member, c.medium, c.state) IS NOT (m.id, 'card', 'active')",
    ),
    (
        15,
        "SELECT member || ' has two cards' FROM card WHERE medium='card' AND state='active'"
        " GROUP BY member HAVING count(*) > 1"
        " UNION ALL SELECT number || ' is active' FROM card JOIN member ON member.id = card.member"
        " WHERE state='active' AND status IN ('lost', 'cancelled')",
    ),
    (14, "SELECT 'sale ' || id FROM sale JOIN op ON seq = op WHERE sale.at_ms <> op.at_ms"),
)


def violations(db: sqlite3.Connection, acked: Acked | None = None, *, cheap: bool = False) -> list[Violation]:
    """What does not hold, in one snapshot; [] for a sound ledger. Any connection will do, a read-only one too.

    ``acked`` are answers that tills hold, for invariant 1. ``cheap`` reads only totals and the chains' tails.
    """
    parts: list[Callable[[], Iterator[Violation]]] = [
        lambda: _asked(db, _CHEAP_QUERIES if cheap else _QUERIES),
        lambda: _broken_chain(db, TAIL if cheap else None),
        lambda: _broken_event_chain(db, TAIL if cheap else None),
        lambda: _forgotten(db, acked or {}),
    ]
    alone = not db.in_transaction
    if alone:
        db.execute("BEGIN")
    try:
        return sorted((found for part in parts for found in part()), key=lambda found: found.number)
    finally:
        if alone:
            db.execute("ROLLBACK")


def _asked(db: sqlite3.Connection, queries: tuple[tuple[int, str], ...]) -> Iterator[Violation]:
    for number, query in queries:
        for (detail,) in db.execute(f"SELECT * FROM ({query}) LIMIT {SHOWN_MAX}"):
            yield Violation(number, NAMES[number], str(detail))


def _broken_chain(db: sqlite3.Connection, tail: int | None) -> Iterator[Violation]:
    """11, and 3: a fingerprint that is not its request's would let another request take its answer."""
    last = db.execute("SELECT coalesce(max(seq), 0) FROM op").fetchone()[0]
    known = max(0, last - tail) if tail is not None else 0
    row = db.execute("SELECT hash FROM op WHERE seq=?", (known,)).fetchone()
    head = row[0] if row else transaction.GENESIS
    rows = db.execute(
        "SELECT seq, till, key, kind, fingerprint, request, answer, hash FROM op WHERE seq > ? ORDER BY seq",
        (known,),
    )
    for expected, (seq, till, key, kind, fingerprint, request, answer, digest) in enumerate(rows, known + 1):
        if seq != expected:
            yield Violation(11, NAMES[11], f"operation {expected} is missing")
            return
        head = transaction.chain(head, seq, till, key, request.encode(), answer.encode())
        if head != digest:
            yield Violation(11, NAMES[11], f"operation {seq} is not what was written")
            return
        if fingerprint != hashlib.sha256(f"{kind}\0{request}".encode()).digest():
            yield Violation(3, NAMES[3], f"operation {seq} has the fingerprint of another request")


def _broken_event_chain(db: sqlite3.Connection, tail: int | None) -> Iterator[Violation]:
    """12: what HQ will be sent follows on what it has acknowledged."""
    acked, head, tip = db.execute("SELECT acked, acked_hash, tip FROM sync_line").fetchone()
    if tail is not None:
        skipped = "SELECT hash FROM outbox ORDER BY seq DESC LIMIT 1 OFFSET ?"
        head = (db.execute(skipped, (tail,)).fetchone() or (head,))[0]
    limit = -1 if tail is None else tail
    rows = db.execute("SELECT seq, body, hash FROM outbox ORDER BY seq DESC LIMIT ?", (limit,)).fetchall()
    for seq, body, digest in reversed(rows):
        head = envelope.chain(head, body)
        if head != digest:
            yield Violation(12, NAMES[12], f"event {seq} is not what was written")
            return
    if head != tip:
        yield Violation(12, NAMES[12], f"the events after {acked} do not end in the tip")


def _forgotten(db: sqlite3.Connection, acked: Acked) -> Iterator[Violation]:
    for (till, key), answer in acked.items():
        row = db.execute("SELECT answer FROM op WHERE till=? AND key=?", (till, key)).fetchone()
        if row is None or row[0].encode() != answer:
            yield Violation(
                1, NAMES[1], f"{till} {key} {'is missing' if row is None else 'has another answer'}"
            )
