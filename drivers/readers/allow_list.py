"""Which numbers are ours. Everything else leaves a reader without a digit."""

import re
from collections.abc import Sequence
from typing import Literal

from drivers.api import BadPort, Refused, Scan


class AllowList:
    """Regular expressions of which one must match a whole number."""

    def __init__(self, patterns: Sequence[str]) -> None:
        try:
            # Bytes, so that a number is compared where it was read and becomes a string only if ours.
            self._patterns = tuple(re.compile(pattern.encode("ascii")) for pattern in patterns)
        except (re.error, UnicodeEncodeError) as error:
            raise BadPort(f"member_numbers: {error}") from None

    def judge(
        self, raw: bytearray, span: tuple[int, int] | None, source: Literal["magstripe", "barcode"]
    ) -> Scan | Refused:
        """The event for the number at ``span`` of ``raw``; None is a swipe without a number."""
        if span is None:
            return Refused("unreadable")
        with memoryview(raw)[slice(*span)] as number:
            if any(pattern.fullmatch(number) for pattern in self._patterns):
                return Scan(str(number, "ascii", "replace"), source)
        return Refused("not_a_member_card")
