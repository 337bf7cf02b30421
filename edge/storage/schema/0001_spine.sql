-- The ledger of one store. Money in fen, points whole, quantities in thousandths, times in ms since 1970 UTC.
-- Amounts stand in transfers that are never changed; everything else can be checked against them.

CREATE TABLE meta(
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE member(
  id TEXT PRIMARY KEY,
  card_no TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  phone TEXT NOT NULL,
  gender TEXT NOT NULL,
  birthday INTEGER,                                   -- MMDD
  tier TEXT NOT NULL,
  referrer TEXT REFERENCES member(id),
  home TEXT NOT NULL,                                 -- the store whose box holds the rights
  cumulative_fen INTEGER NOT NULL DEFAULT 0,
  visits INTEGER NOT NULL DEFAULT 0,
  status TEXT NOT NULL DEFAULT 'active' CHECK(status IN ('active', 'lost', 'frozen', 'cancelled')),
  tags TEXT NOT NULL DEFAULT '[]',
  registered_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX member_phone ON member(phone) WHERE phone <> '';

-- One account per owner and unit. Owners that begin with '#' are the house's own sides of a transfer.
CREATE TABLE account(
  id INTEGER PRIMARY KEY,
  owner TEXT NOT NULL,
  unit TEXT NOT NULL CHECK(unit IN ('points', 'fen', 'visits')),
  debits INTEGER NOT NULL DEFAULT 0 CHECK(debits >= 0),
  credits INTEGER NOT NULL DEFAULT 0 CHECK(credits >= 0),
  debt INTEGER NOT NULL DEFAULT 0 CHECK(debt >= 0),
  UNIQUE(owner, unit)
) STRICT;

-- Cumulative totals of an account under the present incarnation (sync: rights). A spend is within them.
CREATE TABLE rights(
  account INTEGER PRIMARY KEY REFERENCES account(id),
  granted INTEGER NOT NULL DEFAULT 0,
  returned INTEGER NOT NULL DEFAULT 0,
  earned INTEGER NOT NULL DEFAULT 0,
  spent INTEGER NOT NULL DEFAULT 0,
  reversed INTEGER NOT NULL DEFAULT 0 CHECK(reversed <= spent),
  clawed INTEGER NOT NULL DEFAULT 0,
  elsewhere INTEGER NOT NULL DEFAULT 0,
  CHECK(spent - reversed <= granted - returned)
) STRICT;

-- Every request that was decided, declines included; a chain of hashes makes it unalterable.
CREATE TABLE op(
  seq INTEGER PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  till TEXT NOT NULL,
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  fingerprint BLOB NOT NULL,
  ok INTEGER NOT NULL CHECK(ok IN (0, 1)),
  event TEXT,                                         -- id of the outbox row written with it
  request TEXT NOT NULL,
  answer TEXT NOT NULL,
  hash BLOB NOT NULL,
  UNIQUE(till, key)
) STRICT;

CREATE INDEX op_event ON op(event) WHERE event IS NOT NULL;

CREATE TABLE transfer(
  id INTEGER PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  debit INTEGER NOT NULL REFERENCES account(id),
  credit INTEGER NOT NULL REFERENCES account(id),
  amount INTEGER NOT NULL CHECK(amount > 0),
  code TEXT NOT NULL,
  CHECK(debit <> credit)
) STRICT;
-- Whatever refers to op is written before it, so that inserting the op looks these rows up: each needs its index.
CREATE INDEX transfer_op ON transfer(op);
CREATE INDEX transfer_debit ON transfer(debit);
CREATE INDEX transfer_credit ON transfer(credit);

CREATE TABLE lot(
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES account(id),
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  amount INTEGER NOT NULL CHECK(amount > 0),
  remaining INTEGER NOT NULL CHECK(remaining BETWEEN 0 AND amount),
  expires_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX lot_op ON lot(op);
CREATE INDEX lot_oldest ON lot(account, expires_ms, id) WHERE remaining > 0;

CREATE TABLE lot_use(
  id INTEGER PRIMARY KEY,
  lot INTEGER NOT NULL REFERENCES lot(id),
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  sale TEXT,                                          -- set where a refund of that sale can restore it
  amount INTEGER NOT NULL CHECK(amount > 0),
  restored INTEGER NOT NULL DEFAULT 0 CHECK(restored BETWEEN 0 AND amount)
) STRICT;
CREATE INDEX lot_use_op ON lot_use(op);
CREATE INDEX lot_use_sale ON lot_use(sale, id) WHERE sale IS NOT NULL;
CREATE INDEX lot_use_lot ON lot_use(lot);

CREATE TABLE bundle(
  hash TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  body BLOB NOT NULL,
  activated_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sale(
  id TEXT PRIMARY KEY,
  op INTEGER NOT NULL UNIQUE REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  receipt_no TEXT NOT NULL UNIQUE,
  terminal TEXT NOT NULL,
  member TEXT REFERENCES member(id),
  business_date TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  net_fen INTEGER NOT NULL CHECK(net_fen >= 0),
  due_fen INTEGER NOT NULL CHECK(due_fen BETWEEN 0 AND net_fen),
  points_earned INTEGER NOT NULL CHECK(points_earned >= 0),
  points_used INTEGER NOT NULL CHECK(points_used >= 0),
  refunded_fen INTEGER NOT NULL DEFAULT 0 CHECK(refunded_fen BETWEEN 0 AND net_fen),
  points_taken INTEGER NOT NULL DEFAULT 0 CHECK(points_taken BETWEEN 0 AND points_earned),
  points_back INTEGER NOT NULL DEFAULT 0 CHECK(points_back BETWEEN 0 AND points_used),
  bundle TEXT NOT NULL REFERENCES bundle(hash),
  kernel_request TEXT NOT NULL,                       -- what the rules were asked: replays bit for bit
  record TEXT NOT NULL                                -- the sale as decided (JSON)
) STRICT, WITHOUT ROWID;
CREATE INDEX sale_day ON sale(business_date, at_ms);
CREATE INDEX sale_member ON sale(member, business_date, due_fen) WHERE member IS NOT NULL;
CREATE INDEX sale_terminal ON sale(terminal, op);

CREATE TABLE sale_line(
  sale TEXT NOT NULL REFERENCES sale(id),
  line INTEGER NOT NULL,
  qty_milli INTEGER NOT NULL CHECK(qty_milli > 0),
  net_fen INTEGER NOT NULL CHECK(net_fen >= 0),
  points_paid_fen INTEGER NOT NULL,
  points INTEGER NOT NULL,
  points_used INTEGER NOT NULL,
  refunded_milli INTEGER NOT NULL DEFAULT 0 CHECK(refunded_milli BETWEEN 0 AND qty_milli),
  PRIMARY KEY(sale, line)
) STRICT, WITHOUT ROWID;

-- Points that a sale brought to those who recommended its member, and how much of them a refund took back.
CREATE TABLE referral(
  sale TEXT NOT NULL REFERENCES sale(id),
  level INTEGER NOT NULL,
  member TEXT NOT NULL REFERENCES member(id),
  points INTEGER NOT NULL CHECK(points > 0),
  taken INTEGER NOT NULL DEFAULT 0 CHECK(taken BETWEEN 0 AND points),
  PRIMARY KEY(sale, level)
) STRICT, WITHOUT ROWID;

CREATE TABLE refund(
  id TEXT PRIMARY KEY,
  op INTEGER NOT NULL UNIQUE REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  receipt_no TEXT NOT NULL UNIQUE,
  sale TEXT NOT NULL REFERENCES sale(id),
  at_ms INTEGER NOT NULL,
  record TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX refund_sale ON refund(sale);

-- What HQ has not yet confirmed, in order. sync_line is this box's end of the conversation.
CREATE TABLE outbox(
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  body BLOB NOT NULL,
  hash BLOB NOT NULL
) STRICT;

CREATE TABLE sync_line(
  one INTEGER PRIMARY KEY CHECK(one = 1),
  nonce TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  next INTEGER NOT NULL,
  acked INTEGER NOT NULL,
  acked_hash BLOB NOT NULL,
  tip BLOB NOT NULL,
  grants_version INTEGER NOT NULL,
  fence INTEGER NOT NULL,                             -- outbox seq before which balances predate this incarnation
  acked_events INTEGER NOT NULL                       -- for ever, over all epochs
) STRICT;

CREATE TABLE incarnation(
  nonce TEXT PRIMARY KEY,
  opened_ms INTEGER NOT NULL,
  why TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Print intents: written with the sale, carried out afterwards, each at most once unless a person says so.
CREATE TABLE print_job(
  id INTEGER PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  printer TEXT NOT NULL,
  kind TEXT NOT NULL CHECK(kind IN ('sale', 'refund', 'test')),
  subject TEXT NOT NULL,                              -- id of the sale or refund
  copy INTEGER NOT NULL DEFAULT 0,                    -- 0 the original, n the n-th reprint
  queued_ms INTEGER NOT NULL,                         -- when somebody last asked for it
  state TEXT NOT NULL CHECK(state IN ('queued', 'sending', 'sent', 'done', 'unknown', 'failed', 'held')),
  proof TEXT NOT NULL DEFAULT 'none',
  payload_sha TEXT,
  size INTEGER,
  accepted INTEGER NOT NULL DEFAULT 0,
  tries INTEGER NOT NULL DEFAULT 0,
  why TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX print_job_op ON print_job(op);
CREATE INDEX print_job_open ON print_job(printer, id) WHERE state IN ('queued', 'sending', 'sent');
CREATE INDEX print_job_subject ON print_job(subject);

CREATE TABLE counter(
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER transfer_fixed BEFORE UPDATE ON transfer BEGIN SELECT RAISE(ABORT, 'transfer is append-only'); END;
CREATE TRIGGER transfer_kept BEFORE DELETE ON transfer BEGIN SELECT RAISE(ABORT, 'transfer is append-only'); END;
CREATE TRIGGER op_fixed BEFORE UPDATE ON op BEGIN SELECT RAISE(ABORT, 'op is append-only'); END;
CREATE TRIGGER op_kept BEFORE DELETE ON op BEGIN SELECT RAISE(ABORT, 'op is append-only'); END;
