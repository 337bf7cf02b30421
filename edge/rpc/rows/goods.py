"""Rows of goods, stock and deliveries."""

from typing import Any

from edge.rpc.methods import Method
from edge.rpc.rows.desk import Desk


def goods_rows(desk: Desk) -> tuple[Method[Any], ...]:
    return ()
