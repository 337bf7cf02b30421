"""A staff card at a real reader: whose it is, and what it opens."""

import asyncio
import uuid

from edge.rpc.client import Client
from tests.system.conftest import Box
from tests.system.test_bad_input import refusal

CARD = "990001"


async def test_a_staff_card_says_whose_it_is_and_signs_in(box: Box) -> None:
    """A card that nobody has been given yet is nobody's; afterwards it names the person, and no member."""
    with await asyncio.to_thread(box.till) as till:
        await asyncio.to_thread(till.call, "events.subscribe", topics=["card"])
        await asyncio.to_thread(till.call, "reader.arm")
        seen = await swiped(box, till)
        assert (seen["member"], "staff" in seen) == (None, False)
        await asyncio.to_thread(register, box)
        await asyncio.sleep(0.5)  # what follows within 0.3 s would be the rest of the same swipe
        seen = await swiped(box, till)
        assert (seen["token"], seen["staff"], "member" in seen) == (CARD, "M1", False)
        signed = await asyncio.to_thread(till.call, "staff.signin", card=seen["token"])
        assert signed == {"staff": "M1", "name": "店长李", "role": "manager"}


async def swiped(box: Box, till: Client) -> dict[str, object]:
    box.reader.swipe(f"{CARD}=2912")
    method, event = await asyncio.to_thread(till.next_notification)
    assert method == "event.card"
    return event


def register(box: Box) -> None:
    """A number that the readers would drop is no staff card."""
    with Client(box.folder / "run" / "admin.sock") as admin:
        admin.hello("box")
        dropped = {"id": "M1", "name": "店长李", "role": "manager", "card": "123"}
        assert refusal(admin, "admin.staff.put", idem=str(uuid.uuid4()), **dropped) == (-32602, "/card")
        person = {"id": "M1", "name": "店长李", "role": "manager", "card": CARD}
        admin.call("admin.staff.put", idem=str(uuid.uuid4()), **person)
