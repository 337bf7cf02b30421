"""What the compiled kernel offers a till: quotes from bytes to bytes. With the plain kernel callers decode."""

from typing import Protocol

Label = tuple[str, str, str | None]
"""A rule's id and name, and the item where it gives one."""

Sums = tuple[int, int, int, int]
"""Points earned, points redeemed, what these pay, and what is left to pay with money, both in fen."""


class Patron(Protocol):
    """A member as the rules see one: made once, used for every scan of the visit."""


class Quoter(Protocol):
    """Prices baskets of one store under one bundle; read one, then price it."""

    def read(self, params: bytes, /) -> tuple[str | None, tuple[str, ...], int] | None:
        """Take the params of sale.quote: (member, coupons, redeem_points); None where they are not the usual ones."""

    def patron(self, request_json: bytes, /) -> Patron:
        """The member and the counters of a kernel request; raises RequestError."""

    def reduced(self) -> list[tuple[int, str, int]]:
        """Of what was priced last, the lines with a sku and a discount: (place, sku, unit price in fen)."""

    def price(
        self, ts: int, patron: Patron | None, kinds: tuple[str, ...], /
    ) -> tuple[bytes, Sums, tuple[str, ...]]:
        """Price what was read, at ``ts`` with these kinds of coupons.

        Answers the reply's keys from rules_version to gifts (and no coupons, where none were asked for), its sums,
        and of each kind why it gave nothing, "" for one that did.
        """
