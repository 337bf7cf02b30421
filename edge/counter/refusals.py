"""Refusals that several counters share, each with its stable code and a hint in both languages."""

from typing import Any

from edge.errors import Code, PosError, Retry


def bad(path: str, why: str, zh: str) -> PosError:
    """-32602 for a field that has the right type and still makes no sense."""
    return PosError(Code.INVALID_PARAMS, f"{path}: {why}", zh=zh, path=path)


def out_of_funds(balance: int, spendable: int, asked: int, unit: str) -> PosError:
    """1205 where the balance is short; 1601 where only HQ's grant for this box is."""
    facts: dict[str, Any] = {"balance": balance, "spendable": spendable, "asked": asked, "unit": unit}
    if balance >= asked:
        return PosError(
            Code.OFFLINE_LIMIT,
            f"only {spendable} may be spent here until HQ grants more",
            zh=f"本店暂可使用 {spendable}，其余待总部确认",
            path="/tenders",
            retry=Retry.NEW_IDEM,
            **facts,
        )
    return PosError(Code.BALANCE_SHORT, f"balance is {balance}", zh="余额不足", path="/tenders", **facts)


def no_such_sale(path: str = "/sale") -> PosError:
    """1307."""
    return PosError(Code.NO_SUCH_SALE, "no such sale", zh="没有这笔销售", path=path)
