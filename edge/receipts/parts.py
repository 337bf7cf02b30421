"""The parts that all slips share: numbers as text, head, member, foot, and the mark of a reprint."""

from typing import Protocol

from drivers.api import Block, Cut, Divider, Document, Feed, Pair, QrCode, Text
from edge.receipts.slips import Shop, SlipMember
from edge.receipts.wording import WORDING, Lang, Wording


class Numbered(Protocol):
    """What every slip has, whatever it is about."""

    @property
    def receipt_no(self) -> str: ...
    @property
    def terminal(self) -> str: ...
    @property
    def cashier(self) -> str: ...
    @property
    def committed_at(self) -> str: ...
    @property
    def business_date(self) -> str: ...
    @property
    def offline(self) -> bool: ...
    @property
    def clock_untrusted(self) -> bool: ...


def quantity(qty_milli: int) -> str:
    """``2000`` -> ``2``, ``485`` -> ``0.485``: no zeros that say nothing."""
    sign = "-" if qty_milli < 0 else ""
    whole, rest = divmod(abs(qty_milli), 1000)
    return f"{sign}{whole}" + (f".{rest:03d}".rstrip("0") if rest else "")


def clock_face(at: str) -> str:
    """``2026-11-22T14:03:22.123+08:00`` -> ``2026-11-22 14:03:22``: the store's own time, to the second."""
    return at[:19].replace("T", " ")


def head(shop: Shop, title: str, words: Wording) -> list[Block]:
    """Whose shop this is and what kind of slip."""
    blocks: list[Block] = [Text(shop.name, "center", bold=True, size=2)]
    if shop.address:
        blocks.append(Text(shop.address, "center"))
    if shop.phone:
        blocks.append(Text(f"{words.phone} {shop.phone}", "center"))
    return [*blocks, Text(title, "center", bold=True), Divider()]


def origin(slip: Numbered, words: Wording) -> list[Block]:
    """When, where and by whom; the business day only where it is not the day on the clock."""
    at = clock_face(slip.committed_at)
    blocks: list[Block] = [
        Pair(f"{words.receipt_no} {slip.receipt_no}", f"{words.terminal} {slip.terminal}"),
        Pair(f"{words.time} {at}", f"{words.cashier} {slip.cashier}"),
    ]
    if slip.business_date != at[:10]:
        blocks.append(Text(f"{words.business_date} {slip.business_date}"))
    return blocks


def who(member: SlipMember, words: Wording) -> Pair:
    """The member in one line, as masked as the slip's facts are."""
    name = " ".join(part for part in (words.member, member.name, member.number) if part)
    return Pair(name, member.tier)


def foot(slip: Numbered, words: Wording) -> list[Block]:
    """What a doubtful reader must know, then the slip's number for a scanner, then the knife."""
    notes = [words.offline] * slip.offline + [words.clock_untrusted] * slip.clock_untrusted
    return [*(Text(f"* {note}") for note in notes), Feed(), QrCode(slip.receipt_no), Feed(2), Cut()]


def reprinted(document: Document, count: int, lang: Lang) -> Document:
    """The same slip with the mark of its ``count``-th reprint (补打) above it; 0 leaves it as it is."""
    if count == 0:
        return document
    words = WORDING[lang]
    mark = Text(words.reprint, "center", bold=True, size=2)
    return (mark, Text(words.reprint_count.format(count), "center"), Divider("="), *document)
