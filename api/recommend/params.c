/* params.c - the query parameters of recommendations. */
#include "api/route.h"
#include "api/search_log/search_log.h"

#define P           struct sg_recommend_params
#define USER(flags) SG_FIELD_U64(P, user_id, 1, INT64_MAX, flags)
#define LIMIT(d)    SG_FIELD_(SG_T_I64, P, limit, 1, 100, SG_OPTIONAL, d, NULL)
#define REST                                                                                       \
    SG_FIELD_(SG_T_I64, P, hour, 0, 23, SG_OPTIONAL, -1, NULL),                                    \
        SG_FIELD_STR(P, genre, 1, 400, SG_OPTIONAL), SG_FIELD_STR(P, region, 2, 2, SG_OPTIONAL),   \
        SG_FIELD_STR(P, device, 1, 32, SG_OPTIONAL),                                               \
        SG_FIELD_STR(P, cursor, 1, 4096, SG_OPTIONAL),                                             \
        SG_FIELD_LIST(P, artists, SG_T_STR, NULL, 5), SG_FIELD_LIST(P, genres, SG_T_STR, NULL, 5), \
        SG_FIELD_LIST(P, seeds, SG_T_STR, NULL, 5), SG_FIELD_LIST(P, queue, SG_T_STR, NULL, 200),  \
        SG_FIELD_BOOL(P, is_clean, SG_OPTIONAL), SG_FIELD_BOOL(P, explain, SG_OPTIONAL)

static const struct sg_field anybody[] = {USER(SG_OPTIONAL), LIMIT(20), REST};
static const struct sg_field somebody[] = {USER(SG_REQUIRED), LIMIT(20), REST};
static const struct sg_field trending[] = {USER(SG_OPTIONAL), LIMIT(50), REST};
static const struct sg_field mixes[] = {
    USER(SG_REQUIRED), SG_FIELD_(SG_T_I64, P, limit, 1, 50, SG_OPTIONAL, 25, NULL), REST};
const struct sg_record sg_recommend_params_record = SG_RECORD("RecommendParams", P, anybody);
const struct sg_record sg_user_params_record = SG_RECORD("UserParams", P, somebody);
const struct sg_record sg_trending_params_record = SG_RECORD("TrendingParams", P, trending);
const struct sg_record sg_mixes_params_record = SG_RECORD("MixesParams", P, mixes);
#undef P

static int read_explicit(void *record, struct sg_str v, struct sg_arena *a, struct sg_error *e)
{
    struct sg_recommend_params *p = record;
    (void)a;
    p->is_clean = sg_str_eq(v, SG_STR("false"));
    return p->is_clean || sg_str_eq(v, SG_STR("any"))
               ? 0
               : sg_fail_field(e, "explicit", "explicit: expected false or any");
}

#define MARKET                                                                                     \
    {                                                                                              \
        "market", NULL, sg_search_log_param,                                                       \
            "Only what is available there: ISO 3166-1, two capitals.",                             \
            "{\"type\":\"string\",\"pattern\":\"^[A-Z]{2}$\"}"                                     \
    }
#define LIMIT_OF                                                                                   \
    {                                                                                              \
        "limit", "limit", NULL, "Results wanted.", NULL                                            \
    }
#define EXPLICIT                                                                                   \
    {                                                                                              \
        "explicit", NULL, read_explicit, "false: no explicit songs.",                              \
            "{\"type\":\"string\",\"enum\":[\"false\",\"any\"],\"default\":\"any\"}"               \
    }
#define EXPLAIN                                                                                    \
    {                                                                                              \
        "explain", "explain", NULL, "Adds every ranking feature to each result.", NULL             \
    }
#define LISTENER                                                                                   \
    {                                                                                              \
        "user_id", "user_id", NULL, "Whose dislikes, hidden artists and last plays are left out.", \
            NULL                                                                                   \
    }
#define OCCASION                                                                                   \
    {"hour", "hour", NULL, "The listener's hour of day, 0 to 23.", NULL},                          \
        {"device", "device", NULL,                                                                 \
         "phone, desktop, car, speaker, tv: where several listen, the better known songs.", NULL}, \
    {                                                                                              \
        "queue", "queue", NULL, "Songs that play next, by id.", NULL                               \
    }

const struct sg_param sg_market_params[] = {MARKET, {0}};
const struct sg_param sg_trending_params[] = {
    {"genre", "genre", NULL, "Only this genre, by name in any case.", NULL},
    {"region", "region", NULL, "Only plays of this country (ISO 3166-1, two letters).", NULL},
    LIMIT_OF,
    LISTENER,
    EXPLICIT,
    MARKET,
    {0},
};
const struct sg_param sg_similar_params[] = {LIMIT_OF, LISTENER, EXPLICIT, EXPLAIN, MARKET, {0}};
const struct sg_param sg_radio_params[] = {
    {"seeds", "seeds", NULL,
     "What it begins with, up to five: song:1, artist:2, album:3, playlist:4, genre:Rock.", NULL},
    {"cursor", "cursor", NULL, "Of the answer before, instead of seeds.", NULL},
    LIMIT_OF,
    LISTENER,
    EXPLICIT,
    EXPLAIN,
    MARKET,
    {0},
};
const struct sg_param sg_recommend_params[] = {
    {"user_id", "user_id", NULL, "Whom to recommend to.", NULL},
    LIMIT_OF,
    {"artists", "artists", NULL, "Picked by somebody new: artists, by id.", NULL},
    {"genres", "genres", NULL, "Picked by somebody new: genres, by name.", NULL},
    OCCASION,
    EXPLICIT,
    EXPLAIN,
    MARKET,
    {0},
};
const struct sg_param sg_new_releases_params[] = {
    {"user_id", "user_id", NULL, "Whom to recommend to.", NULL},
    LIMIT_OF,
    EXPLICIT,
    EXPLAIN,
    MARKET,
    {0},
};
const struct sg_param sg_mixes_params[] = {
    {"user_id", "user_id", NULL, "Whose mixes.", NULL},
    {"limit", "limit", NULL, "Songs in each.", NULL},
    EXPLICIT,
    EXPLAIN,
    MARKET,
    {0},
};
