"""What may not stand in any file."""

import re
from pathlib import Path

KINDS = {"pos", "hq", "ops", "driver", "fix"}
# Spelled in two parts, so that this file does not hold what it forbids.
ADDRESSES = tuple(
    "".join(parts).encode()
    for parts in (
        ("pypi", ".org"),
        ("python", "hosted.org"),
        ("registry.npm", "js.org"),
        ("crates", ".io"),
        ("proxy.", "golang.org"),
        ("deb.", "debian.org"),
        ("archive.", "ubuntu.com"),
        ("/wo", "rk/"),
        ("../sha", "red"),
    )
)
BARE_IGNORE = re.compile(rb"#\s*type:\s*ignore(?!\[)")
UNEXPLAINED = re.compile(rb"#\s*noqa(?!: [A-Z0-9, ]+ - \S)")


def holding(files: list[Path], root: Path, pattern: re.Pattern[bytes]) -> list[str]:
    """``path:line`` of every Python or Cython line that matches."""
    return [
        f"{path.relative_to(root)}:{number}"
        for path in files
        if path.suffix in {".py", ".pyi", ".pyx"}
        for number, line in enumerate(path.read_bytes().splitlines(), 1)
        if pattern.search(line)
    ]


def test_no_file_knows_where_packages_come_from_or_where_it_was_written(
    files: list[Path], root: Path
) -> None:
    """Registries and paths belong to a machine, not to the project."""
    found = [
        f"{path.relative_to(root)}: {address.decode()}"
        for path in files
        for address in ADDRESSES
        if address in path.read_bytes()
    ]
    assert found == []


def test_an_ignored_type_error_says_which(files: list[Path], root: Path) -> None:
    assert holding(files, root, BARE_IGNORE) == []


def test_an_exception_to_a_lint_rule_carries_its_reason(files: list[Path], root: Path) -> None:
    """``noqa: RULE - reason``, on the line itself."""
    assert holding(files, root, UNEXPLAINED) == []


def test_a_change_is_of_a_known_kind(files: list[Path], root: Path) -> None:
    """changes/NAME.KIND.md; a misspelt kind would be left out of the changelog in silence."""
    fragments = [path for path in files if path.parent == root / "changes" and path.suffix == ".md"]
    named = [path for path in fragments if path.name != "README.md"]
    assert [path.name for path in named if path.stem.rpartition(".")[2] not in KINDS] == []
