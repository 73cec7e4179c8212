/* lrc_read.c - text as lyrics; see lrc.h. */
#include "api/lyrics/lrc.h"

#define STAMPS_MAX 256 /* times of one line */

struct reader {
    struct sg_lrc *out;
    struct sg_arena *arena;
    struct sg_lrc_line *lines;
    size_t n, cap, words, number;
    int64_t offset_ms;
    struct sg_error *e;
};

static int add_line(struct reader *r, struct sg_lrc_line line)
{
    if (r->n == SG_LRC_LINES)
        return sg_fail(r->e, SG_ELIMIT, "more than %d lines", SG_LRC_LINES);
    if (r->n == r->cap) {
        size_t cap = r->cap ? r->cap * 2 : 128;
        struct sg_lrc_line *v = sg_arena_array(r->arena, cap, sizeof *v);
        if (!v)
            return sg_fail(r->e, SG_ENOMEM, "lyrics");
        if (r->n)
            memcpy(v, r->lines, r->n * sizeof *v);
        r->lines = v;
        r->cap = cap;
    }
    r->lines[r->n++] = line;
    return 0;
}

/* --- tags --- */

static bool is_space(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

static struct sg_str trim(struct sg_str s)
{
    while (s.n && is_space(s.p[0]))
        s.p++, s.n--;
    while (s.n && is_space(s.p[s.n - 1]))
        s.n--;
    return s;
}

static bool is_tag(struct sg_str line, const char *name, struct sg_str *value)
{
    size_t n = strlen(name);
    const char *end = line.n ? memchr(line.p, ']', line.n) : NULL;
    if (!end || line.n < n + 3 || line.p[0] != '[' || line.p[n + 1] != ':')
        return false;
    for (size_t i = 0; i < n; i++)
        if ((line.p[i + 1] | 32) != name[i])
            return false;
    *value = trim((struct sg_str){line.p + n + 2, (size_t)(end - line.p) - n - 2});
    return true;
}

/* Milliseconds with a sign; a positive one shows lines sooner. */
static void take_offset(struct reader *r, struct sg_str value)
{
    bool minus = value.n && value.p[0] == '-';
    int64_t v;
    if (value.n && (minus || value.p[0] == '+'))
        value.p++, value.n--;
    if (sg_str_to_i64(value, &v) && v <= (int64_t)SG_LRC_MS_MAX)
        r->offset_ms = minus ? -v : v;
}

/* A line that is one of the known tags says something of the file. */
static bool take_tag(struct reader *r, struct sg_str line)
{
    static const char *const ignored[] = {"au", "by", "re", "ve", "length", "tool", "lr", "id"};
    struct sg_lrc *out = r->out;
    struct {
        const char *name;
        struct sg_str *to;
    } kept[] = {
        {"ti", &out->title}, {"ar", &out->artist}, {"al", &out->album}, {"la", &out->language}};
    struct sg_str value;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (is_tag(line, kept[i].name, &value)) {
            *kept[i].to = sg_lrc_clean(value, r->arena);
            return true;
        }
    if (is_tag(line, "offset", &value)) {
        take_offset(r, value);
        return true;
    }
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        if (is_tag(line, ignored[i], &value))
            return true;
    return false;
}

/* --- a line's words --- */

/* Where the next word's time stands in s, or s.n. *used: its bytes. */
static size_t find_stamp(struct sg_str s, size_t from, uint32_t *ms, size_t *used)
{
    for (size_t i = from; i < s.n; i++) {
        if (s.p[i] != '<')
            continue;
        size_t n = sg_lrc_time((struct sg_str){s.p + i + 1, s.n - i - 1}, '>', ms);
        if (n) {
            *used = n + 1;
            return i;
        }
    }
    return s.n;
}

struct word_list {
    struct sg_lrc_word *v;
    size_t n;
    char *text; /* of all words so far */
    size_t bytes;
};

/* Runs of spaces are one, and belong to the word before; nothing begins with one. */
static void add_word(struct word_list *w, struct sg_str raw, uint32_t ms, struct sg_arena *a)
{
    struct sg_str text = sg_lrc_clean(raw, a);
    bool led = raw.n && is_space(raw.p[0]), followed = raw.n && is_space(raw.p[raw.n - 1]);
    struct sg_lrc_word *before = w->n ? &w->v[w->n - 1] : NULL;
    if (before && led && w->text[w->bytes - 1] != ' ') {
        w->text[w->bytes++] = ' ';
        before->text.n++;
    }
    if (!text.n)
        return;
    char *at = w->text + w->bytes;
    memcpy(at, text.p, text.n);
    w->bytes += text.n;
    if (followed)
        w->text[w->bytes++] = ' ';
    w->v[w->n++] = (struct sg_lrc_word){ms, SG_LRC_UNTIMED, {at, text.n + followed}};
}

static size_t count_stamps(struct sg_str s)
{
    uint32_t ms;
    size_t used = 0, n = 0;
    for (size_t at = find_stamp(s, 0, &ms, &used); at < s.n; n++)
        at = find_stamp(s, at + used, &ms, &used);
    return n;
}

/* Splits s, which has stamps, into words; a time with nothing after it ends the word before. */
static void split_words(struct sg_str s, uint32_t start_ms, struct word_list *w, struct sg_arena *a)
{
    uint32_t ms = start_ms, next;
    size_t used = 0;
    for (size_t from = 0; from <= s.n;) {
        size_t at = find_stamp(s, from, &next, &used);
        size_t before = w->n;
        add_word(w, (struct sg_str){s.p + from, at - from}, ms, a);
        if (w->n == before && w->n && from && w->v[w->n - 1].end_ms == SG_LRC_UNTIMED)
            w->v[w->n - 1].end_ms = ms;
        if (at == s.n)
            break;
        ms = next;
        from = at + used;
    }
}

/* Bytes joined across stamps may look like one: such a line has no times within. */
static int read_text(struct reader *r, struct sg_str s, uint32_t start_ms, struct sg_lrc_line *out)
{
    size_t stamps = count_stamps(s);
    struct word_list w = {.v = sg_arena_array(r->arena, stamps + 1, sizeof *w.v),
                          .text = sg_arena_alloc(r->arena, 3 * s.n + 1)};
    if (!w.v || !w.text)
        return sg_fail(r->e, SG_ENOMEM, "lyrics");
    if (stamps)
        split_words(s, start_ms, &w, r->arena);
    struct sg_str all = stamps ? (struct sg_str){w.text, w.bytes} : s;
    out->text = sg_lrc_clean(all, r->arena);
    if (!out->text.p)
        return sg_fail(r->e, SG_ENOMEM, "lyrics");
    if (out->text.n > SG_LRC_LINE_BYTES)
        return sg_fail(r->e, SG_EINVAL, "line %zu: more than %d bytes", r->number,
                       SG_LRC_LINE_BYTES);
    if (w.n && w.text[w.bytes - 1] == ' ') {
        w.bytes--;
        w.v[w.n - 1].text.n--;
    }
    if (!sg_str_eq(out->text, (struct sg_str){w.text, w.bytes}))
        return 0;
    r->words += w.n;
    out->words = w.v;
    out->n_words = w.n;
    return r->words > SG_LRC_WORDS
               ? sg_fail(r->e, SG_ELIMIT, "more than %d words with times", SG_LRC_WORDS)
               : 0;
}

/* --- lines --- */

static size_t read_stamps(struct sg_str *line, uint32_t ms[STAMPS_MAX])
{
    size_t n = 0;
    while (n < STAMPS_MAX && line->n && line->p[0] == '[') {
        size_t used = sg_lrc_time((struct sg_str){line->p + 1, line->n - 1}, ']', &ms[n]);
        if (!used)
            break;
        line->p += used + 1;
        line->n -= used + 1;
        n++;
    }
    return n;
}

static uint32_t moved(uint32_t ms, int64_t by)
{
    int64_t v = (int64_t)ms + by;
    if (ms == SG_LRC_UNTIMED)
        return ms;
    return v < 0 ? 0 : v > (int64_t)SG_LRC_MS_MAX ? SG_LRC_MS_MAX : (uint32_t)v;
}

/* The words of a line as sung at another time. */
static int move_words(struct reader *r, struct sg_lrc_line *l, int64_t by)
{
    struct sg_lrc_word *w = sg_arena_array(r->arena, l->n_words, sizeof *w);
    if (!w)
        return sg_fail(r->e, SG_ENOMEM, "lyrics");
    for (size_t i = 0; i < l->n_words; i++)
        w[i] = (struct sg_lrc_word){moved(l->words[i].start_ms, by), moved(l->words[i].end_ms, by),
                                    l->words[i].text};
    l->words = w;
    return 0;
}

static int add_timed(struct reader *r, struct sg_lrc_line line, const uint32_t *ms, size_t n)
{
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++) {
        struct sg_lrc_line at = line;
        at.start_ms = ms[i];
        if (i && at.n_words) {
            r->words += at.n_words;
            if (r->words > SG_LRC_WORDS)
                return sg_fail(r->e, SG_ELIMIT, "more than %d words with times", SG_LRC_WORDS);
            rc = move_words(r, &at, (int64_t)ms[i] - (int64_t)ms[0]);
        }
        if (!rc)
            rc = add_line(r, at);
    }
    return rc;
}

static int read_line(struct reader *r, struct sg_str line)
{
    uint32_t ms[STAMPS_MAX];
    struct sg_lrc_line out = {.start_ms = SG_LRC_UNTIMED, .end_ms = SG_LRC_UNTIMED};
    line = trim(line);
    if (take_tag(r, line))
        return 0;
    size_t used, n = read_stamps(&line, ms);
    if (!n && find_stamp(line, 0, ms, &used) < line.n) /* times of words alone */
        n = 1;
    int rc = read_text(r, line, n ? ms[0] : 0, &out);
    return rc ? rc : n ? add_timed(r, out, ms, n) : add_line(r, out);
}

static int read_lines(struct reader *r, struct sg_str text)
{
    int rc = 0;
    while (text.n && !rc) {
        size_t n = 0;
        while (n < text.n && text.p[n] != '\n' && text.p[n] != '\r')
            n++;
        r->number++;
        rc = read_line(r, (struct sg_str){text.p, n});
        bool both = n + 1 < text.n && text.p[n] == '\r' && text.p[n + 1] == '\n';
        size_t used = n + (n < text.n) + both;
        text.p += used;
        text.n -= used;
    }
    return rc;
}

static int apply_offset(struct reader *r)
{
    int rc = 0;
    for (size_t i = 0; i < r->n && r->offset_ms && !rc; i++) {
        r->lines[i].start_ms = moved(r->lines[i].start_ms, -r->offset_ms);
        if (r->lines[i].n_words)
            rc = move_words(r, &r->lines[i], -r->offset_ms);
    }
    return rc;
}

static int check_text(struct sg_str *text, struct sg_error *e)
{
    if (text->n > SG_LRC_BYTES)
        return sg_fail(e, SG_ELIMIT, "more than %u KiB", SG_LRC_BYTES >> 10);
    if (text->n >= 2 && (!memcmp(text->p, "\xff\xfe", 2) || !memcmp(text->p, "\xfe\xff", 2)))
        return sg_fail(e, SG_EINVAL, "this is UTF-16; lyrics must be UTF-8");
    if (!sg_str_is_utf8(*text))
        return sg_fail(e, SG_EINVAL, "lyrics must be UTF-8");
    if (text->n && memchr(text->p, 0, text->n))
        return sg_fail(e, SG_EINVAL, "lyrics must not hold a zero byte");
    return 0;
}

/* Byte order marks, which say nothing wherever they stand. */
static int drop_marks(struct sg_str *text, struct sg_arena *a, struct sg_error *e)
{
    static const char mark[] = "\xef\xbb\xbf";
    if (!text->n || !memmem(text->p, text->n, mark, 3))
        return 0;
    char *out = sg_arena_alloc(a, text->n);
    size_t n = 0;
    if (!out)
        return sg_fail(e, SG_ENOMEM, "lyrics");
    for (size_t i = 0; i < text->n;) {
        if (text->n - i >= 3 && !memcmp(text->p + i, mark, 3))
            i += 3;
        else
            out[n++] = text->p[i++];
    }
    *text = (struct sg_str){out, n};
    return 0;
}

int sg_lrc_read(struct sg_lrc *out, struct sg_str text, struct sg_arena *a, struct sg_error *e)
{
    struct reader r = {.out = out, .arena = a, .e = e};
    *out = (struct sg_lrc){.kind = SG_LRC_PLAIN};
    int rc = check_text(&text, e);
    if (!rc)
        rc = drop_marks(&text, a, e);
    if (!rc)
        rc = read_lines(&r, text);
    if (!rc)
        rc = apply_offset(&r);
    if (rc)
        return rc;
    out->lines = r.lines;
    out->n = r.n;
    return sg_lrc_settle(out, a, e);
}
