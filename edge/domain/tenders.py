"""Ways of paying, and how what was paid goes back the way it came."""

from collections.abc import Sequence
from typing import Literal

TenderKind = Literal[
    "cash", "card", "wechat", "alipay", "other", "stored_value", "points", "voucher", "credit"
]


def back_as_paid(paid: Sequence[tuple[str, int]], back_fen: int) -> list[int]:
    """How much of each tender (kind, fen as handed over) goes back where ``back_fen`` do in all.

    What does not (the change, points that are short) is kept from the cash first, then from the last tender.
    """
    back = [fen for _, fen in paid]
    kept_fen = sum(back) - back_fen
    for index in sorted(range(len(paid)), key=lambda index: (paid[index][0] != "cash", -index)):
        kept = min(kept_fen, back[index])
        back[index] -= kept
        kept_fen -= kept
    return back
