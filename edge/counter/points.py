"""Points that no purchase brought: added or taken by hand, with a reason and somebody who answers for it."""

from typing import Annotated

import msgspec

from edge.counter.approvals import approved_by
from edge.counter.events import tell_hq
from edge.counter.refusals import bad
from edge.counter.shop import Keyed, Shop, balances_in, spend
from edge.counter.terms import Balances, Reply, Text
from edge.counter.terms import Code as Word
from edge.counter.tiers import promote
from edge.domain.bonuses import Occasion, bonuses_on
from edge.domain.dates import months_later
from edge.domain.ledger import NEVER_MS
from edge.domain.rules.model import Bonus
from edge.domain.units import POINTS
from edge.storage.transaction import Transaction

ADJUSTMENT_MAX = 1_000_000
"""More than this at once is a slip of the finger."""


def earn_points(shop: Shop, transaction: Transaction, member: str, points: int, code: str) -> None:
    """Credit points, from wherever they come: here it is said when they lapse."""
    months = shop.programme.bundle.points.expire_months
    today = shop.business_date(transaction.now_ms)
    expires_ms = NEVER_MS if months is None else shop.day_ends_ms(months_later(today, months))
    transaction.ledger.earn(member, POINTS, points, code, expires_ms)


class AdjustRequest(Keyed, frozen=True):
    """Add ``points``, or take them where negative; or give the ``bonus`` of the bundle with this id.

    ``approve`` names who allowed it.
    """

    member: Word
    points: Annotated[int, msgspec.Meta(ge=-ADJUSTMENT_MAX, le=ADJUSTMENT_MAX)] = 0
    bonus: Word | None = None
    reason: Text = ""
    approve: Text = ""
    cashier: Text = ""


class AdjustReply(Reply, frozen=True):
    """What was added (or taken, negative), and what the member holds now; the tier that it led to, if any."""

    points: int
    balances: Balances
    queue_seq: int | None
    offline: bool
    duplicate: bool = False
    tier_reached: str | None = None


async def adjust(shop: Shop, terminal: str, request: AdjustRequest) -> AdjustReply:
    """Change points by hand; raises 1201, 1202, 1306 without ``approve``, and 1205, 1601 where there are too few."""

    def decide(transaction: Transaction) -> AdjustReply:
        points, reason = _asked(shop, request, transaction.now_ms)
        who = request.approve
        if request.bonus is None:
            who = approved_by(transaction, terminal, "points.adjust:by_hand", request.approve)
        member = shop.member_in(transaction, request.member)
        ledger = transaction.ledger
        if points > 0:
            earn_points(shop, transaction, member.id, points, "adjust")
        else:
            spend(ledger, member.id, POINTS, -points, "adjust", path="/points")
        told: dict[str, object] = {
            "points": points,
            "reason": reason,
            "approve": who,
            "cashier": request.cashier,
        }
        tier = promote(shop, transaction, member) if points > 0 else None
        told |= {"tier_reached": tier} if tier else {}
        seq = tell_hq(shop, transaction, "points", member.id, told)
        return AdjustReply(points, balances_in(ledger, member.id), seq, shop.offline, tier_reached=tier)

    return await shop.write(terminal, "points.adjust", request, AdjustReply, decide)


def welcome_bonus(shop: Shop, transaction: Transaction, member: str) -> int:
    """Credit what the programme gives a new member; returns the points."""
    bonuses = bonuses_on(shop.programme.bundle, "register", shop.moment(transaction.now_ms))
    for bonus in bonuses:
        earn_points(shop, transaction, member, bonus.points, "bonus")
    return sum(bonus.points for bonus in bonuses)


# --- the pieces ---


def _asked(shop: Shop, request: AdjustRequest, now_ms: int) -> tuple[int, str]:
    """The points that are meant, and for what."""
    if request.bonus is not None:
        bonus = _bonus(shop, request.bonus, now_ms)
        return bonus.points, bonus.id
    if not request.points:
        raise bad("/points", "how many points?", "请填写积分数")
    if not request.reason:
        raise bad("/reason", "a change by hand needs a reason", "手工调整积分需要填写原因")
    return request.points, request.reason


def _bonus(shop: Shop, name: str, now_ms: int) -> Bonus:
    now, bundle = shop.moment(now_ms), shop.programme.bundle
    by_hand: tuple[Occasion, ...] = ("event", "survey", "special")
    for bonus in (one for occasion in by_hand for one in bonuses_on(bundle, occasion, now)):
        if bonus.id == name:
            return bonus
    raise bad(
        "/bonus", f"no bonus {name!r} that is given by hand is open now", "没有这项奖励，或不在有效期内"
    )
