"""The HQ worker: takes what stores send from the broker, commits it, answers. Run as many as you like.

A worker may die at any moment: the broker has acked its messages already, but the boxes repeat until they hear
HQ's own ack, which is sent only after the commit.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Callable

import psycopg
from msgspec import Struct

from sync import envelope
from sync.envelope import EnvelopeError, Hello, Rep, Req, State
from sync.hq import ingest
from sync.hq.accounts import GRANTS_CHANNEL, grant_page
from sync.hq.cursor import Verdict
from sync.hq.directory import directory_page, directory_version
from sync.hq.schema import Connection, migrate
from sync.ports import Broker, BrokerError, Clock, Link, Message

# Workers of a shared subscription divide the messages. A group for each kind: some brokers deliver only
# one filter to a client of one group.
GROUP = "ingest"
INBOX_MESSAGES_MAX = 10_000
GAP_TRIES = 10
GAP_WAIT_S = 0.05
RETRY_S = 0.5

Log = Callable[[str, str], None]


async def connect(dsn: str) -> Connection:
    """A connection as this package needs it: every statement its own transaction unless told otherwise."""
    return await psycopg.AsyncConnection.connect(dsn, autocommit=True)


async def serve(
    dsn: str, broker: Broker, tenant: str, clock: Clock, log: Log = lambda event, why: None
) -> None:
    """Serve ``tenant``'s stores for ever; outages of PostgreSQL and broker are waited out.

    ``log`` hears an event name and its reason.
    """
    while True:
        try:
            async with contextlib.AsyncExitStack() as stack:
                books = await stack.enter_async_context(await connect(dsn))
                ear = await stack.enter_async_context(await connect(dsn))
                await migrate(books)
                birth = secrets.token_hex(8)
                link = await stack.enter_async_context(broker.connect(_state(online=False, birth=birth)))
                await _Worker(books, ear, link, tenant, clock, log).run(birth)
        except* (BrokerError, psycopg.OperationalError, psycopg.InterfaceError) as lost:
            log("hq_link_lost", str(lost.exceptions[0]))
        await clock.sleep(RETRY_S)


def _state(online: bool, birth: str) -> Message:
    return Message(envelope.HQ_STATE, envelope.encode(State(online, birth)), retain=True)


class _Worker:
    """One connection's work: messages in arrival order, and grants made outside of them."""

    def __init__(
        self, books: Connection, ear: Connection, link: Link, tenant: str, clock: Clock, log: Log
    ) -> None:
        self._books, self._ear, self._link, self._clock, self._log = books, ear, link, clock, log
        self._prefix = envelope.node_name(tenant, "")
        self._inbox: asyncio.Queue[Message] = asyncio.Queue(INBOX_MESSAGES_MAX)
        self._books_lock = asyncio.Lock()

    async def run(self, birth: str) -> None:
        """Work until the broker or PostgreSQL goes away, which is raised."""
        await self._link.subscribe(
            *(f"$share/{GROUP}-{kind}/{envelope.ROOT}/+/up/{kind}" for kind in ("hello", "ev", "req"))
        )
        await self._ear.execute(f"listen {GRANTS_CHANNEL}")
        await self._link.publish(_state(online=True, birth=birth))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._receive())
            tasks.create_task(self._work(tasks))
            tasks.create_task(self._watch_grants(tasks))

    async def _receive(self) -> None:
        async for message in self._link.messages():
            # A full inbox drops: the box sends again, and PostgreSQL gets room to breathe.
            with contextlib.suppress(asyncio.QueueFull):
                self._inbox.put_nowait(message)

    async def _work(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            message = await self._inbox.get()
            try:
                node, _, kind = envelope.split_topic(message.topic)
                if not node.startswith(self._prefix):
                    continue
                async with self._books_lock:
                    answer = await self._answer(node, kind, message.payload)
            except EnvelopeError as error:
                self._log("hq_message_refused", str(error))
            except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure) as error:
                self._log("hq_batch_put_off", str(error))  # the box sends it again
            else:
                if answer is not None:
                    tasks.create_task(self._link.publish(answer))

    async def _answer(self, node: str, kind: str, payload: bytes) -> Message | None:
        store = node.removeprefix(self._prefix)
        reply: Struct | None = None
        match kind:
            case "ev":
                reply = await self._ingest(store, envelope.unpack(payload))
                topic = envelope.down(node, "ack")
            case "hello":
                reply = await ingest.welcome(self._books, store, envelope.decode(payload, Hello))
                topic = envelope.down(node, "welcome")
            case "req":
                reply = await self._page(store, envelope.decode(payload, Req))
                topic = envelope.down(node, "rep")
            case _:
                return None
        return Message(topic, envelope.encode(reply)) if reply is not None else None

    async def _page(self, store: str, req: Req) -> Rep:
        if req.kind == "directory":
            return Rep(req.rid, directory=await directory_page(self._books, store, req.since))
        grants = await grant_page(self._books, store, req.nonce, req.since)
        return Rep(req.rid, grants, dver=await directory_version(self._books, store))

    async def _ingest(self, store: str, batch: envelope.Batch) -> envelope.Ack | None:
        """The ack to send. A gap is given time: another worker may hold the batch that is missing."""
        for _ in range(GAP_TRIES):
            outcome = await ingest.ingest(self._books, store, batch)
            if not isinstance(outcome, Verdict):
                return outcome
            if outcome is not Verdict.GAP:
                return None
            await self._clock.sleep(GAP_WAIT_S)
        return await ingest.latest_ack(self._books, store)

    async def _watch_grants(self, tasks: asyncio.TaskGroup) -> None:
        async for notice in self._ear.notifies():
            async with self._books_lock:
                ack = await ingest.latest_ack(self._books, notice.payload)
            if ack is not None:
                topic = envelope.down(self._prefix + notice.payload, "ack")
                tasks.create_task(self._link.publish(Message(topic, envelope.encode(ack))))
