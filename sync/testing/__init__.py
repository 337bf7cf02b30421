"""Fakes and real services for whoever tests or shows sync: nothing here runs in a store or at HQ."""

from sync.testing.box import MemoryBox
from sync.testing.hq import MemoryHq
from sync.testing.net import BadBroker, Faults, LoopClock, run_virtual
from sync.testing.services import Service, find_mosquitto, start_iotcore, start_mosquitto, start_postgres

__all__ = [
    "BadBroker",
    "Faults",
    "LoopClock",
    "MemoryBox",
    "MemoryHq",
    "Service",
    "find_mosquitto",
    "run_virtual",
    "start_iotcore",
    "start_mosquitto",
    "start_postgres",
]
