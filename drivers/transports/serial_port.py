"""A serial port: pyserial opens and configures it, the loop owns the descriptor.

pyserial's own reads and writes are not used: they block, and a stalled close waits for half a minute.
"""

import asyncio
import errno
import os
import termios
from contextlib import suppress
from typing import Annotated, Literal

import msgspec
import serial

from drivers.api import BadPort, DeviceOffline
from drivers.transports.fd_link import FdLink

CLOSE_S = 2.0

_PARITY = {"N": serial.PARITY_NONE, "E": serial.PARITY_EVEN, "O": serial.PARITY_ODD}


class SerialSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Line settings: 9600 8N1 without flow control unless the port says otherwise."""

    baud: Annotated[int, msgspec.Meta(ge=50, le=4_000_000)] = 9600
    parity: Literal["N", "E", "O"] = "N"
    bits: Literal[7, 8] = 8
    stop: Literal[1, 2] = 1
    flow: Literal["none", "rtscts", "xonxoff"] = "none"


class SerialLink(FdLink):
    """One exclusive opening of the port at ``path`` (a by-id or by-path name survives a replug)."""

    def __init__(self, path: str, settings: SerialSettings) -> None:
        super().__init__()
        self._path, self._settings = path, settings
        self._port: serial.Serial | None = None
        self._closing: asyncio.Future[None] | None = None

    def __str__(self) -> str:
        return f"serial:{self._path}"

    async def _acquire(self) -> int:
        await self._release()  # the lock of the last opening may still be held
        opening = asyncio.get_running_loop().run_in_executor(None, self._open_port)
        try:
            self._port = await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_unwanted)
            raise
        except serial.SerialException as error:
            raise DeviceOffline(f"{self}: {_reason(error)}") from None
        except ValueError as error:
            raise BadPort(f"{self}: {error}") from None
        return self._port.fileno()

    async def _release(self) -> None:
        if self._port is not None:
            port, self._port = self._port, None
            self._closing = asyncio.get_running_loop().run_in_executor(None, _close, port)
        if self._closing is not None:
            await asyncio.wait({self._closing}, timeout=CLOSE_S)

    def _open_port(self) -> serial.Serial:
        """Runs in the executor: opening may wait for the device. DTR and RTS are raised by opening."""
        line = self._settings
        return serial.Serial(
            os.path.realpath(self._path),
            line.baud,
            bytesize=line.bits,
            parity=_PARITY[line.parity],
            stopbits=line.stop,
            timeout=0,
            write_timeout=0,
            xonxoff=line.flow == "xonxoff",
            rtscts=line.flow == "rtscts",
            exclusive=True,
        )


def _close(port: serial.Serial) -> None:
    """Runs in the executor. Without discarding first, closing waits 30 s for a device that is gone."""
    with suppress(OSError, serial.SerialException, termios.error):
        port.reset_output_buffer()
    with suppress(OSError, serial.SerialException, termios.error):
        port.close()


def _close_unwanted(opening: "asyncio.Future[serial.Serial]") -> None:
    """Nobody waits for this opening any more: give the port back when it comes."""
    if not opening.cancelled() and opening.exception() is None:
        opening.get_loop().run_in_executor(None, _close, opening.result())


def _reason(error: serial.SerialException) -> str:
    """What a technician can act on, without pyserial's sentence around it."""
    if isinstance(error.errno, int):
        return "in use by another program" if error.errno == errno.EAGAIN else os.strerror(error.errno)
    return str(error)
