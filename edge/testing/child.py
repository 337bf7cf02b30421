"""A process of the stage: started with a log of its own, ended by its pid, never left behind."""

import asyncio
import os
import signal
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path

from edge.testing.errors import StageFailed

END_S_MAX = 10.0
LOG_TAIL_LINES = 15


class Child:
    """One process. Inside ``async with`` it runs; afterwards it has ended."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        log: Path,
        env: Mapping[str, str] | None = None,
        pipes: bool = False,
    ) -> None:
        self.name = name
        self._argv, self._log, self._env, self._pipes = argv, log, dict(env or {}), pipes
        self.process: asyncio.subprocess.Process

    async def __aenter__(self) -> "Child":
        pipe = asyncio.subprocess.PIPE if self._pipes else None
        with self._log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self._argv,
                stdin=pipe or asyncio.subprocess.DEVNULL,
                stdout=pipe or log,
                stderr=log,
                env=os.environ | self._env,
                limit=_LINE_BYTES_MAX,
                start_new_session=True,  # Ctrl-C is for us, who then end the others in good order
            )
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.end()

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.returncode is None

    async def end(self) -> None:
        """SIGTERM, and SIGKILL for one that does not listen."""
        if not self.running:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), END_S_MAX)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

    def check(self) -> None:
        """Raises StageFailed, with the end of its log, if it is not running."""
        if not self.running:
            raise self.failed(f"has ended with exit code {self.process.returncode}")

    def failed(self, how: str) -> StageFailed:
        """The error to raise when it ``how``, with the end of its log."""
        return StageFailed(f"{self.name} {how}", f"read {self._log}", tail(self._log))


_LINE_BYTES_MAX = 4 * 1024 * 1024


def tail(log: Path, lines: int = LOG_TAIL_LINES) -> str:
    """The last lines of a log, or nothing."""
    if not log.exists():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def tillside(*args: str) -> tuple[str, ...]:
    """Arguments that run the installed command; raises StageFailed if there is none."""
    command = Path(sysconfig.get_path("scripts")) / "tillside"
    if not command.exists():
        raise StageFailed(f"{command} is not there", "make setup")
    return (str(command), *args)
