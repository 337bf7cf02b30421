"""The command line as scripts see it: real processes, exit codes, what goes to which stream."""

import importlib
import subprocess
import sys
from importlib.metadata import version

import click
import pytest
from click.testing import CliRunner, Result

from edge.cli import main
from edge.cli.output import CommandFailed, Exit
from edge.cli.rules import rules
from edge.errors import ConfigError


def run(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge.cli.main", *args]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def invoke_failing(error: Exception) -> Result:
    """Run a verb that raises ``error``, in a group like ours."""
    group = main.Entry("tillside", verbs={}, invoke_without_command=True)

    def fail() -> None:
        raise error

    group.callback = fail
    return CliRunner().invoke(group, [])


def test_help_names_every_verb_that_exists_and_none_that_does_not() -> None:
    """A verb whose module is not shipped is not offered."""
    listed = run("--help")
    assert listed.returncode == Exit.OK
    names = {line.split()[0] for line in listed.stdout.partition("Commands:")[2].splitlines() if line.strip()}
    assert {"rules", "config"} <= names
    assert all(
        importlib.util.find_spec(main.VERBS[name].home.split(":")[0]) for name in names & set(main.VERBS)
    )


def test_help_imports_no_verb() -> None:
    """The overview is read from the table: it stays quick however much a verb needs."""
    program = (
        "import sys\nfrom edge.cli.main import tillside\n"
        "try: tillside(['--help'])\nexcept SystemExit: print(*sys.modules, file=sys.stderr)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )
    ours = {name for name in said.stderr.split() if name.startswith("edge.cli.")}
    assert ours == {"edge.cli.main", "edge.cli.cells", "edge.cli.output", "edge.cli.verbs"}


def test_every_listed_verb_is_a_command() -> None:
    """The table's homes hold what they promise."""
    context = click.Context(main.tillside)
    verbs = [main.tillside.get_command(context, name) for name in main.tillside.list_commands(context)]
    verbs += [rules.get_command(context, name) for name in rules.list_commands(context)]
    assert len(verbs) > 10
    assert all(isinstance(verb, click.Command) for verb in verbs)


def test_every_verb_of_rules_shows_an_example_and_speaks_json() -> None:
    context = click.Context(rules)
    for name in rules.list_commands(context):
        text = run("rules", name, "--help").stdout
        assert f"tillside rules {name}" in text.partition("Example:")[2]
        assert "--json" in text


def test_version_is_that_of_the_distribution() -> None:
    assert run("--version").stdout == f"tillside {version('tillside')}\n"


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (["no-such-verb"], "→ tillside --help"),
        (["rules", "--no-such-option"], "→ tillside rules --help"),
        (["rules", "check", "/no/such/bundle.json"], "→ tillside rules check --help"),
    ],
)
def test_wrong_usage_exits_1_and_names_the_help_to_read(args: list[str], hint: str) -> None:
    said = run(*args)
    assert (said.returncode, said.stdout) == (Exit.USAGE, "")
    assert said.stderr.startswith("error: ")
    assert said.stderr.endswith(f"{hint}\n")


def test_without_a_verb_the_overview_goes_to_stderr() -> None:
    """A script that forgot the verb must not take the help for a result."""
    said = run()
    assert (said.returncode, said.stdout) == (Exit.USAGE, "")
    assert "Commands:" in said.stderr


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (CommandFailed("no paper", "put a roll in"), 2, "error: no paper → put a roll in\n"),
        (
            CommandFailed("not running", "tillside run", Exit.UNREACHABLE),
            3,
            "error: not running → tillside run\n",
        ),
        (CommandFailed("printer missing", code=Exit.DEGRADED), 4, "error: printer missing\n"),
        (ConfigError("store.tz: no such time zone"), 2, "error: store.tz: no such time zone\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_each_kind_of_failure_has_its_exit_code(error: Exception, code: int, text: str) -> None:
    result = invoke_failing(error)
    assert (result.exit_code, result.stdout, result.stderr.lstrip("\n")) == (code, "", text)


def test_a_bug_of_ours_is_not_dressed_up_as_the_users_mistake() -> None:
    """What nobody raised on purpose keeps its traceback."""
    assert isinstance(invoke_failing(ZeroDivisionError()).exception, ZeroDivisionError)


def test_a_reader_that_stops_early_is_no_error_message() -> None:
    """``tillside … | head -1`` prints one line and no traceback."""
    command = f"{sys.executable} -m edge.cli.main --help | head -n 0"
    said = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True, timeout=30)
    assert (said.stdout, said.stderr) == ("", "")
