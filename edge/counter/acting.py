"""Who stands behind the call that is being carried out: set where a request comes in, read where it is written."""

from contextvars import ContextVar

from edge.domain.staff import NOBODY, Actor

ACTING: ContextVar[Actor] = ContextVar("ACTING", default=NOBODY)
"""Each call is a task of its own, so what it sets is seen by nobody else."""
