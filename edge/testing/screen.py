"""What the play says to whoever draws it; the command line draws, this package does not know how."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Shown:
    """What the customer saw at one moment: two lines on the pole, digits and a lamp on the LED8."""

    moment: str
    pole: tuple[str, str]
    digits: str
    lamp: str


@dataclass(frozen=True, slots=True)
class Slip:
    """A printed receipt as it came out, what the displays had shown, and what to notice about it."""

    receipt: str
    shown: Sequence[Shown]
    notes: Sequence[str]


class Screen(Protocol):
    """The audience's side. Every text is Chinese with its English beside it."""

    def progress(self, zh: str, en: str) -> None:
        """Something that takes a while has begun; whatever is said next ends it."""
        ...

    def scene(self, zh: str, en: str) -> None:
        """A new scene."""
        ...

    def say(self, text: str) -> None:
        """One line."""
        ...

    def slip(self, slip: Slip) -> None:
        """A receipt beside what the displays showed."""
        ...

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table; figures are texts that end in a digit."""
        ...

    def verdict(self, holds: bool, text: str) -> None:
        """Something that was promised, and whether it holds."""
        ...

    def end(self) -> None:
        """Nothing more comes: give the terminal back."""
        ...
