# A loaded program: pointers into the blob of cext.program, whose sections are laid out as the structs here.

cdef enum:
    RULES = 1024
    WORDS = RULES // 64 + 2  # of a row: each phase begins a word of its own
    GROUPS = 64

cdef enum:
    DISCOUNT
    POINTS
    GIFTS
    PHASES

cdef enum:  # the tables, in the order of the blob; the first ten have names
    TIER
    STORE
    PAY
    CHANNEL
    TAG
    COUPON
    CAT
    BRAND
    SKU
    LIMITED  # ids of rules that have limits: names without a table
    NAMED
    FIRST = LIMITED
    BIRTHDAY
    WEEKDAY
    MONTHDAY
    TABLES

cdef enum:  # program.MARKS
    ANY_LINE
    HAS_UNIT
    HAS_TOTAL
    HAS_LIMIT
    REDEEMS
    MARKS

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
    NTH_ITEM_BP
    ROUND_TO
    REDEEM
    GIFT

assert RULES == limits.RULES_MAX
assert GROUPS == limits.GROUPS_MAX

cdef struct Rule:  # program.RECORD
    uint32_t min_fen
    uint32_t min_qty
    uint32_t min_total
    uint32_t max_total
    uint32_t min_unit
    uint32_t cap
    uint32_t number
    uint32_t second
    int64_t divisor
    int64_t half
    uint16_t place  # in the bundle
    uint16_t limit  # its number, 0 for none
    uint8_t group
    uint8_t operation

cdef struct Limit:  # program.LIMIT
    uint32_t per_member
    uint32_t per_day
    uint32_t member_value
    uint32_t day_value
    uint32_t total_value
    uint32_t unused

cdef struct Group:  # program.GROUP
    int64_t mode
    int64_t running
    uint64_t silencers

cdef struct Program:
    int64_t tz_offset_s
    int64_t day_start_s
    int64_t fen_per_redeemed_point
    int64_t receipt_cap
    int n_groups
    int n_rules
    int n_limits
    int n_edges
    int width  # words of a row
    int ends[PHASES]  # of each phase's words; the next phase begins there
    bint any_redeem
    const Group *groups
    const Rule *rules  # by bit
    const Limit *limits  # the first has number 1
    const int64_t *edges
    const uint64_t *marks[MARKS]
    const uint64_t *tables[TABLES]
    const uint64_t *minutes
    const uint64_t *windows
    const uint16_t *minute_rows
    const uint16_t *bits  # of each rule, by place
    Names names[NAMED]
    Text *steps  # by place: what the rule's step in a trace begins with
    Text *group_ids  # as JSON, by rank
    Py_ssize_t longest_text  # of these

cdef enum:  # a step is {"rule":ID,"state":" and ID is the rule's id as JSON
    BEFORE_ID = 8
    AROUND_ID = 18


cdef inline const uint64_t *row_of(const Program *program, int table, int64_t number) noexcept nogil:
    return program.tables[table] + number * program.width


cdef inline int first_word(const Program *program, int phase) noexcept nogil:
    return program.ends[phase - 1] if phase else 0


cdef inline int phase_of(const Program *program, int j) noexcept nogil:
    cdef int word = j >> 6
    return DISCOUNT if word < program.ends[DISCOUNT] else POINTS if word < program.ends[POINTS] else GIFTS


cdef int open_program(Program *program, bytes blob) except -1:
    """Point into the blob and index its texts; raises DamagedProgram where a size does not fit."""
    cdef const uint8_t *base = <const uint8_t *>PyBytes_AS_STRING(blob)
    cdef const int64_t *header = <const int64_t *>base
    cdef const int64_t *named = header + 9 + PHASES
    cdef const int64_t *starts = named + NAMED
    cdef int64_t end = PyBytes_GET_SIZE(blob) - <int64_t>DIGEST_BYTES
    cdef int i
    for i in range(9):
        if starts[i] % 8 or starts[i] > end or starts[i] < (starts[i - 1] if i else 8 * <int64_t>HEADER):
            raise DamagedProgram("sections")
    program.tz_offset_s = header[1]
    program.day_start_s = header[2]
    program.fen_per_redeemed_point = header[3]
    program.receipt_cap = header[4]
    program.n_groups = <int>header[5]
    program.n_rules = <int>header[6]
    program.n_edges = <int>header[7]
    program.n_limits = <int>named[LIMITED]
    program.width = 0
    for i in range(PHASES):
        program.width += <int>header[9 + i]
        program.ends[i] = program.width
    program.groups = <const Group *>(base + starts[0])
    program.rules = <const Rule *>(base + starts[1])
    program.limits = <const Limit *>(base + starts[2])
    program.edges = <const int64_t *>(base + starts[3])
    program.minute_rows = <const uint16_t *>(base + starts[5])
    program.bits = <const uint16_t *>(base + starts[6])
    check_sizes(program, starts)
    open_rows(program, <const uint64_t *>(base + starts[4]), <const uint64_t *>(base + starts[5]), header)
    open_texts(program, base + starts[7], base + starts[8], named)
    return 0


cdef int check_sizes(const Program *program, const int64_t *starts) except -1:
    cdef int64_t sizes[8]
    cdef int i
    sizes[0] = program.n_groups * <int64_t>sizeof(Group)
    sizes[1] = 64 * program.width * <int64_t>sizeof(Rule)
    sizes[2] = program.n_limits * <int64_t>sizeof(Limit)
    sizes[3] = program.n_edges * 8
    sizes[5] = 2 * <int64_t>MINUTES
    sizes[6] = (2 * program.n_rules + 7) // 8 * 8
    if program.n_groups > GROUPS or program.n_rules > RULES or program.width > WORDS:
        raise DamagedProgram("sizes")
    for i in (0, 1, 2, 3, 5, 6):
        if starts[i + 1] - starts[i] != sizes[i]:
            raise DamagedProgram("sizes")
    return 0


cdef int open_rows(Program *program, const uint64_t *row, const uint64_t *end, const int64_t *header) except -1:
    """Find each table; ``any_redeem`` and the width are what the rows say."""
    cdef const int64_t *named = header + 9 + PHASES
    cdef int64_t rows[TABLES]
    cdef int i
    for i in range(SKU + 1):
        rows[i] = named[i] + 1
    rows[FIRST] = 2
    rows[BIRTHDAY] = BIRTHDAY_STATES
    rows[WEEKDAY] = 8
    rows[MONTHDAY] = 32
    for i in range(MARKS):
        program.marks[i] = row
        row += program.width
    for i in range(TABLES):
        program.tables[i] = row
        row += rows[i] * program.width
    program.minutes = row
    program.windows = row + header[8] * program.width
    if program.windows + (program.n_edges + 1) * program.width != end:
        raise DamagedProgram("rows")
    program.any_redeem = False
    for i in range(program.width):
        program.any_redeem |= program.marks[REDEEMS][i] != 0
    return 0


cdef int open_texts(Program *program, const uint8_t *p, const uint8_t *end, const int64_t *named) except -1:
    """Build a hash table for each dimension that has names, and the lists of steps and groups."""
    cdef const int64_t *place = <const int64_t *>p
    cdef int64_t nth
    cdef int i
    program.steps = <Text *>PyMem_Calloc(program.n_rules + program.n_groups + 1, sizeof(Text))
    if program.steps == NULL:
        raise MemoryError
    program.group_ids = program.steps + program.n_rules
    program.longest_text = 0
    for i in range(NAMED):
        open_names(&program.names[i], <uint32_t>named[i])
        for nth in range(named[i]):
            add_name(&program.names[i], text_at(p, place, end), <uint32_t>nth + 1)
            place += 2
    for nth in range(program.n_rules + program.n_groups):
        program.steps[nth] = text_at(p, place, end)
        program.longest_text = max(program.longest_text, program.steps[nth].length)
        place += 2
    return 0


cdef Text text_at(const uint8_t *p, const int64_t *place, const uint8_t *end) except *:
    if <const uint8_t *>(place + 2) > end or min(place[0], place[1]) < 0 or place[0] + place[1] > end - p:
        raise DamagedProgram("texts")
    return Text(p + place[0], place[1])


cdef void close_program(Program *program) noexcept:
    cdef int i
    PyMem_Free(program.steps)
    for i in range(NAMED):
        close_names(&program.names[i])
