"""Whether somebody may do a thing, and whose approval stands for it."""

from edge.counter.permissions import level, to_approve
from edge.errors import Code, PosError
from edge.storage.transaction import Transaction


def approved_by(transaction: Transaction, terminal: str, action: str, approve: str) -> str:
    """Who answers for ``action``, as it is written down; raises 1306 where ``approve`` does not do.

    ``action`` is the name of a method, or of a part of one (``member.update:tier``). ``approve`` is the id of
    somebody whose card or PIN has been seen (edge.counter.identity); whoever may do it alone needs none. A shop
    without staff takes any name.
    """
    actor = transaction.actor
    if transaction.staff.anybody():
        match level(actor.role, action):
            case "allow":
                return actor.staff or approve
            case "deny":
                raise not_allowed(action, actor.role)
        person = transaction.staff.by_id(approve) if approve else None
        if person is not None and person.active and level(person.role, action) == "allow":
            return person.id
    elif approve:
        return approve
    raise PosError(
        Code.APPROVAL_NEEDED,
        f"{action} needs the approval of a manager",
        zh="此操作需要店长授权",
        path="/approve",
        action=action,
    )


def judge(transaction: Transaction, terminal: str, kind: str, request: object) -> None:
    """Ask for the approvals that the table of permissions wants for a write of this kind; raises 1306."""
    wanted = to_approve(transaction.actor.role, kind, request)
    if wanted and transaction.staff.anybody():
        for action in wanted:
            approved_by(transaction, terminal, action, getattr(request, "approve", ""))


def not_allowed(action: str, role: str) -> PosError:
    """1002."""
    zh = {"cashier": "收银员", "manager": "店长", "technician": "技术员", "hq": "总部人员"}[role]
    return PosError(
        Code.NOT_ALLOWED,
        f"{action} is not for a {role}",
        zh=f"{zh}无权执行 {action}",
        role=role,
        action=action,
    )
