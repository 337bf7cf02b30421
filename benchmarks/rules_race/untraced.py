"""The kernel built once more without what it keeps only for a trace, so that what that costs can be counted.

Evaluation leaves behind, as words of bits, how far every rule came; nothing but ``explain`` reads some of them. A
copy of the source is built in which those are not written. Where the kernel has changed so much that there is
nothing to leave out, ValueError says so.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEPT_FOR_TRACE = re.compile(
    r"^( +)(?:put_in\(work\.(?:in_need|silenced|valued|fired), \w+\)"
    r"|work\.in_need\[\w+\] = .*"
    r"|work\.winners\[.+\] = .*)$",
    re.MULTILINE,
)
BUILD_S_MAX = 180


def build(folder: Path) -> Path:
    """A folder that ``cext`` can be imported from; raises ValueError, CalledProcessError."""
    copy = folder / "untraced"
    shutil.copytree(ROOT / "cext", copy / "cext", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    for name in ("setup.py", "pyproject.toml"):
        shutil.copy(ROOT / name, copy)
    left_out = 0
    for source in (copy / "cext").glob("*.pxi"):
        text, found = KEPT_FOR_TRACE.subn(r"\1pass", source.read_text())
        source.write_text(text)
        left_out += found
    if not left_out:
        raise ValueError("the kernel writes nothing that could be left out")
    command = [sys.executable, "setup.py", "-q", "build_ext", "--inplace"]
    subprocess.run(command, cwd=copy, check=True, capture_output=True, timeout=BUILD_S_MAX)
    return copy
