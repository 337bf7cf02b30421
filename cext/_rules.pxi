# What the rules mean, on bits: see cext.kernel_py for the same in plain words.

cdef struct Turn:  # the group that is having its turn
    const Group *group
    const int64_t *opening  # what the phase began with
    const int64_t *amounts  # what the group measures: the same, or what earlier groups left
    uint64_t silencers  # those of its silencers that have fired
    int best
    int64_t value


cdef void find_alive(const Program *program, int phase, int64_t total, Work *work) noexcept nogil:
    """Rules of the phase whose `when` the basket meets, coupons and totals included, and whose limits hold."""
    cdef uint64_t alive
    cdef uint64_t rest
    cdef int w
    for w in range(first_word(program, phase), program.ends[phase]):
        alive = work.met[w] & with_coupons(program, &work.basket.occasion, work.choice, w)
        rest = alive & (program.marks[HAS_TOTAL][w] | program.marks[HAS_LIMIT][w])
        while rest:
            if not admits(program, work, w * 64 + LOWEST(rest), total):
                alive ^= rest & (0 - rest)
            rest &= rest - 1
        work.alive[w] = alive
        work.in_need[w] = work.silenced[w] = work.valued[w] = work.fired[w] = 0


cdef inline bint admits(const Program *program, const Work *work, int j, int64_t total) noexcept nogil:
    """Tell whether the rule's totals and limits hold."""
    cdef const Rule *rule = &program.rules[j]
    if total < rule.min_total or total > rule.max_total:
        return False
    if rule.limit == 0:
        return True
    if not work.basket.occasion.member:
        return False
    return not limit_reached(&program.limits[rule.limit - 1], used_of(rule, work))


cdef int64_t value_of(const Program *program, int phase, int j, const Turn *turn, Work *work) noexcept nogil:
    """What a living rule with lines would give in its group, 0 for nothing; keeps why."""
    cdef const Rule *rule = &program.rules[j]
    cdef const Sum *chosen = chosen_of(program, work, phase, j)
    cdef int64_t fen = chosen.fen
    cdef int64_t value
    if chosen == &work.sums[j] or turn.amounts == work.running:
        fen = measure(chosen.members, turn.amounts, work.basket.n)
    if not is_met(program, rule, j, fen, turn.silencers, work):
        return 0
    value = worth(rule, work.basket.lines, work.basket.n, chosen, fen, turn.amounts)
    value = least(value, most_of(program, rule, work))
    if value > 0:
        put_in(work.valued, j)
    return value


cdef inline bint is_met(
    const Program *program, const Rule *rule, int j, int64_t fen, uint64_t silencers, Work *work
) noexcept nogil:
    """Tell whether the rule has what it needs and no group silences it; keeps why not."""
    work.sums[j].fen = fen
    if fen < rule.min_fen or (rule.min_qty and units_of(program, j, work) < rule.min_qty):
        put_in(work.in_need, j)
        return False
    if silencers:
        put_in(work.silenced, j)
        work.sums[j].silencer = LOWEST(silencers)
        return False
    return True


cdef inline int64_t units_of(const Program *program, int j, const Work *work) noexcept nogil:
    """How many whole units the rule has."""
    cdef const Sum *chosen = chosen_of(program, work, phase_of(program, j), j)
    return count_units(chosen.members, work.basket.lines, work.basket.n)


cdef int64_t weigh(
    const Rule *rule,
    const Sum *chosen,
    const Basket *basket,
    const int64_t *amounts,
    const int64_t *net,
    int64_t *weights,
) noexcept nogil:
    """Put what a fixed price can take off each of its lines into ``weights``: what is above it, and left."""
    cdef int64_t total = 0
    cdef int i
    for i in range(basket.n):
        if has(chosen.members, i):
            weights[i] = least(net[i], above(rule, &basket.lines[i], amounts[i]))
            total += weights[i]
    return total


cdef void take_off(
    const Sum *chosen, int64_t value, int64_t total, const int64_t *weights, int n, int64_t *net
) noexcept nogil:
    """Spread a value over its lines by ``weights``, which may be ``net``, and take each share off ``net``."""
    cdef int64_t reached = 0
    cdef int64_t given = 0
    cdef int64_t upto
    cdef double inverse = 1.0 / <double>total
    cdef uint64_t rest
    cdef int word
    cdef int i
    for word in range((n + 63) >> 6):
        rest = chosen.members[word]
        while rest:
            i = word * 64 + LOWEST(rest)
            rest &= rest - 1
            reached += weights[i]
            upto = ratio(value * reached, total, inverse)
            net[i] -= upto - given
            given = upto


cdef inline void fire(const Rule *rule, int j, int64_t value, Work *work) noexcept nogil:
    put_in(work.fired, j)
    work.fired_groups |= bit(rule.group)
    work.fired_rules[work.n_fired] = j
    work.fired_values[work.n_fired] = value
    work.n_fired += 1


cdef void apply(
    const Program *program, int phase, int j, int64_t value, const int64_t *amounts, Work *work
) noexcept nogil:
    """Let the rule give what it is worth; a discount is clipped to what is left on its lines."""
    cdef const Rule *rule = &program.rules[j]
    cdef const Sum *chosen
    cdef const int64_t *weights = work.net
    cdef int64_t left
    if phase == DISCOUNT:
        chosen = chosen_of(program, work, phase, j)
        if rule.operation == FIXED_PRICE:
            left = weigh(rule, chosen, work.basket, amounts, work.net, work.weights)
            weights = work.weights
        else:
            left = measure(chosen.members, work.net, work.basket.n)
        value = least(value, left)
        if value <= 0:
            return
        take_off(chosen, value, left, weights, work.basket.n, work.net)
    fire(rule, j, value, work)


cdef inline void begin_turn(int phase, const Group *group, Turn *turn, Work *work) noexcept nogil:
    turn.group = group
    turn.silencers = work.fired_groups & group.silencers
    turn.best = -1
    turn.value = 0
    turn.amounts = turn.opening
    if phase == DISCOUNT and group.running:
        memcpy(work.running, work.net, work.basket.n * sizeof(int64_t))
        turn.amounts = work.running


cdef inline void end_turn(const Program *program, int phase, Turn *turn, Work *work) noexcept nogil:
    """Apply the rule that the group chose, if it chooses."""
    if turn.best >= 0:
        work.winners[program.rules[turn.best].group] = turn.best
        apply(program, phase, turn.best, turn.value, turn.amounts, work)


cdef void run_phase(const Program *program, int phase, const int64_t *opening, Work *work) noexcept nogil:
    """Value the living rules in execution order; each group chooses by its mode before the next begins."""
    cdef uint64_t rest
    cdef uint64_t for_all = ~<uint64_t>0 if any_line(&work.eligible[phase]) else 0
    cdef Turn turn = Turn(NULL, opening, opening, 0, -1, 0)
    cdef int w
    for w in range(first_word(program, phase), program.ends[phase]):
        rest = work.alive[w] & (program.marks[ANY_LINE][w] & for_all | work.touched[w])
        rest &= ~program.marks[REDEEMS][w]
        while rest:
            take_turn(program, phase, w * 64 + LOWEST(rest), &turn, work)
            rest &= rest - 1
    end_turn(program, phase, &turn, work)


cdef inline void take_turn(const Program *program, int phase, int j, Turn *turn, Work *work) noexcept nogil:
    """Value one rule in the turn of its group."""
    cdef const Group *group = &program.groups[program.rules[j].group]
    cdef int64_t value
    if group != turn.group:
        end_turn(program, phase, turn, work)
        begin_turn(phase, group, turn, work)
    value = value_of(program, phase, j, turn, work)
    if value <= 0:
        return
    if group.mode == ALL:
        apply(program, phase, j, value, turn.amounts, work)
    elif turn.best < 0 or (group.mode == BEST and value > turn.value):
        turn.best = j
        turn.value = value


cdef void decide(const Program *program, Work *work) noexcept nogil:
    """Decide the receipt with the coupons of ``work.choice``: discounts, then points and gifts on the rest."""
    cdef const Basket *basket = work.basket
    cdef bint any_gift = program.ends[GIFTS] > program.ends[POINTS]
    cdef int64_t total = 0
    cdef int i
    work.n_fired = 0
    work.fired_groups = 0
    work.redeeming = -1
    work.points = 0
    for i in range(basket.n):
        work.opening[i] = work.net[i] = basket.lines[i].fen
        total += basket.lines[i].fen
    work.gross = total
    open_lines(DISCOUNT, work.opening, work)
    find_alive(program, DISCOUNT, work.gross, work)
    run_phase(program, DISCOUNT, work.opening, work)
    total = 0
    for i in range(basket.n):
        total += work.net[i]
    work.payable = total
    if any_gift or program.any_redeem:
        open_lines(GIFTS, work.net, work)
    if basket.occasion.member:
        earn(program, work)
    else:
        memset(work.line_points, 0, basket.n * sizeof(int64_t))
    if any_gift:
        find_alive(program, GIFTS, work.payable, work)
        run_phase(program, GIFTS, work.net, work)


cdef void earn(const Program *program, Work *work) noexcept nogil:
    """Points on the net of each line, less what points paid for."""
    cdef const Basket *basket = work.basket
    cdef int before
    cdef int i
    find_alive(program, POINTS, work.payable, work)
    memcpy(work.opening, work.net, basket.n * sizeof(int64_t))
    if program.any_redeem:
        redeem(program, work)
    elif basket.occasion.points_used:
        pay_with_points(program, work)
    for i in range(basket.n):
        if UNLIKELY(basket.lines[i].np):
            work.opening[i] = 0
    open_lines(POINTS, work.opening, work)
    before = work.n_fired
    run_phase(program, POINTS, work.opening, work)
    for i in range(before, work.n_fired):
        work.points += work.fired_values[i]
    work.points = least(work.points, program.receipt_cap)
    spread(work.points, work.opening, basket.n, work.eligible[POINTS].fen, work.line_points)
    if UNLIKELY(work.points > 0 and work.eligible[POINTS].fen == 0):
        i = 0
        while basket.lines[i].np:
            i += 1
        work.line_points[i] = work.points


cdef inline void pay_with_points(const Program *program, Work *work) noexcept nogil:
    """Take what points pay off ``work.opening``, spread over all lines."""
    cdef int64_t paid = least(work.basket.occasion.points_used * program.fen_per_redeemed_point, work.payable)
    cdef int i
    spread(paid, work.net, work.basket.n, work.payable, work.weights)
    for i in range(work.basket.n):
        work.opening[i] -= work.weights[i]


cdef void price(const Program *program, const Basket *basket, Work *work) noexcept nogil:
    """Decide one receipt."""
    work.basket = basket
    work.choice = 0
    note_used(program, work)
    find_met(program, &basket.occasion, work.met)
    find_selected(program, work)
    if UNLIKELY(basket.occasion.n_coupons != 0):
        choose_coupons(program, work)
    else:
        decide(program, work)
