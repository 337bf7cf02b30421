"""What a reminder says, in Chinese and in English, by its kind."""

from collections.abc import Mapping

from edge.domain.money import yuan
from edge.receipts.parts import quantity

_WORDS: Mapping[str, tuple[str, str]] = {
    "delivery": ("送货：{what}（{name}）", "Bring {what} ({name})"),
    "call": ("回访 {name}：{what}", "Call {name}: {what}"),
    "birthday": ("{name} 生日", "Birthday of {name}"),
    "kin_birthday": ("{name} 的{what} 生日", "Birthday in the family of {name}: {what}"),
    "card": ("{name} 的会员卡 {due} 到期", "The card of {name} ends on {due}"),
    "pass": ("{name} 的{what} {due} 到期", "{what} of {name} ends on {due}"),
    "visits": (
        "{name} 的{what} 还有 {amount} 次，{due} 到期",
        "{amount} visits of {name} ({what}) end on {due}",
    ),
    "coupon": ("{name} 的{what} {due} 到期", "{what} of {name} ends on {due}"),
    "voucher": ("{name} 的代金券 {fen} 元 {due} 到期", "A voucher of {name} for {fen} ends on {due}"),
    "credit": ("{name} 赊账 {fen} 元，{due} 应还", "{name} owes {fen}, due on {due}"),
    "stock": ("{what} 库存仅剩 {qty}，请补货", "{what}: {qty} left, order more"),
    "best_before": ("{what} {due} 到保质期，库存 {qty}", "{what}: {qty} in stock, best before {due}"),
    "tier": (
        "{name}（{what}）{due} 前无消费将降级",
        "{name} ({what}) goes down a tier on {due} without a purchase",
    ),
    "idle": ("{name} 自 {what} 起未消费", "{name} has bought nothing since {what}"),
    "cycle": (
        "{name} 平均 {amount} 天来一次，上次 {what}",
        "{name} comes every {amount} days, last on {what}",
    ),
    "low_balance": ("{name} 储值余额 {fen} 元", "{name} has {fen} of stored value left"),
}


def said(word: str, name: str, what: str, due: str, amount: int) -> tuple[str, str]:
    """(Chinese, English); ``amount`` is fen, thousandths or a number, as the kind wants it."""
    facts = {"name": name or "-", "what": what, "due": due, "amount": amount}
    facts |= {"fen": yuan(amount), "qty": quantity(amount)}
    zh, en = _WORDS[word]
    return zh.format(**facts), en.format(**facts)
