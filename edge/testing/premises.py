"""Where everything of one stage lies: sockets, ledger, devices, receipts and logs, under one directory."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import edge
from edge.testing.errors import StageFailed

STORE, TENANT = "S001", "ruyishu"
MEMBER_NUMBERS = r"8\d{7}"
SOCKET_PATH_BYTES_MAX = 107
"""sun_path holds 108 bytes with its final zero."""


@dataclass(frozen=True, slots=True)
class Premises:
    """The directory of a stage, by the names of what is in it."""

    root: Path

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def pos_socket(self) -> Path:
        return self.run / "pos.sock"

    @property
    def admin_socket(self) -> Path:
        return self.run / "admin.sock"

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def devices(self) -> Path:
        return self.root / "devices"

    @property
    def receipts(self) -> Path:
        return self.root / "receipts"

    @property
    def logs(self) -> Path:
        return self.root / "log"

    @property
    def books(self) -> Path:
        """HQ's PostgreSQL."""
        return self.root / "hq"

    @property
    def config(self) -> Path:
        return self.root / "tillside.toml"

    def lay_out(self) -> None:
        """Make the directories; raises StageFailed where the path is too long for a socket."""
        if len(os.fsencode(self.admin_socket)) > SOCKET_PATH_BYTES_MAX:
            raise StageFailed(f"{self.admin_socket}: too long for a socket's path", "choose a shorter --dir")
        for directory in (self.run, self.state, self.devices, self.receipts, self.logs, self.books):
            directory.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            # PostgreSQL then runs under another account, and must get through to its directory.
            self.root.chmod(self.root.stat().st_mode | 0o011)

    def write_config(
        self, broker: str, devices: Sequence[dict[str, Any]], programme: str = "ruyishu"
    ) -> None:
        """The configuration file of the box, as a technician would write it."""
        shop = {"store": STORE, "tenant": TENANT, "bundle": bundle_of(programme), "numbers": MEMBER_NUMBERS}
        tables = [_HEAD.format(root=self.root, broker=broker, **shop)]
        for device in devices:
            lines = (f'{key} = "{value}"' for key, value in device.items())
            tables.append("\n".join(("[[device]]", *lines, "")))
        self.config.write_text("\n".join(tables), encoding="utf-8")


_HEAD = """\
[store]
id = "{store}"
tenant = "{tenant}"
name = "儒意书健康食品"
address = "上海市人民路 88 号"
phone = "021-55667788"

[paths]
state = "{root}/state"
run = "{root}/run"

[programme]
bundle = "{bundle}"
member_numbers = ['{numbers}']

[hq]
broker = "{broker}"
"""


def bundle_of(programme: str) -> Path:
    """A programme that the demo plays, in the checkout that this code runs from."""
    bundle = Path(edge.__file__).parents[1] / "docs" / "programmes" / f"{programme}.yaml"
    if not bundle.is_file():
        raise StageFailed(f"{bundle} is not there: the demo plays from a checkout", "clone, then: make demo")
    return bundle
