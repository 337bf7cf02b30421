"""The words of account slips in the three languages: a title for each kind, a label for each key of a fact.

A key without a label stands for itself: that is how names of goods, services and tenders are printed.
"""

from collections.abc import Mapping

from edge.receipts.wording import Lang

Said = Mapping[Lang, str]


def _said(zh_cn: str, zh_tw: str, en: str) -> Said:
    return {"zh-CN": zh_cn, "zh-TW": zh_tw, "en": en}


TITLES: Mapping[str, Said] = {
    "topup": _said("储值充值", "儲值加值", "Top-up"),
    "withdraw": _said("储值取款", "儲值提領", "Withdrawal"),
    "pass_sold": _said("计次/限时卡售卡", "計次／限時卡售卡", "Pass sold"),
    "pass_used": _said("计次消费", "計次消費", "Pass used"),
    "timed": _said("计时消费", "計時消費", "Timed service"),
    "credit_repaid": _said("赊账还款", "賒帳還款", "Credit repaid"),
    "redemption": _said("积分兑换", "積分兌換", "Points redeemed"),
    "card": _said("会员卡业务", "會員卡業務", "Card service"),
    "shift": _said("交接班", "交接班", "Shift report"),
    "draw": _said("抽奖凭证", "抽獎憑證", "Draw entry"),
    "voucher": _said("代金券", "代金券", "Voucher"),
}

LABELS: Mapping[str, Said] = {
    "amount": _said("金额", "金額", "Amount"),
    "paid": _said("实收", "實收", "Paid"),
    "change": _said("找零", "找零", "Change"),
    "points": _said("积分", "積分", "Points"),
    "service": _said("项目", "項目", "Service"),
    "visits_left": _said("剩余次数", "剩餘次數", "Visits left"),
    "last_day": _said("有效期至", "有效期至", "Valid until"),
    "new_card": _said("新卡号", "新卡號", "New card"),
    "old_card": _said("原卡号", "原卡號", "Former card"),
    "fee": _said("手续费", "手續費", "Fee"),
    "reason": _said("原因", "原因", "Reason"),
    "approved_by": _said("授权人", "授權人", "Approved by"),
    "topped_up": _said("充值金额", "加值金額", "Topped up"),
    "topup_gift": _said("赠送金额", "贈送金額", "Gift"),
    "new_tier": _said("升级为", "升級為", "New tier"),
    "paid_out": _said("取款金额", "提領金額", "Paid out"),
    "paid_by": _said("付款方式", "付款方式", "Paid by"),
    "gift_forfeited": _said("扣回赠送", "扣回贈送", "Gift taken back"),
    "repaid": _said("还款金额", "還款金額", "Repaid"),
    "still_owed": _said("尚欠", "尚欠", "Still owed"),
    "voucher_code": _said("券号", "券號", "Code"),
    "voucher_value": _said("面值", "面值", "Value"),
}
