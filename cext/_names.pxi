# Texts, and hash tables that number them: a text of up to 15 bytes is two words, which are its own key.

cdef struct Text:
    const uint8_t *start
    Py_ssize_t length

cdef struct Slot:
    uint64_t low
    uint64_t high  # the length in its highest byte; LONG_TEXT and the length for a text that is compared in full
    uint32_t number  # 0: empty

cdef struct Names:
    Slot *slots
    Text *texts  # by number
    uint64_t mask

cdef extern from *:
    """
    #define LONG_TEXT (0xFFULL << 56)
    """
    const uint64_t LONG_TEXT


cdef inline void key_of(const Text *text, uint64_t *low, uint64_t *high) noexcept nogil:
    """Make the two words that stand for a text."""
    cdef uint8_t padded[16]
    cdef Py_ssize_t i
    if text.length < 16:
        memset(padded, 0, 16)
        memcpy(padded, text.start, text.length)
        low[0] = word_at(padded)
        high[0] = word_at(padded + 8) | <uint64_t>text.length << 56
        return
    low[0] = <uint64_t>0xCBF29CE484222325
    for i in range(text.length):
        low[0] = (low[0] ^ text.start[i]) * <uint64_t>0x100000001B3
    high[0] = LONG_TEXT | <uint64_t>text.length


cdef inline uint64_t slot_of(uint64_t low, uint64_t high) noexcept nogil:
    """Turned by half a byte, the digits of one word meet what all digits share in the other."""
    return ((low ^ (high << 4 | high >> 60)) * <uint64_t>0x9E3779B97F4A7C15) >> 32


cdef inline bint is_there(const Names *names, uint64_t low, uint64_t high, uint32_t *number) noexcept nogil:
    """Number of a short text, 0 when no rule names it; False when another is where it should be."""
    cdef const Slot *slot = &names.slots[slot_of(low, high) & names.mask]
    cdef uint64_t other = (slot.low ^ low) | (slot.high ^ high)
    cdef uint32_t found = slot.number & (<uint32_t>(other != 0) - 1)  # not a branch: nobody can predict it
    number[0] = found
    return found == slot.number


cdef void find_further(const Names *names, const uint8_t *p, uint64_t length, uint32_t *number) noexcept nogil:
    """Find the number of a short text that is not where it should be; 16 bytes may be read."""
    cdef uint64_t low = word_at(p)
    cdef uint64_t high = 0
    if length > 8:
        high = word_at(p + 8) & (bit(8 * (<int>length - 8)) - 1)
    elif length < 8:
        low &= bit(8 * <int>length) - 1
    high |= length << 56
    number[0] = next_number(names, slot_of(low, high) & names.mask, low, high, NULL)


cdef uint32_t next_number(
    const Names *names, uint64_t i, uint64_t low, uint64_t high, const Text *text
) noexcept nogil:
    """Look on from slot ``i``; ``text`` for one that is longer than its key."""
    cdef const Slot *slot = &names.slots[i]
    while slot.number:
        if slot.low == low and slot.high == high:
            if text == NULL or memcmp(names.texts[slot.number].start, text.start, text.length) == 0:
                return slot.number
        i = (i + 1) & names.mask
        slot = &names.slots[i]
    return 0


cdef uint32_t number_of(const Names *names, const Text *text) noexcept nogil:
    """Number of a text of any length, 0 when no rule names it."""
    cdef uint64_t low
    cdef uint64_t high
    key_of(text, &low, &high)
    return next_number(names, slot_of(low, high) & names.mask, low, high, text if text.length > 15 else NULL)


cdef int open_names(Names *names, uint32_t count) except -1:
    """Make room for names 1 to ``count``.

    At most one slot in eight is taken: a text that no rule names then meets an empty one, as the processor expects.
    """
    cdef uint64_t size = 64
    while size < 8 * <uint64_t>count or size < min(16 * <uint64_t>count, 1024):
        size *= 2
    names.mask = size - 1
    names.slots = <Slot *>PyMem_Calloc(size, sizeof(Slot))
    names.texts = <Text *>PyMem_Calloc(count + 1, sizeof(Text))
    if names.slots == NULL or names.texts == NULL:
        raise MemoryError
    return 0


cdef void add_name(Names *names, Text text, uint32_t number) noexcept:
    cdef uint64_t low
    cdef uint64_t high
    cdef uint64_t i
    key_of(&text, &low, &high)
    i = slot_of(low, high) & names.mask
    while names.slots[i].number:
        i = (i + 1) & names.mask
    names.slots[i] = Slot(low, high, number)
    names.texts[number] = text


cdef void close_names(Names *names) noexcept:
    PyMem_Free(names.slots)
    PyMem_Free(names.texts)
