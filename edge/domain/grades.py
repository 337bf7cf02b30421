"""Grades by what a member spends in a month: they go up and down with it, unlike tiers."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade, and the least monthly spend (fen) that it takes."""

    id: str
    floor_fen: int


def grade_of(grades: Sequence[Grade], month_fen: int) -> str:
    """The grade with the highest floor that is reached, else the last; a boundary belongs to the upper band."""
    reached = [grade for grade in grades if month_fen >= grade.floor_fen]
    return max(reached, key=lambda grade: grade.floor_fen).id if reached else grades[-1].id
