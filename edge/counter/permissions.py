"""Who may do what: one row for every method, and for parts of methods that are more than the method itself.

An action is the name of a method, or ``method:part``. ``allow`` is without asking, ``approve`` with a manager's card
or PIN, ``deny`` not at all. The rows are the shop's law: docs/pos-methods.md shows them, and a test compares.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

from edge.domain.staff import ROLES, Role

Level = Literal["allow", "approve", "deny"]


class Grant(NamedTuple):
    """What each role may, in the order of ``edge.domain.staff.ROLES``."""

    cashier: Level
    manager: Level
    technician: Level
    hq: Level

    def of(self, role: Role) -> Level:
        """The level of one role."""
        return self[ROLES.index(role)]


EVERYBODY = Grant("allow", "allow", "allow", "allow")
DEVICE = Grant("allow", "allow", "allow", "deny")
TILL = Grant("allow", "allow", "deny", "deny")
READ = Grant("allow", "allow", "deny", "allow")
BY_MANAGER = Grant("approve", "allow", "deny", "deny")
MANAGERS = Grant("deny", "allow", "deny", "allow")
TECHNICAL = Grant("deny", "deny", "allow", "deny")
TECHNICAL_READ = Grant("deny", "deny", "allow", "allow")
UNKNOWN = BY_MANAGER
"""An action that nobody has thought of yet."""


def _rows(grant: Grant, *actions: str) -> dict[str, Grant]:
    return dict.fromkeys(actions, grant)


MATRIX: Mapping[str, Grant] = {
    **_rows(EVERYBODY, "session.hello", "session.ping", "rpc.discover", "events.subscribe"),
    **_rows(EVERYBODY, "staff.signin", "staff.signout", "staff.clock"),
    **_rows(DEVICE, "reader.arm", "reader.disarm", "display.show", "display.total", "display.clear"),
    **_rows(EVERYBODY, "device.list", "sync.status", "sync.now", "print.job"),
    # members and cards
    **_rows(READ, "member.lookup"),
    **_rows(TILL, "member.register", "member.update"),
    **_rows(BY_MANAGER, "member.update:tier", "member.update:status"),
    **_rows(TILL, "card.lost", "card.replace", "card.extend", "card.ecard"),
    **_rows(BY_MANAGER, "card.replace:without_fee", "card.extend:without_fee", "card.ecard:again"),
    **_rows(TILL, "note.add", "call.done"),
    **_rows(READ, "reminder.list"),
    # points, coupons, gifts
    **_rows(TILL, "points.adjust", "coupon.issue"),
    **_rows(BY_MANAGER, "points.adjust:by_hand", "coupon.issue:free"),
    **_rows(TILL, "gift.redeem", "draw.enter"),
    **_rows(READ, "gift.list"),
    # accounts
    **_rows(TILL, "account.topup", "credit.repay", "voucher.issue"),
    **_rows(BY_MANAGER, "account.withdraw", "credit.limit", "voucher.issue:free"),
    **_rows(READ, "credit.list", "voucher.lookup"),
    # passes and timed services
    **_rows(TILL, "pass.sell", "pass.use", "timed.start", "timed.pause", "timed.stop"),
    **_rows(BY_MANAGER, "pass.give_back", "pass.refund", "timed.cancel"),
    **_rows(READ, "pass.list", "timed.list"),
    # sales
    **_rows(TILL, "sale.quote", "sale.commit", "sale.hold", "sale.recall", "sale.drop", "sale.held"),
    **_rows(READ, "sale.get", "sale.find", "sale.last", "refund.quote"),
    **_rows(BY_MANAGER, "sale.refund", "sale.void"),
    # the counter itself
    **_rows(TILL, "shift.open", "shift.close", "drawer.pay_in"),
    **_rows(READ, "shift.report", "shift.list"),
    **_rows(BY_MANAGER, "drawer.open", "drawer.pay_out"),
    **_rows(DEVICE, "print.receipt", "print.cancel", "print.retry"),
    # goods
    **_rows(EVERYBODY, "goods.lookup", "goods.prices", "stock.list", "stock.movements"),
    **_rows(MANAGERS, "stock.profit"),
    **_rows(TILL, "stock.in", "stock.receive"),
    **_rows(BY_MANAGER, "stock.out", "stock.count", "stock.send"),
    **_rows(TECHNICAL, "goods.put"),
    **_rows(TILL, "delivery.add", "delivery.done", "delivery.cancel"),
    **_rows(READ, "delivery.list"),
    # reports, and the box itself
    **_rows(MANAGERS, "staff.attendance", "report.commission"),
    **_rows(TECHNICAL, "admin.staff.put", "admin.members.import", "admin.night.run"),
    **_rows(TECHNICAL_READ, "admin.staff.list", "admin.log.list"),
}

_PARTS: Mapping[str, tuple[tuple[str, Callable[[Any], bool]], ...]] = {
    "points.adjust": (("points.adjust:by_hand", lambda request: request.bonus is None),),
    "coupon.issue": (("coupon.issue:free", lambda request: request.pay == "free"),),
}
"""Parts that show in the request itself. The others are judged where they are done (edge.counter.approvals)."""


def level(role: Role, action: str) -> Level:
    """What ``role`` may do about ``action``."""
    return MATRIX.get(action, UNKNOWN).of(role)


def barred_from(method: str) -> frozenset[Role]:
    """The roles that may not call ``method`` at all."""
    grant = MATRIX.get(method)
    return frozenset(role for role in ROLES if grant and grant.of(role) == "deny")


_ASKING: Mapping[Role, frozenset[str]] = {
    role: frozenset(
        action.partition(":")[0]
        for action, grant in MATRIX.items()
        if grant.of(role) == "approve" and (":" not in action or action.partition(":")[0] in _PARTS)
    )
    for role in ROLES
}
"""Methods of which something needs an approval, so that all others are let through at one look."""


def to_approve(role: Role, method: str, request: object) -> list[str]:
    """The actions in ``request`` that ``role`` needs an approval for."""
    if method not in _ASKING[role]:
        return []
    parts = [part for part, meant in _PARTS.get(method, ()) if meant(request)]
    return [action for action in (method, *parts) if level(role, action) == "approve"]


def as_markdown() -> str:
    """The matrix as the guide shows it, by name."""
    head = ("| action | " + " | ".join(ROLES) + " |", "|---" * (len(ROLES) + 1) + "|")
    rows = (f"| `{action}` | {' | '.join(grant)} |" for action, grant in sorted(MATRIX.items()))
    return "\n".join((*head, *rows))
