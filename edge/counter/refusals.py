"""Refusals that several counters share, each with its stable code and a hint in both languages."""

from typing import Any

from edge.errors import Code, PosError, Retry


def bad(path: str, why: str, zh: str) -> PosError:
    """-32602 for a field that has the right type and still makes no sense."""
    return PosError(Code.INVALID_PARAMS, f"{path}: {why}", zh=zh, path=path)


def out_of_funds(balance: int, spendable: int, asked: int, unit: str, path: str = "/tenders") -> PosError:
    """1205 where the balance is short; 1601 where only HQ's grant for this box is."""
    facts: dict[str, Any] = {"balance": balance, "spendable": spendable, "asked": asked, "unit": unit}
    if balance >= asked:
        return PosError(
            Code.OFFLINE_LIMIT,
            f"only {spendable} may be spent here until HQ grants more",
            zh=f"本店暂可使用 {spendable}，其余待总部确认",
            path=path,
            retry=Retry.NEW_IDEM,
            **facts,
        )
    return PosError(Code.BALANCE_SHORT, f"balance is {balance}", zh="余额不足", path=path, **facts)


def no_such_sale(path: str = "/sale") -> PosError:
    """1307."""
    return PosError(Code.NO_SUCH_SALE, "no such sale", zh="没有这笔销售", path=path)


def no_such_member(path: str = "/member") -> PosError:
    """1201."""
    return PosError(Code.NO_SUCH_MEMBER, "no such member", zh="没有这个会员", path=path)


STOPPED = {
    "lost": "此卡已挂失",
    "frozen": "此卡已冻结",
    "cancelled": "此卡已注销",
    "replaced": "此卡已换新卡，旧卡作废",
}
"""What a till shows of a card that is stopped: this, and nothing of the member."""


def stopped(state: str, path: str = "/member") -> PosError:
    """1202 for a card that is lost, frozen, cancelled or replaced."""
    return PosError(Code.CARD_STOPPED, f"this card is {state}", zh=STOPPED[state], path=path, state=state)


def expired(last_day: str, path: str = "/member") -> PosError:
    """1203; ``last_day`` was the last on which the card was good."""
    return PosError(
        Code.CARD_EXPIRED,
        f"this card was valid until {last_day}",
        zh=f"此卡已于 {last_day} 到期，请先办理延期",
        path=path,
        last_day=last_day,
    )


def no_shift_open(terminal: str) -> PosError:
    """1312 where a shift is needed."""
    return PosError(
        Code.SHIFT,
        "no shift is open at this terminal: shift.open",
        zh="本收银台尚未开班",
        why="none_open",
        terminal=terminal,
    )
