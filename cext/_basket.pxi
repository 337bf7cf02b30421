# A request in C: what was asked, with every name already a number of the program. Readers fill a Basket; pricing
# only reads it.

cdef extern from *:  # cext.limits, as constants
    """
    #define FEN_MAX (1LL << 31)
    #define MILLI_MAX 999LL
    #define QTY_MAX (1LL << 16)
    #define TS_MAX (1LL << 36)
    """
    const int64_t FEN_MAX
    const int64_t MILLI_MAX
    const int64_t QTY_MAX
    const int64_t TS_MAX

cdef enum:
    LINES = 256
    LINE_WORDS = LINES // 64
    TAG_WORDS = 5  # 256 tags are numbered from 1
    COUPONS = 6

assert LINES == limits.LINES_MAX
assert limits.TAGS_MAX < TAG_WORDS * 64
assert COUPONS == limits.COUPONS_MAX

assert (FEN_MAX, MILLI_MAX, QTY_MAX, TS_MAX) == (limits.FEN_MAX, limits.MILLI_MAX, limits.QTY_MAX, limits.TS_MAX)

cdef struct Line:
    uint32_t fen
    uint32_t unit
    uint32_t qty
    uint32_t sku
    uint32_t cat
    uint32_t brand
    uint16_t milli
    uint8_t nd
    uint8_t np

cdef struct Used:  # counters of one rule that has limits
    int64_t times_member
    int64_t times_day
    int64_t value_member
    int64_t value_day
    int64_t value_total
    int64_t limit  # its number

cdef struct Occasion:
    int64_t ts
    int64_t points_used
    uint64_t tags[TAG_WORDS]
    uint32_t tier
    uint32_t store
    uint32_t pay
    uint32_t channel
    uint32_t coupons[COUPONS]  # kinds, in the order presented
    int16_t bday  # -1: unknown
    int16_t birthday_state  # -1: from bday
    uint8_t n_coupons
    bint member
    bint first

cdef struct Basket:
    Occasion occasion
    int n  # lines
    int n_used
    const Line *lines
    const Used *used  # of two about the same rule the later one counts

cdef struct Room:  # for what a basket points to
    Line lines[LINES]
    Used used[RULES]


cdef inline void clear(Occasion *occasion) noexcept nogil:
    memset(occasion, 0, sizeof(Occasion))
    occasion.bday = occasion.birthday_state = -1


cdef int fill(object request, const Program *program, Basket *basket, Room *room) except -1:
    """Copy a request that ``cext.request`` has read and checked."""
    cdef Occasion *occasion = &basket.occasion
    cdef Line *line
    clear(occasion)
    occasion.ts = request.ts
    occasion.store = numbered(&program.names[STORE], request.store)
    occasion.pay = numbered(&program.names[PAY], request.pay)
    occasion.channel = numbered(&program.names[CHANNEL], request.channel)
    occasion.points_used = request.points_used
    for kind in request.coupons:
        occasion.coupons[occasion.n_coupons] = numbered(&program.names[COUPON], kind)
        occasion.n_coupons += 1
    if request.member is not None:
        fill_member(request.member, program, occasion)
    basket.n = 0
    basket.lines = room.lines
    for one in request.lines:
        line = &room.lines[basket.n]
        basket.n += 1
        line.sku = numbered(&program.names[SKU], one.sku)
        line.cat = numbered(&program.names[CAT], one.cat)
        line.brand = numbered(&program.names[BRAND], one.brand)
        line.qty = one.qty
        line.milli = one.milli
        line.unit = one.unit
        line.fen = one.fen
        line.nd = one.nd
        line.np = one.np
    fill_used(request.used, program, basket, room)
    return 0


cdef int fill_member(object member, const Program *program, Occasion *occasion) except -1:
    occasion.member = True
    occasion.tier = numbered(&program.names[TIER], member.tier)
    occasion.first = member.first
    if member.bday is not None:
        occasion.bday = member.bday
    if member.birthday_state is not None:
        occasion.birthday_state = member.birthday_state
    for tag in member.tags:
        put_in(occasion.tags, <int>numbered(&program.names[TAG], tag))
    return 0


cdef int fill_used(dict counters, const Program *program, Basket *basket, Room *room) except -1:
    """Copy the counters of rules that have limits."""
    cdef Used *used
    cdef uint32_t limit
    basket.n_used = 0
    basket.used = room.used
    for rule, one in counters.items():
        limit = numbered(&program.names[LIMITED], rule)
        if limit:
            used = &room.used[basket.n_used]
            basket.n_used += 1
            used.limit = limit
            used.times_member = one.times_member
            used.times_day = one.times_day
            used.value_member = one.value_member
            used.value_day = one.value_day
            used.value_total = one.value_total
    return 0


cdef uint32_t numbered(const Names *names, object value) except? 0xFFFFFFFF:
    """Number of a value in its dimension, 0 for None and for what no rule names."""
    cdef bytes raw
    cdef Text text
    if value is None:
        return 0
    raw = value.encode()
    text = Text(<const uint8_t *>PyBytes_AS_STRING(raw), PyBytes_GET_SIZE(raw))
    return number_of(names, &text)
