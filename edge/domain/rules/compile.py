"""From what HQ wrote to what the kernel runs: ``points-bundle/1`` in, a loaded programme out."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

import cext
from edge.domain.json_path import pointer
from edge.domain.member import Tier
from edge.domain.referrals import Level
from edge.domain.rules.core import aware, core_bundle, limits_of, names_of, origin
from edge.domain.rules.model import SCHEMA, Bundle, Coupon, Gift, Limit, Redeem, Select, TierBand
from edge.domain.rules.vectors import failures


class BundleRefused(ValueError):
    """A bundle that cannot be used; ``path`` is the JSON pointer of what is wrong, ``why`` says it."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path or '/'}: {why}")
        self.path = path
        self.why = why


@dataclass(frozen=True, slots=True)
class Programme:
    """A bundle ready to run: its terms and the kernel's program. ``hash`` is sha256 of its bytes.

    ``rule_names``, ``phases`` and ``limits`` are by the id of a rule, coupon or gift; ``redeeming`` are the
    rules that set the terms on which points pay.
    """

    bundle: Bundle
    kernel: cext.Program
    hash: str
    valid_from_ms: int
    tiers: tuple[Tier, ...]
    referral: tuple[Level, ...]
    rule_names: dict[str, str]
    phases: dict[str, str]
    limits: dict[str, Limit]
    coupons: dict[str, Coupon]
    gifts: dict[str, Gift]
    redeeming: frozenset[str]

    def redeemed_fen(self, points: int) -> int:
        """What ``points`` pay, in fen."""
        return points * self.bundle.points.fen_per_redeemed_point

    def tier_label(self, tier: str) -> str:
        """The tier as members call it."""
        return next((known.label for known in self.tiers if known.id == tier), tier)


def load_programme(raw: bytes) -> Programme:
    """Read, check and compile one bundle, and run its vectors; raises BundleRefused naming the JSON pointer."""
    programme = _compiled(raw, read_bundle(raw))
    for failed in failures(programme.bundle, programme.kernel):
        raise BundleRefused(failed.path, f"{failed.name}: {failed}")
    return programme


def stored_programme(raw: bytes) -> Programme:
    """Compile a bundle that has decided receipts: what is asked of new ones since then is not asked of it."""
    return _compiled(raw, read_stored_bundle(raw))


def _compiled(raw: bytes, bundle: Bundle) -> Programme:
    core = core_bundle(bundle)
    try:
        kernel = cext.load(msgspec.json.encode(core))
    except cext.BundleError as error:
        raise BundleRefused(origin(bundle, error.path), error.why) from error
    return Programme(
        bundle=bundle,
        kernel=kernel,
        valid_from_ms=int(aware(bundle.valid_from, ZoneInfo(bundle.tz)).timestamp() * 1000),
        hash=hashlib.sha256(raw).hexdigest(),
        tiers=tuple(_tier(band) for band in bundle.tiers),
        referral=tuple(Level(level.fen_per_point, level.register_points) for level in bundle.referral),
        rule_names=names_of(bundle),
        phases={rule["id"]: rule["phase"] for rule in core["rules"]},
        limits=limits_of(bundle),
        coupons={coupon.id: coupon for coupon in bundle.coupons},
        gifts={gift.id: gift for gift in bundle.gifts},
        redeeming=frozenset(rule.id for rule in bundle.rules if isinstance(rule.do, Redeem)),
    )


def read_bundle(raw: bytes) -> Bundle:
    """Parse a bundle and check all of it that the kernel does not; raises BundleRefused."""
    bundle = read_stored_bundle(raw)
    _named_once(bundle)
    _known_tiers(bundle)
    _passes_that_end(bundle)
    _worth_selling(bundle)
    _levels_apart(bundle)
    _announced_in_time(bundle)
    return bundle


def read_stored_bundle(raw: bytes) -> Bundle:
    """Parse a bundle of the vocabulary; raises BundleRefused."""
    try:
        bundle = msgspec.json.decode(raw, type=Bundle)
    except msgspec.ValidationError as error:
        raise BundleRefused(*pointer(error)) from error
    except ValueError as error:
        raise BundleRefused("", f"not JSON: {error}") from error
    try:
        ZoneInfo(bundle.tz)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a folder of zones
        raise BundleRefused("/tz", f"no such time zone {bundle.tz!r}") from error
    return bundle


def compile_bundle(raw: bytes) -> bytes:
    """A ``points-bundle/1`` document, new or stored, as the kernel's ``core-1``; a core document passes through."""
    try:
        schema = msgspec.json.decode(raw).get("schema")
    except (ValueError, AttributeError) as error:
        raise BundleRefused("", "not a JSON object") from error
    if schema != SCHEMA:
        return raw
    return msgspec.json.encode(core_bundle(read_stored_bundle(raw)))


def _tier(band: TierBand) -> Tier:
    return Tier(
        id=band.id,
        label=band.label,
        cumulative_fen=band.cumulative_fen,
        one_day_fen=band.one_day_fen,
        points=band.points,
        visits=band.visits,
        topup_fen=band.topup_fen,
        benefits=band.benefits,
    )


def _named_once(bundle: Bundle) -> None:
    """What the kernel does not see; it looks after groups and rules itself."""
    for section in ("tiers", "bonuses", "rebates", "passes", "services", "catalogue", "commissions", "draws"):
        ids = [one.id for one in getattr(bundle, section)]
        for place, one in enumerate(ids):
            if one in ids[:place]:
                raise BundleRefused(f"/{section}/{place}/id", f"{one!r} is there twice")


def _passes_that_end(bundle: Bundle) -> None:
    for place, one in enumerate(bundle.passes):
        if one.visits is None and one.valid_days is None:
            raise BundleRefused(f"/passes/{place}/valid_days", "a pass without visits needs a last day")


def _levels_apart(bundle: Bundle) -> None:
    """Of two top-up levels that begin at the same amount nobody knows which is meant."""
    starts = [level.min_fen for level in bundle.topup.levels]
    for place, start in enumerate(starts):
        if start in starts[:place]:
            raise BundleRefused(f"/topup/levels/{place}/min_fen", f"{start} fen is there twice")


def _known_tiers(bundle: Bundle) -> None:
    known = {tier.id for tier in bundle.tiers}
    for section in ("rules", "coupons", "gifts"):
        for index, rule in enumerate(getattr(bundle, section)):
            for place, tier in enumerate(rule.when.tiers):
                if tier not in known:
                    path = f"/{section}/{index}/when/tiers/{place}"
                    raise BundleRefused(path, f"no tier {tier!r} in /tiers")


def _worth_selling(bundle: Bundle) -> None:
    """A commission gives something, and selects lines only where there are lines."""
    for place, rule in enumerate(bundle.commissions):
        if not rule.bp and not rule.fixed_fen:
            raise BundleRefused(f"/commissions/{place}", f"{rule.id!r} gives nothing: bp or fixed_fen")
        if rule.on == "register" and rule.bp:
            raise BundleRefused(f"/commissions/{place}/bp", "a new member is no amount: fixed_fen")
        if rule.on != "sale" and rule.select != Select():
            raise BundleRefused(f"/commissions/{place}/select", f"a {rule.on} has no lines to select")


def _announced_in_time(bundle: Bundle) -> None:
    if bundle.notice is None:
        return
    earliest = bundle.notice.announced + timedelta(days=bundle.notice.days)
    if aware(bundle.valid_from, ZoneInfo(bundle.tz)).date() < earliest:
        why = f"announced on {bundle.notice.announced}, so it may take effect on {earliest} at the earliest"
        raise BundleRefused("/valid_from", why)
