"""MQTT, and the box's end of the conversation over it. The only module that knows aiomqtt.

What the client does not do by itself, and this module therefore does: MQTT 5, TCP_NODELAY (a publish costs
44 ms without), TCP_USER_TIMEOUT, a new Client per connection, one task that iterates the messages and
takes all others down with it (an in-flight publish would hang for its timeout), and full-jitter backoff.
"""

import asyncio
import contextlib
import logging
import random
import secrets
import socket
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Literal
from urllib.parse import unquote, urlsplit

import aiomqtt

from sync import envelope
from sync.envelope import Ack, DirectoryPage, EnvelopeError, GrantPage, Hello, Rep, Req, State, Welcome
from sync.ports import BoxStore, Broker, BrokerError, Clock, Link, Message, SyncStatus
from sync.session import (
    Acknowledge,
    Action,
    Alarm,
    Rebase,
    Reconnect,
    RequestDirectory,
    RequestGrants,
    SendBatch,
    SendHello,
    Session,
)
from sync.session import State as SessionState

KEEPALIVE_S = 15
CALL_TIMEOUT_S = 5.0
TCP_USER_TIMEOUT_MS = 10_000
BACKOFF_S = 0.5
BACKOFF_S_MAX = 30.0
GOODBYE_S = 1.0
IDLE_LOOK_S = 5.0  # how often the outbox is looked at without being woken

_quiet = logging.getLogger("sync.mqtt.paho")
_quiet.setLevel(logging.CRITICAL)  # it warns of what it also raises


class MqttBroker:
    """A broker at ``mqtt://[user:password@]host[:port]``, or ``mqtts://`` with ``tls``."""

    def __init__(self, url: str, client_id: str, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise ValueError(f"broker {url!r}: write mqtt://HOST:PORT or mqtts://HOST:PORT")
        secure = parts.scheme == "mqtts"
        self._host, self._port = parts.hostname, parts.port or (8883 if secure else 1883)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._tls = (tls or ssl.create_default_context()) if secure else None
        self._client_id = client_id

    @contextlib.asynccontextmanager
    async def connect(self, will: Message | None = None) -> AsyncIterator[Link]:
        """A fresh connection; raises BrokerError. Leaving says goodbye, so the will is then not sent."""
        try:
            async with self._client(will) as client:
                yield _MqttLink(client)
        except aiomqtt.MqttError as error:
            raise BrokerError(f"{self._host}:{self._port}: {error}") from error

    def _client(self, will: Message | None) -> aiomqtt.Client:
        client = aiomqtt.Client(
            self._host,
            self._port,
            username=self._user,
            password=self._password,
            identifier=self._client_id,
            logger=_quiet,
            protocol=aiomqtt.ProtocolVersion.V5,
            clean_start=True,
            keepalive=KEEPALIVE_S,
            timeout=CALL_TIMEOUT_S,
            tls_context=self._tls,
            will=aiomqtt.Will(will.topic, will.payload, qos=1, retain=will.retain) if will else None,
            socket_options=_socket_options(),
        )
        client.pending_calls_threshold = 1_000_000
        return client


def _socket_options() -> list[tuple[int, int, int]]:
    options = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        options.append((socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, TCP_USER_TIMEOUT_MS))
    return options


class _MqttLink:
    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client

    async def subscribe(self, *filters: str) -> None:
        try:
            granted = await self._client.subscribe([(topic, 1) for topic in filters])
        except aiomqtt.MqttError as error:
            raise BrokerError(f"subscribe: {error}") from error
        codes = [code if isinstance(code, int) else code.value for code in granted]
        for topic, code in zip(filters, codes, strict=True):
            if code >= 0x80:
                raise BrokerError(f"subscribe {topic}: refused by the broker ({code})")

    async def publish(self, message: Message) -> None:
        try:
            await self._client.publish(message.topic, message.payload, qos=1, retain=message.retain)
        except aiomqtt.MqttError as error:
            raise BrokerError(f"publish {message.topic}: {error}") from error

    async def messages(self) -> AsyncIterator[Message]:
        try:
            async for message in self._client.messages:
                if isinstance(message.payload, bytes | bytearray):
                    yield Message(str(message.topic), bytes(message.payload), message.retain)
        except aiomqtt.MqttError as error:
            raise BrokerError(f"connection lost: {error}") from error


# --- the box's end ---

OnStatus = Callable[[SyncStatus], None]


async def run_box(
    store: BoxStore, broker_url: str, node: str, clock: Clock, on_status: OnStatus, wake: asyncio.Event
) -> None:
    """Keep the box in step with HQ for ever. Set ``wake`` when the outbox has grown or the nonce changed.

    ``on_status`` hears every change of the facts. What ``store`` raises, this raises.
    """
    await drive(store, MqttBroker(broker_url, node), node, clock, on_status, wake)


async def drive(
    store: BoxStore,
    broker: Broker,
    node: str,
    clock: Clock,
    on_status: OnStatus,
    wake: asyncio.Event,
    hurry: asyncio.Event | None = None,
) -> None:
    """``run_box`` over any broker. Setting ``hurry`` ends a wait for the next try."""
    hurry = hurry or asyncio.Event()
    box = _Box(store, node, clock, on_status, wake)
    backoff = Backoff()
    while True:
        why = "connection ended"
        try:
            await box.converse(broker)
        except* BrokerError as lost:
            why = str(_first(lost))
        if box.was_welcomed:
            backoff.reset()
        wait_s = backoff.next_s()
        box.offline(why, wait_s)
        await _sleep(clock, wait_s, hurry)


async def _sleep(clock: Clock, wait_s: float, hurry: asyncio.Event) -> None:
    """Wait, unless somebody is in a hurry."""
    waits = {asyncio.ensure_future(clock.sleep(wait_s)), asyncio.ensure_future(hurry.wait())}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    hurry.clear()


def _first(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


class Backoff:
    """Full jitter: each wait is random between 0 and a bound that doubles, so that boxes spread out."""

    def __init__(self, first_s: float = BACKOFF_S, max_s: float = BACKOFF_S_MAX) -> None:
        self._first_s, self._max_s = first_s, max_s
        self._bound_s = first_s
        self._random = random.Random()

    def reset(self) -> None:
        """Things went well."""
        self._bound_s = self._first_s

    def next_s(self) -> float:
        """How long to wait now."""
        wait_s = self._random.uniform(0, self._bound_s)
        self._bound_s = min(self._bound_s * 2, self._max_s)
        return wait_s


class _Box:
    """Performs what the session decides; one task, so an action's outcome is always the next input."""

    def __init__(
        self, store: BoxStore, node: str, clock: Clock, on_status: OnStatus, wake: asyncio.Event
    ) -> None:
        self._store, self._node, self._clock = store, node, clock
        self._on_status, self._wake = on_status, wake
        self._session = Session()
        self._status = SyncStatus(since_ms=clock.now_ms())
        self._birth, self._hellos, self._requests = secrets.token_hex(8), 0, 0
        self._last_error = ""
        self.was_welcomed = False

    async def converse(self, broker: Broker) -> None:
        """One connection, until it ends; raises BrokerError, alone or in a group."""
        self.was_welcomed = False
        self._session.connecting()
        try:
            async with broker.connect(self._state(online=False)) as link:
                await link.subscribe(envelope.down(self._node, "#"), envelope.HQ_STATE)
                await link.publish(self._state(online=True))
                try:
                    await self._talk(link)
                except asyncio.CancelledError:
                    await self._say_goodbye(link)
                    raise
        finally:
            self._session.lost()

    async def _say_goodbye(self, link: Link) -> None:
        """The will is not sent for who leaves in good order."""
        with contextlib.suppress(BrokerError, TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await link.publish(self._state(online=False))

    async def _talk(self, link: Link) -> None:
        inbox: asyncio.Queue[Message | None] = asyncio.Queue()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_receive(link, inbox))
            tasks.create_task(self._notice_growth(inbox))
            position = await self._store.position()
            await self._perform(link, tasks, self._session.connected(self._clock.monotonic(), position))
            while True:
                message = await self._next(inbox)
                actions = await (self._heard(message) if message else self._looked())
                actions += self._session.tick(self._clock.monotonic())
                await self._perform(link, tasks, actions)
                self._report()

    async def _next(self, inbox: asyncio.Queue[Message | None]) -> Message | None:
        due = self._session.due
        wait_s = IDLE_LOOK_S if due is None else min(IDLE_LOOK_S, due - self._clock.monotonic())
        try:
            async with asyncio.timeout(max(0.0, wait_s)):
                return await inbox.get()
        except TimeoutError:
            return None

    async def _notice_growth(self, inbox: asyncio.Queue[Message | None]) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            inbox.put_nowait(None)

    async def _looked(self) -> list[Action]:
        return self._session.grown(self._clock.monotonic(), await self._store.position())

    async def _heard(self, message: Message) -> list[Action]:
        now = self._clock.monotonic()
        try:
            if message.topic == envelope.HQ_STATE:
                # A retained state is old news; a live one says that HQ has just begun to listen.
                fresh = not message.retain and envelope.decode(message.payload, State).online
                return self._session.hq_restarted(now) if fresh else []
            _, _, kind = envelope.split_topic(message.topic)
            match kind:
                case "welcome":
                    return self._welcomed(now, envelope.decode(message.payload, Welcome))
                case "ack":
                    return self._session.acked(now, envelope.decode(message.payload, Ack))
                case "rep":
                    return await self._answered(now, envelope.decode(message.payload, Rep))
        except EnvelopeError as error:
            self._last_error = str(error)
        return []

    def _welcomed(self, now: float, welcome: Welcome) -> list[Action]:
        if (welcome.bd, welcome.n) != (self._birth, self._hellos):
            return []
        self.was_welcomed = True
        return self._session.welcomed(now, welcome)

    async def _answered(self, now: float, rep: Rep) -> list[Action]:
        if rep.directory is not None:
            return await self._directed(now, rep.directory)
        return await self._granted(now, rep.page, rep.dver) if rep.page is not None else []

    async def _granted(self, now: float, page: GrantPage, directory: int) -> list[Action]:
        at = await self._store.position()
        if page.nonce != at.nonce:
            return []
        if page.version > at.grants_version:  # a late page would bring an old balance back
            await self._store.apply_grants(page)
        return self._session.granted(now, page.version, page.more, directory)

    async def _directed(self, now: float, page: DirectoryPage) -> list[Action]:
        at = await self._store.position()
        # Only what follows on ours: a page for the time before a restore would leave a gap.
        if not page.since <= at.directory_version < page.version:
            return []
        await self._store.apply_directory(page)
        return self._session.directed(now, page.version, page.more)

    async def _perform(self, link: Link, tasks: asyncio.TaskGroup, actions: Iterable[Action]) -> None:
        queue = deque(actions)
        while queue:
            queue.extend(await self._do(link, tasks, queue.popleft()))

    async def _do(self, link: Link, tasks: asyncio.TaskGroup, action: Action) -> list[Action]:
        """Publishing is not awaited: the broker's ack says nothing, but its absence ends the group."""
        match action:
            case SendHello(rebase):
                tasks.create_task(link.publish(await self._hello(rebase)))
            case SendBatch():
                return await self._send_batch(link, tasks, action)
            case Acknowledge(epoch, upto, hash):
                ok = await self._store.acknowledge(epoch, upto, hash)
                return self._session.acknowledged(self._clock.monotonic(), upto, hash, ok)
            case Rebase(epoch):
                await self._store.rebase(epoch)
                return self._session.rebased(self._clock.monotonic(), await self._store.position())
            case RequestGrants(since):
                tasks.create_task(link.publish(await self._request("grants", since)))
            case RequestDirectory(since):
                tasks.create_task(link.publish(await self._request("directory", since)))
            case Alarm(_, hint):
                self._last_error = hint
            case Reconnect(reason):
                raise BrokerError(reason)
        return []

    async def _send_batch(self, link: Link, tasks: asyncio.TaskGroup, order: SendBatch) -> list[Action]:
        rows = await self._store.events(order.after, order.limit)
        if not rows:
            return []
        epoch = self._session.epoch
        payload, count = envelope.pack(epoch, rows[0].seq, order.prev, [row.body for row in rows])
        tasks.create_task(link.publish(Message(envelope.up(self._node, "ev"), payload)))
        last = rows[count - 1]
        return self._session.sent(self._clock.monotonic(), last.seq, last.hash)

    async def _hello(self, rebase: bool) -> Message:
        at = await self._store.position()
        self._hellos += 1
        hello = Hello(
            bd=self._birth,
            n=self._hellos,
            epoch=at.epoch,
            next=at.next,
            acked=at.acked,
            ah=at.acked_hash,
            tip=at.tip,
            nonce=at.nonce,
            rebase=rebase,
        )
        return Message(envelope.up(self._node, "hello"), envelope.encode(hello))

    async def _request(self, kind: Literal["grants", "directory"], since: int) -> Message:
        self._requests += 1
        nonce = (await self._store.position()).nonce
        req = Req(f"{self._birth}-{self._requests}", nonce, since, kind)
        return Message(envelope.up(self._node, "req"), envelope.encode(req))

    def _state(self, online: bool) -> Message:
        state = State(online, self._birth, self._session.epoch)
        return Message(envelope.up(self._node, "state"), envelope.encode(state), retain=True)

    # --- status ---

    def offline(self, why: str, next_try_s: float) -> None:
        """Report that the connection is gone and when the next will be tried."""
        self._report(why, next_try_s)

    def _report(self, why: str = "", next_try_s: float = 0.0) -> None:
        session, old = self._session, self._status
        online = session.state is SessionState.SYNCING
        silent = "HQ does not answer" if session.state is SessionState.HELD else self._last_error
        self._last_error = why or ("" if online and not session.fenced else silent)
        status = SyncStatus(
            online=online,
            state=session.state.value,
            since_ms=old.since_ms if online == old.online else self._clock.now_ms(),
            queued=session.queued,
            last_error=self._last_error,
            next_try_s=round(next_try_s, 1),
            fenced=session.fenced,
            alarm="fenced" if session.fenced else session.alarm,
        )
        if status != old:
            self._status = status
            self._on_status(status)


async def _receive(link: Link, inbox: asyncio.Queue[Message | None]) -> None:
    async for message in link.messages():
        inbox.put_nowait(message)
