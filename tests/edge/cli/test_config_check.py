"""``tillside config check``: the daemon's own reader, before the daemon is restarted."""

import json
from pathlib import Path

from click.testing import CliRunner, Result

from edge.cli.main import tillside
from edge.cli.output import Exit

RUYISHU = Path(__file__).parents[3] / "docs" / "programmes" / "ruyishu.yaml"
GOOD = f"""
[store]
id = "S001"
tenant = "hao"
name = "好邻居"
[paths]
[programme]
bundle = "{RUYISHU}"
member_numbers = ["8[0-9]{{9}}"]
[[device]]
name = "front"
kind = "printer"
driver = "escpos"
port = "tcp://127.0.0.1:9100"
"""


def check(path: Path, text: str, *options: str) -> Result:
    path.write_text(text, encoding="utf-8")
    return CliRunner().invoke(tillside, ["config", "check", str(path), *options])


def test_a_good_file_is_summed_up(tmp_path: Path) -> None:
    said = check(tmp_path / "tillside.toml", GOOD)
    assert said.exit_code == Exit.OK
    assert "hao-S001 好邻居" in said.stdout
    assert "printer front: escpos on tcp://127.0.0.1:9100" in said.stdout


def test_json_is_for_scripts(tmp_path: Path) -> None:
    said = check(tmp_path / "tillside.toml", GOOD, "--json")
    assert json.loads(said.stdout)["hq"] is None


def test_the_key_that_is_wrong_is_named(tmp_path: Path) -> None:
    """A misspelt key must not be read as "not set"."""
    said = check(tmp_path / "tillside.toml", GOOD.replace("tenant", "tennant"))
    assert (said.exit_code, said.stdout) == (Exit.FAILED, "")
    assert "tennant" in said.stderr


def test_a_bundle_that_is_not_there_is_named(tmp_path: Path) -> None:
    said = check(tmp_path / "tillside.toml", GOOD.replace("ruyishu.yaml", "none.yaml"))
    assert (said.exit_code, said.stdout) == (Exit.FAILED, "")
    assert "none.yaml" in said.stderr


def test_a_driver_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Before the daemon is restarted with it."""
    said = check(tmp_path / "tillside.toml", GOOD.replace('"escpos"', '"escpoos"'))
    assert said.exit_code == Exit.FAILED
    assert "front" in said.stderr
    assert "escpos" in said.stderr


def test_a_missing_file_is_a_failure_not_a_traceback(tmp_path: Path) -> None:
    said = CliRunner().invoke(tillside, ["config", "check", str(tmp_path / "none.toml")])
    assert said.exit_code == Exit.FAILED
    assert said.stderr == f"error: {tmp_path}/none.toml: No such file or directory\n"


def test_the_brokers_password_is_not_shown(tmp_path: Path) -> None:
    text = GOOD + '[hq]\nbroker = "mqtts://shop:s3cret@mq.example:8883"\n'
    said = check(tmp_path / "tillside.toml", text)
    assert "mqtts://mq.example:8883" in said.stdout
    assert "s3cret" not in said.stdout
