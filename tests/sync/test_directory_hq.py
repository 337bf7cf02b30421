"""HQ's directory in a real PostgreSQL: versions in order, a store's own rows first, news at once; and the verbs."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from edge.cli.main import tillside
from edge.cli.output import Exit
from sync.envelope import MAX_ROW_BYTES
from sync.hq.directory import Row, directory_page, directory_version, publish
from sync.hq.schema import Connection
from sync.hq.server import connect, serve
from sync.mqtt import drive
from sync.testing import BadBroker, Faults, LoopClock, MemoryBox
from tests.sync.test_hq_postgres import Direct


def goods(*prices: int) -> list[Row]:
    return [
        Row("goods", f"K{n}", msgspec.json.encode({"name": "货", "price_fen": price}))
        for n, price in enumerate(prices)
    ]


async def everything(books: Connection, store: str, since: int = 0) -> dict[str, int]:
    """What a store ends up with, page by page: {id: price}."""
    found: dict[str, int] = {}
    more = True
    while more:
        page = await directory_page(books, store, since)
        for item in page.items:
            found[item.id] = msgspec.json.decode(item.body)["price_fen"]
        assert page.version >= since
        since, more = page.version, page.more
    assert since == await directory_version(books, store)
    return found


async def test_rows_come_page_by_page_and_only_what_changed(books: Connection) -> None:
    assert await publish(books, goods(*range(1200))) == 1200
    assert await everything(books, "S1") == {f"K{n}": n for n in range(1200)}
    before = await directory_version(books, "S1")
    assert await publish(books, goods(*range(1200))) == 0
    assert await directory_version(books, "S1") == before
    assert await publish(books, goods(9, 1, 9)) == 2
    assert await everything(books, "S1", before) == {"K0": 9, "K2": 9}


async def test_a_stores_own_row_stands_before_that_of_all_whichever_came_first(books: Connection) -> None:
    await publish(books, goods(1, 2))
    await publish(books, goods(70), "S7")
    assert await everything(books, "S7") == {"K0": 70, "K1": 2}
    at = await directory_version(books, "S7")
    await publish(books, goods(5, 6))
    assert await everything(books, "S7", at) == {"K1": 6}
    assert await everything(books, "S1") == {"K0": 5, "K1": 6}


async def test_the_same_thing_twice_in_one_word_counts_as_the_last(books: Connection) -> None:
    assert await publish(books, [*goods(1), *goods(2)]) == 1
    assert await everything(books, "S1") == {"K0": 2}


async def test_a_row_that_no_page_could_carry_is_refused(books: Connection) -> None:
    with pytest.raises(ValueError, match="at most"):
        await publish(books, [Row("goods", "K", b'"' + b"x" * MAX_ROW_BYTES + b'"')])


async def test_versions_follow_the_clock_so_that_a_restored_hq_goes_on_above_them(books: Connection) -> None:
    await publish(books, goods(1))
    first = await directory_version(books, "S1")
    await books.execute("delete from hq_directory")
    await books.execute("update hq_directory_version set version = 0")
    await publish(books, goods(2))
    assert await everything(books, "S1", first) == {"K0": 2}


async def test_writers_at_the_same_time_leave_no_gap_below_what_is_seen(dsn: str, books: Connection) -> None:
    async def write(number: int) -> None:
        async with await connect(dsn) as own:
            for n in range(15):
                await publish(own, [Row("goods", f"W{number}-{n}", b'{"price_fen": 1}')])

    async def read() -> int:
        seen: set[str] = set()
        since = 0
        while len(seen) < 60:
            page = await directory_page(books, "S1", since)
            seen |= {item.id for item in page.items}
            since = page.version
        return len(seen)

    async with asyncio.timeout(30):
        *_, seen = await asyncio.gather(*(write(n) for n in range(4)), read())
    assert seen == 60


async def test_g2_a_transfer_is_told_to_its_receiver_and_a_lost_card_to_all(books: Connection) -> None:
    s1, s2 = Direct(books, "S1"), Direct(books, "S2")
    await s1.join()
    await s2.join()
    sent = {"what": "sent", "transfer": "S1-T1", "to_store": "S2", "lines": [["R1", -5000, -15500]]}
    s1.box.add("stock", None, body=msgspec.json.encode(sent))
    s1.box.add("stock", None, body=msgspec.json.encode({"what": "in", "lines": []}))
    s1.box.add("stock", None, body=b'{"what": 7}')
    s1.box.add("card_lost", "M1", body=b'{"card_no": "80000001"}')
    ack = await s1.sync()
    (hot,) = (await directory_page(books, "S1", 0)).items
    assert (hot.kind, hot.id, json.loads(bytes(hot.body))) == ("hot", "80000001", {"state": "lost"})
    assert ack.dver == hot.version
    transfer, also_hot = (await directory_page(books, "S2", 0)).items
    assert (transfer.kind, transfer.id, also_hot.kind) == ("transfer", "S1-T1", "hot")
    assert json.loads(bytes(transfer.body)) == {"from_store": "S1", "lines": [["R1", 5000, 15500]]}
    assert (await s2.hello()).dver == also_hot.version


async def wait_for(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110 - it looks at another task's work
            await asyncio.sleep(0.02)


async def test_idle_boxes_hear_what_a_worker_is_told_over_a_bad_network(dsn: str, books: Connection) -> None:
    """The real worker and PostgreSQL, a broker that loses and repeats: 450 rows reach both stores."""
    broker = BadBroker(3, Faults(loss=0.05, repeat=0.2, delay_s=0.02))
    boxes = [MemoryBox("S1"), MemoryBox("S2")]
    tasks = [asyncio.create_task(serve(dsn, broker, "t", LoopClock()))]
    for box in boxes:
        run = drive(box, broker, f"t-{box.store}", LoopClock(), lambda _: None, asyncio.Event())
        tasks.append(asyncio.create_task(run))
    try:
        for box in boxes:
            box.register(f"M-{box.store}")
        await wait_for(lambda: not any(box.rows for box in boxes))
        await publish(books, goods(*range(450)))
        await wait_for(lambda: all(len(box.directory) == 450 for box in boxes))
        await publish(books, goods(7), "S2")
        await wait_for(lambda: json.loads(boxes[1].directory["goods", "K0"])["price_fen"] == 7)
    finally:
        for task in tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
    assert json.loads(boxes[0].directory["goods", "K0"])["price_fen"] == 0


# --- the verbs ---


def hq(*args: str | Path, dsn: str) -> Result:
    return CliRunner().invoke(tillside, ["hq", *map(str, args)], env={"TILLSIDE_HQ_DSN": dsn})


def test_g1_goods_go_from_a_file_to_the_stores(dsn: str, tmp_path: Path) -> None:
    file = tmp_path / "goods.csv"
    file.write_text("货号,名称,售价\nR1,大米,49.90\nR2,面粉,12\n")
    hq("init", dsn=dsn)
    tried = hq("put", "goods", file, "--dry-run", "--json", dsn=dsn)
    assert json.loads(tried.stdout) == {
        "kind": "goods",
        "rows": 2,
        "news": 0,
        "refused": 0,
        "dry_run": True,
    }
    assert [json.loads(hq("put", "goods", file, "--json", dsn=dsn).stdout)["news"] for _ in range(2)] == [
        2,
        0,
    ]
    file.write_text("货号,名称,售价\nR1,大米,59.90\n")
    assert json.loads(hq("put", "goods", file, "--store", "S7", "--json", dsn=dsn).stdout)["news"] == 1
    said = json.loads(hq("said", "goods", "--store", "S7", "--json", dsn=dsn).stdout)
    assert [(row["id"], row["store"], row["body"]["price_fen"]) for row in said] == [
        ("R1", "S7", 5_990),
        ("R2", "", 1_200),
        ("R1", "", 4_990),
    ]


@pytest.mark.parametrize(
    ("kind", "text", "body"),
    [
        ("hot", "卡号,状态\n80000001,\n", {"state": "lost"}),
        (
            "call",
            "id,卡号,内容,日期\nC1,80000001,回访,2026-12-01\n",
            {"member": "80000001", "text": "回访", "due": "2026-12-01"},
        ),
        (
            "staff",
            "工号,姓名,role,在职\nM1,李,manager,否\n",
            {"name": "李", "role": "manager", "active": False},
        ),
    ],
)
def test_other_kinds_from_a_file(dsn: str, tmp_path: Path, kind: str, text: str, body: object) -> None:
    (tmp_path / "f.csv").write_text(text)
    hq("init", dsn=dsn)
    assert json.loads(hq("put", kind, tmp_path / "f.csv", "--json", dsn=dsn).stdout)["news"] == 1
    (row,) = json.loads(hq("said", kind, "--json", dsn=dsn).stdout)
    assert row["body"] == body


def test_c2_a_coupon_is_said_to_its_store_and_the_right_granted_once(dsn: str, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("券码,券种,有效期\nHQ5,C5,2026-12-31\n")
    hq("init", dsn=dsn)
    assert hq("put", "coupon", tmp_path / "c.csv", dsn=dsn).exit_code == Exit.USAGE
    for _ in range(2):
        assert hq("put", "coupon", tmp_path / "c.csv", "--store", "S1", dsn=dsn).exit_code == Exit.OK
    (account,) = json.loads(hq("totals", "--member", "HQ5", "--json", dsn=dsn).stdout)
    assert (account["unit"], account["hq_credits"]) == ("coupon", 1)


def test_a_file_with_a_wrong_row_says_nothing_to_anybody(dsn: str, tmp_path: Path) -> None:
    (tmp_path / "f.csv").write_text("card,state\n80000001,lost\n80000002,melted\n,lost\n")
    hq("init", dsn=dsn)
    said = hq("put", "hot", tmp_path / "f.csv", "--json", dsn=dsn)
    assert (said.exit_code, json.loads(said.stdout)["refused"]) == (Exit.FAILED, 2)
    assert [line.split(":")[:2] for line in said.stderr.splitlines()] == [
        ["row 3", " state"],
        ["row 4", " card"],
    ]
    assert json.loads(hq("said", "hot", "--json", dsn=dsn).stdout) == []
    (tmp_path / "f.csv").write_text("number of it\n80000001\n")
    assert hq("put", "hot", tmp_path / "f.csv", dsn=dsn).exit_code == Exit.USAGE
