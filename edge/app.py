"""The composition root: builds the parts from the configuration, runs them, and stops them in order.

The only place where concrete classes meet. Nothing is decided here.
"""

import asyncio
import faulthandler
import os
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

import msgspec
import structlog

from drivers.api import Proof, Refused
from edge import sdnotify
from edge.clock import Clock, SystemClock
from edge.config import Config, read_bundle_file
from edge.counter.lookup import whose
from edge.counter.night import is_due, run_night
from edge.counter.print_store import LedgerPrintStore
from edge.counter.printing import STATE_OF_JOB
from edge.counter.quoting import Quotes
from edge.counter.shop import Shop
from edge.counter.uplink_state import UplinkState
from edge.devices.displays import IdleText, Lines
from edge.devices.health import DeviceEvent
from edge.devices.print_queue import JobState
from edge.devices.readers import CardSeen
from edge.devices.spooler import Spooler
from edge.devices.supervisor import Supervisor
from edge.domain.ecards import ecard_patterns
from edge.domain.rules.compile import BundleRefused, Programme, load_programme
from edge.errors import ConfigError, StorageError, StorageFull
from edge.receipts.wording import WORDING, Lang
from edge.rpc.events import Broadcast
from edge.rpc.methods import HelloFacts, HelloParams, LastSeen, Session, SocketName, Table, session_methods
from edge.rpc.openrpc import discoverable
from edge.rpc.rows.desk import Desk
from edge.rpc.server import Server
from edge.rpc.till_methods import till_methods
from edge.storage.reader import Snapshot
from edge.storage.writer import Writer
from edge.uplink.tls import tls_context

log = structlog.get_logger(__name__)

STATUS_EVERY_S = 5.0
PRINT_GRACE_S = 5.0
UPLINK_AGAIN_S = 10.0
REFUSED_SHOWN_S = 5.0
NIGHT_LOOK_S = 60.0
_SOCKET_NAMES: dict[str, SocketName] = {"tillside-pos.socket": "pos", "tillside-admin.socket": "admin"}


class App:
    """One box. ``run`` serves until ``stop`` is set, and leaves the ledger closed."""

    def __init__(self, config: Config, clock: Clock) -> None:
        self._config = config
        self._clock = clock
        self._notifier = sdnotify.Notifier()
        self._uplink = UplinkState(configured=config.hq is not None)
        self._broadcast = Broadcast(clock.now_ms())
        self._wake_uplink: Callable[[], None] = lambda: None
        self._fencing: asyncio.Future[str] | None = None
        self._shop: Shop
        self._devices: Supervisor

    async def run(self, stop: asyncio.Event) -> None:
        """Open the ledger, the devices and the sockets; say READY; work; stop in the opposite order.

        Raises ConfigError and StorageError before READY.
        """
        faulthandler.enable()
        if self._config.hq is not None:
            tls_context(self._config.hq)  # a file that is not there is told now, not when HQ is first called
        raw, programme = load_bundle(self._config)
        writer = Writer(
            self._config.paths.database,
            self._config.store.id,
            self._clock,
            authority=self._config.hq is None,
        )
        await writer.start()
        try:
            await writer.submit(
                lambda tx: tx.bundles.keep(programme.hash, programme.bundle.version, raw, tx.now_ms)
            )
            devices = self.supervisor()
            shop = Shop(
                self._config,
                self._clock,
                writer,
                Snapshot(self._config.paths.database),
                programme,
                lambda: self._uplink.serving,
                tuple(devices.printers),
            )
            try:
                await self._serve(shop, devices, stop)
            except* StorageError as failed:
                raise failed.exceptions[0] from failed
            finally:
                shop.snapshot.close()
        finally:
            await writer.stop()

    async def _serve(self, shop: Shop, devices: Supervisor, stop: asyncio.Event) -> None:
        self._shop, self._devices = shop, devices
        spooler = Spooler(devices.printers, LedgerPrintStore(shop), self._clock, self._job_changed)
        desk = Desk(shop, Quotes(), devices, spooler, self._uplink, lambda: self._written(spooler))
        server = Server(self._table(desk), self._broadcast, on_session_end=devices.disarm_all)
        await self._listen(server)
        async with asyncio.TaskGroup() as tasks:
            workers = [
                tasks.create_task(devices.run(), name="devices"),
                tasks.create_task(spooler.run(), name="spooler"),
            ]
            self._notifier.ready(self._status(shop, devices))
            log.info("ready", store=self._config.store.id, rules=shop.programme.bundle.version)
            workers.append(tasks.create_task(self._talk_to_hq(shop), name="uplink"))
            workers.append(tasks.create_task(self._tell_systemd(shop, devices), name="systemd"))
            workers.append(tasks.create_task(self._work_by_night(shop, spooler), name="night"))
            await stop.wait()
            self._notifier.stopping("finishing what tills have asked for")
            await server.stop()
            await spooler.finish(PRINT_GRACE_S)
            for worker in workers:
                worker.cancel()

    # --- the parts ---

    def supervisor(self) -> Supervisor:
        """All configured devices, built and not opened; raises ConfigError."""
        store, ours = self._config.store, self._config.programme
        return Supervisor(
            self._config.device,
            ours.member_numbers + ours.staff_numbers + ecard_patterns(ours.member_numbers),
            self._clock,
            self._device_changed,
            self._card_seen,
            IdleText((store.name, WORDING[store.lang].welcome)),
        )

    def _table(self, desk: Desk) -> Table:
        def welcome(session: Session, params: HelloParams) -> HelloFacts:
            facts = hello_facts(desk.shop)
            if params.last_seen is not None and rolled_back(params.last_seen, facts):
                self._fence(params.terminal, desk.shop)
            return facts

        def server_time() -> str:
            return desk.shop.local_time(self._clock.now_ms())

        rows = (*session_methods(self._broadcast, welcome, server_time), *till_methods(desk))
        return discoverable(rows, version("tillside"))

    async def _listen(self, server: Server) -> None:
        """On the sockets that systemd holds for us, or on our own."""
        inherited = sdnotify.listen_fds()
        for name, listener in inherited.items():
            if name in _SOCKET_NAMES:
                await server.serve_socket(listener, _SOCKET_NAMES[name])
        if not inherited:
            os.makedirs(self._config.paths.run, exist_ok=True)
            await server.serve_unix(self._config.paths.pos_socket, "pos")
            await server.serve_unix(self._config.paths.admin_socket, "admin")

    async def _talk_to_hq(self, shop: Shop) -> None:
        """HQ may be away for days; whatever happens here never stops a sale."""
        hq, node = self._config.hq, self._config.store.node
        if hq is None:
            return
        # Imported only now: the MQTT client costs more to load than the rest of the box.
        from edge.uplink.conversation import Conversation
        from edge.uplink.ledger_box import LedgerBox
        from sync.mqtt import MqttBroker

        broker = MqttBroker(hq.broker, node, tls_context(hq))
        conversation = Conversation(
            LedgerBox(shop), broker, node, self._clock, self._uplink, self._uplink_changed
        )
        self._wake_uplink = conversation.wake
        while True:
            try:
                await conversation.run()
            except Exception:  # the task's edge: the shop sells on, and HQ is tried again
                log.exception("uplink_failed", again_s=UPLINK_AGAIN_S)
                await self._clock.sleep(UPLINK_AGAIN_S)

    async def _work_by_night(self, shop: Shop, spooler: Spooler) -> None:
        """Once every business day, soon after it has begun; what goes wrong is tried again, and stops no sale."""
        while True:
            await self._clock.sleep(NIGHT_LOOK_S)
            try:
                if is_due(shop):
                    done = await run_night(shop)
                    log.info("night_done", **msgspec.structs.asdict(done))
                    self._written(spooler)
            except Exception:  # the task's edge
                log.exception("night_failed", again_s=NIGHT_LOOK_S)

    async def _tell_systemd(self, shop: Shop, devices: Supervisor) -> None:
        """A status line, and the watchdog's ping: from the loop, while the writer answers too.

        A ledger that failed ends the daemon here: systemd starts it again, and it checks the file.
        """
        period = min(STATUS_EVERY_S, (self._notifier.watchdog_s or 2 * STATUS_EVERY_S) / 2)
        while True:
            with suppress(StorageFull):  # reads go on, and room may be made
                await shop.writer.submit(lambda tx: None)
            self._notifier.watchdog()
            self._notifier.status(self._status(shop, devices))
            await self._clock.sleep(period)

    def _status(self, shop: Shop, devices: Supervisor) -> str:
        """``ready: 314 sales, HQ offline (17 queued), printer1 ok, pole MISSING``."""
        queued = shop.snapshot.queue()[0]
        if not self._uplink.configured:
            hq = "no HQ"
        else:
            hq = f"HQ {'online' if self._uplink.online else 'offline'} ({queued} queued)"
        states = [f"{h.name} {'ok' if h.ready else 'MISSING'}" for h in devices.health()]
        return ", ".join([f"ready: {shop.snapshot.sales_count()} sales", hq, *states])

    # --- what the parts tell each other ---

    def _written(self, spooler: Spooler) -> None:
        """A till's write is durable: the printers and HQ have something to do."""
        for printer in self._shop.printers[:1]:
            spooler.wake(printer)
        self._wake_uplink()

    def _device_changed(self, event: DeviceEvent) -> None:
        self._broadcast.publish("device", event)

    def _job_changed(self, job: int, state: JobState, proof: Proof) -> None:
        self._broadcast.publish("print", {"job": job, "state": STATE_OF_JOB[state], "proof": proof})

    def _uplink_changed(self) -> None:
        self._broadcast.publish(
            "sync", {"online": self._uplink.online, "last_error": self._uplink.last_error}
        )

    def _fence(self, terminal: str, shop: Shop) -> None:
        """A till has seen more than this ledger holds: it was rolled back, and could spend twice.

        The writer works in order, so whatever the till asks for next meets the fresh incarnation.
        """
        log.error("ledger_rolled_back", seen_by=terminal)
        why = f"till {terminal} had seen a later operation"
        self._fencing = asyncio.ensure_future(shop.writer.submit(lambda tx: tx.begin_incarnation(why)))

    def _card_seen(self, seen: CardSeen) -> None:
        """One card, to the session that armed the reader; a card that is not ours says so on the displays."""
        if isinstance(seen.card, Refused):
            self._broadcast.publish(
                "card", {"reader": seen.reader, "refused": seen.card.why}, to=seen.session
            )
            for display in self._devices.displays.values():
                display.show(_members_only(self._config.store.lang), REFUSED_SHOWN_S)
            return
        told: dict[str, str | None] = {
            "reader": seen.reader,
            "token": seen.card.number,
            "masked": seen.card.masked,
        }
        person = self._shop.snapshot.staff.by_card(seen.card.number)
        if person is not None and person.active:
            told["staff"] = person.id
        else:
            told |= whose(self._shop, seen.card.number)
        self._broadcast.publish("card", told, to=seen.session)


def _members_only(lang: Lang) -> Lines:
    """What a display says to whoever draws another card, in the shop's language and in English."""
    english = WORDING["en"].members_only
    return Lines(tuple(dict.fromkeys((WORDING[lang].members_only, english))), (english,))


def load_bundle(config: Config) -> tuple[bytes, Programme]:
    """The rule bundle that the configuration names, as written and compiled; raises ConfigError."""
    raw = read_bundle_file(Path(config.programme.bundle))
    try:
        return raw, load_programme(raw)
    except BundleRefused as refused:
        raise ConfigError(f"{config.programme.bundle}: {refused}") from refused


def check_parts(config: Config) -> str:
    """Build everything that can be wrong in a configuration without opening it; what the bundle is."""
    _, programme = load_bundle(config)
    if config.hq is not None:
        tls_context(config.hq)
    App(config, SystemClock()).supervisor()
    return f"{programme.bundle.programme} {programme.bundle.version}"


def rolled_back(seen: LastSeen, facts: HelloFacts) -> bool:
    """Whether a till has seen an operation of this very life of the ledger that is not in it (sync: I5)."""
    return seen.incarnation == facts.incarnation and seen.seq > facts.seq


def hello_facts(shop: Shop) -> HelloFacts:
    """What the box says of itself to a till that says hello."""
    incarnation, seq = shop.snapshot.identity()
    now_ms = shop.now_ms()
    return HelloFacts(
        store=shop.config.store.id,
        server_time=shop.local_time(now_ms),
        business_date=shop.business_date(now_ms).isoformat(),
        rules_version=shop.programme.bundle.version,
        offline=shop.offline,
        incarnation=incarnation,
        seq=seq,
        capabilities=("print", "display", "card"),
        clock_untrusted=shop.clock_untrusted,
    )
