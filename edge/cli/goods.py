"""``tillside goods``: find goods, and import them from the file that a shop has."""

import uuid
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import click

from edge.cli.box import daemon
from edge.cli.output import Exit, emit
from edge.cli.status import AsJson, ConfigFile
from edge.cli.verbs import example
from edge.domain.money import yuan
from edge.rpc.client import Client

BATCH = 100
"""Goods in one call: even those with the longest texts fit a frame."""

SHOWN_MAX = 10

GoodsFile = click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
Sheet = click.option("--sheet", help="The sheet of a workbook; else the first.")
Columns = click.option(
    "--map", "mapped", multiple=True, metavar="FIELD=COLUMN", help="Which column holds a field; repeatable."
)


@click.group()
def goods() -> None:
    """Find goods; import them from CSV or Excel."""


@goods.command(epilog=example("tillside goods find 大米", "tillside goods find 6901234567892 --json"))
@click.argument("value")
@click.option("--by", type=click.Choice(["sku", "barcode", "name"]), help="Else each of them in turn.")
@ConfigFile
@AsJson
def find(value: str, by: str | None, config_file: Path, as_json: bool) -> None:
    """Find goods by number, barcode or a part of the name."""
    found: dict[str, Any] = {"goods": []}
    with daemon(config_file, "goods") as box:
        for kind in [by] if by else ["sku", "barcode", "name"]:
            found = box.call("goods.lookup", by=kind, value=value)
            if found["goods"]:
                break
    emit(found["goods"] if as_json else [_shown(article) for article in found["goods"]], as_json)


@goods.command(
    "import",
    epilog=example(
        "tillside goods import goods.xlsx --dry-run",
        "tillside goods import goods.csv --map price=会员价 --rejects refused.csv",
    ),
)
@GoodsFile
@Sheet
@Columns
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@click.option("--rejects", type=click.Path(path_type=Path), help="Write the refused rows there, as CSV.")
@ConfigFile
@AsJson
def import_goods(
    file: Path,
    sheet: str | None,
    mapped: tuple[str, ...],
    dry_run: bool,
    rejects: Path | None,
    config_file: Path,
    as_json: bool,
) -> Exit:
    """Make the box's goods what FILE says; run it again as often as you like.

    Columns are known by their usual names in Chinese and English: 货号, 名称, 售价 (yuan), 条码, 大类, 中类,
    小类, 品牌, 单位, 进价, 服务, 库存下限, 保质期, 在售. Goods that FILE does not name stay as they are.
    Exits with 2 if a row was refused.
    """
    from edge.cli.goods_file import GoodsRow, read_goods, write_rejects
    from edge.cli.progress import Progress
    from edge.cli.tables import chosen_columns

    outcomes: Counter[str] = Counter()
    refused: list[GoodsRow] = []
    rows = list(read_goods(file, sheet, chosen_columns(mapped)))
    with daemon(config_file, "goods") as box, Progress("goods", len(rows)) as progress:
        for batch in _batches(iter(rows)):
            good = [row for row in batch if row.entry]
            refused += [row for row in batch if not row.entry]
            for row, said in zip(good, _put(box, [row.entry for row in good], dry_run), strict=True):
                outcomes[said["outcome"]] += 1
                if said["outcome"] == "refused":
                    refused.append(row._replace(field=said["field"], why=said["why"]))
            progress.add(len(batch))
    refused.sort()
    if rejects is not None:
        write_rejects(rejects, refused)
    for row in refused[:SHOWN_MAX]:
        click.echo(f"row {row.number}: {row.field}: {row.why}", err=True)
    counts = {outcome: outcomes[outcome] for outcome in ("new", "changed", "unchanged")}
    emit({"rows": len(rows), **counts, "refused": len(refused), "dry_run": dry_run}, as_json)
    return Exit.FAILED if refused else Exit.OK


def _put(box: Client, entries: list[dict[str, Any]], dry_run: bool) -> list[dict[str, Any]]:
    if not entries:
        return []
    reply = box.call("goods.put", idem=str(uuid.uuid4()), goods=entries, check=dry_run)
    return list(reply["rows"])


def _batches(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _shown(article: dict[str, Any]) -> dict[str, Any]:
    return {
        "sku": article["sku"],
        "name": article["name"],
        "price": yuan(article["price_fen"]),
        "lowest": yuan(article["lowest_fen"]),
        "stock": "-" if article["stock_milli"] is None else f"{article['stock_milli'] / 1000:g}",
        "unit": article["unit"],
        "category": " / ".join(article["categories"]),
        "barcodes": " ".join(article["barcodes"]),
    }
