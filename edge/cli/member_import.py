"""``tillside members import``: the old system's table, row by row, into the running shop."""

import time
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import click
import msgspec

from edge.cli.members import TablePath
from edge.cli.output import CommandFailed, Exit, emit
from edge.cli.progress import Progress
from edge.cli.rejects import OURS, Rejects, open_rejects
from edge.cli.status import AsJson, ConfigFile
from edge.cli.tables import Row, chosen_columns, columns, read_table
from edge.cli.verbs import example
from edge.config import load
from edge.counter.member_import import PART_BYTES, ROWS_MAX, ImportRow, weight
from edge.domain.member_rows import COLUMNS, RowRefused, card_in, member_row
from edge.rpc.client import Client, RemoteError

TIMEOUT_S = 60.0
TRIES = 5
PAUSE_S = 1.0
SHOWN_MAX = 10

EXAMPLE = example(
    "tillside members import old.xlsx --dry-run",
    "tillside members import old.xlsx --map points=剩余积分 --rejects rejects.xlsx",
)


@click.command("import", epilog=EXAMPLE)
@click.argument("file", type=TablePath)
@click.option("--sheet", help="Which sheet of the workbook; without it the first.")
@click.option("--map", "chosen", multiple=True, metavar="FIELD=COLUMN", help="Which column holds a field.")
@click.option("--map-file", type=TablePath, help='The same as TOML: card_no = "卡号", one a line.')
@click.option("--dry-run", is_flag=True, help="Say what would be; write nothing.")
@click.option(
    "--rejects",
    "rejects_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where rejected rows go with the reason, to be corrected and imported (CSV or .xlsx).",
)
@click.option(
    "--history",
    type=click.Choice(["tier", "points"]),
    default="tier",
    show_default=True,
    help="What was spent in the old system counts for the tier, or brings points as well.",
)
@click.option("--points-per-yuan", type=click.IntRange(1, 100), default=1, show_default=True)
@ConfigFile
@AsJson
def import_members(
    file: Path,
    sheet: str | None,
    chosen: tuple[str, ...],
    map_file: Path | None,
    dry_run: bool,
    rejects_file: Path | None,
    history: str,
    points_per_yuan: int,
    config_file: Path,
    as_json: bool,
) -> Exit:
    """Take members over from FILE (.csv, .xlsx). The shop may sell meanwhile.

    A bad row stops no other. The same file again changes nothing, and what was interrupted goes on.
    """
    if rejects_file is not None and rejects_file.resolve() == file.resolve():
        raise click.BadParameter("is the table itself", param_hint="--rejects")
    table = Table(file, sheet, chosen_columns(chosen) | _mapped(map_file))
    terms = {"dry_run": dry_run, "history": history, "points_per_yuan": points_per_yuan}
    socket = load(config_file).paths.admin_socket
    with ExitStack() as stack:
        rejects = stack.enter_context(open_rejects(rejects_file, table.header))
        box = stack.enter_context(_Box(socket))
        progress = stack.enter_context(Progress("members", table.rows))
        run = Run(table, box, terms, rejects, progress)
        run.carry_out()
    _report(run, as_json)
    return Exit.FAILED if run.counts["rejected"] else Exit.OK


def _mapped(map_file: Path | None) -> dict[str, str]:
    if map_file is None:
        return {}
    try:
        read = tomllib.loads(map_file.read_text("utf-8"))
        return msgspec.convert(read, dict[str, str])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise CommandFailed(f"{map_file}: {error}", 'write FIELD = "COLUMN" lines', Exit.USAGE) from error


def _report(run: "Run", as_json: bool) -> None:
    emit(run.summary(), as_json)
    if as_json:
        return
    for number, field, why in run.shown:
        click.echo(f"row {number}: {field}: {why}", err=True)
    if run.counts["rejected"] > len(run.shown):
        click.echo(f"and {run.counts['rejected'] - len(run.shown)} more", err=True)
    if run.table.left_out:
        click.echo(f"columns left out: {', '.join(run.table.left_out)}", err=True)


class Table:
    """The file, read once to know its cards and its length; what it holds is read again as it is imported.

    Raises CommandFailed for a table without card numbers or names.
    """

    def __init__(self, file: Path, sheet: str | None, chosen: Mapping[str, str]) -> None:
        self._file, self._sheet = file, sheet
        self.header: tuple[str, ...] = ()
        self.rows = 0
        self.first_row: dict[str, int] = {}
        """Where each card stands first."""
        for number, cells in read_table(file, sheet):
            if not self.rows:
                self.header = tuple(name for name in cells if name not in OURS)
                self._columns = self._found(chosen)
            self.rows += 1
            self.first_row.setdefault(card_in(self.fields(cells)), number)
        if not self.rows:
            raise CommandFailed(f"{file} has no rows", "is it the right sheet?")

    def _found(self, chosen: Mapping[str, str]) -> dict[str, str]:
        found = columns(self.header, COLUMNS, chosen)
        for field in ("card_no", "name"):
            if field not in found:
                todo = f"--map {field}=COLUMN; the columns are {', '.join(self.header)}"
                raise CommandFailed(f"no column holds {field}", todo, Exit.USAGE)
        return found

    @property
    def left_out(self) -> list[str]:
        """Columns that no field is taken from."""
        return [name for name in self.header if name not in self._columns.values()]

    def fields(self, cells: Row) -> dict[str, str]:
        """The cells by field."""
        return {field: cells.get(column, "") for field, column in self._columns.items()}

    def __iter__(self) -> Iterator[tuple[int, Row]]:
        return read_table(self._file, self._sheet)


class Run:
    """One import from the first row to the last."""

    def __init__(
        self, table: Table, box: "_Box", terms: dict[str, Any], rejects: Rejects, progress: Progress
    ) -> None:
        self.table = table
        self._box = box
        self._terms = terms
        self._rejects = rejects
        self._progress = progress
        self._began_s = time.monotonic()
        self._phones: dict[str, int] = {}
        self._without_referrer = 0
        self.counts = dict.fromkeys(("imported", "updated", "unchanged", "rejected"), 0)
        self.shown: list[tuple[int, str, str]] = []

    def carry_out(self) -> None:
        """Rows in parts that fit one call; the bad ones aside."""
        part: list[tuple[ImportRow, Row]] = []
        heavy = 0
        for number, cells in self.table:
            row = self._understood(number, cells)
            if row is None:
                continue
            if part and (heavy + weight(row) > PART_BYTES or len(part) == ROWS_MAX):
                self._send(part)
                part, heavy = [], 0
            part.append((row, cells))
            heavy += weight(row)
        if part:
            self._send(part)

    def summary(self) -> dict[str, object]:
        """What became of the rows; ``without_referrer`` are in, and get theirs when that one's row is."""
        dry_run = self._terms["dry_run"]
        return {
            "rows": self.table.rows,
            **self.counts,
            "without_referrer": None if dry_run else self._without_referrer,
            "dry_run": dry_run,
            "seconds": round(time.monotonic() - self._began_s, 1),
        }

    def _understood(self, number: int, cells: Row) -> ImportRow | None:
        try:
            read = member_row(self.table.fields(cells), self._box.today)
            first = self.table.first_row[read.card_no]
            if first != number:
                raise RowRefused("card_no", f"row {first} has this card too", f"第 {first} 行已有此卡号")
        except RowRefused as refused:
            self._reject(number, cells, refused)
            return None
        follows = read.referrer in self.table.first_row
        return ImportRow(row=number, referrer_follows=follows, **read._asdict())

    def _send(self, part: list[tuple[ImportRow, Row]]) -> None:
        """One call; a row whose form the box does not take is left out of the next try."""
        while part:
            try:
                reply = self._box.send([row for row, _ in part], self._terms)
                break
            except RemoteError as error:
                place = _place(error, len(part))
                if place is None:
                    raise CommandFailed(
                        str(error), "import the same file again once that is put right"
                    ) from error
                row, cells = part.pop(place)
                self._reject(row.row, cells, RowRefused("", error.message, error.data["hint"]["zh"]))
        else:
            return
        self._without_referrer = reply["waiting"]
        for (row, cells), result in zip(part, reply["results"], strict=True):
            self._note(row, cells, result, one_per_phone=reply["one_per_phone"])

    def _note(self, row: ImportRow, cells: Row, result: dict[str, Any], *, one_per_phone: bool) -> None:
        if result["state"] == "rejected":
            self._reject(row.row, cells, RowRefused(result["field"], result["why"], result["zh"]))
            return
        if self._terms["dry_run"] and one_per_phone and row.phone:
            # The box has forgotten the rows of the last call: nothing of a dry run is kept.
            first = self._phones.setdefault(row.phone, row.row)
            if first != row.row:
                why = RowRefused("phone", f"row {first} has this phone too", f"第 {first} 行已有此手机号")
                self._reject(row.row, cells, why)
                return
        self.counts[result["state"]] += 1
        self._progress.add(1)

    def _reject(self, number: int, cells: Row, refused: RowRefused) -> None:
        self.counts["rejected"] += 1
        self._progress.add(1)
        self._rejects.add(number, cells, f"{refused} · {refused.zh}")
        if len(self.shown) < SHOWN_MAX:
            self.shown.append((number, refused.field, refused.why))


def _place(error: RemoteError, rows: int) -> int | None:
    """Which row a refusal of the whole call is about."""
    parts = str(error.data.get("path", "")).split("/")
    if parts[:2] != ["", "rows"] or len(parts) < 3 or not parts[2].isdigit() or int(parts[2]) >= rows:
        return None
    return int(parts[2])


class _Box:
    """The running daemon. A connection that breaks is made anew, and the call repeated under its key."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._client: Client | None = None
        self.today = date.min

    def __enter__(self) -> "_Box":
        self._connect()
        return self

    def __exit__(self, *_: object) -> None:
        if self._client is not None:
            self._client.close()

    def send(self, rows: list[ImportRow], terms: dict[str, Any]) -> dict[str, Any]:
        """One part of the table; raises RemoteError, and CommandFailed where the daemon stays away."""
        params = {"idem": str(uuid.uuid4()), "rows": rows, **terms}
        for _ in range(TRIES):
            try:
                reply: dict[str, Any] = self._connect().call("admin.members.import", **params)
            except OSError:
                self._client = None
                time.sleep(PAUSE_S)
            else:
                return reply
        raise self._gone("went away")

    def _connect(self) -> Client:
        if self._client is None:
            try:
                client = Client(self._socket, TIMEOUT_S)
                hello = client.hello("import")
            except OSError as error:
                raise self._gone(error.strerror or str(error)) from error
            self._client, self.today = client, date.fromisoformat(hello["business_date"])
        return self._client

    def _gone(self, why: str) -> CommandFailed:
        return CommandFailed(
            f"the daemon does not answer on {self._socket}: {why}",
            "systemctl start tillside, then the same command again: what is in stays in",
            Exit.UNREACHABLE,
        )
