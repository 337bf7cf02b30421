"""The schema ``points-bundle/1`` as a JSON Schema for editors: the model's types, and the forms that people write.

An editor that knew the plain forms only would underline ``95折``.
"""

from typing import Any

import msgspec

from edge.domain.rules.authoring.forms import ITEMS, LABELS, Form, form_of
from edge.domain.rules.authoring.requests import Asked, Expected
from edge.domain.rules.model import Bundle

Schema = dict[str, Any]
REFERENCE = "#/$defs/{name}"
MOMENT = {"type": "string", "examples": ["2026-12-24", "2026-12-24T08:00"]}
NUMBER_AS_TEXT = {"type": "integer", "description": "an article number needs no quotes in YAML"}


def schema_of_bundles() -> bytes:
    """What docs/points-bundle-1.schema.json holds: keys sorted, indented by two."""
    (_, _, top), parts = msgspec.json.schema_components((Asked, Expected, Bundle), ref_template=REFERENCE)
    parts["Vector"]["properties"] |= {"request": _ref("Asked"), "expected": _ref("Expected")}
    for part in parts.values():
        operation = (part["properties"].get("op") or {"enum": [""]})["enum"][0]
        for name, shape in part["properties"].items():
            part["properties"][name] = _widened(shape, name, operation)
    described = msgspec.json.encode({**top, "$defs": parts}, order="sorted")
    return msgspec.json.format(described, indent=2) + b"\n"


def _ref(name: str) -> Schema:
    return {"$ref": REFERENCE.format(name=name)}


def _widened(shape: Schema, name: str, operation: str) -> Schema:
    """``shape`` and whatever else may be written under the key ``name``."""
    kept = {key: shape[key] for key in ("default",) if key in shape}
    plain = {key: value for key, value in shape.items() if key not in kept}
    choices = plain["anyOf"] if "anyOf" in plain and "discriminator" not in plain else [plain]
    wide = [one for choice in choices for one in _forms(choice, name, operation)]
    return {**(wide[0] if len(wide) == 1 else {"anyOf": wide}), **kept}


def _forms(plain: Schema, name: str, operation: str) -> list[Schema]:
    form = form_of(name, operation)
    if "enum" in plain:
        return [{"enum": [*plain["enum"], *LABELS.get(name, {})]}]
    match plain.get("type"):
        case "integer" | "boolean" if form:
            return [plain, _text(form)]
        case "string" if name in ("from", "to", "at", "valid_from", "announced"):
            return [MOMENT]
        case "string" if name in ("tier", "tiers"):
            return [{"type": "string", "description": "the id of a tier, or its label"}]
        case "array" if "prefixItems" in plain:
            return [_pair(plain, name), *([_text(form)] if form else [])]
        case "object" if isinstance(plain.get("additionalProperties"), dict):
            values = _forms(plain["additionalProperties"], name, operation)
            return [{**plain, "additionalProperties": values[0] if len(values) == 1 else {"anyOf": values}}]
        case "array":
            return _list(plain, name, operation)
    return [plain]


def _list(plain: Schema, name: str, operation: str) -> list[Schema]:
    """A list, or without brackets the only member that it has."""
    item = plain.get("items", {})
    if item.get("type") not in ("string", "integer"):
        return [plain]
    wide = [*_forms(item, name, operation), *([NUMBER_AS_TEXT] if item["type"] == "string" else [])]
    if name in ITEMS:
        wide.append(_text(ITEMS[name]))
    items = wide[0] if len(wide) == 1 else {"anyOf": wide}
    return [{**plain, "items": items}, *wide]


def _pair(plain: Schema, name: str) -> Schema:
    if name not in ITEMS:
        return plain
    return {**plain, "prefixItems": [{"anyOf": [one, _text(ITEMS[name])]} for one in plain["prefixItems"]]}


def _text(form: Form) -> Schema:
    return {"type": "string", "description": form.example}
