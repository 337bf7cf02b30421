"""A slip of what happened to a member's accounts, or of a shift: a title, then facts one by one."""

from typing import Literal

import msgspec

from drivers.api import Block, Divider, Document, Feed, Pair, Text
from edge.domain.money import yuan
from edge.receipts.account_wording import LABELS, TITLES
from edge.receipts.parts import foot, head, origin, who
from edge.receipts.slips import Shop, SlipMember
from edge.receipts.wording import WORDING, Lang, Wording

SlipKind = Literal[
    "topup",
    "withdraw",
    "pass_sold",
    "pass_used",
    "pass_refunded",
    "timed",
    "credit_repaid",
    "redemption",
    "card",
    "shift",
    "pay_in",
    "pay_out",
    "draw",
    "voucher",
]
OF_THE_STAFF: frozenset[SlipKind] = frozenset({"shift", "pay_in", "pay_out"})
"""Slips that no customer ever sees, let alone signs."""

ValueKind = Literal["text", "fen", "count", "tender", "divider"]
Value = int | str


class Fact(msgspec.Struct, frozen=True):
    """One line: the key of a label, and a value that is fen, a number, a text or the kind of a tender; or a divider."""

    key: str
    value: Value
    kind: ValueKind = "text"


class AccountSlip(msgspec.Struct, frozen=True):
    """One slip: ``committed_at`` is RFC 3339 in the store's own time; ``signed`` leaves room for a signature."""

    shop: Shop
    kind: SlipKind
    receipt_no: str
    terminal: str
    cashier: str
    committed_at: str
    business_date: str
    facts: tuple[Fact, ...]
    member: SlipMember | None = None
    signed: bool = False
    offline: bool = False
    clock_untrusted: bool = False


def account_document(slip: AccountSlip, lang: Lang) -> Document:
    """The slip, ready for any printer."""
    words = WORDING[lang]
    blocks: list[Block] = [*head(slip.shop, TITLES[slip.kind][lang], words), *origin(slip, words), Divider()]
    blocks += [_line(fact, lang, words) for fact in slip.facts]
    if slip.member:
        blocks += [Divider(), *_balances(slip.member, words)]
    if slip.signed:
        signature = LABELS["staff_signature"][lang] if slip.kind in OF_THE_STAFF else words.signature
        blocks += [Divider(), Feed(), Text(signature), Feed(2)]
    return (*blocks, Divider(), *foot(slip, words))


def _line(fact: Fact, lang: Lang, words: Wording) -> Block:
    if fact.kind == "divider":
        return Divider()
    label = _label(fact.key, lang, words)
    match fact.kind:
        case "fen":
            shown = yuan(int(fact.value))
        case "tender":
            shown = words.tender(str(fact.value))
        case _:
            shown = str(fact.value)
    return Pair(label, shown)


def _label(key: str, lang: Lang, words: Wording) -> str:
    """The words for ``key``; for ``tender:KIND`` (or the kind alone) and ``why:WORD`` those of the tender or reason."""
    said = LABELS.get(key)
    if said is not None:
        return said[lang]
    return words.tender(key.removeprefix("tender:").removeprefix("why:"))


def _balances(member: SlipMember, words: Wording) -> list[Block]:
    blocks: list[Block] = [who(member, words), Pair(words.points_balance, str(member.points_balance))]
    if member.stored_value_fen is not None:
        blocks.append(Pair(words.stored_value, yuan(member.stored_value_fen), bold=True))
    return blocks
