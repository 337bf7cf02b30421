"""Every word with which a receipt is explained, in the three languages of a store."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Lang = Literal["zh-CN", "zh-TW", "en"]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language; ``{}`` stands for a number, a name or a list of names."""

    receipt: str
    refund: str
    void: str
    till: str
    member: str
    stranger: str
    rules: str
    version: str
    item: str
    quantity: str
    fen: str
    points: str
    net: str
    total: str
    points_paid: str
    gave_nothing: str
    match: str
    no_match: str
    stored: str
    replayed: str
    refunded: str
    voided: str
    refund_of: str
    spread_note: str
    any_of: str
    weekdays: tuple[str, ...]
    why: Mapping[str, str]


ZH_CN = Words(
    receipt="小票 {}",
    refund="退货小票 {}",
    void="作废小票 {}",
    till="收银机 {}",
    member="会员 {}，{}",
    stranger="非会员",
    rules="规则 {} 第 {} 版",
    version="规则包",
    item="商品 / 规则",
    quantity="数量x单价",
    fen="金额（元）",
    points="积分",
    net="实收",
    total="合计",
    points_paid="积分抵扣 {} 分",
    gave_nothing="未生效的规则",
    match="MATCH 重放一致：{} 项规则、{} 行商品，逐项相同",
    no_match="DIFFERENT 重放不一致：{} 处",
    stored="账本",
    replayed="重放",
    refunded="已退货 {}：{} 元，收回积分 {}",
    voided="已作废 {}：退款 {} 元，收回积分 {}",
    refund_of="退自销售小票 {}：退款 {} 元，收回积分 {}，退回积分 {}",
    spread_note="整单积分按各行应计积分的金额分摊，所以一行的积分可以不等于该行各规则之和。",
    any_of="、",
    weekdays=("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    why={
        "window": "不在有效期内（{}）",
        "weekday": "当天不是活动日（限{}）",
        "monthday": "当天不是活动日（限每月{}日）",
        "minutes": "不在活动时段（{}）",
        "tier": "会员等级不符（限{}）",
        "store": "本店不参加（限{}）",
        "pay": "支付方式不符（限{}）",
        "channel": "销售渠道不符（限{}）",
        "first": "不是首次购买",
        "birthday": "不是生日",
        "birthday_month": "不是生日当月",
        "tags": "会员没有标签{}",
        "coupon": "没有出示优惠券{}",
        "left_out": "出示的优惠券{}没有用：不用更划算",
        "total": "整单金额不符（{}）",
        "limit": "限次或限额已用完",
        "no_member": "没有会员卡",
        "no_line": "没有适用的商品",
        "need_fen": "还差 {} 元",
        "need_qty": "还差 {} 件",
        "suppressed": "与已享受的优惠组 {} 不同享",
        "no_value": "没有可减或可积的部分",
        "lost": "同组的「{}」优先",
    },
)

ZH_TW = Words(
    receipt="明細 {}",
    refund="退貨明細 {}",
    void="作廢明細 {}",
    till="收銀機 {}",
    member="會員 {}，{}",
    stranger="非會員",
    rules="規則 {} 第 {} 版",
    version="規則包",
    item="商品 / 規則",
    quantity="數量x單價",
    fen="金額（元）",
    points="積分",
    net="實收",
    total="合計",
    points_paid="積分折抵 {} 分",
    gave_nothing="未生效的規則",
    match="MATCH 重放一致：{} 項規則、{} 行商品，逐項相同",
    no_match="DIFFERENT 重放不一致：{} 處",
    stored="帳本",
    replayed="重放",
    refunded="已退貨 {}：{} 元，收回積分 {}",
    voided="已作廢 {}：退款 {} 元，收回積分 {}",
    refund_of="退自銷售明細 {}：退款 {} 元，收回積分 {}，退回積分 {}",
    spread_note="整單積分按各行應計積分的金額分攤，所以一行的積分可以不等於該行各規則之和。",
    any_of="、",
    weekdays=("週一", "週二", "週三", "週四", "週五", "週六", "週日"),
    why={
        "window": "不在有效期內（{}）",
        "weekday": "當天不是活動日（限{}）",
        "monthday": "當天不是活動日（限每月{}日）",
        "minutes": "不在活動時段（{}）",
        "tier": "會員等級不符（限{}）",
        "store": "本店不參加（限{}）",
        "pay": "支付方式不符（限{}）",
        "channel": "銷售通路不符（限{}）",
        "first": "不是首次購買",
        "birthday": "不是生日",
        "birthday_month": "不是生日當月",
        "tags": "會員沒有標籤{}",
        "coupon": "沒有出示優惠券{}",
        "left_out": "出示的優惠券{}沒有用：不用更划算",
        "total": "整單金額不符（{}）",
        "limit": "限次或限額已用完",
        "no_member": "沒有會員卡",
        "no_line": "沒有適用的商品",
        "need_fen": "還差 {} 元",
        "need_qty": "還差 {} 件",
        "suppressed": "與已享受的優惠組 {} 不同享",
        "no_value": "沒有可減或可積的部分",
        "lost": "同組的「{}」優先",
    },
)

EN = Words(
    receipt="receipt {}",
    refund="refund {}",
    void="void {}",
    till="till {}",
    member="member {}, {}",
    stranger="no member",
    rules="rules {} version {}",
    version="bundle",
    item="item / rule",
    quantity="qty x price",
    fen="yuan",
    points="points",
    net="paid",
    total="total",
    points_paid="{} points paid",
    gave_nothing="rules that gave nothing",
    match="MATCH: the replay equals the ledger in {} rules and {} lines",
    no_match="DIFFERENT: the replay and the ledger disagree in {} places",
    stored="ledger",
    replayed="replay",
    refunded="refunded by {}: {} yuan, {} points taken back",
    voided="voided by {}: {} yuan, {} points taken back",
    refund_of="of sale {}: {} yuan handed out, {} points taken back, {} returned",
    spread_note="The receipt's points are spread over its lines by what each earns on, so a line's points"
    " may differ from the sum of its rules.",
    any_of=", ",
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    why={
        "window": "outside its time ({})",
        "weekday": "not its weekday ({})",
        "monthday": "not its day of the month ({})",
        "minutes": "not its hour ({})",
        "tier": "not its tier ({})",
        "store": "not in this store ({})",
        "pay": "not this way of paying ({})",
        "channel": "not its channel ({})",
        "first": "not the first purchase",
        "birthday": "not the birthday",
        "birthday_month": "not the month of the birthday",
        "tags": "the member lacks the tag {}",
        "coupon": "coupon {} was not presented",
        "left_out": "coupon {} was presented, but leaving it out is better",
        "total": "the basket is not within {}",
        "limit": "its limit is used up",
        "no_member": "no member card",
        "no_line": "no such goods in the basket",
        "need_fen": "{} yuan short",
        "need_qty": "{} pieces short",
        "suppressed": "not together with group {}, which gave something",
        "no_value": "comes to nothing here",
        "lost": "{} wins in its group",
    },
)

WORDS: Mapping[Lang, Words] = {"zh-CN": ZH_CN, "zh-TW": ZH_TW, "en": EN}
