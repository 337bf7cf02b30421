"""Under which circumstances a basket is priced: the member, what limited rules gave before, the coupons presented."""

from collections.abc import Mapping

from edge.counter.coupons import Presented
from edge.counter.shop import Shop
from edge.domain.checkout import Decision, Occasion
from edge.domain.limits import Used, counted, used
from edge.domain.lunar import birthday_state
from edge.domain.member import Member
from edge.domain.rules.compile import Programme
from edge.storage.rule_uses import EVERYBODY, RuleUses
from edge.storage.transaction import Transaction


def occasion_of(
    shop: Shop, member: Member | None, coupons: tuple[Presented, ...], channel: str, pay: str, now_ms: int
) -> Occasion:
    """Everything that the rules are told beside the lines; reads the last COMMIT."""
    today = shop.business_date(now_ms).isoformat()
    return Occasion(
        at_ms=now_ms,
        store=shop.config.store.id,
        channel=channel,
        pay=pay,
        first=member is not None and member.visits == 0,
        birthday_state=_lunar_state(shop, member, now_ms),
        coupons=tuple(coupon.kind for coupon in coupons if not coupon.why),
        used=used_so_far(shop.programme, member, shop.snapshot.rule_uses, today),
    )


def used_so_far(
    programme: Programme, member: Member | None, uses: RuleUses, today: str
) -> Mapping[str, Used]:
    """What limited rules gave to the member so far; nothing for a stranger, to whom they do not give."""
    if member is None or not programme.limits:
        return {}
    return used(programme.limits, uses.of(member.id), uses.of(EVERYBODY), today)


def count_uses(
    transaction: Transaction, programme: Programme, member: Member, decision: Decision, today: str
) -> None:
    """Count what limited rules have given on this receipt."""
    transaction.rule_uses.add(member.id, counted(programme.limits, decision.given, today))


def _lunar_state(shop: Shop, member: Member | None, now_ms: int) -> int | None:
    """How near a lunar birthday is; None leaves a solar one to the kernel."""
    if member is None or member.birthday_calendar == "solar":
        return None
    return birthday_state(member.birthday, "lunar", shop.business_date(now_ms))
