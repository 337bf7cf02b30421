"""The box's methods: one row each, from name to counter function, with its types and errors (edge.rpc.rows)."""

from typing import Any

from edge.rpc.methods import Method
from edge.rpc.rows.accounts import account_rows
from edge.rpc.rows.counter import counter_rows
from edge.rpc.rows.deliveries import delivery_rows
from edge.rpc.rows.desk import Desk
from edge.rpc.rows.devices import device_rows
from edge.rpc.rows.gifts import gift_rows
from edge.rpc.rows.goods import goods_rows
from edge.rpc.rows.guarded import guarded
from edge.rpc.rows.member_import import member_import_rows
from edge.rpc.rows.members import member_rows
from edge.rpc.rows.night import night_rows
from edge.rpc.rows.passes import pass_rows, timed_rows
from edge.rpc.rows.printing import printing_rows
from edge.rpc.rows.sales import refund_rows, sale_rows
from edge.rpc.rows.staff import staff_rows
from edge.rpc.rows.sync import sync_rows

_ROWS = (
    member_rows,
    member_import_rows,
    account_rows,
    pass_rows,
    timed_rows,
    gift_rows,
    sale_rows,
    refund_rows,
    counter_rows,
    staff_rows,
    goods_rows,
    delivery_rows,
    night_rows,
    printing_rows,
    device_rows,
    sync_rows,
)


def till_methods(desk: Desk) -> tuple[Method[Any], ...]:
    """All rows beside the session's own, each for the roles that may call it."""
    return tuple(guarded(desk.shop, row) for rows in _ROWS for row in rows(desk))
