"""Rows of passes and timed services."""

from typing import Any

from edge.rpc.methods import Method
from edge.rpc.rows.desk import Desk


def pass_rows(desk: Desk) -> tuple[Method[Any], ...]:
    return ()
