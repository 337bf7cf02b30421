"""A till in a process of its own: ``python -m edge.testing.till SOCKET TERMINAL``, and the hand that works it.

The till takes one order a line (JSON) on stdin, calls the box over the socket, and answers with one line on
stdout: the result, or the box's refusal, and how long the call took as the till saw it.
"""

import asyncio
import sys
import uuid
from collections import defaultdict
from pathlib import Path
from time import perf_counter_ns
from typing import Any, Self

import msgspec

from edge.rpc.client import Client, RemoteError
from edge.testing.child import Child
from edge.testing.errors import StageFailed

NEXT_NOTIFICATION = "notification"
ANSWER_S_MAX = 15.0


class Order(msgspec.Struct, frozen=True):
    """Call ``method``; NEXT_NOTIFICATION waits for the next one instead."""

    method: str
    params: dict[str, Any]


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of an order; ``code`` 0 means that it was carried out."""

    took_ns: int
    result: Any = None
    code: int = 0
    message: str = ""
    error: dict[str, Any] = {}


class Till:
    """The hand that works a till process; ``took_ns`` keeps how long each method's calls took."""

    def __init__(self, socket: Path, terminal: str, log: Path) -> None:
        argv = (sys.executable, "-P", "-m", __name__, str(socket), terminal)
        self.child = Child(f"till {terminal}", argv, log, pipes=True)
        self.took_ns: defaultdict[str, list[int]] = defaultdict(list)

    async def __aenter__(self) -> Self:
        await self.child.__aenter__()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.child.end()

    async def call(self, method: str, **params: Any) -> Any:
        """The result; raises RemoteError as the box refused, StageFailed where the till does not answer."""
        answer = await self._ask(Order(method, params))
        if answer.code:
            raise RemoteError(answer.code, answer.message, answer.error)
        self.took_ns[method].append(answer.took_ns)
        return answer.result

    async def write(self, method: str, **params: Any) -> Any:
        """``call`` with a fresh key, as a till makes one for each intent."""
        return await self.call(method, idem=str(uuid.uuid4()), **params)

    async def next_notification(self) -> tuple[str, dict[str, Any]]:
        """What the box told unasked."""
        answer = await self._ask(Order(NEXT_NOTIFICATION, {}))
        return answer.result[0], answer.result[1]

    async def _ask(self, order: Order) -> Answer:
        process = self.child.process
        assert process.stdin is not None
        assert process.stdout is not None
        self.child.check()
        process.stdin.write(msgspec.json.encode(order) + b"\n")
        async with asyncio.timeout(ANSWER_S_MAX):
            line = await process.stdout.readline()
        if not line:
            await process.wait()
            self.child.check()
            raise StageFailed(f"{self.child.name} has nothing to say")
        return msgspec.json.decode(line, type=Answer)


def main() -> None:
    """Serve orders until stdin ends."""
    socket, terminal = sys.argv[1:]
    with Client(Path(socket)) as client:
        client.hello(terminal, client="demo till")
        for line in sys.stdin.buffer:
            answer = _carry_out(client, msgspec.json.decode(line, type=Order))
            sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
            sys.stdout.buffer.flush()


def _carry_out(client: Client, order: Order) -> Answer:
    began = perf_counter_ns()
    try:
        if order.method == NEXT_NOTIFICATION:
            result: Any = client.next_notification()
        else:
            result = client.call(order.method, **order.params)
    except RemoteError as refusal:
        took_ns = perf_counter_ns() - began
        return Answer(took_ns, None, refusal.code, refusal.message, refusal.data)
    return Answer(perf_counter_ns() - began, result)


if __name__ == "__main__":
    main()
