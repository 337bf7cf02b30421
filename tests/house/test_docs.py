"""The guides say what is so: names are compared with the code, examples are taken out of the text and run."""

import importlib
import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import fastjsonschema
import msgspec
import pytest
from click.testing import CliRunner

import cext
from cext.reply import WHYS
from edge.cli.main import VERBS, tillside
from edge.cli.rules.simulate import simulate
from edge.config import Config, DeviceConfig, load
from edge.devices.registry import BUILT_IN, build_display
from edge.domain.rules.authoring.draft import plain_bundle
from edge.domain.rules.authoring.schema import schema_of_bundles
from edge.domain.rules.authoring.source import read_source
from edge.errors import Code
from edge.rpc.client import Client

EXAMPLE = re.compile(r"<!-- test: ([\w.-]+) -->\n```\w*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.DOTALL | re.MULTILINE)
COMMANDS = re.compile(r"^```\n(\$ (?:tillside rules|sed) .*?)\n```$", re.DOTALL | re.MULTILINE)
CALL = re.compile(r"^\$ (.*)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
METHOD_ROW = re.compile(r"^\| `([a-z]+(?:\.[a-z_]+)+)` \| .* \| ([\d ]*)\|$", re.MULTILINE)
CODE_ROW = re.compile(r"^\| (-?\d{4,5}) \| (\w+) \|", re.MULTILINE)
KEY_ROW = re.compile(rf"^\| `((?:{'|'.join(Config.__struct_fields__)})\.\w+)` \|", re.MULTILINE)
VERB = re.compile(r"(?<![/\w-])tillside ([a-z]+)(?: ([a-z-]+))?")
NAMED_FILE = re.compile(r"`((?:edge|drivers|sync|cext|tests|systemd|docs)/[\w./-]*)`")
LOGGED = re.compile(r"\b_?log\.(?:info|warning|error|exception)\(\s*\"([\w.]+)\"")
LOG_ROWS = re.compile(r"^\| (`[\w.]+`(?:, `[\w.]+`)*) \| (?:info|warning|error) \|", re.MULTILINE)
EVERYWHERE = {Code.BAD_TOKEN, Code.NOT_ALLOWED}
"""What any call may meet, and the guide says once."""


@pytest.fixture(scope="module")
def docs(root: Path) -> Path:
    return root / "docs"


@pytest.fixture(scope="module")
def run_folder(docs: Path, root: Path) -> Iterator[Path]:
    """The sockets of a daemon that runs with the technician's first configuration."""
    # Not tmp_path: the path of a unix socket has at most 107 bytes.
    with tempfile.TemporaryDirectory(prefix="tillside-docs-") as name:
        text = example(docs / "technician-guide.md", "configuration")
        config = Path(name) / "tillside.toml"
        config.write_text(
            text.replace("/tmp/tillside", name).replace("docs/programmes", f"{docs}/programmes")
        )
        argv = [sys.executable, "-m", "edge.cli.main", "run", "--config", str(config)]
        daemon = subprocess.Popen(argv, cwd=root, stderr=subprocess.PIPE, text=True)
        assert daemon.stderr is not None
        try:
            assert "event=ready" in daemon.stderr.readline()
            yield load(config).paths.pos_socket.parent
        finally:
            daemon.terminate()
            daemon.communicate(timeout=20)


@pytest.fixture(scope="module")
def described(run_folder: Path) -> dict[str, Any]:
    """What the daemon says of itself: rpc.discover."""
    with Client(run_folder / "pos.sock") as till:
        document: dict[str, Any] = till.call("rpc.discover")
    return document


def example(page: Path, name: str) -> str:
    """The block of code after ``<!-- test: name -->``."""
    return dict(EXAMPLE.findall(page.read_text()))[name]  # type: ignore[no-any-return]  # str, by the pattern


def till_guide(docs: Path) -> str:
    """What a till's author reads."""
    return "".join((docs / name).read_text() for name in ("pos-integration.md", "pos-methods.md"))


def slug(heading: str) -> str:
    """A heading as a link names it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


# --- names ---


def test_the_till_guide_has_every_method_and_no_other(docs: Path, described: dict[str, Any]) -> None:
    rows = [name for name, _ in METHOD_ROW.findall(till_guide(docs))]
    assert sorted(rows) == sorted(method["name"] for method in described["methods"])


def test_the_till_guide_names_the_params_of_every_method(docs: Path, described: dict[str, Any]) -> None:
    text = till_guide(docs)
    rows = {match[1]: match[0] for match in METHOD_ROW.finditer(text)}
    missing = {
        f"{method['name']} {param['name']}"
        for method in described["methods"]
        for param in method["params"]
        if not re.search(rf"\b{param['name']}\b", rows[method["name"]])
    }
    assert missing == set()


def test_the_till_guide_names_what_every_method_returns(docs: Path, described: dict[str, Any]) -> None:
    """In the method's row, or where the guide shows a reply."""
    text = till_guide(docs)
    schemas = described["components"]["schemas"]
    results = {
        m["name"]: schemas.get(m["result"]["schema"].get("$ref", "").rpartition("/")[2], {})
        for m in described["methods"]
    }
    missing = {
        f"{method} {field}"
        for method, schema in results.items()
        for field in schema.get("properties", ())
        if not re.search(rf"\b{field}\b", text)
    }
    assert missing == set()


def test_the_till_guide_has_the_errors_of_every_method(docs: Path, described: dict[str, Any]) -> None:
    """A method may also tell of more than it declares: a commit with a basket is a quote too."""
    rows = dict(METHOD_ROW.findall(till_guide(docs)))
    silent = {
        f"{method['name']} {error['code']}"
        for method in described["methods"]
        for error in method["errors"]
        if str(error["code"]) not in rows[method["name"]].split() and error["code"] not in EVERYWHERE
    }
    assert silent == set()


def test_the_till_guide_has_every_error_code(docs: Path) -> None:
    rows = {(int(code), name) for code, name in CODE_ROW.findall(till_guide(docs))}
    assert rows == {(int(code), code.name.lower()) for code in Code}


def test_the_technicians_guide_has_every_key_of_the_configuration(docs: Path) -> None:
    described = msgspec.json.schema(Config)["$defs"]
    tables = {
        "store": "Store",
        "paths": "Paths",
        "programme": "Programme",
        "hq": "Hq",
        "device": "DeviceConfig",
    }
    assert set(Config.__struct_fields__) == set(tables)
    keys = {f"{table}.{key}" for table, name in tables.items() for key in described[name]["properties"]}
    assert set(KEY_ROW.findall((docs / "technician-guide.md").read_text())) == keys


def test_the_technicians_guide_has_every_driver_of_ours(docs: Path) -> None:
    text = (docs / "technician-guide.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (printer|display|reader) \|", text, re.MULTILINE))
    assert rows == {name: driver.kind for name, driver in BUILT_IN.items()}


def test_the_technicians_guide_has_every_line_of_the_log(docs: Path, root: Path) -> None:
    source = "\n".join(path.read_text() for path in (root / "edge").rglob("*.py"))
    text = (docs / "technician-guide.md").read_text()
    rows = {name for cell in LOG_ROWS.findall(text) for name in re.findall(r"[\w.]+", cell)}
    assert set(LOGGED.findall(source)) - rows == {"print_job_"}
    assert [name for name in rows if f'"{name}"' not in source and "print_job_" not in name] == []


def test_every_command_in_the_guides_exists(docs: Path) -> None:
    said = {match.groups() for page in docs.glob("*.md") for match in VERB.finditer(page.read_text())}
    assert {verb for verb, _ in said} - VERBS.keys() == set()
    assert {f"{verb} {word}" for verb, word in said if word and not takes(verb, word)} == set()


def takes(verb: str, word: str) -> bool:
    """Whether ``word`` may follow: a verb with verbs of its own takes only those."""
    verbs = command(verb) if find_spec(VERBS[verb].home.partition(":")[0]) else None
    return not isinstance(verbs, click.Group) or word in verbs.list_commands(click.Context(verbs))


def command(verb: str) -> click.Command:
    module, _, attribute = VERBS[verb].home.partition(":")
    found: click.Command = getattr(importlib.import_module(module), attribute)
    return found


def test_every_file_that_a_guide_names_exists(docs: Path, root: Path) -> None:
    named = {name for page in docs.glob("*.md") for name in NAMED_FILE.findall(page.read_text())}
    assert sorted(name for name in named if not (root / name).exists()) == []


def test_every_link_leads_somewhere(docs: Path) -> None:
    broken = []
    for page in docs.glob("*.md"):
        for target in LINK.findall(FENCE.sub("", page.read_text())):
            name, _, anchor = target.partition("#")
            path = (page.parent / name).resolve() if name else page
            headings = FENCE.sub("", path.read_text()) if anchor and path.exists() else ""
            if not path.exists() or (anchor and anchor not in map(slug, HEADING.findall(headings))):
                broken.append(f"{page.name}: {target}")
    assert broken == []


def test_the_first_configuration_is_checked_as_the_guide_says(
    docs: Path, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    page = docs / "technician-guide.md"
    (tmp_path / "first.toml").write_text(example(page, "configuration"))
    said = CliRunner().invoke(command("config"), ["check", str(tmp_path / "first.toml")])
    assert said.output.replace(f"{tmp_path}/", "") in page.read_text()


# --- rules ---


def test_the_schema_of_bundles_is_current(docs: Path) -> None:
    """If it is not: ``tillside rules schema > docs/points-bundle-1.schema.json``."""
    assert (docs / "points-bundle-1.schema.json").read_bytes() == schema_of_bundles()


@pytest.mark.parametrize("plain", [False, True], ids=["written", "plain"])
def test_an_editor_underlines_no_bundle_of_ours(docs: Path, root: Path, plain: bool) -> None:
    """Neither what people write nor what boxes take; but a key that is not known."""
    # The validator speaks draft 7, in which the shape of a pair is written otherwise.
    schema = re.sub(
        r'"items": false,([^{}]*)"prefixItems"',
        r'"additionalItems": false,\1"items"',
        (docs / "points-bundle-1.schema.json").read_text(),
    )
    validate = fastjsonschema.compile(json.loads(schema), use_default=False)
    for path in (root / "tests" / "data" / "rules" / "whole.yaml", *docs.glob("programmes/*.yaml")):
        raw = plain_bundle(path.read_bytes(), "yaml") if plain else path.read_bytes()
        document = read_source(raw, "yaml").value
        assert isinstance(document, dict)
        assert validate(document) == document
        with pytest.raises(fastjsonschema.JsonSchemaException):
            validate(document | {"versoin": 3})


def test_the_guide_names_every_key_of_a_bundle(docs: Path) -> None:
    """In a table, a sentence or an example."""
    described = json.loads(schema_of_bundles())["$defs"].values()
    keys = {key for part in described for key in part.get("properties", ())}
    said = set(re.findall(r"[a-z_]+", " ".join(CODE.findall((docs / "rule-authoring.md").read_text()))))
    assert sorted(keys - said) == []


def test_the_guide_names_every_reason(docs: Path) -> None:
    said = set(re.findall(r"`(\w+)`", (docs / "rule-authoring.md").read_text().partition("## Why a rule")[2]))
    assert sorted(set(WHYS) - said) == []


@pytest.fixture(scope="module")
def written(docs: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the guide's examples under their names, beside the documentation."""
    folder = tmp_path_factory.mktemp("guide")
    (folder / "docs").symlink_to(root / "docs")
    for name, text in EXAMPLE.findall((docs / "rule-authoring.md").read_text()):
        (folder / name).write_text(text)
    return folder


def test_the_rules_say_what_the_guide_says(
    docs: Path, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command of the page is run, in the order of the page, and what it says compared to the letter."""
    monkeypatch.chdir(written)
    blocks = COMMANDS.findall((docs / "rule-authoring.md").read_text())
    assert len(blocks) > 7
    for block in blocks:
        assert block.splitlines() == [
            line for asked in CALL.findall(block) for line in (f"$ {asked}", *said(asked))
        ]


def said(asked: str) -> list[str]:
    """What the terminal shows; the page was written where the kernel is compiled."""
    if asked.startswith("sed "):
        return spoken(["sh", "-c", asked]).splitlines()
    shown = CliRunner().invoke(tillside, shlex.split(asked)[1:]).output
    if cext.KERNEL == "py":
        for plain, compiled in ((r"^kernel( +)py$", r"kernel\1c"), (r"^kernels( +)py$", r"kernels\1c, py")):
            shown = re.sub(plain, compiled, shown, flags=re.MULTILINE)
        shown = shown.replace("(py)\n", "(c, py)\n")
    return shown.splitlines()


# --- receipts of the past ---


def test_a_refund_is_explained_as_the_guide_says(
    docs: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    argv = ["S001-261122-0005", "--db", "tests/databases/0001_spine.db"]
    said = CliRunner().invoke(command("explain"), argv)
    assert f"$ tillside explain {' '.join(argv)}\n{said.output}```" in (docs / "past-receipts.md").read_text()


def test_the_guide_names_every_option_of_a_simulation(docs: Path) -> None:
    offered = {option for param in simulate.params for option in param.opts if option.startswith("--")}
    text = (docs / "past-receipts.md").read_text()
    assert sorted(option for option in offered - {"--config"} if f"`{option}" not in text) == []


# --- tills ---


def test_the_till_in_python_sells(docs: Path, run_folder: Path, tmp_path: Path) -> None:
    script = tmp_path / "till.py"
    script.write_text(example(docs / "pos-integration.md", "python"))
    assert "S001-" in spoken([sys.executable, str(script), str(run_folder / "pos.sock")])


def test_the_till_in_javascript_sells(docs: Path, run_folder: Path, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    script = tmp_path / "till.js"
    script.write_text(example(docs / "pos-integration.md", "javascript"))
    assert "S001-" in spoken([node, str(script), str(run_folder / "pos.sock")])


def spoken(argv: list[str]) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30).stdout


def test_requests_in_the_till_guide_are_of_known_shape(docs: Path, described: dict[str, Any]) -> None:
    """Each ``→`` is one JSON object, broken into lines only for the page."""
    fields = {m["name"]: {p["name"]: p["required"] for p in m["params"]} for m in described["methods"]}
    text = till_guide(docs)
    requests = [json.loads(found) for found in re.findall(r"^→ (\{.*?\})$(?=\n[←→`])", text, re.M | re.S)]
    assert len(requests) > 5
    for request in requests:
        known = fields[request["method"]]
        assert request["params"].keys() <= known.keys()
        assert {name for name, required in known.items() if required} <= request["params"].keys()


# --- drivers ---


@pytest.fixture
def offered(docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The guide's driver as an installed distribution; returns the name it is offered under."""
    page = docs / "driver-authoring.md"
    (tmp_path / "acme_pole.py").write_text(example(page, "driver"))
    group = tomllib.loads(example(page, "entry-point"))["project"]["entry-points"]["tillside.drivers"]
    ((name, place),) = group.items()
    told = tmp_path / "acme_pole-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-pole\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text(f"[tillside.drivers]\n{name} = {place}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "acme_pole", raising=False)
    return str(name)


async def test_the_driver_in_the_guide_passes_its_own_tests(offered: str, docs: Path) -> None:
    scope: dict[str, Any] = {}
    exec(compile(example(docs / "driver-authoring.md", "driver-test"), "guide", "exec"), scope)
    tests = [scope[name] for name in scope if name.startswith("test_")]
    assert len(tests) == 2
    for test in tests:
        await test()


def test_the_driver_in_the_guide_is_found_by_its_entry_point(offered: str) -> None:
    config = DeviceConfig("pole", "display", offered, "serial:/dev/null", {"brightness": 2})
    assert type(build_display(config)).__name__ == "AcmePole"


def test_a_third_party_driver_needs_nothing_but_the_seam(docs: Path) -> None:
    ours = re.findall(
        r"^(?:from|import) ((?:edge|drivers|sync|cext)[\w.]*)",
        example(docs / "driver-authoring.md", "driver"),
        re.M,
    )
    assert set(ours) == {"drivers.api"}
