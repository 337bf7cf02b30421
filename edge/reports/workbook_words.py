"""Every word of the workbook about a simulation, in the three languages of a store."""

from collections.abc import Mapping
from dataclasses import dataclass

from edge.reports.explanation_words import Lang


@dataclass(frozen=True, slots=True)
class WorkbookWords:
    """The words of one language; ``{}`` stands for a number or a name."""

    title: str
    summary: str
    by_rule: str
    by_tier: str
    by_day: str
    by_store: str
    movers: str
    figure: str
    old: str
    new: str
    change: str
    new_bundle: str
    old_bundle: str
    period: str
    receipts: str
    changed: str
    winners: str
    losers: str
    paid: str
    points: str
    cost: str
    point_worth: str
    unfaithful: str
    recounted: str
    rule: str
    name: str
    gives: str
    times: str
    value: str
    tier: str
    stranger: str
    day: str
    store: str
    receipt: str
    gain: str
    note: str
    cost_by_tier: str
    paid_by_day: str
    points_by_day: str
    off_by_rule: str
    points_by_rule: str
    units: Mapping[str, str]


ZH_CN = WorkbookWords(
    title="规则模拟：新规则包对历史小票的影响",
    summary="汇总",
    by_rule="按规则",
    by_tier="按等级",
    by_day="按营业日",
    by_store="按门店",
    movers="变化最大的小票",
    figure="项目",
    old="原规则",
    new="新规则",
    change="变化",
    new_bundle="新规则包",
    old_bundle="原规则包（{} 张小票）",
    period="营业日",
    receipts="小票数",
    changed="有变化的小票",
    winners="顾客得益的小票",
    losers="顾客受损的小票",
    paid="应付金额（元）",
    points="积分",
    cost="门店成本（元）",
    point_worth="每积分按 {} 分计",
    unfaithful="与账本不符的小票",
    recounted="限次从这些小票起算的规则",
    rule="规则",
    name="名称",
    gives="单位",
    times="生效次数",
    value="给出",
    tier="会员等级",
    stranger="非会员",
    day="营业日",
    store="门店",
    receipt="小票",
    gain="顾客得益（元）",
    note="成本 = 少收的金额 + 多给的积分（按抵现价值）。会员等级与所持优惠券按小票当时的情况。",
    cost_by_tier="各等级的成本（元）",
    paid_by_day="每日应付金额（元）",
    points_by_day="每日积分",
    off_by_rule="各规则减免的变化（元）",
    points_by_rule="各规则积分的变化",
    units={"fen": "元", "points": "积分", "redeemed": "抵现积分", "gifts": "赠品"},
)

ZH_TW = WorkbookWords(
    title="規則模擬：新規則包對歷史明細的影響",
    summary="彙總",
    by_rule="按規則",
    by_tier="按等級",
    by_day="按營業日",
    by_store="按門店",
    movers="變化最大的明細",
    figure="項目",
    old="原規則",
    new="新規則",
    change="變化",
    new_bundle="新規則包",
    old_bundle="原規則包（{} 張明細）",
    period="營業日",
    receipts="明細數",
    changed="有變化的明細",
    winners="顧客得益的明細",
    losers="顧客受損的明細",
    paid="應付金額（元）",
    points="積分",
    cost="門店成本（元）",
    point_worth="每積分按 {} 分計",
    unfaithful="與帳本不符的明細",
    recounted="限次從這些明細起算的規則",
    rule="規則",
    name="名稱",
    gives="單位",
    times="生效次數",
    value="給出",
    tier="會員等級",
    stranger="非會員",
    day="營業日",
    store="門店",
    receipt="明細",
    gain="顧客得益（元）",
    note="成本 = 少收的金額 + 多給的積分（按折抵價值）。會員等級與所持優惠券按明細當時的情況。",
    cost_by_tier="各等級的成本（元）",
    paid_by_day="每日應付金額（元）",
    points_by_day="每日積分",
    off_by_rule="各規則減免的變化（元）",
    points_by_rule="各規則積分的變化",
    units={"fen": "元", "points": "積分", "redeemed": "折抵積分", "gifts": "贈品"},
)

EN = WorkbookWords(
    title="Simulation: what a new rule bundle would have done to past receipts",
    summary="Summary",
    by_rule="By rule",
    by_tier="By tier",
    by_day="By day",
    by_store="By store",
    movers="Movers",
    figure="Figure",
    old="Old",
    new="New",
    change="Change",
    new_bundle="New bundle",
    old_bundle="Old bundle ({} receipts)",
    period="Business days",
    receipts="Receipts",
    changed="Changed",
    winners="Customer gains",
    losers="Customer loses",
    paid="To pay (yuan)",
    points="Points",
    cost="Cost (yuan)",
    point_worth="a point at {} fen",
    unfaithful="Not as in the ledger",
    recounted="Limits counted from these receipts on",
    rule="Rule",
    name="Name",
    gives="Gives",
    times="Times",
    value="Value",
    tier="Tier",
    stranger="no member",
    day="Day",
    store="Store",
    receipt="Receipt",
    gain="Customer gains (yuan)",
    note="Cost is what is paid less, and the points given more at what they pay. Tiers and coupons stand as"
    " they were on the day.",
    cost_by_tier="Cost by tier (yuan)",
    paid_by_day="To pay by day (yuan)",
    points_by_day="Points by day",
    off_by_rule="Change in discounts by rule (yuan)",
    points_by_rule="Change in points by rule",
    units={"fen": "yuan", "points": "points", "redeemed": "redeemed", "gifts": "gifts"},
)

WORKBOOK_WORDS: Mapping[Lang, WorkbookWords] = {"zh-CN": ZH_CN, "zh-TW": ZH_TW, "en": EN}
