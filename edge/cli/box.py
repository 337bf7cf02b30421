"""The running daemon as a verb reaches it: its admin socket, or a sentence about why not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.cli.output import CommandFailed, Exit
from edge.config import load
from edge.rpc.client import Client

TIMEOUT_S = 30.0


@contextmanager
def daemon(config_file: Path, verb: str, timeout_s: float = TIMEOUT_S) -> Iterator[Client]:
    """A connection that has said hello as ``verb``; raises ConfigError, CommandFailed and RemoteError."""
    config = load(config_file)
    try:
        with Client(config.paths.admin_socket, timeout_s) as box:
            box.hello(verb)
            yield box
    except OSError as error:
        raise CommandFailed(
            f"the daemon does not answer on {config.paths.admin_socket}: {error.strerror or error}",
            "systemctl start tillside, or tillside doctor",
            Exit.UNREACHABLE,
        ) from error
