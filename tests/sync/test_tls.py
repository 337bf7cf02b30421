"""mqtts against a real mosquitto: the right authority gets through, a wrong one is refused by name."""

import getpass
import ssl
from pathlib import Path

import pytest

from sync import envelope
from sync.mqtt import MqttBroker
from sync.ports import BrokerError, Message
from sync.testing import Service


@pytest.fixture
def tls_url(mosquitto: Service, tmp_path: Path, self_signed: tuple[Path, Path]) -> str:
    """The broker again, behind a certificate of its own making."""
    certificate, key = self_signed
    with (tmp_path / "mosquitto.conf").open("a") as config:
        config.write(f"certfile {certificate}\nkeyfile {key}\n")
        config.write(f"user {getpass.getuser()}\n")  # as root it would become one who cannot read tmp_path
    mosquitto.kill()
    mosquitto.restart()
    return mosquitto.url.replace("mqtt:", "mqtts:")


async def test_a_trusted_broker_carries_messages(tls_url: str, tmp_path: Path) -> None:
    trust = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    async with MqttBroker(tls_url, "t-S1", trust).connect() as link:
        await link.subscribe(envelope.up("t-S1", "ev"))
        await link.publish(Message(envelope.up("t-S1", "ev"), b"x" * envelope.MAX_PAYLOAD_BYTES))
        assert len((await anext(link.messages())).payload) == envelope.MAX_PAYLOAD_BYTES


async def test_a_broker_that_nobody_vouches_for_is_refused(tls_url: str) -> None:
    with pytest.raises(BrokerError, match="CERTIFICATE_VERIFY_FAILED"):
        async with MqttBroker(tls_url, "t-S1").connect():
            pass


@pytest.mark.parametrize("url", ["http://h", "mqtt://", "h:1883"])
def test_a_url_that_is_no_broker_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="write mqtt://HOST:PORT"):
        MqttBroker(url, "c")
