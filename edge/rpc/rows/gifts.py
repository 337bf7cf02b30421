"""Rows of the gift catalogue and of draws."""

from typing import Any

from edge.rpc.methods import Method
from edge.rpc.rows.desk import Desk


def gift_rows(desk: Desk) -> tuple[Method[Any], ...]:
    return ()
