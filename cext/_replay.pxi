# Many receipts: requests read once into one block of memory, then priced without the interpreter's lock.
# See cext.replay for what it means.

cdef struct Tally:  # where a run counts, in the order of replay.Receipts and replay.Buckets
    int64_t *gross
    int64_t *payable
    int64_t *points
    int64_t *bucket_receipts
    int64_t *bucket_gross
    int64_t *bucket_payable
    int64_t *bucket_points
    int64_t *times
    int64_t *value


cdef class Packed:
    """Requests that one program has read."""

    cdef Kernel kernel
    cdef readonly object refused
    cdef uint8_t *block  # for each request that was taken: a Basket, its lines, its counters
    cdef size_t taken
    cdef size_t room
    cdef list starts  # while packing: where each Basket is, None for a refused request
    cdef const Basket **baskets  # NULL for a refused request
    cdef Py_ssize_t length

    def __cinit__(self, Kernel kernel not None, requests):
        cdef Basket basket
        cdef Room room
        cdef Py_ssize_t place = 0
        refused = {}
        self.kernel = kernel
        self.starts = []
        for request in requests:
            try:
                kernel.read(request, &basket, &room)
                self.keep(&basket)
            except RequestError as error:
                refused[place] = error
                self.starts.append(None)
            place += 1
        self.refused = MappingProxyType(refused)
        self.point()

    def __dealloc__(self):
        PyMem_RawFree(self.block)
        PyMem_RawFree(self.baskets)

    def __len__(self):
        return self.length

    cdef int keep(self, const Basket *basket) except -1:
        """Append a basket to the block, which may move."""
        cdef size_t lines = (basket.n * sizeof(Line) + 7) & ~<size_t>7
        cdef size_t used = basket.n_used * sizeof(Used)
        cdef size_t size = sizeof(Basket) + lines + used
        cdef void *block
        if self.room - self.taken < size:
            self.room = 2 * self.room + size + 65_536
            block = PyMem_RawRealloc(self.block, self.room)
            if block == NULL:
                raise MemoryError
            self.block = <uint8_t *>block
        block = self.block + self.taken
        memcpy(block, basket, sizeof(Basket))
        memcpy(<uint8_t *>block + sizeof(Basket), basket.lines, basket.n * sizeof(Line))
        memcpy(<uint8_t *>block + sizeof(Basket) + lines, basket.used, used)
        self.starts.append(self.taken)
        self.taken += size
        return 0

    cdef int point(self) except -1:
        """Let every basket point to its lines, now that the block stays where it is."""
        cdef Basket *basket
        cdef Py_ssize_t place
        self.length = len(self.starts)
        self.baskets = <const Basket **>PyMem_RawCalloc(self.length + 1, sizeof(Basket *))
        if self.baskets == NULL:
            raise MemoryError
        for place, start in enumerate(self.starts):
            if start is not None:
                basket = <Basket *>(self.block + <size_t>start)
                basket.lines = <Line *>(basket + 1)
                basket.used = <Used *>(<uint8_t *>basket.lines + ((basket.n * sizeof(Line) + 7) & ~<size_t>7))
                self.baskets[place] = basket
        self.starts = None
        return 0

    def run(self, Py_ssize_t first=0, count=None, buckets=None):
        """Price ``count`` receipts from ``first`` on (all); ``buckets``, of type "I", has a number for each."""
        places = chosen(self.length, first, count, buckets)
        receipts = Receipts(*(zeros(len(places)) for _ in range(3)))
        sums = empty(1 + max(buckets, default=-1) if buckets is not None else 1, self.kernel.program.n_rules)
        self.price_all(first, len(places), buckets, (*receipts, *sums))
        return Outcomes(receipts, sums)

    cdef int price_all(self, Py_ssize_t first, Py_ssize_t count, buckets, tuple columns) except -1:
        """Price the receipts; the buckets cannot change meanwhile, because they are exported."""
        cdef Py_buffer exported
        cdef const uint32_t *of_receipts = NULL
        cdef Work *work = <Work *>PyMem_RawMalloc(sizeof(Work))
        cdef Tally tally
        cdef int64_t **column = &tally.gross
        if work == NULL:
            raise MemoryError
        for numbers in columns:
            column[0] = start_of(numbers)
            column += 1
        if buckets is not None:
            PyObject_GetBuffer(buckets, &exported, PyBUF_SIMPLE)
            of_receipts = <const uint32_t *>exported.buf
        with nogil:
            price_baskets(&self.kernel.program, self.baskets + first, count, of_receipts, work, &tally)
        PyMem_RawFree(work)
        if buckets is not None:
            PyBuffer_Release(&exported)
        return 0


cdef int64_t *start_of(object numbers) except? NULL:
    """Where the numbers of an array are that nobody else has."""
    cdef Py_buffer exported
    PyObject_GetBuffer(numbers, &exported, PyBUF_WRITABLE)
    PyBuffer_Release(&exported)
    return <int64_t *>exported.buf


cdef void price_baskets(
    const Program *program,
    const Basket **baskets,
    Py_ssize_t count,
    const uint32_t *buckets,
    Work *work,
    Tally *tally,
) noexcept nogil:
    cdef Py_ssize_t nth
    for nth in range(count):
        if baskets[nth] != NULL:
            price(program, baskets[nth], work)
            tally.gross[nth] = work.gross
            tally.payable[nth] = work.payable
            tally.points[nth] = work.points
            add_up(program, work, buckets[nth] if buckets != NULL else 0, tally)


cdef inline void add_up(
    const Program *program, const Work *work, uint32_t bucket, Tally *tally
) noexcept nogil:
    """Count a receipt and what fired on it."""
    cdef Py_ssize_t rules = <Py_ssize_t>bucket * program.n_rules
    cdef Py_ssize_t at
    cdef int i
    tally.bucket_receipts[bucket] += 1
    tally.bucket_gross[bucket] += work.gross
    tally.bucket_payable[bucket] += work.payable
    tally.bucket_points[bucket] += work.points
    for i in range(work.n_fired):
        at = rules + program.rules[work.fired_rules[i]].place
        tally.times[at] += 1
        tally.value[at] += work.fired_values[i]
