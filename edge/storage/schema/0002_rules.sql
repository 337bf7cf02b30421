-- What rules count and remember: coupons, how often a rule gave, what a shelf price was. Days are ISO 8601 business days.

CREATE TABLE coupon(
  code TEXT PRIMARY KEY,
  kind TEXT NOT NULL,                                 -- id in the bundle's coupons
  member TEXT REFERENCES member(id),                  -- NULL: whoever brings it
  op INTEGER NOT NULL REFERENCES op(seq) DEFERRABLE INITIALLY DEFERRED,
  last_day TEXT,                                      -- the last business day on which it counts; NULL: for ever
  sale TEXT REFERENCES sale(id)                       -- which used it up; NULL: still good
) STRICT, WITHOUT ROWID;
CREATE INDEX coupon_op ON coupon(op);
CREATE INDEX coupon_sale ON coupon(sale) WHERE sale IS NOT NULL;
CREATE INDEX coupon_member ON coupon(member) WHERE sale IS NULL AND member IS NOT NULL;

-- Receipts and value that a limited rule gave to a member in a day; member '' and day '' count everybody, ever.
CREATE TABLE rule_use(
  member TEXT NOT NULL,
  rule TEXT NOT NULL,
  day TEXT NOT NULL,
  times INTEGER NOT NULL CHECK(times >= 0),
  value INTEGER NOT NULL CHECK(value >= 0),
  PRIMARY KEY(member, rule, day)
) STRICT, WITHOUT ROWID;

-- A row where a shelf price changed.
CREATE TABLE shelf_price(
  sku TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  price_fen INTEGER NOT NULL CHECK(price_fen >= 0),
  PRIMARY KEY(sku, since_ms)
) STRICT, WITHOUT ROWID;

ALTER TABLE member ADD COLUMN birthday_calendar TEXT NOT NULL DEFAULT 'solar'
  CHECK(birthday_calendar IN ('solar', 'lunar'));
