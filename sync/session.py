"""The box's side of the conversation as a state machine without I/O.

OFFLINE → CONNECTING → HELLO_SENT → SYNCING ⇄ HELD. Each input takes the time and returns actions; whoever
performs an action reports its outcome as the next input, before any other. SYNCING keeps up to four batches in
flight; after a stall HELD probes with one batch at a time, ever more slowly, until HQ acks.
"""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from sync.envelope import GENESIS, MAX_BATCH_EVENTS, Ack, Welcome
from sync.ports import Position

WINDOW_BATCHES = 4
ACK_WAIT_S = 3.0
ACK_WAIT_S_MAX = 60.0
GRANTS_WAIT_S = 5.0
GRANTS_LOOK_S = 120.0  # asked for even unprompted: a hint may be lost, and a frozen broker shows itself
STALLS_TO_RECONNECT = 3
STALLS_TO_ALARM = 10


class SendHello(Struct, frozen=True):
    """Read the position afresh and say hello; ``rebase`` asks for a new epoch."""

    rebase: bool = False


class SendBatch(Struct, frozen=True):
    """Send what fits of the rows after ``after``, whose hash is ``prev``; then report ``sent``."""

    after: int
    prev: bytes
    limit: int = MAX_BATCH_EVENTS


class Acknowledge(Struct, frozen=True):
    """Drop the outbox up to ``upto``; then report ``acknowledged``."""

    epoch: int
    upto: int
    hash: bytes


class Rebase(Struct, frozen=True):
    """Begin ``epoch``; then report ``rebased``."""

    epoch: int


class RequestGrants(Struct, frozen=True):
    """Ask for grants after version ``since``."""

    since: int


class RequestDirectory(Struct, frozen=True):
    """Ask for the rows of the directory after version ``since``."""

    since: int


class Reconnect(Struct, frozen=True):
    """Give this connection up."""

    reason: str


class Alarm(Struct, frozen=True):
    """Tell the technician: a stable ``code`` and where to look."""

    code: str
    hint: str


Action = SendHello | SendBatch | Acknowledge | Rebase | RequestGrants | RequestDirectory | Reconnect | Alarm


class State(StrEnum):
    """Where the conversation is."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    HELLO_SENT = "hello_sent"
    SYNCING = "syncing"
    HELD = "held"


class Session:
    """One box's conversation over all its connections; times are monotonic seconds."""

    def __init__(self) -> None:
        self.state = State.OFFLINE
        self.fenced = False
        self.alarm = ""
        self._position = Position(0, 1, 0, GENESIS, GENESIS, "", 0)
        self._in_flight: list[int] = []
        self._sent, self._sent_hash = 0, GENESIS
        self._stalls = 0
        self._wait_s = ACK_WAIT_S
        self._ack_due: float | None = None
        self._grants_due: float | None = None
        self._grants_asked = False
        self._hq_grants_version = 0
        self._directory_due: float | None = None
        self._hq_directory_version = 0

    @property
    def epoch(self) -> int:
        """Epoch of the outbox as the session knows it."""
        return self._position.epoch

    @property
    def queued(self) -> int:
        """Events that HQ has not acked."""
        return self._position.next - 1 - self._position.acked

    @property
    def due(self) -> float | None:
        """When ``tick`` has something to do, if nothing else happens before."""
        times = [at for at in (self._ack_due, self._grants_due, self._directory_due) if at is not None]
        return min(times, default=None)

    # --- the connection ---

    def connecting(self) -> None:
        """A connection is being made."""
        self.state = State.CONNECTING

    def connected(self, now: float, position: Position) -> list[Action]:
        """The connection stands and the down topics are subscribed."""
        self._adopt(position)
        return self._hello(now)

    def lost(self) -> None:
        """The connection is gone."""
        self.state = State.OFFLINE
        self._ack_due = self._grants_due = self._directory_due = None

    # --- what HQ says ---

    def welcomed(self, now: float, welcome: Welcome) -> list[Action]:
        """HQ answered a hello of this process."""
        if self.state is not State.HELLO_SENT:
            return []
        actions = self._fence(welcome.fenced)
        if welcome.rebase is not None and welcome.rebase > self._position.epoch:
            return [*actions, Rebase(welcome.rebase)]
        if welcome.epoch != self._position.epoch:
            return actions
        self._hq_grants_version = welcome.gver
        self._grants_asked, self._grants_due = False, now + GRANTS_LOOK_S
        self._hq_directory_version, self._directory_due = welcome.dver, None
        self._go_back()
        self.state = State.HELD if self._stalls else State.SYNCING
        if not self.queued:
            self._progress()  # there is nothing to probe with
        self._ack_due = None
        return [*actions, *self._heard(now, welcome.upto, welcome.h)]

    def acked(self, now: float, ack: Ack) -> list[Action]:
        """HQ committed, or says again what it holds."""
        if self.state not in (State.SYNCING, State.HELD) or ack.epoch != self._position.epoch:
            return []
        self._hq_grants_version = max(self._hq_grants_version, ack.gver)
        self._hq_directory_version = max(self._hq_directory_version, ack.dver)
        return self._heard(now, ack.upto, ack.h)

    def granted(self, now: float, version: int, more: bool, directory: int = 0) -> list[Action]:
        """A page of grants has been applied; HQ's ``directory`` has come so far."""
        self._grants_asked, self._grants_due = False, now + GRANTS_LOOK_S
        self._hq_directory_version = max(self._hq_directory_version, directory)
        if version <= self._position.grants_version:
            return list(self._ask_directory(now))
        self._change(grants_version=version)
        if more:
            self._hq_grants_version = max(self._hq_grants_version, version + 1)
        return [*self._ask_grants(now), *self._ask_directory(now)]

    def directed(self, now: float, version: int, more: bool) -> list[Action]:
        """A page of the directory has been applied."""
        if version <= self._position.directory_version:
            return []
        self._directory_due = None
        self._change(directory_version=version)
        if more:
            self._hq_directory_version = max(self._hq_directory_version, version + 1)
        return list(self._ask_directory(now))

    def hq_restarted(self, now: float) -> list[Action]:
        """HQ announced a new birth: whatever we wait for, ask again at once."""
        if self.state not in (State.HELLO_SENT, State.HELD):
            return []
        self._progress()
        return self._hello(now)

    # --- outcomes of actions ---

    def sent(self, now: float, upto: int, hash: bytes) -> list[Action]:
        """Rows up to ``upto`` are with the broker."""
        if upto <= self._sent:
            return []
        self._sent, self._sent_hash = upto, hash
        self._in_flight.append(upto)
        if self._ack_due is None:
            self._ack_due = now + self._wait_s
        return self._pump()

    def acknowledged(self, now: float, upto: int, hash: bytes, ok: bool) -> list[Action]:
        """The outbox dropped rows up to ``upto``, or (not ``ok``) holds another line than HQ."""
        if not ok:
            return self._hello(now, rebase=True)
        self._change(acked=upto, acked_hash=hash, next=max(self._position.next, upto + 1))
        self._in_flight = [last for last in self._in_flight if last > upto]
        if self._sent < upto:
            self._sent, self._sent_hash = upto, hash
        self._progress()
        self._ack_due = now + self._wait_s if self._in_flight else None
        return self._pump()

    def rebased(self, now: float, position: Position) -> list[Action]:
        """The outbox began the epoch that HQ asked for."""
        self._adopt(position)
        return self._hello(now)

    # --- time and trade ---

    def grown(self, now: float, position: Position) -> list[Action]:
        """The outbox may have new rows, or the box a new nonce."""
        if self.state not in (State.HELLO_SENT, State.SYNCING, State.HELD):
            return []
        if position.nonce != self._position.nonce:
            self._adopt(position)
            return self._hello(now)
        self._change(next=max(self._position.next, position.next))
        return self._pump()

    def tick(self, now: float) -> list[Action]:
        """Time has passed."""
        actions: list[Action] = []
        if self._ack_due is not None and now >= self._ack_due:
            actions += self._stall(now)
        if self._grants_due is not None and now >= self._grants_due:
            self._grants_due = now + GRANTS_LOOK_S
            actions.append(RequestGrants(self._position.grants_version))
        if self._directory_due is not None and now >= self._directory_due:
            self._directory_due = None
            actions += self._ask_directory(now)
        return actions

    # --- inside ---

    def _hello(self, now: float, rebase: bool = False) -> list[Action]:
        self.state = State.HELLO_SENT
        self._go_back()
        self._ack_due = now + self._wait_s
        return [SendHello(rebase)]

    def _heard(self, now: float, upto: int, hash: bytes) -> list[Action]:
        position = self._position
        if upto == position.acked and hash != position.acked_hash:
            return self._hello(now, rebase=True)
        asked = [*self._ask_grants(now), *self._ask_directory(now)]
        if upto > position.acked:
            return [*asked, Acknowledge(position.epoch, upto, hash)]
        return [*asked, *self._pump()]

    def _pump(self) -> list[Action]:
        window = {State.SYNCING: WINDOW_BATCHES, State.HELD: 1}.get(self.state, 0)
        if len(self._in_flight) >= window or self._sent >= self._position.next - 1:
            return []
        return [SendBatch(self._sent, self._sent_hash)]

    def _ask_grants(self, now: float) -> Iterable[Action]:
        if not self._grants_asked and self._hq_grants_version > self._position.grants_version:
            self._grants_asked, self._grants_due = True, now + GRANTS_WAIT_S
            yield RequestGrants(self._position.grants_version)

    def _ask_directory(self, now: float) -> Iterable[Action]:
        """One question at a time; asked again while HQ has more and does not answer."""
        if self._directory_due is None and self._hq_directory_version > self._position.directory_version:
            self._directory_due = now + GRANTS_WAIT_S
            yield RequestDirectory(self._position.directory_version)

    def _stall(self, now: float) -> list[Action]:
        self._stalls += 1
        self._wait_s = min(self._wait_s * 2, ACK_WAIT_S_MAX)
        alarm = self._alarm_if_due()
        if self._stalls % STALLS_TO_RECONNECT == 0:
            self._ack_due = None
            return [*alarm, Reconnect(f"no ack, {self._stalls} times in a row")]
        if self.state is State.HELLO_SENT:
            return [*alarm, *self._hello(now)]
        self.state = State.HELD
        self._go_back()
        self._ack_due = None
        return [*alarm, *self._pump()]

    def _alarm_if_due(self) -> list[Action]:
        if self._stalls != STALLS_TO_ALARM:
            return []
        self.alarm = "hq_silent"
        return [Alarm(self.alarm, "the broker takes our messages but HQ does not answer: HQ down, or an ACL")]

    def _fence(self, fenced: bool) -> list[Action]:
        news = fenced and not self.fenced
        self.fenced = fenced
        return [Alarm("fenced", "HQ has closed this nonce: a restored or copied disk")] if news else []

    def _progress(self) -> None:
        self._stalls, self._wait_s, self.alarm = 0, ACK_WAIT_S, ""
        if self.state is State.HELD:
            self.state = State.SYNCING

    def _go_back(self) -> None:
        self._in_flight = []
        self._sent, self._sent_hash = self._position.acked, self._position.acked_hash

    def _adopt(self, position: Position) -> None:
        if position.nonce != self._position.nonce:
            self._hq_grants_version = 0
        self._position = position
        self._go_back()

    def _change(self, **fields: object) -> None:
        self._position = replace(self._position, **fields)
