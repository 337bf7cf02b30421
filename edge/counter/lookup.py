"""Who is this? A member by card, UID, id or phone; where a phone fits several, all of them masked."""

from typing import Literal

from edge.counter.ecards import shown_by_phone
from edge.counter.refusals import bad, no_such_member
from edge.counter.shop import Shop, nobody
from edge.counter.terms import Code, Reply, Request
from edge.counter.whole_member import MemberReply, whole_member
from edge.domain.member import Member, Status, masked_name, masked_number
from edge.errors import Code as ErrorCode
from edge.errors import PosError
from edge.storage.members import CANDIDATES_MAX

PHONE_SUFFIX_MIN = 4


class LookupRequest(Request, frozen=True):
    """Who is this? A phone may be given by its last four digits or more; ``qr`` is what a member's phone shows."""

    by: Literal["card", "uid", "phone", "id", "qr"]
    value: Code


class Candidate(Reply, frozen=True):
    """One of several who match, masked; of one whose card is stopped, no name."""

    id: str
    name: str
    card_no: str
    phone: str
    status: Status


class LookupReply(Reply, frozen=True, omit_defaults=True):
    """Exactly one of: the member, or the candidates to choose from."""

    member: MemberReply | None = None
    candidates: tuple[Candidate, ...] = ()


async def lookup_ecard(shop: Shop, terminal: str, request: LookupRequest) -> LookupReply:
    """The member whose phone shows a code that counts now; the code is used up. Raises 1201-1203."""
    try:
        return LookupReply(member=whole_member(shop, await shown_by_phone(shop, request.value)))
    except PosError as refusal:
        refusal.data["path"] = "/value"
        raise


def lookup(shop: Shop, terminal: str, request: LookupRequest) -> LookupReply:
    """The member, or masked candidates; raises 1201-1203, and shows nothing of a member whose card is stopped."""
    if request.by == "phone":
        return _by_phone(shop, request.value)
    number = request.value.upper() if request.by == "uid" else request.value
    return _shown(shop, _by_number(shop, request.by, number))


def whose(shop: Shop, number: str) -> dict[str, str | None]:
    """What a card that a reader saw says to its till: whose it is, or only that it is ``stopped`` and by what."""
    try:
        return {"member": shop.find_member(number).id}
    except PosError as refusal:
        if refusal.code is ErrorCode.NO_SUCH_MEMBER:
            return {"member": None}
        return {"member": None, "stopped": refusal.data.get("state", "expired")}


# --- the pieces ---


def _by_number(shop: Shop, by: str, number: str) -> Member:
    members = shop.snapshot.members
    found = members.by_id(number) if by == "id" else members.by_card(number)
    return found or nobody(shop.snapshot, number, "/value")


def _shown(shop: Shop, member: Member) -> LookupReply:
    try:
        return LookupReply(member=whole_member(shop, shop.usable(member, shop.now_ms())))
    except PosError as refusal:
        refusal.data["path"] = "/value"
        raise


def _by_phone(shop: Shop, digits: str) -> LookupReply:
    if not digits.isdigit() or len(digits) < PHONE_SUFFIX_MIN:
        raise bad("/value", f"give at least the last {PHONE_SUFFIX_MIN} digits", "请输入手机号后四位或更多")
    found = shop.snapshot.members.by_phone(digits)
    if not found:
        raise no_such_member("/value")
    if len(found) == 1:
        return _shown(shop, found[0])
    if len(found) > CANDIDATES_MAX:
        raise bad("/value", "too many members match: give more digits", "匹配会员过多，请输入更多位数")
    return LookupReply(candidates=tuple(_masked(member) for member in found))


def _masked(member: Member) -> Candidate:
    name = masked_name(member.name) if member.status == "active" else ""
    return Candidate(
        member.id, name, masked_number(member.card_no), masked_number(member.phone), member.status
    )
