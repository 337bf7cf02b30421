# The work on one receipt.
#
# One Work holds one decided receipt: the result, and as words of bits how far every rule came. Nothing of it
# needs to be cleared beforehand, and nothing more is kept for a trace, which _trace.pxi works out from it.

cdef struct Work:
    const Basket *basket
    uint32_t choice  # coupons chosen, bit i for the i-th that was presented
    int n_fired
    uint64_t fired_groups
    int64_t gross
    int64_t payable
    int64_t points
    int redeeming  # the rule that set the terms of redemption, or -1
    uint64_t met[WORDS]  # `when` with all coupons, but for totals
    uint64_t touched[WORDS]  # of those that choose their lines: they have one
    uint64_t alive[WORDS]  # all of `when`, and the limits
    uint64_t in_need[WORDS]
    uint64_t silenced[WORDS]
    uint64_t valued[WORDS]  # would give something
    uint64_t fired[WORDS]
    int32_t winners[GROUPS]  # the rule that the group chose
    Sum eligible[PHASES]  # what a rule for every line works on
    int64_t opening[LINES]  # what discounts, then points, began with
    int64_t running[LINES]  # what earlier groups left
    int64_t net[LINES]
    int64_t weights[LINES]
    int64_t line_points[LINES]
    int32_t fired_rules[RULES]  # in the order of application
    int64_t fired_values[RULES]
    int16_t used_at[RULES + 1]  # by limit: place in basket.used and 1, or 0
    Sum sums[WORDS * 64]  # of those that are touched; what they measure also of those for every line

cdef Used UNUSED
memset(&UNUSED, 0, sizeof(Used))


cdef inline const Used *used_of(const Rule *rule, const Work *work) noexcept nogil:
    if work.basket.n_used and work.used_at[rule.limit]:
        return &work.basket.used[work.used_at[rule.limit] - 1]
    return &UNUSED


cdef inline int64_t most_of(const Program *program, const Rule *rule, const Work *work) noexcept nogil:
    """The most that the rule may give: its cap, or what its limits leave."""
    if LIKELY(rule.limit == 0):
        return rule.cap
    return least(rule.cap, left_of(&program.limits[rule.limit - 1], used_of(rule, work)))


cdef inline const Sum *chosen_of(const Program *program, const Work *work, int phase, int j) noexcept nogil:
    """The lines that a rule works on; terms of redemption are for all lines, like gifts."""
    if not has(program.marks[ANY_LINE], j):
        return &work.sums[j]
    return &work.eligible[GIFTS if program.rules[j].operation == REDEEM else phase]


cdef void note_used(const Program *program, Work *work) noexcept nogil:
    """Find the counters of each rule that has limits."""
    cdef int i
    if work.basket.n_used:
        memset(work.used_at, 0, (program.n_limits + 1) * sizeof(int16_t))
        for i in range(work.basket.n_used):
            work.used_at[work.basket.used[i].limit] = <int16_t>(i + 1)
