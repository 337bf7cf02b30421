-- The membership business: cards, accounts of any unit, slips, money by shift, staff, goods. Days are ISO 8601 business days.

-- --- accounts: a unit is a word now (edge.domain.units), and a print job prints any slip ---

CREATE TABLE account_any(
  id INTEGER PRIMARY KEY,
  owner TEXT NOT NULL,
  unit TEXT NOT NULL CHECK(unit <> ''),
  debits INTEGER NOT NULL DEFAULT 0 CHECK(debits >= 0),
  credits INTEGER NOT NULL DEFAULT 0 CHECK(credits >= 0),
  debt INTEGER NOT NULL DEFAULT 0 CHECK(debt >= 0),
  UNIQUE(owner, unit)
) STRICT;
INSERT INTO account_any SELECT id, owner, unit, debits, credits, debt FROM account;
DROP TABLE account;
ALTER TABLE account_any RENAME TO account;

CREATE TABLE print_job_any(
  id INTEGER PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  printer TEXT NOT NULL,
  kind TEXT NOT NULL CHECK(kind IN ('sale', 'refund', 'slip', 'test')),
  subject TEXT NOT NULL,                              -- id of the sale, refund or slip
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
INSERT INTO print_job_any SELECT id, op, printer, kind, subject, copy, queued_ms, state, proof, payload_sha, size,
  accepted, tries, why FROM print_job;
DROP TABLE print_job;
ALTER TABLE print_job_any RENAME TO print_job;
CREATE INDEX print_job_op ON print_job(op);
CREATE INDEX print_job_open ON print_job(printer, id) WHERE state IN ('queued', 'sending', 'sent');
CREATE INDEX print_job_subject ON print_job(subject);

-- What every numbered slip beside sales and refunds says: a top-up, a pass, a redemption, a shift.
CREATE TABLE slip(
  id TEXT PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  receipt_no TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  member TEXT REFERENCES member(id),
  terminal TEXT NOT NULL,
  business_date TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  record TEXT NOT NULL                                -- the slip as decided (JSON)
) STRICT, WITHOUT ROWID;
CREATE INDEX slip_op ON slip(op);
CREATE INDEX slip_member ON slip(member) WHERE member IS NOT NULL;
CREATE INDEX slip_day ON slip(business_date, at_ms);

-- Money that a terminal took (above 0) or handed out (below), by tender; cash is net of change.
CREATE TABLE money(
  id INTEGER PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  terminal TEXT NOT NULL,
  shift TEXT,                                         -- the terminal's open shift, if it had one
  business_date TEXT NOT NULL,
  tender TEXT NOT NULL,
  amount_fen INTEGER NOT NULL CHECK(amount_fen <> 0),
  why TEXT NOT NULL
) STRICT;
CREATE INDEX money_op ON money(op);
CREATE INDEX money_shift ON money(shift) WHERE shift IS NOT NULL;
CREATE INDEX money_day ON money(business_date);

-- --- members and cards ---

ALTER TABLE member ADD COLUMN valid_until TEXT;       -- the card's last business day; NULL: for ever
ALTER TABLE member ADD COLUMN birth_year INTEGER;
ALTER TABLE member ADD COLUMN region TEXT NOT NULL DEFAULT '';
ALTER TABLE member ADD COLUMN salesperson TEXT NOT NULL DEFAULT '';
ALTER TABLE member ADD COLUMN consent INTEGER NOT NULL DEFAULT 0 CHECK(consent IN (0, 1));
ALTER TABLE member ADD COLUMN base_fen INTEGER NOT NULL DEFAULT 0;     -- what the tier does not count any more:
ALTER TABLE member ADD COLUMN base_visits INTEGER NOT NULL DEFAULT 0;  -- spent and visited before the last way down
ALTER TABLE member ADD COLUMN tier_since TEXT;
ALTER TABLE member ADD COLUMN bought_on TEXT;         -- the day of the last purchase
ALTER TABLE member ADD COLUMN warned_on TEXT;         -- the day on which the member was told that the tier will go
ALTER TABLE member ADD COLUMN qr_key TEXT;            -- base32, RFC 6238; NULL: no e-card
ALTER TABLE member ADD COLUMN qr_step INTEGER NOT NULL DEFAULT 0;      -- the last time step that was shown
-- A till names a phone by its end.
CREATE INDEX member_phone_end ON member(substr(phone, -4)) WHERE phone <> '';
UPDATE member SET bought_on = (SELECT max(business_date) FROM sale WHERE sale.member = member.id);

-- Every number that ever led to a member. Only the active ones do; the others say what became of them.
CREATE TABLE card(
  number TEXT PRIMARY KEY,
  member TEXT NOT NULL REFERENCES member(id),
  medium TEXT NOT NULL CHECK(medium IN ('card', 'uid')),
  state TEXT NOT NULL CHECK(state IN ('active', 'lost', 'replaced', 'cancelled')),
  since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX card_member ON card(member);
INSERT INTO card SELECT card_no, id, 'card', iif(status = 'frozen', 'active', status), registered_ms FROM member;

CREATE TABLE kin(
  member TEXT NOT NULL REFERENCES member(id),
  place INTEGER NOT NULL,
  name TEXT NOT NULL,
  relation TEXT NOT NULL,
  birthday INTEGER,                                   -- MMDD
  birthday_calendar TEXT NOT NULL DEFAULT 'solar' CHECK(birthday_calendar IN ('solar', 'lunar')),
  PRIMARY KEY(member, place)
) STRICT, WITHOUT ROWID;

-- The contact log, and the calls that somebody still has to make.
CREATE TABLE note(
  id TEXT PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  member TEXT NOT NULL REFERENCES member(id),
  kind TEXT NOT NULL CHECK(kind IN ('note', 'call')),
  text TEXT NOT NULL,
  by TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  due TEXT,                                           -- a call's day
  outcome TEXT,                                       -- what came of the call; NULL: still to be made
  done_by TEXT,
  done_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX note_op ON note(op);
CREATE INDEX note_member ON note(member, at_ms);
CREATE INDEX note_due ON note(due) WHERE kind = 'call' AND outcome IS NULL;

-- Rows of an old system's table as they were taken over, by which the same row again changes nothing.
CREATE TABLE imported(
  card_no TEXT PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  member TEXT NOT NULL REFERENCES member(id),
  row TEXT NOT NULL,                                  -- JSON
  awaits TEXT                                         -- card of a referrer who comes further down
) STRICT, WITHOUT ROWID;
CREATE INDEX imported_op ON imported(op);
CREATE INDEX imported_member ON imported(member);
CREATE INDEX imported_awaits ON imported(awaits) WHERE awaits IS NOT NULL;

-- --- accounts beside points and stored value ---

-- A pass without a count: as often as one likes, until its last day. Counted ones are accounts (visits:PASS).
CREATE TABLE period_pass(
  id TEXT PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  member TEXT NOT NULL REFERENCES member(id),
  pass TEXT NOT NULL,                                 -- id in the bundle's passes
  first_day TEXT NOT NULL,
  last_day TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX period_pass_op ON period_pass(op);
CREATE INDEX period_pass_member ON period_pass(member, pass);

CREATE TABLE pass_use(
  slip TEXT PRIMARY KEY REFERENCES slip(id),
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  member TEXT NOT NULL REFERENCES member(id),
  pass TEXT NOT NULL,
  service TEXT NOT NULL,
  visits INTEGER NOT NULL CHECK(visits >= 0),         -- 0: on a pass without a count
  business_date TEXT NOT NULL,
  given_back INTEGER NOT NULL DEFAULT 0 CHECK(given_back IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX pass_use_op ON pass_use(op);
CREATE INDEX pass_use_member ON pass_use(member, business_date);

CREATE TABLE timed(
  id TEXT PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  member TEXT REFERENCES member(id),
  service TEXT NOT NULL,                              -- id in the bundle's services
  terms TEXT NOT NULL,                                -- those of the bundle when it began (JSON)
  label TEXT NOT NULL,                                -- the table, room or seat
  state TEXT NOT NULL CHECK(state IN ('running', 'paused', 'stopped', 'billed', 'cancelled')),
  started_ms INTEGER NOT NULL,
  since_ms INTEGER NOT NULL,                          -- when the present state began
  run_ms INTEGER NOT NULL DEFAULT 0 CHECK(run_ms >= 0),  -- what ran before the present state
  amount_fen INTEGER,                                 -- once it has stopped
  sale TEXT REFERENCES sale(id)                       -- which paid for it; NULL where there was nothing to pay
) STRICT, WITHOUT ROWID;
CREATE INDEX timed_op ON timed(op);
CREATE INDEX timed_sale ON timed(sale) WHERE sale IS NOT NULL;
CREATE INDEX timed_open ON timed(started_ms) WHERE state IN ('running', 'paused', 'stopped');
CREATE INDEX timed_member ON timed(member) WHERE member IS NOT NULL;

-- What was sold on credit, and how much of it has been repaid or refunded. What may still be spent is an account.
CREATE TABLE credit_sale(
  sale TEXT PRIMARY KEY REFERENCES sale(id) DEFERRABLE INITIALLY DEFERRED,
  member TEXT NOT NULL REFERENCES member(id),
  amount_fen INTEGER NOT NULL CHECK(amount_fen > 0),
  settled_fen INTEGER NOT NULL DEFAULT 0 CHECK(settled_fen BETWEEN 0 AND amount_fen),
  due_day TEXT NOT NULL,
  overdue_ms INTEGER NOT NULL                         -- when the due day is over
) STRICT, WITHOUT ROWID;
CREATE INDEX credit_sale_member ON credit_sale(member, due_day);
CREATE INDEX credit_sale_due ON credit_sale(due_day) WHERE settled_fen < amount_fen;

CREATE TABLE voucher(
  code TEXT PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  member TEXT REFERENCES member(id),                  -- NULL: whoever brings it
  value_fen INTEGER NOT NULL CHECK(value_fen > 0),
  last_day TEXT,
  why TEXT NOT NULL,
  sale TEXT REFERENCES sale(id) DEFERRABLE INITIALLY DEFERRED  -- which it paid; NULL: still good
) STRICT, WITHOUT ROWID;
CREATE INDEX voucher_op ON voucher(op);
CREATE INDEX voucher_sale ON voucher(sale) WHERE sale IS NOT NULL;
CREATE INDEX voucher_member ON voucher(member) WHERE member IS NOT NULL;

-- --- gifts ---

CREATE TABLE redemption(
  slip TEXT PRIMARY KEY REFERENCES slip(id),
  member TEXT NOT NULL REFERENCES member(id),
  gift TEXT NOT NULL,                                 -- id in the bundle's catalogue
  qty INTEGER NOT NULL CHECK(qty > 0),
  points INTEGER NOT NULL CHECK(points >= 0),
  business_date TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX redemption_member ON redemption(member, gift);
CREATE INDEX redemption_gift ON redemption(gift);

CREATE TABLE draw_entry(
  id TEXT PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  draw TEXT NOT NULL,
  member TEXT NOT NULL REFERENCES member(id),
  business_date TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX draw_entry_op ON draw_entry(op);
CREATE INDEX draw_entry_draw ON draw_entry(draw, member);

-- --- the counter: shifts and baskets that wait ---

CREATE TABLE shift(
  id TEXT PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  terminal TEXT NOT NULL,
  cashier TEXT NOT NULL,
  business_date TEXT NOT NULL,
  opened_ms INTEGER NOT NULL,
  float_fen INTEGER NOT NULL CHECK(float_fen >= 0),
  closed_ms INTEGER,
  counted_fen INTEGER,
  record TEXT                                         -- what the close said (JSON)
) STRICT, WITHOUT ROWID;
CREATE INDEX shift_op ON shift(op);
CREATE INDEX shift_day ON shift(business_date);
CREATE UNIQUE INDEX shift_open ON shift(terminal) WHERE closed_ms IS NULL;

CREATE TABLE held(
  id TEXT PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  terminal TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  label TEXT NOT NULL,
  basket TEXT NOT NULL,                               -- the params of a quote (JSON)
  gone TEXT CHECK(gone IN ('recalled', 'dropped')),   -- NULL: it still waits
  gone_to TEXT,                                       -- the terminal that took it
  gone_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX held_op ON held(op);
CREATE INDEX held_waits ON held(at_ms) WHERE gone IS NULL;

-- --- staff ---

CREATE TABLE staff(
  id TEXT PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK(role IN ('cashier', 'manager', 'technician', 'hq')),
  card TEXT UNIQUE,                                   -- the number of the staff card
  pin TEXT,                                           -- scrypt, salted
  active INTEGER NOT NULL DEFAULT 1 CHECK(active IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX staff_op ON staff(op);

-- Who was signed in at the till that asked for an operation; none where nobody was.
CREATE TABLE op_staff(
  op INTEGER PRIMARY KEY REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  staff TEXT NOT NULL,
  role TEXT NOT NULL
) STRICT;

CREATE TABLE attendance(
  id INTEGER PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  staff TEXT NOT NULL REFERENCES staff(id),
  kind TEXT NOT NULL CHECK(kind IN ('in', 'out')),
  at_ms INTEGER NOT NULL,
  business_date TEXT NOT NULL,
  worked_ms INTEGER                                   -- since coming; only where somebody goes
) STRICT;
CREATE INDEX attendance_op ON attendance(op);
CREATE INDEX attendance_staff ON attendance(staff, business_date);

CREATE TABLE commission(
  id INTEGER PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  salesperson TEXT NOT NULL,
  rule TEXT NOT NULL,                                 -- id in the bundle's commissions
  base_fen INTEGER NOT NULL,
  fen INTEGER NOT NULL,                               -- below 0 where a refund takes it back
  subject TEXT NOT NULL,                              -- id of the sale or slip
  business_date TEXT NOT NULL
) STRICT;
CREATE INDEX commission_op ON commission(op);
CREATE INDEX commission_salesperson ON commission(salesperson, business_date);
CREATE INDEX commission_subject ON commission(subject);

-- --- goods ---

CREATE TABLE goods(
  sku TEXT PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  name TEXT NOT NULL,
  cat1 TEXT NOT NULL DEFAULT '',
  cat2 TEXT NOT NULL DEFAULT '',
  cat3 TEXT NOT NULL DEFAULT '',
  brand TEXT NOT NULL DEFAULT '',
  unit TEXT NOT NULL DEFAULT '',
  price_fen INTEGER NOT NULL CHECK(price_fen >= 0),
  cost_fen INTEGER CHECK(cost_fen >= 0),
  is_service INTEGER NOT NULL DEFAULT 0 CHECK(is_service IN (0, 1)),
  alert_milli INTEGER,                                -- warn at or below this much
  best_before TEXT,                                   -- the earliest date among what is in stock
  active INTEGER NOT NULL DEFAULT 1 CHECK(active IN (0, 1)),
  version INTEGER NOT NULL DEFAULT 0                  -- HQ's, 0 for goods of our own
) STRICT, WITHOUT ROWID;
CREATE INDEX goods_op ON goods(op);
CREATE INDEX goods_name ON goods(name, active);       -- a search reads this and not the goods

CREATE TABLE barcode(
  code TEXT PRIMARY KEY,
  sku TEXT NOT NULL REFERENCES goods(sku)
) STRICT, WITHOUT ROWID;
CREATE INDEX barcode_sku ON barcode(sku);

CREATE TABLE stock(
  sku TEXT PRIMARY KEY REFERENCES goods(sku),
  qty_milli INTEGER NOT NULL,                         -- below 0: sold before it was booked in
  value_fen INTEGER NOT NULL                          -- what it cost
) STRICT, WITHOUT ROWID;

-- Each piece of stock that came or went. The values of an article's movements add up to its value in stock.
CREATE TABLE movement(
  id INTEGER PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  sku TEXT NOT NULL REFERENCES goods(sku),
  -- cost: goods that were sold before they came in cost other than was believed
  kind TEXT NOT NULL CHECK(kind IN ('in', 'out', 'sale', 'refund', 'gift', 'count', 'sent', 'received', 'cost')),
  qty_milli INTEGER NOT NULL,
  value_fen INTEGER NOT NULL,
  net_fen INTEGER NOT NULL DEFAULT 0,                 -- what the customer paid for it, below 0 where it came back
  subject TEXT NOT NULL DEFAULT '',                   -- the sale (of a refund too), slip or transfer
  line INTEGER,                                       -- of the sale
  why TEXT NOT NULL DEFAULT '',
  business_date TEXT NOT NULL
) STRICT;
CREATE INDEX movement_op ON movement(op);
CREATE INDEX movement_sku ON movement(sku, id);
CREATE INDEX movement_day ON movement(business_date);
CREATE INDEX movement_sale ON movement(subject, line) WHERE kind IN ('sale', 'refund', 'gift');

CREATE TABLE stock_transfer(
  id TEXT PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  from_store TEXT NOT NULL,
  to_store TEXT NOT NULL,
  lines TEXT NOT NULL,                                -- [[sku, qty_milli, value_fen], ...]
  sent_ms INTEGER NOT NULL,
  received_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX stock_transfer_op ON stock_transfer(op);

CREATE TABLE delivery(
  id TEXT PRIMARY KEY,
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  member TEXT REFERENCES member(id),
  sale TEXT REFERENCES sale(id),
  what TEXT NOT NULL,
  day TEXT NOT NULL,
  hours TEXT NOT NULL DEFAULT '',
  who TEXT NOT NULL DEFAULT '',                       -- who brings it
  address TEXT NOT NULL DEFAULT '',
  phone TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL CHECK(state IN ('open', 'done', 'cancelled')),
  done_ms INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_op ON delivery(op);
CREATE INDEX delivery_sale ON delivery(sale) WHERE sale IS NOT NULL;
CREATE INDEX delivery_member ON delivery(member) WHERE member IS NOT NULL;
CREATE INDEX delivery_open ON delivery(day) WHERE state = 'open';

-- Cards that HQ has stopped, of members that this store does not know too. (What else HQ says has tables of its own.)
CREATE TABLE hot_card(
  number TEXT PRIMARY KEY,
  state TEXT NOT NULL CHECK(state IN ('lost', 'frozen', 'cancelled'))
) STRICT, WITHOUT ROWID;

CREATE TRIGGER movement_fixed BEFORE UPDATE ON movement BEGIN SELECT RAISE(ABORT, 'movement is append-only'); END;
CREATE TRIGGER movement_kept BEFORE DELETE ON movement BEGIN SELECT RAISE(ABORT, 'movement is append-only'); END;
CREATE TRIGGER money_fixed BEFORE UPDATE ON money BEGIN SELECT RAISE(ABORT, 'money is append-only'); END;
CREATE TRIGGER money_kept BEFORE DELETE ON money BEGIN SELECT RAISE(ABORT, 'money is append-only'); END;
CREATE TRIGGER op_staff_fixed BEFORE UPDATE ON op_staff BEGIN SELECT RAISE(ABORT, 'op_staff is append-only'); END;
CREATE TRIGGER op_staff_kept BEFORE DELETE ON op_staff BEGIN SELECT RAISE(ABORT, 'op_staff is append-only'); END;
