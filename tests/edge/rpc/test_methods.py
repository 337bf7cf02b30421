"""The table of methods, and the document that describes it."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from edge.rpc.client import Client
from edge.rpc.methods import Method, Nothing, Table
from edge.rpc.openrpc import document

Start = Callable[..., Awaitable[Any]]


class Loose(msgspec.Struct):
    sku: str


def test_params_that_would_swallow_unknown_fields_are_a_programming_error() -> None:
    with pytest.raises(TypeError, match="Loose must forbid unknown fields"):
        Method("goods.lookup", Loose, str, lambda _, params: params.sku)


def test_two_methods_of_one_name_are_a_programming_error() -> None:
    row = Method("a", Nothing, str, lambda _, __: "")
    with pytest.raises(ValueError, match="two methods are named a"):
        Table([row, row])


async def test_the_document_has_the_shape_of_openrpc(start: Start) -> None:
    """openrpc, info, methods with by-name params, result and errors; every reference has its target."""
    box = await start()
    described = document(box.server.table, "0.1.0", "pos")
    assert re.fullmatch(r"1\.\d+\.\d+", described["openrpc"])
    assert set(described["info"]) == {"title", "version"}
    schemas = described["components"]["schemas"]
    for method in described["methods"]:
        assert method["paramStructure"] == "by-name"
        assert all({"name", "schema"} <= set(param) for param in method["params"])
        assert {"name", "schema"} == set(method["result"])
        assert all(isinstance(error["code"], int) and error["message"] for error in method["errors"])
    references = re.findall(r'"#/components/schemas/([^"]+)"', msgspec.json.encode(described).decode())
    assert set(references) <= set(schemas)


async def test_each_socket_is_told_its_own_methods(start: Start) -> None:
    table = (await start()).server.table
    pos, admin = ({m["name"] for m in document(table, "1", name)["methods"]} for name in ("pos", "admin"))
    assert pos & admin == {"session.hello", "session.ping", "events.subscribe", "rpc.discover"}
    assert ("rules.list" in admin - pos, "basket.echo" in pos - admin) == (True, True)


async def test_required_params_are_marked(start: Start) -> None:
    methods = {m["name"]: m for m in document((await start()).server.table, "1", "pos")["methods"]}
    required = {param["name"]: param["required"] for param in methods["session.hello"]["params"]}
    assert required == {
        "terminal": True,
        "client": True,
        "version": True,
        "protocol": True,
        "token": False,
        "last_seen": False,
    }


async def test_discover_answers_with_the_document(start: Start) -> None:
    box = await start()

    def talk() -> Any:
        with Client(box.pos) as client:
            return client.call("rpc.discover")

    assert await asyncio.to_thread(talk) == msgspec.to_builtins(document(box.server.table, "0.1.0", "pos"))
