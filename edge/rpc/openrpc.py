"""The OpenRPC document (spec.open-rpc.org, 1.3), generated from the types that decode the params."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from edge.rpc.methods import BOTH, Method, Nothing, Session, SocketName, Table

OPENRPC = "1.3.2"
_REF = "#/components/schemas/{name}"
Schemas = dict[str, dict[str, Any]]


def discoverable(methods: Iterable[Method[Any]], version: str) -> Table:
    """The table of ``methods`` and of rpc.discover, which describes them all."""

    def discover(session: Session, params: Nothing) -> msgspec.Raw:
        return encoded(session.socket)

    @cache
    def encoded(socket: SocketName) -> msgspec.Raw:
        return msgspec.Raw(msgspec.json.encode(document(table, version, socket)))

    summary = "This document: every method of this socket with its types and errors."
    row = Method("rpc.discover", Nothing, dict[str, Any], discover, (), BOTH, summary)
    table = Table((*methods, row))
    return table


def document(table: Table, version: str, socket: SocketName) -> dict[str, Any]:
    """What can be called on ``socket``, sorted by name."""
    methods = sorted((m for m in table if socket in m.sockets), key=lambda m: m.name)
    types = [kind for m in methods for kind in (m.params, m.result)]
    described, schemas = msgspec.json.schema_components(types, ref_template=_REF)
    return {
        "openrpc": OPENRPC,
        "info": {"title": "Tillside POS socket", "version": version},
        "methods": [
            _method(m, described[2 * index], described[2 * index + 1], schemas)
            for index, m in enumerate(methods)
        ],
        "components": {"schemas": schemas},
    }


def _method(
    method: Method[Any], params: dict[str, Any], result: dict[str, Any], schemas: Schemas
) -> dict[str, Any]:
    return {
        "name": method.name,
        "summary": method.summary,
        "paramStructure": "by-name",
        "params": _by_name(params, schemas),
        "result": {"name": "result", "schema": result},
        "errors": [{"code": int(code), "message": code.name.lower()} for code in method.errors],
    }


def _by_name(params: dict[str, Any], schemas: Schemas) -> list[dict[str, Any]]:
    """The struct's fields as OpenRPC content descriptors."""
    struct = schemas[params["$ref"].rpartition("/")[2]]
    required = struct.get("required", [])
    return [
        {"name": name, "required": name in required, "schema": schema}
        for name, schema in struct.get("properties", {}).items()
    ]
