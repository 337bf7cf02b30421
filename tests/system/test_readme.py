"""What the README promises is run as it stands there."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.rpc.client import Client

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
CONFIG = """
[store]
id = "S001"
tenant = "readme"
name = "儒意书"
[paths]
state = "{folder}/state"
run = "{folder}"
[programme]
bundle = "{root}/docs/programmes/ruyishu.yaml"
member_numbers = ['8\\d{{7}}']
"""


def snippet(language: str) -> str:
    """The README's one code block in ``language``."""
    (code,) = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return str(code)


@pytest.fixture
def sockets(tmp_path: Path) -> Iterator[Path]:
    """The folder of a running box's sockets."""
    config = tmp_path / "tillside.toml"
    config.write_text(CONFIG.format(folder=tmp_path, root=ROOT), "utf-8")
    command = [sys.executable, "-m", "edge.cli.main", "run", "--config", str(config)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT) as daemon:
        assert daemon.stderr is not None
        assert "event=ready" in daemon.stderr.readline()
        yield tmp_path
        daemon.terminate()


@pytest.mark.parametrize(("language", "command"), [("python", sys.executable), ("js", "node")])
def test_the_till_of_the_readme_sells(sockets: Path, language: str, command: str) -> None:
    """At most 12 lines, and they make a real sale with the right change."""
    if shutil.which(command) is None:
        pytest.skip(f"{command} is not installed")
    code = snippet(language)
    assert len(code.strip().splitlines()) <= 12
    program = sockets / "till"
    program.write_text(code.replace("/run/tillside", str(sockets)), "utf-8")
    done = subprocess.run([command, program], capture_output=True, text=True, timeout=30)
    assert re.fullmatch(r"S001-\d{6}-0001 change 4400\n", done.stdout), done.stderr
    with Client(sockets / "pos.sock") as till:
        till.hello("T9")
        assert len(till.call("sale.find")["sales"]) == 1
