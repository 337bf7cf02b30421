"""Who works in a shop: the four roles, and who stands behind a request."""

from dataclasses import dataclass
from typing import Literal, get_args

Role = Literal["cashier", "manager", "technician", "hq"]
ROLES: tuple[Role, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Actor:
    """In which role somebody asks; ``staff`` is the id of who has signed in, empty where nobody has."""

    role: Role = "cashier"
    staff: str = ""


NOBODY = Actor()
"""Whoever stands at the till: a cashier, as far as anybody knows."""
