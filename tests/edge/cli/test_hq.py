"""``tillside hq`` against a real PostgreSQL: what a person at HQ does, and what it says when something is missing."""

import json
import signal
import subprocess
import sys
import sysconfig
import uuid
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli.main import tillside
from edge.cli.output import Exit
from sync.testing import start_iotcore

COMMAND = Path(sysconfig.get_path("scripts")) / "tillside"
MEMBER = "M01TEST"
NOBODY_HOME = "postgresql://127.0.0.1:1/tillside"
VERBS = ("serve", "init", "stores", "totals", "credit", "suspense", "release")


def hq(*args: str, dsn: str | None = None) -> Result:
    return CliRunner().invoke(tillside, ["hq", *args], env={"TILLSIDE_HQ_DSN": dsn})


def credit(*args: str, dsn: str) -> Result:
    return hq("credit", MEMBER, *args, "--reason", "top-up", "--home", "S001", "--json", dsn=dsn)


def test_a_credit_shows_in_the_totals(dsn: str) -> None:
    """In the unit it was given in, and nowhere else; HQ holds it until the home store is heard."""
    assert hq("init", dsn=dsn).exit_code == Exit.OK
    said = credit("20000", "--unit", "fen", dsn=dsn)
    assert (said.exit_code, json.loads(said.stdout)["booked"]) == (Exit.OK, True)
    (account,) = json.loads(hq("totals", "--json", dsn=dsn).stdout)
    assert account == {
        "member": MEMBER,
        "unit": "fen",
        "balance": 20000,
        "hq_credits": 20000,
        "pool": 20000,
        "exposed": 0,
    }
    assert json.loads(hq("totals", "--member", "M02", "--json", dsn=dsn).stdout) == []


def test_a_credit_that_is_sent_again_is_booked_once(dsn: str) -> None:
    hq("init", dsn=dsn)
    intent = ("500", "--unit", "points", "--id", str(uuid.uuid4()))
    booked = [json.loads(credit(*intent, dsn=dsn).stdout)["booked"] for _ in range(2)]
    assert booked == [True, False]
    assert "500" in hq("totals", dsn=dsn).stdout


def test_tables_are_made_once_and_brought_up_to_date_for_ever(dsn: str) -> None:
    first, again = (json.loads(hq("init", "--json", dsn=dsn).stdout) for _ in range(2))
    assert first == again
    assert first["schema"] >= 1


@pytest.mark.parametrize("question", [("stores",), ("totals",), ("totals", "--by", "store"), ("suspense",)])
def test_an_empty_chain_has_nothing_to_say(question: tuple[str, ...], dsn: str) -> None:
    hq("init", dsn=dsn)
    said = hq(*question, "--json", dsn=dsn)
    assert (said.exit_code, json.loads(said.stdout)) == (Exit.OK, [])


def test_a_database_without_books_says_how_to_get_them(dsn: str) -> None:
    said = hq("totals", dsn=dsn)
    assert (said.exit_code, said.stdout) == (Exit.FAILED, "")
    assert said.stderr.endswith("→ tillside hq init\n")


def test_a_server_that_is_not_there_is_unreachable() -> None:
    said = hq("stores", dsn=NOBODY_HOME)
    assert said.exit_code == Exit.UNREACHABLE
    assert "Connection refused" in said.stderr


@pytest.mark.parametrize(
    "args",
    [
        ("stores",),
        ("stores", "--dsn", "no dsn"),
        ("credit", MEMBER, "0", "--unit", "fen", "--reason", "x", "--dsn", NOBODY_HOME),
        ("credit", MEMBER, "1", "--unit", "yuan", "--reason", "x", "--dsn", NOBODY_HOME),
        ("serve", "--broker", "http://mq", "--tenant", "t", "--dsn", NOBODY_HOME),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(args: tuple[str, ...]) -> None:
    said = hq(*args)
    assert (said.exit_code, said.stdout) == (Exit.USAGE, "")


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_an_example_and_speaks_json(verb: str) -> None:
    said = hq(verb, "--help")
    assert said.exit_code == Exit.OK
    assert "Example:" in said.stdout
    assert "--json" in said.stdout


def test_only_rights_of_a_dead_box_are_released_and_only_after_a_yes(dsn: str) -> None:
    hq("init", dsn=dsn)
    release = ("release", "S001", "no-such-life", MEMBER, "--unit", "points")
    assert hq(*release, dsn=dsn).exit_code == Exit.INTERRUPTED
    said = hq(*release, "--yes", dsn=dsn)
    assert said.exit_code == Exit.FAILED
    assert "are not in suspense" in said.stderr


def test_without_the_extra_it_says_what_to_install() -> None:
    """The verbs are there in every installation; psycopg is not."""
    hidden = "import sys; sys.modules['psycopg'] = None; from edge.cli.main import main; main()"
    argv = [sys.executable, "-c", hidden, "hq", "stores", "--dsn", NOBODY_HOME]
    said = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert said.returncode == Exit.FAILED
    assert "pip install 'tillside[hq]'" in said.stderr


def test_serving_waits_an_outage_out_and_ends_on_sigterm(dsn: str, tmp_path: Path) -> None:
    """The outage is one JSON line on standard error, and no end of the process."""
    broker = start_iotcore(tmp_path)
    argv = [str(COMMAND), "hq", "serve", "--dsn", dsn, "--broker", broker.url, "--tenant", "t", "--json"]
    broker.kill()
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stderr is not None
            assert json.loads(serving.stderr.readline())["event"] == "hq_link_lost"
            serving.send_signal(signal.SIGTERM)
            assert serving.wait(20) == Exit.OK
        finally:
            serving.kill()
