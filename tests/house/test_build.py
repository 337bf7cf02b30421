"""What a fresh clone installs is what the tests ran with."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==[A-Za-z0-9.+!]+")
NAME = re.compile(r"[A-Za-z0-9._-]+")


def canonical(name: str) -> str:
    """PEP 503: case and the kind of separator do not tell two distributions apart."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(project: dict[str, Any]) -> Iterator[str]:
    """Every requirement of pyproject.toml that is not ourselves."""
    optional = project["project"]["optional-dependencies"].values()
    for group in (project["build-system"]["requires"], project["project"]["dependencies"], *optional):
        yield from group
    for group in project["dependency-groups"].values():
        yield from group


def test_constraints_are_exact_versions_and_nothing_else(root: Path) -> None:
    """An address in a constraints file would decide where every machine gets its packages."""
    lines = (root / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#") and not PIN.fullmatch(line)] == []


def test_every_declared_dependency_is_pinned(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())
    pinned = {canonical(match["name"]) for match in PIN.finditer((root / "constraints.txt").read_text())}
    names = {canonical(match[0]) for requirement in declared(project) if (match := NAME.match(requirement))}
    assert names - {"tillside"} - pinned == set()
