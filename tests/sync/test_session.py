"""The session machine: how much is in flight, what it does when HQ is silent, and what it believes."""

import pytest

from sync.envelope import GENESIS, Ack, Batch, Hello, Welcome, chain
from sync.hq.cursor import Cursor, Greeting, News, Verdict, greet, judge
from sync.ports import Position
from sync.session import (
    ACK_WAIT_S,
    ACK_WAIT_S_MAX,
    STALLS_TO_ALARM,
    STALLS_TO_RECONNECT,
    WINDOW_BATCHES,
    Acknowledge,
    Action,
    Alarm,
    Rebase,
    Reconnect,
    RequestGrants,
    SendBatch,
    SendHello,
    Session,
    State,
)

NONCE = "0" * 32
HASH = b"12345678"


def position(queued: int = 0, epoch: int = 1, nonce: str = NONCE) -> Position:
    return Position(epoch, queued + 1, 0, GENESIS, GENESIS, nonce, 0)


def welcome(epoch: int = 1, gver: int = 0, rebase: int | None = None, fenced: bool = False) -> Welcome:
    return Welcome("b", 1, epoch, 0, GENESIS, NONCE, gver, rebase, fenced)


def syncing(queued: int = 0) -> tuple[Session, list[Action]]:
    session = Session()
    session.connecting()
    assert session.connected(0, position(queued)) == [SendHello()]
    return session, session.welcomed(0, welcome())


def send_all(session: Session, actions: list[Action], now: float, size: int = 200) -> int:
    """Perform SendBatch until nothing more is asked; how many batches went."""
    count = 0
    while actions:
        (order,) = actions
        assert isinstance(order, SendBatch)
        actions = session.sent(now, order.after + size, HASH)
        count += 1
    return count


def state(session: Session) -> State:
    return session.state


def stall(session: Session) -> tuple[float, list[Action]]:
    """Let the time for an ack run out."""
    while True:
        assert session.due is not None
        now = session.due
        actions = session.tick(now)
        if not all(isinstance(action, RequestGrants) for action in actions):
            return now, actions


def test_four_batches_are_in_flight_and_an_ack_makes_room() -> None:
    session, actions = syncing(queued=5000)
    assert send_all(session, actions, 0) == WINDOW_BATCHES
    (drop,) = session.acked(1, Ack(1, 400, HASH))
    assert drop == Acknowledge(1, 400, HASH)
    assert send_all(session, session.acknowledged(1, 400, HASH, True), 1) == 2


def test_a_stall_goes_back_and_probes_with_one_batch_until_an_ack() -> None:
    session, actions = syncing(queued=5000)
    send_all(session, actions, 0)
    now, again = stall(session)
    assert again == [SendBatch(0, GENESIS)]
    assert state(session) is State.HELD
    assert send_all(session, again, now) == 1
    session.acked(now, Ack(1, 200, HASH))
    assert send_all(session, session.acknowledged(now, 200, HASH, True), now) == WINDOW_BATCHES
    assert state(session) is State.SYNCING


def test_silence_is_waited_for_ever_longer_then_reconnects_then_alarms() -> None:
    session, actions = syncing(queued=200)
    waits, reconnects, alarms, now = [], 0, 0, 0.0
    for _ in range(STALLS_TO_ALARM):
        send_all(session, [a for a in actions if isinstance(a, SendBatch)], now)
        before = now
        now, actions = stall(session)
        waits.append(now - before)
        alarms += sum(isinstance(action, Alarm) for action in actions)
        if any(isinstance(action, Reconnect) for action in actions):
            reconnects += 1
            session.lost()
            session.connected(now, position(200))
            actions = session.welcomed(now, welcome())
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (ACK_WAIT_S, ACK_WAIT_S_MAX)
    assert (reconnects, alarms) == (STALLS_TO_ALARM // STALLS_TO_RECONNECT, 1)
    assert session.alarm == "hq_silent"


def test_an_ack_for_another_line_asks_for_a_rebase() -> None:
    session, actions = syncing(queued=100)
    send_all(session, actions, 0, size=100)
    assert session.acked(1, Ack(1, 0, HASH)) == [SendHello(rebase=True)]

    session, _ = syncing(queued=100)
    session.acked(1, Ack(1, 50, HASH))
    assert session.acknowledged(1, 50, HASH, ok=False) == [SendHello(rebase=True)]


def test_a_rebase_is_obeyed_once_and_old_epochs_are_not_heard() -> None:
    session = Session()
    session.connected(0, position(9))
    assert session.welcomed(0, welcome(epoch=2, rebase=2)) == [Rebase(2)]
    assert session.rebased(0, position(9, epoch=2)) == [SendHello()]
    assert session.welcomed(0, welcome(epoch=2, rebase=2)) == [SendBatch(0, GENESIS)]
    assert session.acked(0, Ack(1, 5, HASH)) == []


def test_grants_are_asked_for_when_hq_counts_further_and_page_by_page() -> None:
    session, _ = syncing()
    assert session.acked(1, Ack(1, 0, GENESIS, gver=7)) == [RequestGrants(0)]
    assert session.acked(1, Ack(1, 0, GENESIS, gver=8)) == []
    assert session.granted(1, 5, more=True) == [RequestGrants(5)]
    assert session.granted(1, 8, more=False) == []
    assert session.granted(1, 8, more=False) == []


def test_a_new_nonce_is_announced_and_lifts_the_fence() -> None:
    session = Session()
    session.connected(0, position())
    (alarm,) = session.welcomed(0, welcome(fenced=True))
    assert isinstance(alarm, Alarm)
    assert session.fenced
    assert session.grown(1, position(nonce="1" * 32)) == [SendHello()]
    session.welcomed(1, welcome())
    assert not session.fenced


def test_a_restarted_hq_is_greeted_at_once_by_whoever_waits() -> None:
    session, _ = syncing()
    assert session.hq_restarted(1) == []
    session.lost()
    session.connected(2, position())
    assert session.hq_restarted(3) == [SendHello()]


# --- HQ's side ---

EVENTS = (b"a", b"b", b"c")


def held(upto: int) -> Cursor:
    hash = GENESIS
    for body in EVENTS[:upto]:
        hash = chain(hash, body)
    return Cursor(1, upto + 1, hash, adopted=True)


@pytest.mark.parametrize("known", range(3))
def test_a_batch_that_continues_the_line_is_news_from_where_hq_stands(known: int) -> None:
    assert judge(held(known), Batch(1, 1, GENESIS, EVENTS)) == News(known, held(3))


def test_a_batch_that_does_not_is_named() -> None:
    assert judge(held(3), Batch(1, 1, GENESIS, EVENTS)) is Verdict.REPEATED
    assert judge(held(0), Batch(1, 2, HASH, EVENTS)) is Verdict.GAP
    assert judge(held(1), Batch(2, 1, GENESIS, EVENTS)) is Verdict.FOREIGN
    assert judge(held(2), Batch(1, 1, GENESIS, (b"a", b"x", b"c"))) is Verdict.FORK
    assert judge(held(1), Batch(1, 2, HASH, EVENTS)) is Verdict.FORK


def hello(epoch: int, next: int, acked: int, tip: bytes, rebase: bool = False) -> Hello:
    return Hello("b", 1, epoch, next, acked, held(acked).hash if acked <= 3 else HASH, tip, NONCE, rebase)


@pytest.mark.parametrize(
    ("cursor", "greeted", "rebase", "rolled_back"),
    [
        (None, hello(0, 1, 0, GENESIS), 1, False),
        (held(2), hello(1, 4, 1, held(3).hash), None, False),
        (held(2), hello(1, 2, 1, held(1).hash), 2, True),
        (held(2), hello(1, 3, 1, HASH), 2, True),
        (held(2), hello(1, 4, 2, HASH, rebase=True), 2, True),
        (Cursor(2), hello(1, 9, 0, HASH), 2, False),
        (Cursor(2, adopted=True), hello(1, 9, 0, HASH), 3, True),
        (held(2), hello(1, 9, 8, HASH), 2, False),
        (held(2), hello(5, 9, 8, HASH), 6, False),
    ],
    ids=[
        "unknown store",
        "same line",
        "behind what HQ has: restored",
        "same length, other events: restored",
        "box says its line is another",
        "our welcome was lost",
        "an epoch it had left: restored",
        "HQ was restored",
        "HQ was restored to before an epoch",
    ],
)
def test_a_hello_is_agreed_with_or_rebased(
    cursor: Cursor | None, greeted: Hello, rebase: int | None, rolled_back: bool
) -> None:
    greeting = greet(cursor, greeted)
    assert (greeting.rebase, greeting.rolled_back) == (rebase, rolled_back)
    if rebase is not None and not (cursor and cursor.epoch == rebase):
        assert greeting == Greeting(Cursor(rebase), rebase, rolled_back)
