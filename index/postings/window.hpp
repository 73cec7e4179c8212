/* window.hpp - a window of 65,536 docids as a bit set (lists.h), for matches of terms
 * that are common: taking two of them together costs a few hundred nanoseconds, a step
 * from posting to posting some five each. Private to index/postings.
 */
#pragma once
#include "index/postings/guard.hpp"
#include <algorithm>
#include <vector>

namespace sg
{

const uint64_t window_cost = SG_WINDOW_WORDS / 16; /* of going through one, in seeks */

class Window
{
  public:
    uint64_t bits[SG_WINDOW_WORDS];

    void clear()
    {
        std::fill_n(bits, SG_WINDOW_WORDS, UINT64_C(0));
    }
    void add(uint32_t docid)
    {
        bits[docid % SG_WINDOW_BITS / 64] |= UINT64_C(1) << docid % 64;
    }
    void add_range(uint32_t from, uint32_t to) /* both included, of the same window */
    {
        for (; from <= to && from % 64; from++)
            add(from);
        for (; from + 63 <= to; from += 64)
            bits[from % SG_WINDOW_BITS / 64] = ~UINT64_C(0);
        for (; from <= to; from++)
            add(from);
    }
    /* Whether anything is left. */
    bool keep(const Window &other)
    {
        uint64_t any = 0;
        for (size_t i = 0; i < SG_WINDOW_WORDS; i++)
            any |= bits[i] &= other.bits[i];
        return any;
    }
    bool drop(const Window &other)
    {
        uint64_t any = 0;
        for (size_t i = 0; i < SG_WINDOW_WORDS; i++)
            any |= bits[i] &= ~other.bits[i];
        return any;
    }
    /* The first bit at or after `from`; SG_WINDOW_BITS: none. */
    uint32_t next(uint32_t from) const
    {
        uint32_t w = from / 64;
        uint64_t word = bits[w] & ~UINT64_C(0) << from % 64;
        while (!word) {
            if (++w == SG_WINDOW_WORDS)
                return SG_WINDOW_BITS;
            word = bits[w];
        }
        return w * 64 + (uint32_t)__builtin_ctzll(word);
    }
};

} // namespace sg
