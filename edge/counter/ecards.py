"""电子卡 at the counter: a key for the member's phone, and the codes that the phone shows."""

import hashlib

import msgspec

from edge.counter.approvals import approved_by
from edge.counter.events import tell_hq
from edge.counter.owners import owner_in
from edge.counter.refusals import bad
from edge.counter.shop import Keyed, Shop, in_good_standing, nobody
from edge.counter.terms import Code, Name, Reply, Text
from edge.domain.ecards import Shown, ecard_uri, judge_code, read_ecard, step_at
from edge.domain.member import Member
from edge.errors import Code as ErrorCode
from edge.errors import PosError
from edge.storage.transaction import Transaction


class EcardRequest(Keyed, frozen=True):
    """A key for the phone of ``member`` (an id, a card number, a UID or a phone number).

    The first one is for the asking; another one, which stops the former, wants ``approve``.
    """

    member: Code
    cashier: Name
    approve: Text = ""


class EcardReply(Reply, frozen=True):
    """``uri`` is the key as an otpauth URI, to be shown to the member as a QR code and then forgotten.

    It is not in the ledger's answer: a retry is given it again for as long as the key is the member's, None after.
    """

    member: str
    card_no: str
    issue: str
    queue_seq: int | None
    offline: bool
    uri: str | None = None
    duplicate: bool = False


async def issue(shop: Shop, terminal: str, request: EcardRequest) -> EcardReply:
    """Give the member's phone a key; raises 1201, 1202, and 1306 where the member has an e-card already."""
    from pyotp import random_base32

    def decide(transaction: Transaction) -> EcardReply:
        owner = in_good_standing(owner_in(transaction, request.member))
        approve = request.approve
        if transaction.members.ecard(owner.id)[0] is not None:
            approve = approved_by(transaction, terminal, "card.ecard:again", approve)
        key = random_base32()
        transaction.members.set_ecard(owner.id, key)
        told: dict[str, object] = {
            "issue": _named(key),
            "cashier": request.cashier,
            "approve": approve,
        }
        seq = tell_hq(shop, transaction, "ecard", owner.id, told)
        return EcardReply(owner.id, owner.card_no, _named(key), seq, shop.offline)

    reply = await shop.write(terminal, "card.ecard", request, EcardReply, decide)
    return msgspec.structs.replace(reply, uri=_uri(shop, reply))


async def shown_by_phone(shop: Shop, text: str) -> Member:
    """The member whose e-card this is; its code counts no second time. Raises 1201-1203, -32602 for any other text."""
    shown = read_ecard(text)
    if shown is None:
        raise bad("/value", "this is no e-card: a printed code is looked up by card", "不是电子会员卡二维码")
    now_ms = shop.clock.now_ms()
    return await shop.mark(lambda transaction: _count(shop, transaction, shown, now_ms))


# --- the pieces ---


def _count(shop: Shop, transaction: Transaction, shown: Shown, now_ms: int) -> Member:
    """Judge the code, and write down that it has counted before anybody hears of it."""
    member = _owner(transaction, shown.card_no)
    key, last_step = transaction.members.ecard(member.id)
    if key is None:
        raise _no_ecard("stale")
    verdict, step = judge_code(key, shown.code, step_at(now_ms), last_step)
    if verdict != "good":
        raise _no_ecard(verdict)
    transaction.members.ecard_shown(member.id, step)
    return shop.usable(member, now_ms)


def _owner(transaction: Transaction, card_no: str) -> Member:
    return in_good_standing(transaction.members.by_card(card_no) or nobody(transaction, card_no))


def _no_ecard(why: str) -> PosError:
    """1201 for a code that does not count: nobody is shown for a picture of one."""
    said = {
        "used": ("this code has been used: wait for the next one", "此动态码已使用，请等待刷新后重新出示"),
        "stale": (
            "this code is not of this moment: an old picture?",
            "动态码已失效（可能是截图），请刷新后重新出示",
        ),
    }
    message, zh = said[why]
    return PosError(ErrorCode.NO_SUCH_MEMBER, message, zh=zh, path="/value", reason=f"{why}_code")


def _named(key: str) -> str:
    """A name by which a key is known without being told."""
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _uri(shop: Shop, reply: EcardReply) -> str | None:
    key, _ = shop.snapshot.members.ecard(reply.member)
    if key is None or _named(key) != reply.issue:
        return None
    return ecard_uri(key, reply.card_no, shop.config.store.name)
