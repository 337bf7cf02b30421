"""What each rule did with a basket, as a table."""

from typing import Any

from edge.cli.output import emit


def print_explained(explained: dict[str, Any]) -> None:
    """The result in one line, then a table with a row for every rule."""
    result = explained["result"]
    emit("  ".join(f"{name} {result[name]}" for name in ("gross", "discount", "payable", "points")), False)
    emit([_row(step) for step in explained["trace"]], False)


def _row(step: dict[str, Any]) -> dict[str, Any]:
    """A step of the trace in four columns; what is short, or which rule or group won, goes with the reason."""
    winner_or_lack = [f"{key} {step[key]}" for key in ("short_fen", "short_qty", "by", "to") if step.get(key)]
    why = " ".join(filter(None, (step.get("why"), *winner_or_lack)))
    return {"rule": step["rule"], "state": step["state"], "value": step.get("value"), "why": why or None}
