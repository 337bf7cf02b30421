# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The compiled kernel: runs the blob of ``cext.program`` and means exactly what ``cext.kernel_py`` means.

A request is read straight into C structs. The reader takes the requests that tills send, in any key order;
whatever else it meets (an escape, a nested key that it does not know, an error) it leaves to
``cext.request``, which reads it or names what is wrong. So both kernels take the same requests and refuse
the others in the same words.

Evaluation allocates nothing: it works on the C stack. It keeps the interpreter's lock, because to ask for it
back while another thread computes costs more than the few microseconds it is needed; a replay of many receipts
gives it away.
"""

from cpython.buffer cimport PyBUF_SIMPLE, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport (
    PyMem_Calloc,
    PyMem_Free,
    PyMem_Malloc,
    PyMem_RawCalloc,
    PyMem_RawFree,
    PyMem_RawMalloc,
    PyMem_RawRealloc,
)
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.string cimport memcmp, memcpy, memmove, memset

from types import MappingProxyType

from msgspec.json import encode as json_encode

from cext import limits, reply
from cext.errors import RequestError
from cext.program import BIRTHDAY_STATES, DIGEST_BYTES, HEADER, MINUTES, DamagedProgram, check
from cext.replay import Outcomes, Receipts, chosen, empty, zeros
from cext.request import read_request

include "_words.pxi"
include "_names.pxi"
include "_program.pxi"
include "_basket.pxi"
include "_reader.pxi"
include "_request.pxi"
include "_values.pxi"
include "_conditions.pxi"
include "_work.pxi"
include "_selection.pxi"
include "_rules.pxi"
include "_coupons.pxi"
include "_writer.pxi"
include "_trace.pxi"


cdef class Kernel:
    """Evaluates one bundle; requests and replies are JSON."""

    cdef bytes blob
    cdef Program program

    def __cinit__(self, bytes blob not None):
        check(blob)
        self.blob = blob
        open_program(&self.program, blob)

    def __dealloc__(self):
        close_program(&self.program)

    def evaluate(self, bytes request_json not None):
        """Price one basket; raises RequestError."""
        cdef Basket basket
        cdef Room room
        cdef Work work
        self.read(request_json, &basket, &room)
        price(&self.program, &basket, &work)
        return write_result(&self.program, &work)

    def explain(self, bytes request_json not None):
        """Price one basket and say what each rule did; raises RequestError."""
        cdef Basket basket
        cdef Room room
        cdef Work work
        self.read(request_json, &basket, &room)
        price(&self.program, &basket, &work)
        return write_explanation(&self.program, &work)

    def quoter(self, labels, store, version):
        """Quotes for the tills of one store; see cext.quotes."""
        return Quoter(self, labels, store, version)

    def pack(self, requests):
        """Read many requests, to price them together."""
        return Packed(self, requests)

    cdef int read(self, bytes raw, Basket *basket, Room *room) except -1:
        """Read a request, the fast way or else the careful one."""
        cdef Cursor at
        at.p = <const uint8_t *>PyBytes_AS_STRING(raw)
        at.end = at.p + PyBytes_GET_SIZE(raw)
        if not take_request(&at, &self.program, basket, room):
            fill(read_request(raw), &self.program, basket, room)
        return 0


include "_replay.pxi"
include "_params.pxi"
include "_quote.pxi"


cdef bytes write_result(const Program *program, const Work *work):
    """Write the result."""
    cdef uint64_t usual[1024]
    cdef uint8_t *start = room_for(result_room(program, work), usual, sizeof(usual))
    try:
        return PyBytes_FromStringAndSize(<char *>start, put_result(start, program, work) - start)
    finally:
        if start != <uint8_t *>usual:
            PyMem_Free(start)


cdef bytes write_explanation(const Program *program, const Work *work):
    """Write the result and a step for each rule."""
    cdef uint64_t usual[4096]
    cdef Py_ssize_t shares = <Py_ssize_t>sizeof(int64_t) * work.n_fired * work.basket.n
    cdef Py_ssize_t room = shares + result_room(program, work) + trace_room(program, work)
    cdef uint8_t *start = room_for(room, usual, sizeof(usual))
    cdef uint8_t *text = start + shares
    cdef uint8_t *p = text
    cdef Trace trace
    trace.program = program
    trace.work = work
    trace.shares = <int64_t *>start
    try:
        p = put(p, b'{"result":', 10)
        p = put_result(p, program, work)
        p = put(p, b',"trace":', 9)
        p = put_steps(p, &trace)
        p = put(p, b"}", 1)
        return PyBytes_FromStringAndSize(<char *>text, p - text)
    finally:
        if start != <uint8_t *>usual:
            PyMem_Free(start)


cdef inline uint8_t *room_for(Py_ssize_t size, void *usual, Py_ssize_t usual_size) except NULL:
    """What is usual if it is enough, otherwise memory that has to be freed."""
    cdef uint8_t *start = <uint8_t *>usual
    if size > usual_size:
        start = <uint8_t *>PyMem_Malloc(size)
        if start == NULL:
            raise MemoryError
    return start
