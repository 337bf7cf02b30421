"""The tier of a member: what leads up, counted since the last way down, and what threatens it."""

from datetime import date

from edge.counter.shop import Shop
from edge.counter.terms import Reply
from edge.domain.idleness import is_warned, tier_after_idleness, tier_ends
from edge.domain.member import Member, tier_after
from edge.domain.rules.compile import Programme
from edge.domain.units import POINTS
from edge.storage.transaction import Transaction


class TierWarning(Reply, frozen=True):
    """The tier goes on day ``on`` unless the member buys; ``tier_after`` None ends the membership."""

    on: str
    tier_after: str | None
    label: str


def tier_reached(
    programme: Programme,
    transaction: Transaction,
    member: Member,
    *,
    due_fen: int = 0,
    day_fen: int = 0,
    visits: int = 0,
    topup_fen: int = 0,
) -> str:
    """The tier that ``member`` holds after so much more, by whichever path; what a way down took counts no more.

    ``day_fen`` is all that was spent today. Points are those that the account holds now.
    """
    return tier_after(
        programme.tiers,
        member.tier,
        member.cumulative_fen + due_fen - member.base_fen,
        day_fen,
        points=transaction.ledger.live(member.id, POINTS).balance,
        visits=member.visits + visits - member.base_visits,
        topup_fen=topup_fen,
    )


def promote(shop: Shop, transaction: Transaction, member: Member, *, topup_fen: int = 0) -> str | None:
    """Move ``member`` to the tier that points held, or one top-up, have led to; None where it is no new one."""
    tier = tier_reached(shop.programme, transaction, member, topup_fen=topup_fen)
    if tier == member.tier:
        return None
    transaction.members.set_tier(member.id, tier, shop.business_date(transaction.now_ms).isoformat())
    return tier


def tier_warning(shop: Shop, member: Member) -> TierWarning | None:
    """What a member who has been warned loses, and when; None after the next purchase."""
    terms = shop.programme.bundle.downgrade
    if terms is None or member.warned_on is None:
        return None
    since = idle_since(shop, member)
    warned = date.fromisoformat(member.warned_on)
    if not is_warned(since, warned):
        return None
    on = tier_ends(terms, since, warned)
    left = tier_after_idleness(terms, shop.programme.tiers, member.tier)
    return TierWarning(on.isoformat(), left, shop.programme.tier_label(left) if left else "")


def idle_since(shop: Shop, member: Member) -> date:
    """The day from which idleness counts: the last purchase, the last change of tier, or the registration."""
    days = [day for day in (member.bought_on, member.tier_since) if day is not None]
    return date.fromisoformat(max(days)) if days else shop.business_date(member.registered_ms)
