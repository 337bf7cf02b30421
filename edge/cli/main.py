"""The command ``tillside``: one table of verbs, each imported only when it is called.

A verb is a click command in a module of its own under ``edge.cli``. It prints with ``output.emit`` and fails by
raising; exit codes are given here and nowhere else.
"""

import sys
from typing import Any

import click

from edge.cli.output import CommandFailed, Exit, complain
from edge.cli.verbs import Verb, Verbs
from edge.errors import TillsideError

VERBS = {
    "run": Verb("edge.cli.run:run", "Run the daemon (what tillside.service starts)."),
    "demo": Verb("edge.cli.demo:demo", "Play a shop day on real processes and virtual devices."),
    "status": Verb("edge.cli.status:status", "Say how the running daemon is."),
    "sync": Verb("edge.cli.sync:sync", "Say where the queue to HQ stands; try HQ now."),
    "doctor": Verb("edge.cli.doctor:doctor", "Look for what is wrong with this box and say what to do."),
    "rules": Verb("edge.cli.rules:rules", "Write rule bundles: check, test, compare, evaluate, explain."),
    "members": Verb("edge.cli.members:members", "Take members over from an old system; find a member."),
    "explain": Verb("edge.cli.explain:explain", "Say line by line where a receipt's points come from."),
    "reminders": Verb("edge.cli.reminders:reminders", "List everything that is due, members and goods."),
    "staff": Verb("edge.cli.staff:staff", "Register staff; say who may do what."),
    "log": Verb(
        "edge.cli.log:log", "Show the operation log: who asked for what, and that nobody changed it."
    ),
    "night": Verb("edge.cli.night:night", "Do the night's work now: idle members, what lapses, rebates."),
    "config": Verb("edge.cli.config_check:config", "Check the configuration file."),
    "goods": Verb("edge.cli.goods:goods", "Find goods; import them from CSV or Excel."),
    "hq": Verb("edge.cli.hq:hq", "Serve and steer HQ's end."),
}

EXAMPLES = """\b
Examples:
  tillside config check /etc/tillside/tillside.toml
  tillside rules check bundle.json
  tillside rules eval bundle.json requests.jsonl

\b
Exit codes:
  0 ok   1 usage   2 something failed   3 daemon unreachable   4 degraded
"""


class Entry(Verbs):
    """The outermost group: it turns what a verb raises into a sentence and an exit code."""

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run one command line and leave with its exit code; click's own mapping is set aside."""
        extra["standalone_mode"] = False
        try:
            code = super().main(*args, **extra)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            code = Exit.USAGE
        except (click.ClickException, click.Abort, TillsideError, BrokenPipeError) as error:
            code = _failed(error)
        sys.exit(code if isinstance(code, int) else Exit.OK)


def _failed(error: Exception) -> Exit:
    """Say what went wrong, as far as anybody listens; returns the exit code."""
    match error:
        case click.UsageError():
            todo = f"{error.ctx.command_path} --help" if error.ctx else ""
            complain(error.format_message(), todo)
            return Exit.USAGE
        case CommandFailed():
            complain(str(error), error.todo)
            return error.code
        case click.ClickException():
            complain(error.format_message())
        case TillsideError():
            complain(str(error))
        case click.Abort():
            return Exit.INTERRUPTED
        case BrokenPipeError():
            sys.stdout = None  # the reader is gone (`| head`): nothing is left to flush to
    return Exit.FAILED


@click.group(
    cls=Entry, verbs=VERBS, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="tillside", message="%(prog)s %(version)s")
def tillside() -> None:
    """Tillside, the box beside the till."""


def main() -> None:
    """The entry point of the ``tillside`` command."""
    tillside(prog_name="tillside")


if __name__ == "__main__":
    main()
