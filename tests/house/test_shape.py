"""How large things may be, and what they may be called."""

import ast
from collections.abc import Iterator
from pathlib import Path

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
CODE = {".py", ".pyi", ".pyx", ".pxd", ".pxi", ".sql"}
EMPTY_WORDS = {"manager", "helper", "helpers", "util", "utils", "handler", "handlers"}
# "until" and "wait_for" wait for a condition and fail when it does not come.
EXPECTS = {"raises", "warns", "fail", "until", "wait_for", "run_state_machine_as_test"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, FUNCTIONS))


def test_a_file_is_at_most_600_lines(files: list[Path], root: Path) -> None:
    lengths = {str(p.relative_to(root)): len(p.read_bytes().splitlines()) for p in files if p.suffix in CODE}
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES_MAX} == {}


def test_a_function_fits_a_screen(trees: dict[Path, ast.Module]) -> None:
    """70 lines at the very most; most are under 12."""
    lengths = {
        f"{path}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path, tree in trees.items()
        for node in functions(tree)
    }
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LINES_MAX} == {}


def test_names_say_what_a_thing_is(trees: dict[Path, ast.Module]) -> None:
    """A "manager" could be anything; a module or class is a noun of the shop."""
    modules = [str(path) for path in trees if EMPTY_WORDS & set(path.stem.split("_"))]
    classes = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name.lower().endswith(tuple(EMPTY_WORDS))
    ]
    assert modules + classes == []


def test_folders_of_files_are_not_packages(files: list[Path], root: Path) -> None:
    """tests/ would shadow, and systemd/ would answer ``import systemd`` in place of the real bindings."""
    python = [path.relative_to(root) for path in files if path.suffix == ".py"]
    assert [str(p) for p in python if p.parts[0] == "tests" and p.name == "__init__.py"] == []
    assert [str(p) for p in python if p.parts[0] == "systemd"] == []


def test_every_test_asserts(trees: dict[Path, ast.Module]) -> None:
    """A test that only runs code proves that the code runs."""
    silent = [
        f"{path}:{test.lineno} {test.name}"
        for path, tree in trees.items()
        if path.name.startswith("test_")
        for test in functions(tree)
        if test.name.startswith("test_") and not asserts(test, tree)
    ]
    assert silent == []


def asserts(test: ast.AST, module: ast.Module, seen: frozenset[str] = frozenset()) -> bool:
    """True if the body asserts, expects an exception, or calls something in its file that does."""
    called = {name_of(node.func) for node in ast.walk(test) if isinstance(node, ast.Call)}
    if called & EXPECTS or any(isinstance(node, ast.Assert) for node in ast.walk(test)):
        return True
    return any(
        asserts(function, module, seen | called)
        for function in functions(module)
        if function.name in called - seen
    )


def name_of(function: ast.expr) -> str:
    match function:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
