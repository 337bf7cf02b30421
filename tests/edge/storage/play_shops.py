"""Plays shops until one differs from its books, once, without shrinking; how the mutants are tried.

``python -m tests.edge.storage.play_shops alone 100`` exits with 1 where there was a difference.
"""

import sys

from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.edge.storage.chain_machine import ChainLedgerMachine
from tests.edge.storage.ledger_machine import LedgerMachine


def main() -> None:
    """Look for a difference in a number of shops of one kind: ``alone 100`` or ``chain 100``."""
    machine = {"alone": LedgerMachine, "chain": ChainLedgerMachine}[sys.argv[1]]
    once = settings(
        max_examples=int(sys.argv[2]),
        stateful_step_count=40,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate,),
    )
    run_state_machine_as_test(machine, settings=once)


if __name__ == "__main__":
    main()
