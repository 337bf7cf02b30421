"""Gifts for points: the catalogue with its seasons, thresholds and stock, and entries of a draw."""

from datetime import date
from typing import Annotated

import msgspec

from edge.counter.account_slips import SlipRequest, fact, give_slip
from edge.counter.events import tell_hq
from edge.counter.refusals import bad
from edge.counter.shop import Shop, balances_in, spend
from edge.counter.stock import take_from_stock
from edge.counter.terms import Balances, Reply, Request
from edge.counter.terms import Code as Word
from edge.domain.limits import period_since
from edge.domain.member import Member
from edge.domain.rules.model import CatalogueGift, Draw
from edge.domain.units import POINTS
from edge.errors import Code, PosError
from edge.storage.gifts import Gifts
from edge.storage.ids import uuid7
from edge.storage.transaction import Transaction


class RedeemRequest(SlipRequest, frozen=True, kw_only=True):
    """Give ``qty`` of a catalogue gift for points."""

    member: Word
    gift: Word
    qty: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1


class RedeemReply(Reply, frozen=True):
    """The gift to hand over, and the points that it took."""

    gift: str
    name: str
    qty: int
    points: int
    balances: Balances
    slip: str
    receipt_no: str
    print_job: int | None
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


class ListRequest(Request, frozen=True):
    """The catalogue, for ``member`` or for anybody."""

    member: Word | None = None


class ListedGift(Reply, frozen=True):
    """A gift of the catalogue. ``why`` it cannot be had, "" where it can; ``short_points`` are lacking."""

    gift: str
    name: str
    points: int
    min_points: int
    worth_fen: int
    left_milli: int | None
    why: str
    short_points: int


class ListReply(Reply, frozen=True):
    """All gifts, as the bundle has them."""

    gifts: tuple[ListedGift, ...]


class EnterRequest(SlipRequest, frozen=True, kw_only=True):
    """Let a member take part in a draw."""

    member: Word
    draw: Word


class EnterReply(Reply, frozen=True):
    """The entry, and how many of the draw the member has now."""

    entry: str
    draw: str
    name: str
    entries: int
    points: int
    balances: Balances
    slip: str
    receipt_no: str
    print_job: int | None
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


async def redeem(shop: Shop, terminal: str, request: RedeemRequest) -> RedeemReply:
    """Take points and give the gift; raises 1201-1203, 1205, 1601, and -32602 with why it cannot be had."""

    def decide(transaction: Transaction) -> RedeemReply:
        member = shop.member_in(transaction, request.member)
        gift = _gift(shop, request.gift)
        today = shop.business_date(transaction.now_ms)
        held = transaction.ledger.balance(member.id, POINTS).balance
        _refuse_what_cannot_be_had(transaction.gifts, gift, member, request.qty, held, today)
        points = gift.points * request.qty
        spend(transaction.ledger, member.id, POINTS, points, "redeem", path="/gift")
        facts = [fact(gift.name, f"x {request.qty}"), fact("points", -points, "count")]
        given = give_slip(shop, transaction, terminal, "redemption", request, member, facts)
        if gift.sku and not take_from_stock(shop, transaction, gift.sku, request.qty, given.slip):
            raise bad("/gift", "this gift is out of stock", "礼品库存不足")
        day = today.isoformat()
        transaction.gifts.redeem(given.slip, member.id, gift.id, request.qty, points, day)
        told: dict[str, object] = {"gift": gift.id, "qty": request.qty, "points": points}
        told |= {"slip": given.slip, "receipt_no": given.receipt_no, "cashier": request.cashier}
        seq = tell_hq(shop, transaction, "redemption", member.id, told)
        return RedeemReply(
            gift.id,
            gift.name,
            request.qty,
            points,
            balances_in(transaction.ledger, member.id),
            given.slip,
            given.receipt_no,
            given.print_job,
            seq,
            shop.offline,
        )

    return await shop.write(terminal, "gift.redeem", request, RedeemReply, decide)


def list_gifts(shop: Shop, terminal: str, request: ListRequest) -> ListReply:
    """The catalogue, with why the member cannot have what; raises 1201-1203."""
    member = shop.find_member(request.member) if request.member else None
    held = shop.balances(member.id).points.spendable if member else 0
    today = shop.business_date(shop.now_ms())
    return ListReply(
        tuple(_listed(shop, gift, member, held, today) for gift in shop.programme.bundle.catalogue)
    )


async def enter(shop: Shop, terminal: str, request: EnterRequest) -> EnterReply:
    """Enter a draw; raises 1201-1203, 1205, 1601, and -32602 for a draw that is not open, or entered enough."""

    def decide(transaction: Transaction) -> EnterReply:
        member = shop.member_in(transaction, request.member)
        draw = _draw(shop, request.draw)
        today = shop.business_date(transaction.now_ms)
        _refuse_entry(transaction.gifts, draw, member, today)
        spend(transaction.ledger, member.id, POINTS, draw.points, "draw", path="/draw")
        entry = uuid7(transaction.now_ms)
        transaction.gifts.enter(entry, transaction.seq + 1, draw.id, member.id, today.isoformat())
        facts = [fact(draw.name, entry), fact("points", -draw.points, "count")]
        given = give_slip(shop, transaction, terminal, "draw", request, member, facts)
        told: dict[str, object] = {"draw": draw.id, "entry": entry, "points": draw.points}
        told |= {"receipt_no": given.receipt_no, "cashier": request.cashier}
        seq = tell_hq(shop, transaction, "draw_entry", member.id, told)
        return EnterReply(
            entry,
            draw.id,
            draw.name,
            transaction.gifts.entries(draw.id, member.id),
            draw.points,
            balances_in(transaction.ledger, member.id),
            given.slip,
            given.receipt_no,
            given.print_job,
            seq,
            shop.offline,
        )

    return await shop.write(terminal, "draw.enter", request, EnterReply, decide)


# --- the pieces ---


def _gift(shop: Shop, name: str) -> CatalogueGift:
    for gift in shop.programme.bundle.catalogue:
        if gift.id == name:
            return gift
    raise bad("/gift", f"no gift {name!r} in the catalogue", "兑换目录中没有这件礼品")


def _draw(shop: Shop, name: str) -> Draw:
    for draw in shop.programme.bundle.draws:
        if draw.id == name:
            return draw
    raise bad("/draw", f"no draw {name!r} in the programme", "没有这个抽奖活动")


def _in_season(terms: CatalogueGift | Draw, today: date) -> bool:
    return (terms.from_ is None or terms.from_ <= today) and (terms.to is None or today <= terms.to)


def _why_not(gifts: Gifts, gift: CatalogueGift, member: Member, qty: int, today: date) -> str:
    """In one word why the member may not have it, points aside."""
    if not _in_season(gift, today):
        return "season"
    if gift.tiers and member.tier not in gift.tiers:
        return "tier"
    since = period_since(gift.period, today.isoformat())
    if gift.per_member and gifts.taken(member.id, gift.id, since) + qty > gift.per_member:
        return "limit"
    return ""


_WHY = {
    "season": ("it is not the season of this gift", "不在兑换期内"),
    "tier": ("this gift is for other tiers", "此等级不能兑换这件礼品"),
    "limit": ("the member has taken as many as there are for each", "已达每位会员的兑换上限"),
}


def _refuse_what_cannot_be_had(
    gifts: Gifts, gift: CatalogueGift, member: Member, qty: int, held: int, today: date
) -> None:
    why = _why_not(gifts, gift, member, qty, today)
    if why:
        message, zh = _WHY[why]
        raise bad("/gift", message, zh)
    if held < gift.min_points:
        raise PosError(
            Code.BALANCE_SHORT,
            f"this gift is for members with {gift.min_points} points",
            zh=f"需持有 {gift.min_points} 分方可兑换",
            path="/gift",
            balance=held,
            asked=gift.min_points,
        )


def _listed(shop: Shop, gift: CatalogueGift, member: Member | None, held: int, today: date) -> ListedGift:
    left_milli = shop.snapshot.stock.holding(gift.sku).qty_milli if gift.sku else None
    needed = max(gift.points, gift.min_points)
    why = "" if _in_season(gift, today) else "season"
    if member is not None:
        why = _why_not(shop.snapshot.gifts, gift, member, 1, today) or ("points" if held < needed else "")
    if not why and left_milli is not None and left_milli < 1000:
        why = "stock"
    short = max(0, needed - held) if member else 0
    return ListedGift(
        gift.id, gift.name, gift.points, gift.min_points, gift.worth_fen, left_milli, why, short
    )


def _refuse_entry(gifts: Gifts, draw: Draw, member: Member, today: date) -> None:
    if not _in_season(draw, today):
        raise bad("/draw", "this draw is not open today", "抽奖不在活动期内")
    if gifts.entries(draw.id, member.id) >= draw.per_member:
        raise bad("/draw", f"a member enters this draw {draw.per_member} times at most", "已达抽奖次数上限")
