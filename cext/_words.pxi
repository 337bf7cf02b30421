# Words of 64 bits: rows of rules, sets of lines, and eight bytes of text at once.

cdef extern from *:
    """
    #define ONES 0x0101010101010101ULL
    #define HIGHS 0x8080808080808080ULL
    #define LOWEST(x) ((unsigned int)__builtin_ctzll(x))
    #define COUNTED(x) __builtin_popcountll(x)
    #define LIKELY(x) __builtin_expect(!!(x), 1)
    #define UNLIKELY(x) __builtin_expect(!!(x), 0)

    /* A number that the compiler must not replace by one which it knows to be equal. */
    static CYTHON_INLINE uint64_t GUESSED(uint64_t guess) { __asm__("" : "+r"(guess)); return guess; }

    static CYTHON_INLINE uint64_t word_at(const void *p) { uint64_t word; memcpy(&word, p, 8); return word; }
    static CYTHON_INLINE uint32_t half_at(const void *p) { uint32_t half; memcpy(&half, p, 4); return half; }
    static CYTHON_INLINE uint16_t pair_at(const void *p) { uint16_t pair; memcpy(&pair, p, 2); return pair; }

    /* memcmp() with a literal, but never a call, which GCC makes of it wherever it thinks a path is cold. */
    static CYTHON_INLINE int same(const void *p, const char *text, size_t length) {
        const uint8_t *bytes = (const uint8_t *)p;
        uint64_t other;
        if (length < 2)
            return bytes[0] == (uint8_t)text[0];
        if (length < 4)
            return !((pair_at(bytes) ^ pair_at(text)) | (bytes[length - 1] ^ (uint8_t)text[length - 1]));
        if (length < 8)
            return !((half_at(bytes) ^ half_at(text)) | (half_at(bytes + length - 4) ^ half_at(text + length - 4)));
        other = word_at(bytes + length - 8) ^ word_at(text + length - 8);
        for (size_t i = 0; i + 8 < length; i += 8)
            other |= word_at(bytes + i) ^ word_at(text + i);
        return !other;
    }
    """
    const uint64_t ONES
    const uint64_t HIGHS
    unsigned int LOWEST(uint64_t) noexcept nogil
    int COUNTED(uint64_t) noexcept nogil
    bint LIKELY(bint) noexcept nogil
    bint UNLIKELY(bint) noexcept nogil
    uint64_t GUESSED(uint64_t) noexcept nogil
    uint64_t word_at(const void *p) noexcept nogil
    bint same(const void *p, const char *text, size_t length) noexcept nogil


cdef inline uint64_t bit(int place) noexcept nogil:
    return <uint64_t>1 << place


cdef inline bint has(const uint64_t *row, int j) noexcept nogil:
    return row[j >> 6] >> (j & 63) & 1


cdef inline void put_in(uint64_t *row, int j) noexcept nogil:
    row[j >> 6] |= bit(j & 63)


cdef inline int64_t least(int64_t one, int64_t other) noexcept nogil:
    return one if one < other else other
