"""What people type into tables, and what it means."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain.dates import is_mmdd
from edge.domain.lunar import is_lunar_mmdd
from edge.domain.member_rows import (
    COLUMNS,
    MemberRow,
    RowRefused,
    birthday_in,
    card_in,
    count_in,
    day_in,
    fen_in,
    gender_in,
    member_row,
    phone_in,
    tags_in,
)
from edge.domain.money import FEN_MAX, yuan

TODAY = date(2026, 11, 24)

noise = st.text("0123456789.,-/年月日农历初十廿元¥eE+ \0\n(）王٣é😀", max_size=14)
cells_of = st.dictionaries(
    st.sampled_from([field for field in COLUMNS if field != "name"]), noise, max_size=5
)


@given(st.builds(lambda cells: {"card_no": "80000001", "name": "王", **cells}, cells_of))
def test_a_row_is_understood_or_refused_by_field(cells: dict[str, str]) -> None:
    """Whatever stands in the cells, what comes out is within the ledger's bounds."""
    try:
        row = member_row(cells, TODAY)
    except RowRefused as refused:
        named = (refused.field in COLUMNS, refused.why != "", refused.zh != "")
        assert named == (True, True, True)
        return
    assert 0 < len(row.card_no) <= 64
    assert all(
        0 <= amount < FEN_MAX
        for amount in (row.points, row.stored_fen, row.gift_fen, row.cumulative_fen, row.visits)
    )
    if row.birthday:
        exists = is_mmdd if row.birthday_calendar == "solar" else is_lunar_mmdd
        assert exists(int(row.birthday[-5:-3]) * 100 + int(row.birthday[-2:]))
    for day in (row.registered, row.bought_on, row.valid_until):
        assert day is None or date.fromisoformat(day).isoformat() == day


@given(st.integers(0, FEN_MAX - 1), st.sampled_from(["{}", "￥{}", "¥ {}", "{}元", "{}0", "CNY{}"]))
def test_yuan_in_any_dress_are_the_same_fen(fen: int, dress: str) -> None:
    assert (
        member_row({"card_no": "1", "name": "王", "stored": dress.format(yuan(fen))}, TODAY).stored_fen == fen
    )
    assert fen_in("stored", f"{fen // 100:,}.{fen % 100:02d}") == fen


@given(st.dates(date(1901, 1, 1), date(2026, 11, 24)), st.sampled_from(["-", "/", "."]), st.booleans())
def test_days_in_any_dress_are_the_same_day(day: date, between: str, padded: bool) -> None:
    parts = [f"{day.year:04d}", f"{day.month:02d}" if padded else f"{day.month}", f"{day.day}"]
    assert day_in("registered", between.join(parts)) == day.isoformat()
    assert day_in("registered", "{}年{}月{}日".format(*parts)) == day.isoformat()
    assert day_in("registered", f"{day:%Y%m%d}") == day.isoformat()
    assert birthday_in(between.join(parts)) == (day.isoformat(), "solar")
    assert birthday_in(f"{day.month}月{day.day}日") == (f"{day:%m-%d}", "solar")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("农历五月初六", "05-06"),
        ("正月初一", "01-01"),
        ("1980年腊月廿三", "12-23"),
        ("冬月三十日", "11-30"),
        ("闰四月十五", "04-15"),
        ("十二月二十", "12-20"),
        ("农历:1980-5-6", "1980-05-06"),
        ("5月30日(农历)", "05-30"),
        ("lunar 02-30", "02-30"),
        ("农历1900-02-30", "02-30"),
    ],
)
def test_birthdays_by_the_moon(text: str, meant: str) -> None:
    assert birthday_in(text) == (meant, "lunar")


def test_the_calendar_may_have_a_column_of_its_own() -> None:
    assert birthday_in("1980-02-30", "农历") == ("1980-02-30", "lunar")
    assert birthday_in("", "农历") == (None, "lunar")
    assert birthday_in("公历1980-02-28", "") == ("1980-02-28", "solar")


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("138-0000 1234", "13800001234"),
        ("+86 13800001234", "13800001234"),
        ("13800001234.0", "13800001234"),
        ("", ""),
    ],
)
def test_phones_are_their_digits(text: str, digits: str) -> None:
    assert phone_in(text) == digits


def test_a_number_that_a_spreadsheet_rounded_is_not_guessed() -> None:
    with pytest.raises(RowRefused, match="rounded"):
        phone_in("1.38E+10")
    assert card_in({"card_no": "8.0001E+07"}) == ""
    assert card_in({"card_no": "８０００ ０００１"}) == "80000001"


def test_words_of_gender_and_labels() -> None:
    assert [gender_in(word) for word in ("女士", "男", "Female", "保密", "other")] == ["f", "m", "f", "", "x"]
    assert tags_in("茶友、团购,茶友;  老客 ") == ("茶友", "团购", "老客")


@pytest.mark.parametrize("text", ["-1", "1.2.3", "1,23", "abc", "1e3", "٣", "99999999999999999999999"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(RowRefused):
        fen_in("stored", text)
    with pytest.raises(RowRefused):
        count_in("points", text)


def test_exports_write_nothing_in_many_ways() -> None:
    cells = dict.fromkeys(COLUMNS, "-") | {"card_no": "80000001", "name": "王  小明"}
    assert member_row(cells, TODAY) == MemberRow("80000001", "王 小明")


def test_nobody_recommends_themselves_and_no_card_is_from_tomorrow_on() -> None:
    row = {"card_no": "80000001", "name": "王"}
    for field, text in (("referrer", "80000001"), ("registered", "2027-01-01"), ("bought_on", "1970-01-01")):
        with pytest.raises(RowRefused) as refused:
            member_row({**row, field: text}, TODAY)
        assert refused.value.field == field
