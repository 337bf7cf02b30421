"""电子卡: the QR code that a member's phone shows, a card number and a code that changes every 30 seconds (RFC 6238).

Each code counts once. What was shown before the last one that counted is a picture of it, and counts no more.
"""

import re
from hmac import compare_digest
from typing import Literal, NamedTuple

STEP_MS = 30_000
DIGITS = 8
WINDOW = 1
"""Steps by which a phone's clock may be wrong, either way."""

TEXT = re.compile(rf"TS1\.([0-9A-Za-z_-]{{1,48}})\.([0-9]{{{DIGITS}}})")

Verdict = Literal["good", "used", "stale"]


class Shown(NamedTuple):
    """What a QR code says."""

    card_no: str
    code: str


def read_ecard(text: str) -> Shown | None:
    """``TS1.CARD.CODE``; None for any other text."""
    found = TEXT.fullmatch(text)
    return Shown(found[1], found[2]) if found else None


def ecard_patterns(member_numbers: tuple[str, ...]) -> tuple[str, ...]:
    """What readers let through beside the card numbers themselves."""
    return tuple(rf"TS1\.(?:{pattern})\.[0-9]{{{DIGITS}}}" for pattern in member_numbers)


def step_at(at_ms: int) -> int:
    """The number of the time step of a moment."""
    return at_ms // STEP_MS


def code_of(key: str, step: int) -> str:
    """The code of one time step; ``key`` is base32."""
    from pyotp import HOTP  # only where somebody has an e-card

    return HOTP(key, digits=DIGITS).at(step)


def judge_code(key: str, code: str, now_step: int, last_step: int) -> tuple[Verdict, int]:
    """Whether ``code`` counts now, and its time step; ``last_step`` is that of the last code that counted.

    A code of a step that is gone, or of somebody's invention, is ``stale``.
    """
    steps = [
        step
        for step in range(now_step - WINDOW, now_step + WINDOW + 1)
        if compare_digest(code_of(key, step), code)
    ]
    fresh = [step for step in steps if step > last_step]
    if fresh:
        return "good", fresh[0]
    return ("used", steps[-1]) if steps else ("stale", 0)


def ecard_uri(key: str, card_no: str, issuer: str) -> str:
    """What an authenticator on the member's phone takes the key from."""
    from pyotp import TOTP

    return TOTP(key, digits=DIGITS, name=card_no, issuer=issuer).provisioning_uri()
