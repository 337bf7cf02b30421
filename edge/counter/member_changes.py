"""Changing what is known of a member: particulars by anybody, tier and standing with somebody's approval."""

import dataclasses
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from edge.counter.approvals import approved_by
from edge.counter.events import tell_hq
from edge.counter.members import Gender, Tags
from edge.counter.owners import owner_in
from edge.counter.particulars import (
    Birthday,
    Family,
    Phone,
    day_of,
    kin_of,
    plain_phone,
    refuse_taken_phone,
    year_of,
)
from edge.counter.refusals import bad, stopped
from edge.counter.shop import Keyed, Shop
from edge.counter.terms import Code, Name, Reply, Text
from edge.domain.lunar import Calendar
from edge.domain.member import Member
from edge.domain.units import STORED
from edge.storage.kin import KinRow
from edge.storage.transaction import Transaction


class UpdateRequest(Keyed, frozen=True, kw_only=True):
    """What is to change of ``member`` (id, card, UID or phone); what is left out stays as it is.

    ``birthday`` null forgets it. ``tier`` and ``status`` take ``reason`` and ``approve``.
    """

    member: Code
    cashier: Name
    name: Name | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    gender: Gender | UnsetType = UNSET
    birthday: Birthday | UnsetType | None = UNSET
    birthday_calendar: Calendar | UnsetType = UNSET
    region: Text | UnsetType = UNSET
    salesperson: Text | UnsetType = UNSET
    consent: bool | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    family: Family | UnsetType = UNSET
    tier: Code | UnsetType = UNSET
    status: Literal["active", "frozen", "cancelled"] | UnsetType = UNSET
    reason: Text = ""
    approve: Text = ""


class UpdateReply(Reply, frozen=True):
    """``changed`` names what is different now; [] where all of it was so already."""

    member: str
    changed: tuple[str, ...]
    tier: str
    status: str
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


PLAIN = ("name", "phone", "gender", "region", "salesperson", "consent", "tags")
"""What is taken over as it is."""


async def update(shop: Shop, terminal: str, request: UpdateRequest) -> UpdateReply:
    """Change a member; raises -32602 with the field, 1201, 1202 for a cancelled one, 1306."""

    def decide(transaction: Transaction) -> UpdateReply:
        return _Change(shop, transaction, terminal, request).carry_out()

    return await shop.write(terminal, "member.update", request, UpdateReply, decide)


class _Change:
    """One update, step by step, inside its transaction."""

    def __init__(self, shop: Shop, transaction: Transaction, terminal: str, request: UpdateRequest) -> None:
        self._shop = shop
        self._transaction = transaction
        self._terminal = terminal
        self._request = request

    def carry_out(self) -> UpdateReply:
        """Check, write what differs, tell HQ of it."""
        shop, transaction = self._shop, self._transaction
        former = owner_in(transaction, self._request.member)
        if former.status == "cancelled":
            raise stopped("cancelled")
        changed = self._changed(former)
        columns = transaction.members.rewrite(former, changed)
        if self._family_changes(former):
            columns = (*columns, "family")
        seq = self._tell(changed, columns) if columns else None
        return UpdateReply(former.id, columns, changed.tier, changed.status, seq, shop.offline)

    def _changed(self, former: Member) -> Member:
        request = self._request
        given = {name: getattr(request, name) for name in PLAIN if getattr(request, name) is not UNSET}
        if "phone" in given:
            given["phone"] = plain_phone(given["phone"])
            refuse_taken_phone(self._shop, self._transaction, given["phone"], former.id)
        given |= self._birthday(former)
        if request.tier is not UNSET and request.tier != former.tier:
            given |= self._tier(request.tier)
        if request.status is not UNSET and request.status != former.status:
            self._answered_for("status")
            given["status"] = self._standing(former, request.status)
        return dataclasses.replace(former, **given)

    def _birthday(self, former: Member) -> dict[str, object]:
        request = self._request
        calendar = former.birthday_calendar
        if request.birthday_calendar is not UNSET:
            calendar = request.birthday_calendar
        if request.birthday is UNSET:
            written = f"{former.birthday // 100:02d}-{former.birthday % 100:02d}" if former.birthday else None
            day_of(written, calendar, "/birthday_calendar")
            return {"birthday_calendar": calendar}
        return {
            "birthday": day_of(request.birthday, calendar),
            "birth_year": year_of(request.birthday),
            "birthday_calendar": calendar,
        }

    def _tier(self, tier: str) -> dict[str, object]:
        """A tier by hand; it has to be earned anew only at its next review."""
        if tier not in [known.id for known in self._shop.programme.tiers]:
            raise bad("/tier", "no such tier", "没有这个等级")
        self._answered_for("tier")
        today = self._shop.business_date(self._transaction.now_ms).isoformat()
        return {"tier": tier, "tier_since": today, "warned_on": None}

    def _standing(self, former: Member, status: Literal["active", "frozen", "cancelled"]) -> str:
        if status == "frozen" and former.status == "lost":
            raise stopped("lost")
        if status == "cancelled":
            self._refuse_to_strand_money(former)
        self._transaction.cards.follow(former.id, status, self._transaction.now_ms)
        return status

    def _refuse_to_strand_money(self, member: Member) -> None:
        left_fen = self._transaction.ledger.balance(member.id, STORED).balance
        if left_fen:
            refusal = bad("/status", f"{left_fen} fen of stored value are left", "卡内尚有储值，请先取款")
            refusal.data["balance_fen"] = left_fen
            raise refusal

    def _answered_for(self, part: Literal["tier", "status"]) -> None:
        """Tier and standing are changed for a reason, by somebody who may."""
        if not self._request.reason:
            raise bad("/reason", f"a change of {part} by hand needs a reason", "请填写原因")
        approved_by(self._transaction, self._terminal, f"member.update:{part}", self._request.approve)

    def _family_changes(self, former: Member) -> bool:
        family = self._request.family
        if family is UNSET:
            return False
        rows: list[KinRow] = kin_of(family)
        if rows == self._transaction.kin.of_member(former.id):
            return False
        self._transaction.kin.rewrite(former.id, rows)
        return True

    def _tell(self, changed: Member, columns: tuple[str, ...]) -> int | None:
        request = self._request
        told: dict[str, object] = {name: getattr(changed, name) for name in columns if name != "family"}
        if "family" in columns:
            told["family"] = msgspec.to_builtins(request.family)
        told |= {"cashier": request.cashier, "reason": request.reason, "approve": request.approve}
        return tell_hq(self._shop, self._transaction, "member_changed", changed.id, told)
