# Amounts: what a share comes to, what an operation is worth on the lines that a rule selects.

cdef struct Sum:  # of the lines that a rule works on; as large as a line of the processor's cache
    uint64_t members[LINE_WORDS]
    int64_t fen  # as last measured
    int64_t silencer  # the group that silenced the rule, if one did
    int64_t unused[2]


cdef inline int64_t ratio(int64_t numerator, int64_t divisor, double inverse) noexcept nogil:
    """Divide by multiplying; exact, because a quotient of at most 2^31 is off by one at most, and mended.

    The half keeps the common case, a quotient without a rest, away from the edge.
    """
    cdef int64_t quotient = <int64_t>((<double>numerator + 0.5) * inverse)
    cdef int64_t rest = numerator - quotient * divisor
    if UNLIKELY(<uint64_t>rest >= <uint64_t>divisor):
        return quotient - 1 if rest < 0 else quotient + 1
    return quotient


cdef inline int64_t measure(const uint64_t *members, const int64_t *amounts, int n) noexcept nogil:
    """What the members come to."""
    cdef int64_t fen = 0
    cdef uint64_t rest
    cdef int word
    for word in range((n + 63) >> 6):
        rest = members[word]
        while rest:
            fen += amounts[word * 64 + LOWEST(rest)]
            rest &= rest - 1
    return fen


cdef int64_t count_units(const uint64_t *members, const Line *lines, int n) noexcept nogil:
    """How many whole units the members are."""
    cdef int64_t qty = 0
    cdef uint64_t rest
    cdef int word
    for word in range((n + 63) >> 6):
        rest = members[word]
        while rest:
            qty += lines[word * 64 + LOWEST(rest)].qty
            rest &= rest - 1
    return qty


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


cdef inline int64_t steps_of(int64_t fen, const Rule *rule) noexcept nogil:
    """How often the rule's amount is reached, at most as often as it says."""
    return least(fen // rule.divisor, rule.second)


cdef inline int64_t cost_at(int64_t fen, const Line *line) noexcept nogil:
    """What the line costs at ``fen`` a unit, half a fen rounded up."""
    return fen * line.qty + (fen * line.milli + 500) // 1000


cdef inline int64_t above(const Rule *rule, const Line *line, int64_t fen) noexcept nogil:
    """What the line costs more than at the rule's price."""
    cdef int64_t more = fen - cost_at(rule.number, line)
    return more if more > 0 else 0


cdef int64_t above_all(
    const Rule *rule, const Line *lines, int n, const Sum *chosen, const int64_t *amounts
) noexcept nogil:
    cdef int64_t total = 0
    cdef int i
    for i in range(n):
        if has(chosen.members, i):
            total += above(rule, &lines[i], amounts[i])
    return total


cdef int64_t nth_items(
    const Rule *rule, const Line *lines, int n, const Sum *chosen, const int64_t *amounts
) noexcept nogil:
    """What every n-th unit, dearest first, is less; of lines that were weighed nothing."""
    cdef int order[LINES]
    cdef const Line *line
    cdef int64_t value = 0
    cdef int64_t counted = 0
    cdef int64_t given = 0
    cdef int64_t upto
    cdef int length = 0
    cdef int at
    cdef int i
    for i in range(n):  # sorted by insertion: lines of the same price stay in their order
        line = &lines[i]
        if not has(chosen.members, i) or line.milli or not line.qty:
            continue
        at = length
        while at and lines[order[at - 1]].unit < line.unit:
            order[at] = order[at - 1]
            at -= 1
        order[at] = i
        length += 1
    for at in range(length):
        line = &lines[order[at]]
        counted += line.qty
        upto = steps_of(counted, rule)
        value += (amounts[order[at]] * (upto - given) * rule.number + rule.half * line.qty) // (line.qty * 10_000)
        given = upto
    return value


cdef int64_t worth(
    const Rule *rule, const Line *lines, int n, const Sum *chosen, int64_t fen, const int64_t *amounts
) noexcept nogil:
    """What the rule is worth on its lines, in fen, points or gifts, before its cap."""
    if rule.operation == OFF_BP or rule.operation == MULT_BP:
        return (fen * rule.number + rule.half) // rule.divisor
    if rule.operation == EVERY_OFF:
        return steps_of(fen, rule) * rule.number
    if rule.operation == PER_QTY:
        return count_units(chosen.members, lines, n) * rule.number
    if rule.operation == FIXED:
        return rule.number
    if rule.operation == FIXED_PRICE:
        return above_all(rule, lines, n, chosen, amounts)
    if rule.operation == NTH_ITEM_BP:
        return nth_items(rule, lines, n, chosen, amounts)
    if rule.operation == ROUND_TO:
        return fen % rule.divisor
    return rule.number * (steps_of(fen, rule) if rule.divisor else 1)  # GIFT
