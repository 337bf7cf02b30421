"""``tillside hq``: serve HQ's end of the conversation with the stores, read its books, credit an account."""

import asyncio
import secrets
import signal
import uuid
from collections.abc import Awaitable

import click
import msgspec

from edge.cli.hq_books import AsJson, Dsn, ask, need_psycopg
from edge.cli.hq_directory import put, said
from edge.cli.output import CommandFailed, emit
from edge.domain.units import COUPON, CREDIT, GIFT, POINTS, STORED, VOUCHER

UNITS = (POINTS, STORED, GIFT, CREDIT, COUPON, VOUCHER)
"""What HQ may add to: an account of a member, or of the coupon or voucher that a code names."""


def example(command: str) -> str:
    """The end of a verb's help."""
    return f"\b\nExample:\n  {command}\n"


@click.group()
def hq() -> None:
    """Serve and steer HQ's end."""


hq.add_command(put)
hq.add_command(said)


@hq.command(
    epilog=example("tillside hq serve --dsn postgresql:///tillside --broker mqtt://mq:1883 --tenant ruyishu")
)
@Dsn
@click.option("--broker", required=True, help="mqtt://[USER:PASSWORD@]HOST[:PORT], or mqtts://")
@click.option("--tenant", required=True, help="The chain whose stores are served.")
@click.option("--ca", default="", help="For mqtts: the authority to trust (PEM file).")
@click.option("--certificate", default="", help="For mqtts: HQ's own certificate (PEM file).")
@click.option("--key", default="", help="For mqtts: its key (PEM file).")
@AsJson
def serve(dsn: str, broker: str, tenant: str, ca: str, certificate: str, key: str, as_json: bool) -> None:
    """Answer the stores of TENANT until SIGTERM; as many of these may run as there is work for.

    Outages of PostgreSQL and of the broker are waited out, and told on standard error.
    """
    need_psycopg()
    from edge.clock import SystemClock
    from edge.config import Hq
    from edge.uplink.tls import tls_context
    from sync.hq import server
    from sync.mqtt import MqttBroker

    def log(event: str, why: str) -> None:
        line = msgspec.json.encode({"event": event, "why": why}).decode() if as_json else f"{event}: {why}"
        click.echo(line, err=True)

    try:
        tls = tls_context(Hq(broker, ca, certificate, key))
        link = MqttBroker(broker, f"{tenant}-hq-{secrets.token_hex(4)}", tls)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--broker") from error
    asyncio.run(_until_told(server.serve(dsn, link, tenant, SystemClock(), log)))


@hq.command(epilog=example("tillside hq init --dsn postgresql:///tillside"))
@Dsn
@AsJson
def init(dsn: str, as_json: bool) -> None:
    """Create HQ's tables, or bring them up to date; safe to run again."""
    need_psycopg()
    from sync.hq.schema import migrate

    emit({"schema": ask(dsn, migrate)}, as_json)


@hq.command(epilog=example("tillside hq stores --dsn postgresql:///tillside"))
@Dsn
@AsJson
def stores(dsn: str, as_json: bool) -> None:
    """How far each store's events have come in, and how many could not be read."""
    need_psycopg()
    from sync.hq import totals

    emit(ask(dsn, totals.progress), as_json)


@hq.command("totals", epilog=example("tillside hq totals --by store --dsn postgresql:///tillside"))
@click.option("--by", type=click.Choice(["account", "store"]), default="account", show_default=True)
@click.option("--member", help="Only the accounts of this member (id).")
@Dsn
@AsJson
def show_totals(by: str, member: str | None, dsn: str, as_json: bool) -> None:
    """Balances by member and account, or sums by store; points in points, stored value in fen.

    ``exposed`` is what boxes may still spend before HQ hears of it.
    """
    need_psycopg()
    from sync.hq import totals

    if by == "store":
        emit(ask(dsn, totals.stores), as_json)
    else:
        emit(ask(dsn, lambda books: totals.accounts(books, member)), as_json)


@hq.command(
    epilog=example(
        "tillside hq credit 01HZX... 20000 --unit fen --reason 'top-up' --dsn postgresql:///tillside"
    )
)
@click.argument("member")
@click.argument("amount", type=click.IntRange(min=1))
@click.option("--unit", type=click.Choice(UNITS), required=True)
@click.option("--reason", required=True, help="Kept with the credit.")
@click.option("--home", help="The home store of a member whom HQ does not know yet.")
@click.option("--id", "credit_id", type=click.UUID, help="The same on every retry: it is booked once.")
@Dsn
@AsJson
def credit(
    member: str,
    amount: int,
    unit: str,
    reason: str,
    home: str | None,
    credit_id: uuid.UUID | None,
    dsn: str,
    as_json: bool,
) -> None:
    """Add AMOUNT to an account of MEMBER (id); it becomes spendable at the member's home store."""
    need_psycopg()
    from sync.hq.credit import credit as book

    identity = str(credit_id or uuid.uuid4())
    booked = ask(dsn, lambda books: book(books, identity, member, unit, amount, reason, home))
    emit({"id": identity, "member": member, "unit": unit, "amount": amount, "booked": booked}, as_json)


@hq.command(epilog=example("tillside hq suspense --dsn postgresql:///tillside"))
@Dsn
@AsJson
def suspense(dsn: str, as_json: bool) -> None:
    """List the rights that dead boxes still hold; ``hq release`` frees them one account at a time."""
    need_psycopg()
    from sync.hq import totals

    emit(ask(dsn, totals.suspense), as_json)


@hq.command(
    epilog=example(
        "tillside hq release S001 1f0c... 01HZX... --unit points --yes --dsn postgresql:///tillside"
    )
)
@click.argument("store")
@click.argument("incarnation")
@click.argument("member")
@click.option("--unit", required=True, help="As the suspense list names it.")
@click.confirmation_option(prompt="Is this box gone for good, and nothing it sold still to come?")
@Dsn
@AsJson
def release(store: str, incarnation: str, member: str, unit: str, dsn: str, as_json: bool) -> None:
    """Free what a dead box could still have spent of one account of MEMBER, and grant it anew.

    INCARNATION is a closed life of STORE's box, as its log and sync.status named it. What that box has sold
    and never reported becomes the chain's loss.
    """
    need_psycopg()
    from sync.hq.credit import release as free

    try:
        freed = ask(dsn, lambda books: free(books, store, incarnation, member, unit))
    except ValueError as error:
        raise CommandFailed(str(error), "only a closed incarnation holds rights that can be freed") from error
    emit(
        {"store": store, "incarnation": incarnation, "member": member, "unit": unit, "freed": freed}, as_json
    )


async def _until_told(work: Awaitable[None]) -> None:
    """Run ``work`` until SIGTERM or SIGINT."""
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return
