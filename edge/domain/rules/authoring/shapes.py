"""The types of a model, one by one, and what to call them to somebody who wrote something else."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, Literal

import msgspec
from msgspec import inspect as shapes

SHOWN_MAX = 40
"""Characters of a wrong value that are shown."""


@cache
def shape_of(model: Any) -> shapes.Type:
    """The type as msgspec sees it."""
    return shapes.type_info(model)


def keys_of(kind: shapes.StructType) -> set[str]:
    """The keys that a part may have."""
    return {field.encode_name for field in kind.fields} | ({kind.tag_field} if kind.tag_field else set())


@cache
def _annotated(kind: str, limits: tuple[tuple[str, Any], ...]) -> Any:
    plain = {"IntType": int, "StrType": str, "BoolType": bool, "FloatType": float, "NoneType": None}[kind]
    return Annotated[plain, msgspec.Meta(**dict(limits))] if limits else plain


def bare(kind: shapes.Type) -> Any:
    """A type that ``msgspec.convert`` takes, with the limits of ``kind``."""
    if isinstance(kind, shapes.LiteralType):
        return Literal[tuple(kind.values)]
    if isinstance(kind, shapes.DateTimeType):
        return datetime
    if isinstance(kind, shapes.DateType):
        return date
    names = ("ge", "gt", "le", "lt", "pattern", "min_length", "max_length")
    limits = tuple((name, got) for name in names if (got := getattr(kind, name, None)) is not None)
    return _annotated(type(kind).__name__, limits)


def expected(kind: shapes.Type) -> str:
    match kind:
        case shapes.IntType():
            low = kind.ge if kind.ge is not None else kind.gt
            high = kind.le if kind.le is not None else (kind.lt - 1 if kind.lt is not None else None)
            return (
                "a whole number"
                + (f" from {low}" if low is not None else "")
                + (f" to {high}" if high else "")
            )
        case shapes.StrType() if kind.pattern and "A-Za-z0-9" in kind.pattern:
            return "a name of letters, digits and _ . -"
        case shapes.StrType() if kind.pattern:
            return 'a time, "04:00"'
        case shapes.StrType():
            return "text"
        case shapes.BoolType():
            return "true or false"
        case shapes.LiteralType():
            return " or ".join(map(str, kind.values))
        case shapes.NoneType():
            return "nothing"
        case shapes.DateTimeType() | shapes.DateType():
            return "a date, 2026-12-24"
    return "something else"


def listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def shown(value: object) -> str:
    """A value in a sentence, cut where it is long."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "keys"
    if isinstance(value, list):
        return "a list" if len(value) else "an empty list"
    text = (
        repr(value)
        if isinstance(value, str)
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
    )
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"
