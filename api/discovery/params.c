/* params_discovery.c - the query parameters of search and completion. */
#include "api/route.h"
#include "api/search_log/search_log.h"
#include "schemas/search.h"

static int read_explicit(void *record, struct sg_str v, struct sg_arena *a, struct sg_error *e)
{
    struct sg_search_request *q = record;
    (void)a;
    if (sg_str_eq(v, SG_STR("true")))
        q->is_explicit = 1;
    else if (sg_str_eq(v, SG_STR("false")))
        q->is_explicit = 0;
    else if (!sg_str_eq(v, SG_STR("any")))
        return sg_fail_field(e, "explicit", "explicit: expected true, false or any");
    return 0;
}

static int read_year(void *record, struct sg_str v, struct sg_arena *a, struct sg_error *e)
{
    struct sg_search_request *q = record;
    (void)a;
    const char *dots = memmem(v.p, v.n, "..", 2);
    struct sg_str from = {v.p, dots ? (size_t)(dots - v.p) : v.n};
    struct sg_str to = dots ? (struct sg_str){dots + 2, v.n - from.n - 2} : from;
    bool ok = (from.n == 0 || sg_str_to_i64(from, &q->year_from)) &&
              (to.n == 0 || sg_str_to_i64(to, &q->year_to)) && from.n + to.n > 0 &&
              q->year_from >= 0 && q->year_from <= 9999 && q->year_to >= 0 && q->year_to <= 9999;
    return ok ? 0
              : sg_fail_field(e, "year",
                              "year: expected a year as 1999, or 1990..1999, 1990.., ..1999");
}

static int read_types(void *record, struct sg_str v, struct sg_arena *a, struct sg_error *e)
{
    static const struct sg_str known[] = {
        {"song", 4}, {"artist", 6}, {"album", 5}, {"playlist", 8}};
    struct sg_search_request *q = record;
    struct sg_str *types = sg_arena_array(a, 4, sizeof *types);
    size_t n = 0;
    if (!types)
        return sg_fail(e, SG_ENOMEM, "type");
    while (v.n || !n) {
        const char *comma = memchr(v.p, ',', v.n);
        struct sg_str one = {v.p, comma ? (size_t)(comma - v.p) : v.n};
        size_t k = 0;
        while (k < 4 && !sg_str_eq(one, known[k]))
            k++;
        if (k == 4 || n == 4)
            return sg_fail_field(
                e, "type",
                "type: expected song, artist, album or playlist, comma separated; got '%.*s'",
                (int)(one.n < 40 ? one.n : 40), one.p ? one.p : "");
        types[n++] = known[k];
        v.p += one.n + (comma != NULL);
        v.n -= one.n + (comma != NULL);
    }
    q->types = (struct sg_list){types, n};
    return 0;
}

const struct sg_param sg_search_params[] = {
    {"q", "q", NULL, "What to search for; the last word may be unfinished.", NULL},
    {"type", NULL, read_types, "Only these kinds, comma separated.",
     "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":[\"song\",\"artist\",\"album\","
     "\"playlist\"]}}"},
    {"limit", "limit", NULL, "Results on a page.", NULL},
    {"offset", "offset", NULL, "Results to skip.", NULL},
    {"artist_id", "artist_id", NULL, "Only what this artist is credited on.", NULL},
    {"genre", "genre", NULL, "Only this genre, by name in any case.", NULL},
    {"year", NULL, read_year, "Only these years: 1999, 1990..1999, 1990.. or ..1999.",
     "{\"type\":\"string\",\"pattern\":\"^\\\\d{1,4}$|^\\\\d{0,4}\\\\.\\\\.\\\\d{0,4}$\"}"},
    {"explicit", NULL, read_explicit, "true: explicit songs only; false: clean ones only.",
     "{\"type\":\"string\",\"enum\":[\"true\",\"false\",\"any\"],\"default\":\"any\"}"},
    {"prefix", "prefix", NULL, "Whether the last word may be the beginning of one (default true).",
     NULL},
    {"group", "group", NULL, "Versions of one recording as one result (default true).", NULL},
    {"sort", "sort", NULL, "Order of the results.",
     "{\"type\":\"string\",\"enum\":[\"relevance\",\"popularity\",\"newest\",\"title\"],"
     "\"default\":\"relevance\"}"},
    {"facets", "facets", NULL, "Counts of these values among the results, comma separated.",
     "{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":[\"genre\",\"decade\","
     "\"artist\"]}}"},
    {"in", "in", NULL,
     "What is searched: names (titles, artists, albums), or lyrics, where \"a line in quotes\" "
     "must "
     "be sung so; any (default): names, and lyrics where these find little.",
     "{\"type\":\"string\",\"enum\":[\"any\",\"names\",\"lyrics\"],\"default\":\"any\"}"},
    {"cursor", "cursor", NULL, "next_cursor of the page before, instead of offset.", NULL},
    {"explain", "explain", NULL, "Adds every ranking feature to each result.", NULL},
    {"market", "market", NULL,
     "Where the searcher is, and what is found available: ISO 3166-1, two capitals.", NULL},
    SG_SEARCH_LOG_PARAMS,
    {0},
};
const struct sg_param sg_suggest_params[] = {
    {"q", "q", NULL, "What was typed so far.", NULL},
    {"limit", "limit", NULL, "Suggestions wanted.", NULL},
    {"market", "market", NULL,
     "Where: what is told is available there, its popular queries come first. ISO 3166-1, "
     "capitals.",
     NULL},
    SG_SEARCH_LOG_PARAMS,
    {0},
};
