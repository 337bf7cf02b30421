"""The ledger against an oracle in plain Python, and the machine against ledgers that are wrong on purpose.

Invariants alone would find three of ten such mistakes: a ledger can be sound and still have sold something else.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.edge.storage.chain_machine import ChainLedgerMachine
from tests.edge.storage.ledger_machine import LedgerMachine

ROOT = Path(__file__).parents[3]
SHOPS = 120
"""Shops of either kind in which a mutant has to show."""

BRIEF = settings(
    max_examples=25,
    stateful_step_count=35,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
LONG = settings(BRIEF, max_examples=3000, stateful_step_count=60, derandomize=False)


@dataclass(frozen=True)
class Mutant:
    """A mistake: in ``file`` (under edge/) ``old`` reads ``new``; it shows in shops of ``kind``."""

    file: str
    old: str
    new: str
    kind: str = "alone"


MUTANTS = {
    "a part refunded is rounded by itself": Mutant(
        "domain/money.py",
        "return amount * (done + part) // whole - amount * done // whole",
        "return amount * part // whole",
    ),
    "an earn leaves the debt": Mutant(
        "storage/ledger.py", "paid = self._pay_debt(account, amount)", "paid = 0"
    ),
    "points given back leave the debt": Mutant(
        "storage/ledger.py", "paid = self._pay_debt(account, part)", "paid = 0"
    ),
    "a shortfall makes no debt": Mutant("storage/ledger.py", "        if short:\n", "        if False:\n"),
    "a refusal is not kept": Mutant(
        "storage/transaction.py",
        "            body, ok = _refusal_body(refusal), False\n",
        '            self.db.execute("RELEASE decision")\n'
        "            return Answer(_refusal_body(refusal), False, False)\n",
    ),
    "a refusal leaves half a sale": Mutant(
        "storage/transaction.py", 'self.db.execute("ROLLBACK TO decision")', "pass"
    ),
    "a key takes other content": Mutant("storage/transaction.py", "if stored != fingerprint:", "if False:"),
    "the chain begins anew at a restart": Mutant(
        "storage/transaction.py",
        "self.seq, self._head, self._last_ms = row",
        "self.seq, _, self._last_ms = row",
    ),
    "time follows the machine's clock": Mutant(
        "storage/transaction.py", "max(wall_ms, self._last_ms)", "wall_ms"
    ),
    "a spend ignores the rights": Mutant(
        "storage/ledger.py", "if amount > held.spendable:", "if amount > held.balance:", "chain"
    ),
    "a spend takes lapsed points": Mutant(
        "storage/ledger.py", "        self.expire(member, unit)\n        held", "        held"
    ),
    "the newest points go first": Mutant(
        "storage/ledger.py", '" ORDER BY expires_ms, id"', '" ORDER BY expires_ms DESC, id DESC"'
    ),
    "what was given back is forgotten": Mutant(
        "storage/ledger.py", "SET restored = restored + ? WHERE", "SET restored = restored + 0 * ? WHERE"
    ),
    "points return to the first lot used": Mutant("storage/ledger.py", "ORDER BY u.id DESC", "ORDER BY u.id"),
    "grants are added up": Mutant(
        "storage/ledger.py", '"granted", granted - held.rights.granted)', '"granted", granted)', "chain"
    ),
    "a reversal counts as an earn": Mutant(
        "storage/ledger.py", '"reverse", reversible', '"earn", reversible'
    ),
    "an operation forgets its event": Mutant("storage/outbox.py", "self.event = identity", "pass", "chain"),
    "an ack of another line is believed": Mutant(
        "storage/outbox.py", "if row is None or row[0] != digest:", "if row is None:", "chain"
    ),
    "a fresh life keeps what was granted": Mutant(
        "storage/incarnation.py",
        "iif(?, max(0, credits - debits), 0)",
        "iif(? OR 1, max(0, credits - debits), 0)",
        "chain",
    ),
    "grants of a former life count": Mutant(
        "uplink/ledger_box.py", "if page.nonce != line.nonce or page.version", "if page.version", "chain"
    ),
    "HQ is believed before it has heard all": Mutant(
        "uplink/ledger_box.py", "believed = line.acked + 1 >= line.fence", "believed = True", "chain"
    ),
    "a refund leaves the referral points": Mutant(
        "counter/refund.py", "            if points:\n", "            if False:\n"
    ),
}

SLOW = {
    "a part refunded is rounded by itself",
    "a refund leaves the referral points",
    "a refusal leaves half a sale",
    "a reversal counts as an earn",
    "a spend takes lapsed points",
    "grants of a former life count",
    "points given back leave the debt",
    "points return to the first lot used",
    "the newest points go first",
    "time follows the machine's clock",
    "what was given back is forgotten",
}
"""They need several shops, and seconds, to show."""


@pytest.mark.parametrize("machine", [LedgerMachine, ChainLedgerMachine])
def test_ledger_and_oracle_agree_after_every_step(machine: type[LedgerMachine]) -> None:
    run_state_machine_as_test(machine, settings=BRIEF)


@pytest.mark.soak
@pytest.mark.parametrize("machine", [LedgerMachine, ChainLedgerMachine])
def test_ledger_and_oracle_agree_for_long(machine: type[LedgerMachine]) -> None:
    run_state_machine_as_test(machine, settings=LONG)


def shops_agree(folder: Path, mutant: Mutant | None, kind: str, shops: int) -> bool:
    """Whether the machine finds nothing wrong with a copy of the box in which ``mutant`` was made."""
    shutil.copytree(ROOT / "edge", folder / "edge", ignore=shutil.ignore_patterns("__pycache__"))
    if mutant is not None:
        source = folder / "edge" / mutant.file
        text = source.read_text()
        assert text.count(mutant.old) == 1, f"{mutant.old!r} is not once in {mutant.file}"
        source.write_text(text.replace(mutant.old, mutant.new))
    played = subprocess.run(
        [sys.executable, "-m", "tests.edge.storage.play_shops", kind, str(shops)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert played.returncode in (0, 1), played.stderr
    return played.returncode == 0


@pytest.mark.parametrize("kind", ["alone", "chain"])
def test_the_box_as_it_is_agrees(kind: str, tmp_path: Path) -> None:
    assert shops_agree(tmp_path, None, kind, 5)


def soak_if_slow(mistake: str) -> object:
    return pytest.param(mistake, marks=[pytest.mark.soak] if mistake in SLOW else [])


@pytest.mark.parametrize("mistake", [soak_if_slow(mistake) for mistake in MUTANTS])
def test_a_mistake_shows(mistake: str, tmp_path: Path) -> None:
    assert not shops_agree(tmp_path, MUTANTS[mistake], MUTANTS[mistake].kind, SHOPS)
