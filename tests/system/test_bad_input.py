"""What is wrong is refused by name, by the real daemon, which goes on selling and loses nothing."""

import asyncio
import uuid
from pathlib import Path
from typing import Any

import pytest

from edge.rpc.client import Client, RemoteError
from tests.system.conftest import CONFIG, READER, RUYISHU, Box, run_once, sell, write_config

BANK_CARD = "6222020200112233445"


def refusal(till: Client, method: str, **params: Any) -> tuple[int, str]:
    """(code, path) of the error that a call gets."""
    with pytest.raises(RemoteError) as caught:
        till.call(method, **params)
    return caught.value.code, caught.value.data.get("path", "")


async def test_frames_that_are_no_requests_are_refused_and_the_next_sale_goes_through(box: Box) -> None:
    """Broken JSON, GBK, a lone brace, a batch: each its own error, and other tills notice nothing."""
    for frame, code in (
        (b'{"jsonrpc":"2.0","id":1,\n', -32700),
        ('{"jsonrpc":"2.0","id":1,"method":"会员"}\n'.encode("gbk"), -32700),
        (b"{\n", -32700),
        (b"[]\n", -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"no.such","params":{}}\n', -32601),
    ):
        answer = await asyncio.to_thread(box.raw, frame)
        assert answer["error"]["code"] == code, (frame, answer)
    with await asyncio.to_thread(box.till) as till:
        await asyncio.to_thread(sell, till)
    assert box.sales() == 1


BAD_FIELDS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"colour": "red"}, "/lines/0/colour"),
    ({"unit_price_fen": -1}, "/lines/0/unit_price_fen"),
    ({"unit_price_fen": 2**31}, "/lines/0/unit_price_fen"),
    ({"unit_price_fen": 2**70}, "/lines/0/unit_price_fen"),
    ({"unit_price_fen": 1.5}, "/lines/0/unit_price_fen"),
    ({"qty_milli": 0}, "/lines/0/qty_milli"),
    ({"qty_milli": 65_000_000, "unit_price_fen": 2**30}, "/lines/0/unit_price_fen"),
    ({"name": "x\x1bp\x00\x32\x32"}, "/lines/0/name"),
    ({"name": "x" * 65}, "/lines/0/name"),
)


async def test_a_bad_field_is_named(box: Box) -> None:
    """-32602 with the JSON pointer; nothing is written, and the same till sells on."""
    with await asyncio.to_thread(box.till) as till:
        for change, path in BAD_FIELDS:
            goods = {"sku": "A1", "name": "灵芝", "qty_milli": 1000, "unit_price_fen": 100, **change}
            got = await asyncio.to_thread(refusal, till, "sale.quote", cashier="c", lines=[goods])
            assert got == (-32602, path)
        await asyncio.to_thread(sell, till)
    assert box.sales() == 1


async def test_a_huge_receipt_is_refused_before_it_can_overflow(box: Box) -> None:
    """Two lines that each pass, and together reach 2^31 fen."""
    goods = [{"sku": "A", "qty_milli": 1000, "unit_price_fen": 2**31 - 1}] * 2
    with await asyncio.to_thread(box.till) as till:
        code, _ = await asyncio.to_thread(refusal, till, "sale.quote", cashier="c", lines=goods)
    assert code == -32602
    assert box.sales() == 0


async def test_a_payment_card_leaves_no_digit_anywhere(box: Box) -> None:
    """The till hears that it was no member card; the number is in no file, log or database."""
    with await asyncio.to_thread(box.till) as till:
        await asyncio.to_thread(till.call, "events.subscribe", topics=["card"])
        await asyncio.to_thread(till.call, "reader.arm")
        box.reader.swipe(f"{BANK_CARD}=29122010000012345678")
        method, event = await asyncio.to_thread(till.next_notification)
        assert (method, event["refused"]) == ("event.card", "not_a_member_card")
        await asyncio.sleep(0.5)  # what follows within 0.3 s would be the rest of the same swipe
        box.reader.swipe("80000001=2912")
        _, event = await asyncio.to_thread(till.next_notification)
        assert event["token"] == "80000001"
        await asyncio.to_thread(sell, till)
    written = box.everything_written()
    assert BANK_CARD.encode() not in written
    assert b"80000001" not in (box.folder / "log").read_bytes()


async def test_a_card_number_that_is_not_ours_is_not_registered(box: Box) -> None:
    """The allow-list of the readers holds for typed numbers too, and a bank card is not even stored refused."""
    with await asyncio.to_thread(box.till) as till:
        idem = str(uuid.uuid4())
        got = await asyncio.to_thread(
            refusal, till, "member.register", idem=idem, card_no=BANK_CARD, name="张三"
        )
    assert got == (-32602, "/card_no")
    assert BANK_CARD.encode() not in box.everything_written()


def test_a_bundle_with_an_unknown_key_is_refused_by_its_pointer(tmp_path: Path) -> None:
    """The daemon does not start; the message names file and pointer."""
    right = RUYISHU.read_text("utf-8")
    text = right.replace("    when: {", "    wenn: {", 1)
    assert text != right
    bundle = tmp_path / "broken.yaml"
    bundle.write_text(text, "utf-8")
    refused = run_once(write_config(tmp_path, bundle=bundle))
    assert refused.returncode == 2
    assert "/rules/0/wenn" in refused.stderr
    assert "broken.yaml" in refused.stderr


def test_a_misspelt_key_in_the_configuration_is_named(tmp_path: Path) -> None:
    """The daemon does not start; the message names the key."""
    refused = run_once(write_config(tmp_path, CONFIG.replace("member_numbers", "member_number")))
    assert refused.returncode == 2
    assert "member_number" in refused.stderr


def test_a_device_with_an_unknown_driver_is_named(tmp_path: Path) -> None:
    """The daemon does not start; the message names the device and the drivers there are."""
    device = READER.replace('"magstripe"', '"magstrip"')
    refused = run_once(write_config(tmp_path, CONFIG + device, port="serial:/dev/null"))
    assert refused.returncode == 2
    assert "msr1" in refused.stderr
    assert "magstripe" in refused.stderr
