"""emupos as an independent peer: somebody else's idea of what an ESC/POS printer does."""

import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

EMUPOS = "emupos==0.4.0"
VENV = Path(__file__).parents[2] / ".venv-emupos"
START_S = 30.0

CONFIG = """
schema: 1
api: {{ port: {api} }}
devices:
  - id: network
    type: printer
    profile: epson-tm-t20iii
    connections: [{{ tcp: {{ port: {tcp} }} }}]
    receipts_dir: {folder}/network
    drawer: {{ sensor_open_level: low }}
  - id: serial
    type: printer
    profile: epson-tm-t20iii
    connections: [{{ serial: {{ pty: true, link: receipt }} }}]
    receipts_dir: {folder}/serial
    drawer: {{ sensor_open_level: low }}
  - id: scanner
    type: scanner
    mode: serial
    connections: [{{ serial: {{ pty: true, link: scanner }} }}]
"""


class Emupos:
    """One emupos process with a printer on TCP, a printer on a pty and a scanner on a pty."""

    def __init__(self, command: Path, folder: Path) -> None:
        self._command, self._folder = command, folder
        self._api, self._tcp = _free_ports(2)
        self._process: subprocess.Popen[bytes] | None = None
        config = CONFIG.format(api=self._api, tcp=self._tcp, folder=folder)
        (folder / "emupos.yaml").write_text(config)

    @property
    def ports(self) -> dict[str, str]:
        links = self._folder / "emupos"
        return {
            "network": f"tcp://127.0.0.1:{self._tcp}",
            "serial": f"serial:{links}/receipt",
            "scanner": f"serial:{links}/scanner",
        }

    def start(self) -> None:
        with (self._folder / "emupos.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._command, "run", "--config", self._folder / "emupos.yaml"],
                env={**os.environ, "TMPDIR": str(self._folder)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        give_up = time.monotonic() + START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > give_up:
                pytest.fail(f"emupos did not start: {(self._folder / 'emupos.log').read_text()}")
            time.sleep(0.1)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def fault(self, printer: str, name: str, active: bool = True) -> None:
        self._call("PUT" if active else "DELETE", f"devices/{printer}/faults/{name}")

    def reset(self) -> None:
        for printer in ("network", "serial"):
            for name in ("paper-near-end", "paper-out", "cover-open", "offline"):
                self.fault(printer, name, active=False)
            self._call("POST", f"devices/{printer}/drawer/close")

    def state(self, printer: str) -> dict[str, Any]:
        devices = json.loads(self._call("GET", "devices"))
        found = next(device for device in devices if device["id"] == printer)
        return dict(found["state"])

    def scan(self, code: str) -> None:
        body = json.dumps({"data": code, "countdown_seconds": 0}).encode()
        self._call("POST", "devices/scanner/scans", body)

    def receipts(self, printer: str) -> list[str]:
        """Finished receipts, oldest first, read as the GBK they were sent as."""
        found = json.loads(self._call("GET", f"devices/{printer}/receipts"))
        found.sort(key=lambda receipt: (receipt["completed_at"], receipt["id"]))
        texts = [self._call("GET", f"devices/{printer}/receipts/{one['id']}/text") for one in found]
        return [text.decode().encode("cp437").decode("gb18030") for text in texts]

    def _answers(self) -> bool:
        try:
            return bool(self._call("GET", "health"))
        except OSError:
            return False

    def _call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._api}/api/v1/{path}",
            method=method,
            data=body,
            headers={"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bytes(answer.read())


@pytest.fixture(scope="session")
def emupos_command() -> Path:
    """emupos in a virtual environment of its own: it needs a newer Python than we do."""
    command = VENV / "bin" / "emupos"
    if command.exists():
        return command
    python = _python_3_13()
    if python is None:
        pytest.skip("emupos needs Python 3.13: none on PATH, none from pyenv")
    steps: tuple[list[str | Path], ...] = (
        [python, "-m", "venv", VENV],
        [VENV / "bin" / "pip", "install", "-q", EMUPOS],
    )
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, timeout=110)
        if done.returncode:
            shutil.rmtree(VENV, ignore_errors=True)
            pytest.skip(f"emupos cannot be installed: {done.stderr.strip()[-200:]}")
    return command


@pytest.fixture(scope="session")
def emupos_process(emupos_command: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emupos]:
    peer = Emupos(emupos_command, tmp_path_factory.mktemp("emupos"))
    peer.start()
    yield peer
    peer.stop()


@pytest.fixture
def emupos(emupos_process: Emupos) -> Emupos:
    """A running emupos with paper in, covers closed and drawers shut."""
    emupos_process.reset()
    return emupos_process


def _python_3_13() -> Path | None:
    """A Python 3.13 that really runs: a version manager's stub on PATH may not."""
    on_path = shutil.which("python3.13")
    candidates = [Path(on_path)] if on_path else []
    candidates += sorted(Path.home().glob(".pyenv/versions/3.13*/bin/python3.13"))
    for candidate in candidates:
        if subprocess.run([candidate, "-c", "import venv"], capture_output=True).returncode == 0:
            return candidate
    return None


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports
