/* pack.c - packing lyrics; see index/lyrics.h. */
#include "core/text.h"
#include "index/lyrics.h"
#include <stdlib.h>
#include <xxhash.h>

enum { slots = 8192 }; /* of words and of lines: a power of two, above twice their number */
_Static_assert(slots > 2 * SG_LYRICS_WORDS && slots > 2 * SG_LYRICS_LINES, "slots suffice");

/* What is packed: tables of what was seen, by hash; index + 1, 0: free. */
struct packer {
    uint16_t word_slots[slots], line_slots[slots];
    uint32_t word_at[SG_LYRICS_WORDS]; /* its place in word_bytes */
    struct sg_str lines[SG_LYRICS_LINES];
    size_t n_words, n_lines, n_times, n_tokens;
    struct sg_buf word_bytes, tokens, times, texts;
};

static void put_varint(struct sg_buf *b, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        sg_buf_putc(b, (char)(v | 0x80));
    sg_buf_putc(b, (char)v);
}

/* Index of the word, given when new; SIZE_MAX: no room. word_bytes: u8 bytes, the word, each. */
static size_t word_of(struct packer *p, struct sg_str word)
{
    size_t i = XXH3_64bits(word.p, word.n) & (slots - 1);
    for (; p->word_slots[i]; i = (i + 1) & (slots - 1)) {
        size_t at = p->word_at[p->word_slots[i] - 1];
        struct sg_str there = {p->word_bytes.p + at + 1, (unsigned char)p->word_bytes.p[at]};
        if (sg_str_eq(there, word))
            return p->word_slots[i] - 1u;
    }
    if (p->n_words == SG_LYRICS_WORDS)
        return SIZE_MAX;
    p->word_at[p->n_words] = (uint32_t)p->word_bytes.n;
    sg_buf_putc(&p->word_bytes, (char)word.n);
    sg_buf_str_put(&p->word_bytes, word);
    if (sg_buf_failed(&p->word_bytes))
        return SIZE_MAX;
    p->word_slots[i] = (uint16_t)++p->n_words;
    return p->n_words - 1;
}

static void put_tokens(struct packer *p, struct sg_str text)
{
    char bytes[SG_FORMS_MAX];
    uint16_t found[2 * SG_WORDS_MAX];
    struct sg_str forms = {bytes, sg_text_forms(bytes, text)}, word;
    size_t n = 0;
    while (n < 2 * SG_WORDS_MAX && p->n_tokens + n < SG_LYRICS_TOKENS &&
           sg_forms_next(&forms, &word)) {
        size_t at = word.n && word.n <= SG_WORD_MAX ? word_of(p, word) : SIZE_MAX;
        if (at != SIZE_MAX)
            found[n++] = (uint16_t)at;
    }
    put_varint(&p->tokens, n);
    for (size_t i = 0; i < n; i++)
        put_varint(&p->tokens, found[i]);
    p->n_tokens += n;
}

static size_t line_of(struct packer *p, struct sg_str text)
{
    size_t i = XXH3_64bits(text.p, text.n) & (slots - 1);
    for (; p->line_slots[i]; i = (i + 1) & (slots - 1))
        if (sg_str_eq(p->lines[p->line_slots[i] - 1], text))
            return p->line_slots[i] - 1u;
    p->lines[p->n_lines] = text;
    p->line_slots[i] = (uint16_t)++p->n_lines;
    put_tokens(p, text);
    put_varint(&p->texts, text.n);
    sg_buf_str_put(&p->texts, text);
    return p->n_lines - 1;
}

static void put_line(struct packer *p, const struct sg_lyrics_line *l)
{
    if (!l->text.n || p->n_times == SG_LYRICS_LINES)
        return;
    p->n_times++;
    put_varint(&p->times, l->start_ms == SG_LYRICS_UNTIMED ? 0 : (uint64_t)l->start_ms + 1);
    put_varint(&p->times, line_of(p, l->text));
}

static void put_section(struct sg_buf *out, size_t n, struct sg_buf *section)
{
    put_varint(out, n);
    sg_buf_str_put(out, sg_buf_str(section));
}

void sg_lyrics_pack(const struct sg_lyrics_line *lines, size_t n, struct sg_buf *out)
{
    struct packer *p = calloc(1, sizeof *p);
    if (!p) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < n; i++)
        put_line(p, &lines[i]);
    put_section(out, p->n_words, &p->word_bytes);
    put_section(out, p->n_lines, &p->tokens);
    put_section(out, p->n_times, &p->times);
    sg_buf_str_put(out, sg_buf_str(&p->texts));
    struct sg_buf *all[] = {&p->word_bytes, &p->tokens, &p->times, &p->texts};
    for (size_t i = 0; i < 4; i++) {
        out->failed |= sg_buf_failed(all[i]);
        sg_buf_free(all[i]);
    }
    free(p);
}

static void put_part(struct sg_buf *out, struct sg_str language, struct sg_str body)
{
    sg_buf_putc(out, (char)language.n);
    sg_buf_str_put(out, language);
    put_varint(out, body.n);
    sg_buf_str_put(out, body);
}

int sg_lyrics_set(struct sg_str packed, struct sg_str language, struct sg_str body,
                  struct sg_buf *out, struct sg_error *e)
{
    struct sg_str other, rest;
    size_t from = out->n, n = 0;
    bool placed = !body.n;
    if (language.n > UINT8_MAX)
        return sg_fail(e, SG_EINVAL, "lyrics: a language of %zu bytes", language.n);
    while (sg_lyrics_next(&packed, &other, &rest)) {
        int order = sg_str_cmp(other, language);
        if (!placed && order >= 0) {
            put_part(out, language, body);
            placed = true;
            n++;
        }
        if (order) {
            put_part(out, other, rest);
            n++;
        }
    }
    if (!placed) {
        put_part(out, language, body);
        n++;
    }
    if (sg_buf_failed(out))
        return sg_fail(e, SG_ENOMEM, "lyrics");
    if (n <= SG_LYRICS_PARTS && out->n - from <= SG_LYRICS_PACKED)
        return 0;
    return sg_fail(e, SG_EINVAL, "lyrics: %zu languages, %zu bytes", n, out->n - from);
}
