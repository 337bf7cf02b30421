"""Names in vectors that lead nowhere: a misspelt rule would only ever say that it did not fire."""

from collections.abc import Iterator

from edge.domain.rules.authoring.findings import Finding, did_you_mean, error, warning
from edge.domain.rules.authoring.parts import Parts


def unknown_rules(parts: Parts) -> Iterator[Finding]:
    """What can never fire, because there is no such rule, coupon or gift."""
    known = parts.ids("rules") + parts.ids("coupons") + parts.ids("gifts")
    for at, vector in enumerate(parts.plain.get("vectors", ())):
        for nth, fired in enumerate(vector.get("expected", {}).get("fired") or ()):
            rule = fired if isinstance(fired, str) else fired[0]
            if rule not in known:
                why = f"no rule {rule!r} in the bundle"
                yield error(f"/vectors/{at}/expected/fired/{nth}", why, did_you_mean(rule, known))


def unknown_tiers_and_coupons(parts: Parts) -> Iterator[Finding]:
    """What a till may send and this bundle knows nothing of."""
    tiers, coupons = parts.tier_ids(), parts.ids("coupons")
    for at, vector in enumerate(parts.plain.get("vectors", ())):
        request = vector.get("request", {})
        tier = (request.get("member") or {}).get("tier")
        if tier is not None and tier not in tiers:
            path = f"/vectors/{at}/request/member/tier"
            yield warning(path, f"no tier {tier!r} in /tiers", did_you_mean(tier, tiers))
        for nth, kind in enumerate(request.get("coupons", ())):
            if kind not in coupons:
                path = f"/vectors/{at}/request/coupons/{nth}"
                yield warning(path, f"no coupon {kind!r} in /coupons", did_you_mean(kind, coupons))
