"""The units as this machine's systemd reads them; nothing is installed and nothing is started."""

import configparser
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from edge import app

UNITS = Path(__file__).parents[2] / "systemd"
SERVICE = UNITS / "tillside.service"
SOCKETS = sorted(UNITS.glob("*.socket"))
EXPOSURE_TENTHS_MAX = 20

with_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed (apt package systemd)"
)


def systemd(*command: str | Path, units: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run one of systemd's tools; ``units`` comes before the machine's own unit directories."""
    path = {} if units is None else {"SYSTEMD_UNIT_PATH": f"{units}:"}
    return subprocess.run(
        command, env=os.environ | path, capture_output=True, text=True, check=False, timeout=60
    )


def read(unit: Path) -> configparser.SectionProxy:
    """The [Service] or [Socket] section; of a key given twice only the last, which no test here asks for."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read(unit)
    return parser["Service" if unit.suffix == ".service" else "Socket"]


@with_systemd
def test_systemd_finds_nothing_to_say_about_the_units(tmp_path: Path) -> None:
    """verify wants the daemon's program to exist, so the copies name one that does."""
    program = read(SERVICE)["ExecStart"].split()[0]
    for unit in (SERVICE, *SOCKETS):
        (tmp_path / unit.name).write_text(unit.read_text().replace(program, "/bin/true"))
    said = systemd("systemd-analyze", "verify", *sorted(tmp_path.iterdir()), units=tmp_path)
    assert (said.returncode, said.stdout, said.stderr) == (0, "", "")


@with_systemd
def test_the_sandbox_leaves_little_exposed() -> None:
    """The score counts what a taken-over daemon could still reach: 2.0 of 10 at most."""
    said = systemd(
        "systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE_TENTHS_MAX}", SERVICE
    )
    assert said.returncode == 0, said.stdout


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="systemd-sysusers is not installed")
def test_every_group_that_a_unit_names_is_made(tmp_path: Path) -> None:
    """sysusers.d makes our groups; dialout and lp are Debian's own."""
    (tmp_path / "etc").mkdir()
    made = systemd("systemd-sysusers", f"--root={tmp_path}", UNITS / "sysusers.d/tillside.conf")
    assert made.returncode == 0, made.stderr
    groups = {line.split(":")[0] for line in (tmp_path / "etc/group").read_text().splitlines()}
    named = {read(SERVICE)["Group"], *read(SERVICE)["SupplementaryGroups"].split()}
    named |= {read(socket)["SocketGroup"] for socket in SOCKETS}
    assert named - groups == {"dialout", "lp"}


def test_the_sockets_live_where_no_stop_of_the_service_removes_them() -> None:
    """A RuntimeDirectory is deleted with its service; the sockets' directory is root's, by tmpfiles.d."""
    directories = {
        line.split()[1]: line.split()[3]
        for line in (UNITS / "tmpfiles.d/tillside.conf").read_text().splitlines()
        if line.startswith("d ")
    }
    assert [socket.name for socket in SOCKETS] == ["tillside-admin.socket", "tillside-pos.socket"]
    assert "RuntimeDirectory" not in read(SERVICE)
    assert {directories[str(Path(read(socket)["ListenStream"]).parent)] for socket in SOCKETS} == {"root"}


def test_the_daemon_knows_each_socket_by_the_name_systemd_gives_it() -> None:
    """An unknown name would be left unserved: tills would connect and wait for ever."""
    given = {read(socket).get("FileDescriptorName", socket.name) for socket in SOCKETS}
    assert given == set(app._SOCKET_NAMES)


def test_every_device_class_that_comes_from_a_module_is_loaded_at_boot() -> None:
    """DeviceAllow=char-X resolves when the service starts: a class that is not there yet stays shut."""
    loaded = (UNITS / "modules-load.d/tillside.conf").read_text().split()
    needs = {"char-ttyUSB": "usbserial", "char-ttyACM": "cdc_acm"}
    allowed = SERVICE.read_text()
    assert [module for name, module in needs.items() if name in allowed and module not in loaded] == []
