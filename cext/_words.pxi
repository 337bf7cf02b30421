# Words of 64 bits: rows of rules, sets of lines, and eight bytes of text at once.

cdef extern from *:
    """
    #define ONES 0x0101010101010101ULL
    #define HIGHS 0x8080808080808080ULL
    #define LOWEST(x) ((unsigned int)__builtin_ctzll(x))
    #define COUNTED(x) __builtin_popcountll(x)
    #define LIKELY(x) __builtin_expect(!!(x), 1)
    #define UNLIKELY(x) __builtin_expect(!!(x), 0)
    """
    const uint64_t ONES
    const uint64_t HIGHS
    unsigned int LOWEST(uint64_t) noexcept nogil
    int COUNTED(uint64_t) noexcept nogil
    bint LIKELY(bint) noexcept nogil
    bint UNLIKELY(bint) noexcept nogil


cdef inline uint64_t bit(int place) noexcept nogil:
    return <uint64_t>1 << place


cdef inline bint has(const uint64_t *row, int j) noexcept nogil:
    return row[j >> 6] >> (j & 63) & 1


cdef inline void put_in(uint64_t *row, int j) noexcept nogil:
    row[j >> 6] |= bit(j & 63)


cdef inline uint64_t load(const uint8_t *p) noexcept nogil:
    cdef uint64_t word
    memcpy(&word, p, 8)
    return word


cdef inline int64_t least(int64_t one, int64_t other) noexcept nogil:
    return one if one < other else other
