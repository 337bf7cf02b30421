"""LED8 客显: eight digits and four lamps (单价, 总计, 收款, 找零), usually at 2400 baud.

It has digits, ``-`` and ``.`` only, and a point shares the place of the digit before it.
"""

from drivers.api import Lamp

DIGITS = 8
INIT = b"\x1b@"
CLEAR = b"\x0c"

_LAMPS = {Lamp.NONE: b"0", Lamp.PRICE: b"1", Lamp.TOTAL: b"2", Lamp.PAID: b"3", Lamp.CHANGE: b"4"}
_TOO_LONG = "-" * DIGITS


def figure(text: str) -> bytes:
    """``text`` on the digits; blank when any of it is not a figure, dashes when it does not fit.

    Part of a text or of an amount would be read as another amount.
    """
    shown = text.strip()
    if not shown or not set(shown) <= set("0123456789-."):
        return CLEAR
    if len(shown.replace(".", "")) > DIGITS:
        shown = _TOO_LONG
    return b"\x1bQA" + shown.encode("ascii") + b"\r"


def lamp(lit: Lamp) -> bytes:
    """Light one lamp, or none."""
    return b"\x1bs" + _LAMPS[lit]
