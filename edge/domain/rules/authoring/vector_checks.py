"""Names in vectors that lead nowhere: a misspelt rule would only ever say that it did not fire."""

from collections.abc import Iterable, Iterator
from typing import Any

from edge.domain.rules.authoring.findings import Finding, did_you_mean, error


def names_in_vectors(vectors: Iterable[dict[str, Any]], known: dict[str, list[str]]) -> Iterator[Finding]:
    """``known`` holds the ids by section: ``tiers``, ``coupons``, and ``rulings`` (rules, coupons and gifts)."""
    for at, vector in enumerate(vectors):
        request, expected = vector.get("request", {}), vector.get("expected", {})
        path = f"/vectors/{at}"
        tier = (request.get("member") or {}).get("tier")
        if tier is not None and tier not in known["tiers"]:
            yield _unknown(f"{path}/request/member/tier", "tier", tier, known["tiers"])
        for nth, kind in enumerate(request.get("coupons", ())):
            if kind not in known["coupons"]:
                yield _unknown(f"{path}/request/coupons/{nth}", "coupon", kind, known["coupons"])
        for nth, fired in enumerate(expected.get("fired") or ()):
            rule = fired if isinstance(fired, str) else fired[0]
            if rule not in known["rulings"]:
                yield _unknown(f"{path}/expected/fired/{nth}", "rule", rule, known["rulings"])


def _unknown(path: str, what: str, name: str, known: list[str]) -> Finding:
    return error(path, f"no {what} {name!r} in the bundle", did_you_mean(name, known))
