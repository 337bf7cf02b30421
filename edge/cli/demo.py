"""``tillside demo``: the whole of it on this machine, as a play that ends by itself or as a shop that stays open."""

import asyncio
import shutil
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic

import click

from edge.cli.demo_plain import PlainScreen
from edge.cli.output import CommandFailed, Exit
from edge.rpc.client import RemoteError
from edge.testing.day import play
from edge.testing.errors import StageFailed
from edge.testing.premises import MEMBER_NUMBERS, Premises
from edge.testing.screen import Screen
from edge.testing.stage import Stage

EXAMPLE = """\b
Examples:
  tillside demo
  tillside demo --serve --dir /tmp/shop
"""
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@click.command(epilog=EXAMPLE)
@click.option("--serve", "serving", is_flag=True, help="Stay open for a till of yours, until SIGTERM.")
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep everything there; a temporary directory, removed at the end, unless given.",
)
def demo(serving: bool, directory: Path | None) -> Exit | None:
    """Play a shopping day of the ruyishu programme on real processes and virtual devices.

    With --serve the shop stays open: DIR/README.txt says how to sell in it.
    """
    root = Path(tempfile.mkdtemp(prefix="tillside-")) if directory is None else directory.resolve()
    try:
        if directory and not serving and root.exists() and any(root.iterdir()):
            raise CommandFailed(
                f"{directory} is not empty, and a play begins with an empty shop", "give another"
            )
        finished = _run(Premises(root), serving)
    except StageFailed as failed:
        # The directory stays, for who wants to know why.
        if failed.log:
            click.echo(failed.log, err=True)
        raise CommandFailed(str(failed), failed.todo) from failed
    if directory is None:
        shutil.rmtree(root)
    return None if finished or serving else Exit.INTERRUPTED


def _run(premises: Premises, serving: bool) -> bool:
    """True if it came to its own end; the terminal is as it was, whatever happened."""
    screen = _screen()
    try:
        return asyncio.run(_until_told(lambda: _perform(premises, screen, serving)))
    finally:
        screen.end()


def _screen() -> Screen:
    if not sys.stdout.isatty():
        return PlainScreen()
    # Rich costs 60 ms to import: only for who sees it.
    from edge.cli.demo_rich import RichScreen

    return RichScreen()


async def _until_told(work: Callable[[], Awaitable[None]]) -> bool:
    """Run ``work``, which a signal cancels; True if it came to its own end."""
    task = asyncio.ensure_future(work())
    loop = asyncio.get_running_loop()
    told: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        # Only the first: whoever is impatient must not keep us from ending our children.
        if not told:
            task.cancel()
        told.append(number)

    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, stop, number)
    try:
        await task
    except asyncio.CancelledError:
        return False
    return True


async def _perform(premises: Premises, screen: Screen, serving: bool) -> None:
    async with Stage(premises, screen.progress) as stage:
        try:
            await (_keep_open(stage, screen) if serving else _play(stage, screen))
        except BrokenPipeError:
            raise  # nobody looks any more (`| head`)
        except (OSError, RemoteError) as error:
            stage.check()
            raise StageFailed(f"{type(error).__name__}: {error}", f"read {premises.logs}") from error


async def _play(stage: Stage, screen: Screen) -> None:
    began = monotonic()
    await play(stage, screen)
    screen.say(f"演完，用时 {monotonic() - began:.0f} 秒 · the play is over")


async def _keep_open(stage: Stage, screen: Screen) -> None:
    """Say ``ready`` when tills may call, then stay until cancelled; raises StageFailed if a part falls."""
    stage.hardware.open_to_hand()
    await stage.open_shop()
    readme = stage.premises.root / "README.txt"
    facts = {"root": stage.premises.root, "broker": stage.broker.url, "numbers": MEMBER_NUMBERS}
    readme.write_text(_README.format(**facts), encoding="utf-8")
    screen.say(f"收银接口 till socket {stage.premises.pos_socket}")
    screen.say(f"说明 how to use it    {readme}")
    screen.end()
    click.echo("ready")
    await stage.watch()


_README = """\
Tillside demo shop 儒意书健康食品 (store S001, programme ruyishu)

Sockets        {root}/run/pos.sock  tills: JSON-RPC 2.0, one message a line
               {root}/run/admin.sock
Member cards   numbers that match {numbers} (80000001 ... 89999999); register them first
Receipts       {root}/receipts/NNNNN.txt, one file a receipt, as printed
Displays       {root}/devices/pole.txt (CD5220) and led8.txt, what they show now
Swipe a card   echo '80000001=0000' > {root}/devices/swipe
Scan a code    echo 80000001 > {root}/devices/scan
HQ             PostgreSQL and MQTT 5 ({broker}) run too; logs in {root}/log
Stop           SIGTERM or Ctrl-C to the demo

A till in Python (edge.rpc.client comes with Tillside):

    import uuid
    from pathlib import Path
    from edge.rpc.client import Client

    with Client(Path("{root}/run/pos.sock")) as till:
        till.hello("T1")
        key = lambda: str(uuid.uuid4())
        till.call("member.register", idem=key(), card_no="80000001", name="王芳")
        quote = till.call("sale.quote", cashier="小陈", member="80000001",
                          lines=[{{"name": "灵芝孢子粉", "qty_milli": 2000, "unit_price_fen": 12800}}])
        sale = till.call("sale.commit", idem=key(), quote_id=quote["quote_id"], digest=quote["digest"],
                         tenders=[{{"kind": "cash", "amount_fen": 30000}}])
        print(sale["receipt_no"], sale["change_fen"], sale["points"])

Or with nothing but a shell:

    socat - UNIX-CONNECT:{root}/run/pos.sock
    {{"jsonrpc":"2.0","id":1,"method":"session.hello","params":{{"terminal":"T1","client":"me","version":"1","protocol":[1]}}}}
    {{"jsonrpc":"2.0","id":2,"method":"rpc.discover","params":{{}}}}
"""
