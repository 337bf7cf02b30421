"""Rows of the counter itself: shifts, and baskets that wait."""

from typing import Any

from edge.rpc.methods import Method
from edge.rpc.rows.desk import Desk


def counter_rows(desk: Desk) -> tuple[Method[Any], ...]:
    return ()
