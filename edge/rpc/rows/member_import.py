"""Rows of taking members over from an old system: a technician's."""

from typing import Any

from edge.counter import member_import
from edge.rpc.methods import ADMIN, Method
from edge.rpc.rows.desk import WRITE, Desk, writing


def member_import_rows(desk: Desk) -> tuple[Method[Any], ...]:
    return (
        Method(
            "admin.members.import",
            member_import.ImportRequest,
            member_import.ImportReply,
            writing(desk, member_import.import_members),
            WRITE,
            ADMIN,
            "Take members over from an old system, a part of the table at a time.",
        ),
    )
