"""CD5220: the command set of most two-line pole displays with 20 columns.

Source: CD5220 command tables of display makers. Text is ASCII: these displays have no hanzi.
"""

COLUMNS, ROWS = 20, 2
INIT = b"\x1b@"
CLEAR = b"\x0c"


def frame(lines: tuple[str, ...]) -> bytes:
    """Both lines whole, cut and padded; after them only CLEAR takes the display out of this mode."""
    upper, lower = (*lines, "", "")[:ROWS]
    return b"\x1bQA" + cells(upper) + b"\r" + b"\x1bQB" + cells(lower) + b"\r"


def brightness(level: int) -> bytes:
    """``level`` 1 (dim) to 4."""
    return bytes((0x1B, 0x2A, level))


def cells(text: str) -> bytes:
    """Exactly 20 printable ASCII bytes; what the display has not becomes ``?``."""
    printable = "".join(char for char in text if char.isprintable())
    return printable.encode("ascii", "replace")[:COLUMNS].ljust(COLUMNS)
