"""提醒: everything that is due, in one list; read in a thread of its own, for it looks at every member."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal, get_args

import msgspec

from edge.config import Config
from edge.counter.refusals import bad
from edge.counter.reminder_words import said
from edge.counter.shop import Shop
from edge.counter.terms import Day, Fen, Reply, Request
from edge.domain.dates import business_date, day_begins_ms, months_later
from edge.domain.idleness import tier_ends
from edge.domain.lunar import Calendar
from edge.domain.member import masked_number
from edge.domain.reminding import lunar_birthdays, solar_birthdays
from edge.domain.rules.compile import Programme
from edge.storage.due import Due, DueThings, due_things

Kind = Literal[
    "delivery",
    "call",
    "birthday",
    "card",
    "pass",
    "coupon",
    "voucher",
    "credit",
    "stock",
    "best_before",
    "tier",
    "idle",
    "cycle",
    "low_balance",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

AHEAD_DAYS = 7
AHEAD_MAX = 366
BEHIND_DAYS = 30
"""Who stays away is told of for so long, then it is no news any more."""

_ABOUT_A_CARD = frozenset({"card", "birthday", "idle", "cycle", "low_balance"})


class ListRequest(Request, frozen=True):
    """What is due until ``until_day`` (a week ahead), of ``kinds`` (all), at most ``limit`` of each.

    Idle is who has not bought for ``idle_days``; a balance is low below ``low_fen``.
    """

    kinds: Annotated[tuple[Kind, ...], msgspec.Meta(max_length=32)] = ()
    until_day: Day | None = None
    idle_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 90
    low_fen: Fen = 5_000
    limit: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100


class Said(Reply, frozen=True):
    """The reminder in words."""

    zh: str
    en: str


class Reminder(Reply, frozen=True):
    """One thing: ``days`` is how long it is until ``due``, below 0 where that is over.

    ``subject`` is what it is about: the id of a delivery or call, a receipt, card or coupon number, a pass, a sku.
    """

    kind: Kind
    due: str
    days: int
    member: str | None
    name: str
    phone: str
    subject: str
    text: Said


class ListReply(Reply, frozen=True):
    """All that is due, the earliest first; of ``cut`` kinds there is more than ``limit`` let through."""

    today: str
    until_day: str
    reminders: tuple[Reminder, ...]
    cut: tuple[Kind, ...]


async def list_reminders(shop: Shop, terminal: str, request: ListRequest) -> ListReply:
    """What is due; raises -32602 for a day that is over, or too far away."""
    return await gathered(shop.config, shop.programme, shop.now_ms(), request)


async def gathered(config: Config, programme: Programme, now_ms: int, request: ListRequest) -> ListReply:
    """The same without a shop: all it needs is the ledger's file and the rules."""
    today = business_date(now_ms, config.store.zone, config.store.business_day_start)
    until = _until(request, today)
    found: list[Reminder] = []
    cut: list[Kind] = []
    async with due_things(config.paths.database, request.limit + 1) as things:
        round_ = _Round(things, config, programme, now_ms, today, until, request)
        for kind in request.kinds or KINDS:
            of_kind = sorted(await round_.of(kind), key=lambda one: one.due)
            found += of_kind[: request.limit]
            if len(of_kind) > request.limit:
                cut.append(kind)
    order = {kind: place for place, kind in enumerate(KINDS)}
    found.sort(key=lambda one: (one.due, order[one.kind]))
    return ListReply(today.isoformat(), until.isoformat(), tuple(found), tuple(cut))


@dataclass(frozen=True, slots=True)
class _Round:
    """One look through the ledger."""

    things: DueThings
    config: Config
    programme: Programme
    now_ms: int
    today: date
    until: date
    request: ListRequest

    async def of(self, kind: Kind) -> list[Reminder]:
        """At least one more than the limit where there is more."""
        match kind:
            case "birthday":
                return [*await self._birthdays("solar"), *await self._birthdays("lunar")]
            case "pass":
                return [*await self._periods(), *await self._visits()]
            case "tier":
                return await self._tiers()
            case _:
                return await self._plain(kind)

    async def _plain(self, kind: Kind) -> list[Reminder]:
        rows = await self.things.plain(kind, self._terms())
        return [self._told(kind, kind, row.due, row, self._what(kind, row)) for row in rows]

    def _what(self, kind: Kind, row: Due) -> str:
        """What it is called: a kind of coupon as the programme calls it."""
        if kind == "coupon" and row.what in self.programme.coupons:
            return self.programme.coupons[row.what].name
        return row.what or row.subject

    def _terms(self) -> dict[str, object]:
        return {
            "today": self.today.isoformat(),
            "until": self.until.isoformat(),
            "since": (self.today - timedelta(days=BEHIND_DAYS)).isoformat(),
            "idle_days": self.request.idle_days,
            "low_fen": self.request.low_fen,
        }

    async def _birthdays(self, calendar: Calendar) -> list[Reminder]:
        days = (solar_birthdays if calendar == "solar" else lunar_birthdays)(self.today, self.until)
        rows = await self.things.birthdays(calendar, days)
        rows.sort(key=lambda row: days[row[0]])
        return [
            self._told(
                "birthday", "kin_birthday" if row.what else "birthday", days[born].isoformat(), row, row.what
            )
            for born, row in rows[: self.request.limit + 1]
        ]

    async def _periods(self) -> list[Reminder]:
        rows = await self.things.plain("period_pass", self._terms())
        return [self._told("pass", "pass", row.due, row, self._pass(row.subject)) for row in rows]

    async def _visits(self) -> list[Reminder]:
        store = self.config.store
        ends_ms = day_begins_ms(self.until + timedelta(days=1), store.zone, store.business_day_start)
        rows = await self.things.visits_ending(self.now_ms, ends_ms)
        return [
            self._told(
                "pass",
                "visits",
                self._day(end - 1).isoformat(),
                row,
                self._pass(row.subject),
            )
            for end, row in rows
        ]

    def _day(self, at_ms: int) -> date:
        return business_date(at_ms, self.config.store.zone, self.config.store.business_day_start)

    def _pass(self, name: str) -> str:
        return next((kind.name for kind in self.programme.bundle.passes if kind.id == name), name)

    async def _tiers(self) -> list[Reminder]:
        terms = self.programme.bundle.downgrade
        if terms is None:
            return []
        warned_from = self.until + timedelta(days=terms.warn_days)
        # Months are not all of one length: three days more than are asked for, and each is looked at.
        before = months_later(warned_from, -terms.idle_months) + timedelta(days=3)
        found = []
        for one in await self.things.sleepers(self.programme.tiers[0].id, before.isoformat()):
            since = date.fromisoformat(one.since) if one.since else self._day(one.registered_ms)
            warned = date.fromisoformat(one.warned_on) if one.warned_on else None
            ends = tier_ends(terms, since, warned)
            if ends <= warned_from:
                row = Due("", one.member, one.name, one.phone, one.tier, "", 0)
                label = self.programme.tier_label(one.tier)
                found.append(self._told("tier", "tier", ends.isoformat(), row, label))
        return found

    def _told(self, kind: Kind, word: str, due: str, row: Due, what: str) -> Reminder:
        # A delivery's number is the one that was left for whoever brings it.
        phone = row.phone if kind == "delivery" else masked_number(row.phone)
        return Reminder(
            kind=kind,
            due=due,
            days=(date.fromisoformat(due) - self.today).days,
            member=row.member,
            name=row.name,
            phone=phone,
            subject=masked_number(row.subject)
            if kind in ("card", "idle", "cycle", "low_balance", "birthday")
            else row.subject,
            text=Said(*said(word, row.name, what, due, row.amount)),
        )


def _until(request: ListRequest, today: date) -> date:
    if request.until_day is None:
        return today + timedelta(days=AHEAD_DAYS)
    try:
        until = date.fromisoformat(request.until_day)
    except ValueError:
        raise bad("/until_day", f"there is no such day: {request.until_day}", "日期不存在") from None
    if not 0 <= (until - today).days <= AHEAD_MAX:
        raise bad("/until_day", f"from today to {AHEAD_MAX} days ahead", "日期须在今天至一年之内")
    return until
