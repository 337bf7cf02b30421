# Coupons and points as a means of payment: what a customer brings, and what the rules let it do.

cdef uint32_t useful_coupons(const Program *program, const Work *work) noexcept nogil:
    """Those that some rule whose `when` is met asks for; the others change nothing and are left out."""
    cdef const Occasion *occasion = &work.basket.occasion
    cdef uint32_t useful = 0
    cdef const uint64_t *row
    cdef int w
    cdef int i
    for i in range(occasion.n_coupons):
        row = row_of(program, COUPON, occasion.coupons[i])
        for w in range(program.width):
            if work.met[w] & row[w] & ~program.tables[COUPON][w]:
                useful |= <uint32_t>1 << i
    return useful


cdef void choose_coupons(const Program *program, Work *work) noexcept nogil:
    """Try every combination of coupons, earlier ones first, and keep the best for the customer."""
    cdef uint32_t useful = useful_coupons(program, work)
    cdef uint32_t best = 0
    cdef int64_t rank[4]
    cdef int64_t best_rank[4]
    decide(program, work)
    rank_choice(program, work, best_rank)
    while work.choice != useful:
        work.choice = (work.choice - useful) & useful  # the next larger subset
        decide(program, work)
        rank_choice(program, work, rank)
        if comes_before(rank, best_rank):
            best = work.choice
            memcpy(best_rank, rank, sizeof(rank))
    if best != work.choice:
        work.choice = best
        decide(program, work)


cdef inline void rank_choice(const Program *program, const Work *work, int64_t *rank) noexcept nogil:
    """How good the choice is, the smallest is best: to pay, points, coupons used up, coupons that took part."""
    cdef int i
    rank[0] = work.payable
    rank[1] = -work.points
    rank[2] = 0
    for i in range(work.n_fired):
        rank[2] += not has(program.tables[COUPON], work.fired_rules[i])  # row 0: rules that ask for none
    rank[3] = -COUNTED(work.choice)


cdef inline bint comes_before(const int64_t *one, const int64_t *other) noexcept nogil:
    cdef int i
    for i in range(4):
        if one[i] != other[i]:
            return one[i] < other[i]
    return False


cdef void redeem(const Program *program, Work *work) noexcept nogil:
    """Find the terms of redemption, and take what points pay on them off ``work.opening``."""
    cdef uint64_t rest
    cdef int w
    for w in range(program.ends[DISCOUNT], program.ends[POINTS]):
        rest = work.alive[w] & program.marks[REDEEMS][w] & (program.marks[ANY_LINE][w] | work.touched[w])
        while rest:
            ask_terms(program, w * 64 + LOWEST(rest), work)
            rest &= rest - 1


cdef void ask_terms(const Program *program, int j, Work *work) noexcept nogil:
    """Let the rule set the terms, if its needs are met and no other has."""
    cdef const Rule *rule = &program.rules[j]
    cdef const Sum *chosen = chosen_of(program, work, POINTS, j)
    cdef int64_t fen = measure(chosen.members, work.net, work.basket.n)
    cdef uint64_t silencers = work.fired_groups & program.groups[rule.group].silencers
    if any_line(chosen) and is_met(program, rule, j, fen, silencers, work):
        put_in(work.valued, j)
        if work.redeeming < 0:
            work.redeeming = j
            take_points(program, j, chosen, work)


cdef inline int64_t points_taken(
    const Program *program, const Rule *rule, int64_t fen, const Work *work
) noexcept nogil:
    """As many of the points as the terms allow on ``fen``."""
    cdef int64_t taken = fen * rule.second // 10_000 // rule.number
    taken = least(least(taken, work.basket.occasion.points_used), most_of(program, rule, work))
    return taken - taken % rule.divisor


cdef void take_points(const Program *program, int j, const Sum *chosen, Work *work) noexcept nogil:
    """Take points on the rule's terms, and what they pay off ``work.opening``."""
    cdef const Rule *rule = &program.rules[j]
    cdef int64_t fen = work.sums[j].fen
    cdef int64_t taken = points_taken(program, rule, fen, work)
    if taken > 0:
        take_off(chosen, taken * rule.number, fen, work.net, work.basket.n, work.opening)
        fire(rule, j, taken, work)
