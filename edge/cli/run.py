"""``tillside run``: the daemon, in the foreground, until SIGTERM or SIGINT."""

import asyncio
import logging
import signal
import sys
from pathlib import Path

import click

EXAMPLE = """\b
Example:
  tillside run --config /etc/tillside/tillside.toml
"""


@click.command(epilog=EXAMPLE)
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    default=Path("/etc/tillside/tillside.toml"),
    show_default=True,
    help="The configuration file.",
)
@click.option(
    "--clock-offset",
    "offset_s",
    type=int,
    default=0,
    hidden=True,
    help="Seconds to add to the machine's clock (the demo plays a birthday with it).",
)
def run(config_file: Path, offset_s: int) -> None:
    """Run the daemon until SIGTERM or SIGINT."""
    # structlog would import rich for its coloured tracebacks: 8 MiB and 50 ms that a journal never shows.
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]  # None makes the import fail, as meant
    # The daemon's parts are imported here, after the command line was understood.
    from edge.app import App
    from edge.clock import SystemClock
    from edge.config import load

    _log_for_the_journal()
    sys.setswitchinterval(0.0005)  # the writer thread must not wait 5 ms for the loop to let go
    app = App(load(config_file), SystemClock(offset_s * 1000))

    async def serve() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await app.run(stop)

    asyncio.run(serve())


def _log_for_the_journal() -> None:
    """One line an event, to stderr, without colours: the journal adds time and unit."""
    import structlog

    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.dict_tracebacks,
            structlog.processors.LogfmtRenderer(key_order=["event", "level"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
