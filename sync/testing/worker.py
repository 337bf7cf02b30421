"""One HQ worker as a process of its own, to be killed: ``python -m sync.testing.worker DSN BROKER TENANT ID``."""

import asyncio
import sys

from sync.hq.server import serve
from sync.mqtt import MqttBroker
from sync.testing.net import LoopClock


def log(event: str, why: str) -> None:
    """To the log file that the starter keeps."""
    print(event, why, file=sys.stderr, flush=True)


def main() -> None:
    """Serve until killed."""
    dsn, broker_url, tenant, client_id = sys.argv[1:]
    asyncio.run(serve(dsn, MqttBroker(broker_url, client_id), tenant, LoopClock(), log))


if __name__ == "__main__":
    main()
