"""What the house rules read: every file that is, or is about to be, in the repository."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def files() -> list[Path]:
    """Tracked files, and new ones that are not ignored."""
    # The clone may belong to somebody else than root, who runs CI: git would refuse to look at it.
    git = ["git", "-c", "safe.directory=*", "-C", str(ROOT)]
    listed = subprocess.run(
        [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=True,
    )
    named = (ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return sorted(path for path in named if path.is_file())


@pytest.fixture(scope="session")
def trees(files: list[Path]) -> dict[Path, ast.Module]:
    """Every Python file, parsed; keys are relative to the root, as a failure prints them."""
    return {path.relative_to(ROOT): ast.parse(path.read_bytes()) for path in files if path.suffix == ".py"}
