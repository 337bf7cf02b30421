"""What can go wrong on the stage.

TillsideError
└── StageFailed    a process died, did not come up, or said what it should not
"""

from edge.errors import TillsideError


class StageFailed(TillsideError):
    """The stage cannot go on; ``todo`` is what to do, ``log`` the end of the log of whom it concerns."""

    def __init__(self, message: str, todo: str = "", log: str = "") -> None:
        super().__init__(message)
        self.todo = todo
        self.log = log
