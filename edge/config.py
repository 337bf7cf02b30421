"""The box's configuration: one TOML file, every key known, wrong ones refused by name."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from edge.domain.tenders import TenderKind
from edge.errors import ConfigError

Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,32}$")]


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file; ``load`` is the way in."""

    store: "Store"
    paths: "Paths"
    programme: "Programme"
    hq: "Hq | None" = None
    device: "tuple[DeviceConfig, ...]" = ()


class Store(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which shop this box stands in. ``lang`` is the language of receipts.

    ``shifts`` says whether money moves only in a shift; tenders of ``not_offline`` need HQ.
    """

    id: Name
    tenant: Name
    name: str
    address: str = ""
    phone: str = ""
    tz: str = "Asia/Shanghai"
    lang: Literal["zh-CN", "zh-TW", "en"] = "zh-CN"
    business_day_start: Annotated[str, msgspec.Meta(pattern=r"^[0-2][0-9]:[0-5][0-9]$")] = "04:00"
    shifts: Literal["required", "optional"] = "optional"
    not_offline: tuple[TenderKind, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        """The store's time zone."""
        return ZoneInfo(self.tz)

    @property
    def node(self) -> str:
        """MQTT node name: ``{tenant}-{store}``."""
        return f"{self.tenant}-{self.id}"


class Paths(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the ledger and the sockets live."""

    state: str = "/var/lib/tillside"
    run: str = "/run/tillside"

    @property
    def database(self) -> Path:
        return Path(self.state) / "ledger.db"

    @property
    def pos_socket(self) -> Path:
        return Path(self.run) / "pos.sock"

    @property
    def admin_socket(self) -> Path:
        return Path(self.run) / "admin.sock"


class Programme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The membership programme: its bundle file and the card numbers that are ours.

    ``member_numbers`` are regular expressions that match a whole number; whatever else a
    reader sees is dropped. ``staff_numbers`` are those of the cards that staff have.
    """

    bundle: str
    member_numbers: tuple[str, ...]
    staff_numbers: tuple[str, ...] = ()


class Hq(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """HQ's broker. Without this table the box is its own authority (standalone).

    For ``mqtts``: ``ca`` is the authority to trust instead of the system's (PEM), ``certificate`` and ``key``
    are what the box shows of itself; its common name is ``{tenant}-{store}``.
    """

    broker: Annotated[str, msgspec.Meta(pattern=r"^mqtts?://[^/]+$")]
    ca: str = ""
    certificate: str = ""
    key: str = ""

    @property
    def shown(self) -> str:
        """The broker without user and password, fit for a screen."""
        scheme, _, rest = self.broker.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}"


class DeviceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One device: ``port`` is ``tcp://HOST:PORT`` or ``serial:PATH[?baud=9600]``.

    ``options`` go to the driver, which refuses those it does not know.
    """

    name: Name
    kind: Literal["printer", "display", "reader"]
    driver: str
    port: str
    options: dict[str, str | int | bool] = {}


def load(path: Path) -> Config:
    """Read and check ``path``; raises ConfigError that names the key and what is wrong with it."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    try:
        config = msgspec.toml.decode(text, type=Config)
    except (msgspec.DecodeError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error
    try:
        ZoneInfo(config.store.tz)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigError(f"{path}: store.tz: no such time zone {config.store.tz!r}") from error
    names = [device.name for device in config.device]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{path}: device.name: {name!r} is used twice")
    return config


def read_bundle_file(path: Path) -> bytes:
    """A rule bundle as JSON in its plain form; YAML and what people write in it are turned into that.

    Raises ConfigError that names the file, the place and what is wrong.
    """
    # Not at the top: the readers cost 20 ms, and most of what reads a configuration needs no bundle.
    from edge.domain.rules.authoring.draft import Refused, plain_bundle
    from edge.domain.rules.authoring.findings import Unreadable

    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    try:
        return plain_bundle(raw, bundle_form(path))
    except (Refused, Unreadable) as error:
        raise ConfigError(f"{path}: {error}") from error


def bundle_form(path: Path) -> str:
    """How a bundle is written: ``yaml`` or ``json``, by the name of its file."""
    return "yaml" if path.suffix in (".yaml", ".yml") else "json"
