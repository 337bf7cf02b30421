"""What HQ grants is what the till may spend: nothing more while HQ is away, and nothing twice."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edge.clock import ManualClock
from edge.errors import Code, PosError
from edge.uplink.ledger_box import LedgerBox
from sync.envelope import GrantItem, GrantPage
from tests.edge.counter.conftest import NOW_MS, Counter, open_counter


@pytest.fixture
async def chain(tmp_path: Path) -> AsyncIterator[Counter]:
    """A store of a chain whose HQ has not been heard yet."""
    opened = await open_counter(tmp_path, ManualClock(NOW_MS), with_hq=True)
    yield opened
    await opened.close()


async def grants(chain: Counter, version: int, *items: GrantItem) -> None:
    """HQ's page, as it comes over the uplink."""
    nonce = chain.shop.snapshot.identity()[0]
    await LedgerBox(chain.shop).apply_grants(GrantPage(nonce, version, items))


async def refused(chain: Counter, member: str, **how: int) -> PosError:
    """The refusal of a sale."""
    with pytest.raises(PosError) as caught:
        await chain.sell(5_000, member=member, **how)
    return caught.value


async def test_points_earned_offline_wait_for_hq(chain: Counter) -> None:
    """100 points in the account, none of them spendable: 1601, and the sale can be made without them."""
    member = (await chain.register("80000001")).member
    await chain.sell(5_000, member=member)
    refusal = await refused(chain, member, redeem=10)
    assert refusal.code == Code.OFFLINE_LIMIT
    assert (refusal.data["balance"], refusal.data["spendable"]) == (100, 0)
    assert (await chain.sell(5_000, member=member)).points.earn == 100


async def test_what_hq_grants_is_spent_once_and_no_more(chain: Counter) -> None:
    """60 of 100 points granted: 60 are spent offline, one more is refused."""
    member = (await chain.register("80000001")).member
    await chain.sell(5_000, member=member)
    await grants(chain, 1, GrantItem(member, "points", 60, 0))
    await chain.sell(5_000, member=member, redeem=60)
    assert (await refused(chain, member, redeem=1)).code == Code.OFFLINE_LIMIT


async def test_a_page_that_comes_twice_grants_once(chain: Counter) -> None:
    """Totals are merged by the greatest, never added."""
    member = (await chain.register("80000001")).member
    await chain.sell(5_000, member=member)
    for version in (1, 1, 2):
        await grants(chain, version, GrantItem(member, "points", 60, 0))
    assert chain.shop.balances(member).points.spendable == 60


async def test_stored_value_credited_at_hq_is_spent_within_its_grant(chain: Counter) -> None:
    """CNY 50 credited and granted; 50 are paid from it, a fen more is refused as short."""
    member = (await chain.register("80000001")).member
    await grants(chain, 1, GrantItem(member, "fen", 5_000, 5_000))
    sold = await chain.sell(5_000, member=member, stored_fen=5_000)
    assert sold.balances is not None
    assert sold.balances.stored_value.balance_fen == 0
    assert (await refused(chain, member, stored_fen=1)).code == Code.BALANCE_SHORT


async def test_a_version_with_more_in_it_is_no_conflict(chain: Counter) -> None:
    """Not yet believed, a page is asked for again, and may by then say more."""
    member = (await chain.register("80000001")).member
    await chain.sell(5_000, member=member)
    box = LedgerBox(chain.shop)
    await box.fence("test")  # what was sold before is not at HQ yet: the page's `elsewhere` is not believed
    await grants(chain, 1, GrantItem(member, "points", 10, 0))
    await grants(chain, 1, GrantItem(member, "points", 30, 0))
    points = chain.shop.balances(member).points
    assert (points.balance, points.spendable) == (100, 30)


async def test_each_part_of_stored_value_is_spent_within_its_own_grant(chain: Counter) -> None:
    """CNY 50 paid in and 10 given at HQ, of the gift only 4 granted here: 54 may be spent, 55 wait for HQ."""
    member = (await chain.register("80000001")).member
    page = (GrantItem(member, "fen", 5_000, 5_000), GrantItem(member, "gift_fen", 400, 1_000))
    await grants(chain, 1, *page)
    stored = chain.shop.balances(member).stored_value
    assert (stored.balance_fen, stored.spendable_fen, stored.gift_fen) == (6_000, 5_400, 1_000)
    assert (await refused(chain, member, stored_fen=5_500)).code == Code.OFFLINE_LIMIT
    await chain.sell(5_000, member=member, stored_fen=5_400)
    assert (await refused(chain, member, stored_fen=1)).code == Code.OFFLINE_LIMIT
