"""方案条款的中文说明。The terms of a programme beside its rules, in Chinese."""

from collections.abc import Callable, Iterator

from edge.domain.rules.model import Bundle, Commission, Credit, Downgrade, Group, TierBand, TopUp
from edge.domain.rules.words.facets import Statement, amount, capped, chosen, decimal

PHASES = {"discount": "折扣", "points": "积分", "gifts": "赠品"}
MODES = {"all": "各规则叠加", "best": "只取最优的一条", "first": "只取首个生效的一条"}
GOES = {"previous": "降一级", "lowest": "降到最低级", "cancelled": "注销"}
EVENTS = {"register": "注册", "event": "参加活动", "survey": "填写问卷", "special": "特别奖励"}
EVERY = {"month": "每月", "quarter": "每季", "year": "每年"}
DONE = {"sale": "销售", "topup": "储值", "pass": "售卡", "register": "发展会员"}
SELECTED = {
    "cats": "品类",
    "brands": "品牌",
    "skus": "商品",
    "not_cats": "除品类",
    "not_skus": "除商品",
    "min_unit": "单价至少（分）",
}
SPENT = {"principal": "先用本金", "gift": "先用赠送", "proportional": "本金与赠送按比例使用"}
PAID_OUT = {"no": "不可取款", "keep_gift": "只可取本金", "forfeit_gift": "只可取本金，赠送按比例收回"}
WAYS: dict[str, Callable[[int], str]] = {
    "points": lambda n: f"积分满 {n:,}",
    "cumulative_fen": lambda n: f"累计消费满 {amount(n)} 元",
    "visits": lambda n: f"消费满 {n:,} 次",
    "one_day_fen": lambda n: f"单日消费满 {amount(n)} 元",
    "topup_fen": lambda n: f"一次储值满 {amount(n)} 元",
}


def statements(bundle: Bundle) -> Iterator[Statement]:
    """Everything that holds for all rules."""
    points = bundle.points
    yield Statement("points", "积分", f"每消费 {amount(points.fen_per_point)} 元积 1 分")
    worth = points.fen_per_redeemed_point
    yield Statement("points", "抵现", f"1 积分抵 {amount(worth)} 元" if worth else "积分不可抵现")
    if capped(points):
        yield Statement("points", "上限", f"每单最多积 {points.receipt_cap:,} 分")
    if points.expire_months:
        yield Statement("points", "有效期", f"积分 {points.expire_months} 个月后到期")
    yield Statement("day", "营业日", f"{bundle.business_day_start} 起（{bundle.tz}）")
    yield from (Statement("tier", tier.id, _tier(tier, not at)) for at, tier in enumerate(bundle.tiers))
    if bundle.downgrade:
        yield Statement("tiers", "降级", _downgrade(bundle.downgrade))
    yield from _others(bundle)
    yield from (Statement("group", group.id, _group(group)) for group in bundle.groups)


def _others(bundle: Bundle) -> Iterator[Statement]:
    for at, level in enumerate(bundle.referral, 1):
        told = f"好友每消费 {amount(level.fen_per_point)} 元得 1 分" if level.fen_per_point else ""
        joined = f"好友注册得 {level.register_points:,} 分" if level.register_points else ""
        yield Statement("referral", f"第 {at} 级", "，".join(filter(None, (told, joined))) or "无")
    for bonus in bundle.bonuses:
        yield Statement("bonus", bonus.id, f"{bonus.name}：{EVENTS[bonus.on]}得 {bonus.points:,} 分")
    for rebate in bundle.rebates:
        text = f"{EVERY[rebate.every]}按消费的 {decimal(rebate.bp, 100)}% 返券"
        yield Statement("rebate", rebate.id, f"{rebate.name}：{text}")
    yield from _stored_value(bundle.topup)
    if bundle.credit:
        yield Statement("credit", "赊账", _credit(bundle.credit))
    yield from (Statement("commission", rule.id, _commission(rule)) for rule in bundle.commissions)
    refunds = bundle.refunds
    short = {"cash": "从退款中扣除", "debt": "记为欠分"}[refunds.shortfall]
    yield Statement("refunds", "退货", f"{refunds.days} 天内可退；已用掉的积分{short}")
    if bundle.honest:
        does = {"flag": "标记", "refuse": "拒绝"}[bundle.honest.action]
        yield Statement("honest discounts", "原价", f"高于近 {bundle.honest.days} 天最低价的原价将被{does}")


def _stored_value(terms: TopUp) -> Iterator[Statement]:
    for level in terms.levels:
        fixed = f"{amount(level.gift_fen)} 元" if level.gift_fen else ""
        share = f"充值额的 {decimal(level.gift_bp, 100)}%" if level.gift_bp else ""
        points = f"{level.points:,} 积分" if level.points else ""
        brings = "、".join(filter(None, (fixed, share, points)))
        yield Statement("top-up", f"充满 {amount(level.min_fen)} 元", f"赠送{brings}" if brings else "无赠送")
    if terms == TopUp(levels=terms.levels):
        return
    least = f"一次至少充 {amount(terms.min_fen)} 元；" if terms.min_fen else ""
    ends = f"；赠送金额 {terms.gift_days} 天后到期" if terms.gift_days else ""
    yield Statement("stored value", "储值", f"{least}{SPENT[terms.spend]}；{PAID_OUT[terms.withdraw]}{ends}")


def _credit(terms: Credit) -> str:
    stops = "；逾期未还不再赊账" if terms.refuse_overdue else ""
    return f"最高 {amount(terms.max_limit_fen)} 元，{terms.days} 天内还款{stops}"


def _commission(rule: Commission) -> str:
    share = f"{decimal(rule.bp, 100)}%" if rule.bp else ""
    fixed = f"{amount(rule.fixed_fen)} 元" if rule.fixed_fen else ""
    lines = "，".join(f"{SELECTED[key]} {'、'.join(map(str, value))}" for key, value in chosen(rule.select))
    told = f"{rule.name}：{DONE[rule.on]}提成 {' 加 '.join(filter(None, (share, fixed)))}"
    return told + (f"（{lines}）" if lines else "")


def _tier(tier: TierBand, first: bool) -> str:
    ways = [tell(getattr(tier, key)) for key, tell in WAYS.items() if getattr(tier, key) is not None]
    reached = "或".join(ways) if ways else "人人可得" if first else "人工授予"
    return f"{tier.label}：{reached}" + (f"；{'、'.join(tier.benefits)}" if tier.benefits else "")


def _downgrade(down: Downgrade) -> str:
    return f"{down.idle_months} 个月未消费则{GOES[down.to]}，提前 {down.warn_days} 天提醒"


def _group(group: Group) -> str:
    silenced = f"，{'、'.join(group.suppressed_by)} 生效时不参与" if group.suppressed_by else ""
    measured = "，按前面优惠后的余额计算" if group.basis == "running" else ""
    return f"{PHASES[group.phase]}阶段第 {group.order} 位，{MODES[group.mode]}{measured}{silenced}"


def turned(old: str, now: str) -> str:
    """A statement that has changed."""
    return f"{now}（原为：{old}）"
