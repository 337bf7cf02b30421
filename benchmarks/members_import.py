"""How long a chain's members take to come over: a table of 100,000 rows, a few of them bad, into a running daemon.

``python -m benchmarks.members_import [ROWS]`` imports it, then the same file once more, of which nothing is new.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from edge.testing.old_members import write_old_members

ROWS = 100_000
BAD_EVERY = 100
TARGET_S = 120
BUNDLE = Path(__file__).parents[1] / "docs" / "programmes" / "ruyishu.yaml"
TILLSIDE = (sys.executable, "-m", "edge.cli.main")
CONFIG = """
[store]
id = "S001"
tenant = "old"
name = "老店"
[paths]
state = "{folder}"
run = "{folder}"
[programme]
bundle = "{bundle}"
member_numbers = ["8\\\\d{{7}}"]
"""


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_old_members(folder / "old.csv", rows, BAD_EVERY)
        (folder / "tillside.toml").write_text(CONFIG.format(folder=folder, bundle=BUNDLE), "utf-8")
        with subprocess.Popen(
            (*TILLSIDE, "run", "--config", folder / "tillside.toml"), stderr=subprocess.DEVNULL
        ) as box:
            try:
                wait_for(folder / "admin.sock", box)
                shown("first", measure(folder, box.pid))
                shown("again", measure(folder, box.pid))
            finally:
                box.terminate()


def wait_for(socket: Path, box: "subprocess.Popen[bytes]") -> None:
    while not socket.exists():
        if box.poll() is not None:
            raise SystemExit(f"the daemon ended with {box.returncode}")
        time.sleep(0.05)


def measure(folder: Path, box: int) -> dict[str, float]:
    """One run of the verb, and the most memory that it and the daemon took."""
    argv = (
        *TILLSIDE, "members", "import", folder / "old.csv", "--json",
        "--config", folder / "tillside.toml", "--rejects", folder / "rejects.csv",
    )  # fmt: skip
    start = time.perf_counter()
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as verb:
        assert verb.stdout is not None
        said = json.loads(verb.stdout.read())
        _, _, used = os.wait4(verb.pid, 0)
        verb.returncode = 0
    took_s = time.perf_counter() - start
    return {**said, "took_s": took_s, "verb_mib": used.ru_maxrss / 1024, "box_mib": peak_mib(box)}


def peak_mib(pid: int) -> float:
    (peak,) = (
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")
    )
    return int(peak.split()[1]) / 1024


def shown(label: str, run: dict[str, float]) -> None:
    verdict = "ok" if run["took_s"] <= TARGET_S else f"OVER {TARGET_S} s"
    print(
        f"{label}: {run['rows']} rows in {run['took_s']:.1f} s, {run['rows'] / run['took_s']:.0f} rows/s;"
        f" {run['imported']} imported, {run['unchanged']} unchanged, {run['rejected']} rejected;"
        f" peak {run['verb_mib']:.0f} MiB, the daemon {run['box_mib']:.0f} MiB: {verdict}"
    )


if __name__ == "__main__":
    main()
