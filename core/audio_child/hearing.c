/* hearing.c - see hearing.h. */
#include "core/audio_child/hearing.h"
#include <stdio.h>

/* "progress 37 encode" */
static bool is_progress(struct audio_hearing *h, struct sg_str line)
{
    uint64_t percent;
    struct sg_str head = SG_STR("progress ");
    if (!sg_str_starts(line, head))
        return false;
    struct sg_str rest = {line.p + head.n, line.n - head.n};
    const char *space = memchr(rest.p, ' ', rest.n);
    struct sg_str number = {rest.p, space ? (size_t)(space - rest.p) : rest.n};
    struct sg_str stage = {space ? space + 1 : "", space ? rest.n - number.n - 1 : 0};
    if (!sg_str_to_u64(number, &percent) || percent > 100 || stage.n > 40)
        return false;
    for (size_t i = 0; i < stage.n; i++)
        if (!(stage.p[i] >= 'a' && stage.p[i] <= 'z') && stage.p[i] != '-')
            return false;
    if (h->progress)
        h->progress(h->ctx, (int)percent, stage);
    return true;
}

void audio_hear_end(struct audio_hearing *h)
{
    struct sg_str line = {h->line, h->line_n};
    if (line.n && !is_progress(h, line)) {
        memcpy(h->last, line.p, line.n);
        h->last[line.n] = '\0';
    }
    h->line_n = 0;
}

void audio_hear_progress(struct audio_hearing *h, const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] == '\n')
            audio_hear_end(h);
        else if (h->line_n < AUDIO_LINE_MAX)
            h->line[h->line_n++] = p[i] >= ' ' && p[i] < 127 ? p[i] : '?';
}

void audio_hear_answer(struct audio_hearing *h, const char *p, size_t n)
{
    if (h->answer.n + n > SG_AUDIO_ANSWER_MAX)
        h->too_long = true;
    else
        sg_buf_put(&h->answer, p, n);
}

int audio_refused(struct sg_audio_verdict *why, const char *code, const char *detail,
                  struct sg_error *e)
{
    snprintf(why->code, sizeof why->code, "%s", code);
    snprintf(why->detail, sizeof why->detail, "%s", detail);
    return sg_fail(e, SG_EMEDIA, "%s", why->detail);
}

struct told {
    struct sg_str code, detail;
};
static const struct sg_field told_fields[] = {
    SG_FIELD_STR(struct told, code, 1, 40, SG_REQUIRED),
    SG_FIELD_STR(struct told, detail, 0, 500, SG_OPTIONAL),
};
static const struct sg_record told_record = SG_RECORD("Refusal", struct told, told_fields);

static bool is_slug(struct sg_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-')
            return false;
    return s.n > 0;
}

int audio_read_refusal(struct sg_str answer, struct sg_arena *a, struct sg_audio_verdict *why,
                       struct sg_error *e)
{
    struct told told;
    char code[48], detail[512];
    if (sg_record_from_json(&told_record, answer, a, &told, e) || !is_slug(told.code))
        return sg_fail(e, SG_ECORRUPT, "segue-audio refused, and did not say why");
    snprintf(code, sizeof code, "%.*s", SG_FMT(told.code));
    snprintf(detail, sizeof detail, "%.*s", SG_FMT(told.detail.n ? told.detail : told.code));
    return audio_refused(why, code, detail, e);
}
