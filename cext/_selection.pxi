# Which lines: those that rules select, and those that take part in a phase.

cdef enum:  # what a line may be kept out of: bit 0 discounts, bit 1 points
    KINDS = 4


cdef void find_selected(const Program *program, Work *work) noexcept nogil:
    """Find the lines of each rule that chooses its own and may live: they are the same with any coupons."""
    cdef const Line *line = work.basket.lines
    cdef uint64_t choosing[KINDS][WORDS]
    cdef int i
    memset(work.touched, 0, program.width * sizeof(uint64_t))
    if find_choosing(program, work, choosing):
        for i in range(work.basket.n):
            select_line(program, choosing[line.nd | line.np << 1], line, i, work)
            line += 1


cdef inline bint find_choosing(const Program *program, const Work *work, uint64_t (*choosing)[WORDS]) noexcept nogil:
    """Find the rules that choose among lines of each kind; terms of redemption are for all lines."""
    cdef uint64_t found = 0
    cdef uint64_t no_points
    cdef bint discount
    cdef int w
    for w in range(program.width):
        choosing[0][w] = work.met[w] & ~program.marks[ANY_LINE][w]
        found |= choosing[0][w]
        discount = w < program.ends[DISCOUNT]
        no_points = choosing[0][w]
        if not discount and w < program.ends[POINTS]:
            no_points &= program.marks[REDEEMS][w]
        choosing[1][w] = 0 if discount else choosing[0][w]
        choosing[2][w] = no_points
        choosing[3][w] = 0 if discount else no_points
    return found != 0


cdef inline void select_line(
    const Program *program, const uint64_t *choosing, const Line *line, int i, Work *work
) noexcept nogil:
    """Add a line to those of each ``choosing`` rule that selects it."""
    cdef const uint64_t *cat = row_of(program, CAT, line.cat)
    cdef const uint64_t *brand = row_of(program, BRAND, line.brand)
    cdef const uint64_t *sku = row_of(program, SKU, line.sku)
    cdef uint64_t rest
    cdef int w
    for w in range(program.width):
        rest = choosing[w] & cat[w] & brand[w] & sku[w]
        while rest:
            select(program, w, rest & (0 - rest), line, i, work)
            rest &= rest - 1


cdef inline void select(
    const Program *program, int word, uint64_t rule, const Line *line, int i, Work *work
) noexcept nogil:
    """Add a line to those of the rule, unless it is too cheap for it."""
    cdef int j = word * 64 + LOWEST(rule)
    if program.marks[HAS_UNIT][word] & rule and line.unit < program.rules[j].min_unit:
        return
    if not work.touched[word] & rule:
        work.touched[word] |= rule
        memset(work.sums[j].members, 0, sizeof(work.sums[j].members))
    put_in(work.sums[j].members, i)


cdef void open_lines(int phase, const int64_t *amounts, Work *work) noexcept nogil:
    """Find the lines that may take part in a phase, and what they come to."""
    cdef const Line *line = work.basket.lines
    cdef Sum *eligible = &work.eligible[phase]
    cdef int64_t fen = 0
    cdef uint64_t members = 0
    cdef int i
    memset(eligible.members, 0, sizeof(eligible.members))
    for i in range(work.basket.n):
        if i & 63 == 0:
            members = 0
        if not ((phase == DISCOUNT and line.nd) or (phase == POINTS and line.np)):
            fen += amounts[i]
            members |= bit(i & 63)
        eligible.members[i >> 6] = members
        line += 1
    eligible.fen = fen


cdef inline bint any_line(const Sum *chosen) noexcept nogil:
    return (chosen.members[0] | chosen.members[1] | chosen.members[2] | chosen.members[3]) != 0
