# The fast way in: a request as tills write it. Every function answers whether it got what it wanted, and reads
# no byte at or after `end`; a False sends the whole request to cext.request.

cdef struct Cursor:
    const uint8_t *p
    const uint8_t *end


cdef inline bint take(Cursor *at, const char *text, Py_ssize_t length) noexcept nogil:
    """Step over exactly ``text``."""
    if at.end - at.p < length or not same(at.p, text, length):
        return False
    at.p += length
    return True


cdef inline void blank(Cursor *at) noexcept nogil:
    while UNLIKELY(at.p < at.end and at.p[0] <= c" " and is_blank(at.p[0])):
        at.p += 1


cdef inline bint is_blank(uint8_t byte) noexcept nogil:
    return byte == c" " or byte == c"\n" or byte == c"\r" or byte == c"\t"


cdef inline bint mark(Cursor *at, uint8_t wanted) noexcept nogil:
    """Step over one punctuation mark and the blanks around it."""
    blank(at)
    if at.p >= at.end or at.p[0] != wanted:
        return False
    at.p += 1
    blank(at)
    return True


cdef inline uint64_t specials(uint64_t word) noexcept nogil:
    """Mark the first quote, backslash, control character or non-ASCII byte of eight; later marks may be false.

    Only a quote and the control characters are below 0x21 with their second bit flipped.
    """
    cdef uint64_t low = (word ^ (ONES * 0x02)) - ONES * 0x21
    cdef uint64_t escape = (word ^ (ONES * 0x5C)) - ONES
    return (low | escape | word) & HIGHS


cdef inline bint rest_of_text(Cursor *at, Text *text) noexcept nogil:
    """Take a text without escapes, from after its opening quote to after its closing one."""
    cdef uint64_t found
    text.start = at.p
    while at.end - at.p >= 8:
        found = specials(word_at(at.p))
        if found:
            at.p += LOWEST(found) >> 3
            break
        at.p += 8
    return end_of_ascii(at, text) or end_of_text(at, text)


cdef inline bint end_of_ascii(Cursor *at, Text *text) noexcept nogil:
    """Step over the closing quote if it is next."""
    if at.p >= at.end or at.p[0] != c'"':
        return False
    text.length = at.p - text.start
    at.p += 1
    return True


cdef bint end_of_text(Cursor *at, Text *text) noexcept nogil:
    """Go on byte by byte, from where words no longer help."""
    while at.p < at.end and at.p[0] != c'"':
        if at.p[0] == c"\\" or at.p[0] < 0x20:
            return False
        at.p += 1
    return is_utf8(text.start, at.p) and end_of_ascii(at, text)


cdef bint is_utf8(const uint8_t *p, const uint8_t *end) noexcept nogil:
    """Tell whether the bytes are UTF-8 (RFC 3629: shortest form, no surrogates, up to U+10FFFF)."""
    cdef uint8_t lead
    cdef uint8_t least
    cdef uint8_t most
    cdef int more
    while p < end:
        lead = p[0]
        p += 1
        if lead < 0x80:
            continue
        if lead < 0xC2 or lead > 0xF4:
            return False
        more = 1 if lead < 0xE0 else 2 if lead < 0xF0 else 3
        least = 0xA0 if lead == 0xE0 else 0x90 if lead == 0xF0 else 0x80
        most = 0x9F if lead == 0xED else 0x8F if lead == 0xF4 else 0xBF
        while more:
            if p >= end or p[0] < least or p[0] > most:
                return False
            p += 1
            least = 0x80
            most = 0xBF
            more -= 1
    return True


cdef inline bint take_text(Cursor *at, Text *text) noexcept nogil:
    return take(at, b'"', 1) and rest_of_text(at, text)


cdef inline bint is_text(const Text *text, const char *other, Py_ssize_t length) noexcept nogil:
    return text.length == length and same(text.start, other, length)


cdef inline const uint8_t *usual_name(const uint8_t *p, const Names *names, uint32_t *number) noexcept nogil:
    """Step over a text of up to 15 ASCII bytes and its closing quote; NULL for any other. Reads 16 bytes."""
    cdef uint64_t low = word_at(p)
    cdef uint64_t high = 0
    cdef uint64_t found = specials(low)
    cdef uint64_t length
    if found:
        length = LOWEST(found) >> 3
        low &= (found ^ (found - 1)) >> 8  # the bytes before the one that was found
    else:
        high = word_at(p + 8)
        found = specials(high)
        if UNLIKELY(not found):
            return NULL
        length = 8 + (LOWEST(found) >> 3)
        high &= (found ^ (found - 1)) >> 8
    if UNLIKELY(p[length] != c'"'):
        return NULL
    if UNLIKELY(not is_there(names, low, high | length << 56, number)):
        find_further(names, p, length, number)
    return p + length + 1


cdef inline bint take_name(Cursor *at, const Names *names, uint32_t *number) noexcept nogil:
    cdef const uint8_t *after
    if LIKELY(at.end - at.p > 16 and at.p[0] == c'"'):
        after = usual_name(at.p + 1, names, number)
        if LIKELY(after != NULL):
            at.p = after
            return True
    return take_any_name(at, names, number)


cdef bint take_any_name(Cursor *at, const Names *names, uint32_t *number) noexcept nogil:
    cdef Text text
    if not take_text(at, &text):
        return False
    number[0] = number_of(names, &text)
    return True


cdef inline bint take_name_or_null(Cursor *at, const Names *names, uint32_t *number) noexcept nogil:
    if take(at, b"null", 4):
        number[0] = 0
        return True
    return take_name(at, names, number)


cdef inline bint take_number(Cursor *at, int64_t most, int64_t *number) noexcept nogil:
    """Take a whole number of at most 12 digits, up to ``most``."""
    cdef const uint8_t *start = at.p
    cdef const uint8_t *end = start + 12 if at.end - start > 12 else at.end
    cdef const uint8_t *p = start
    cdef int64_t value = 0
    while p < end and <uint8_t>(p[0] - c"0") < 10:
        value = value * 10 + (p[0] - c"0")
        p += 1
    if p == start or value > most or (start[0] == c"0" and p - start > 1):
        return False
    if p < at.end and p[0] > c"," and p[0] != c"}" and p[0] != c"]":  # more digits, a fraction, an exponent
        return False
    at.p = p
    number[0] = value
    return True


cdef inline bint take_uint32(Cursor *at, int64_t most, uint32_t *number) noexcept nogil:
    cdef int64_t value = 0
    if not take_number(at, most, &value):
        return False
    number[0] = <uint32_t>value
    return True


cdef inline bint take_int16(Cursor *at, int64_t most, int16_t *number) noexcept nogil:
    cdef int64_t value = 0
    if not take_number(at, most, &value):
        return False
    number[0] = <int16_t>value
    return True


cdef inline bint take_flag(Cursor *at, uint8_t *flag) noexcept nogil:
    flag[0] = take(at, b"true", 4)
    return flag[0] or take(at, b"false", 5)


cdef bint skip(Cursor *at) noexcept nogil:
    """Pass over the plain value of a key that is not asked for."""
    cdef Text text
    cdef int64_t number
    cdef uint8_t flag
    if at.p >= at.end:
        return False
    if at.p[0] == c'"':
        return take_text(at, &text)
    return take(at, b"null", 4) or take_flag(at, &flag) or take_number(at, TS_MAX, &number)


cdef inline bint next_key(Cursor *at, Text *key) noexcept nogil:
    """Take a key and its colon."""
    return take_text(at, key) and mark(at, c":")


cdef inline bint ended(Cursor *at, uint8_t close, bint *more) noexcept nogil:
    """After a member of an array or object: a comma (``more``) or the end of it."""
    more[0] = mark(at, c",")
    if more[0]:
        return True
    if at.p >= at.end or at.p[0] != close:
        return False
    at.p += 1
    return True


cdef inline bint opened(Cursor *at, uint8_t start, uint8_t close, bint *more) noexcept nogil:
    """Step into an array or object; ``more`` tells whether there is anything in it."""
    if not mark(at, start):
        return False
    more[0] = at.p >= at.end or at.p[0] != close
    if not more[0]:
        at.p += 1
    return True


cdef inline bint once(uint32_t *seen, int key) noexcept nogil:
    """Note that a key was met; False when it is there twice."""
    if seen[0] >> key & 1:
        return False
    seen[0] |= <uint32_t>1 << key
    return True
