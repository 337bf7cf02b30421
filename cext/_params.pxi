# The params of sale.quote, read into a Basket: what tills send, keys in any order, no escapes. A False sends the
# params the careful way, which takes them or says what is wrong.

cdef enum:
    TEXT_MAX = 64  # characters

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
