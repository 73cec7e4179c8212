/* position.h - keys that order a list, made so that a new one always fits between two.
 *
 * A key is a fraction in base 62 written without its "0.": digits 0-9A-Za-z, none of them a
 * trailing 0, so that the order of the bytes (text COLLATE "C") is the order of the numbers:
 *
 *     "" (the start) < "8z" < "V" < "V0002" < "VG" < NULL (the end)
 *
 * Keys are cut from a grid of 6, 10, 14 ... digits, the coarsest that has room. A key is put a
 * small random step beside the newer one of its neighbours, and not halfway: who adds again and
 * again at one place (behind the last, before the first, behind the same song) leaves the rest
 * of the gap whole, and keys grow by 4 digits with some 50,000 additions instead of one digit
 * with every six. The pattern against this (always between the last two) still costs digits:
 * any such scheme has one (Dietz and Sleator 1987); who meets a key longer than
 * SG_POSITION_LONG spreads the keys around it anew (edit.h).
 * The idea of leaving room by where the next is expected: Nedelec et al., "LSEQ", DocEng 2013.
 */
#pragma once
#include "core/arena.h"

#define SG_POSITION_MAX  256 /* bytes of a key made here; longer neighbours are refused */
#define SG_POSITION_LONG 64  /* worn out: time to spread */

enum sg_position_lean {
    SG_LEAN_MIDDLE,
    SG_LEAN_LOW, /* beside the lower neighbour, which is the newer one */
    SG_LEAN_HIGH,
};

/* Digits only, at most SG_POSITION_MAX, not empty, no trailing 0. */
bool sg_position_valid(struct sg_str key);

/* n keys in rising order between low (empty: the start) and high (p NULL: the end), copied to
 * the arena, into out. seed: any number, another one each time. False: low is not below high,
 * one of them is not valid, no memory, or no key of SG_POSITION_MAX fits between. */
bool sg_positions_between(struct sg_str low, struct sg_str high, enum sg_position_lean lean,
                          uint64_t seed, size_t n, struct sg_arena *a, struct sg_str *out);
/* As above, evenly spread and as short as that allows. */
bool sg_positions_spread(struct sg_str low, struct sg_str high, size_t n, struct sg_arena *a,
                         struct sg_str *out);
