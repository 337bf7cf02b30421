"""Members as an old system wrote them down, field by field: what people type becomes what the ledger keeps."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from edge.domain.dates import is_mmdd, mmdd
from edge.domain.lunar import Calendar, is_lunar_mmdd
from edge.domain.money import FEN_MAX

TEXT_MAX = 64
TAGS_MAX = 16
"""Of an old system's labels no more are taken over: a batch of members has to fit one event for HQ."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "card_no": ("卡号", "会员卡号", "會員卡號", "卡號", "card", "card number", "member card"),
    "name": ("姓名", "会员姓名", "會員姓名", "名字", "member name", "full name"),
    "phone": (
        "手机",
        "手机号",
        "手机号码",
        "手機",
        "手機號碼",
        "电话",
        "電話",
        "联系电话",
        "mobile",
        "telephone",
    ),
    "gender": ("性别", "性別", "sex"),
    "birthday": ("生日", "出生日期", "出生年月日", "date of birth", "dob"),
    "birthday_calendar": ("历法", "曆法", "生日历法", "calendar"),
    "referrer": ("介绍人", "介紹人", "推荐人", "推薦人", "介绍人卡号", "介紹人卡號", "referrer card"),
    "tier": ("等级", "等級", "会员等级", "會員等級", "级别", "級別", "level", "grade"),
    "points": ("积分", "積分", "积分余额", "積分餘額", "可用积分", "point balance", "points balance"),
    "stored": ("储值", "儲值", "余额", "餘額", "储值余额", "儲值餘額", "stored value", "balance"),
    "gift": ("赠送余额", "贈送餘額", "赠送金额", "贈送金額", "gift balance", "bonus balance"),
    "cumulative": ("累计消费", "累計消費", "消费总额", "消費總額", "cumulative", "total spent"),
    "visits": ("次数", "次數", "消费次数", "消費次數", "到店次数", "到店次數", "visit count"),
    "registered": (
        "开卡日期",
        "開卡日期",
        "办卡日期",
        "辦卡日期",
        "注册日期",
        "註冊日期",
        "registered on",
        "joined",
    ),
    "bought_on": ("最后消费", "最後消費", "最后消费日期", "最後消費日期", "last purchase", "last visit"),
    "valid_until": ("有效期", "有效期至", "到期日", "到期日期", "expires", "expiry"),
    "tags": ("标签", "標籤", "tag", "labels"),
}
"""Every field, and the columns that hold it as shops name them."""


class RowRefused(Exception):
    """A cell that makes no sense: which ``field``, and why in both languages."""

    def __init__(self, field: str, why: str, zh: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why
        self.zh = zh


class MemberRow(NamedTuple):
    """One member, understood. Days are ISO 8601, amounts fen; ``birthday`` is ``YYYY-MM-DD`` or ``MM-DD``."""

    card_no: str
    name: str
    phone: str = ""
    gender: str = ""
    birthday: str | None = None
    birthday_calendar: Calendar = "solar"
    referrer: str | None = None
    tier: str = ""
    points: int = 0
    stored_fen: int = 0
    gift_fen: int = 0
    cumulative_fen: int = 0
    visits: int = 0
    registered: str | None = None
    bought_on: str | None = None
    valid_until: str | None = None
    tags: tuple[str, ...] = ()


def member_row(cells: Mapping[str, str], today: date) -> MemberRow:
    """The member in ``cells`` (by field; a field that is not there is empty); raises RowRefused."""
    get = _Cells(cells)
    birthday, calendar = birthday_in(get("birthday"), get("birthday_calendar"))
    card_no, referrer = number_in(get("card_no")), number_in(get("referrer"), "referrer")
    if not card_no:
        raise RowRefused("card_no", "there is none", "没有卡号")
    if referrer == card_no:
        raise RowRefused("referrer", "nobody recommends themselves", "介绍人是本人")
    return MemberRow(
        card_no,
        name_in(get("name")),
        phone_in(get("phone")),
        gender_in(get("gender")),
        birthday,
        calendar,
        referrer or None,
        _short("tier", get("tier")),
        count_in("points", get("points")),
        fen_in("stored", get("stored")),
        fen_in("gift", get("gift")),
        fen_in("cumulative", get("cumulative")),
        count_in("visits", get("visits")),
        _past("registered", get("registered"), today),
        _past("bought_on", get("bought_on"), today),
        day_in("valid_until", get("valid_until")),
        tags_in(get("tags")),
    )


def card_in(cells: Mapping[str, str]) -> str:
    """The card number alone; nothing where it makes no sense."""
    try:
        return number_in(_Cells(cells)("card_no"))
    except RowRefused:
        return ""


class _Cells:
    """Cells by field, in plain letters: full-width digits become narrow, blanks at the ends go."""

    def __init__(self, cells: Mapping[str, str]) -> None:
        self._cells = cells

    def __call__(self, field: str) -> str:
        plain = unicodedata.normalize("NFKC", self._cells.get(field, "")).strip()
        if any(unicodedata.category(letter) == "Cc" for letter in plain if letter not in "\n\t"):
            raise RowRefused(field, "unreadable characters", "含有无法识别的字符")
        return "" if plain in NOTHING else " ".join(plain.split())


NOTHING = frozenset({"-", "--", "—", "/", "无", "無", "NULL", "null", "None", "N/A", "n/a", "#N/A"})
"""What exports write where there is nothing."""


# --- texts ---


def name_in(text: str) -> str:
    """A name; raises RowRefused for none."""
    if not text:
        raise RowRefused("name", "there is none", "没有姓名")
    return _short("name", text)


def number_in(text: str, field: str = "card_no") -> str:
    """A card number, or nothing; what a spreadsheet made a figure of is digits again."""
    text = _whole(field, text).replace(" ", "")
    if len(text) > TEXT_MAX:
        raise RowRefused(field, f"longer than {TEXT_MAX} characters", "过长")
    return text


def phone_in(text: str) -> str:
    """A phone number as its digits, without the country code of China; or nothing."""
    digits = re.sub(r"[\s().-]", "", _whole("phone", text))
    digits = re.sub(r"^(\+86|0086)(?=\d{11}$)", "", digits)
    if digits and not re.fullmatch(r"\+?[0-9]{5,19}", digits):
        raise RowRefused("phone", f"{text[:20]!r} is no phone number", "手机号不正确")
    return digits


GENDERS = {
    "f": ("女", "女士", "女性", "小姐", "f", "female", "woman", "ms", "mrs"),
    "m": ("男", "男士", "男性", "先生", "m", "male", "man", "mr"),
    "x": ("x", "其他", "其它", "other"),
    "": ("", "未知", "保密", "不详", "不詳", "unknown", "?"),
}
_GENDER_OF = {word: gender for gender, words in GENDERS.items() for word in words}


def gender_in(text: str) -> str:
    """``f``, ``m``, ``x`` or nothing."""
    gender = _GENDER_OF.get(text.casefold())
    if gender is None:
        raise RowRefused("gender", f"{text[:20]!r} is not 男, 女, f, m or x", "性别不正确")
    return gender


def tags_in(text: str) -> tuple[str, ...]:
    """Labels between commas, semicolons, strokes or 、; each once."""
    tags = tuple(dict.fromkeys(tag.strip() for tag in re.split(r"[,;|、]", text) if tag.strip()))
    if len(tags) > TAGS_MAX:
        raise RowRefused("tags", f"more than {TAGS_MAX}", f"标签多于 {TAGS_MAX} 个")
    return tuple(_short("tags", tag) for tag in tags)


# --- figures ---

_FIGURE = re.compile(r"([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(?:\.([0-9]*))?")


def fen_in(field: str, text: str) -> int:
    """Yuan as people write them (``￥1,234.50``, ``100元``) in fen; an empty cell is 0."""
    bare = text.removesuffix("元").removesuffix("CNY").removeprefix("CNY").removeprefix("RMB")
    yuan, decimals = _figure(field, bare.strip("¥￥ "))
    if decimals[2:].strip("0"):
        raise RowRefused(field, "parts of a fen", "金额超过两位小数")
    return _bounded(field, int(yuan + decimals[:2].ljust(2, "0")))


def count_in(field: str, text: str) -> int:
    """A whole number; an empty cell is 0."""
    whole, decimals = _figure(field, text)
    if decimals.strip("0"):
        raise RowRefused(field, "not a whole number", "不是整数")
    return _bounded(field, int(whole))


def _figure(field: str, text: str) -> tuple[str, str]:
    """The digits before the point and behind it."""
    if not text:
        return "0", ""
    if text.startswith("-") and text[1:2].isdigit():
        raise RowRefused(field, "less than nothing", "不能为负数")
    match = _FIGURE.fullmatch(text)
    if match is None:
        raise RowRefused(field, f"{text[:20]!r} is no number", "不是数字")
    return match[1].replace(",", "")[-20:], match[2] or ""


def _bounded(field: str, number: int) -> int:
    if number >= FEN_MAX:
        raise RowRefused(field, "too large", "数值过大")
    return number


# --- days ---

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?|(\d{4})(\d{2})(\d{2})")
_MONTH_DAY = re.compile(r"(\d{1,2})[-/.月](\d{1,2})日?")
_LUNAR = re.compile(r"^(农历|農曆|阴历|陰曆|旧历|舊曆|lunar)[::]?\s*|\s*[(]?(农历|農曆|阴历|陰曆|lunar)[)]?$")
_SOLAR = re.compile(r"^(公历|公曆|阳历|陽曆|新历|新曆|solar)[::]?\s*|\s*[(]?(公历|公曆|阳历|陽曆|solar)[)]?$")
_LUNAR_WORDS = re.compile(
    r"(?:\d{4}年)?[闰閏]?(正|[一二三四五六七八九]|十[一二]?|冬|[腊臘])月(初[一二三四五六七八九十]|十[一二三四五六七八九]|二十|[廿念][一二三四五六七八九]?|三十)日?"
)
_DIGITS = "零一二三四五六七八九"
_MONTHS = {"正": 1, "冬": 11, "腊": 12, "臘": 12, "十": 10, "十一": 11, "十二": 12}


def day_in(field: str, text: str) -> str | None:
    """A day as ISO 8601; None for an empty cell."""
    if not text:
        return None
    match = _DATE.fullmatch(text)
    try:
        if match is None:
            raise ValueError(text)
        year, month, day = (int(part) for part in match.groups() if part)
        return date(year, month, day).isoformat()
    except ValueError:
        raise RowRefused(field, f"{text[:20]!r} is no day", "日期不正确") from None


def birthday_in(text: str, calendar_text: str = "") -> tuple[str | None, Calendar]:
    """A birthday, with its year or without, and the calendar it is kept by: 农历五月初六, 1980/5/6, 5月6日."""
    calendar: Calendar = "lunar" if _LUNAR.search(calendar_text) or calendar_text == "农" else "solar"
    bare = _LUNAR.sub("", text)
    if bare != text:
        calendar = "lunar"
    bare = _SOLAR.sub("", bare).strip()
    if not bare:
        return None, calendar
    words = _LUNAR_WORDS.fullmatch(bare)
    if words:
        return _written(None, _lunar_month(words[1]), _lunar_day(words[2]), "lunar"), "lunar"
    match = _DATE.fullmatch(bare) or _MONTH_DAY.fullmatch(bare)
    if match is None:
        raise RowRefused("birthday", f"{text[:20]!r} is no day", "生日不正确")
    *year, month, day = (int(part) for part in match.groups() if part)
    return _written(year[0] if year else None, month, day, calendar), calendar


def _written(year: int | None, month: int, day: int, calendar: Calendar) -> str:
    """Raises RowRefused for a day that the calendar does not have; years that systems make up are left out."""
    exists = is_mmdd if calendar == "solar" else is_lunar_mmdd
    if month > 12 or not exists(mmdd(month, day)):
        raise RowRefused("birthday", f"there is no {month}-{day}", "生日日期不存在")
    known = "" if year is None or year <= UNKNOWN_YEAR else f"{year:04d}-"
    return f"{known}{month:02d}-{day:02d}"


UNKNOWN_YEAR = 1900
"""What old systems put where they did not know the year: 1900, 1899, 0001."""


def _lunar_month(text: str) -> int:
    return _MONTHS.get(text) or _DIGITS.index(text)


def _lunar_day(text: str) -> int:
    if text in ("二十", "三十"):
        return 20 if text == "二十" else 30
    if text == "初十":
        return 10
    tens = {"初": 0, "十": 10, "廿": 20, "念": 20}[text[0]]
    return tens + (_DIGITS.index(text[1]) if text[1:] else 0)


def _past(field: str, text: str, today: date) -> str | None:
    day = day_in(field, text)
    if day is not None and not FIRST_DAY <= day <= (today + timedelta(days=1)).isoformat():
        raise RowRefused(field, f"{day} cannot be", "日期不合理")
    return day


FIRST_DAY = "1980-01-01"
"""No shop's card is older."""


# --- the pieces ---


def _whole(field: str, text: str) -> str:
    """Undo what a spreadsheet does to long numbers; what it has rounded is refused."""
    if re.fullmatch(r"[0-9](\.[0-9]+)?[eE]\+?[0-9]+", text):
        zh = "表格把号码变成了科学计数法, 请按文本重新导出"
        raise RowRefused(field, f"{text[:20]!r}: the spreadsheet has rounded the number", zh)
    return text.removesuffix(".0") if re.fullmatch(r"[0-9]+\.0", text) else text


def _short(field: str, text: str) -> str:
    if len(text) > TEXT_MAX:
        raise RowRefused(field, f"longer than {TEXT_MAX} characters", "过长")
    return text
