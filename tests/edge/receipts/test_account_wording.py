"""The words of account slips: complete in the three languages."""

from typing import get_args

from edge.counter.payment import Why
from edge.receipts.account_slip import SlipKind
from edge.receipts.account_wording import LABELS, TITLES
from edge.receipts.wording import WORDING


def test_every_reason_for_money_has_a_line_in_the_shift_report() -> None:
    assert {f"why:{why}" for why in get_args(Why)} == {key for key in LABELS if key.startswith("why:")}


def test_every_slip_has_a_title_and_every_word_is_said_in_each_language() -> None:
    assert set(get_args(SlipKind)) == set(TITLES)
    assert all(
        set(said) == set(WORDING) and all(said.values()) for said in [*TITLES.values(), *LABELS.values()]
    )
