"""Who may import what, where import-linter does not look: Cython, start-up, the environment."""

import ast
import configparser
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

OURS = {"edge", "drivers", "sync", "cext"}
PURE = {
    "edge.domain",
    "edge.receipts",
    "edge.rpc.wire",
    "drivers.protocols",
    "sync.envelope",
    "sync.session",
    "cext.kernel_py",
    "cext.program",
}
PYX_IMPORT = re.compile(r"^\s*(?:from|import|cimport)\s+([A-Za-z_]+)", re.MULTILINE)
NEW_IMPORTS = "import sys; old = set(sys.modules); import {module}; print(*set(sys.modules) - old)"
CLI = {"click", "msgspec", "typing_extensions"}
DAEMON = CLI | {"aiomqtt", "aiosqlite", "paho", "serial", "structlog", "xxhash"}
STRUCTLOG = {"rich", "pygments"}  # which structlog itself imports wherever they are installed


def imported(tree: ast.Module) -> set[str]:
    """Every module that the file names in an import, and every name it takes from one, dotted."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_nothing_of_ours_is_mocked(trees: dict[Path, ast.Module]) -> None:
    """A fake is product code beside what it fakes, and is tested like it."""
    mocks = {"unittest.mock", "mock", "pytest_mock"}
    assert [str(path) for path, tree in trees.items() if imported(tree) & mocks] == []


def test_no_import_hides_from_the_contracts(trees: dict[Path, ast.Module]) -> None:
    """TYPE_CHECKING would hide a cycle from the run time, and from whoever reads the layers."""
    assert [str(path) for path, tree in trees.items() if "typing.TYPE_CHECKING" in imported(tree)] == []


def test_systemd_is_a_folder_and_no_module(trees: dict[Path, ast.Module]) -> None:
    names = {str(path): {name.partition(".")[0] for name in imported(tree)} for path, tree in trees.items()}
    assert [path for path, roots in names.items() if "systemd" in roots] == []


def test_the_kernel_knows_nobody(files: list[Path]) -> None:
    """import-linter does not read Cython."""
    taken = {
        path.name: set(PYX_IMPORT.findall(path.read_text()))
        for path in files
        if path.suffix in {".pyx", ".pxd", ".pxi"}
    }
    assert {
        name: roots & (OURS - {"cext"}) for name, roots in taken.items() if roots & (OURS - {"cext"})
    } == {}


def test_the_pure_parts_are_those_of_the_contract(root: Path) -> None:
    """Taking a module off the list in .importlinter is a decision, and shows here."""
    contracts = configparser.ConfigParser()
    contracts.read(root / ".importlinter")
    assert set(contracts["importlinter:contract:pure"]["source_modules"].split()) == PURE


@pytest.mark.parametrize(("module", "allowed"), [("edge.cli.main", CLI), ("edge.app", DAEMON | STRUCTLOG)])
def test_start_up_imports_are_pinned(module: str, allowed: set[str], root: Path) -> None:
    """escpos (0.3 s), psycopg, yaml and the like are imported by who needs them, when they do."""
    program = NEW_IMPORTS.format(module=module)
    said = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    roots = {name.partition(".")[0] for name in said.stdout.split()}
    assert (roots & packages_distributions().keys()) - OURS <= allowed


@pytest.mark.parametrize("name", sorted(OURS))
def test_each_import_name_has_one_owner(name: str) -> None:
    """A second distribution with an ``edge`` or a ``sync`` would be found by luck of the path."""
    assert set(packages_distributions()[name]) == {"tillside"}
