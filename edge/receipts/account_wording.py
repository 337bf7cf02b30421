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
    "pass_refunded": _said("计次/限时卡退卡", "計次／限時卡退卡", "Pass taken back"),
    "timed": _said("计时消费", "計時消費", "Timed service"),
    "credit_repaid": _said("赊账还款", "賒帳還款", "Credit repaid"),
    "redemption": _said("积分兑换", "積分兌換", "Points redeemed"),
    "card": _said("会员卡业务", "會員卡業務", "Card service"),
    "shift": _said("交接班", "交接班", "Shift report"),
    "pay_in": _said("钱箱存入现金", "錢箱存入現金", "Cash paid in"),
    "pay_out": _said("钱箱取出现金", "錢箱取出現金", "Cash paid out"),
    "draw": _said("抽奖凭证", "抽獎憑證", "Draw entry"),
    "voucher": _said("代金券", "代金券", "Voucher"),
}

LABELS: Mapping[str, Said] = {
    "amount": _said("金额", "金額", "Amount"),
    "paid": _said("实收", "實收", "Paid"),
    "change": _said("找零", "找零", "Change"),
    "points": _said("积分", "積分", "Points"),
    "service": _said("项目", "項目", "Service"),
    "sold_slip": _said("原售卡单号", "原售卡單號", "Sold with"),
    "unused": _said("未用", "未用", "Unused"),
    "refunded": _said("退款", "退款", "Refunded"),
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
    "staff_signature": _said("签字：", "簽字：", "Signature:"),
    # A shift, and why money moved in it.
    "opened_by": _said("开班人", "開班人", "Opened by"),
    "opened_at": _said("开班时间", "開班時間", "Opened at"),
    "receipts": _said("小票张数", "小票張數", "Receipts"),
    "first_receipt": _said("首张小票", "首張小票", "First receipt"),
    "last_receipt": _said("末张小票", "末張小票", "Last receipt"),
    "timed_running": _said("未结计时", "未結計時", "Timed services unpaid"),
    "float": _said("备用金", "備用金", "Float"),
    "expected": _said("应有现金", "應有現金", "Cash expected"),
    "counted": _said("实点现金", "實點現金", "Cash counted"),
    "difference": _said("长短款", "長短款", "Over or short"),
    "note": _said("备注", "備註", "Note"),
    "why:sale": _said("销售收款", "銷售收款", "Sales"),
    "why:refund": _said("退货退款", "退貨退款", "Refunds"),
    "why:void": _said("作废退款", "作廢退款", "Voids"),
    "why:topup": _said("储值充值", "儲值加值", "Top-ups"),
    "why:withdraw": _said("储值取款", "儲值提領", "Withdrawals"),
    "why:credit": _said("赊账还款", "賒帳還款", "Credit repaid"),
    "why:pass": _said("售计次/限时卡", "售計次／限時卡", "Passes sold"),
    "why:voucher": _said("售代金券", "售代金券", "Vouchers sold"),
    "why:card": _said("会员卡收费", "會員卡收費", "Card fees"),
    "why:pay_in": _said("存入现金", "存入現金", "Cash paid in"),
    "why:pay_out": _said("取出现金", "取出現金", "Cash paid out"),
}
