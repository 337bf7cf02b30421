"""How people write values, 200元, 95折, 周六, 08:00-22:00, 2026-12-24, turned into what the schema holds.

Each function takes the text and returns the plain value, or raises Misread with what would be right. A value that
is plain already never comes here.
"""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

DAY_MINUTES = 24 * 60
_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CHINESE_WEEKDAYS = "一二三四五六日"
_MONEY = re.compile(
    r"(?P<sign>[¥￥]|CNY|RMB)?\s*(?P<number>\d[\d,]*(?:\.\d+)?)\s*(?P<wan>万)?\s*(?P<unit>元|块|yuan|CNY|RMB|分|fen)?",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?P<y>\d{4})(?:-|年)(?P<m>\d{1,2})(?:-|月)(?P<d>\d{1,2})日?"
    r"(?:[T ]\s*(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2}))?)?\s*(?P<zone>Z|[-+]\d{2}:\d{2})?"
)
_MONTH_DAY = re.compile(r"(?:\d{4}[-年])?(\d{1,2})(?:-|月)(\d{1,2})[日号]?")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_SPAN = re.compile(r"\s*(?:-|–|—|~|～|至|到|\bto\b)\s*")
_LIST = re.compile(r"\s*[,，、/\s]\s*")


class Misread(ValueError):
    """A text that is not such a value; ``hint`` says what would be right."""

    def __init__(self, why: str, hint: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.hint = hint


class Form(NamedTuple):
    """A way of writing: how it is read, and how it is shown to somebody who got it wrong."""

    read: Callable[[str], object]
    example: str


def money(text: str) -> int:
    """Fen: ``200元``, ``23.50元``, ``¥1,000``, ``2万元``, ``50分``."""
    found = _MONEY.fullmatch(text.strip())
    if not found or not (found["sign"] or found["unit"] or found["wan"]):
        raise Misread(f"{text!r} is no amount", 'write 2350 (fen) or "23.50元"')
    number = Decimal(found["number"].replace(",", "")) * (10_000 if found["wan"] else 1)
    fen = number if (found["unit"] or "") in ("分", "fen") else number * 100
    if fen != fen.to_integral_value():
        raise Misread(f"{text!r} is not a whole number of fen", "two decimals at most")
    return int(fen)


def share_off(text: str) -> int:
    """Basis points off: ``95折`` and ``9.5折`` are 500, ``八折`` 2000, ``5%`` 500, ``半价`` 5000."""
    plain = text.strip().replace(" ", "")
    if plain in ("半价", "half price"):
        return 5000
    if plain.endswith("折"):
        return 10_000 - _paid(plain.removesuffix("折"), text)
    percent = re.fullmatch(r"-?(\d+(?:\.\d+)?)%(?:off)?", plain)
    if not percent:
        raise Misread(f"{text!r} is no discount", 'write 500 (basis points off), "95折" or "5%"')
    return _whole(Decimal(percent[1]) * 100, text, "basis points")


def share(text: str) -> int:
    """Basis points of a whole: ``1.5倍`` and ``150%`` are 15000."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(倍|x|×|times|%)", text.strip(), re.IGNORECASE)
    if not found:
        raise Misread(f"{text!r} is no rate", 'write 15000 (basis points), "1.5倍" or "150%"')
    return _whole(Decimal(found[1]) * (100 if found[2] == "%" else 10_000), text, "basis points")


def weekdays(text: str) -> list[int]:
    """Days of the week, Monday is 0: ``sat``, ``周六``, ``mon-fri``, ``周六、周日``, ``周末``."""
    return _spread(text, _weekday, 7, 0)


def monthdays(text: str) -> list[int]:
    """Days of the month: ``15日``, ``15号``, ``1-7``."""
    return _spread(text, _monthday, 31, 1)


def minutes(text: str) -> list[int]:
    """A stretch of the day: ``08:00-22:00`` is [480, 1320]."""
    ends = _SPAN.split(text.strip())
    if len(ends) != 2:
        raise Misread(f"{text!r} is no stretch of the day", 'write "08:00-22:00" or [480, 1320]')
    return [minute(ends[0]), minute(ends[1])]


def minute(text: str) -> int:
    """Minutes since midnight: ``08:00`` is 480, ``24:00`` is 1440."""
    found = _CLOCK.fullmatch(text.strip())
    at = int(found[1]) * 60 + int(found[2]) if found and int(found[2]) < 60 else DAY_MINUTES + 1
    if at > DAY_MINUTES:
        raise Misread(f"{text!r} is no time of day", 'write "08:00", from "00:00" to "24:00"')
    return at


def day_start_s(text: str) -> int:
    """Seconds since midnight: ``04:00`` is 14400."""
    return minute(text) * 60


def moment(text: str) -> str:
    """A date with a time; a date alone is its midnight: ``2026-12-24`` is 2026-12-24T00:00:00."""
    found = _DATE.fullmatch(text.strip())
    if not found:
        raise Misread(f"{text!r} is no date", "write 2026-12-24 or 2026-12-24T08:00")
    parts = [int(found[name] or 0) for name in "ymdHMS"]
    try:
        return datetime.fromisoformat(_iso(parts) + (found["zone"] or "").replace("Z", "+00:00")).isoformat()
    except ValueError as failed:
        raise Misread(f"{text!r} is no date: {failed}", "write 2026-12-24 or 2026-12-24T08:00") from failed


def birthday(text: str) -> int:
    """A day of the year as MMDD: ``11-22``, ``11月22日`` and ``1990-11-22`` are 1122."""
    found = _MONTH_DAY.fullmatch(text.strip())
    if not found or not (1 <= int(found[1]) <= 12 and 1 <= int(found[2]) <= 31):
        raise Misread(f"{text!r} is no birthday", 'write 1122 or "11-22"')
    return int(found[1]) * 100 + int(found[2])


def truth(text: str) -> bool:
    """``true``, ``yes``, ``是`` and their opposites."""
    word = text.strip().lower()
    if word in ("true", "yes", "y", "on", "是"):
        return True
    if word in ("false", "no", "n", "off", "否"):
        return False
    raise Misread(f"{text!r} is neither true nor false", "write true or false")


def counted(units: str) -> Form:
    """A whole number with one of ``units`` (separated by blanks) behind it: ``3件``, ``100积分``."""

    def read(text: str) -> int:
        found = re.fullmatch(rf"(\d{{1,12}})\s*(?:{'|'.join(units.split())})", text.strip(), re.IGNORECASE)
        if not found:
            raise Misread(f"{text!r} is no whole number", f'write 3 or "3{units.split()[0]}"')
        return int(found[1])

    return Form(read, f'3 or "3{units.split()[0]}"')


def _paid(text: str, written: str) -> int:
    """What is left to pay at so many 折, in basis points: 95 and 9.5 are 9500, 8 is 8000."""
    text = "".join(str(_DIGITS.get(char, char)) for char in text)
    found = re.fullmatch(r"([1-9])(?:\.(\d{1,3}))?|([1-9])([1-9])", text)
    if not found:
        raise Misread(f"{written!r} is no discount", 'write "95折", "9.5折" or "8折"')
    tenths = f"{found[1]}.{found[2] or 0}" if found[1] else f"{found[3]}.{found[4]}"
    return _whole(Decimal(tenths) * 1000, written, "basis points")


def _whole(number: Decimal, text: str, unit: str) -> int:
    if number != number.to_integral_value():
        raise Misread(f"{text!r} is not a whole number of {unit}", "two decimals of a percent at most")
    return int(number)


def _spread(text: str, one: Callable[[str], int], turn: int, first: int) -> list[int]:
    """Days written singly, in a list or as a range; ``周五-周一`` goes over the end of the week."""
    days: list[int] = []
    for part in _LIST.split(_SPAN.sub("-", text.strip())):
        start, *end = part.split("-", 1)
        if part in ("周末", "weekend"):
            days += [5, 6]
        elif not end:
            days.append(one(start))
        else:
            days += [
                (one(start) - first + n) % turn + first for n in range((one(end[0]) - one(start)) % turn + 1)
            ]
    return days


def _weekday(text: str) -> int:
    word = text.strip().lower()
    if word[:3] in _WEEKDAYS and (
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    )[_WEEKDAYS.index(word[:3])].startswith(word):
        return _WEEKDAYS.index(word[:3])
    day = re.fullmatch(r"(?:周|星期|礼拜)([一二三四五六日天])", word)
    if day:
        return _CHINESE_WEEKDAYS.index(day[1].replace("天", "日"))
    if re.fullmatch("[0-6]", word):
        return int(word)
    raise Misread(f"{text!r} is no weekday", "write mon … sun, 周一 … 周日, or 0 (Monday) to 6")


def _monthday(text: str) -> int:
    found = re.fullmatch(r"(\d{1,2})(?:日|号|st|nd|rd|th)?", text.strip())
    if not found or not 1 <= int(found[1]) <= 31:
        raise Misread(f"{text!r} is no day of the month", 'write 15, "15日" or "1-7"')
    return int(found[1])


def _iso(parts: list[int]) -> str:
    year, month, day, hour, minute_, second = parts
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute_:02d}:{second:02d}"


_MONEY_FORM = Form(money, '2350 (fen) or "23.50元"')
_POINTS_FORM = counted("积分 分 points pts")
_GIVEN = Form(lambda text: _either(text, _POINTS_FORM.read, money), '2350, "23.50元" or "300积分"')
_TIMES = counted("次 times")
_PIECES = counted("件 个 只 瓶 pieces pcs")
_MOMENT = Form(moment, "2026-12-24 or 2026-12-24T08:00")
_OFF = Form(share_off, '500 (basis points), "95折" or "5%"')

ITEMS = {
    "dow": Form(weekdays, "mon … sun, 周一 … 周日, or 0 (Monday) to 6"),
    "dom": Form(monthdays, 'a day, 15, "15日" or "1-7"'),
    "minutes": Form(minute, '"08:00" or 480'),
}
"""Lists whose members may be written so; dow and dom may come to several members each."""

FORMS = {
    "off_bp.bp": _OFF,
    "nth_item_bp.bp": _OFF,
    "bp": Form(share, '15000 (basis points) or "1.5倍"'),
    "max_bp": Form(share, '5000 (basis points) or "50%"'),
    "from": _MOMENT,
    "to": _MOMENT,
    "valid_from": _MOMENT,
    "announced": _MOMENT,
    "at": _MOMENT,
    "minutes": Form(minutes, '"08:00-22:00" or [480, 1320]'),
    "day_start_s": Form(day_start_s, '"04:00" or 14400'),
    "first": Form(truth, "true or false"),
    "bday": Form(birthday, '1122 or "11-22"'),
    **dict.fromkeys(("min_total", "max_total", "min_unit", "unit"), _MONEY_FORM),
    **dict.fromkeys(("gross", "discount", "payable"), _MONEY_FORM),
    **dict.fromkeys(("cap", "member_value", "day_value", "total_value"), _GIVEN),
    **dict.fromkeys(("pts", "points_used", "receipt_cap", "step"), _POINTS_FORM),
    **dict.fromkeys(("max_times", "per_member", "per_day", "visits"), _TIMES),
    **dict.fromkeys(("min_qty", "qty", "n"), _PIECES),
    "fired": _GIVEN,
}
"""By the key that holds the value, or by operation and key where the operation decides."""

UNITS = {
    "fen": _MONEY_FORM,
    "points": _POINTS_FORM,
    "price": _POINTS_FORM,
    "days": counted("天 日 days"),
    "months": counted("个月 月 months"),
}
"""By the last word of the key, which names the unit."""

LABELS = {
    "phase": {"折扣": "discount", "积分": "points", "赠品": "gifts"},
    "mode": {"叠加": "all", "最优": "best", "首个": "first"},
    "birthday": {"当天": "day", "当月": "month"},
    "birthday_calendar": {
        "公历": "solar",
        "阳历": "solar",
        "农历": "lunar",
        "阴历": "lunar",
        "皆可": "either",
    },
    "round": {"舍去": "down", "四舍五入": "half_up"},
}
"""Chinese names of the words that a key takes."""


def form_of(name: str, operation: str = "") -> Form | None:
    """How the value of the key ``name`` may be written, in a rule that does ``operation``."""
    found = FORMS.get(f"{operation}.{name}") or FORMS.get(name)
    if found is None and name.startswith("fen_per_"):
        return _MONEY_FORM
    return found or UNITS.get(name.rpartition("_")[2])


def _either(text: str, *readers: Callable[[str], object]) -> object:
    for read in readers[:-1]:
        try:
            return read(text)
        except Misread:
            continue
    return readers[-1](text)
