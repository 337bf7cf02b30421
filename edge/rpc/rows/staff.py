"""Rows of staff: roles, attendance, commission, the operation log."""

from typing import Any
from weakref import WeakSet

import structlog

from edge.counter import attendance, commissions, op_log, staff
from edge.errors import Code
from edge.rpc.methods import ADMIN, Method, Nothing, Session
from edge.rpc.rows.desk import WRITE, Desk, writing
from edge.storage.staff import StaffRow

log = structlog.get_logger(__name__)


def staff_rows(desk: Desk) -> tuple[Method[Any], ...]:
    return (*_sign_in_rows(desk, WeakSet()), *_work_rows(desk))


def _work_rows(desk: Desk) -> tuple[Method[Any], ...]:
    """Attendance, what the work brings, and the log of it."""
    shop = desk.shop

    def of_day(session: Session, params: attendance.AttendanceRequest) -> attendance.AttendanceReply:
        return attendance.of_day(shop, params)

    async def report(session: Session, params: commissions.ReportRequest) -> commissions.CommissionReport:
        return await commissions.report(shop, params)

    async def log_list(session: Session, params: op_log.LogRequest) -> op_log.LogReply:
        return await op_log.list_log(shop, params)

    return (
        Method(
            "admin.log.list",
            op_log.LogRequest,
            op_log.LogReply,
            log_list,
            (),
            ADMIN,
            "The operation log, and whether its chain holds.",
        ),
        Method(
            "staff.clock",
            attendance.ClockRequest,
            attendance.ClockReply,
            writing(desk, attendance.clock),
            WRITE,
            summary="Come or go, by card.",
        ),
        Method(
            "staff.attendance",
            attendance.AttendanceRequest,
            attendance.AttendanceReply,
            of_day,
            summary="Comings and goings of a business day.",
        ),
        Method(
            "report.commission",
            commissions.ReportRequest,
            commissions.CommissionReport,
            report,
            summary="Commission by salesperson and rule.",
        ),
    )


def _sign_in_rows(desk: Desk, sessions: WeakSet[Session]) -> tuple[Method[Any], ...]:
    """``sessions`` are those in which somebody has signed in: they hear of every change of that person."""
    shop = desk.shop
    put_staff = writing(desk, staff.put)

    async def put(session: Session, params: staff.PutRequest) -> staff.PutReply:
        reply = await put_staff(session, params)
        person = shop.snapshot.staff.by_id(params.id)
        for other in [other for other in sessions if other.staff == params.id]:
            _become(other, person)
        return reply

    def everybody(session: Session, params: Nothing) -> staff.StaffList:
        return staff.everybody(shop)

    async def sign_in(session: Session, params: staff.SignInRequest) -> staff.SignedIn:
        person = await staff.sign_in(shop, session.terminal, params)
        _become(session, person)
        sessions.add(session)
        log.info("till.signed_in", terminal=session.terminal, staff=person.id, role=person.role)
        return staff.SignedIn(person.id, person.name, person.role)

    def sign_out(session: Session, params: Nothing) -> staff.SignedIn:
        sessions.discard(session)
        session.sign_out()
        return staff.SignedIn("", "", session.role)

    return (
        Method(
            "admin.staff.put",
            staff.PutRequest,
            staff.PutReply,
            put,
            WRITE,
            ADMIN,
            "Register somebody of the staff, or change what is known.",
        ),
        Method(
            "admin.staff.list", Nothing, staff.StaffList, everybody, (), ADMIN, "All staff, cards masked."
        ),
        Method(
            "staff.signin",
            staff.SignInRequest,
            staff.SignedIn,
            sign_in,
            (Code.NOT_ALLOWED,),
            summary="Sign in at this till, with the role of the person.",
        ),
        Method("staff.signout", Nothing, staff.SignedIn, sign_out, summary="Back to the role of the till."),
    )


def _become(session: Session, person: StaffRow | None) -> None:
    """The session has the person's role, or its own again where the person is not active any more."""
    if person is None or not person.active:
        session.sign_out()
    else:
        session.role, session.staff = person.role, person.id
