"""The row of the night's work, for technicians; it comes by itself every day."""

from typing import Any

from edge.counter.night import NightReply, run_night
from edge.rpc.methods import ADMIN, Method, Nothing, Session
from edge.rpc.rows.desk import Desk


def night_rows(desk: Desk) -> tuple[Method[Any], ...]:
    """Running it now."""

    async def run(session: Session, params: Nothing) -> NightReply:
        reply = await run_night(desk.shop)
        desk.written()
        return reply

    return (
        Method(
            "admin.night.run",
            Nothing,
            NightReply,
            run,
            (),
            ADMIN,
            "Review members and let lapse what is over; safe to repeat.",
        ),
    )
