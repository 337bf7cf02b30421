"""Attendance 考勤: staff come and go by card, and what a day came to."""

from datetime import date

from edge.counter.events import tell_hq
from edge.counter.refusals import bad
from edge.counter.shop import Keyed, Shop
from edge.counter.staff import CardNumber, StaffId
from edge.counter.terms import Day, Reply, Request
from edge.storage.attendance import ClockRow, Way
from edge.storage.staff import StaffRow
from edge.storage.transaction import Transaction

SHIFT_MAX_MS = 16 * 3_600_000
"""Whoever came longer ago than this forgot to clock out: the next is a coming again."""


class ClockRequest(Keyed, frozen=True):
    """Somebody comes or goes: by ``card``, or by id; without ``kind`` the other of what was last."""

    card: CardNumber | None = None
    staff: StaffId | None = None
    kind: Way | None = None


class ClockReply(Reply, frozen=True):
    """Who, what and when; ``worked_ms`` since coming where somebody goes."""

    staff: str
    name: str
    kind: Way
    at: str
    worked_ms: int | None
    queue_seq: int | None
    offline: bool
    duplicate: bool = False


class AttendanceRequest(Request, frozen=True):
    """A business day, or today."""

    day: Day | None = None


class ClockEntry(Reply, frozen=True):
    """One coming or going."""

    staff: str
    name: str
    kind: Way
    at: str
    worked_ms: int | None


class DayOfPerson(Reply, frozen=True):
    """What one person's day came to; ``state`` is ``in`` where nobody has clocked out."""

    staff: str
    name: str
    worked_ms: int
    state: Way


class AttendanceReply(Reply, frozen=True):
    """A day: every coming and going, and the sums by person."""

    day: str
    entries: tuple[ClockEntry, ...]
    people: tuple[DayOfPerson, ...]


async def clock(shop: Shop, terminal: str, request: ClockRequest) -> ClockReply:
    """Write down that somebody comes or goes; raises -32602 for nobody, and for going without having come."""
    person = _person(shop, request)
    asked = ClockRequest(request.idem, None, person.id, request.kind)

    def decide(transaction: Transaction) -> ClockReply:
        now_ms = transaction.now_ms
        came = _came(transaction.attendance.last(person.id), now_ms)
        kind = _way(request.kind, came)
        worked_ms = now_ms - came.at_ms if came and kind == "out" else None
        day = shop.business_date(now_ms).isoformat()
        row = ClockRow(person.id, kind, now_ms, day, worked_ms)
        transaction.attendance.insert(row, transaction.seq + 1)
        at = shop.local_time(now_ms)
        told: dict[str, object] = {"staff": person.id, "kind": kind, "at": at, "worked_ms": worked_ms}
        seq = tell_hq(shop, transaction, "attendance", None, told)
        return ClockReply(person.id, person.name, kind, at, worked_ms, seq, shop.offline)

    return await shop.write(terminal, "staff.clock", asked, ClockReply, decide)


def of_day(shop: Shop, request: AttendanceRequest) -> AttendanceReply:
    """Everybody's comings and goings of a business day, and what they came to."""
    day = _day(shop, request)
    names = {person.id: person.name for person in shop.snapshot.staff.everybody()}
    rows = shop.snapshot.attendance.of_day(day)
    entries = tuple(
        ClockEntry(row.staff, names[row.staff], row.kind, shop.local_time(row.at_ms), row.worked_ms)
        for row in rows
    )
    people = tuple(
        DayOfPerson(
            staff,
            names[staff],
            sum(row.worked_ms or 0 for row in rows if row.staff == staff),
            [row.kind for row in rows if row.staff == staff][-1],
        )
        for staff in sorted({row.staff for row in rows})
    )
    return AttendanceReply(day, entries, people)


# --- the pieces ---


def _person(shop: Shop, request: ClockRequest) -> StaffRow:
    """Looked up before the request is written down, which must not hold a card."""
    if (request.card is None) == (request.staff is None):
        raise bad("/card", "clock by card or by staff id", "请刷员工卡或输入工号")
    staff = shop.snapshot.staff
    found = staff.by_card(request.card) if request.card is not None else staff.by_id(request.staff or "")
    if found is None or not found.active:
        raise bad("/staff" if request.card is None else "/card", "nobody of the staff", "没有这名员工")
    return found


def _came(last: ClockRow | None, now_ms: int) -> ClockRow | None:
    """The coming that has no going yet."""
    return last if last and last.kind == "in" and now_ms - last.at_ms <= SHIFT_MAX_MS else None


def _way(asked: Way | None, came: ClockRow | None) -> Way:
    if asked == "in" and came:
        raise bad("/kind", "has come already and not gone", "已签到，尚未签退")
    if asked == "out" and not came:
        raise bad("/kind", "has not come", "尚未签到")
    return asked or ("out" if came else "in")


def _day(shop: Shop, request: AttendanceRequest) -> str:
    if request.day is None:
        return shop.business_date(shop.now_ms()).isoformat()
    try:
        return date.fromisoformat(request.day).isoformat()
    except ValueError as error:
        raise bad("/day", "no such day", "没有这一天") from error
