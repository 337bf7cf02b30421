"""The compiled reader stays within its bytes, and takes exactly what the plain one takes."""

import os
import subprocess
import sys
from pathlib import Path
from random import SystemRandom

import pytest

import cext
from tests.cext.spoiling import throw

pytestmark = pytest.mark.skipif(not cext.COMPILED, reason="the kernel is not built")

ROOT = Path(__file__).parents[2]
SANITIZERS = "-fsanitize=address,undefined -fno-sanitize-recover=all -O1"
INPUTS = 20_000
MILLION = 1_000_000


def test_spoilt_requests_are_taken_or_refused_as_in_plain_python() -> None:
    """20,000 requests; one in ten is compared, results and explanations and refusals byte for byte."""
    assert INPUTS // 20 < throw(1, INPUTS, INPUTS // 10) < INPUTS


@pytest.mark.soak
def test_sanitizers_find_nothing_in_a_million_spoilt_requests(tmp_path: Path) -> None:
    """The kernel is built anew with the sanitizers of addresses and undefined behaviour; new requests in every run."""
    kernel = sanitized(tmp_path)
    seed = SystemRandom().randrange(2**32)
    ran = subprocess.run(
        [sys.executable, "-m", "tests.cext.spoiling", kernel, str(seed), str(MILLION), str(MILLION // 40)],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONMALLOC": "malloc",
            "LD_PRELOAD": library("libasan.so"),
            "ASAN_OPTIONS": "detect_leaks=0",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, ""), f"seed {seed}: {ran.stderr[-4000:]}"
    assert "were good" in ran.stdout


def sanitized(folder: Path) -> Path:
    """Build the kernel into ``folder``."""
    build = ["build_ext", "--build-lib", str(folder), "--build-temp", str(folder / "objects"), "--force"]
    subprocess.run(
        [sys.executable, "setup.py", "-q", *build],
        cwd=ROOT,
        env={
            **os.environ,
            "CFLAGS": SANITIZERS,
            "LDFLAGS": SANITIZERS,
            "TILLSIDE_REQUIRE_KERNEL": "1",
        },
        capture_output=True,
        check=True,
    )
    return next((folder / "cext").glob("_kernel*.so"))


def library(name: str) -> str:
    """Where the compiler keeps a library of its own."""
    asked = subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True)
    return asked.stdout.strip()
