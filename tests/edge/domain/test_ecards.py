"""E-cards: RFC 6238's own numbers, and codes that count once and in order."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.ecards import WINDOW, code_of, ecard_patterns, judge_code, read_ecard, step_at

KEY = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
"""``12345678901234567890``, the key of RFC 6238, appendix B."""

STEPS = st.integers(WINDOW, 2**40)


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ],
)
def test_codes_are_those_of_the_rfc(second: int, code: str) -> None:
    assert code_of(KEY, step_at(second * 1000)) == code


@given(STEPS, st.integers(-3, 3))
def test_a_code_counts_within_a_step_of_its_time_and_once(now: int, away: int) -> None:
    shown = now + away
    if shown < 0:
        return
    code = code_of(KEY, shown)
    verdict, step = judge_code(KEY, code, now, 0)
    if abs(away) <= WINDOW and shown > 0:
        assert (verdict, code_of(KEY, step)) == ("good", code)
        assert judge_code(KEY, code, now, max(step, shown))[0] == "used"
    elif not any(code_of(KEY, near) == code for near in range(now - WINDOW, now + WINDOW + 1)):
        assert verdict == "stale"


@given(STEPS)
def test_no_code_counts_after_a_later_one(now: int) -> None:
    latest = now + WINDOW
    for earlier in range(now - WINDOW, latest + 1):
        assert judge_code(KEY, code_of(KEY, earlier), now, latest)[0] == "used"


@given(st.text(max_size=40))
def test_only_an_ecard_reads_as_one(text: str) -> None:
    shown = read_ecard(text)
    assert shown is None or text == f"TS1.{shown.card_no}.{shown.code}"


def test_readers_let_ecards_of_our_numbers_through() -> None:
    (pattern,) = ecard_patterns((r"8\d{7}",))
    assert re.fullmatch(pattern, "TS1.80000001.94287082")
    assert not re.fullmatch(pattern, "TS1.6222020200112233.94287082")
    shown = read_ecard("TS1.80000001.94287082")
    assert shown is not None
    assert shown == ("80000001", "94287082")
