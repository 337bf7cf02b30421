"""The schema ``points-bundle/1`` as a JSON Schema, generated from the model."""

import msgspec

from edge.domain.rules.model import Bundle


def schema_of_bundles() -> bytes:
    """What docs/points-bundle-1.schema.json holds: keys sorted, indented by two."""
    described = msgspec.json.encode(msgspec.json.schema(Bundle), order="sorted")
    return msgspec.json.format(described, indent=2) + b"\n"
