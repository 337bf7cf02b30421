"""What systemd would hear, on a real datagram socket; and the sockets it would hand over."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.sdnotify import Notifier, listen_fds


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(5)
        yield listener


def test_each_message_is_one_datagram(systemd: socket.socket, tmp_path: Path) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
    sent = [
        notifier.extend(30, "migrating"),
        notifier.ready("ready: 3 sales"),
        notifier.watchdog(),
        notifier.status("HQ offline"),
        notifier.stopping("draining"),
    ]
    heard = [systemd.recv(4096).decode() for _ in sent]
    assert all(sent)
    assert heard == [
        "EXTEND_TIMEOUT_USEC=30000000\nSTATUS=migrating",
        "READY=1\nSTATUS=ready: 3 sales",
        "WATCHDOG=1",
        "STATUS=HQ offline",
        "STOPPING=1\nSTATUS=draining",
    ]
    notifier.close()


def test_an_abstract_address_is_reached() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0tillside-test-{os.getpid()}")
        assert Notifier({"NOTIFY_SOCKET": f"@tillside-test-{os.getpid()}"}).watchdog()
        assert listener.recv(100) == b"WATCHDOG=1"


def test_a_line_break_in_a_status_is_no_second_assignment(systemd: socket.socket, tmp_path: Path) -> None:
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")}).status("a\nWATCHDOG=trigger")
    assert systemd.recv(100) == b"STATUS=a WATCHDOG=trigger"


def test_without_a_supervisor_nothing_is_sent_and_nothing_fails(tmp_path: Path) -> None:
    assert not Notifier({}).ready("ready")
    assert not Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready("ready")


def test_a_supervisor_that_does_not_read_never_blocks_us(systemd: socket.socket, tmp_path: Path) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify")})
    taken = [notifier.watchdog() for _ in range(10_000)]
    assert taken[0]
    assert not taken[-1]


def test_the_watchdog_is_ours_only_if_it_names_us() -> None:
    assert Notifier({"WATCHDOG_USEC": "30000000"}).watchdog_s == 30
    assert Notifier({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}).watchdog_s == 30
    assert Notifier({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}).watchdog_s is None
    assert Notifier({}).watchdog_s is None


INHERIT = """
import os, socket, sys
made = [socket.socket(socket.AF_UNIX) for _ in range(2)]
for index, listener in enumerate(made):
    listener.bind(f"{sys.argv[1]}/{index}.sock")
    listener.listen()
first, second = (os.dup2(s.fileno(), 20 + i) for i, s in enumerate(made))
os.dup2(first, 3), os.dup2(second, 4)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2", LISTEN_FDNAMES="pos:admin")
from edge.sdnotify import listen_fds
got = listen_fds()
print({name: os.path.basename(s.getsockname()) for name, s in got.items()})
print([s.get_inheritable() for s in got.values()], "LISTEN_FDS" in os.environ, listen_fds())
"""


def test_sockets_arrive_by_name_once_and_no_child_inherits_them(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", INHERIT, str(tmp_path)], capture_output=True, check=True, text=True, timeout=30
    )
    assert said.stdout.splitlines() == ["{'pos': '0.sock', 'admin': '1.sock'}", "[False, False] False {}"]


@pytest.mark.parametrize("environ", [{}, {"LISTEN_FDS": "2", "LISTEN_PID": "1"}, {"LISTEN_FDS": "2"}])
def test_sockets_of_another_process_are_not_taken(environ: dict[str, str]) -> None:
    assert listen_fds(environ) == {}
    assert "LISTEN_FDS" not in environ
