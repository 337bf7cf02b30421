# A till's quote, from the params of sale.quote to the body of its reply, without an object in between.
#
# The reader takes what tills send: keys in any order, no escapes. For anything else, and whatever is wrong, it says
# that it cannot, and the caller goes the careful way, which means the same and answers with the same bytes
# (edge.counter.quoting; a test holds the two together).

cdef enum:
    TEXT_MAX = 64  # characters
    HINTS = 3
    WHY_AT = 16  # in an ending of _trace.pxi: skipped","why":"

cdef extern from *:
    """
    #define QTY_MILLI_MAX 65535000LL
    #define BELOW_FEN_MAX ((1LL << 31) - 1)
    """
    const int64_t QTY_MILLI_MAX
    const int64_t BELOW_FEN_MAX

cdef struct Goods:  # a line's texts, as they came
    Text sku
    Text name

cdef struct Asked:  # the params beside the lines; start is NULL where a text was left out
    Text member
    Text channel
    Text pay
    Text coupons[COUPONS]
    int n_coupons
    int64_t redeem_points

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
        cdef uint8_t *start = <uint8_t *>PyMem_Malloc(self.body_room())
        cdef uint8_t *p = start
        if start == NULL:
            raise MemoryError
        trace.program = &self.kernel.program
        trace.work = &self.work
        try:
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
            return PyBytes_FromStringAndSize(<char *>start, p - start)
        finally:
            PyMem_Free(start)

    cdef Py_ssize_t body_room(self):
        """Bytes that the body may need, and some to spare."""
        cdef Py_ssize_t ids = self.work.n_fired * self.longest_head
        cdef Py_ssize_t rules = self.kernel.program.n_rules * (self.longest_head + 2 * ENDING + 64)
        return 1024 + PyBytes_GET_SIZE(self.params) * 2 + self.basket.n * (ids + 256) + rules + HINTS * 512 + 4 * ids

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


# --- reading the params ---


cdef inline uint64_t ends_of_words(uint64_t word) noexcept nogil:
    """Mark every quote, backslash and control character of eight bytes, whatever else is among them."""
    cdef uint64_t plain = word & ~HIGHS
    cdef uint64_t low = (plain ^ (ONES * 0x02)) + ONES * 0x5F  # a quote and the control characters stay below 0x80
    cdef uint64_t escape = (plain ^ (ONES * 0x5C)) + ONES * 0x7F
    return ~((low & escape) | word) & HIGHS


cdef inline bint take_words(Cursor *at, int least_length, Text *text) noexcept nogil:
    """Take a text of ``least_length`` bytes to TEXT_MAX characters; Chinese is read as quickly as any other."""
    cdef const uint8_t *p = at.p + 1
    cdef uint64_t seen = 0
    cdef uint64_t found
    if UNLIKELY(at.p >= at.end or at.p[0] != c'"'):
        return False
    text.start = p
    while at.end - p >= 8:
        found = ends_of_words(word_at(p))
        if found:
            seen |= word_at(p) & (found ^ (found - 1))
            p += LOWEST(found) >> 3
            break
        seen |= word_at(p)
        p += 8
    else:
        seen = HIGHS
        while p < at.end and p[0] != c'"' and p[0] != c"\\" and p[0] >= 0x20:
            p += 1
    text.length = p - text.start
    if UNLIKELY(p >= at.end or p[0] != c'"' or text.length < least_length):
        return False
    if UNLIKELY(seen & HIGHS) and not is_utf8(text.start, p):
        return False
    at.p = p + 1
    return text.length <= TEXT_MAX or characters(text) <= TEXT_MAX


cdef bint take_words_or_null(Cursor *at, Text *text) noexcept nogil:
    """Take a text that is not empty, or null, which leaves ``text`` out."""
    return take(at, b"null", 4) or take_words(at, 1, text)


cdef Py_ssize_t characters(const Text *text) noexcept nogil:
    """Characters of a text that is UTF-8: bytes that do not go on with one."""
    cdef Py_ssize_t count = 0
    cdef Py_ssize_t i
    for i in range(text.length):
        count += text.start[i] & 0xC0 != 0x80
    return count


cdef bint take_flags(Cursor *at, Line *line) noexcept nogil:
    cdef Text flag
    cdef bint more
    if not opened(at, c"[", c"]", &more):
        return False
    while more:
        if not take_text(at, &flag):
            return False
        if is_text(&flag, b"no_discount", 11):
            line.nd = True
        elif is_text(&flag, b"no_points", 9):
            line.np = True
        else:
            return False
        if not ended(at, c"]", &more):
            return False
    return True


cdef inline bint usual_goods(Cursor *at, const Program *program, Line *line, Goods *goods) noexcept nogil:
    """Take a line whose keys come in the order of the guide, without blanks; else stay where it began."""
    cdef Cursor ahead = at[0]
    cdef int64_t qty_milli = 0
    cdef int64_t unit_fen = 0
    cdef int64_t amount_fen = -1
    line.nd = line.np = False
    line.cat = line.brand = 0
    if not (
        take(&ahead, b'{"sku":', 7)
        and take_words(&ahead, 0, &goods.sku)
        and take(&ahead, b',"name":', 8)
        and take_words(&ahead, 0, &goods.name)
        and take(&ahead, b',"qty_milli":', 13)
        and take_number(&ahead, QTY_MILLI_MAX, &qty_milli)
        and take(&ahead, b',"unit_price_fen":', 18)
        and take_number(&ahead, BELOW_FEN_MAX, &unit_fen)
    ):
        return False
    if take(&ahead, b',"amount_fen":', 14) and not take_number(&ahead, BELOW_FEN_MAX, &amount_fen):
        return False
    if take(&ahead, b',"category":', 12):
        if not take_name(&ahead, &program.names[CAT], &line.cat):
            return False
    if take(&ahead, b',"brand":', 9):
        if not take_name(&ahead, &program.names[BRAND], &line.brand):
            return False
    if take(&ahead, b',"flags":', 9) and not (take(&ahead, b"[]", 2) or take_flags(&ahead, line)):
        return False
    if not (take(&ahead, b"}", 1) and finish_line(line, goods, qty_milli, unit_fen, amount_fen)):
        return False
    line.sku = number_of(&program.names[SKU], &goods.sku)
    at.p = ahead.p
    return True


cdef bint take_goods(Cursor *at, const Program *program, Line *line, Goods *goods) noexcept nogil:
    """Take a line of a basket, its keys in any order."""
    cdef Text key
    cdef Text word
    cdef int64_t qty_milli = 0
    cdef int64_t unit_fen = -1
    cdef int64_t amount_fen = -1
    cdef uint32_t seen = 0
    cdef bint more
    cdef bint good
    memset(line, 0, sizeof(Line))
    goods.sku = goods.name = Text(at.p, 0)
    if not opened(at, c"{", c"}", &more):
        return False
    while more:
        if not next_key(at, &key):
            return False
        if is_text(&key, b"sku", 3):
            good = once(&seen, 0) and take_words(at, 0, &goods.sku)
            line.sku = number_of(&program.names[SKU], &goods.sku) if good else 0
        elif is_text(&key, b"name", 4):
            good = once(&seen, 1) and take_words(at, 0, &goods.name)
        elif is_text(&key, b"qty_milli", 9):
            good = once(&seen, 2) and take_number(at, QTY_MILLI_MAX, &qty_milli)
        elif is_text(&key, b"unit_price_fen", 14):
            good = once(&seen, 3) and take_number(at, BELOW_FEN_MAX, &unit_fen)
        elif is_text(&key, b"amount_fen", 10):
            good = once(&seen, 4) and (take(at, b"null", 4) or take_number(at, BELOW_FEN_MAX, &amount_fen))
        elif is_text(&key, b"category", 8):
            good = once(&seen, 5) and take_words(at, 0, &word)
            line.cat = number_of(&program.names[CAT], &word) if good else 0
        elif is_text(&key, b"brand", 5):
            good = once(&seen, 6) and take_words(at, 0, &word)
            line.brand = number_of(&program.names[BRAND], &word) if good else 0
        elif is_text(&key, b"flags", 5):
            good = once(&seen, 7) and take_flags(at, line)
        else:
            return False
        if not (good and ended(at, c"}", &more)):
            return False
    return finish_line(line, goods, qty_milli, unit_fen, amount_fen)


cdef bint finish_line(
    Line *line, Goods *goods, int64_t qty_milli, int64_t unit_fen, int64_t amount_fen
) noexcept nogil:
    """Work out the amount where no scale did, half a fen up; a line needs a name, a quantity and a price."""
    if qty_milli < 1 or unit_fen < 0:
        return False
    if goods.name.length == 0:
        goods.name = goods.sku
    if amount_fen < 0:
        amount_fen = (unit_fen * qty_milli + 500) // 1000
    line.unit = <uint32_t>unit_fen
    line.fen = <uint32_t>amount_fen
    line.qty = <uint32_t>(qty_milli // 1000)
    line.milli = <uint16_t>(qty_milli % 1000)
    return amount_fen <= BELOW_FEN_MAX and goods.name.length > 0


cdef bint take_basket(
    Cursor *at, const Program *program, Basket *basket, Room *room, Goods *goods
) noexcept nogil:
    cdef int64_t total = 0
    cdef bint more
    basket.n = 0
    basket.lines = room.lines
    if not opened(at, c"[", c"]", &more):
        return False
    while more:
        if basket.n == LINES:
            return False
        if not (
            usual_goods(at, program, &room.lines[basket.n], &goods[basket.n])
            or take_goods(at, program, &room.lines[basket.n], &goods[basket.n])
        ):
            return False
        total += room.lines[basket.n].fen
        basket.n += 1
        if not ended(at, c"]", &more):
            return False
    return basket.n > 0 and total <= FEN_MAX


cdef bint take_codes(Cursor *at, Asked *asked) noexcept nogil:
    cdef bint more
    if not opened(at, c"[", c"]", &more):
        return False
    while more:
        if asked.n_coupons == COUPONS or not take_words(at, 1, &asked.coupons[asked.n_coupons]):
            return False
        asked.n_coupons += 1
        if not ended(at, c"]", &more):
            return False
    return True


cdef bint take_tender(Cursor *at, Text *kind) noexcept nogil:
    """Take a kind of tender or null; the kinds are those of edge.counter.terms."""
    if take(at, b"null", 4):
        return True
    if not take_text(at, kind):
        return False
    return (
        is_text(kind, b"cash", 4)
        or is_text(kind, b"card", 4)
        or is_text(kind, b"wechat", 6)
        or is_text(kind, b"alipay", 6)
        or is_text(kind, b"stored_value", 12)
        or is_text(kind, b"points", 6)
    )


cdef bint take_quote(
    Cursor *at, const Program *program, Asked *asked, Basket *basket, Room *room, Goods *goods
) noexcept nogil:
    """Take the params of a quote, keys in any order."""
    cdef Text key
    cdef Text word
    cdef uint32_t seen = 0
    cdef bint more
    cdef bint good
    memset(asked, 0, sizeof(Asked))
    asked.channel = Text(<const uint8_t *>b"till", 4)
    if not opened(at, c"{", c"}", &more):
        return False
    while more:
        if not next_key(at, &key):
            return False
        if is_text(&key, b"lines", 5):
            good = once(&seen, 0) and take_basket(at, program, basket, room, goods)
        elif is_text(&key, b"cashier", 7):
            good = once(&seen, 1) and take_words(at, 1, &word)
        elif is_text(&key, b"member", 6):
            good = once(&seen, 2) and take_words_or_null(at, &asked.member)
        elif is_text(&key, b"tender_hint", 11):
            good = once(&seen, 3) and take_tender(at, &asked.pay)
        elif is_text(&key, b"coupons", 7):
            good = once(&seen, 4) and take_codes(at, asked)
        elif is_text(&key, b"redeem_points", 13):
            good = once(&seen, 5) and take_number(at, BELOW_FEN_MAX, &asked.redeem_points)
        elif is_text(&key, b"channel", 7):
            good = once(&seen, 6) and take_words(at, 1, &asked.channel)
        elif is_text(&key, b"salesperson", 11):
            good = once(&seen, 7) and take_words(at, 0, &word)
        else:
            return False
        if not (good and ended(at, c"}", &more)):
            return False
    blank(at)
    return at.p == at.end and seen & 0b11 == 0b11
