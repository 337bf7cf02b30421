"""A receipt printer that speaks ESC/POS, on any link.

What a job's outcome rests on: the last bytes of a job ask for the paper sensor (GS r), and the printer
answers only when it has got that far. Without the answer nobody knows whether the receipt came out:
that is UNKNOWN, never FAILED.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Literal

import msgspec

from drivers.api import (
    DeviceBlocked,
    DeviceOffline,
    DeviceTimeout,
    Document,
    Link,
    Option,
    Outcome,
    Paper,
    PrinterStatus,
    Proof,
    QualitySheet,
    SendResult,
    read_options,
)
from drivers.printers.profiles import profile_for
from drivers.protocols import escpos, escpos_status
from drivers.protocols.escpos_status import Answer, PaperSensor, Realtime, StatusBack, StatusDecoder

ANSWER_S = 2.0
STALL_S = 10.0
POLL_S = 1.0
SETTLE_S = 1.0

_CAUSES: tuple[Literal[1, 2, 4], ...] = (1, 2, 4)


class Patience(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long to wait for a job: while the printer could print, and while it lacks paper or is open."""

    confirm_s: Annotated[int, msgspec.Meta(ge=1, le=600)] = 30
    hold_s: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 600


class EscposPrinter:
    """``api.ReceiptPrinter``. Options: those of ``escpos.Profile`` and ``Patience``, and ``model``."""

    wire: Mapping[str, Option] = {}
    sheet = QualitySheet(
        proven=("emupos 0.4.0 on TCP and pty", "drivers.testing.VirtualPrinter"),
        limits=("a job is confirmed as far as the paper sensor's answer: not that a customer can read it",),
    )

    def __init__(self, link: Link, options: Mapping[str, Option]) -> None:
        own = {name: options[name] for name in options if name in Patience.__struct_fields__}
        self.profile = profile_for({name: options[name] for name in options if name not in own})
        self.on_status: Callable[[PrinterStatus], None] = lambda _status: None
        self.on_lost: Callable[[str], None] = lambda _why: None
        self._patience = read_options(own, Patience)
        self._link = link
        self._decoder = StatusDecoder()
        self._status = PrinterStatus()
        self._asking, self._sending = asyncio.Lock(), asyncio.Lock()
        self._writing = False
        self._answer: asyncio.Future[int] | None = None
        self._done: asyncio.Future[None] | None = None
        self._owed = 0  # answers to GS r that this printer has not given yet, over all connections

    async def open(self) -> None:
        """Open the link and hear the printer's first status; DeviceTimeout when it says nothing."""
        self._decoder = StatusDecoder()
        self._link.on_bytes = self._receive
        self._link.on_lost = self._lost
        await self._link.open()
        if self.profile.status == "none":
            self._learn(PrinterStatus())
            return
        try:
            await self.status()
            if self.profile.status == "asb":
                await self._link.write(escpos.STATUS_BACK_ON, ANSWER_S)
        except BaseException:
            await self._link.close()
            raise

    async def close(self) -> None:
        self._fail_waiters("closed")
        await self._link.close()

    def encode(self, document: Document) -> bytes:
        """The whole job as bytes, completion request included."""
        return escpos.encode(document, self.profile)

    async def status(self) -> PrinterStatus:
        """Ask now; while a job's bytes are on their way, what the printer last said."""
        if self.profile.status == "none" or self._writing:
            return self._status
        answers: dict[int, int] = {}
        async with self._asking:
            try:
                for n in _CAUSES:
                    answers[n] = await self._ask(n)
            except DeviceTimeout:
                if not self._sending.locked():  # a printer at work may be deaf for a while
                    self._learn(escpos_status.offline(self._status))
                raise
        self._learn(escpos_status.from_realtime(answers, self.profile.drawer_open))
        return self._status

    async def send(self, payload: bytes, on_sent: Callable[[int], None] | None = None) -> SendResult:
        """Send one job and wait for its completion, for as long as paper or cover are the cause."""
        async with self._sending:
            if self._owed and not await self._settle():
                return SendResult(Outcome.FAILED, Proof.NONE, 0, "still busy with an earlier job")
            try:
                accepted = await self._write(payload, on_sent)
            except (DeviceOffline, DeviceTimeout) as error:
                return await self._torn(error)
            if not payload.endswith(escpos.CONFIRM):
                return SendResult(Outcome.PRINTED, Proof.SENT, accepted)
            return await self._completion(accepted)

    async def kick_drawer(self, pin: Literal[2, 5] = 2) -> None:
        """Open the drawer now. A pulse that the printer would keep for later is refused."""
        if self.profile.drawer == "pulse":
            status = await self.status()
            if status.blocked or self._sending.locked():
                why, extended = _why(status) if status.blocked else ("a receipt is being printed", 0)
                raise DeviceBlocked(f"{self._link}: {why}, the drawer would open later", extended)
        await self._link.write(escpos.drawer_kick(pin, self.profile), ANSWER_S)

    # --- what the printer says ---

    def _receive(self, chunk: bytes) -> None:
        for answer in self._decoder.feed(chunk):
            self._take(answer)

    def _take(self, answer: Answer) -> None:
        match answer:
            case Realtime(byte) if self._answer is not None and not self._answer.done():
                self._answer.set_result(byte)
            case StatusBack():
                self._learn(escpos_status.from_status_back(answer, self.profile.drawer_open))
            case PaperSensor() if self._owed:
                self._owed -= 1
                if not self._owed and self._done is not None and not self._done.done():
                    self._done.set_result(None)

    def _learn(self, status: PrinterStatus) -> None:
        if status != self._status:
            self._status = status
            self.on_status(status)

    def _lost(self, why: str) -> None:
        self._learn(escpos_status.offline(self._status))
        self._fail_waiters(why)
        self.on_lost(why)

    def _fail_waiters(self, why: str) -> None:
        for waiter in (self._answer, self._done):
            if waiter is not None and not waiter.done():
                waiter.set_exception(DeviceOffline(why))
                waiter.exception()  # a waiter that nobody awaits any more is no news

    async def _ask(self, n: Literal[1, 2, 4]) -> int:
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._answer = answer
        try:
            await self._link.write(escpos_status.ask(n), ANSWER_S)
            async with asyncio.timeout(ANSWER_S):  # wait_for() of 3.11 can swallow a cancel
                return await answer
        except TimeoutError:
            raise DeviceTimeout(f"{self._link}: no answer to a status request in {ANSWER_S:g} s") from None
        finally:
            self._answer = None

    # --- one job ---

    async def _write(self, payload: bytes, on_sent: Callable[[int], None] | None) -> int:
        """All of ``payload``, through pauses in which the printer lacks paper or is open."""
        accepted = 0

        def count(sent: int) -> None:
            if on_sent is not None:
                on_sent(accepted + sent)

        loop = asyncio.get_running_loop()
        give_up = loop.time() + self._patience.hold_s
        self._writing = True
        try:
            while True:
                try:
                    accepted += await self._link.write(payload[accepted:], STALL_S, count)
                except DeviceTimeout as error:
                    accepted += error.sent
                    if self._status.blocked and accepted and loop.time() < give_up:
                        continue
                    raise DeviceTimeout(str(error), accepted) from None
                except DeviceOffline as error:
                    raise DeviceOffline(str(error), accepted + error.sent) from None
                if payload.endswith(escpos.CONFIRM):
                    self._owed += 1
                return accepted
        finally:
            self._writing = False

    async def _torn(self, error: DeviceOffline | DeviceTimeout) -> SendResult:
        """Not all of a job was accepted. What follows half a job would be printed as part of it."""
        if not error.sent:
            return SendResult(Outcome.FAILED, Proof.NONE, 0, str(error))
        if isinstance(error, DeviceTimeout):
            await self._link.close()
            self._lost(str(error))
        return SendResult(Outcome.UNKNOWN, Proof.NONE, error.sent, str(error))

    async def _completion(self, accepted: int) -> SendResult:
        done = self._done = asyncio.get_running_loop().create_future()
        try:
            if self._owed:  # else the answer was quicker than we
                await self._wait(done)
        except (DeviceOffline, DeviceTimeout) as error:
            return SendResult(Outcome.UNKNOWN, Proof.NONE, accepted, str(error))
        finally:
            self._done = None
        return SendResult(Outcome.PRINTED, Proof.STATUS_OK, accepted)

    async def _wait(self, done: asyncio.Future[None]) -> None:
        """Until ``done``; time in which the printer is blocked counts against ``hold_s`` only."""
        loop = asyncio.get_running_loop()
        last = begun = loop.time()
        idle_s = 0.0
        while not done.done():
            await asyncio.wait({done}, timeout=min(POLL_S, self._patience.confirm_s))
            if not done.done():
                await _unless_silent(self.status())
            now = loop.time()
            idle_s += 0.0 if self._status.blocked else now - last
            last = now
            if not done.done() and idle_s >= self._patience.confirm_s:
                raise DeviceTimeout(f"{self._link}: printing was not confirmed")
            if not done.done() and now - begun >= self._patience.confirm_s + self._patience.hold_s:
                raise DeviceTimeout(f"{self._link}: {_why(self._status)[0]}")
        done.result()

    async def _settle(self) -> bool:
        """Find out whether the printer is through with a job that was given up.

        It answers in order: the answer to one more request comes after all that it still owes.
        """
        before = self._owed
        settled = self._done = asyncio.get_running_loop().create_future()
        try:
            await self._link.write(escpos.CONFIRM, ANSWER_S)
            self._owed += 1
            await asyncio.wait({settled}, timeout=SETTLE_S)
        except (DeviceOffline, DeviceTimeout):
            return False
        finally:
            self._done = None
        if self._owed <= before:
            self._owed = 0  # what else it owed went down with an earlier connection
        return not self._owed


async def _unless_silent(asking: Awaitable[PrinterStatus]) -> None:
    try:
        await asking
    except DeviceTimeout:
        return  # the job's own limit decides


def _why(status: PrinterStatus) -> tuple[str, int]:
    """What blocks a printer, in words and as the UnifiedPOS extended code."""
    if status.cover_open:
        return "the cover is open", 201
    if status.paper is Paper.OUT:
        return "out of paper", 203
    return "the printer is in error", 0
