/* foreign.c - see foreign.h.
 *
 * Readers of these formats don't start at a file's beginning: ZIP looks for its directory at the
 * end, PDF for its mark in the first KiB, RAR, 7-Zip for theirs behind a program; a disc image has
 * its at 32 KiB. So the places where each looks are looked at.
 */
#include "audio/check/foreign.h"
#include "audio/refuse.h"
#include <string.h>

#define SLACK      16            /* bytes of rubbish that many editors leave */
#define SHARE      100           /* a hundredth may be strange in between: damage, not a guest */
#define PDF_WITHIN 1024          /* PDF Reference 1.7, implementation note 13 */
#define SFX_WITHIN (4u << 20)    /* where unrar looks for an archive behind a program */
#define ZIP_WITHIN (65535u + 22) /* APPNOTE.TXT 4.3.16 */

/* Where text lies among the first `within` bytes from `at`. */
static bool contains(struct sg_peek *p, uint64_t at, uint64_t within, const char *text, size_t n)
{
    uint64_t end = within < p->size - at ? at + within : p->size;
    while (at + n <= end) {
        size_t have = end - at < SG_PEEK_MAX ? (size_t)(end - at) : SG_PEEK_MAX;
        const uint8_t *b = sg_peek(p, at, have);
        if (!b)
            return false;
        if (memmem(b, have, text, n))
            return true;
        at += have - n + 1;
    }
    return false;
}

/* An end of central directory whose comment reaches just to the file's end. */
static bool is_zip(struct sg_peek *p)
{
    size_t n = p->size < ZIP_WITHIN ? (size_t)p->size : ZIP_WITHIN;
    const uint8_t *b = sg_peek(p, p->size - n, n);
    for (size_t i = 22; b && i <= n; i++) {
        const uint8_t *d = b + n - i;
        if (!memcmp(d, "PK\5\6", 4) && (size_t)(d[20] | d[21] << 8) <= i - 22)
            return true;
    }
    return false;
}

static const char *guest_of(struct sg_peek *p)
{
    if (is_zip(p))
        return "a ZIP archive";
    if (contains(p, 0, PDF_WITHIN, "%PDF-", 5))
        return "a PDF document";
    if (contains(p, 0, SFX_WITHIN, "Rar!\x1a\x07", 6))
        return "a RAR archive";
    if (contains(p, 0, SFX_WITHIN, "7z\xbc\xaf\x27\x1c", 6))
        return "a 7-Zip archive";
    if (p->size > 32774 && contains(p, 32769, 5, "CD001", 5))
        return "a disc image";
    if (contains(p, 0, p->size, "__HALT_COMPILER();", 18))
        return "a PHP archive";
    return NULL;
}

/* Bytes from `from` to `to` that are not zero. */
static uint64_t not_zero(struct sg_peek *p, uint64_t from, uint64_t to)
{
    uint64_t n = 0;
    while (from < to && n <= SLACK) {
        size_t have = to - from < SG_PEEK_MAX ? (size_t)(to - from) : SG_PEEK_MAX;
        const uint8_t *b = sg_peek(p, from, have);
        for (size_t i = 0; b && i < have; i++)
            n += b[i] != 0;
        from += have;
    }
    return n;
}

int sg_foreign_check(struct sg_peek *p, const struct sg_extent *x, struct sg_error *e)
{
    const char *guest = guest_of(p);
    if (guest)
        return sg_refuse(e, SG_AUDIO_POLYGLOT, "it is %s too", guest);
    if (x->lead > SLACK)
        return sg_refuse(e, SG_AUDIO_POLYGLOT, "something else lies before the sound");
    if (not_zero(p, x->end, x->tags) > SLACK)
        return sg_refuse(e, SG_AUDIO_POLYGLOT, "something else lies behind the sound");
    if (x->strange > SLACK + (x->tags - x->begin) / SHARE)
        return sg_refuse(e, SG_AUDIO_DAMAGED, "a part of it is no sound");
    if (x->cut)
        return sg_refuse(e, SG_AUDIO_TRUNCATED, "its end is missing");
    return 0;
}
