"""Staff of the shop: who is registered with which role, card and PIN, and who signs in at a till."""

import asyncio
import hashlib
from typing import Annotated

import msgspec

from edge.counter import pins
from edge.counter.events import tell_hq
from edge.counter.identity import known
from edge.counter.refusals import bad
from edge.counter.shop import Keyed, Shop
from edge.counter.terms import Name, Reply, Request
from edge.domain.staff import Role
from edge.errors import Code, PosError
from edge.storage.staff import StaffRow
from edge.storage.transaction import Transaction

StaffId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,32}$")]
Pin = Annotated[str, msgspec.Meta(pattern=r"^(\d{4,12})?$")]
CardNumber = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{0,64}$")]


class PutRequest(Keyed, frozen=True):
    """Register somebody, or change what is known: ``card`` and ``pin`` stay where left out, and go where empty."""

    id: StaffId
    name: Name
    role: Role
    card: CardNumber | None = None
    pin: Pin | None = None
    active: bool = True


class Person(Reply, frozen=True):
    """Somebody of the staff as others may see it."""

    id: str
    name: str
    role: Role
    card: str | None
    has_pin: bool
    active: bool


class PutReply(Reply, frozen=True):
    """The person as now registered."""

    person: Person
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


class StaffList(Reply, frozen=True):
    """Everybody who was ever registered; ``open_to_all`` while nobody is active."""

    staff: tuple[Person, ...]
    open_to_all: bool


class SignInRequest(Request, frozen=True):
    """By the number of a staff card as a reader read it, or by id and PIN."""

    card: CardNumber = ""
    id: StaffId | None = None
    pin: Pin = ""


class SignedIn(Reply, frozen=True):
    """Who the till is working for now; ``staff`` is empty where nobody has signed in."""

    staff: str
    name: str
    role: Role


async def put(shop: Shop, terminal: str, request: PutRequest) -> PutReply:
    """Register or change a person; what is written down holds neither card nor PIN in the clear."""
    if request.card and shop.config.programme.staff_numbers and not shop.is_staff_number(request.card):
        raise bad(
            "/card", "readers drop this number: see programme.staff_numbers", "读卡器不认此卡号，请检查配置"
        )
    sealed = await asyncio.to_thread(_sealed, shop, terminal, request)

    def decide(transaction: Transaction) -> PutReply:
        person = _person(transaction, request, sealed.pin)
        transaction.staff.put(person, transaction.seq + 1)
        told = {"id": person.id, "name": person.name, "role": person.role, "active": person.active}
        seq = tell_hq(shop, transaction, "staff", None, told)
        return PutReply(shown(person), seq, shop.offline)

    return await shop.write(terminal, "admin.staff.put", sealed, PutReply, decide)


def everybody(shop: Shop) -> StaffList:
    """All staff, cards masked."""
    return StaffList(tuple(map(shown, shop.snapshot.staff.everybody())), shop.open_to_all)


async def sign_in(shop: Shop, terminal: str, request: SignInRequest) -> StaffRow:
    """The person who signs in; raises 1002 for a card or a PIN that is nobody's."""
    if bool(request.card) == bool(request.id and request.pin):
        raise bad("/card", "sign in by card, or by id and pin", "请刷员工卡，或输入工号和密码")
    person = await known(shop, terminal, request.card or f"{request.id}:{request.pin}")
    if person is None:
        raise PosError(
            Code.NOT_ALLOWED,
            "no such staff card, or wrong PIN",
            zh="员工卡无效，或工号密码错误",
            path="/card" if request.card else "/pin",
        )
    return person


def shown(person: StaffRow) -> Person:
    """A person without what opens doors."""
    card = f"**{person.card[-2:]}" if person.card else None
    return Person(person.id, person.name, person.role, card, person.pin is not None, person.active)


# --- the pieces ---


class _Sealed(Keyed, frozen=True):
    """The request as it is written down."""

    id: str
    name: str
    role: Role
    card: str | None
    pin: str | None
    active: bool


def _sealed(shop: Shop, terminal: str, request: PutRequest) -> _Sealed:
    """Card and PIN sealed; the salt is the intent's own, so that a retry seals the same."""
    text = f"{shop.config.store.id}\0{terminal}\0{request.idem}"
    salt = hashlib.sha256(text.encode()).digest()[:16]
    card = pins.seal(request.card, salt) if request.card else request.card
    pin = pins.seal(request.pin, salt) if request.pin else request.pin
    return _Sealed(request.idem, request.id, request.name, request.role, card, pin, request.active)


def _person(transaction: Transaction, request: PutRequest, sealed_pin: str | None) -> StaffRow:
    """What is known of the person after this, checked."""
    before = transaction.staff.by_id(request.id)
    card, pin = (before.card, before.pin) if before else (None, None)
    if request.card is not None:
        card = request.card or None
    if sealed_pin is not None:
        pin = sealed_pin or None
    other = transaction.staff.by_card(card) if card else None
    if other is not None and other.id != request.id:
        raise bad("/card", f"this is the card of {other.id}", f"此卡已属于 {other.id}")
    if card and transaction.members.by_card(card) is not None:
        raise bad("/card", "this is a member's card", "此卡是会员卡")
    return StaffRow(request.id, request.name, request.role, card, pin, request.active)
