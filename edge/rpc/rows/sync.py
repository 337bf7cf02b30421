"""Rows of the conversation with HQ."""

from typing import Any

from edge.counter.uplink_state import SyncReply, sync_status
from edge.rpc.methods import BOTH, Method, Nothing, Session
from edge.rpc.rows.desk import Desk


def sync_rows(desk: Desk) -> tuple[Method[Any], ...]:
    def status(session: Session, params: Nothing) -> SyncReply:
        return sync_status(desk.shop, desk.uplink)

    def now(session: Session, params: Nothing) -> SyncReply:
        desk.uplink.hurry()
        return sync_status(desk.shop, desk.uplink)

    return (
        Method("sync.now", Nothing, SyncReply, now, (), BOTH, "Try to reach HQ now rather than later."),
        Method(
            "sync.status", Nothing, SyncReply, status, (), BOTH, "The queue to HQ, and whether HQ answers."
        ),
    )
