"""Goods as people write them into a spreadsheet, cell by cell: what they type becomes what the box keeps."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from edge.domain.money import FEN_MAX

TEXT_MAX = 64
BARCODES_MAX = 32

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "sku": (
        "货号",
        "編號",
        "编号",
        "商品编号",
        "商品编码",
        "商品編碼",
        "编码",
        "貨號",
        "item number",
        "code",
        "item",
    ),
    "name": ("名称", "品名", "商品名称", "名稱", "商品名稱", "goods", "item name", "description"),
    "price": (
        "售价",
        "零售价",
        "单价",
        "价格",
        "售價",
        "零售價",
        "單價",
        "price_fen",
        "retail price",
        "unit price",
    ),
    "cost": (
        "进价",
        "成本",
        "成本价",
        "进货价",
        "進價",
        "成本價",
        "cost_fen",
        "cost price",
        "purchase price",
    ),
    "cat1": (
        "大类",
        "一级分类",
        "分类",
        "类别",
        "大類",
        "一級分類",
        "分類",
        "category",
        "category 1",
        "department",
    ),
    "cat2": ("中类", "二级分类", "中類", "二級分類", "category 2", "subcategory"),
    "cat3": ("小类", "三级分类", "小類", "三級分類", "category 3"),
    "brand": ("品牌", "make", "manufacturer"),
    "unit": ("单位", "計量單位", "计量单位", "單位", "uom"),
    "barcodes": ("条码", "條碼", "商品条码", "国际条码", "barcode", "ean", "upc", "gtin"),
    "is_service": ("服务", "服務", "是否服务", "service"),
    "alert": (
        "库存下限",
        "预警",
        "预警数量",
        "庫存下限",
        "安全库存",
        "最低库存",
        "alert_milli",
        "reorder level",
        "min stock",
    ),
    "best_before": ("保质期", "到期日", "有效期", "有效期至", "保質期", "best before", "expiry", "expires"),
    "active": ("在售", "状态", "上架", "狀態", "on sale", "enabled"),
}
"""Every field, and the columns that hold it as shops name them. Amounts are yuan, quantities whole units."""

_YES = {
    "1",
    "是",
    "y",
    "yes",
    "true",
    "服务",
    "服務",
    "service",
    "在售",
    "上架",
    "启用",
    "正常",
    "啟用",
    "active",
    "on",
}
_NO = {"0", "否", "n", "no", "false", "商品", "goods", "停售", "下架", "停用", "inactive", "off"}
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,3})?")
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")
_BARCODE = re.compile(r"[!-~]{1,32}")


class CellRefused(ValueError):
    """A cell that makes no sense: which ``field``, and why."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


def entry_of(cells: Mapping[str, str]) -> dict[str, Any]:
    """One article from its cells by field, as ``goods.put`` takes it. Empty cells say nothing. Raises CellRefused."""
    entry: dict[str, Any] = {}
    for field, cell in cells.items():
        text = unicodedata.normalize("NFKC", cell).strip()
        if text:
            key, read = _READERS[field]
            try:
                entry[key] = read(text)
            except ValueError as error:
                raise CellRefused(field, str(error)) from error
    for field, key in (("sku", "sku"), ("name", "name"), ("price", "price_fen")):
        if key not in entry:
            raise CellRefused(field, "is empty")
    return entry


def fen(text: str) -> int:
    """Fen of ``12.34`` yuan, however it is written; raises ValueError."""
    amount = _decimal(text.replace("¥", "").replace("元", "").replace(",", "").strip(), 2)
    if amount >= FEN_MAX:
        raise ValueError(f"{text} is too much")
    return amount


# --- the pieces ---


def _text(text: str) -> str:
    if len(text) > TEXT_MAX:
        raise ValueError(f"has {len(text)} characters, at most {TEXT_MAX}")
    return text


def _decimal(text: str, places: int) -> int:
    """A number of at most ``places`` decimals, without its point."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is no amount")
    whole, _, rest = text.partition(".")
    if len(rest.rstrip("0")) > places:
        raise ValueError(f"{text} has more than {places} decimals")
    return int(whole + rest[:places].ljust(places, "0"))


def _day(text: str) -> str:
    found = _DAY.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no date")
    return date(*map(int, found.groups())).isoformat()


def _flag(text: str) -> bool:
    word = text.casefold()
    if word not in _YES | _NO:
        raise ValueError(f"{text!r} is neither yes nor no")
    return word in _YES


def _barcodes(text: str) -> list[str]:
    codes = list(dict.fromkeys(re.split(r"[\s,;|、]+", text)))
    for code in codes:
        if not _BARCODE.fullmatch(code):
            raise ValueError(f"{code!r} is no barcode")
    if len(codes) > BARCODES_MAX:
        raise ValueError(f"{len(codes)} barcodes, at most {BARCODES_MAX}")
    return codes


_READERS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "sku": ("sku", _text),
    "name": ("name", _text),
    "price": ("price_fen", fen),
    "cost": ("cost_fen", fen),
    "cat1": ("cat1", _text),
    "cat2": ("cat2", _text),
    "cat3": ("cat3", _text),
    "brand": ("brand", _text),
    "unit": ("unit", _text),
    "barcodes": ("barcodes", _barcodes),
    "is_service": ("is_service", _flag),
    "alert": ("alert_milli", lambda text: _decimal(text, 3)),
    "best_before": ("best_before", _day),
    "active": ("active", _flag),
}
