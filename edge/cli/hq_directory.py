"""``tillside hq put`` and ``hq said``: what HQ says to its stores, from files that people keep."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from edge.cli.goods import SHOWN_MAX
from edge.cli.hq_books import AsJson, Books, Dsn, ask, need_psycopg
from edge.cli.output import CommandFailed, Exit, emit
from edge.cli.tables import chosen_columns, columns, read_table
from edge.cli.verbs import example
from edge.domain.units import COUPON

_COUPONS = uuid.UUID("6f1c3b52-0a57-4c3e-9d0b-6f0f3d2f7d11")

_COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "hot": {"card": ("卡号", "card_no", "number"), "state": ("状态", "狀態")},
    "coupon": {
        "code": ("券码", "券碼", "coupon"),
        "kind": ("券种", "券種", "type"),
        "member": ("会员", "会员编号", "會員"),
        "last_day": ("有效期", "有效期至", "到期日", "expires"),
    },
    "call": {
        "id": ("编号", "編號"),
        "member": ("会员", "卡号", "會員", "card"),
        "text": ("内容", "事由", "內容", "subject"),
        "due": ("日期", "回访日期", "day", "date"),
    },
    "staff": {
        "id": ("工号", "编号", "工號"),
        "name": ("姓名", "名字"),
        "role": ("角色", "岗位"),
        "active": ("在职", "狀態", "状态"),
    },
}
"""The fields of each kind but goods (edge.domain.goods_rows); the first is the id."""

_NEEDED = {
    "hot": ("card",),
    "coupon": ("code", "kind"),
    "call": ("id", "member", "text", "due"),
    "staff": ("id", "name", "role"),
}


class Said(NamedTuple):
    """One row of a file as HQ says it: an id and a body; or the ``field`` that is wrong and ``why``."""

    number: int
    id: str
    body: dict[str, Any]
    field: str = ""
    why: str = ""


@click.command(
    epilog=example(
        "tillside hq put goods goods.xlsx --dsn postgresql:///tillside",
        "tillside hq put goods airport-prices.csv --store S007 --dsn postgresql:///tillside",
        "tillside hq put hot stopped.csv --dsn postgresql:///tillside",
    )
)
@click.argument("kind", type=click.Choice(["goods", *_COLUMNS]))
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--store", default="", help="Only this store; its own rows stand before those of all.")
@click.option("--sheet", help="The sheet of a workbook; else the first.")
@click.option(
    "--map", "mapped", multiple=True, metavar="FIELD=COLUMN", help="Which column holds a field; repeatable."
)
@click.option(
    "--dry-run", is_flag=True, help="Read FILE and say what is wrong with it; say nothing to the stores."
)
@Dsn
@AsJson
def put(
    kind: str,
    file: Path,
    store: str,
    sheet: str | None,
    mapped: tuple[str, ...],
    dry_run: bool,
    dsn: str,
    as_json: bool,
) -> Exit:
    """Say to the stores what FILE (CSV or Excel) says: goods and prices, stopped cards, coupons, calls, staff.

    A row that says what was said already is no news. Nothing is said where a row of FILE is wrong.
    Coupons count at one --store, which is granted the right to take each of them once.
    """
    need_psycopg()
    if kind == "coupon" and not store:
        raise click.UsageError("coupons count at one store: --store")

    rows = list(_rows(kind, file, sheet, chosen_columns(mapped)))
    refused = [row for row in rows if row.why]
    for row in refused[:SHOWN_MAX]:
        click.echo(f"row {row.number}: {row.field}: {row.why}", err=True)
    news = 0
    if not refused and not dry_run:
        news = ask(dsn, lambda books: _tell(books, kind, rows, store))
    emit(
        {"kind": kind, "rows": len(rows), "news": news, "refused": len(refused), "dry_run": dry_run}, as_json
    )
    return Exit.FAILED if refused else Exit.OK


@click.command(epilog=example("tillside hq said hot --dsn postgresql:///tillside"))
@click.argument("kind", type=click.Choice(["goods", "transfer", *_COLUMNS]))
@click.option("--store", default="", help="With what this store alone is told.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@Dsn
@AsJson
def said(kind: str, store: str, limit: int, dsn: str, as_json: bool) -> None:
    """Show what HQ says to its stores, the newest first."""
    need_psycopg()
    from sync.hq.directory import rows_of

    emit(ask(dsn, lambda books: rows_of(books, kind, store, limit)), as_json)


async def _tell(books: Books, kind: str, rows: list[Said], store: str) -> int:
    from sync.hq.credit import credit
    from sync.hq.directory import Row, publish

    news = await publish(books, [Row(kind, row.id, msgspec.json.encode(row.body)) for row in rows], store)
    if kind == "coupon":
        for row in rows:
            identity = str(uuid.uuid5(_COUPONS, row.id))  # the same on every run: it is granted once
            await credit(books, identity, row.id, COUPON, 1, "coupon", store)
    return news


def _rows(kind: str, file: Path, sheet: str | None, chosen: dict[str, str]) -> Iterator[Said]:
    if kind == "goods":
        from edge.cli.goods_file import read_goods

        for row in read_goods(file, sheet, chosen):
            body = {name: value for name, value in row.entry.items() if name != "sku"}
            yield Said(row.number, row.entry.get("sku", ""), body, row.field, row.why)
        return
    found: dict[str, str] = {}
    for number, cells in read_table(file, sheet):
        if not found:
            found = _found(kind, file, list(cells), chosen)
        yield _said(kind, number, {field: cells.get(column, "") for field, column in found.items()})


def _found(kind: str, file: Path, header: list[str], chosen: dict[str, str]) -> dict[str, str]:
    found = columns(header, _COLUMNS[kind], chosen)
    for field in _NEEDED[kind]:
        if field not in found:
            raise CommandFailed(
                f"{file}: no column is the {field}; there are {', '.join(header)}",
                f"--map {field}=COLUMN",
                Exit.USAGE,
            )
    return found


def _said(kind: str, number: int, fields: dict[str, str]) -> Said:
    """A row of any kind but goods; what it means is judged by the same types that the boxes read it with."""
    from edge.uplink.directory import BODIES

    for field in _NEEDED[kind]:
        if not fields[field]:
            return Said(number, "", {}, field, "is empty")
    given: dict[str, Any] = {field: cell for field, cell in fields.items() if cell}
    identity = given.pop(next(iter(_COLUMNS[kind])))
    if kind == "hot":
        given.setdefault("state", "lost")
    if "active" in given:
        given["active"] = given["active"].casefold() in ("1", "是", "y", "yes", "true", "在职")
    try:
        msgspec.convert(given, BODIES[kind])
    except msgspec.ValidationError as error:
        return Said(number, identity, {}, str(error).rpartition("$.")[2].rstrip("`"), str(error))
    return Said(number, identity, given)
