"""Members of an old system, taken over a part of the table at a time; the same row again changes nothing.

Nobody is welcomed and no referrer is thanked: that was done long ago. What the member held comes as credits with
code ``import``.
"""

import dataclasses
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from edge.counter.events import tell_hq
from edge.counter.members import Gender, Tags
from edge.counter.particulars import (
    Birthday,
    Phone,
    day_of,
    plain_phone,
    refuse_foreign_number,
    refuse_taken_number,
    refuse_taken_phone,
    year_of,
)
from edge.counter.points import earn_points
from edge.counter.refusals import bad
from edge.counter.shop import Keyed, Shop
from edge.counter.terms import Code, Day, Fen, Name, PointsCount, Reply, Request, Text
from edge.domain.dates import months_later
from edge.domain.lunar import Calendar
from edge.domain.member import Member, tier_after
from edge.domain.member_rows import RowRefused
from edge.domain.units import GIFT, POINTS, STORED, Unit
from edge.errors import PosError
from edge.storage.ids import member_id
from edge.storage.imports import Former
from edge.storage.transaction import Transaction
from sync.envelope import MAX_EVENT_BYTES

ROWS_MAX = 200
PART_BYTES = MAX_EVENT_BYTES - 4096
"""What the rows of one call may weigh: all of them have to fit the one event that HQ hears of it."""
EVENT_BYTES = 100 + 3 * 250
"""What a row weighs in the event beside its own words: who it is, three accounts' postings and totals."""


class OldMember(Request, frozen=True, kw_only=True, omit_defaults=True):
    """A member as the old system had them; ``tier`` is an id or a label, ``referrer`` a card number."""

    card_no: Code
    name: Name
    phone: Phone = ""
    gender: Gender = ""
    birthday: Birthday | None = None
    birthday_calendar: Calendar = "solar"
    referrer: Code | None = None
    tier: Text = ""
    points: PointsCount = 0
    stored_fen: Fen = 0
    gift_fen: Fen = 0
    cumulative_fen: Fen = 0
    visits: PointsCount = 0
    registered: Day | None = None
    bought_on: Day | None = None
    valid_until: Day | None = None
    tags: Tags = ()


class ImportRow(OldMember, frozen=True, kw_only=True, omit_defaults=True):
    """``row`` is for the answer. ``referrer_follows``: the referrer is in the table too, perhaps later."""

    row: Annotated[int, msgspec.Meta(ge=0, le=2**31)]
    referrer_follows: bool = False


class ImportRequest(Keyed, frozen=True, kw_only=True):
    """A part of the table. ``dry_run`` answers what would be and writes nothing.

    ``history`` says what the old ``cumulative_fen`` and ``visits`` count for: the ``tier`` alone, or ``points`` too,
    ``points_per_yuan`` of them.
    """

    rows: Annotated[tuple[ImportRow, ...], msgspec.Meta(min_length=1, max_length=ROWS_MAX)]
    dry_run: bool = False
    history: Literal["tier", "points"] = "tier"
    points_per_yuan: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1


class RowResult(Reply, frozen=True, omit_defaults=True):
    """What became of a row; ``why``, ``zh`` and ``field`` of one that was rejected."""

    row: int
    state: Literal["imported", "updated", "unchanged", "rejected"]
    why: str = ""
    zh: str = ""
    field: str = ""


class ImportReply(Reply, frozen=True):
    """``linked`` rows, of earlier calls too, have their referrer now; ``waiting`` are all whose is still to come."""

    results: tuple[RowResult, ...]
    waiting: int
    linked: int
    one_per_phone: bool
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


class _NotWritten(Exception):
    """Undoes what a dry run, or a part of which nothing is new, has written."""

    def __init__(self, reply: ImportReply) -> None:
        super().__init__("nothing is written")
        self.reply = reply


def weight(row: ImportRow) -> int:
    """What a row weighs in the event for HQ, at most."""
    return len(msgspec.json.encode(row)) + EVENT_BYTES


async def import_members(shop: Shop, terminal: str, request: ImportRequest) -> ImportReply:
    """Take rows over; one that cannot be is answered with the reason and stops no other. Raises -32602, 1302."""
    if sum(map(weight, request.rows)) > PART_BYTES:
        raise bad("/rows", f"more than {PART_BYTES} bytes with all accounts: send fewer", "批次过大")

    def decide(transaction: Transaction) -> ImportReply:
        return _Import(shop, transaction, request).carry_out()

    def try_out(transaction: Transaction) -> None:
        transaction.ledger.begin(transaction.seq + 1, transaction.now_ms)
        transaction.outbox.begin(transaction.now_ms)
        raise _NotWritten(decide(transaction))

    if request.dry_run or _nothing_new(shop, terminal, request):
        try:
            await shop.writer.submit(try_out)
        except _NotWritten as tried:
            return msgspec.structs.replace(tried.reply, queue_seq=None)
    return await shop.write(terminal, "admin.members.import", request, ImportReply, decide)


def _nothing_new(shop: Shop, terminal: str, request: ImportRequest) -> bool:
    """Whether all rows were taken over as they are, by other calls than this one."""

    def known(row: ImportRow) -> bool:
        former = shop.snapshot.imports.former(row.card_no)
        return former is not None and former.row == _as_kept(_meant(request, row))

    return all(map(known, request.rows)) and shop.snapshot.answer(terminal, request.idem) is None


def _meant(request: ImportRequest, row: ImportRow) -> OldMember:
    """The member of a row, with the points that the history brings."""
    told = {field: getattr(row, field) for field in OldMember.__struct_fields__}
    old = OldMember(**told | {"phone": plain_phone(row.phone)})
    if request.history == "tier":
        return old
    return msgspec.structs.replace(
        old, points=old.points + old.cumulative_fen // 100 * request.points_per_yuan
    )


def _as_kept(old: OldMember) -> str:
    return msgspec.json.encode(old).decode()


class _Amount(NamedTuple):
    """An account, and the field of a row that says what was on it."""

    unit: Unit
    field: str


ACCOUNTS = (_Amount(POINTS, "points"), _Amount(STORED, "stored_fen"), _Amount(GIFT, "gift_fen"))


class _Import:
    """One part of the table, row by row, inside its transaction."""

    def __init__(self, shop: Shop, transaction: Transaction, request: ImportRequest) -> None:
        self._shop = shop
        self._transaction = transaction
        self._request = request
        self._today = shop.business_date(transaction.now_ms)
        self._tiers = {name: tier.id for tier in shop.programme.tiers for name in (tier.id, tier.label)}
        self._linked = 0
        self._told: list[dict[str, object]] = []

    def carry_out(self) -> ImportReply:
        """Every row, and one event for all that are new."""
        shop = self._shop
        results = tuple(self._answer(row) for row in self._request.rows)
        seq = None
        if self._told:
            seq = tell_hq(shop, self._transaction, "members", None, {"members": self._told})
        one_per_phone = shop.programme.bundle.cards.one_per_phone
        waiting = self._transaction.imports.waiting()
        return ImportReply(results, waiting, self._linked, one_per_phone, seq, shop.offline)

    def _answer(self, row: ImportRow) -> RowResult:
        try:
            return RowResult(row.row, self._take(row))
        except RowRefused as refused:
            return RowResult(row.row, "rejected", refused.why, refused.zh, refused.field)
        except PosError as refusal:
            path = str(refusal.data["path"])
            why = refusal.message.removeprefix(f"{path}: ")
            return RowResult(row.row, "rejected", why, refusal.data["hint"]["zh"], path.removeprefix("/"))

    def _take(self, row: ImportRow) -> Literal["imported", "updated", "unchanged"]:
        old = _meant(self._request, row)
        former = self._transaction.imports.former(old.card_no)
        if former is None:
            self._take_new(old, row.referrer_follows)
            return "imported"
        if former.row == _as_kept(old):
            return "unchanged"
        self._take_changed(former, old, row.referrer_follows)
        return "updated"

    # --- a member who is new ---

    def _take_new(self, old: OldMember, follows: bool) -> None:
        transaction = self._transaction
        refuse_foreign_number(self._shop, old.card_no)
        refuse_taken_number(transaction, old.card_no, "/card_no")
        refuse_taken_phone(self._shop, transaction, old.phone)
        member = self._member(old, self._referrer(old, follows))
        transaction.members.insert(member)
        for unit, field in ACCOUNTS:
            self._earn(member.id, unit, getattr(old, field))
        self._keep(member, old)

    def _member(self, old: OldMember, referrer: str | None) -> Member:
        today = self._today.isoformat()
        return Member(
            id=member_id(self._transaction.now_ms),
            card_no=old.card_no,
            name=old.name,
            tier=self._tier(old, old.cumulative_fen, old.visits),
            home=self._shop.config.store.id,
            registered_ms=self._noon_ms(old.registered),
            phone=old.phone,
            gender=old.gender,
            birthday=day_of(old.birthday, old.birthday_calendar),
            birthday_calendar=old.birthday_calendar,
            birth_year=year_of(old.birthday),
            referrer=referrer,
            cumulative_fen=old.cumulative_fen,
            visits=old.visits,
            tier_since=today,
            # Whose last purchase is not known has bought today: nobody comes over as long idle.
            bought_on=old.bought_on or today,
            valid_until=old.valid_until or self._valid_until(),
            tags=old.tags,
        )

    def _tier(self, old: OldMember, cumulative_fen: int, visits: int) -> str:
        """What the old system says, or higher where the history reaches it."""
        tiers = self._shop.programme.tiers
        present = self._tiers.get(old.tier) if old.tier else tiers[0].id
        if present is None:
            raise RowRefused("tier", f"no tier {old.tier!r} in this programme", "没有这个等级")
        return tier_after(tiers, present, cumulative_fen, 0, points=old.points, visits=visits)

    def _referrer(self, old: OldMember, follows: bool) -> str | None:
        if old.referrer is None:
            return None
        if old.referrer == old.card_no:
            raise RowRefused("referrer", "nobody recommends themselves", "介绍人是本人")
        card = self._transaction.cards.by_number(old.referrer)
        if card is None and not follows:
            raise RowRefused(
                "referrer", f"card {old.referrer} is neither here nor in the table", "没有这个介绍人"
            )
        return card.member if card else None

    def _valid_until(self) -> str | None:
        months = self._shop.programme.bundle.cards.valid_months
        return months_later(self._today, months).isoformat() if months is not None else None

    def _noon_ms(self, day: str | None) -> int:
        if day is None:
            return self._transaction.now_ms
        noon = datetime.combine(_day("registered", day), time(12), self._shop.zone)
        return min(self._transaction.now_ms, int(noon.timestamp()) * 1000)

    # --- a member who came over before, with other words now ---

    def _take_changed(self, former: Former, old: OldMember, follows: bool) -> None:
        """What differs from the row before: the till's own changes of the rest stay."""
        before = msgspec.json.decode(former.row, type=OldMember)
        member = self._transaction.members.by_id(former.member)
        assert member is not None, "who came over is a member"
        changed = self._changed(member, before, old, follows)
        self._refuse_what_is_gone(member, before, old)
        self._transaction.members.rewrite(member, changed)
        for unit, field in ACCOUNTS:
            more = getattr(old, field) - getattr(before, field)
            if more > 0:
                self._earn(member.id, unit, more)
            else:
                self._transaction.ledger.claw(member.id, unit, -more, "import")
        self._keep(changed, old)

    def _changed(self, member: Member, before: OldMember, old: OldMember, follows: bool) -> Member:
        """``member`` with what the row says otherwise than before."""
        taken: dict[str, Any] = {
            name: getattr(old, name)
            for name in ("name", "phone", "gender", "bought_on", "valid_until", "tags")
            if getattr(old, name) not in (None, getattr(before, name))
        }
        if "phone" in taken:
            refuse_taken_phone(self._shop, self._transaction, old.phone, member.id)
        if (old.birthday, old.birthday_calendar) != (before.birthday, before.birthday_calendar):
            taken["birthday"] = day_of(old.birthday, old.birthday_calendar)
            taken["birthday_calendar"] = old.birthday_calendar
            taken["birth_year"] = year_of(old.birthday)
        if old.referrer != before.referrer:
            taken["referrer"] = self._referrer(old, follows)
        if old.registered != before.registered:
            taken["registered_ms"] = self._noon_ms(old.registered)
        return dataclasses.replace(member, **taken | self._history(member, before, old))

    def _history(self, member: Member, before: OldMember, old: OldMember) -> dict[str, Any]:
        spent = max(0, member.cumulative_fen + old.cumulative_fen - before.cumulative_fen)
        visits = max(0, member.visits + old.visits - before.visits)
        tier = self._tier(old, spent, visits)
        if old.tier == before.tier:
            ids = [known.id for known in self._shop.programme.tiers]
            tier = max(tier, member.tier, key=lambda one: ids.index(one) if one in ids else -1)
        return {"cumulative_fen": spent, "visits": visits, "tier": tier}

    def _refuse_what_is_gone(self, member: Member, before: OldMember, old: OldMember) -> None:
        """Less than before can be taken back only as far as it is still there."""
        for unit, field in ACCOUNTS:
            less = getattr(before, field) - getattr(old, field)
            if less > 0 and less > self._transaction.ledger.balance(member.id, unit).balance:
                why = f"{getattr(before, field)} were taken over before, and part of that is spent"
                raise RowRefused(field.removesuffix("_fen"), why, "已导入的余额已被使用, 不能减少")

    # --- both ---

    def _earn(self, member: str, unit: Unit, amount: int) -> None:
        """Points lapse as those that are earned today."""
        if unit == POINTS:
            earn_points(self._shop, self._transaction, member, amount, "import")
        else:
            self._transaction.ledger.earn(member, unit, amount, "import")

    def _keep(self, member: Member, old: OldMember) -> None:
        """Remember the row, link whoever waits for this member, and tell HQ."""
        imports = self._transaction.imports
        awaits = old.referrer if member.referrer is None else None
        imports.keep(self._transaction.seq + 1, old.card_no, Former(member.id, _as_kept(old)), awaits)
        self._linked += imports.arrived(old.card_no, member.id)
        told = {field: value for field, value in msgspec.to_builtins(old).items() if field != "points"}
        self._told.append({**told, "member": member.id, "tier": member.tier, "home": member.home})


def _day(field: str, day: str) -> date:
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise RowRefused(field, f"{day} is no day", "日期不正确") from None
