"""Identities made on the box: time-ordered, and random enough that no two boxes make the same."""

import os

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U


def uuid7(now_ms: int) -> str:
    """A version 7 UUID (RFC 9562): 48 bits of ``now_ms``, 74 random bits."""
    value = (now_ms & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    digits = f"{value & ~(0x3 << 62) | 0x2 << 62:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def member_id(now_ms: int) -> str:
    """``M`` and 16 characters: 40 bits of time in seconds, 40 random bits."""
    value = (now_ms // 1000 & (1 << 40) - 1) << 40 | int.from_bytes(os.urandom(5))
    return "M" + "".join(_ALPHABET[value >> shift & 31] for shift in range(75, -1, -5))
