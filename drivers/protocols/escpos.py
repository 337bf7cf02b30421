"""ESC/POS, outwards: a print document as the bytes of one job.

Source: Epson ESC/POS Command Reference for TM printers; the Chinese preamble as receipt printers for
the Chinese market expect it. Text, not raster: a receipt is 1.2 kB instead of 86 kB.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec

from drivers.api import Block, Cut, Divider, Document, Feed, Pair, QrCode, Row, Text
from drivers.protocols.cells import Charset, Hanzi

RESET = b"\x1b@"
CODE_PAGE_437 = b"\x1bt\x00"
HANZI_ON = b"\x1c&"
HANZI_OFF = b"\x1c."
UTF8_ON = b"\x1c(C\x02\x0002"
STATUS_BACK_ON = b"\x1da\x0f"
CONFIRM = b"\x1dr\x01"
CUT = b"\x1dVB\x00"
TEAR_LINES = 4
QR_BYTES_MAX = 2331  # version 40, error correction M

_ALIGN = {"left": b"\x1ba\x00", "center": b"\x1ba\x01", "right": b"\x1ba\x02"}
_SIZE = {1: b"\x1d!\x00", 2: b"\x1d!\x11"}
_BOLD = {False: b"\x1bE\x00", True: b"\x1bE\x01"}


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one model of printer can do. ``width`` is in cells of font A.

    ``status``: it reports changes by itself, answers when asked, or is mute. ``confirm``: whether it
    says that a job is done. ``drawer_open`` is the level of the drawer's switch while it is open.
    """

    width: Annotated[int, msgspec.Meta(ge=12, le=96)] = 48
    hanzi: Hanzi = "gbk"
    status: Literal["asb", "poll", "none"] = "asb"
    confirm: Literal["gsr", "none"] = "gsr"
    drawer: Literal["pulse", "realtime"] = "pulse"
    drawer_open: Literal["low", "high"] = "low"
    qr: bool = True
    cut: bool = True


def encode(document: Document, profile: Profile) -> bytes:
    """The whole job: preamble, blocks, and last the request to say that it is done."""
    parts = [_preamble(profile)]
    parts += [_block(block, profile, Charset(profile.hanzi)) for block in document]
    if profile.confirm == "gsr":
        parts.append(CONFIRM)
    return b"".join(parts)


def drawer_kick(pin: Literal[2, 5], profile: Profile) -> bytes:
    """A pulse of 100 ms on the drawer's ``pin``, ahead of everything where the printer can."""
    line = 0 if pin == 2 else 1
    if profile.drawer == "realtime":
        return bytes((0x10, 0x14, 0x01, line, 0x01))
    return bytes((0x1B, 0x70, line, 0x32, 0x32))


def _preamble(profile: Profile) -> bytes:
    language = {"utf8": UTF8_ON, "none": CODE_PAGE_437 + HANZI_OFF}.get(
        profile.hanzi, CODE_PAGE_437 + HANZI_ON
    )
    # Resetting also switched the automatic status off.
    return RESET + language + (STATUS_BACK_ON if profile.status == "asb" else b"")


def _block(block: Block, profile: Profile, charset: Charset) -> bytes:
    match block:
        case Text(text, align, bold, size):
            lines = charset.wrap(text, profile.width // size)
            return _ALIGN[align] + _styled(lines, charset, bold, size) + _ALIGN["left"]
        case Pair(left, right, bold, size):
            return _styled(charset.justify(left, right, profile.width // size), charset, bold, size)
        case Row(cells, widths):
            return _lines(charset.columns(cells, widths, profile.width), charset)
        case Divider(char):
            return _lines([charset.fill(char, profile.width)], charset)
        case Feed(lines):
            return b"\n" * lines
        case QrCode(text):
            return _qr(text, profile, charset)
        case Cut():
            return CUT if profile.cut else b"\n" * TEAR_LINES


def _styled(lines: Iterable[str], charset: Charset, bold: bool, size: Literal[1, 2]) -> bytes:
    body = _lines(lines, charset)
    if bold:
        body = _BOLD[True] + body + _BOLD[False]
    if size != 1:
        body = _SIZE[size] + body + _SIZE[1]
    return body


def _lines(lines: Iterable[str], charset: Charset) -> bytes:
    return b"".join(charset.encode(line) + b"\n" for line in lines)


def _qr(text: str, profile: Profile, charset: Charset) -> bytes:
    """GS ( k functions 165, 167, 169, 180, 181; as text where the printer has none of them."""
    stored = Charset("utf8").printable(text).encode()
    if not profile.qr or len(stored) > QR_BYTES_MAX:
        return _lines(charset.wrap(text, profile.width), charset)
    commands = (b"1A2\x00", b"1C\x06", b"1E1", b"1P0" + stored, b"1Q0")
    code = b"".join(b"\x1d(k" + len(body).to_bytes(2, "little") + body for body in commands)
    return _ALIGN["center"] + code + _ALIGN["left"]
