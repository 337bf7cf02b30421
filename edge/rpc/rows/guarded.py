"""What every row gets before it stands in the table: the roles that may not call it, and who is asking."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import msgspec

from edge.counter.acting import ACTING
from edge.counter.identity import approver
from edge.counter.permissions import barred_from
from edge.counter.shop import Keyed, Shop
from edge.domain.staff import Actor
from edge.rpc.methods import Method, Session


def guarded(shop: Shop, row: Method[Any]) -> Method[Any]:
    """``row`` as the table of permissions wants it; a write learns who asks, and who approves by id alone."""

    def waived(session: Session) -> bool:
        return session.socket == "pos" and shop.open_to_all

    async def call(session: Session, params: Any) -> object:
        ACTING.set(Actor(session.role, session.staff))
        if getattr(params, "approve", ""):
            who = await approver(shop, session.terminal, params.idem, params.approve)
            params = msgspec.structs.replace(params, approve=who)
        outcome = row.call(session, params)
        return await outcome if isinstance(outcome, Awaitable) else outcome

    known = replace(row, call=call) if issubclass(row.params, Keyed) else row
    return replace(known, barred=barred_from(row.name), waived=waived)
