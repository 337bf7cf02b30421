# Conditions: the store's local time, and which rules the occasion leaves alive.

cdef extern from *:
    """
    #define DAY_S 86400LL
    """
    const int64_t DAY_S

cdef struct Moment:  # of the store
    int weekday
    int monthday
    int minute
    int birthday_state


cdef void find_moment(const Program *program, const Occasion *occasion, Moment *moment) noexcept nogil:
    """Work out the business day (days from 0000-03-01: leap days come last), the minute and the birthday."""
    cdef int64_t local = occasion.ts + program.tz_offset_s + 719_468 * DAY_S
    cdef uint32_t days = <uint32_t>((local - program.day_start_s) // DAY_S)
    cdef uint32_t of_era = days % 146_097
    cdef uint32_t year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    cdef uint32_t of_year = of_era - (365 * year + year // 4 - year // 100)
    cdef uint32_t march = (5 * of_year + 2) // 153
    cdef int month = <int>(march + 3 if march < 10 else march - 9)
    moment.minute = <int>(<uint32_t>(local % DAY_S) // 60)
    moment.weekday = <int>((days + 2) % 7)
    moment.monthday = <int>(of_year - (153 * march + 2) // 5 + 1)
    moment.birthday_state = occasion.birthday_state
    if occasion.birthday_state < 0:
        moment.birthday_state = occasion.bday // 100 == month
        if occasion.bday == month * 100 + moment.monthday:
            moment.birthday_state |= 2


cdef int window_of(const Program *program, int64_t ts) noexcept nogil:
    """Row of the time window that ``ts`` is in: how many edges are behind it."""
    cdef const int64_t *edges = program.edges
    cdef int length = program.n_edges
    cdef int half
    while length > 1:  # without a branch to mispredict
        half = length >> 1
        edges += half if edges[half - 1] <= ts else 0
        length -= half
    return <int>(edges - program.edges) + (length == 1 and edges[0] <= ts)


cdef enum:  # the rows that an occasion has one of, in the order of reply.WHYS
    ROWS = 10


cdef inline void find_rows(
    const Program *program, const Occasion *occasion, const Moment *moment, const uint64_t **rows
) noexcept nogil:
    rows[0] = program.windows + window_of(program, occasion.ts) * program.width
    rows[1] = row_of(program, WEEKDAY, moment.weekday + 1)
    rows[2] = row_of(program, MONTHDAY, moment.monthday)
    rows[3] = program.minutes + program.minute_rows[moment.minute] * program.width
    rows[4] = row_of(program, TIER, occasion.tier)
    rows[5] = row_of(program, STORE, occasion.store)
    rows[6] = row_of(program, PAY, occasion.pay)
    rows[7] = row_of(program, CHANNEL, occasion.channel)
    rows[8] = row_of(program, FIRST, occasion.first)
    rows[9] = row_of(program, BIRTHDAY, moment.birthday_state)


cdef inline uint64_t tagged(const Program *program, const Occasion *occasion, int word) noexcept nogil:
    """Rules that the member's tags leave alive: those that ask for none, or for one of them."""
    cdef uint64_t alive = program.tables[TAG][word]
    cdef uint64_t tags
    cdef int i
    for i in range(TAG_WORDS):
        tags = occasion.tags[i]
        while tags:
            alive |= row_of(program, TAG, i * 64 + LOWEST(tags))[word]
            tags &= tags - 1
    return alive


cdef inline uint64_t with_coupons(
    const Program *program, const Occasion *occasion, uint32_t choice, int word
) noexcept nogil:
    """Rules that the chosen coupons leave alive; bit i of ``choice`` is the i-th that was presented."""
    cdef uint64_t alive = program.tables[COUPON][word]
    while choice:
        alive |= row_of(program, COUPON, occasion.coupons[LOWEST(choice)])[word]
        choice &= choice - 1
    return alive


cdef inline uint32_t presented(const Occasion *occasion) noexcept nogil:
    """All the coupons."""
    return (<uint32_t>1 << occasion.n_coupons) - 1


cdef void find_met(const Program *program, const Occasion *occasion, uint64_t *met) noexcept nogil:
    """Rules of all phases whose `when` the occasion meets with all its coupons; totals are not asked here."""
    cdef const uint64_t *rows[ROWS]
    cdef Moment moment
    cdef uint64_t word
    cdef int w
    cdef int i
    find_moment(program, occasion, &moment)
    find_rows(program, occasion, &moment, rows)
    for w in range(program.width):
        word = tagged(program, occasion, w) & with_coupons(program, occasion, presented(occasion), w)
        for i in range(ROWS):
            word &= rows[i][w]
        met[w] = word


cdef inline int64_t left_of(const Limit *limit, const Used *used) noexcept nogil:
    """What the value limits leave for this receipt, in fen or points."""
    cdef int64_t left = FEN_MAX
    if limit.member_value:
        left = least(left, limit.member_value - used.value_member)
    if limit.day_value:
        left = least(left, limit.day_value - used.value_day)
    if limit.total_value:
        left = least(left, limit.total_value - used.value_total)
    return left


cdef inline bint limit_reached(const Limit *limit, const Used *used) noexcept nogil:
    """Tell whether nothing is left of what the rule may give."""
    return (
        (limit.per_member and used.times_member >= limit.per_member)
        or (limit.per_day and used.times_day >= limit.per_day)
        or left_of(limit, used) <= 0
    )
