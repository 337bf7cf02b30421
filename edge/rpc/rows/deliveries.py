"""Rows of deliveries, and of everything that somebody has to be reminded of."""

from typing import Any

from edge.counter import deliveries, reminders
from edge.errors import Code
from edge.rpc.methods import Method, Session
from edge.rpc.rows.desk import MEMBER, WRITE, Desk, writing


def delivery_rows(desk: Desk) -> tuple[Method[Any], ...]:
    """What was promised, and what is due."""
    shop = desk.shop

    def list_deliveries(session: Session, params: deliveries.ListRequest) -> deliveries.ListReply:
        return deliveries.list_deliveries(shop, session.terminal, params)

    async def list_reminders(session: Session, params: reminders.ListRequest) -> reminders.ListReply:
        return await reminders.list_reminders(shop, session.terminal, params)

    return (
        Method(
            "delivery.add",
            deliveries.AddRequest,
            deliveries.DeliveryReply,
            writing(desk, deliveries.add),
            (*WRITE, *MEMBER, Code.NO_SUCH_SALE),
            summary="Promise to bring something on a day.",
        ),
        Method(
            "delivery.done",
            deliveries.DoneRequest,
            deliveries.DeliveryReply,
            writing(desk, deliveries.done),
            WRITE,
            summary="It was brought.",
        ),
        Method(
            "delivery.cancel",
            deliveries.CancelRequest,
            deliveries.DeliveryReply,
            writing(desk, deliveries.cancel),
            WRITE,
            summary="Give a delivery up.",
        ),
        Method(
            "delivery.list",
            deliveries.ListRequest,
            deliveries.ListReply,
            list_deliveries,
            MEMBER,
            summary="Deliveries of a day, of a member, or all that are open.",
        ),
        Method(
            "reminder.list",
            reminders.ListRequest,
            reminders.ListReply,
            list_reminders,
            (),
            summary="Everything that is due, in one list.",
        ),
    )
