/* lines.c - see lines.h. */
#include "api/lyrics/lines.h"

static uint32_t ms_of(double seconds)
{
    return seconds < 0 ? SG_LRC_UNTIMED : (uint32_t)(seconds * 1000 + 0.5);
}

static double seconds_of(uint32_t ms)
{
    return ms == SG_LRC_UNTIMED ? -1 : (double)ms / 1000;
}

static int to_words(const struct sg_list *words, struct sg_arena *a, struct sg_lrc_line *out,
                    struct sg_error *e)
{
    const struct sg_lyric_word *v = words->v;
    struct sg_lrc_word *w = sg_arena_array(a, words->n, sizeof *w);
    struct sg_buf text = {0};
    if (!w)
        return sg_fail(e, SG_ENOMEM, "lyrics");
    for (size_t i = 0; i < words->n; i++) {
        if (v[i].start_time < 0)
            return sg_fail_field(e, "start_time", "start_time: a word has none");
        w[i] = (struct sg_lrc_word){ms_of(v[i].start_time), ms_of(v[i].end_time), v[i].text};
        sg_buf_str_put(&text, v[i].text);
    }
    bool same = !sg_buf_failed(&text) && sg_str_eq(sg_buf_str(&text), out->text);
    sg_buf_free(&text);
    if (!same)
        return sg_fail_field(e, "words", "words: put together they must be the line's text");
    out->words = w;
    out->n_words = words->n;
    return 0;
}

static int to_line(const struct sg_lyric_line *from, struct sg_arena *a, struct sg_lrc_line *out,
                   struct sg_error *e)
{
    *out = (struct sg_lrc_line){ms_of(from->start_time), ms_of(from->end_time),
                                sg_lrc_clean(from->text, a), NULL, 0};
    if (!out->text.p)
        return sg_fail(e, SG_ENOMEM, "lyrics");
    if (out->text.n > SG_LRC_LINE_BYTES)
        return sg_fail_field(e, "text", "text: more than %d bytes", SG_LRC_LINE_BYTES);
    if (!from->words.n)
        return 0;
    if (from->start_time < 0)
        return sg_fail_field(e, "words", "words: their line has no start_time");
    return to_words(&from->words, a, out, e);
}

int sg_lines_to_lrc(const struct sg_list *lines, struct sg_arena *a, struct sg_lrc *out,
                    struct sg_error *e)
{
    const struct sg_lyric_line *v = lines->v;
    size_t words = 0, timed = 0;
    *out = (struct sg_lrc){.n = lines->n};
    out->lines = sg_arena_array(a, lines->n + 1, sizeof *out->lines);
    if (!out->lines)
        return sg_fail(e, SG_ENOMEM, "lyrics");
    for (size_t i = 0; i < lines->n; i++) {
        int rc = to_line(&v[i], a, &out->lines[i], e);
        if (rc)
            return rc;
        timed += v[i].start_time >= 0;
        words += v[i].words.n;
    }
    if (timed && timed < lines->n)
        return sg_fail_field(e, "start_time", "start_time: some lines have one and others none");
    if (words > SG_LRC_WORDS)
        return sg_fail_field(e, "words", "words: more than %d", SG_LRC_WORDS);
    return sg_lrc_settle(out, a, e);
}

static int of_words(const struct sg_lrc_line *l, struct sg_arena *a, struct sg_list *out,
                    struct sg_error *e)
{
    struct sg_lyric_word *w = sg_arena_array(a, l->n_words + 1, sizeof *w);
    if (!w)
        return sg_fail(e, SG_ENOMEM, "lyrics");
    for (size_t i = 0; i < l->n_words; i++)
        w[i] = (struct sg_lyric_word){seconds_of(l->words[i].start_ms),
                                      seconds_of(l->words[i].end_ms), l->words[i].text};
    *out = (struct sg_list){w, l->n_words};
    return 0;
}

int sg_lines_of_lrc(const struct sg_lrc *l, struct sg_arena *a, struct sg_list *out,
                    struct sg_error *e)
{
    struct sg_lyric_line *v = sg_arena_array(a, l->n + 1, sizeof *v);
    int rc = v ? 0 : sg_fail(e, SG_ENOMEM, "lyrics");
    for (size_t i = 0; i < l->n && !rc; i++) {
        const struct sg_lrc_line *x = &l->lines[i];
        v[i] = (struct sg_lyric_line){.start_time = seconds_of(x->start_ms),
                                      .end_time = seconds_of(x->end_ms),
                                      .text = x->text.n ? x->text : SG_STR("")};
        if (x->n_words)
            rc = of_words(x, a, &v[i].words, e);
    }
    if (!rc)
        *out = (struct sg_list){v, l->n};
    return rc;
}

struct sg_str sg_lines_json(const struct sg_list *lines, struct sg_arena *a)
{
    static const char head[] = "{\"lines\":";
    const struct sg_lyric_lines all = {*lines};
    struct sg_buf b = {0};
    struct sg_str json = SG_STR_NONE;
    sg_record_to_json(&sg_lyric_lines_record, &all, &b);
    if (!sg_buf_failed(&b) && b.n > sizeof head) /* what lies between the head and the brace */
        json = sg_arena_copy(a, (struct sg_str){b.p + sizeof head - 1, b.n - sizeof head});
    sg_buf_free(&b);
    return json;
}

/* Written by us they are as sg_lines_to_lrc takes them. */
static int check(const struct sg_list *lines, struct sg_arena *a, struct sg_error *e)
{
    struct sg_lrc l;
    struct sg_error why = SG_ERROR_INIT;
    int rc = sg_lines_to_lrc(lines, a, &l, &why);
    return rc ? sg_fail(e, rc == SG_ENOMEM ? rc : SG_EINTERNAL,
                        "lyrics in the database are none: %s", why.text)
              : 0;
}

int sg_lines_parse(struct sg_str json, struct sg_arena *a, struct sg_list *out, struct sg_error *e)
{
    struct sg_lyric_lines all;
    struct sg_str whole = sg_arena_printf(a, "{\"lines\":%.*s}", SG_FMT(json));
    if (!whole.p)
        return sg_fail(e, SG_ENOMEM, "lyrics");
    sg_record_init(&sg_lyric_lines_record, &all);
    if (sg_record_from_json(&sg_lyric_lines_record, whole, a, &all, e))
        return sg_fail(e, SG_EINTERNAL, "lyrics in the database are not as they are written here");
    *out = all.lines;
    return check(out, a, e);
}

static bool is_at(const struct sg_lyric_line *l, double time)
{
    return l->start_time - time < 0.0005 && time - l->start_time < 0.0005;
}

void sg_lines_translate(const struct sg_list *lines, const struct sg_list *other)
{
    struct sg_lyric_line *v = lines->v;
    const struct sg_lyric_line *o = other->v;
    size_t at = 0;
    for (size_t i = 0; i < lines->n; i++) {
        if (v[i].start_time < 0) {
            if (lines->n == other->n && o[i].start_time < 0 && o[i].text.n)
                v[i].translation = o[i].text;
            continue;
        }
        while (at < other->n && !is_at(&o[at], v[i].start_time) &&
               o[at].start_time < v[i].start_time)
            at++;
        if (at < other->n && is_at(&o[at], v[i].start_time) && o[at].text.n)
            v[i].translation = o[at].text;
    }
}

struct sg_str sg_lines_kind(const struct sg_lrc *l)
{
    return l->kind == SG_LRC_PLAIN   ? SG_STR("plain")
           : l->kind == SG_LRC_TIMED ? SG_STR("lines")
                                     : SG_STR("words");
}
