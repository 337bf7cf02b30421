# What the rules mean, on bits: see cext.kernel_py for the same in plain words.

cdef int64_t DAY_S = 86_400


cdef inline int64_t least(int64_t one, int64_t other) noexcept nogil:
    return one if one < other else other


cdef inline bint has(const uint64_t *row, int j) noexcept nogil:
    return row[j >> 6] >> (j & 63) & 1


cdef inline int64_t ratio(int64_t numerator, int64_t divisor, double inverse) noexcept nogil:
    """Divide by multiplying; exact, because a quotient of at most 2^31 is off by one at most, and mended."""
    cdef int64_t quotient = <int64_t>(<double>numerator * inverse)
    cdef int64_t rest = numerator - quotient * divisor
    if rest < 0:
        return quotient - 1
    return quotient + 1 if rest >= divisor else quotient


cdef void spread(int64_t value, const int64_t *weights, int n, int64_t total, int64_t *shares) noexcept nogil:
    """Share ``value`` out by ``weights``, cumulative floor."""
    cdef int64_t reached = 0
    cdef int64_t given = 0
    cdef int64_t upto
    cdef double inverse
    cdef int i
    if total == 0 or value == 0:
        memset(shares, 0, n * sizeof(int64_t))
        return
    inverse = 1.0 / <double>total
    for i in range(n):
        reached += weights[i]
        upto = ratio(value * reached, total, inverse)
        shares[i] = upto - given
        given = upto


cdef void resolve_occasion(Occasion *occasion, int64_t tz_offset_s) noexcept nogil:
    """Work out the store's local time (days from 0000-03-01: leap days come last) and the birthday."""
    cdef int64_t local = occasion.ts + tz_offset_s + 719_468 * DAY_S
    cdef int64_t days = local // DAY_S
    cdef int64_t of_era = days % 146_097
    cdef int64_t year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    cdef int64_t of_year = of_era - (365 * year + year // 4 - year // 100)
    cdef int64_t march = (5 * of_year + 2) // 153
    cdef int64_t month = march + 3 if march < 10 else march - 9
    cdef int64_t today
    occasion.minute = <int>(local % DAY_S // 60)
    occasion.weekday = <int>((days + 2) % 7)
    occasion.monthday = <int>(of_year - (153 * march + 2) // 5 + 1)
    if occasion.birthday_state < 0:
        today = month * 100 + occasion.monthday
        occasion.birthday_state = (occasion.bday // 100 == month) | ((occasion.bday == today) << 1)


cdef int64_t window_of(const Phase *phase, int64_t ts) noexcept nogil:
    """Row of the time window that ``ts`` is in: how many edges are behind it."""
    cdef int64_t low = 0
    cdef int64_t length = phase.n_edges
    cdef int64_t half
    while length > 0:
        half = length >> 1
        if phase.edges[low + half] <= ts:
            low += half + 1
            length -= half + 1
        else:
            length = half
    return low


cdef inline const uint64_t *row_of(const Phase *phase, int table, int64_t number) noexcept nogil:
    return phase.tables[table] + number * phase.width


cdef inline uint64_t tagged(const Phase *phase, const Occasion *occasion, int64_t word) noexcept nogil:
    """Rules that the member's tags leave alive: those that ask for none, or for one of them."""
    cdef uint64_t alive = phase.tables[TAG][word]
    cdef uint64_t tags
    cdef int i
    for i in range(TAG_WORDS):
        tags = occasion.tags[i]
        while tags:
            alive |= row_of(phase, TAG, i * 64 + LOWEST(tags))[word]
            tags &= tags - 1
    return alive


cdef void find_alive(const Phase *phase, Work *work, int64_t total) noexcept nogil:
    """Rules whose `when` the basket meets, and empty sums for those that choose their lines."""
    cdef const Occasion *occasion = &work.occasion
    cdef const uint64_t *tier = row_of(phase, TIER, occasion.tier)
    cdef const uint64_t *store = row_of(phase, STORE, occasion.store)
    cdef const uint64_t *pay = row_of(phase, PAY, occasion.pay)
    cdef const uint64_t *channel = row_of(phase, CHANNEL, occasion.channel)
    cdef const uint64_t *first = row_of(phase, FIRST, occasion.first)
    cdef const uint64_t *birthday = row_of(phase, BIRTHDAY, occasion.birthday_state)
    cdef const uint64_t *weekday = row_of(phase, WEEKDAY, occasion.weekday + 1)
    cdef const uint64_t *monthday = row_of(phase, MONTHDAY, occasion.monthday)
    cdef const uint64_t *minute = phase.minutes + phase.minute_rows[occasion.minute] * phase.width
    cdef const uint64_t *window = phase.windows + window_of(phase, occasion.ts) * phase.width
    cdef const Rule *rule
    cdef uint64_t alive
    cdef uint64_t rest
    cdef int64_t w
    cdef int j
    for w in range(phase.width):
        alive = window[w] & weekday[w] & monthday[w] & minute[w] & tier[w] & store[w] & pay[w] & channel[w]
        alive &= first[w] & birthday[w]
        if alive:
            alive &= tagged(phase, occasion, w)
        rest = alive
        while rest:
            j = <int>(w * 64) + LOWEST(rest)
            rule = &phase.rules[j]
            if total < rule.min_total or total > rule.max_total:
                alive &= ~(rest & (0 - rest))
            elif not has(phase.any_line, j):
                memset(&work.sums[j], 0, sizeof(Sum))
            rest &= rest - 1
        work.alive[w] = alive


cdef void sum_lines(const Phase *phase, Work *work) noexcept nogil:
    """Add each eligible line to the living rules that select it."""
    cdef uint64_t choosing[RULE_WORDS]
    cdef uint64_t any_choosing = 0
    cdef uint64_t rest
    cdef const uint64_t *cat
    cdef const uint64_t *brand
    cdef const uint64_t *sku
    cdef const Line *line
    cdef Sum *found
    cdef int64_t w
    cdef int i
    cdef int j
    for w in range(phase.width):
        choosing[w] = work.alive[w] & ~phase.any_line[w]
        any_choosing |= choosing[w]
    if not any_choosing:
        return
    for i in range(work.n):
        if not has(work.eligible.members, i):
            continue
        line = &work.lines[i]
        cat = row_of(phase, CAT, line.cat)
        brand = row_of(phase, BRAND, line.brand)
        sku = row_of(phase, SKU, line.sku)
        for w in range(phase.width):
            rest = choosing[w] & cat[w] & brand[w] & sku[w]
            while rest:
                j = <int>(w * 64) + LOWEST(rest)
                rest &= rest - 1
                if has(phase.has_unit, j) and line.unit < phase.rules[j].min_unit:
                    continue
                found = &work.sums[j]
                found.fen += work.opening[i]
                found.qty += line.qty
                found.members[i >> 6] |= bit(i & 63)


cdef inline int64_t cost_at(int64_t fen, const Line *line) noexcept nogil:
    """What the line costs at ``fen`` a unit, half a fen rounded up."""
    return fen * line.qty + (fen * line.milli + 500) // 1000


cdef int64_t weigh(
    const Rule *rule, const Sum *chosen, const int64_t *amounts, Work *work, bint clip
) noexcept nogil:
    """Put what a discount can take off each of its lines into ``work.weights``; ``clip`` to what is left.

    A fixed price takes what is above it, any other discount the whole line.
    """
    cdef int64_t total = 0
    cdef int64_t weight
    cdef uint64_t rest
    cdef int word
    cdef int i
    for word in range((work.n + 63) >> 6):
        rest = chosen.members[word]
        while rest:
            i = word * 64 + LOWEST(rest)
            rest &= rest - 1
            weight = work.net[i] if clip else amounts[i]
            if rule.operation == FIXED_PRICE:
                weight = least(weight, amounts[i] - cost_at(rule.number, &work.lines[i]))
                if weight < 0:
                    weight = 0
            work.weights[i] = weight
            total += weight
    return total


cdef int64_t worth(
    const Rule *rule, const Sum *chosen, int64_t fen, const int64_t *amounts, Work *work
) noexcept nogil:
    """What the rule is worth on its lines, cap included."""
    cdef int64_t value
    if rule.operation == EVERY_OFF:
        value = least(fen // rule.divisor, rule.second) * rule.number
    elif rule.operation == PER_QTY:
        value = chosen.qty * rule.number
    elif rule.operation == FIXED:
        value = rule.number
    elif rule.operation == FIXED_PRICE:
        value = weigh(rule, chosen, amounts, work, False)
    else:
        value = (fen * rule.number + rule.half) // rule.divisor
    return least(value, rule.cap)


cdef void take_off(
    const Sum *chosen, int64_t value, int64_t total, Work *work, int64_t *shares
) noexcept nogil:
    """Spread a discount over its lines by ``work.weights``; ``shares`` may be NULL."""
    cdef int64_t reached = 0
    cdef int64_t given = 0
    cdef int64_t upto
    cdef double inverse = 1.0 / <double>total
    cdef uint64_t rest
    cdef int word
    cdef int i
    for word in range((work.n + 63) >> 6):
        rest = chosen.members[word]
        while rest:
            i = word * 64 + LOWEST(rest)
            rest &= rest - 1
            reached += work.weights[i]
            upto = ratio(value * reached, total, inverse)
            work.net[i] -= upto - given
            if shares != NULL:
                shares[i] = upto - given
            given = upto


cdef void share_points(const Sum *chosen, int64_t value, Work *work, int64_t *shares) noexcept nogil:
    """Spread a rule's points over its lines, for the trace."""
    cdef int64_t weights[LINES]
    cdef int64_t total = 0
    cdef int i
    for i in range(work.n):
        weights[i] = work.opening[i] if has(chosen.members, i) else 0
        total += weights[i]
    spread(value, weights, work.n, total, shares)


cdef struct Found:  # what a rule would give
    int j
    int64_t value
    int64_t fen


cdef void apply(
    const Phase *phase, int k, Found *found, const int64_t *amounts, Work *work, Trace *trace
) noexcept nogil:
    """Let the rule give what it is worth; a discount is clipped to what is left on its lines."""
    cdef const Rule *rule = &phase.rules[found.j]
    cdef const Sum *chosen = &work.eligible if has(phase.any_line, found.j) else &work.sums[found.j]
    cdef int64_t *shares = NULL
    cdef int64_t value = found.value
    cdef int64_t left
    if trace != NULL:
        shares = trace.shares + rule.place * work.n
    if k == DISCOUNT:
        left = weigh(rule, chosen, amounts, work, True)
        value = least(value, left)
        if value > 0:
            take_off(chosen, value, left, work, shares)
    elif shares != NULL:
        share_points(chosen, value, work, shares)
    if trace != NULL:
        trace.marks[rule.place].what = FIRED if value > 0 else WORTHLESS
        trace.marks[rule.place].value = value
        memcpy(trace.marks[rule.place].members, chosen.members, sizeof(chosen.members))
    if value <= 0:
        return
    work.fired_groups |= bit(<int>rule.group)
    work.fired_rules[work.n_fired] = <int32_t>rule.place
    work.fired_values[work.n_fired] = value
    work.n_fired += 1


cdef inline int64_t measure(const Sum *chosen, const int64_t *amounts, int n) noexcept nogil:
    cdef int64_t fen = 0
    cdef int i
    for i in range(n):
        if has(chosen.members, i):
            fen += amounts[i]
    return fen


cdef inline bint any_member(const Sum *chosen) noexcept nogil:
    return (chosen.members[0] | chosen.members[1] | chosen.members[2] | chosen.members[3]) != 0


cdef int64_t value_of(
    const Phase *phase,
    int j,
    const Group *group,
    const int64_t *amounts,
    uint64_t fired,
    Work *work,
    Trace *trace,
) noexcept nogil:
    """What a living rule would give in its group, 0 for nothing; notes why in the trace."""
    cdef const Rule *rule = &phase.rules[j]
    cdef const Sum *chosen = &work.eligible if has(phase.any_line, j) else &work.sums[j]
    cdef int64_t fen = chosen.fen
    cdef int64_t value = 0
    cdef int what
    if not any_member(chosen):
        return 0
    if amounts != work.opening:
        fen = measure(chosen, amounts, work.n)
    if fen < rule.min_fen or chosen.qty < rule.min_qty:
        what = IN_NEED
    elif fired & group.silencers:
        what = SUPPRESSED
    else:
        value = worth(rule, chosen, fen, amounts, work)
        what = WORTH if value > 0 else WORTHLESS
    if trace != NULL:
        trace.marks[rule.place].what = what
        trace.marks[rule.place].other = LOWEST(fired & group.silencers) if what == SUPPRESSED else 0
        trace.marks[rule.place].short_fen = rule.min_fen - fen if fen < rule.min_fen else 0
        trace.marks[rule.place].short_qty = rule.min_qty - chosen.qty if chosen.qty < rule.min_qty else 0
    return value


cdef void run_phase(const Program *program, int k, int64_t total, Work *work, Trace *trace) noexcept nogil:
    """Value the living rules in execution order; each group chooses by its mode before the next begins."""
    cdef const Phase *phase = &program.phases[k]
    cdef const Group *group = NULL
    cdef const int64_t *amounts = work.opening
    cdef uint64_t fired = 0
    cdef uint64_t rest
    cdef Found best = Found(-1, 0, 0)
    cdef Found found
    cdef int64_t w
    if trace != NULL:
        trace.totals[k] = total
    find_alive(phase, work, total)
    sum_lines(phase, work)
    for w in range(phase.width):
        rest = work.alive[w]
        while rest:
            found.j = <int>(w * 64) + LOWEST(rest)
            rest &= rest - 1
            if group != &program.groups[phase.rules[found.j].group]:
                if best.j >= 0:
                    settle(phase, k, &best, amounts, work, trace)
                group = &program.groups[phase.rules[found.j].group]
                fired = work.fired_groups
                amounts = work.opening
                if k == DISCOUNT and group.running:
                    memcpy(work.running, work.net, work.n * sizeof(int64_t))
                    amounts = work.running
            found.value = value_of(phase, found.j, group, amounts, fired, work, trace)
            if found.value <= 0:
                continue
            if group.mode == ALL:
                apply(phase, k, &found, amounts, work, trace)
            elif best.j < 0 or (group.mode == BEST and found.value > best.value):
                best = found
    if best.j >= 0:
        settle(phase, k, &best, amounts, work, trace)


cdef void settle(
    const Phase *phase, int k, Found *best, const int64_t *amounts, Work *work, Trace *trace
) noexcept nogil:
    """Apply the rule that its group chose."""
    if trace != NULL:
        trace.winners[phase.rules[best.j].group] = <int32_t>phase.rules[best.j].place
    apply(phase, k, best, amounts, work, trace)
    best.j = -1


cdef void open_lines(Work *work, bint points) noexcept nogil:
    """Find the lines that may take part in a phase, and what they come to."""
    cdef int i
    memset(&work.eligible, 0, sizeof(Sum))
    for i in range(work.n):
        if work.lines[i].np if points else work.lines[i].nd:
            continue
        work.eligible.fen += work.opening[i]
        work.eligible.qty += work.lines[i].qty
        work.eligible.members[i >> 6] |= bit(i & 63)


cdef void price(const Program *program, Work *work, Trace *trace) noexcept nogil:
    """Decide one receipt: discounts, then points on what is left to pay."""
    cdef int i
    resolve_occasion(&work.occasion, program.tz_offset_s)
    work.n_fired = 0
    work.fired_groups = 0
    work.gross = work.payable = work.points = 0
    for i in range(work.n):
        work.opening[i] = work.net[i] = work.lines[i].fen
        work.gross += work.lines[i].fen
    open_lines(work, False)
    run_phase(program, DISCOUNT, work.gross, work, trace)
    for i in range(work.n):
        work.payable += work.net[i]
    if work.occasion.member:
        earn(program, work, trace)
    else:
        memset(work.line_points, 0, work.n * sizeof(int64_t))


cdef void earn(const Program *program, Work *work, Trace *trace) noexcept nogil:
    """Points on the net of each line, less its share of what points paid for."""
    cdef int64_t paid = least(work.occasion.points_used * program.fen_per_redeemed_point, work.payable)
    cdef int discounts = work.n_fired
    cdef int i
    spread(paid, work.net, work.n, work.payable, work.opening)
    for i in range(work.n):
        work.opening[i] = 0 if work.lines[i].np else work.net[i] - work.opening[i]
    open_lines(work, True)
    run_phase(program, POINTS, work.payable, work, trace)
    for i in range(discounts, work.n_fired):
        work.points += work.fired_values[i]
    work.points = least(work.points, program.receipt_cap)
    spread(work.points, work.opening, work.n, work.eligible.fen, work.line_points)


cdef int first_miss(const Phase *phase, const Work *work, int j, int64_t total) noexcept nogil:
    """Place in reply.WHYS of the first condition of `when` that the basket does not meet, or -1."""
    cdef const Occasion *occasion = &work.occasion
    cdef const Rule *rule = &phase.rules[j]
    cdef const uint64_t *rows[10]
    cdef int i
    rows[0] = phase.windows + window_of(phase, occasion.ts) * phase.width
    rows[1] = row_of(phase, WEEKDAY, occasion.weekday + 1)
    rows[2] = row_of(phase, MONTHDAY, occasion.monthday)
    rows[3] = phase.minutes + phase.minute_rows[occasion.minute] * phase.width
    rows[4] = row_of(phase, TIER, occasion.tier)
    rows[5] = row_of(phase, STORE, occasion.store)
    rows[6] = row_of(phase, PAY, occasion.pay)
    rows[7] = row_of(phase, CHANNEL, occasion.channel)
    rows[8] = row_of(phase, FIRST, occasion.first)
    rows[9] = row_of(phase, BIRTHDAY, occasion.birthday_state)
    for i in range(10):
        if not has(rows[i], j):
            return i
    if not tagged(phase, occasion, j >> 6) >> (j & 63) & 1:
        return 10
    if total < rule.min_total or total > rule.max_total:
        return 13
    return -1
