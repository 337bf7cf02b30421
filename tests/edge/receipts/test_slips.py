"""Slips as a customer gets them: complete, in columns, in three languages, and the same on paper."""

from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.api import Cut, Document, Feed, Pair, QrCode, Row, Text
from drivers.printers.escpos_printer import EscposPrinter
from drivers.testing import VirtualPrinter
from drivers.transports.ports import open_link
from edge.domain.money import yuan
from edge.receipts.parts import quantity, reprinted
from edge.receipts.preview import preview
from edge.receipts.refund_slip import refund_document
from edge.receipts.sale_slip import sale_document
from edge.receipts.self_test import PROBES, self_test_page
from edge.receipts.slips import (
    PointsPart,
    RefundLine,
    RefundSlip,
    SaleSlip,
    Shop,
    SlipLine,
    SlipMember,
    Tender,
)
from edge.receipts.wording import WORDING, Lang

LANGS: tuple[Lang, ...] = get_args(Lang)
WIDTHS = (32, 42, 48)

SHOP = Shop("如意树养生馆", "上海市黄浦区人民路 88 号", "021-5550 0188")
MEMBER = SlipMember(
    name="王*",
    number="8899****34",
    tier="金卡",
    points_earned=529,
    points_used=1000,
    points_balance=8467,
    earned_by=(
        PointsPart("消费积分", 353),
        PointsPart("金卡 1.5 倍", 176),
    ),
    stored_value_fen=30000,
)
SALE = SaleSlip(
    shop=SHOP,
    receipt_no="S01-20261115-000123",
    terminal="T1",
    cashier="李芳",
    committed_at="2026-11-15T14:03:22.123+08:00",
    business_date="2026-11-15",
    lines=(
        SlipLine("东阿阿胶糕礼盒 250g", 2000, 12800, 25600, 1280, 24320, ("金卡 95 折",)),
        SlipLine("宁夏枸杞（散称）", 485, 9600, 4656, 0, 4656),
        SlipLine("蜂王浆 500g", 1000, 16800, 16800, 8400, 8400, ("会员日半价",)),
    ),
    list_fen=47056,
    discount_fen=9680,
    net_fen=37376,
    tenders=(Tender("stored_value", 20000), Tender("cash", 20000)),
    change_fen=4624,
    points_redeemed=1000,
    points_paid_fen=2000,
    member=MEMBER,
    messages=("再消费 1240.00 元即可升为钻石卡",),
)
REFUND = RefundSlip(
    shop=SHOP,
    receipt_no="S01-20261116-000009",
    sale_receipt_no="S01-20261115-000123",
    terminal="T1",
    cashier="李芳",
    committed_at="2026-11-16T02:03:22.000+08:00",
    business_date="2026-11-15",
    lines=(RefundLine("蜂王浆 500g", 1000, 8400),),
    amount_fen=7450,
    tender="cash",
    reason="包装破损",
    points_back=225,
    points_back_fen=450,
    points_clawed=119,
    points_short_fen=500,
    coupons_restored=("满 200 减 20",),
    member=MEMBER,
)


def cells(line: str) -> int:
    """Cells on paper: a hanzi is two."""
    return len(line.encode("gbk"))


def amount_after(lines: list[str], label: str) -> str:
    """The right-hand figure of the one line that begins with ``label``."""
    (line,) = [line for line in lines if line.startswith(label)]
    return line.rsplit(" ", 1)[1]


def texts(document: Document) -> str:
    return "\n".join(preview(document, 48))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("columns", WIDTHS)
def test_no_line_is_wider_than_the_paper(lang: Lang, columns: int) -> None:
    """On 58 mm and 80 mm rolls, also the reprint and the technician's page."""
    for document in (
        reprinted(sale_document(SALE, lang), 2, lang),
        refund_document(REFUND, lang),
        self_test_page("front", "tcp://192.0.2.7:9100", columns, lang),
    ):
        assert max(cells(line) for line in preview(document, columns)) <= columns


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("columns", WIDTHS)
def test_price_discount_and_money_received_stand_on_one_slip(lang: Lang, columns: int) -> None:
    """原价, 折扣 and 实收 with their sums, whatever the language and the paper."""
    words, lines = WORDING[lang], preview(sale_document(SALE, lang), columns)
    assert amount_after(lines, words.list_total) == "470.56"
    assert amount_after(lines, words.discount) == "-96.80"
    assert amount_after(lines, words.points_paid.format(1000)) == "-20.00"
    assert amount_after(lines, words.received).endswith("353.76")
    assert amount_after(lines, words.tender("cash")) == "200.00"
    assert amount_after(lines, words.change) == "46.24"
    assert amount_after(lines, words.points_earned) == "+529"
    assert amount_after(lines, words.points_used) == "-1000"
    assert amount_after(lines, words.points_balance) == "8467"


def test_chinese_slips_use_the_words_of_the_tax_rule() -> None:
    """The three words, on the simplified and the traditional slip."""
    assert all(word in texts(sale_document(SALE, "zh-CN")) for word in ("原价", "折扣", "实收", "可用积分"))
    assert all(word in texts(sale_document(SALE, "zh-TW")) for word in ("原價", "折扣", "實收", "可用積分"))


def test_the_figures_on_the_slip_add_up() -> None:
    """Tenders less change are what was received; lines are the totals; the rules' points the sum."""
    assert sum(tender.amount_fen for tender in SALE.tenders) - SALE.change_fen == SALE.received_fen
    assert sum(line.list_fen for line in SALE.lines) == SALE.list_fen
    assert sum(part.points for part in MEMBER.earned_by) == MEMBER.points_earned


def test_amounts_stand_in_one_column() -> None:
    """Every figure of the goods and the totals ends at the paper's right edge."""
    figures = [line for line in preview(sale_document(SALE, "zh-CN"), 48) if line[-3:-2] == "."]
    assert len(figures) >= 10
    assert {cells(line) for line in figures} == {48}


def test_a_slip_without_member_or_discount_says_nothing_of_them() -> None:
    """No points block, no reduction lines; the three totals stay."""
    plain = msgspec.structs.replace(
        SALE,
        member=None,
        lines=SALE.lines[1:2],
        discount_fen=0,
        points_paid_fen=0,
        points_redeemed=0,
        messages=(),
    )
    lines = preview(sale_document(plain, "zh-CN"))
    assert not [line for line in lines if "积分" in line or "会员" in line or "优惠" in line]
    assert amount_after(lines, "折扣") == "0.00"


def test_doubts_are_printed() -> None:
    """Offline and a clock that is not set are said on the slip, and only then."""
    doubtful = msgspec.structs.replace(SALE, offline=True, clock_untrusted=True)
    words = WORDING["zh-CN"]
    for note in (words.offline, words.clock_untrusted):
        assert note in texts(sale_document(doubtful, "zh-CN"))
        assert note not in texts(sale_document(SALE, "zh-CN"))


def test_the_business_day_is_printed_when_the_clock_shows_another() -> None:
    """A sale at two in the morning belongs to the day before."""
    assert "营业日 2026-11-15" in texts(refund_document(REFUND, "zh-CN"))
    assert "营业日" not in texts(sale_document(SALE, "zh-CN"))


def test_a_refund_says_what_became_of_money_points_and_coupons() -> None:
    """What came back, what was kept for spent points, what the customer is handed, and the old slip."""
    lines = preview(refund_document(REFUND, "zh-CN"))
    assert amount_after(lines, "退货金额") == "84.00"
    assert amount_after(lines, "其中退回积分抵扣") == "-4.50"
    assert amount_after(lines, "积分不足抵扣") == "-5.00"
    assert amount_after(lines, "实退") == "￥74.50"
    assert amount_after(lines, "退回积分") == "+225"
    assert amount_after(lines, "扣回积分") == "-119"
    assert "原单 S01-20261115-000123" in lines
    assert any("满 200 减 20" in line for line in lines)


def test_a_reprint_is_marked_with_its_count_and_an_original_is_not() -> None:
    """补打, and which one; the rest of the slip is the original's."""
    document = sale_document(SALE, "zh-CN")
    assert reprinted(document, 0, "zh-CN") == document
    again = reprinted(document, 2, "zh-CN")
    assert again[-len(document) :] == document
    assert "第 2 次补打" in texts(again)


def test_slips_survive_json() -> None:
    """The facts of a slip can be kept, and give the same document later."""
    kept = msgspec.json.encode(SALE)
    assert sale_document(msgspec.json.decode(kept, type=SaleSlip), "en") == sale_document(SALE, "en")


async def test_paper_shows_what_the_preview_shows() -> None:
    """Line for line, but that doubled lines are half as many cells on paper."""
    async with VirtualPrinter() as printer:
        driver = EscposPrinter(open_link(printer.port), {})
        document = sale_document(SALE, "zh-CN")
        await driver.open()
        await driver.send(driver.encode(document))
        await driver.close()
    paper = [line.split() for line in printer.receipts[0].splitlines()]
    assert paper == [line.split() for line in preview(document)][: len(paper)]
    lines = printer.receipts[0].splitlines()
    assert set(preview(document)) - set(lines) == {line for line in preview(document) if "￥353.76" in line}


def test_the_preview_knows_every_kind_of_block() -> None:
    """Rows stand in columns; a QR code is named; a cut is nothing."""
    document: Document = (Row(("茶", "2", "12.00"), (2, 1, 1)), Feed(2), QrCode("S-1"), Pair("a", "b"), Cut())
    assert preview(document, 32) == [
        "茶" + "2".rjust(22) + "12.00".rjust(8),
        "",
        "",
        "            [QR S-1]",
        "a" + " " * 30 + "b",
    ]


def test_the_technicians_page_probes_every_character_set() -> None:
    """A ruler as wide as the paper, and one line per step of the Chinese character sets."""
    page = self_test_page("front", "serial:/dev/ttyUSB0", 42, "en")
    assert Text("123456789012345678901234567890123456789012") in page
    assert all(Pair(charset, probe) in page for charset, probe in PROBES)


@given(st.integers(-(10**12), 10**12))
def test_money_reads_back(amount_fen: int) -> None:
    """Two decimals, the sign first, no separators: the text is the number."""
    text = yuan(amount_fen)
    assert int(text.replace(".", "")) == amount_fen
    assert text[-3] == "."


@given(st.integers(-(10**9), 10**9))
def test_quantities_read_back_without_idle_zeros(qty_milli: int) -> None:
    """``2`` and ``0.485``, never ``2.000``."""
    text = quantity(qty_milli)
    whole, _, rest = text.partition(".")
    assert int(whole + rest.ljust(3, "0")) == qty_milli
    assert not rest.endswith("0")
