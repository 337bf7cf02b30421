# A request as JSON: keys in any order, and lines first as tills write them.

cdef enum:  # bytes that the usual line may look at: up to its brand, from there to its amount, after it
    NAMES_ROOM = 8 + 16 + 8 + 16 + 10 + 16
    NUMBERS_ROOM = 7 + 7 + 8 + 7 + 7 + 8
    FLAGS_ROOM = 23
    END_ROOM = 11 + 11 + 9 + 8 + 1


cdef inline const uint8_t *usual_number(const uint8_t *p, uint32_t *number) noexcept nogil:
    """Step over 1 to 7 digits; NULL for anything else. What ends them is for the next step to see."""
    cdef uint64_t word = word_at(p) ^ (ONES * 0x30)
    cdef uint64_t found = ((word + ONES * 0x76) | word) & HIGHS
    cdef uint64_t end = LOWEST(found | bit(63))  # the highest bit of the byte after the digits
    if UNLIKELY(<uint8_t>(p[0] - c"1") > 8):
        number[0] = 0
        return p + 1 if p[0] == c"0" and end == 15 else NULL
    word <<= (7 - end) & 63  # the last digit is the highest byte, zeros are before the first
    word = (word * 10 + (word >> 8)) & <uint64_t>0x00FF00FF00FF00FF
    word = (word * 100 + (word >> 16)) & <uint64_t>0x0000FFFF0000FFFF
    number[0] = <uint32_t>(word * 10000 + (word >> 32))
    return p + (end >> 3)


cdef inline const uint8_t *usual_qty(const uint8_t *p, uint32_t *number) noexcept nogil:
    """Step over a quantity: most have one digit."""
    number[0] = p[0] - c"0"
    if LIKELY(p[1] == c"," and number[0] < 10):
        return p + 1
    p = usual_number(p, number)
    return NULL if number[0] > QTY_MAX else p


cdef inline const uint8_t *any_name(
    const uint8_t *p, const uint8_t *end, const Names *names, uint32_t *number, uint64_t *guess
) noexcept nogil:
    """Step over a text without escapes, short and of ASCII if it is a usual one; leaves room for the names after it.

    Names of a kind are mostly of one length. The processor goes on from a right guess, where the last one ended,
    while it still looks for the quote: a twentieth of the whole evaluation.
    """
    cdef const uint8_t *after = usual_name(p, names, number)
    if UNLIKELY(after == NULL):
        return other_name(p, end, names, number)
    if LIKELY(<uint64_t>(after - p) == guess[0]):
        return p + GUESSED(guess[0])
    guess[0] = after - p
    return after


cdef const uint8_t *other_name(
    const uint8_t *p, const uint8_t *end, const Names *names, uint32_t *number
) noexcept nogil:
    cdef Cursor at = Cursor(p, end)
    cdef Text text
    if not rest_of_text(&at, &text) or end - at.p < NAMES_ROOM:
        return NULL
    number[0] = number_of(names, &text)
    return at.p


cdef inline const uint8_t *usual_line(
    const uint8_t *p, const uint8_t *end, const Program *program, Line *line, uint64_t *guesses
) noexcept nogil:
    """Step over a line with its keys in the usual order and no blanks; NULL for any other."""
    if UNLIKELY(end - p < NAMES_ROOM or not same(p, b'{"sku":"', 8)):
        return NULL
    p = any_name(p + 8, end, &program.names[SKU], &line.sku, &guesses[0])
    if UNLIKELY(p == NULL or not same(p, b',"cat":"', 8)):
        return NULL
    p = any_name(p + 8, end, &program.names[CAT], &line.cat, &guesses[1])
    if UNLIKELY(p == NULL or not same(p, b',"brand":"', 10)):
        return NULL
    p = any_name(p + 10, end, &program.names[BRAND], &line.brand, &guesses[2])
    if UNLIKELY(p == NULL or end - p < NUMBERS_ROOM or not same(p, b',"qty":', 7)):
        return NULL
    p = usual_qty(p + 7, &line.qty)
    if UNLIKELY(p == NULL or not same(p, b',"unit":', 8)):
        return NULL
    p = usual_number(p + 8, &line.unit)
    if UNLIKELY(p == NULL or not same(p, b',"fen":', 7)):
        return NULL
    p = usual_number(p + 7, &line.fen)
    if UNLIKELY(p == NULL):
        return NULL
    line.milli = line.nd = line.np = 0
    if LIKELY(end - p >= FLAGS_ROOM and same(p, b',"nd":false,"np":false}', FLAGS_ROOM)):
        return p + FLAGS_ROOM
    return usual_end(p, line) if end - p >= END_ROOM else NULL


cdef const uint8_t *usual_end(const uint8_t *p, Line *line) noexcept nogil:
    """Step over the end of a line that gets no discount, earns no points or was weighed."""
    cdef uint32_t milli = 0
    if same(p, b',"nd":', 6):
        line.nd = same(p + 6, b"true", 4)
        if not (line.nd or same(p + 6, b"false", 5)):
            return NULL
        p += 11 - line.nd
    if same(p, b',"np":', 6):
        line.np = same(p + 6, b"true", 4)
        if not (line.np or same(p + 6, b"false", 5)):
            return NULL
        p += 11 - line.np
    if same(p, b',"milli":', 9):
        p = usual_number(p + 9, &milli)
        if p == NULL or milli > MILLI_MAX:
            return NULL
        line.milli = <uint16_t>milli
    return p + 1 if p[0] == c"}" else NULL


cdef bint take_line(Cursor *at, const Program *program, Line *line) noexcept nogil:
    """Take a line with its keys in any order."""
    cdef Text key
    cdef bint more
    cdef bint good
    cdef uint32_t seen = 0
    cdef uint32_t milli = 0
    memset(line, 0, sizeof(Line))
    if not opened(at, c"{", c"}", &more):
        return False
    while more:
        if not next_key(at, &key):
            return False
        if is_text(&key, b"sku", 3):
            good = once(&seen, 0) and take_name(at, &program.names[SKU], &line.sku)
        elif is_text(&key, b"qty", 3):
            good = once(&seen, 1) and take_uint32(at, QTY_MAX, &line.qty)
        elif is_text(&key, b"unit", 4):
            good = once(&seen, 2) and take_uint32(at, FEN_MAX, &line.unit)
        elif is_text(&key, b"fen", 3):
            good = once(&seen, 3) and take_uint32(at, FEN_MAX, &line.fen)
        elif is_text(&key, b"cat", 3):
            good = once(&seen, 4) and take_name_or_null(at, &program.names[CAT], &line.cat)
        elif is_text(&key, b"brand", 5):
            good = once(&seen, 5) and take_name_or_null(at, &program.names[BRAND], &line.brand)
        elif is_text(&key, b"nd", 2):
            good = once(&seen, 6) and take_flag(at, &line.nd)
        elif is_text(&key, b"np", 2):
            good = once(&seen, 7) and take_flag(at, &line.np)
        elif is_text(&key, b"milli", 5):
            good = once(&seen, 8) and take_uint32(at, MILLI_MAX, &milli)
        else:
            good = skip(at)
        if not (good and ended(at, c"}", &more)):
            return False
    line.milli = <uint16_t>milli
    return seen & 0b1111 == 0b1111


cdef bint take_lines(Cursor *at, const Program *program, Basket *basket, Room *room) noexcept nogil:
    cdef uint64_t guesses[3]
    cdef const uint8_t *p
    cdef bint more
    cdef int64_t total = 0
    cdef Line *line = room.lines
    guesses[0] = guesses[1] = guesses[2] = 0
    if not opened(at, c"[", c"]", &more):
        return False
    while more:
        if UNLIKELY(line == room.lines + LINES):
            return False
        p = usual_line(at.p, at.end, program, line, guesses)
        if LIKELY(p != NULL):
            at.p = p
        elif not take_line(at, program, line):
            return False
        total += line.fen
        line += 1
        if not ended(at, c"]", &more):
            return False
    basket.n = <int>(line - room.lines)
    return total <= FEN_MAX


cdef bint take_tags(Cursor *at, const Names *names, Occasion *occasion) noexcept nogil:
    cdef bint more
    cdef uint32_t tag = 0
    if not opened(at, c"[", c"]", &more):
        return False
    while more:
        if not (take_name(at, names, &tag) and ended(at, c"]", &more)):
            return False
        put_in(occasion.tags, <int>tag)
    return True


cdef bint take_coupons(Cursor *at, const Names *names, Occasion *occasion) noexcept nogil:
    """Take kinds of coupons, all different."""
    cdef Text kinds[COUPONS]
    cdef Text *kind
    cdef bint more
    cdef int i
    if not opened(at, c"[", c"]", &more):
        return False
    while more:
        if occasion.n_coupons == COUPONS:
            return False
        kind = &kinds[occasion.n_coupons]
        if not (take_text(at, kind) and ended(at, c"]", &more)):
            return False
        for i in range(occasion.n_coupons):
            if kind.length == kinds[i].length and memcmp(kind.start, kinds[i].start, kind.length) == 0:
                return False
        occasion.coupons[occasion.n_coupons] = number_of(names, kind)
        occasion.n_coupons += 1
    return True


cdef bint take_used(Cursor *at, const Program *program, Basket *basket, Room *room) noexcept nogil:
    """Take the counters of each rule; those without a limit are passed over."""
    cdef Text rule
    cdef Used used
    cdef bint more
    if not opened(at, c"{", c"}", &more):
        return False
    while more:
        if not (next_key(at, &rule) and take_counters(at, &used) and ended(at, c"}", &more)):
            return False
        used.limit = number_of(&program.names[LIMITED], &rule)
        if used.limit:
            if basket.n_used == RULES:
                return False
            room.used[basket.n_used] = used
            basket.n_used += 1
    return True


cdef bint take_counters(Cursor *at, Used *used) noexcept nogil:
    """Take up to five numbers; those that are left out are 0."""
    cdef int64_t *counters = &used.times_member
    cdef bint more
    cdef int i = 0
    memset(used, 0, sizeof(Used))
    if not opened(at, c"[", c"]", &more):
        return False
    while more:
        if i == 5 or not (take_number(at, TS_MAX, &counters[i]) and ended(at, c"]", &more)):
            return False
        i += 1
    return True


cdef enum:  # keys of a request and of a member, as bits of what was seen; the first four must be there
    TS
    STORE_KEY
    PAY_KEY
    LINES_KEY
    MEMBER
    POINTS_USED
    CHANNEL_KEY
    COUPONS_KEY
    USED
    TIER_KEY
    BDAY
    FIRST_KEY
    TAGS
    STATE
    OTHER_KEY
    NO_KEY


cdef inline int take_request_key(Cursor *at) noexcept nogil:
    """Take a key of a request and its colon: as tills write it, or else in any way."""
    if take(at, b'"ts":', 5):
        return TS
    if take(at, b'"store":', 8):
        return STORE_KEY
    if take(at, b'"member":', 9):
        return MEMBER
    if take(at, b'"pay":', 6):
        return PAY_KEY
    if take(at, b'"points_used":', 14):
        return POINTS_USED
    if take(at, b'"lines":', 8):
        return LINES_KEY
    return take_any_key(at)


cdef inline int take_member_key(Cursor *at) noexcept nogil:
    """Take a key of a member and its colon."""
    if take(at, b'"tier":', 7):
        return TIER_KEY
    if take(at, b'"bday":', 7):
        return BDAY
    if take(at, b'"first":', 8):
        return FIRST_KEY
    if take(at, b'"tags":', 7):
        return TAGS
    return take_any_key(at)


cdef int take_any_key(Cursor *at) noexcept nogil:
    """Take a key and its colon, with blanks around it or not."""
    cdef Text key
    if not next_key(at, &key):
        return NO_KEY
    if is_text(&key, b"ts", 2):
        return TS
    if is_text(&key, b"store", 5):
        return STORE_KEY
    if is_text(&key, b"pay", 3):
        return PAY_KEY
    if is_text(&key, b"lines", 5):
        return LINES_KEY
    if is_text(&key, b"member", 6):
        return MEMBER
    if is_text(&key, b"points_used", 11):
        return POINTS_USED
    if is_text(&key, b"channel", 7):
        return CHANNEL_KEY
    if is_text(&key, b"coupons", 7):
        return COUPONS_KEY
    if is_text(&key, b"used", 4):
        return USED
    if is_text(&key, b"tier", 4):
        return TIER_KEY
    if is_text(&key, b"bday", 4):
        return BDAY
    if is_text(&key, b"first", 5):
        return FIRST_KEY
    if is_text(&key, b"tags", 4):
        return TAGS
    return STATE if is_text(&key, b"birthday_state", 14) else OTHER_KEY


cdef bint take_member(Cursor *at, const Program *program, Occasion *occasion) noexcept nogil:
    cdef bint more
    cdef bint good
    cdef uint8_t first = False
    cdef uint32_t seen = 0
    cdef int key
    if take(at, b"null", 4):
        return True
    if not opened(at, c"{", c"}", &more):
        return False
    occasion.member = True
    while more:
        key = take_member_key(at)
        blank(at)
        if key == TIER_KEY:
            good = once(&seen, key) and take_name_or_null(at, &program.names[TIER], &occasion.tier)
        elif key == BDAY:
            good = once(&seen, key) and (take(at, b"null", 4) or take_int16(at, 1231, &occasion.bday))
        elif key == FIRST_KEY:
            good = once(&seen, key) and take_flag(at, &first)
        elif key == TAGS:
            good = once(&seen, key) and take_tags(at, &program.names[TAG], occasion)
        elif key == STATE:
            good = once(&seen, key) and (take(at, b"null", 4) or take_int16(at, 15, &occasion.birthday_state))
        else:
            good = key != NO_KEY and skip(at)
        if not (good and ended(at, c"}", &more)):
            return False
    occasion.first = first
    return True


cdef bint take_request(Cursor *at, const Program *program, Basket *basket, Room *room) noexcept nogil:
    """Take a whole request, keys in any order."""
    cdef Occasion *occasion = &basket.occasion
    cdef bint more
    cdef bint good
    cdef uint32_t seen = 0
    cdef int key
    clear(occasion)
    basket.lines = room.lines
    basket.used = room.used
    basket.n = basket.n_used = 0
    if not opened(at, c"{", c"}", &more):
        return False
    while more:
        key = take_request_key(at)
        blank(at)
        if key == TS:
            good = once(&seen, key) and take_number(at, TS_MAX, &occasion.ts)
        elif key == STORE_KEY:
            good = once(&seen, key) and take_name(at, &program.names[STORE], &occasion.store)
        elif key == PAY_KEY:
            good = once(&seen, key) and take_name(at, &program.names[PAY], &occasion.pay)
        elif key == LINES_KEY:
            good = once(&seen, key) and take_lines(at, program, basket, room)
        elif key == MEMBER:
            good = once(&seen, key) and take_member(at, program, occasion)
        elif key == POINTS_USED:
            good = once(&seen, key) and take_number(at, FEN_MAX, &occasion.points_used)
        elif key == CHANNEL_KEY:
            good = once(&seen, key) and take_name_or_null(at, &program.names[CHANNEL], &occasion.channel)
        elif key == COUPONS_KEY:
            good = once(&seen, key) and take_coupons(at, &program.names[COUPON], occasion)
        elif key == USED:
            good = once(&seen, key) and take_used(at, program, basket, room)
        else:
            good = key != NO_KEY and skip(at)
        if not (good and ended(at, c"}", &more)):
            return False
    blank(at)
    return at.p == at.end and seen & 0b1111 == 0b1111
