# The fast way in: a request as tills write it. Every function answers whether it got what it wanted, and reads
# no byte at or after `end`; a False sends the whole request to cext.request.

cdef struct Cursor:
    const uint8_t *p
    const uint8_t *end


cdef inline bint take(Cursor *at, const char *text, Py_ssize_t length) noexcept nogil:
    """Step over exactly ``text``."""
    if at.end - at.p < length or memcmp(at.p, text, length) != 0:
        return False
    at.p += length
    return True


cdef inline void blank(Cursor *at) noexcept nogil:
    while at.p < at.end and (at.p[0] == c" " or at.p[0] == c"\n" or at.p[0] == c"\r" or at.p[0] == c"\t"):
        at.p += 1


cdef inline bint mark(Cursor *at, uint8_t wanted) noexcept nogil:
    """Step over one punctuation mark and the blanks around it."""
    blank(at)
    if at.p >= at.end or at.p[0] != wanted:
        return False
    at.p += 1
    blank(at)
    return True


cdef inline bint rest_of_text(Cursor *at, Text *text) noexcept nogil:
    """Take a text without escapes, from after its opening quote to after its closing one."""
    cdef uint64_t word
    cdef uint64_t quote
    cdef uint64_t escape
    cdef uint64_t found
    text.start = at.p
    while at.end - at.p >= 8:  # a word at a time, up to a quote, backslash, control character or non-ASCII
        word = load(at.p)
        quote = word ^ <uint64_t>0x2222222222222222
        escape = word ^ <uint64_t>0x5C5C5C5C5C5C5C5C
        found = (quote - <uint64_t>0x0101010101010101) & ~quote
        found |= (escape - <uint64_t>0x0101010101010101) & ~escape
        found |= (word - <uint64_t>0x2020202020202020) & ~word
        found = (found | word) & <uint64_t>0x8080808080808080
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
    return text.length == length and memcmp(text.start, other, length) == 0


cdef inline bint rest_of_name(Cursor *at, const Names *names, uint32_t *number) noexcept nogil:
    cdef Text text
    if not rest_of_text(at, &text):
        return False
    number[0] = find(names, text.start, text.length, at.end)
    return True


cdef inline bint take_name(Cursor *at, const Names *names, uint32_t *number) noexcept nogil:
    return take(at, b'"', 1) and rest_of_name(at, names, number)


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


cdef inline bint take_flag(Cursor *at, bint *flag) noexcept nogil:
    flag[0] = take(at, b"true", 4)
    return flag[0] or take(at, b"false", 5)


cdef bint skip(Cursor *at) noexcept nogil:
    """Pass over the plain value of a key that is not asked for."""
    cdef Text text
    cdef int64_t number
    cdef bint flag
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


cdef inline bint take_usual_end(Cursor *at, Line *line) noexcept nogil:
    """Take the end of a line, for most lines in one step; weighed goods say their thousandths last."""
    line.nd = line.np = False
    line.milli = 0
    if take(at, b',"nd":false,"np":false}', 23):
        return True
    return (
        take(at, b',"nd":', 6)
        and take_flag(at, &line.nd)
        and take(at, b',"np":', 6)
        and take_flag(at, &line.np)
        and (take(at, b"}", 1) or take_usual_milli(at, line))
    )


cdef inline bint take_usual_milli(Cursor *at, Line *line) noexcept nogil:
    return take(at, b',"milli":', 9) and take_number(at, MILLI_MAX, &line.milli) and take(at, b"}", 1)


cdef inline bint take_usual_line(Cursor *at, const Program *program, Line *line) noexcept nogil:
    """Take a line whose keys come in the usual order without blanks; otherwise stay where it began."""
    cdef Cursor ahead = at[0]
    if not (
        take(&ahead, b'{"sku":"', 8)
        and rest_of_name(&ahead, &program.named[SKU], &line.sku)
        and take(&ahead, b',"cat":"', 8)
        and rest_of_name(&ahead, &program.named[CAT], &line.cat)
        and take(&ahead, b',"brand":"', 10)
        and rest_of_name(&ahead, &program.named[BRAND], &line.brand)
        and take(&ahead, b',"qty":', 7)
        and take_number(&ahead, QTY_MAX, &line.qty)
        and take(&ahead, b',"unit":', 8)
        and take_number(&ahead, FEN_MAX, &line.unit)
        and take(&ahead, b',"fen":', 7)
        and take_number(&ahead, FEN_MAX, &line.fen)
        and take_usual_end(&ahead, line)
    ):
        return False
    at.p = ahead.p
    return True


cdef bint take_line(Cursor *at, const Program *program, Line *line) noexcept nogil:
    """Take a line with its keys in any order."""
    cdef Text key
    cdef bint more
    cdef uint32_t seen = 0
    cdef bint good
    memset(line, 0, sizeof(Line))
    if not opened(at, c"{", c"}", &more):
        return False
    while more:
        if not next_key(at, &key):
            return False
        if is_text(&key, b"sku", 3):
            good = once(&seen, 0) and take_name(at, &program.named[SKU], &line.sku)
        elif is_text(&key, b"qty", 3):
            good = once(&seen, 1) and take_number(at, QTY_MAX, &line.qty)
        elif is_text(&key, b"unit", 4):
            good = once(&seen, 2) and take_number(at, FEN_MAX, &line.unit)
        elif is_text(&key, b"fen", 3):
            good = once(&seen, 3) and take_number(at, FEN_MAX, &line.fen)
        elif is_text(&key, b"cat", 3):
            good = once(&seen, 4) and take_name_or_null(at, &program.named[CAT], &line.cat)
        elif is_text(&key, b"brand", 5):
            good = once(&seen, 5) and take_name_or_null(at, &program.named[BRAND], &line.brand)
        elif is_text(&key, b"nd", 2):
            good = once(&seen, 6) and take_flag(at, &line.nd)
        elif is_text(&key, b"np", 2):
            good = once(&seen, 7) and take_flag(at, &line.np)
        elif is_text(&key, b"milli", 5):
            good = once(&seen, 8) and take_number(at, MILLI_MAX, &line.milli)
        else:
            good = skip(at)
        if not (good and ended(at, c"}", &more)):
            return False
    return seen & 0b1111 == 0b1111


cdef bint take_lines(Cursor *at, const Program *program, Work *work) noexcept nogil:
    cdef bint more
    cdef int64_t total = 0
    cdef Line *line
    work.n = 0
    if not opened(at, c"[", c"]", &more):
        return False
    while more:
        if work.n == LINES:
            return False
        line = &work.lines[work.n]
        work.n += 1
        if not (take_usual_line(at, program, line) or take_line(at, program, line)):
            return False
        total += line.fen
        if not ended(at, c"]", &more):
            return False
    return total <= FEN_MAX


cdef bint take_tags(Cursor *at, const Names *names, Occasion *occasion) noexcept nogil:
    cdef bint more
    cdef uint32_t tag
    if not opened(at, c"[", c"]", &more):
        return False
    while more:
        if not (take_name(at, names, &tag) and ended(at, c"]", &more)):
            return False
        occasion.tags[tag >> 6] |= bit(tag & 63)
    return True


cdef bint take_member(Cursor *at, const Program *program, Occasion *occasion) noexcept nogil:
    cdef Text key
    cdef bint more
    cdef uint32_t seen = 0
    cdef bint good
    if take(at, b"null", 4):
        return True
    if not opened(at, c"{", c"}", &more):
        return False
    occasion.member = True
    while more:
        if not next_key(at, &key):
            return False
        if is_text(&key, b"tier", 4):
            good = once(&seen, 0) and take_name_or_null(at, &program.named[TIER], &occasion.tier)
        elif is_text(&key, b"bday", 4):
            good = once(&seen, 1) and (take(at, b"null", 4) or take_number(at, 1231, &occasion.bday))
        elif is_text(&key, b"first", 5):
            good = once(&seen, 2) and take_flag(at, &occasion.first)
        elif is_text(&key, b"tags", 4):
            good = once(&seen, 3) and take_tags(at, &program.named[TAG], occasion)
        elif is_text(&key, b"birthday_state", 14):
            good = once(&seen, 4) and (take(at, b"null", 4) or take_number(at, 3, &occasion.birthday_state))
        else:
            good = skip(at)
        if not (good and ended(at, c"}", &more)):
            return False
    return True


cdef bint take_request(Cursor *at, const Program *program, Work *work) noexcept nogil:
    """Take a whole request, keys in any order."""
    cdef Occasion *occasion = &work.occasion
    cdef Text key
    cdef bint more
    cdef uint32_t seen = 0
    cdef bint good
    memset(occasion, 0, sizeof(Occasion))
    occasion.bday = occasion.birthday_state = -1
    if not opened(at, c"{", c"}", &more):
        return False
    while more:
        if not next_key(at, &key):
            return False
        if is_text(&key, b"ts", 2):
            good = once(&seen, 0) and take_number(at, TS_MAX, &occasion.ts)
        elif is_text(&key, b"store", 5):
            good = once(&seen, 1) and take_name(at, &program.named[STORE], &occasion.store)
        elif is_text(&key, b"pay", 3):
            good = once(&seen, 2) and take_name(at, &program.named[PAY], &occasion.pay)
        elif is_text(&key, b"lines", 5):
            good = once(&seen, 3) and take_lines(at, program, work)
        elif is_text(&key, b"member", 6):
            good = once(&seen, 4) and take_member(at, program, occasion)
        elif is_text(&key, b"points_used", 11):
            good = once(&seen, 5) and take_number(at, FEN_MAX, &occasion.points_used)
        elif is_text(&key, b"channel", 7):
            good = once(&seen, 6) and take_name_or_null(at, &program.named[CHANNEL], &occasion.channel)
        else:
            good = skip(at)
        if not (good and ended(at, c"}", &more)):
            return False
    blank(at)
    return at.p == at.end and seen & 0b1111 == 0b1111
