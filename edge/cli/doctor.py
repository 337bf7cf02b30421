"""``tillside doctor``: what is wrong with this box, one line a check, each with what to do about it.

Reads only, and works whether the daemon runs or not.
"""

import os
import socket
import sqlite3
import ssl
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import msgspec

import cext
from edge.cli.output import Exit, emit
from edge.cli.status import AsJson, ConfigFile, Strict, ask, trouble
from edge.clock import Clock, SystemClock
from edge.config import Config, DeviceConfig, Hq, load, read_bundle_file
from edge.domain.rules.compile import BundleRefused, load_programme
from edge.errors import ConfigError
from edge.rpc.client import RemoteError
from edge.storage.history import open_unwritten
from edge.storage.invariants import NAMES, violations
from edge.uplink.tls import tls_context

EXAMPLE = """\b
Examples:
  tillside doctor
  tillside doctor --config /etc/tillside/tillside.toml --json --strict
"""

MIB = 1 << 20
DISK_WARN_BYTES = 500 * MIB
DISK_FAIL_BYTES = 50 * MIB
WAL_WARN_BYTES = 100 * MIB
CONNECT_S = 3.0
CLOCK_SLACK_MS = 60_000
OUR_IMPORT_NAMES = ("edge", "drivers", "sync", "cext")
FIRST_RELEASE_MS = 1_767_225_600_000
"""1 January 2026: a clock before it was never set."""


class Level(StrEnum):
    """How bad a finding is; FAIL keeps the box from selling or its ledger from being believed."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


class Finding(msgspec.Struct, frozen=True):
    """One line of the answer; ``todo`` is what to do about it."""

    level: Level
    check: str
    said: str
    todo: str = ""


@click.command(epilog=EXAMPLE)
@ConfigFile
@AsJson
@Strict
def doctor(config_file: Path, as_json: bool, strict: bool) -> Exit:
    """Look for what is wrong with this box and say what to do."""
    found: list[Finding] = []
    reachable = False
    for finding in findings(config_file, SystemClock()):
        found.append(finding)
        reachable |= finding.check == "daemon" and finding.level is Level.OK
        if not as_json:
            todo = f" → {finding.todo}" if finding.todo else ""
            click.echo(f"{finding.level:4}  {finding.check:9}  {finding.said}{todo}")
    if as_json:
        emit(found, as_json)
    levels = {finding.level for finding in found}
    if Level.FAIL in levels:
        return Exit.FAILED
    if not reachable:
        return Exit.UNREACHABLE
    return Exit.DEGRADED if strict and Level.WARN in levels else Exit.OK


def findings(config_file: Path, clock: Clock) -> Iterator[Finding]:
    """Every check in turn; those that need a configuration are left out where there is none."""
    yield from _installation()
    try:
        config = load(config_file)
    except ConfigError as error:
        yield Finding(Level.FAIL, "config", str(error), "mend the file, then: tillside config check")
        return
    yield Finding(Level.OK, "config", f"{config_file}: store {config.store.node}")
    yield _rules(config)
    yield from _ledger(config, clock)
    yield from _disk(config)
    yield from _daemon(config)
    yield from _hq(config)


# --- the installation ---


def _installation() -> Iterator[Finding]:
    if cext.COMPILED:
        yield Finding(Level.OK, "kernel", "the rule kernel is compiled")
    else:
        yield Finding(
            Level.WARN,
            "kernel",
            "rules run in plain Python, many times slower",
            "install the package for this system",
        )
    owners = packages_distributions()
    for name in OUR_IMPORT_NAMES:
        found = sorted(set(owners.get(name, [])))
        if found != ["tillside"]:
            yield Finding(
                Level.FAIL,
                "imports",
                f"the name {name} belongs to {', '.join(found) or 'nobody'}",
                "uninstall all but tillside, then install tillside again",
            )
            return
    yield Finding(Level.OK, "imports", f"{', '.join(OUR_IMPORT_NAMES)} are tillside's alone")


def _rules(config: Config) -> Finding:
    try:
        bundle = load_programme(read_bundle_file(Path(config.programme.bundle))).bundle
    except (BundleRefused, ConfigError) as error:
        return Finding(Level.FAIL, "rules", str(error), f"tillside rules check {config.programme.bundle}")
    return Finding(
        Level.OK, "rules", f"{bundle.programme} version {bundle.version}, {len(bundle.rules)} rules"
    )


# --- the ledger ---


def _ledger(config: Config, clock: Clock) -> Iterator[Finding]:
    path = config.paths.database
    if not path.exists():
        yield Finding(Level.WARN, "ledger", f"{path} is not there yet", "start the daemon: it makes one")
        return
    try:
        with closing(open_unwritten(path)) as db:
            yield from _sound(db)
            yield _pages(db)
            yield _clock(db, clock)
    except sqlite3.Error as error:
        yield Finding(
            Level.FAIL,
            "ledger",
            f"{path}: {error}",
            "run as root or in group tillside; else restore the backup",
        )


def _sound(db: sqlite3.Connection) -> Iterator[Finding]:
    broken = violations(db)
    for violation in broken:
        yield Finding(Level.FAIL, "ledger", str(violation), "stop selling on this box, restore the backup")
    operations = db.execute("SELECT count(*) FROM op").fetchone()[0]
    if not broken:
        yield Finding(Level.OK, "ledger", f"{len(NAMES)} invariants hold over {operations} operations")
    if not any(violation.number in (3, 11, 12) for violation in broken):
        yield Finding(Level.OK, "chain", "every operation and every queued event is what was written")


def _pages(db: sqlite3.Connection) -> Finding:
    said = db.execute("PRAGMA quick_check(1)").fetchone()[0]
    if said != "ok":
        return Finding(Level.FAIL, "pages", said, "the disk may be failing: restore the backup on another")
    return Finding(Level.OK, "pages", "the file's pages and indexes are in order")


def _clock(db: sqlite3.Connection, clock: Clock) -> Finding:
    now_ms = clock.now_ms()
    last_ms = db.execute(
        "SELECT coalesce(max(at_ms), 0) FROM (SELECT at_ms FROM op ORDER BY seq DESC LIMIT 1)"
    )
    behind_ms = max(last_ms.fetchone()[0], FIRST_RELEASE_MS) - now_ms
    if behind_ms > CLOCK_SLACK_MS:
        return Finding(
            Level.FAIL,
            "clock",
            f"the clock is {behind_ms // 1000} s behind",
            "set it: timedatectl set-ntp true",
        )
    return Finding(Level.OK, "clock", "not behind the ledger")


# --- the disk ---


def _disk(config: Config) -> Iterator[Finding]:
    state = config.paths.database.parent
    if not state.exists():
        return
    disk = os.statvfs(state)
    free = disk.f_bavail * disk.f_frsize
    level = Level.FAIL if free < DISK_FAIL_BYTES else Level.WARN if free < DISK_WARN_BYTES else Level.OK
    todo = "" if level is Level.OK else "make room: without it nothing can be sold"
    yield Finding(level, "disk", f"{free // MIB} MiB free in {state}", todo)
    if disk.f_flag & os.ST_RDONLY:
        yield Finding(Level.FAIL, "disk", f"{state} is read-only", "look for disk errors: journalctl -k")
    wal = config.paths.database.with_name(config.paths.database.name + "-wal")
    size = wal.stat().st_size if wal.exists() else 0
    if size > WAL_WARN_BYTES:
        yield Finding(Level.WARN, "wal", f"{size // MIB} MiB not checkpointed", "systemctl restart tillside")
    else:
        yield Finding(Level.OK, "wal", f"{size // MIB} MiB")


# --- what is outside the file ---


def _daemon(config: Config) -> Iterator[Finding]:
    """Its own word about its devices and HQ; where it does not answer, the ports are tried from here."""
    try:
        facts = ask(config)
    except (OSError, RemoteError) as error:
        said = f"does not answer on {config.paths.admin_socket}: {getattr(error, 'strerror', None) or error}"
        todo = "systemctl start tillside"
        if isinstance(error, PermissionError):
            todo = "run as root or in group tillside-admin"
        yield Finding(Level.WARN, "daemon", said, todo)
        for device in config.device:
            yield _port(device)
        return
    yield Finding(
        Level.OK, "daemon", f"answers; {facts['operations']} operations, {facts['queued']} queued for HQ"
    )
    if facts["alarm"]:
        yield Finding(Level.WARN, "sync", f"{facts['alarm']}: {facts['last_error']}", "tillside status")
    for told in facts["devices"]:
        yield _device(told)


def _device(told: dict[str, Any]) -> Finding:
    why = trouble(told)
    if why:
        return Finding(
            Level.WARN, "device", f"{told['name']} on {told['port']}: {why}", "check cable, power and paper"
        )
    return Finding(Level.OK, "device", f"{told['name']} on {told['port']}")


def _port(device: DeviceConfig) -> Finding:
    said = f"{device.name} on {device.port}"
    try:
        if device.port.startswith("tcp://"):
            _connect(device.port, 9100).close()
        else:
            os.stat(device.port.removeprefix("serial:").partition("?")[0])
    except OSError as error:
        return Finding(
            Level.WARN, "device", f"{said}: {error.strerror or error}", "check cable, power and port"
        )
    return Finding(Level.OK, "device", said)


def _hq(config: Config) -> Iterator[Finding]:
    if config.hq is None:
        yield Finding(Level.OK, "hq", "none: this store is its own authority")
        return
    try:
        _meet(config.hq)
    except ConfigError as error:
        yield Finding(Level.FAIL, "hq", str(error), "mend the file or the key, then restart tillside")
    except ssl.SSLError as refused:
        # To the MQTT client this looks like a timeout: only a handshake of our own learns the reason.
        why = getattr(refused, "verify_message", "") or refused.reason or str(refused)
        todo = "check the broker's certificate and this box's clock; the store sells on meanwhile"
        yield Finding(Level.WARN, "hq", f"{config.hq.shown}: TLS: {why}", todo)
    except OSError as error:
        why = error.strerror or str(error)
        todo = "check network and broker; the store sells on meanwhile"
        yield Finding(Level.WARN, "hq", f"{config.hq.shown}: {why}", todo)
    else:
        yield Finding(Level.OK, "hq", f"{config.hq.shown} takes connections")


def _connect(url: str, port: int) -> socket.socket:
    """A connection to the host of ``url``; raises OSError where nobody listens."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname or "", parts.port or port), CONNECT_S)


def _meet(hq: Hq) -> None:
    """Connect as the box's own client does; raises OSError, and ssl.SSLError with the reason of a refusal."""
    context = tls_context(hq)
    if context is None:
        _connect(hq.broker, 1883).close()
        return
    with _connect(hq.broker, 8883) as wire:
        context.wrap_socket(wire, server_hostname=urlsplit(hq.broker).hostname).close()
