"""The page a technician prints first: which printer this is, and whether it can print what shops write."""

from drivers.api import Block, Cut, Divider, Document, Feed, Pair, QrCode, Text
from edge.receipts.wording import WORDING, Lang

# One probe per step of the Chinese character sets; the printer's profile is right when the last one prints.
PROBES = (
    ("ASCII", 'Tillside 0123456789 #$%&@"'),
    ("GB2312", "收银小票，原价：￥12.34"),
    ("GBK", "喆镕堃 繁體積分優惠"),
    ("GB18030 (4)", "㐂㑇㘎"),
)


def self_test_page(name: str, port: str, columns: int, lang: Lang) -> Document:
    """Name and port, a ruler of ``columns`` cells, the character probes, sizes, a QR code and a cut."""
    words = WORDING[lang]
    blocks: list[Block] = [
        Text(words.test_page, "center", bold=True, size=2),
        Pair(name, port),
        Divider(),
        Text(_ruler(columns)),
        *(Pair(charset, probe) for charset, probe in PROBES),
        Divider(),
        Text("|left"),
        Text("center", "center"),
        Text("right|", "right"),
        Text("Bold 粗体", bold=True),
        Text("Double 倍大", size=2),
        Divider("="),
        QrCode(f"tillside:{name}"),
        Feed(2),
        Cut(),
    ]
    return tuple(blocks)


def _ruler(columns: int) -> str:
    """``1234567890123…``: the last digit at the paper's edge."""
    return "".join(str(cell % 10) for cell in range(1, columns + 1))
