"""A slip as the lines of text that the paper would show: for the terminal, and for whoever checks slips."""

from drivers.api import Align, Block, Cut, Divider, Document, Feed, Pair, QrCode, Row, Text
from drivers.protocols.cells import Charset

_GBK = Charset("gbk")


def preview(document: Document, columns: int = 48) -> list[str]:
    """Lines of at most ``columns`` cells, a hanzi taking two; double size counts double, as on paper.

    Lines of double size keep their place, not their size; a QR code is shown as ``[QR …]``.
    """
    return [line for block in document for line in _lines(block, columns)]


def _lines(block: Block, columns: int) -> list[str]:
    match block:
        case Text(text, align, _bold, size):
            return [_aligned(line, align, columns) for line in _GBK.wrap(text, columns // size)]
        case Pair(left, right):
            return _GBK.justify(left, right, columns)
        case Row(cells, widths):
            return _GBK.columns(cells, widths, columns)
        case Divider(char):
            return [_GBK.fill(char, columns)]
        case Feed(lines):
            return [""] * lines
        case QrCode(text):
            return [_aligned(line, "center", columns) for line in _GBK.wrap(f"[QR {text}]", columns)]
        case Cut():
            return []


def _aligned(line: str, align: Align, columns: int) -> str:
    free = columns - _GBK.width(line)
    return " " * {"left": 0, "center": free // 2, "right": free}[align] + line
