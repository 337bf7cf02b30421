"""Who comes and what is on the shelf: the cast and the goods of the shopping day."""

import random
from dataclasses import dataclass
from typing import Any

MEMBER_DAY_CATEGORY = "member-day"


@dataclass(frozen=True, slots=True)
class Goods:
    """One article; ``pole`` is its name on a display without hanzi."""

    sku: str
    name: str
    pole: str
    price_fen: int
    category: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody with a member card, brought by the holder of ``referrer`` (a card number)."""

    card_no: str
    name: str
    phone: str
    birthday: str
    referrer: str | None = None


@dataclass(frozen=True, slots=True)
class Bought:
    """``count`` pieces of an article."""

    goods: Goods
    count: int = 1

    def line(self) -> dict[str, Any]:
        """As a till sends it."""
        goods = self.goods
        return {
            "sku": goods.sku,
            "name": goods.name,
            "qty_milli": self.count * 1000,
            "unit_price_fen": goods.price_fen,
            "category": goods.category,
        }


Basket = tuple[Bought, ...]

GINSENG = Goods("6901001", "西洋参礼盒", "GINSENG GIFT BOX", 60000)
FISH_OIL = Goods("6901002", "深海鱼油软胶囊", "FISH OIL", 10000)
CORDYCEPS = Goods("6901003", "冬虫夏草 10g", "CORDYCEPS 10G", 260000)
LINGZHI = Goods("6901004", "灵芝孢子粉", "LINGZHI POWDER", 12800)
PROPOLIS = Goods("6901005", "蜂胶胶囊", "PROPOLIS", 15800)
GOJI = Goods("6901006", "宁夏枸杞 500g", "GOJI BERRIES 500G", 6000, MEMBER_DAY_CATEGORY)
SHELF = (FISH_OIL, LINGZHI, PROPOLIS, GOJI)

WANG = Customer("80000001", "王芳", "13800138001", "03-08")
LI = Customer("80000002", "李强", "13800138002", "06-21", referrer=WANG.card_no)
ZHANG = Customer("80000003", "张敏", "13800138003", "11-02", referrer=LI.card_no)
CHEN = Customer("80000011", "陈静", "13800138011", "05-20")
CHEN_AGAIN = Customer("80000012", "陈静", "13800138011", "05-20")
"""The same, with the card that replaced the lost one."""


def born_on(month: int, day: int) -> Customer:
    """The customer who has a birthday on the day of the play."""
    return Customer("80000004", "赵磊", "13800138004", f"{month:02}-{day:02}")


def any_basket(chance: random.Random) -> Basket:
    """One to six lines off the shelf."""
    return tuple(Bought(chance.choice(SHELF), chance.randint(1, 2)) for _ in range(chance.randint(1, 6)))
