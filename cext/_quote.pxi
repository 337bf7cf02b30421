# A till's quote, from the params of sale.quote to the body of its reply, without an object in between.
#
# The careful way (edge.counter.quoting) means the same and answers with the same bytes; a test holds the two together.

cdef enum:
    HINTS = 3
    WHY_AT = 16  # in an ending of _trace.pxi: skipped","why":"

cdef struct Gave:  # a rule that fired
    int j
    int64_t value

cdef struct Near:  # a rule that lacks only a little money
    int place
    int64_t short_fen


cdef class Patron:
    """A member as the rules see one, taken from a kernel request of which the rest is passed over."""

    cdef Occasion occasion
    cdef Used *used
    cdef int n_used

    def __cinit__(self, Kernel kernel not None, bytes request_json not None):
        cdef Room room
        cdef Basket basket
        kernel.read(request_json, &basket, &room)
        self.occasion = basket.occasion
        self.n_used = basket.n_used
        self.used = <Used *>PyMem_Calloc(basket.n_used + 1, sizeof(Used))
        if self.used == NULL:
            raise MemoryError
        memcpy(self.used, room.used, basket.n_used * sizeof(Used))

    def __dealloc__(self):
        PyMem_Free(self.used)


cdef class Quoter:
    """Prices baskets of one store under one bundle. Read one, then price it: nothing is kept between baskets.

    ``heads`` are by place in the bundle what a rule's entry in the reply begins with: ``{"rule":"R1","name":"满减"``.
    """

    cdef Kernel kernel
    cdef tuple heads
    cdef tuple items
    cdef Text head[RULES]
    cdef Text names[RULES]
    cdef Py_ssize_t longest_head
    cdef uint32_t store
    cdef object version
    cdef bytes params
    cdef Asked asked
    cdef Basket basket
    cdef Room room
    cdef Goods goods[LINES]
    cdef Work work
    cdef Gave fired[RULES]  # by place in the bundle
    cdef int coupon_whys[COUPONS]
    cdef uint8_t *page
    cdef Py_ssize_t page_room

    def __cinit__(self, Kernel kernel not None, tuple labels not None, str store not None, version):
        """``labels`` are (id, name, item of a gift or None) by place in the bundle."""
        cdef int place
        self.kernel = kernel
        self.store = numbered(&kernel.program.names[STORE], store)
        self.version = version
        self.heads = tuple(b'{"rule":%b,"name":%b' % (quoted(id), quoted(name)) for id, name, _ in labels)
        self.items = tuple(quoted(item or "") for _, _, item in labels)
        for place, head in enumerate(self.heads):
            name = quoted(labels[place][1])
            self.head[place] = Text(<const uint8_t *>PyBytes_AS_STRING(head), len(head))
            self.names[place] = Text(
                <const uint8_t *>PyBytes_AS_STRING(head) + len(head) - len(name) + 1, len(name) - 2
            )
            self.longest_head = max(self.longest_head, <Py_ssize_t>(2 * len(head) + len(self.items[place])))

    def read(self, bytes params not None):
        """Take the params of a quote; answers (member, coupons, redeem_points) or None where it cannot."""
        cdef Cursor at
        cdef int i
        at.p = <const uint8_t *>PyBytes_AS_STRING(params)
        at.end = at.p + PyBytes_GET_SIZE(params)
        self.params = params
        if not take_quote(&at, &self.kernel.program, &self.asked, &self.basket, &self.room, self.goods):
            return None
        member = text_of(&self.asked.member) if self.asked.member.start != NULL else None
        coupons = tuple([text_of(&self.asked.coupons[i]) for i in range(self.asked.n_coupons)])
        return member, coupons, self.asked.redeem_points

    def patron(self, bytes request_json not None):
        """The member and the counters of a kernel request; raises RequestError."""
        return Patron(self.kernel, request_json)

    def price(self, int64_t ts, Patron patron, tuple kinds not None):
        """Price what was read; see cext.quotes."""
        cdef const Program *program = &self.kernel.program
        cdef Occasion *occasion = &self.basket.occasion
        if patron is not None:
            occasion[0] = patron.occasion
            self.basket.used = patron.used
            self.basket.n_used = patron.n_used
        else:
            clear(occasion)
            self.basket.n_used = 0
        occasion.ts = ts
        occasion.store = self.store
        occasion.pay = number_of(&program.names[PAY], &self.asked.pay) if self.asked.pay.start != NULL else 0
        occasion.channel = number_of(&program.names[CHANNEL], &self.asked.channel)
        occasion.points_used = self.asked.redeem_points
        occasion.n_coupons = 0
        for kind in kinds:
            occasion.coupons[occasion.n_coupons] = numbered(&program.names[COUPON], kind)
            occasion.n_coupons += 1
        price(program, &self.basket, &self.work)
        if not program.any_redeem and self.asked.redeem_points:
            occasion.points_used = self.payable_points()
            if occasion.points_used != self.asked.redeem_points:
                price(program, &self.basket, &self.work)
        return self.reply()

    def reduced(self):
        """Of what was priced last, the lines with a sku and a discount; see cext.quotes."""
        cdef int i
        return [
            (i, text_of(&self.goods[i].sku), self.room.lines[i].unit)
            for i in range(self.basket.n)
            if self.work.net[i] < self.room.lines[i].fen and self.goods[i].sku.length
        ]

    cdef int64_t payable_points(self):
        """As many of the points as the receipt can take; no point is spent for nothing."""
        cdef int64_t worth = self.kernel.program.fen_per_redeemed_point
        return least(self.asked.redeem_points, self.work.payable // worth) if worth else 0

    cdef tuple reply(self):
        cdef const Program *program = &self.kernel.program
        cdef const Work *work = &self.work
        cdef int64_t taken = work.basket.occasion.points_used
        cdef int64_t worth = program.fen_per_redeemed_point
        cdef int i
        if program.any_redeem:
            taken = 0
            for i in range(work.n_fired):
                if program.rules[work.fired_rules[i]].operation == REDEEM:
                    taken = work.fired_values[i]
                    worth = program.rules[work.fired_rules[i]].number
        body = self.body(taken * worth)
        sums = (work.points, taken, taken * worth, work.payable - taken * worth)
        if not self.basket.occasion.n_coupons:
            return body, sums, ()
        return body, sums, tuple([self.coupon_why(i) for i in range(self.basket.occasion.n_coupons)])

    cdef void find_coupon_whys(self, const Trace *trace) noexcept nogil:
        """Why each coupon gave nothing, or WHYS: the best of what the rules say that ask for it."""
        cdef const Program *program = trace.program
        cdef const uint64_t *row
        cdef uint64_t rest
        cdef int i
        cdef int w
        for i in range(self.basket.occasion.n_coupons):
            self.coupon_whys[i] = 0
            row = row_of(program, COUPON, self.basket.occasion.coupons[i])
            for w in range(program.width):
                rest = row[w] & ~program.tables[COUPON][w]
                while rest:
                    self.coupon_whys[i] = max(self.coupon_whys[i], why_of(trace, w * 64 + LOWEST(rest)))
                    rest &= rest - 1

    cdef str coupon_why(self, int i):
        return "" if self.coupon_whys[i] == WHYS else reply.WHYS[self.coupon_whys[i]]

    cdef bytes body(self, int64_t paid_fen):
        cdef Trace trace
        cdef uint8_t *p = self.page_of(self.body_room())
        trace.program = &self.kernel.program
        trace.work = &self.work
        find_whys(&trace)
        self.order_fired()
        self.find_coupon_whys(&trace)
        p = put(p, b'"rules_version":', 16)
        p = put_number(p, self.version)
        p = self.put_lines(p)
        p = self.put_totals(p, paid_fen)
        p = self.put_applied(p)
        p = self.put_skipped(p, &trace)
        p = self.put_gifts(p)
        if self.asked.n_coupons == 0:
            p = put(p, b',"coupons":[]', 13)
        return PyBytes_FromStringAndSize(<char *>self.page, p - self.page)

    cdef uint8_t *page_of(self, Py_ssize_t room) except NULL:
        """The page that bodies are written on: kept, because to ask for memory costs more than to write on it."""
        if room > self.page_room:
            PyMem_Free(self.page)
            self.page_room = 0
            self.page = <uint8_t *>PyMem_Malloc(room)
            if self.page == NULL:
                raise MemoryError
            self.page_room = room
        return self.page

    def __dealloc__(self):
        PyMem_Free(self.page)

    cdef Py_ssize_t body_room(self):
        """Bytes that the body may need, and some to spare."""
        cdef Py_ssize_t fired = self.work.n_fired * self.longest_head
        cdef Py_ssize_t lines = self.basket.n * (fired + 256) + 2 * PyBytes_GET_SIZE(self.params)
        cdef Py_ssize_t rules = self.kernel.program.n_rules * (self.longest_head + 2 * ENDING + 64)
        return 1024 + lines + rules + 4 * fired + HINTS * (2 * self.longest_head + 256)

    cdef uint8_t *put_lines(self, uint8_t *p):
        cdef const Work *work = &self.work
        cdef const Line *line
        cdef int i
        p = put(p, b',"lines":[', 10)
        for i in range(self.basket.n):
            line = &self.room.lines[i]
            p = put(p, b'{"sku":"', 8)
            p = put_text(p, self.goods[i].sku.start, self.goods[i].sku.length)
            p = put(p, b'","name":"', 10)
            p = put_text(p, self.goods[i].name.start, self.goods[i].name.length)
            p = put(p, b'","list_fen":', 13)
            p = put_number(p, line.fen)
            p = put(p, b',"discount_fen":', 16)
            p = put_number(p, line.fen - work.net[i])
            p = put(p, b',"net_fen":', 11)
            p = put_number(p, work.net[i])
            p = put(p, b',"points":', 10)
            p = put_number(p, work.line_points[i])
            p = put(p, b',"rules":[', 10)
            p = self.put_rules_of(p, i)
            p = put(p, b"]},", 3)
        return put(p - 1, b"]", 1)

    cdef void order_fired(self) noexcept nogil:
        """Put the rules that fired into the order of the bundle: there are few."""
        cdef const Program *program = &self.kernel.program
        cdef int i
        cdef int k
        for i in range(self.work.n_fired):
            k = i
            while k and program.rules[self.fired[k - 1].j].place > program.rules[self.work.fired_rules[i]].place:
                self.fired[k] = self.fired[k - 1]
                k -= 1
            self.fired[k] = Gave(self.work.fired_rules[i], self.work.fired_values[i])

    cdef uint8_t *put_rules_of(self, uint8_t *p, int line):
        """Write the ids of the rules that had the line among theirs."""
        cdef const Program *program = &self.kernel.program
        cdef const Sum *chosen
        cdef bint any = False
        cdef int i
        for i in range(self.work.n_fired):
            chosen = chosen_of(program, &self.work, phase_of(program, self.fired[i].j), self.fired[i].j)
            if has(chosen.members, line):
                p = put_id(p, program, program.rules[self.fired[i].j].place)
                p = put(p, b",", 1)
                any = True
        return p - any

    cdef uint8_t *put_totals(self, uint8_t *p, int64_t paid_fen):
        cdef const Work *work = &self.work
        p = put(p, b',"totals":{"list_fen":', 22)
        p = put_number(p, work.gross)
        p = put(p, b',"discount_fen":', 16)
        p = put_number(p, work.gross - work.payable)
        p = put(p, b',"net_fen":', 11)
        p = put_number(p, work.payable)
        p = put(p, b',"points_paid_fen":', 19)
        p = put_number(p, paid_fen)
        p = put(p, b',"due_fen":', 11)
        p = put_number(p, work.payable - paid_fen)
        return put(p, b"}", 1)

    cdef uint8_t *put_applied(self, uint8_t *p):
        """What gave something: discounts, then points, in the order of the bundle."""
        cdef const Program *program = &self.kernel.program
        cdef const Rule *rule
        cdef int phase
        cdef int i
        cdef bint any = False
        p = put(p, b',"applied":[', 12)
        for phase in range(GIFTS):
            for i in range(self.work.n_fired):
                rule = &program.rules[self.fired[i].j]
                if phase_of(program, self.fired[i].j) != phase or rule.operation == REDEEM:
                    continue
                p = put_text(p, self.head[rule.place].start, self.head[rule.place].length)
                p = put(p, b',"value":', 9)
                p = put_number(p, self.fired[i].value)
                p = put(p, b',"unit":"points"},', 18) if phase else put(p, b',"unit":"fen"},', 15)
                any = True
        return put(p - any, b"]", 1)

    cdef uint8_t *put_skipped(self, uint8_t *p, Trace *trace):
        """Every rule that gave nothing and why, in the order of the bundle; then the nearest misses."""
        cdef const Program *program = &self.kernel.program
        cdef Near near[HINTS]
        cdef int n_near = 0
        cdef int64_t short_fen
        cdef int place
        cdef int why
        cdef bint any = False
        p = put(p, b',"skipped":[', 12)
        for place in range(program.n_rules):
            why = why_of(trace, program.bits[place])
            if why == WHYS:
                continue
            p = put_text(p, self.head[place].start, self.head[place].length)
            p = put(p, b',"why":"', 8)
            p = put_text(p, <const uint8_t *>ENDINGS[why] + WHY_AT, ENDING_LENGTHS[why] - WHY_AT)
            if why == WHY_NEED:
                short_fen = lack_of(trace, program.bits[place])
                p = put(p, b',"short_fen":', 13)
                p = put_number(p, short_fen)
                if short_fen:
                    n_near = note_near(near, n_near, place, short_fen)
            p = put(p, b"},", 2)
            any = True
        p = put(p - any, b'],"hints":[', 11)
        for place in range(n_near):
            p = self.put_hint(p, &near[place])
        return put(p - (n_near > 0), b"]", 1)

    cdef uint8_t *put_hint(self, uint8_t *p, const Near *near):
        cdef const Text *name = &self.names[near.place]
        p = put_text(p, self.head[near.place].start, name.start - 9 - self.head[near.place].start)
        p = put(p, b',"short_fen":', 13)
        p = put_number(p, near.short_fen)
        p = put(p, b',"zh":"\xe5\x86\x8d\xe4\xb9\xb0 ', 14)
        p = put_yuan(p, near.short_fen)
        p = put(p, b" \xe5\x85\x83\xe5\x8f\xaf\xe4\xba\xab ", 11)
        p = put_text(p, name.start, name.length)
        p = put(p, b'","en":"spend ', 14)
        p = put_yuan(p, near.short_fen)
        p = put(p, b" more for ", 10)
        p = put_text(p, name.start, name.length)
        return put(p, b'"},', 3)

    cdef uint8_t *put_gifts(self, uint8_t *p):
        cdef const Program *program = &self.kernel.program
        cdef bytes item
        cdef int place
        cdef int i
        cdef bint any = False
        p = put(p, b',"gifts":[', 10)
        for i in range(self.work.n_fired):
            if phase_of(program, self.fired[i].j) != GIFTS:
                continue
            place = program.rules[self.fired[i].j].place
            item = self.items[place]
            p = put_text(p, self.head[place].start, self.head[place].length)
            p = put(p, b',"item":', 8)
            p = put_text(p, <const uint8_t *>PyBytes_AS_STRING(item), PyBytes_GET_SIZE(item))
            p = put(p, b',"qty":', 7)
            p = put_number(p, self.fired[i].value)
            p = put(p, b"},", 2)
            any = True
        return put(p - any, b"]", 1)


cdef int note_near(Near *near, int n, int place, int64_t short_fen) noexcept nogil:
    """Keep the nearest misses, the nearest first; of equals the one that comes first in the bundle."""
    cdef int i = n
    while i and near[i - 1].short_fen > short_fen:
        i -= 1
    if i == HINTS:
        return n
    n = n + 1 if n < HINTS else n
    memmove(&near[i + 1], &near[i], (n - 1 - i) * sizeof(Near))
    near[i] = Near(place, short_fen)
    return n


cdef inline uint8_t *put_yuan(uint8_t *p, int64_t fen) noexcept nogil:
    """Write 1234 fen as 12.34."""
    p = put_number(p, fen // 100)
    p[0] = c"."
    memcpy(p + 1, DIGITS + fen % 100 * 2, 2)
    return p + 3


cdef bytes quoted(str text):
    """A text as JSON."""
    return <bytes>json_encode(text)


cdef str text_of(const Text *text):
    return PyUnicode_DecodeUTF8(<const char *>text.start, text.length, NULL)
