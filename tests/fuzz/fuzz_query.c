/* Query text and parameters as arbitrary bytes: parse, readings, plans, ranking
 * and highlighting against a small catalogue's words.
 *
 * Input: 1 byte of switches, 4 of numbers, then the query; after a zero byte,
 * the text of a record.
 */
#include "query/highlight.h"
#include "query/plan.h"
#include "query/rank.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct sg_spell *spell;
static struct sg_query query;
static struct sg_reading reading;
static struct sg_plan plan;
static struct sg_weights weights;

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const char *const words[] = {"love",
                                        "lover",
                                        "lovely",
                                        "night",
                                        "nights",
                                        "metallica",
                                        "the",
                                        "beatles",
                                        "sky",
                                        "scraper",
                                        "a",
                                        "halo",
                                        "beyonce",
                                        "skyscraper",
                                        "light",
                                        "lights",
                                        "\xd0\xba\xd0\xb8\xd0\xbd\xd0\xbe",
                                        "\xe6\x9d\xb1\xe4\xba\xac",
                                        "44",
                                        "!!!"};
    char path[] = "/tmp/segue-fuzz-spell-XXXXXX";
    struct sg_spell_writer *w;
    (void)argc;
    (void)argv;
    close(mkstemp(path));
    if (sg_spell_writer_open(&w, path, NULL))
        abort();
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (sg_spell_writer_add(w, sg_str(words[i]), (uint32_t)(1 + i * i), NULL))
            abort();
    if (sg_spell_writer_finish(w, NULL) || sg_spell_open(&spell, path, NULL))
        abort();
    unlink(path);
    sg_weights_default(&weights);
    return 0;
}

static void check_plan(void)
{
    for (size_t g = 0; g < plan.n; g++) {
        assert(plan.groups[g].n <= SG_GROUP_TERMS_MAX);
        assert(plan.impossible || plan.groups[g].n > 0);
        for (size_t i = 0; i < plan.groups[g].n; i++)
            assert(plan.groups[g].terms[i].n > 0 && plan.groups[g].terms[i].n <= SG_TERM_MAX);
    }
    assert(plan.n <= SG_GROUPS_MAX);
}

static void check_record(struct sg_str text)
{
    struct sg_range ranges[SG_HIGHLIGHTS_MAX];
    float values[SG_FEATURES];
    uint8_t patterns[SG_WORDS_MAX];
    struct sg_ranker r;
    char folded[SG_TEXT_MAX];
    size_t n = sg_text_fold(folded, sizeof folded, text), at = 0;
    struct sg_facts f = {.title = {folded, n}, .artists = text, .album = {folded, n / 2}};
    f.title_aliases = n % 2 ? text : SG_STR_NONE;
    f.artist_aliases = n % 3 ? f.album : SG_STR_NONE;
    sg_ranker_init(&r, SG_SONG, &weights, 1000, 2026);
    r.reading = &reading;
    assert(sg_rank(&r, &f, values) < 1e6f);
    sg_rank_spellings(&r, &f, patterns);
    n = sg_highlight(&reading, text, ranges, SG_HIGHLIGHTS_MAX);
    for (size_t i = 0; i < n; i++) {
        assert(ranges[i].from >= at && ranges[i].from < ranges[i].to && ranges[i].to <= text.n);
        at = ranges[i].to;
    }
}

static void use(const struct sg_filters *filters, struct sg_str text)
{
    sg_plan_filters(&plan, filters);
    sg_plan_words(&plan, &reading, spell);
    check_plan();
    sg_plan_filters(&plan, filters);
    sg_plan_words_loose(&plan, &reading);
    check_plan();
    sg_plan_filters(&plan, filters);
    sg_plan_words_exact(&plan, &reading);
    check_plan();
    check_record(text);
}

static void use_all(const struct sg_filters *filters, struct sg_str text, uint64_t drop)
{
    sg_reading_as_typed(&reading, &query);
    use(filters, text);
    if (sg_reading_typo(&reading, &query, spell, drop & 1))
        use(filters, text);
    for (size_t i = 0; i < query.words.n; i++) {
        if (i + 1 < query.words.n && sg_reading_join(&reading, &query, spell, i, 2))
            use(filters, text);
        if (i < 2 && sg_reading_split(&reading, &query, spell, i))
            use(filters, text);
    }
    if (sg_reading_drop(&reading, &query, spell, drop))
        use(filters, text);
    for (size_t cut = 1; cut <= query.words.n; cut++) {
        sg_plan_filters(&plan, filters);
        sg_plan_whole(&plan, &query, cut, drop & 1);
        check_plan();
    }
    (void)sg_reading_is_suspect(&query, spell);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_search_request r;
    struct sg_error e;
    uint64_t genres[2] = {1, 2};
    if (size < 5)
        return 0;
    struct sg_str rest = {(const char *)data + 5, size - 5};
    const char *zero = rest.n ? memchr(rest.p, 0, rest.n) : NULL;
    size_t n = zero ? (size_t)(zero - rest.p) : rest.n;
    struct sg_str text = {rest.p + n, rest.n - n};
    sg_record_init(&sg_search_request_record, &r);
    r.q = (struct sg_str){rest.p, n};
    r.prefix = data[0] & 1;
    r.year_from = (data[0] & 2) ? data[1] << 6 : 0;
    r.year_to = (data[0] & 4) ? data[2] << 6 : 0;
    r.is_explicit = (int64_t)(data[0] >> 3 & 3) - 1;
    r.limit = (int8_t)data[3];
    r.offset = (int8_t)data[4] * 16;
    if (sg_query_parse(&query, &r, &e)) {
        assert(e.field[0]);
        return 0;
    }
    struct sg_filters f = {.artist_id = (data[0] & 32) ? data[3] : 0,
                           .genres = genres,
                           .n_genres = (data[0] & 64) ? 2 : 0,
                           .by_genre = data[0] >= 64,
                           .year_from = query.year_from,
                           .year_to = query.year_to,
                           .is_explicit = query.is_explicit};
    use_all(&f, text, (uint64_t)data[1] << 8 | data[2]);
    return 0;
}
