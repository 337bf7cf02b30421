"""Every word that a slip prints of its own, in the three languages of a store."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Lang = Literal["zh-CN", "zh-TW", "en"]


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one language; ``{}`` stands for a number or a name."""

    sale: str
    refund: str
    void: str
    receipt_no: str
    original: str
    time: str
    business_date: str
    terminal: str
    cashier: str
    phone: str
    item: str
    item_returned: str
    amount: str
    times: str
    promotion: str
    list_total: str
    discount: str
    points_paid: str
    received: str
    currency: str
    pieces: str
    change: str
    member: str
    points_earned: str
    points_used: str
    gift: str
    points_balance: str
    stored_value: str
    refunded: str
    goods_value: str
    refund_by: str
    reason: str
    approved_by: str
    points_back: str
    points_back_worth: str
    points_clawed: str
    points_short: str
    coupon_restored: str
    voucher_back: str
    voucher_new: str
    credit_back: str
    credit_due: str
    stored_value_back: str
    of_it_gift: str
    signature: str
    thanks: str
    keep_slip: str
    reprint: str
    reprint_count: str
    offline: str
    clock_untrusted: str
    tier_reached: str
    to_next_tier: str
    test_page: str
    separator: str
    welcome: str
    members_only: str
    tenders: Mapping[str, str] = field(default_factory=dict)

    def tender(self, kind: str) -> str:
        """The name of a way of paying; an unknown one stands for itself."""
        return self.tenders.get(kind, kind)


ZH_CN = Wording(
    sale="销售小票",
    refund="退货小票",
    void="作废小票",
    receipt_no="单号",
    original="原单",
    time="时间",
    business_date="营业日",
    terminal="收银机",
    cashier="收银员",
    phone="电话",
    item="品名 / 数量×单价",
    item_returned="退货商品",
    amount="金额",
    times="×",
    promotion="优惠",
    list_total="原价",
    discount="折扣",
    points_paid="积分抵扣（{} 分）",
    received="实收",
    currency="￥",
    pieces="共 {} 项",
    change="找零",
    member="会员",
    points_earned="本次积分",
    points_used="使用积分",
    gift="赠品 {}",
    points_balance="可用积分",
    stored_value="储值余额",
    refunded="实退",
    goods_value="退货金额",
    refund_by="退款方式",
    reason="退货原因",
    approved_by="授权人",
    points_back="退回积分",
    points_back_worth="其中退回积分抵扣",
    points_clawed="扣回积分",
    points_short="积分不足抵扣",
    coupon_restored="退回优惠券",
    voucher_back="退回代金券",
    voucher_new="新代金券",
    credit_back="冲减赊账",
    credit_due="赊账还款日",
    stored_value_back="退回储值",
    of_it_gift="  其中赠送",
    signature="顾客签名：",
    thanks="谢谢惠顾  欢迎再次光临",
    keep_slip="退换货请出示本小票",
    reprint="补打",
    reprint_count="第 {} 次补打，非原始小票",
    tier_reached="恭喜升级为{}",
    to_next_tier="再消费 {} 元即可升为{}",
    offline="脱机交易：积分与余额以总部确认为准",
    clock_untrusted="本机时间未校准，以总部记录的时间为准",
    test_page="打印测试页",
    separator="、",
    welcome="欢迎光临",
    members_only="请勿刷银行卡",
    tenders={
        "cash": "现金",
        "stored_value": "储值卡",
        "voucher": "代金券",
        "credit": "赊账",
        "card": "银行卡",
        "wechat": "微信支付",
        "alipay": "支付宝",
        "other": "其他",
    },
)

ZH_TW = Wording(
    sale="銷售明細",
    refund="退貨明細",
    void="作廢明細",
    receipt_no="單號",
    original="原單",
    time="時間",
    business_date="營業日",
    terminal="收銀機",
    cashier="收銀員",
    phone="電話",
    item="品名 / 數量×單價",
    item_returned="退貨商品",
    amount="金額",
    times="×",
    promotion="優惠",
    list_total="原價",
    discount="折扣",
    points_paid="積分折抵（{} 分）",
    received="實收",
    currency="￥",
    pieces="共 {} 項",
    change="找零",
    member="會員",
    points_earned="本次積分",
    points_used="使用積分",
    gift="贈品 {}",
    points_balance="可用積分",
    stored_value="儲值餘額",
    refunded="實退",
    goods_value="退貨金額",
    refund_by="退款方式",
    reason="退貨原因",
    approved_by="授權人",
    points_back="退回積分",
    points_back_worth="其中退回積分折抵",
    points_clawed="扣回積分",
    points_short="積分不足抵扣",
    coupon_restored="退回優惠券",
    voucher_back="退回代金券",
    voucher_new="新代金券",
    credit_back="沖減賒帳",
    credit_due="賒帳還款日",
    stored_value_back="退回儲值",
    of_it_gift="  其中贈送",
    signature="顧客簽名：",
    thanks="謝謝惠顧  歡迎再次光臨",
    keep_slip="退換貨請出示本明細",
    reprint="補印",
    reprint_count="第 {} 次補印，非原始明細",
    tier_reached="恭喜升級為{}",
    to_next_tier="再消費 {} 元即可升為{}",
    offline="離線交易：積分與餘額以總部確認為準",
    clock_untrusted="本機時間未校準，以總部記錄的時間為準",
    test_page="列印測試頁",
    separator="、",
    welcome="歡迎光臨",
    members_only="請勿刷銀行卡",
    tenders={
        "cash": "現金",
        "stored_value": "儲值卡",
        "voucher": "代金券",
        "credit": "賒帳",
        "card": "銀行卡",
        "wechat": "微信支付",
        "alipay": "支付寶",
        "other": "其他",
    },
)

EN = Wording(
    sale="Receipt",
    refund="Refund",
    void="Void",
    receipt_no="No.",
    original="Sale no.",
    time="Time",
    business_date="Business day",
    terminal="Till",
    cashier="Cashier",
    phone="Tel.",
    item="Item / quantity x price",
    item_returned="Returned",
    amount="Amount",
    times="x",
    promotion="Reduction",
    list_total="Original price",
    discount="Discount",
    points_paid="Paid with {} points",
    received="Received",
    currency="CNY ",
    pieces="Lines: {}",
    change="Change",
    member="Member",
    points_earned="Points earned",
    points_used="Points used",
    gift="Gift: {}",
    points_balance="Points available",
    stored_value="Stored value",
    refunded="Refunded",
    goods_value="Goods returned",
    refund_by="Paid back as",
    reason="Reason",
    approved_by="Approved by",
    points_back="Points returned",
    points_back_worth="Returned as points",
    points_clawed="Points withdrawn",
    points_short="For points already spent",
    coupon_restored="Coupon returned",
    voucher_back="Voucher returned",
    voucher_new="New voucher",
    credit_back="Off what is owed",
    credit_due="Credit due",
    stored_value_back="Back to stored value",
    of_it_gift="  of it gift",
    signature="Customer's signature:",
    thanks="Thank you. See you again soon!",
    keep_slip="Please keep this slip for returns.",
    reprint="REPRINT",
    reprint_count="Copy {}, not the original slip",
    tier_reached="Welcome to {}",
    to_next_tier="Spend {} more to reach {}",
    offline="Made offline: points and balances are final once head office confirms them",
    clock_untrusted="The clock of this till is not set; head office records the time",
    test_page="Printer test page",
    separator=", ",
    welcome="WELCOME",
    members_only="MEMBER CARDS ONLY",
    tenders={
        "cash": "Cash",
        "stored_value": "Stored value",
        "voucher": "Voucher",
        "credit": "On credit",
        "card": "Bank card",
        "wechat": "WeChat Pay",
        "alipay": "Alipay",
        "other": "Other",
    },
)

WORDING: Mapping[Lang, Wording] = {"zh-CN": ZH_CN, "zh-TW": ZH_TW, "en": EN}
