"""Values as people write them, each beside what it means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.money import yuan
from edge.domain.rules.authoring import forms
from edge.domain.rules.authoring.forms import Misread


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("200元", 20000),
        ("23.50元", 2350),
        ("23.5 元", 2350),
        ("¥1,000", 100_000),
        ("CNY 3", 300),
        ("1.6万元", 1_600_000),
        ("50分", 50),
        ("12 yuan", 1200),
    ],
)
def test_money(text: str, fen: int) -> None:
    assert forms.money(text) == fen


@given(fen=st.integers(0, 2**31))
def test_any_amount_can_be_written_in_yuan(fen: int) -> None:
    assert forms.money(f"{yuan(fen)}元") == fen


@pytest.mark.parametrize(
    ("text", "off_bp"),
    [
        ("95折", 500),
        ("9.5折", 500),
        ("九五折", 500),
        ("9折", 1000),
        ("8折", 2000),
        ("八折", 2000),
        ("88折", 1200),
        ("8.75折", 1250),
        ("半价", 5000),
        ("5%", 500),
        ("12.5 %", 1250),
        ("5% off", 500),
    ],
)
def test_discounts(text: str, off_bp: int) -> None:
    """折 says what is left to pay; a percentage what is taken off."""
    assert forms.share_off(text) == off_bp


@given(tenths=st.integers(11, 99).filter(lambda n: n % 10 != 0))
def test_both_ways_to_write_a_discount_agree(tenths: int) -> None:
    """95折 and 9.5折."""
    assert forms.share_off(f"{tenths}折") == forms.share_off(f"{tenths / 10}折") == 10_000 - tenths * 100


@pytest.mark.parametrize(
    ("text", "bp"), [("1.5倍", 15_000), ("2x", 20_000), ("150%", 15_000), ("0.5倍", 5000)]
)
def test_rates(text: str, bp: int) -> None:
    assert forms.share(text) == bp


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("sat", [5]),
        ("Saturday", [5]),
        ("周六", [5]),
        ("星期天", [6]),
        ("周六、周日", [5, 6]),
        ("周末", [5, 6]),
        ("mon-fri", [0, 1, 2, 3, 4]),
        ("周五至周一", [4, 5, 6, 0]),
        ("sat, sun", [5, 6]),
    ],
)
def test_weekdays(text: str, days: list[int]) -> None:
    """A range may go over the end of the week."""
    assert forms.weekdays(text) == days


@pytest.mark.parametrize(
    ("text", "days"), [("15日", [15]), ("1-3", [1, 2, 3]), ("15号", [15]), ("30-2", [30, 31, 1, 2])]
)
def test_days_of_the_month(text: str, days: list[int]) -> None:
    assert forms.monthdays(text) == days


@pytest.mark.parametrize(
    ("text", "stretch"),
    [("08:00-22:00", [480, 1320]), ("8:00 – 24:00", [480, 1440]), ("00:00至06:30", [0, 390])],
)
def test_minutes(text: str, stretch: list[int]) -> None:
    assert forms.minutes(text) == stretch


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-12-24", "2026-12-24T00:00:00"),
        ("2026-12-24T08:00", "2026-12-24T08:00:00"),
        ("2026-12-24 08:00:30", "2026-12-24T08:00:30"),
        ("2026年12月24日", "2026-12-24T00:00:00"),
        ("2026-12-24T08:00+08:00", "2026-12-24T08:00:00+08:00"),
        ("2026-12-24T00:00Z", "2026-12-24T00:00:00+00:00"),
    ],
)
def test_moments(text: str, moment: str) -> None:
    """A date without a time is its midnight."""
    assert forms.moment(text) == moment


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (forms.money, "200"),
        (forms.money, "23.505元"),
        (forms.money, "many元"),
        (forms.share_off, "10折"),
        (forms.share_off, "105折"),
        (forms.share_off, "0折"),
        (forms.share_off, "5"),
        (forms.share, "1.5"),
        (forms.share, "0.00001倍"),
        (forms.weekdays, "s"),
        (forms.weekdays, "caturday"),
        (forms.monthdays, "32"),
        (forms.minutes, "08:00"),
        (forms.minutes, "25:00-26:00"),
        (forms.minutes, "08:61-09:00"),
        (forms.moment, "2026-13-01"),
        (forms.moment, "24.12.2026"),
        (forms.birthday, "13-01"),
        (forms.truth, "maybe"),
    ],
)
def test_what_could_mean_two_things_is_refused_with_a_hint(read: object, text: str) -> None:
    """A bare 200 may be fen or yuan; 10折 full price or a tenth."""
    assert callable(read)
    with pytest.raises(Misread) as misread:
        read(text)
    assert misread.value.hint


@given(text=st.text(max_size=12), name=st.sampled_from([*forms.FORMS, *forms.ITEMS, *forms.UNITS]))
def test_any_text_is_read_or_refused(text: str, name: str) -> None:
    form = forms.ITEMS.get(name) or forms.form_of(name) or forms.FORMS[name]
    assert outcome(form, text) is not None


def outcome(form: forms.Form, text: str) -> object:
    try:
        return form.read(text)
    except Misread as misread:
        return misread.why
