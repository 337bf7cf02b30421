"""Whether somebody may do a thing, and whose approval stands for it."""

from edge.errors import Code, PosError
from edge.storage.transaction import Transaction


def approved_by(transaction: Transaction, terminal: str, action: str, approve: str) -> str:
    """Who answers for ``action``, as it is written down; raises 1306 where ``approve`` does not do.

    ``action`` is the name of a method, or of a part of one (``member.update:tier``).
    """
    if not approve:
        raise PosError(
            Code.APPROVAL_NEEDED,
            f"{action} needs the approval of a manager",
            zh="此操作需要店长授权",
            path="/approve",
            action=action,
        )
    return approve
