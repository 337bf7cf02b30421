"""A broker in memory that loses, repeats, delays and cuts, seeded; and a loop where waiting takes no time."""

import asyncio
import contextlib
import random
import selectors
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from sync.ports import BrokerError, Link, Message

T = TypeVar("T")


class Faults(Struct, frozen=True):
    """Shares of messages (0 to 1) lost, delivered twice, and that cut their receiver's connection.

    Each delivery takes a random time up to ``delay_s``, which is what reorders.
    """

    loss: float = 0.0
    repeat: float = 0.0
    cut: float = 0.0
    delay_s: float = 0.05


class BadBroker:
    """A Broker whose messages meet ``faults``; ``up`` = False refuses and drops every connection."""

    def __init__(self, seed: int, faults: Faults) -> None:
        self.faults = faults
        self._random = random.Random(seed)
        self._links: list[_MemoryLink] = []
        self._retained: dict[str, Message] = {}
        self._up = True

    @property
    def up(self) -> bool:
        """Whether it takes connections."""
        return self._up

    @up.setter
    def up(self, up: bool) -> None:
        self._up = up
        if not up:
            for link in list(self._links):
                self._break(link)

    @contextlib.asynccontextmanager
    async def connect(self, will: Message | None = None) -> AsyncIterator[Link]:
        """A connection; raises BrokerError while down."""
        if not self._up:
            raise BrokerError("broker is down")
        link = _MemoryLink(self, will)
        self._links.append(link)
        try:
            yield link
        finally:
            if link in self._links:
                self._links.remove(link)
            link.broken = True

    def subscribed(self, link: "_MemoryLink", topic_filter: str) -> None:
        """Give ``link`` what is retained under ``topic_filter``."""
        for message in self._retained.values():
            if matches(topic_filter, message.topic):
                self._deliver(link, message)

    def published(self, message: Message) -> None:
        """Pass ``message`` on to whoever subscribed; one of each shared group gets it."""
        if message.retain:
            self._retained[message.topic] = message
        groups: dict[str, list[_MemoryLink]] = {}
        for link in self._links:
            for topic_filter in link.filters:
                if matches(topic_filter, message.topic):
                    shared = topic_filter.startswith("$share/")
                    groups.setdefault(topic_filter if shared else str(id(link)), []).append(link)
                    break
        for links in groups.values():
            self._deliver(self._random.choice(links), replace(message, retain=False))

    def _deliver(self, link: "_MemoryLink", message: Message) -> None:
        chance = self._random.random
        copies = 0 if chance() < self.faults.loss else 2 if chance() < self.faults.repeat else 1
        for _ in range(copies):
            delay_s = self._random.uniform(0, self.faults.delay_s)
            asyncio.get_running_loop().call_later(delay_s, link.inbox.put_nowait, message)
        if chance() < self.faults.cut:
            self._break(link)

    def _break(self, link: "_MemoryLink") -> None:
        if link in self._links:
            self._links.remove(link)
        link.broken = True
        link.inbox.put_nowait(None)
        if link.will is not None:
            self.published(link.will)


class _MemoryLink:
    def __init__(self, broker: BadBroker, will: Message | None) -> None:
        self.will, self.broken = will, False
        self.filters: list[str] = []
        self.inbox: asyncio.Queue[Message | None] = asyncio.Queue()
        self._broker = broker

    async def subscribe(self, *filters: str) -> None:
        for topic_filter in filters:
            self.filters.append(topic_filter)
            self._broker.subscribed(self, topic_filter)

    async def publish(self, message: Message) -> None:
        if self.broken:
            raise BrokerError("connection is gone")
        self._broker.published(message)

    async def messages(self) -> AsyncIterator[Message]:
        while (message := await self.inbox.get()) is not None:
            yield message
        raise BrokerError("connection lost")


def matches(topic_filter: str, topic: str) -> bool:
    """MQTT topic matching with ``+``, ``#`` and shared subscriptions."""
    wanted = topic_filter.split("/")
    if wanted[0] == "$share":
        wanted = wanted[2:]
    levels = topic.split("/")
    for at, level in enumerate(wanted):
        if level == "#":
            return True
        if at >= len(levels) or level not in ("+", levels[at]):
            return False
    return len(wanted) == len(levels)


# --- time that jumps ---


class _JumpingSelector(selectors.DefaultSelector):
    skipped_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("every task waits for ever")
        self.skipped_s += max(0.0, timeout)
        return super().select(0)


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.skipped_s


class LoopClock:
    """The clock of the running loop, virtual or not; wall time starts at a fixed day."""

    def now_ms(self) -> int:
        return 1_795_305_600_000 + round(self.monotonic() * 1000)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)  # noqa: TID251 - this is the Clock that others take


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """Run ``main`` on a loop where every wait ends at once, in the right order. For code without real I/O."""
    with asyncio.Runner(loop_factory=_VirtualLoop) as runner:
        return runner.run(main)
