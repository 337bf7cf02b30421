"""Time in the ledger, whatever the wall clock does: never back, and doubted when the wall is behind it."""

import sqlite3
from contextlib import closing

from hypothesis import given
from hypothesis import strategies as st

from edge.clock import ManualClock
from edge.storage import database
from edge.storage.transaction import CLOCK_SLACK_MS, Operation, Transaction

STEP = st.integers(-10 * CLOCK_SLACK_MS, 10 * CLOCK_SLACK_MS)


@given(st.lists(STEP, min_size=1, max_size=20))
def test_time_never_goes_below_the_ledger(steps: list[int]) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        database.migrate(db)
        clock = ManualClock(10**12)
        transaction = Transaction(db, clock, authority=True)
        last_ms = 0
        for key, step in enumerate(steps):
            clock.set_ms(clock.now_ms() + step)
            transaction.open_batch()
            transaction.perform(Operation("T1", str(key), "test", b"{}"), dict)
            (at_ms,) = db.execute("SELECT at_ms FROM op ORDER BY seq DESC LIMIT 1").fetchone()
            assert at_ms == max(clock.now_ms(), last_ms)
            assert transaction.clock_untrusted == (last_ms - clock.now_ms() > CLOCK_SLACK_MS)
            last_ms = at_ms
