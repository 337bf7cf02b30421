"""The packed program is one whole, and the package picks its kernel as it is told."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import cext
from cext.bundle import read_bundle
from cext.program import DIGEST_BYTES, DamagedProgram, check, digest, pack

Load = Callable[[object], cext.Program]

ROOT = Path(__file__).parents[2]
FASTEST = "c" if cext.COMPILED else ""


def test_the_same_bundle_packs_to_the_same_bytes(load: Load, rules: Path) -> None:
    """The name of the blob is the checksum that it carries."""
    raw = (rules / "bundle_50.json").read_bytes()
    blob = pack(read_bundle(raw))
    assert blob == pack(read_bundle(raw))
    assert digest(blob) == hashlib.sha256(blob[:-DIGEST_BYTES]).hexdigest()
    program = load(raw)
    assert (program.blob_sha256, program.version) == (digest(blob), 7)
    assert program.rule_ids[:2] == ("R0000", "R0001")


def test_a_damaged_blob_is_refused(rules: Path) -> None:
    """A changed byte and a lost end are noticed."""
    blob = pack(read_bundle((rules / "bundle_10.json").read_bytes()))
    check(blob)
    for at in range(0, len(blob), 97):
        with pytest.raises(DamagedProgram):
            check(blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :])
        with pytest.raises(DamagedProgram):
            check(blob[:at])


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("py", "py"),
        ("c", FASTEST or "not built"),
        ("rust", "write c or py"),
        ("", FASTEST or "py"),
    ],
)
def test_the_environment_chooses_the_kernel(wanted: str, said: str) -> None:
    """TILLSIDE_KERNEL is obeyed; what cannot be had is an ImportError that says what to do."""
    asked = subprocess.run(
        [sys.executable, "-c", "import cext; print(cext.KERNEL)"],
        env={**os.environ, "TILLSIDE_KERNEL": wanted},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.stdout == f"{said}\n" or ("ImportError" in asked.stderr and said in asked.stderr)


def test_importing_the_package_loads_no_kernel() -> None:
    """A command that only looks at ``cext`` does not wait for the rest of it."""
    script = "import sys, cext; print([name for name in ('msgspec', 'cext.bundle') if name in sys.modules])"
    asked = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert asked.stdout.strip() == "[]"


def test_the_kernel_imports_nothing_of_the_other_packages() -> None:
    """What import-linter cannot read: no source of the kernel names edge, drivers or sync."""
    sources = [*ROOT.glob("cext/*.py*"), *ROOT.glob("cext/*.pxi")]
    assert any(source.suffix == ".pyx" for source in sources)
    for source in sources:
        found = re.findall(
            r"^\s*(?:from|cimport|import)\s+(edge|drivers|sync)\b", source.read_text(), re.MULTILINE
        )
        assert found == [], source
