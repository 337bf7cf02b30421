"""The C limit (benchmarks/rules_limit): built here, fed with packed bundles and receipts, asked for its time."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.rules_limit.pack import pack_file
from cext.bundle import read_bundle
from cext.request import read_request

SOURCE = Path(__file__).parents[1] / "rules_limit" / "limit.c"


def compiler() -> str | None:
    return shutil.which("cc") or shutil.which("gcc")


class Limit:
    """The compiled program and a folder for its files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.program = folder / "limit"
        found = compiler()
        if found is None:
            raise FileNotFoundError("no C compiler")
        subprocess.run([found, "-O2", "-o", self.program, SOURCE], check=True)

    def pack(self, name: str, bundle: bytes, receipts: Sequence[bytes]) -> Path:
        """Write the file that the limit reads."""
        packed = self._folder / f"{name}.bin"
        packed.write_bytes(pack_file(read_bundle(bundle), [read_request(one) for one in receipts]))
        return packed

    def ns(self, packed: Path, passes: int) -> float:
        """CPU time a basket, the median of the passes."""
        return float(self._run(packed, passes))

    def answers(self, packed: Path, rule_ids: Sequence[str]) -> list[dict[str, Any]]:
        """What the limit computes, in the words of the kernel's reply."""
        answers = []
        for line in self._run(packed, 0).splitlines():
            gross, payable, points, fired, net, earned = json.loads(line)
            answers.append(
                {
                    "gross": gross,
                    "discount": gross - payable,
                    "payable": payable,
                    "points": points,
                    "fired": [[rule_ids[place], value] for place, value in fired],
                    "line_net": net,
                    "line_points": earned,
                }
            )
        return answers

    def _run(self, packed: Path, passes: int) -> bytes:
        return subprocess.run([self.program, packed, str(passes)], check=True, capture_output=True).stdout
