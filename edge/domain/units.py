"""What an account counts: the units of the ledger, each with rights of its own (design: sync §1)."""

Unit = str
"""A unit's name, as HQ's books have it too."""

POINTS: Unit = "points"
STORED: Unit = "fen"
"""Stored value that the member has paid in."""

GIFT: Unit = "gift_fen"
"""Stored value that came with a top-up."""

CREDIT: Unit = "credit_fen"
"""What the member may still buy without paying: the limit less what is owed."""

COUPON: Unit = "coupon"
"""1 while the coupon that owns the account is good."""

VOUCHER: Unit = "voucher_fen"
"""The value of the voucher that owns the account."""


def visits_of(pass_id: str) -> Unit:
    """Visits that are left on the passes of one kind."""
    return f"visits:{pass_id}"
