"""What a member tells of themselves, checked: phone, birthday, family, the numbers that lead to them."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from edge.counter.refusals import bad
from edge.counter.shop import Shop
from edge.counter.terms import Name, Request, Text
from edge.domain.dates import is_mmdd, mmdd
from edge.domain.lunar import Calendar, is_lunar_mmdd
from edge.domain.member import masked_number
from edge.storage.kin import KinRow
from edge.storage.transaction import Transaction

Phone = Annotated[str, msgspec.Meta(pattern=r"^[0-9+-]{0,20}$")]
Birthday = Annotated[str, msgspec.Meta(pattern=r"^(\d{4}-)?\d{2}-\d{2}$")]
Uid = Annotated[str, msgspec.Meta(pattern=r"^([0-9A-Fa-f]{8}|[0-9A-Fa-f]{14}|[0-9A-Fa-f]{20})$")]
"""What an RFID or NFC chip calls itself: 4, 7 or 10 bytes as hex digits, so never as long as a bank card's number."""


class FamilyMember(Request, frozen=True):
    """Somebody of the family; ``birthday`` as that of a member."""

    name: Name
    relation: Text = ""
    birthday: Birthday | None = None
    birthday_calendar: Calendar = "solar"


Family = Annotated[tuple[FamilyMember, ...], msgspec.Meta(max_length=16)]


def day_of(birthday: str | None, calendar: Calendar, path: str = "/birthday") -> int | None:
    """A birthday as MMDD; raises -32602 for a day that the calendar does not have."""
    if birthday is None:
        return None
    day = mmdd(int(birthday[-5:-3]), int(birthday[-2:]))
    exists = is_mmdd if calendar == "solar" else is_lunar_mmdd
    if not exists(day):
        raise bad(path, f"there is no such day: {birthday}", "生日日期不存在")
    return day


def year_of(birthday: str | None) -> int | None:
    """The year of a birthday that says one."""
    return int(birthday[:4]) if birthday is not None and len(birthday) == len("2000-01-01") else None


def kin_of(family: Sequence[FamilyMember]) -> list[KinRow]:
    """The family as it is kept; raises -32602 for a birthday that there is not."""
    return [
        KinRow(
            one.name,
            one.relation,
            day_of(one.birthday, one.birthday_calendar, f"/family/{place}/birthday"),
            one.birthday_calendar,
        )
        for place, one in enumerate(family)
    ]


def plain_phone(phone: str) -> str:
    """A phone number without what people put between its digits."""
    return phone.replace("-", "")


def refuse_taken_phone(shop: Shop, transaction: Transaction, phone: str, member: str | None = None) -> None:
    """One person, one card: raises -32602 for a phone that another member has, where the programme wants that."""
    if not phone or not shop.programme.bundle.cards.one_per_phone:
        return
    for holder in transaction.members.holders(phone):
        if holder.id != member:
            card = masked_number(holder.card_no)
            refusal = bad("/phone", f"the member with card {card} has this phone", f"该手机号已办卡 {card}")
            refusal.data["card"] = card
            raise refusal


def refuse_taken_number(transaction: Transaction, number: str, path: str) -> None:
    """A number that ever led to somebody, here or as HQ knows, leads to nobody else: raises -32602."""
    if transaction.cards.by_number(number) is not None:
        raise bad(path, "this card belongs to a member already", "此卡号已登记")
    if (state := transaction.hot_cards.state(number)) is not None:
        raise bad(path, f"HQ says that this card is {state}", "此卡已被总部停用")


def refuse_foreign_number(shop: Shop, number: str) -> None:
    """Raises -32602 for a card number that is not one of ours."""
    if not shop.is_member_number(number):
        raise bad("/card_no", "this is not a member card number", "不是本店会员卡号")
