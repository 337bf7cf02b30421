# The trace: what every rule did, or why it did nothing. All of it is worked out from the Work of a decided
# receipt; evaluation keeps nothing else for it.

cdef enum:  # places in reply.WHYS
    WHY_TAGS = 10
    WHY_COUPON
    WHY_LEFT_OUT
    WHY_TOTAL
    WHY_LIMIT
    WHY_NO_MEMBER
    WHY_NO_LINE
    WHY_NEED
    WHY_SUPPRESSED
    WHY_NO_VALUE
    WHY_LOST
    WHYS

cdef enum:
    ENDING = 32

assert reply.WHYS[WHY_TAGS] == "tags" and reply.WHYS[WHY_LOST] == "lost" and len(reply.WHYS) == WHYS

cdef char ENDINGS[WHYS][ENDING]  # how the step of a rule goes on that gave nothing
cdef int ENDING_LENGTHS[WHYS]
cdef char PLACES[LINES][4]  # of lines, with a comma


cdef int write_constants() except -1:
    cdef bytes text
    cdef int i
    for i in range(WHYS):
        text = b'skipped","why":"%b"' % reply.WHYS[i].encode()
        ENDING_LENGTHS[i] = <int>len(text)
        memcpy(ENDINGS[i], <const char *>text, len(text))
    for i in range(LINES):
        text = b"%d," % i
        memcpy(PLACES[i], <const char *>text, len(text))
    return 0


write_constants()

cdef struct Trace:
    const Program *program
    const Work *work
    int64_t *shares  # of each rule that fired, in the order of application, for each line
    int16_t nth[WORDS * 64]  # which of them, by rule
    uint8_t whys[WORDS * 64]  # of rules that are not alive


cdef inline void note_why(Trace *trace, int word, uint64_t rules, int why) noexcept nogil:
    while rules:
        trace.whys[word * 64 + LOWEST(rules)] = <uint8_t>why
        rules &= rules - 1


cdef void find_whys(Trace *trace) noexcept nogil:
    """Find the first condition that each rule misses: what each row takes away from what the rows before left."""
    cdef const Program *program = trace.program
    cdef const Occasion *occasion = &trace.work.basket.occasion
    cdef const uint64_t *rows[ROWS]
    cdef uint64_t kept[WHY_TOTAL]
    cdef uint64_t left
    cdef Moment moment
    cdef int w
    cdef int i
    find_moment(program, occasion, &moment)
    find_rows(program, occasion, &moment, rows)
    for w in range(program.width):
        for i in range(ROWS):
            kept[i] = rows[i][w]
        kept[WHY_TAGS] = tagged(program, occasion, w)
        kept[WHY_COUPON] = with_coupons(program, occasion, presented(occasion), w)
        kept[WHY_LEFT_OUT] = with_coupons(program, occasion, trace.work.choice, w)
        left = ~<uint64_t>0
        for i in range(WHY_TOTAL):
            note_why(trace, w, left & ~kept[i], i)
            left &= kept[i]
        find_late_whys(trace, w, left)


cdef void find_late_whys(Trace *trace, int word, uint64_t rules) noexcept nogil:
    """Tell totals and limits apart, of the rules that met everything else."""
    cdef const Work *work = trace.work
    cdef const Rule *rule
    cdef int64_t total = work.gross if word < trace.program.ends[DISCOUNT] else work.payable
    cdef int why
    cdef int j
    rules &= ~work.alive[word]
    while rules:
        j = word * 64 + LOWEST(rules)
        rules &= rules - 1
        rule = &trace.program.rules[j]
        why = WHY_LIMIT if work.basket.occasion.member else WHY_NO_MEMBER
        if total < rule.min_total or total > rule.max_total:
            why = WHY_TOTAL
        trace.whys[j] = <uint8_t>why


cdef void find_shares(Trace *trace) noexcept nogil:
    """Give everything out again, in the order in which it was given."""
    cdef const Program *program = trace.program
    cdef const Work *work = trace.work
    cdef int64_t net[LINES]
    cdef int64_t amounts[LINES]
    cdef int64_t *shares = trace.shares
    cdef const Group *group = NULL
    cdef const Rule *rule
    cdef int n = work.basket.n
    cdef int nth
    cdef int i
    for i in range(n):
        net[i] = amounts[i] = work.basket.lines[i].fen
    for nth in range(work.n_fired):
        trace.nth[work.fired_rules[nth]] = <int16_t>nth
        rule = &program.rules[work.fired_rules[nth]]
        if group != &program.groups[rule.group]:
            group = &program.groups[rule.group]
            for i in range(n):
                amounts[i] = net[i] if group.running else work.basket.lines[i].fen
        find_share(trace, nth, rule, amounts, net, shares)
        shares += n


cdef void find_share(
    Trace *trace, int nth, const Rule *rule, const int64_t *amounts, int64_t *net, int64_t *shares
) noexcept nogil:
    """What each line has of one rule; a discount is taken off ``net``."""
    cdef const Work *work = trace.work
    cdef int j = work.fired_rules[nth]
    cdef int phase = phase_of(trace.program, j)
    cdef const Sum *chosen = chosen_of(trace.program, work, phase, j)
    cdef const int64_t *by = &work.net[0]
    cdef int64_t weights[LINES]
    cdef int64_t total = work.sums[j].fen
    cdef int64_t value = work.fired_values[nth]
    cdef int i
    if rule.operation == FIXED_PRICE:
        total = weigh(rule, chosen, work.basket, amounts, net, weights)
        by = &weights[0]
    elif phase == DISCOUNT:
        total = measure(chosen.members, net, work.basket.n)
        by = net
    elif rule.operation == REDEEM:
        value *= rule.number
    elif phase == POINTS:
        by = &work.opening[0]
    memset(shares, 0, work.basket.n * sizeof(int64_t))
    if total > 0:
        take_off(chosen, value, total, by, work.basket.n, shares)
    for i in range(work.basket.n):
        shares[i] = -shares[i]
        if phase == DISCOUNT:
            net[i] -= shares[i]


cdef Py_ssize_t trace_room(const Program *program, const Work *work) noexcept nogil:
    """Bytes that the steps may need."""
    cdef Py_ssize_t room = 64 + 2 * NUMBER_ROOM * <Py_ssize_t>work.n_fired * work.basket.n
    return room + program.n_rules * (2 * program.longest_text + ENDING + 4 * <Py_ssize_t>NUMBER_ROOM + 32)


cdef uint8_t *put_steps(uint8_t *p, Trace *trace) noexcept nogil:
    """Write a step for each rule, in the order of the bundle; ``trace.shares`` has room for them."""
    cdef const Program *program = trace.program
    cdef int place
    find_whys(trace)
    find_shares(trace)
    p = put(p, b"[", 1)
    for place in range(program.n_rules):
        p = put_known(p, program.steps[place].start, program.steps[place].length)
        p = put_state(p, trace, program.bits[place])
        p = put(p, b"},", 2)
    p -= program.n_rules > 0
    return put(p, b"]", 1)


cdef inline uint8_t *put_why(uint8_t *p, int why) noexcept nogil:
    memcpy(p, ENDINGS[why], ENDING)
    return p + ENDING_LENGTHS[why]


cdef inline int why_of(const Trace *trace, int j) noexcept nogil:
    """Why a rule gave nothing, or WHYS where it gave something."""
    cdef const Program *program = trace.program
    cdef const Work *work = trace.work
    cdef int phase = phase_of(program, j)
    if phase == POINTS and not work.basket.occasion.member:
        return WHY_NO_MEMBER
    if not has(work.alive, j):
        return trace.whys[j]
    if has(work.fired, j):
        return WHYS
    if has(work.in_need, j):
        return WHY_NEED
    if has(work.silenced, j):
        return WHY_SUPPRESSED
    if not has_lines(program, work, phase, j):
        return WHY_NO_LINE
    return WHY_LOST if has(work.valued, j) and winner_over(program, work, j) != j else WHY_NO_VALUE


cdef inline uint8_t *put_state(uint8_t *p, const Trace *trace, int j) noexcept nogil:
    """Write how far one rule came, and why no further."""
    cdef const Program *program = trace.program
    cdef const Text *silencer
    cdef int why = why_of(trace, j)
    if why == WHYS:
        return put_fired(p, trace, phase_of(program, j), j)
    p = put_why(p, why)
    if why == WHY_NEED:
        return put_need(p, trace, j)
    if why == WHY_SUPPRESSED:
        silencer = &program.group_ids[trace.work.sums[j].silencer]
        return put_known(put(p, b',"by":', 6), silencer.start, silencer.length)
    if why == WHY_LOST:
        return put_id(put(p, b',"to":', 6), program, program.rules[winner_over(program, trace.work, j)].place)
    return p


cdef inline bint has_lines(const Program *program, const Work *work, int phase, int j) noexcept nogil:
    if has(program.marks[ANY_LINE], j):
        return any_line(chosen_of(program, work, phase, j))
    return has(work.touched, j)


cdef inline int winner_over(const Program *program, const Work *work, int j) noexcept nogil:
    """The rule that was chosen where this one could have been: itself where all are."""
    cdef const Rule *rule = &program.rules[j]
    if rule.operation == REDEEM:
        return work.redeeming
    return j if program.groups[rule.group].mode == ALL else work.winners[rule.group]


cdef uint8_t *put_fired(uint8_t *p, const Trace *trace, int phase, int j) noexcept nogil:
    """Write what the rule gave, and to which lines."""
    cdef const Work *work = trace.work
    cdef const Sum *chosen = chosen_of(trace.program, work, phase, j)
    cdef const int64_t *shares = trace.shares + <Py_ssize_t>trace.nth[j] * work.basket.n
    p = put(p, b'fired","value":', 15)
    p = put_number(p, work.fired_values[trace.nth[j]])
    p = put(p, b',"lines":[', 10)
    p = put_places(p, chosen, work.basket.n)
    p = put(p, b'],"shares":[', 12)
    p = put_shares(p, chosen, shares, work.basket.n)
    return put(p, b"]", 1)


cdef uint8_t *put_places(uint8_t *p, const Sum *chosen, int n) noexcept nogil:
    """Write the places of the chosen lines (there is one)."""
    cdef uint64_t rest
    cdef int word
    cdef int i
    for word in range((n + 63) >> 6):
        rest = chosen.members[word]
        while rest:
            i = word * 64 + LOWEST(rest)
            rest &= rest - 1
            memcpy(p, PLACES[i], 4)
            p += 2 + (i > 9) + (i > 99)
    return p - 1


cdef uint8_t *put_shares(uint8_t *p, const Sum *chosen, const int64_t *shares, int n) noexcept nogil:
    """Write what each of the chosen lines has."""
    cdef uint64_t rest
    cdef int word
    for word in range((n + 63) >> 6):
        rest = chosen.members[word]
        while rest:
            p = put_number(p, shares[word * 64 + LOWEST(rest)])
            p[0] = c","
            p += 1
            rest &= rest - 1
    return p - 1


cdef inline int64_t lack_of(const Trace *trace, int j) noexcept nogil:
    """The fen that a rule in need is short of."""
    cdef int64_t short_fen = trace.program.rules[j].min_fen - trace.work.sums[j].fen
    return short_fen if short_fen > 0 else 0


cdef uint8_t *put_need(uint8_t *p, const Trace *trace, int j) noexcept nogil:
    """Write what is missing."""
    cdef int64_t short_qty = trace.program.rules[j].min_qty - units_of(trace.program, j, trace.work)
    p = put(p, b',"short_fen":', 13)
    p = put_number(p, lack_of(trace, j))
    p = put(p, b',"short_qty":', 13)
    return put_number(p, short_qty if short_qty > 0 else 0)
