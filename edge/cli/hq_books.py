"""HQ's books in PostgreSQL as the verbs of ``tillside hq`` reach them."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Any, TypeVar

import click

from edge.cli.output import CommandFailed, Exit

T = TypeVar("T")
# A psycopg connection; psycopg belongs to the extra "hq" and is imported only when a verb runs.
Books = Any

Dsn = click.option(
    "--dsn",
    envvar="TILLSIDE_HQ_DSN",
    required=True,
    help="HQ's PostgreSQL, as a URL; or in TILLSIDE_HQ_DSN, where ps shows no password.",
)
AsJson = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def ask(dsn: str, question: Callable[[Books], Awaitable[T]]) -> T:
    """The answer of the books; raises CommandFailed where they cannot be read."""
    import psycopg

    from sync.hq.server import connect

    async def asked() -> T:
        async with await connect(dsn) as books:
            return await question(books)

    try:
        return asyncio.run(asked())
    except psycopg.errors.UndefinedTable as error:
        raise CommandFailed("this database holds no books of HQ", "tillside hq init") from error
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise CommandFailed(
            f"PostgreSQL: {reason}", "check --dsn and the server", Exit.UNREACHABLE
        ) from error
    except psycopg.ProgrammingError as error:
        raise CommandFailed(
            f"--dsn: {str(error).strip()}", "write postgresql://HOST/DATABASE", Exit.USAGE
        ) from error


def need_psycopg() -> None:
    if find_spec("psycopg") is None:
        raise CommandFailed("HQ's end needs psycopg, which is not installed", "pip install 'tillside[hq]'")
