"""``tillside night`` beside the real daemon."""

import asyncio
import json
import signal
import sys

from drivers.testing import VirtualPrinter
from edge.cli.output import Exit
from tests.system.box_process import Box, running


async def night(box: Box) -> tuple[int | None, str, str]:
    """(exit code, stdout, stderr)."""
    command = [sys.executable, "-m", "edge.cli.main", "night", "--config", str(box.config), "--json"]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_the_night_can_be_had_at_once_and_only_from_a_daemon_that_runs() -> None:
    async with VirtualPrinter() as printer, running(printer) as box:
        code, out, _ = await night(box)
        done = json.loads(out)
        assert (code, done["warned"], done["lapsed"]) == (Exit.OK, 0, 0)
        await box.end(signal.SIGTERM)
        code, _, err = await night(box)
        assert code == Exit.UNREACHABLE
        assert "systemctl start tillside" in err
