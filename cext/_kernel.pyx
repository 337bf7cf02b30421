# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The compiled kernel: runs the blob of ``cext.program`` and means exactly what ``cext.kernel_py`` means.

A request is read straight into C structs. The reader takes the requests that tills send, in any key order;
whatever else it meets (an escape, a nested key that it does not know, an error) it leaves to
``cext.request``, which reads it or names what is wrong. So both kernels take the same requests and refuse
the others in the same words.

Evaluation allocates nothing: it works in one ``Work`` on the C stack. It keeps the interpreter's lock,
because to ask for it back while another thread computes costs more than the few microseconds it is needed.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy, memset

import msgspec

from cext import reply
from cext.bundle import ranked_groups
from cext.limits import FEN_MAX as PY_FEN_MAX
from cext.limits import LINES_MAX, RULES_MAX, TAGS_MAX
from cext.limits import MILLI_MAX as PY_MILLI_MAX
from cext.limits import QTY_MAX as PY_QTY_MAX
from cext.limits import TS_MAX as PY_TS_MAX
from cext.program import DIGEST_BYTES, HEADER, MINUTES, DamagedProgram, check
from cext.request import read_request

include "_layout.pxi"
include "_reader.pxi"
include "_rules.pxi"


cdef class Kernel:
    """Evaluates one bundle; requests and replies are JSON."""

    cdef bytes blob
    cdef object bundle
    cdef list groups
    cdef Program program

    def __cinit__(self, bundle, bytes blob not None):
        check(blob)
        self.blob = blob
        self.bundle = bundle
        self.groups = [group.id for group in ranked_groups(bundle)]
        open_program(&self.program, blob)

    def __dealloc__(self):
        close_program(&self.program)

    def evaluate(self, bytes request_json not None):
        """Price one basket; raises RequestError."""
        cdef Work work
        self.read(request_json, &work)
        price(&self.program, &work, NULL)
        return write_result(&self.program, &work)

    def explain(self, bytes request_json not None):
        """Price one basket and say what each rule did; raises RequestError."""
        cdef Work work
        cdef Trace *trace = <Trace *>PyMem_Calloc(1, sizeof(Trace))
        if trace == NULL:
            raise MemoryError
        try:
            self.read(request_json, &work)
            trace.shares = <int64_t *>PyMem_Calloc(self.program.n_rules * work.n + 1, sizeof(int64_t))
            if trace.shares == NULL:
                raise MemoryError
            price(&self.program, &work, trace)
            steps = msgspec.json.encode(self.steps(&work, trace))
            return b'{"result":' + write_result(&self.program, &work) + b',"trace":' + steps + b"}"
        finally:
            PyMem_Free(trace.shares)
            PyMem_Free(trace)

    cdef int read(self, bytes raw, Work *work) except -1:
        """Read a request, the fast way or else the careful one."""
        cdef Cursor at
        at.p = <const uint8_t *>PyBytes_AS_STRING(raw)
        at.end = at.p + PyBytes_GET_SIZE(raw)
        if not take_request(&at, &self.program, work):
            self.fill(read_request(raw), work)
        return 0

    cdef int fill(self, request, Work *work) except -1:
        """Copy a request that ``cext.request`` has read and checked."""
        cdef Line *line
        cdef uint32_t tag
        memset(&work.occasion, 0, sizeof(Occasion))
        work.occasion.ts = request.ts
        work.occasion.store = self.number_of(STORE, request.store)
        work.occasion.pay = self.number_of(PAY, request.pay)
        work.occasion.channel = self.number_of(CHANNEL, request.channel)
        work.occasion.points_used = request.points_used
        work.occasion.bday = work.occasion.birthday_state = -1
        member = request.member
        if member is not None:
            work.occasion.member = True
            work.occasion.tier = self.number_of(TIER, member.tier)
            work.occasion.first = member.first
            work.occasion.bday = -1 if member.bday is None else member.bday
            if member.birthday_state is not None:  # by the sun or by the moon, as no rule here tells them apart
                work.occasion.birthday_state = (member.birthday_state | member.birthday_state >> 2) & 3
            for one in member.tags:
                tag = self.number_of(TAG, one)
                work.occasion.tags[tag >> 6] |= bit(tag & 63)
        work.n = 0
        for one in request.lines:
            line = &work.lines[work.n]
            work.n += 1
            line.sku = self.number_of(SKU, one.sku)
            line.cat = self.number_of(CAT, one.cat)
            line.brand = self.number_of(BRAND, one.brand)
            line.qty = one.qty
            line.milli = one.milli
            line.unit = one.unit
            line.fen = one.fen
            line.nd = one.nd
            line.np = one.np
        return 0

    cdef uint32_t number_of(self, int dimension, text) except? 0xFFFFFFFF:
        """Number of a value in its dimension, 0 for None and for what no rule names."""
        cdef bytes raw
        cdef const uint8_t *start
        if text is None:
            return 0
        raw = text.encode()
        start = <const uint8_t *>PyBytes_AS_STRING(raw)
        return find(&self.program.named[dimension], start, len(raw), start + len(raw))

    cdef list steps(self, Work *work, Trace *trace):
        """What each rule did, in the order of the bundle."""
        cdef list found = [None] * self.program.n_rules
        cdef const Phase *phase
        cdef int k
        cdef int j
        for k in range(2):
            phase = &self.program.phases[k]
            for j in range(<int>phase.n):
                found[phase.rules[j].place] = self.step(work, trace, k, j)
        return found

    cdef object step(self, Work *work, Trace *trace, int k, int j):
        cdef const Phase *phase = &self.program.phases[k]
        cdef const Rule *rule = &phase.rules[j]
        cdef Mark *mark = &trace.marks[rule.place]
        cdef int64_t *shares = trace.shares + rule.place * work.n
        cdef int missed = NO_MEMBER
        cdef int i
        name = self.bundle.rules[rule.place].id
        if k == DISCOUNT or work.occasion.member:
            missed = first_miss(phase, work, j, trace.totals[k])
        if missed >= 0:
            return reply.skipped(name, reply.WHYS[missed])
        if mark.what == FIRED:
            lines = [i for i in range(work.n) if mark.members[i >> 6] >> (i & 63) & 1]
            return reply.fired(name, mark.value, lines, [shares[i] for i in lines])
        if mark.what == IN_NEED:
            return reply.in_need(name, mark.short_fen, mark.short_qty)
        if mark.what == SUPPRESSED:
            return reply.suppressed(name, self.groups[mark.other])
        if mark.what == WORTH:
            return reply.lost(name, self.bundle.rules[trace.winners[rule.group]].id)
        return reply.skipped(name, "no_value" if mark.what == WORTHLESS else "no_line")


cdef bytes write_result(const Program *program, const Work *work):
    """Write the result as JSON."""
    cdef uint8_t small[8192]
    cdef uint8_t *start = small
    cdef Py_ssize_t room = 192 + 44 * work.n
    cdef int i
    for i in range(work.n_fired):
        room += program.ids[work.fired_rules[i]].length + 24
    if room > <Py_ssize_t>sizeof(small):
        start = <uint8_t *>PyMem_Malloc(room)
        if start == NULL:
            raise MemoryError
    try:
        return PyBytes_FromStringAndSize(<char *>start, put_result(start, program, work) - start)
    finally:
        if start != small:
            PyMem_Free(start)


cdef uint8_t *put_result(uint8_t *p, const Program *program, const Work *work) noexcept nogil:
    cdef const Text *name
    cdef int i
    p = put(p, b'{"gross":', 9)
    p = put_number(p, work.gross)
    p = put(p, b',"discount":', 12)
    p = put_number(p, work.gross - work.payable)
    p = put(p, b',"payable":', 11)
    p = put_number(p, work.payable)
    p = put(p, b',"points":', 10)
    p = put_number(p, work.points)
    p = put(p, b',"fired":[', 10)
    for i in range(work.n_fired):
        name = &program.ids[work.fired_rules[i]]
        p = put(p, b",[", 2) if i else put(p, b"[", 1)
        p = put(p, <const char *>name.start, name.length)
        p = put(p, b",", 1)
        p = put_number(p, work.fired_values[i])
        p = put(p, b"]", 1)
    p = put(p, b'],"line_net":[', 14)
    p = put_numbers(p, work.net, work.n)
    p = put(p, b'],"line_points":[', 17)
    p = put_numbers(p, work.line_points, work.n)
    return put(p, b"]}", 2)


cdef inline uint8_t *put(uint8_t *p, const char *text, Py_ssize_t length) noexcept nogil:
    memcpy(p, text, length)
    return p + length


cdef inline uint8_t *put_number(uint8_t *p, int64_t number) noexcept nogil:
    """Write a number that is not negative."""
    cdef uint64_t rest = <uint64_t>number
    cdef uint64_t bound = 10
    cdef int digits = 1
    cdef int i
    while rest >= bound and digits < 19:
        bound *= 10
        digits += 1
    for i in range(digits - 1, -1, -1):
        p[i] = <uint8_t>(c"0" + rest % 10)
        rest //= 10
    return p + digits


cdef inline uint8_t *put_numbers(uint8_t *p, const int64_t *numbers, int n) noexcept nogil:
    cdef int i
    for i in range(n):
        if i:
            p = put(p, b",", 1)
        p = put_number(p, numbers[i])
    return p
