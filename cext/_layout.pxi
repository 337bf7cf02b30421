# The structs: a loaded program, a request, the work on one receipt; and how a blob becomes a program.

cdef extern from *:
    """
    #define LOWEST(x) __builtin_ctzll(x)
    """
    int LOWEST(uint64_t) noexcept nogil

cdef enum:
    LINES = 256
    LINE_WORDS = LINES // 64
    RULES = 1024
    RULE_WORDS = RULES // 64
    TAG_WORDS = 5  # 256 tags are numbered from 1
    GROUPS = 64

cdef enum:  # the tables of a phase, in the order of the blob; the first eight have names
    TIER
    STORE
    PAY
    CHANNEL
    TAG
    CAT
    BRAND
    SKU
    FIRST
    BIRTHDAY
    WEEKDAY
    MONTHDAY
    TABLES
    NAMED = SKU + 1

cdef enum:
    DISCOUNT
    POINTS

cdef enum:  # program.MODES
    ALL
    BEST
    FOREMOST

cdef enum:  # program.OPERATIONS
    EVERY_OFF
    OFF_BP
    MULT_BP
    PER_QTY
    FIXED
    FIXED_PRICE

cdef enum:
    NO_MEMBER = 15  # its place in reply.WHYS; the conditions of `when` come before it

cdef enum:  # how far a rule came
    NO_LINE
    IN_NEED
    SUPPRESSED
    WORTHLESS
    WORTH
    FIRED

cdef int64_t FEN_MAX = PY_FEN_MAX
cdef int64_t MILLI_MAX = PY_MILLI_MAX
cdef int64_t QTY_MAX = PY_QTY_MAX
cdef int64_t TS_MAX = PY_TS_MAX

assert LINES == LINES_MAX
assert RULES == RULES_MAX
assert TAGS_MAX < TAG_WORDS * 64
assert reply.WHYS[NO_MEMBER] == "no_member"

cdef struct Text:
    const uint8_t *start
    Py_ssize_t length

cdef struct Slot:  # of a hash table: up to 15 bytes are their own key, longer ones are compared in full
    uint64_t low
    uint64_t high
    Text text
    uint32_t number  # 0: empty

cdef struct Names:
    Slot *slots
    uint64_t mask

cdef struct Rule:  # program._record
    int64_t min_fen
    int64_t min_qty
    int64_t min_total
    int64_t max_total
    int64_t operation
    int64_t number
    int64_t second
    int64_t divisor
    int64_t half
    int64_t cap
    int64_t min_unit
    int64_t group
    int64_t place

cdef struct Group:  # program._groups
    int64_t mode
    int64_t running
    uint64_t silencers

cdef struct Phase:
    int64_t n
    int64_t width
    int64_t n_edges
    int64_t n_minutes
    const Rule *rules
    const int64_t *edges
    const uint64_t *any_line
    const uint64_t *has_unit
    const uint64_t *tables[TABLES]
    const uint64_t *minutes
    const uint64_t *windows
    const uint16_t *minute_rows

cdef struct Program:
    int64_t tz_offset_s
    int64_t fen_per_redeemed_point
    int64_t receipt_cap
    int64_t n_groups
    int64_t n_rules
    const Group *groups
    Phase phases[2]
    Names named[NAMED]
    Text *ids  # as JSON

cdef struct Line:
    int64_t fen
    int64_t unit
    int64_t qty
    int64_t milli
    uint32_t sku
    uint32_t cat
    uint32_t brand
    bint nd
    bint np

cdef struct Occasion:
    int64_t ts
    int64_t points_used
    int64_t bday  # -1: unknown
    int64_t birthday_state  # -1: from bday
    uint64_t tags[TAG_WORDS]
    uint32_t tier
    uint32_t store
    uint32_t pay
    uint32_t channel
    bint member
    bint first
    int weekday
    int monthday
    int minute

cdef struct Sum:  # of the lines that a rule works on
    int64_t fen
    int64_t qty
    uint64_t members[LINE_WORDS]

cdef struct Work:
    Occasion occasion
    int n
    int n_fired
    uint64_t fired_groups
    int64_t gross
    int64_t payable
    int64_t points
    uint64_t alive[RULE_WORDS]
    Sum eligible
    Sum sums[RULES]
    Line lines[LINES]
    int64_t opening[LINES]  # what the phase began with
    int64_t running[LINES]  # what earlier groups left
    int64_t net[LINES]
    int64_t weights[LINES]
    int64_t line_points[LINES]
    int32_t fired_rules[RULES]
    int64_t fired_values[RULES]

cdef struct Mark:
    int what
    int other
    int64_t value
    int64_t short_fen
    int64_t short_qty
    uint64_t members[LINE_WORDS]

cdef struct Trace:
    Mark marks[RULES]  # by place in the bundle
    int32_t winners[GROUPS]  # place of the rule that the group chose
    int64_t totals[2]
    int64_t *shares  # of each rule by place, for each line


cdef inline uint64_t bit(int place) noexcept nogil:
    return <uint64_t>1 << place


cdef inline uint64_t load(const uint8_t *p) noexcept nogil:
    cdef uint64_t word
    memcpy(&word, p, 8)
    return word


cdef inline void key_of(
    const uint8_t *p, Py_ssize_t length, const uint8_t *end, uint64_t *low, uint64_t *high
) noexcept nogil:
    """Make the two words that stand for a text in a hash table; bytes before ``end`` may be read."""
    cdef uint8_t padded[16]
    cdef Py_ssize_t i
    if length > 15:
        low[0] = <uint64_t>0xCBF29CE484222325
        for i in range(length):
            low[0] = (low[0] ^ p[i]) * <uint64_t>0x100000001B3
        high[0] = (<uint64_t>0xFF << 56) | <uint64_t>length
        return
    if end - p >= 16:
        low[0] = load(p)
        high[0] = load(p + 8)
    else:
        memset(padded, 0, 16)
        memcpy(padded, p, length)
        low[0] = load(padded)
        high[0] = load(padded + 8)
    if length < 8:
        low[0] &= bit(8 * <int>length) - 1
        high[0] = 0
    else:
        high[0] &= bit(8 * (<int>length - 8)) - 1
    high[0] |= <uint64_t>length << 56


cdef inline uint64_t slot_of(uint64_t low, uint64_t high) noexcept nogil:
    return ((low ^ (high * <uint64_t>0x9E3779B97F4A7C15)) * <uint64_t>0xD6E8FEB86659FD93) >> 32


cdef inline uint32_t find(
    const Names *names, const uint8_t *p, Py_ssize_t length, const uint8_t *end
) noexcept nogil:
    """Number of a text, 0 when no rule names it."""
    cdef uint64_t low
    cdef uint64_t high
    cdef uint64_t i
    cdef const Slot *slot
    key_of(p, length, end, &low, &high)
    i = slot_of(low, high) & names.mask
    while names.slots[i].number:
        slot = &names.slots[i]
        if slot.low == low and slot.high == high:
            if length <= 15 or memcmp(slot.text.start, p, length) == 0:
                return slot.number
        i = (i + 1) & names.mask
    return 0


cdef int add_name(Names *names, Text text, uint32_t number) except -1:
    cdef uint64_t low
    cdef uint64_t high
    cdef uint64_t i
    key_of(text.start, text.length, text.start + text.length, &low, &high)
    i = slot_of(low, high) & names.mask
    while names.slots[i].number:
        i = (i + 1) & names.mask
    names.slots[i] = Slot(low, high, text, number)
    return 0


cdef int open_program(Program *program, bytes blob) except -1:
    """Point into the blob and index its texts; raises DamagedProgram where a size does not fit."""
    cdef const uint8_t *base = <const uint8_t *>PyBytes_AS_STRING(blob)
    cdef const int64_t *header = <const int64_t *>base
    cdef const int64_t *starts = header + 6 + NAMED
    cdef int64_t end = PyBytes_GET_SIZE(blob) - <int64_t>DIGEST_BYTES
    cdef int i
    for i in range(5):
        if starts[i] < 8 * <int64_t>HEADER or starts[i] > end or starts[i] % 8:
            raise DamagedProgram("sections")
        if i and starts[i] < starts[i - 1]:
            raise DamagedProgram("sections")
    program.tz_offset_s = header[1]
    program.fen_per_redeemed_point = header[2]
    program.receipt_cap = header[3]
    program.n_groups = header[4]
    program.n_rules = header[5]
    program.groups = <const Group *>(base + starts[0])
    if program.n_groups > GROUPS or starts[1] - starts[0] != program.n_groups * <int64_t>sizeof(Group):
        raise DamagedProgram("groups")
    for i in range(2):
        open_phase(&program.phases[i], base + starts[1 + i], base + starts[2 + i], header + 6)
    if program.phases[0].n + program.phases[1].n != program.n_rules:
        raise DamagedProgram("rules")
    open_texts(program, base + starts[3], base + starts[4], header + 6)
    return 0


cdef int open_phase(Phase *phase, const uint8_t *p, const uint8_t *end, const int64_t *named) except -1:
    cdef const int64_t *sizes = <const int64_t *>p
    cdef int64_t rows = 2
    cdef int64_t words
    cdef int i
    cdef int64_t counts[TABLES]
    if end - p < 32:
        raise DamagedProgram("phase")
    phase.n = sizes[0]
    phase.width = sizes[1]
    phase.n_edges = sizes[2]
    phase.n_minutes = sizes[3]
    for i in range(NAMED):
        counts[i] = named[i] + 1
    counts[FIRST] = 2
    counts[BIRTHDAY] = 4
    counts[WEEKDAY] = 8
    counts[MONTHDAY] = 32
    for i in range(TABLES):
        rows += counts[i]
    rows += phase.n_minutes + phase.n_edges + 1
    if phase.n > RULES or phase.width != max(1, (phase.n + 63) // 64):
        raise DamagedProgram("phase")
    words = 4 + phase.n_edges + rows * phase.width
    if end - p != 8 * words + phase.n * <int64_t>sizeof(Rule) + 2 * <int64_t>MINUTES:
        raise DamagedProgram("phase")
    phase.rules = <const Rule *>(p + 32)
    phase.edges = <const int64_t *>(phase.rules + phase.n)
    phase.any_line = <const uint64_t *>(phase.edges + phase.n_edges)
    phase.has_unit = phase.any_line + phase.width
    phase.tables[0] = phase.has_unit + phase.width
    for i in range(1, TABLES):
        phase.tables[i] = phase.tables[i - 1] + counts[i - 1] * phase.width
    phase.minutes = phase.tables[MONTHDAY] + counts[MONTHDAY] * phase.width
    phase.windows = phase.minutes + phase.n_minutes * phase.width
    phase.minute_rows = <const uint16_t *>(phase.windows + (phase.n_edges + 1) * phase.width)
    return 0


cdef int open_texts(Program *program, const uint8_t *p, const uint8_t *end, const int64_t *named) except -1:
    """Build a hash table for each dimension that has names, and the list of rule ids."""
    cdef const int64_t *place = <const int64_t *>p
    cdef int i
    cdef int64_t nth
    cdef uint64_t size
    cdef Text text
    program.ids = <Text *>PyMem_Calloc(program.n_rules + 1, sizeof(Text))
    if program.ids == NULL:
        raise MemoryError
    for i in range(NAMED + 1):
        if i < NAMED:
            size = 16
            while size < 4 * <uint64_t>named[i] + 4:
                size *= 2
            program.named[i].slots = <Slot *>PyMem_Calloc(size, sizeof(Slot))
            program.named[i].mask = size - 1
            if program.named[i].slots == NULL:
                raise MemoryError
        for nth in range(named[i] if i < NAMED else program.n_rules):
            if <const uint8_t *>(place + 2) > end or min(place[0], place[1]) < 0:
                raise DamagedProgram("texts")
            if place[0] + place[1] > end - p:
                raise DamagedProgram("texts")
            text = Text(p + place[0], place[1])
            place += 2
            if i < NAMED:
                add_name(&program.named[i], text, <uint32_t>(nth + 1))
            else:
                program.ids[nth] = text
    return 0


cdef void close_program(Program *program) noexcept:
    cdef int i
    PyMem_Free(program.ids)
    for i in range(NAMED):
        PyMem_Free(program.named[i].slots)
