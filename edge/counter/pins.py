"""PINs: sealed so that nobody can read them back, and guessed at only so often."""

import hashlib
import hmac
from dataclasses import dataclass, field

from edge.errors import Code, PosError, Retry

WRONG_MAX = 5
"""So many wrong ones in a row, then a wait."""

WAIT_MS = 60_000

_N, _R, _P = 2**14, 8, 1


def seal(pin: str, salt: bytes) -> str:
    """``scrypt$SALT$HASH``; takes some 50 ms on purpose, so not on the loop."""
    return f"scrypt${salt.hex()}${_scrypt(pin, salt).hex()}"


def opens(pin: str, sealed: str) -> bool:
    """Whether ``pin`` is what was sealed; as slow as ``seal``."""
    _, salt, digest = sealed.split("$")
    return hmac.compare_digest(_scrypt(pin, bytes.fromhex(salt)), bytes.fromhex(digest))


def _scrypt(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=32)


@dataclass(slots=True)
class Patience:
    """Counts wrong tries in a row, each under the name of what was tried; forgotten when the box starts anew."""

    _wrong: dict[str, tuple[int, int]] = field(default_factory=dict)

    def ask(self, name: str, now_ms: int) -> None:
        """Raises 1002 while ``name`` has to wait."""
        count, last_ms = self._wrong.get(name, (0, 0))
        left_ms = last_ms + WAIT_MS - now_ms
        if count >= WRONG_MAX and left_ms > 0:
            seconds = -(-left_ms // 1000)
            raise PosError(
                Code.NOT_ALLOWED,
                f"{count} wrong tries: wait {seconds} s",
                zh=f"连续 {count} 次错误，请 {seconds} 秒后再试",
                retry=Retry.SAME_IDEM,
                after_s=seconds,
            )

    def wrong(self, name: str, now_ms: int) -> None:
        """One more; after a wait that is over the next wrong one begins another wait."""
        self._wrong[name] = (self._wrong.get(name, (0, 0))[0] + 1, now_ms)

    def right(self, name: str) -> None:
        """Nothing is held against ``name`` any more."""
        self._wrong.pop(name, None)
