# The way out: JSON, written where the caller has made room. Numbers are never negative.

cdef extern from *:
    """
    static const char DIGITS[] =
        "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
        "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";
    """
    const char DIGITS[200]

cdef enum:
    NUMBER_ROOM = 24  # bytes that a number may need
    KNOWN_ROOM = 32

assert KNOWN_ROOM <= DIGEST_BYTES


cdef inline uint8_t *put(uint8_t *p, const char *text, size_t length) noexcept nogil:
    memcpy(p, text, length)
    return p + length


cdef inline uint8_t *put_text(uint8_t *p, const uint8_t *start, Py_ssize_t length) noexcept nogil:
    memcpy(p, start, length)
    return p + length


cdef inline uint8_t *put_known(uint8_t *p, const uint8_t *start, Py_ssize_t length) noexcept nogil:
    """Write a text of the program, mostly at once: KNOWN_ROOM bytes may be read, for its checksum follows."""
    if LIKELY(length <= KNOWN_ROOM):
        memcpy(p, start, KNOWN_ROOM)
        return p + length
    return put_text(p, start, length)


cdef inline uint8_t *put_small(uint8_t *p, uint32_t number) noexcept nogil:
    """Write a number of up to 8 digits, all digits at once; 8 bytes may be written.

    Each step parts every lane of the word, as ``part + (lane - part * base << width)``, and leaves reading order.
    """
    cdef uint64_t part = number // 10_000
    cdef uint64_t word = (<uint64_t>number << 32) - part * ((<uint64_t>10_000 << 32) - 1)
    cdef uint64_t blank
    part = ((word * 10_486) >> 20) & <uint64_t>0x0000007F0000007F
    word = (word << 16) - part * ((100 << 16) - 1)
    part = ((word * 103) >> 10) & <uint64_t>0x000F000F000F000F
    word = (word << 8) - part * ((10 << 8) - 1)
    blank = LOWEST(word | bit(56)) & 56  # zeros before the first digit; the last one stays
    word = (word | (ONES * 0x30)) >> blank
    memcpy(p, &word, 8)
    return p + 8 - (blank >> 3)


cdef inline uint8_t *put_number(uint8_t *p, int64_t number) noexcept nogil:
    """Write a number that is not negative."""
    if LIKELY(number < 100_000_000):
        return put_small(p, <uint32_t>number)
    return put_large(p, <uint64_t>number)


cdef uint8_t *put_large(uint8_t *p, uint64_t number) noexcept nogil:
    cdef uint8_t digits[20]
    cdef int start = 20
    while number >= 10:
        start -= 2
        memcpy(digits + start, DIGITS + number % 100 * 2, 2)
        number //= 100
    if number:
        start -= 1
        digits[start] = <uint8_t>(c"0" + number)
    return put_text(p, digits + start, 20 - start)


cdef inline uint8_t *put_numbers(uint8_t *p, const int64_t *numbers, int n) noexcept nogil:
    """Write numbers with commas between them."""
    cdef int i
    for i in range(n):
        p = put_number(p, numbers[i])
        p[0] = c","
        p += 1
    return p - (n > 0)


cdef inline uint8_t *put_id(uint8_t *p, const Program *program, int place) noexcept nogil:
    """Write a rule's id."""
    cdef const Text *step = &program.steps[place]
    return put_known(p, step.start + BEFORE_ID, step.length - AROUND_ID)


cdef Py_ssize_t result_room(const Program *program, const Work *work) noexcept nogil:
    """Bytes that the result may need, and a few to spare."""
    cdef Py_ssize_t room = 256 + 2 * NUMBER_ROOM * work.basket.n
    cdef int i
    for i in range(work.n_fired):
        room += program.steps[program.rules[work.fired_rules[i]].place].length + NUMBER_ROOM
    return room


cdef uint8_t *put_result(uint8_t *p, const Program *program, const Work *work) noexcept nogil:
    """Write the result."""
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
        p = put(p, b"[", 1)
        p = put_id(p, program, program.rules[work.fired_rules[i]].place)
        p = put(p, b",", 1)
        p = put_number(p, work.fired_values[i])
        p = put(p, b"],", 2)
    p -= work.n_fired > 0
    p = put(p, b'],"line_net":[', 14)
    p = put_numbers(p, work.net, work.basket.n)
    p = put(p, b'],"line_points":[', 17)
    p = put_numbers(p, work.line_points, work.basket.n)
    return put(p, b"]}", 2)
