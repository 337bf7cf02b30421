"""How the conversation with HQ stands, as the counter tells it: facts for sync.status and for replies."""

from collections.abc import Callable
from dataclasses import dataclass

from edge.counter.shop import Shop
from edge.counter.terms import Reply
from edge.domain.units import GIFT, POINTS, STORED, VOUCHER


@dataclass(slots=True)
class UplinkState:
    """Written by the uplink, read by the counter. Without HQ the box is its own authority and never offline."""

    configured: bool
    online: bool = False
    since_ms: int = 0
    last_error: str = ""
    next_try_s: float = 0.0
    alarm: str = ""
    fenced: bool = False
    hurry: Callable[[], None] = lambda: None

    @property
    def serving(self) -> bool:
        """True unless HQ is configured and out of reach."""
        return self.online or not self.configured


class SyncReply(Reply, frozen=True):
    """``queued`` events wait for HQ, the oldest for ``oldest_s`` seconds, ``bytes`` in all.

    ``exposure_fen`` is what members could not spend until somebody decides, if this box burned now: rights
    that HQ has granted here and that are not used up, points at their redemption value. ``clock_untrusted``: the
    box's clock is behind its own ledger. ``directory_version``: how far HQ's goods, prices and cards have come.
    """

    configured: bool
    online: bool
    since: str | None
    queued: int
    oldest_s: int
    bytes: int
    last_error: str
    next_try_s: float
    exposure_fen: int
    alarm: str
    incarnation: str
    clock_untrusted: bool
    directory_version: int


def sync_status(shop: Shop, state: UplinkState) -> SyncReply:
    """Where the queue to HQ stands."""
    queued, size, oldest_ms = shop.snapshot.queue()
    waiting_ms = shop.clock.now_ms() - oldest_ms if oldest_ms else 0
    return SyncReply(
        configured=state.configured,
        online=state.online,
        since=shop.local_time(state.since_ms) if state.since_ms else None,
        queued=queued,
        oldest_s=max(0, waiting_ms // 1000),
        bytes=size,
        last_error=state.last_error,
        next_try_s=round(state.next_try_s, 1),
        exposure_fen=exposure_fen(shop),
        alarm=state.alarm,
        incarnation=shop.snapshot.identity()[0],
        directory_version=shop.snapshot.directory_version(),
        clock_untrusted=shop.clock_untrusted,
    )


def exposure_fen(shop: Shop) -> int:
    """Money that members hold here, in both parts of stored value and in vouchers, and points at what they pay."""
    money_fen = sum(shop.snapshot.rights_out(unit) for unit in (STORED, GIFT, VOUCHER))
    return money_fen + shop.programme.redeemed_fen(shop.snapshot.rights_out(POINTS))
