"""Reads a document by the types of a model and finds everything that is wrong in it, not the first thing only.

What comes out holds no faulty part, and every value in its plain form (``forms`` says how values may be written).
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

import msgspec
from msgspec import UNSET
from msgspec import inspect as shapes

from edge.domain.rules.authoring.findings import Finding, child, did_you_mean, error
from edge.domain.rules.authoring.forms import ITEMS, LABELS, Misread, form_of, moment
from edge.domain.rules.authoring.requests import Asked, Expected
from edge.domain.rules.authoring.shapes import bare, expected, keys_of, listed, shape_of, shown
from edge.domain.rules.authoring.source import Source
from edge.domain.rules.model import Bundle, Coupon, Gift, Limit, Need, Rule, Select, Vector, When

SYNONYMS = {
    **dict.fromkeys(("weekday", "weekdays", "星期"), "dow"),
    **dict.fromkeys(("monthday", "monthdays", "day_of_month", "日期"), "dom"),
    **dict.fromkeys(("hours", "time", "times", "时间"), "minutes"),
    **dict.fromkeys(("category", "categories", "品类"), "cats"),
    **dict.fromkeys(("start", "since", "开始"), "from"),
    **dict.fromkeys(("end", "until", "结束"), "to"),
    **dict.fromkeys(("payment", "tender", "支付"), "pay"),
    **dict.fromkeys(("limits", "限制"), "limit"),
    **dict.fromkeys(("action", "then", "give"), "do"),
    **dict.fromkeys(("if", "condition", "conditions"), "when"),
    **dict.fromkeys(("percent", "rate"), "bp"),
}
"""What people try first, and what the key is called."""

TEXTS = (shapes.StrType, shapes.LiteralType, shapes.DateTimeType, shapes.DateType)
RULE_PARTS = (Rule, Coupon, Gift, When, Select, Need, Limit)
Labels = Mapping[str, str]


def read_document(source: Source, labels: Labels) -> tuple[dict[str, Any], list[Finding]]:
    """The bundle in ``source`` in its plain form, and all that its types forbid.

    ``labels`` leads the labels of tiers to their ids.
    """
    reading = _Reading(source, labels)
    plain = reading.value(shape_of(Bundle), source.value, "", "")
    return (plain if isinstance(plain, dict) else {}), reading.findings


@cache
def _shapes_within() -> dict[tuple[type, str], shapes.Type]:
    """What the model leaves open, for other programs write there, and authors do not."""
    return {(Vector, "request"): shape_of(Asked), (Vector, "expected"): shape_of(Expected)}


@cache
def _homes() -> dict[str, str]:
    """Under which key of a rule a key stands: ``dow`` under ``when``."""
    parts = {"when": When, "select": Select, "need": Need, "limit": Limit}
    return {name: home for home, part in parts.items() for name in part.__struct_encode_fields__}


class _Reading:
    """One walk over a document."""

    def __init__(self, source: Source, labels: Labels) -> None:
        self.findings: list[Finding] = []
        self._source = source
        self._labels = labels

    def value(self, kind: shapes.Type, value: object, path: str, name: str, operation: str = "") -> Any:
        """``value`` in its plain form, or UNSET when nothing can be made of it."""
        match kind:
            case shapes.Metadata():
                return self.value(kind.type, value, path, name, operation)
            case shapes.UnionType():
                return self._union(kind, value, path, name, operation)
            case shapes.StructType():
                return self._struct(kind, value, path)
            case shapes.VarTupleType():
                return self._list(kind, value, path, name)
            case shapes.TupleType():
                return self._pair(kind, value, path, name)
            case shapes.DictType():
                return self._dict(kind, value, path, name)
            case shapes.AnyType():
                return value
        return self._scalar(kind, value, path, name, operation)

    # --- what has parts ---

    def _struct(self, kind: shapes.StructType, value: object, path: str) -> Any:
        if not isinstance(value, dict):
            return self._wrong(path, f"expected keys ({listed(keys_of(kind))}), not {shown(value)}")
        operation = str(kind.tag or "")
        plain: dict[str, Any] = {}
        for key in value.keys() - keys_of(kind):
            self._unknown(kind, key, child(path, key))
        if kind.tag_field:
            plain[kind.tag_field] = kind.tag
        for field in kind.fields:
            key, below = field.encode_name, child(path, field.encode_name)
            if key in value:
                shape = _shapes_within().get((kind.cls, key), field.type)
                read = self.value(shape, value[key], below, key, operation)
                if read is not UNSET:
                    plain[key] = read
            elif field.required:
                self._wrong(below, f"{key} is missing")
        return plain

    def _union(self, kind: shapes.UnionType, value: object, path: str, name: str, operation: str) -> Any:
        kinds = [one for one in kind.types if not isinstance(one, shapes.NoneType)]
        if value is None and len(kinds) < len(kind.types):
            return None
        tagged = [one for one in kinds if isinstance(one, shapes.StructType) and one.tag_field]
        if tagged:
            return self._tagged(tagged, value, path)
        if isinstance(value, dict | list) and len(kinds) > 1:
            holder = shapes.DictType if isinstance(value, dict) else shapes.VarTupleType | shapes.TupleType
            kinds = [one for one in kinds if isinstance(one, holder)] or kinds
        return self.value(kinds[0], value, path, name, operation)

    def _tagged(self, kinds: list[shapes.StructType], value: object, path: str) -> Any:
        field = kinds[0].tag_field or ""
        tags = {str(kind.tag): kind for kind in kinds}
        if not isinstance(value, dict):
            return self._wrong(path, f"expected keys, {field} first, not {shown(value)}", listed(tags))
        tag = value.get(field)
        if field not in value:
            return self._wrong(child(path, field), f"{field} is missing", f"one of {', '.join(tags)}")
        if not isinstance(tag, str) or tag not in tags:
            return self._wrong(
                child(path, field), f"no operation {shown(tag)} here", did_you_mean(str(tag), tags)
            )
        return self._struct(tags[tag], value, path)

    def _list(self, kind: shapes.VarTupleType, value: object, path: str, name: str) -> Any:
        lone = not isinstance(value, list | dict) and value is not None
        if lone and not isinstance(kind.item_type, shapes.StructType):
            value = [value]
        if not isinstance(value, list):
            return self._wrong(path, f"expected a list, not {shown(value)}")
        plain: list[Any] = []
        for at, item in enumerate(value):
            below = path if lone else child(path, at)
            items = [item]
            if name in ITEMS and isinstance(item, str) and isinstance(kind.item_type, shapes.IntType):
                read = self._written(ITEMS[name].read, item, below)
                items = read if isinstance(read, list) else [read]
            plain += [self.value(kind.item_type, one, below, name) for one in items if one is not UNSET]
        if kind.min_length and not value:
            return self._wrong(path, "an empty list", "leave the key out: it asks nothing")
        if kind.max_length is not None and len(value) > kind.max_length:
            return self._wrong(path, f"{len(value)} of them, at most {kind.max_length}")
        if isinstance(kind.item_type, shapes.StructType):
            return [{} if one is UNSET else one for one in plain]  # each keeps its place
        return [one for one in plain if one is not UNSET] or (UNSET if value else [])

    def _pair(self, kind: shapes.TupleType, value: object, path: str, name: str) -> Any:
        form = form_of(name)
        if isinstance(value, str) and form:
            value = self._written(form.read, value, path)
        if value is UNSET:
            return UNSET
        if not isinstance(value, list) or len(value) != len(kind.item_types):
            example = form.example if form else f"{len(kind.item_types)} values"
            return self._wrong(path, f"expected {len(kind.item_types)} values, not {shown(value)}", example)
        plain = []
        for at, (one, item) in enumerate(zip(kind.item_types, value, strict=True)):
            if isinstance(item, str) and name in ITEMS:
                item = self._written(ITEMS[name].read, item, child(path, at))
            plain.append(UNSET if item is UNSET else self.value(one, item, child(path, at), name))
        return UNSET if UNSET in plain else plain

    def _dict(self, kind: shapes.DictType, value: object, path: str, name: str) -> Any:
        if not isinstance(value, dict):
            return self._wrong(path, f"expected keys, not {shown(value)}")
        read = {key: self.value(kind.value_type, one, child(path, key), name) for key, one in value.items()}
        return {key: one for key, one in read.items() if one is not UNSET}

    # --- what has none ---

    def _scalar(self, kind: shapes.Type, value: object, path: str, name: str, operation: str) -> Any:
        if isinstance(kind, TEXTS) and not isinstance(value, str) and value is not None:
            value = self._source.texts.get(path, value)  # 0012 and no are text where text is wanted
        if isinstance(value, str):
            value = self._plain_text(kind, value, path, name, operation)
        if value is UNSET:
            return UNSET
        try:
            read = msgspec.convert(value, bare(kind), strict=True)
        except msgspec.ValidationError:
            return self._misfit(kind, value, path, name, operation)
        return value if isinstance(kind, TEXTS) else read  # dates stay texts in a document

    def _misfit(self, kind: shapes.Type, value: object, path: str, name: str, operation: str) -> Any:
        form = form_of(name, operation)
        if name in ("tiers", "tier") and isinstance(value, str):
            return self._wrong(path, f"no tier {shown(value)} in /tiers", did_you_mean(value, self._labels))
        hint = form.example if form and not isinstance(kind, TEXTS) else ""
        if isinstance(kind, shapes.LiteralType) and isinstance(value, str):
            hint = did_you_mean(value, map(str, kind.values))
        elif isinstance(kind, shapes.StrType) and isinstance(value, int | float):
            hint = f'put it in quotes: "{value}"'
        return self._wrong(path, f"expected {expected(kind)}, not {shown(value)}", hint)

    def _plain_text(self, kind: shapes.Type, text: str, path: str, name: str, operation: str) -> object:
        """What a text stands for where something else than a text is wanted, or where it is a label."""
        form = form_of(name, operation)
        if isinstance(kind, shapes.IntType | shapes.BoolType) and form:
            return self._written(form.read, text, path)
        if isinstance(kind, shapes.DateTimeType | shapes.DateType):
            return self._written(_dated(kind), text, path)
        if isinstance(kind, shapes.LiteralType):
            return LABELS.get(name, {}).get(text, text)
        if name in ("tiers", "tier") and isinstance(kind, shapes.StrType):
            return self._labels.get(text, text)
        return text

    def _written(self, read: Any, text: str, path: str) -> Any:
        try:
            return read(text)
        except Misread as misread:
            return self._wrong(path, misread.why, misread.hint)

    def _unknown(self, kind: shapes.StructType, key: str, path: str) -> None:
        keys, known = keys_of(kind), SYNONYMS.get(key, key)
        if known in keys:
            hint = f"it is called {known}"
        elif kind.cls in RULE_PARTS and known in _homes():
            hint = f"{known} stands under {_homes()[known]}"
        else:
            hint = did_you_mean(key, sorted(keys))
        self._wrong(path, f"no key {key!r} here", hint)

    def _wrong(self, path: str, why: str, hint: str = "") -> Any:
        self.findings.append(error(path, why, hint))
        return UNSET


def _dated(kind: shapes.Type) -> Callable[[str], str]:
    """How a date is read: what the model takes stays as it is."""

    def read(text: str) -> str:
        wanted = datetime if isinstance(kind, shapes.DateTimeType) else date
        try:
            msgspec.convert(text, wanted)
        except msgspec.ValidationError:
            return moment(text) if wanted is datetime else moment(text)[:10]
        return text if "T" in text or wanted is date else moment(text)

    return read
