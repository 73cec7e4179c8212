/* asker.c - see asker.h. */
#include "tests/support/asker.h"
#include "core/clock.h"
#include "core/rpc.h"
#include "schemas/search.h"
#include "schemas/service.h"
#include "tests/support/writer.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ID    1000000u
#define MIN_ANSWERS 50
#define PATIENCE_US 60000000 /* for one answer; the machine may be busy with much else */

static const char *const names[TEST_LANDMARKS] = {
    "Alpha",    "Bravo",  "Charlie", "Delta",  "Echo",  "Foxtrot", "Golf",
    "Hotel",    "India",  "Juliett", "Kilo",   "Lima",  "Mike",    "Oscar",
    "November", "Quebec", "Romeo",   "Sierra", "Tango", "Whiskey"};

void test_landmarks_put(PGconn *c)
{
    for (unsigned i = 0; i < TEST_LANDMARKS; i++) {
        unsigned id = FIRST_ID + i;
        const char *n = names[i];
        test_pg_sql(c, "INSERT INTO artists (artist_id, name) VALUES (%u, 'Keeper %s')", id, n);
        test_pg_sql(c,
                    "INSERT INTO albums (album_id, artist_id, title) VALUES (%u, %u, 'Coast %s')",
                    id, id, n);
        test_pg_sql(c,
                    "INSERT INTO songs (song_id, artist_id, album_id, title, genre_id, play_count) "
                    "VALUES (%u, %u, %u, 'Beacon %s', 1, %u)",
                    id, id, id, n, i);
        test_pg_sql(c, "INSERT INTO song_artists VALUES (%u, %u, 1, %u)", id, id, id);
        test_pg_sql(c,
                    "INSERT INTO playlists (playlist_id, user_id, name, is_public) "
                    "VALUES (%u, 1, 'Route %s', true)",
                    id, n);
    }
}

/* One thread's own. */
struct turn {
    struct test_asker *a;
    struct sg_arena arena;
    uint64_t random;
    unsigned landmark;
    bool lenient; /* as it was when it asked */
    char words[64];
    struct sg_error e;
};

static int ask(struct turn *t, const char *method, const struct sg_record *in_record,
               const void *in, const struct sg_record *out_record, void *out)
{
    return sg_rpc_call(t->a->client, method, in_record, in, out_record, out, &t->arena,
                       sg_now_us() + PATIENCE_US, SG_STR_NONE, &t->e);
}

static int search(struct turn *t, const char *type, struct sg_search_reply *reply)
{
    struct sg_search_request q;
    struct sg_str types[1] = {sg_str(type ? type : "")};
    sg_record_init(&sg_search_request_record, &q);
    q.q = sg_str(t->words);
    if (type)
        q.types = (struct sg_list){types, 1};
    return ask(t, SG_METHOD_SEARCH, &sg_search_request_record, &q, &sg_search_reply_record, reply);
}

static int wrong(struct turn *t, const char *what)
{
    return sg_fail(&t->e, SG_ECORRUPT, "\"%s\": %s", t->words, what);
}

static void note_generation(struct test_asker *a, struct sg_str name)
{
    size_t i = 0;
    pthread_mutex_lock(&a->lock);
    while (i < a->n_generations && !sg_str_eq(name, sg_str(a->generations[i])))
        i++;
    if (i == a->n_generations && i < sizeof a->generations / sizeof *a->generations)
        snprintf(a->generations[a->n_generations++], sizeof *a->generations, "%.*s", SG_FMT(name));
    pthread_mutex_unlock(&a->lock);
}

static bool names_itself(const struct sg_hit *h)
{
    return (h->title.n || h->name.n) &&
           (h->song_id || h->artist_id || h->album_id || h->playlist_id);
}

static uint64_t id_of(const struct sg_hit *h, const char *type)
{
    return !strcmp(type, "song")     ? h->song_id
           : !strcmp(type, "artist") ? h->artist_id
           : !strcmp(type, "album")  ? h->album_id
                                     : h->playlist_id;
}

static bool has_landmark(const struct turn *t, const struct sg_list *hits, const char *type)
{
    const struct sg_hit *h = hits->v;
    for (size_t i = 0; i < hits->n; i++) {
        if (sg_str_eq(h[i].type, sg_str(type)) && id_of(&h[i], type) == FIRST_ID + t->landmark)
            return true;
    }
    return false;
}

/* "beacon alpha" among songs: hers is the first and whole. */
static int find_song(struct turn *t)
{
    struct sg_search_reply r;
    snprintf(t->words, sizeof t->words, "beacon %s", names[t->landmark]);
    int rc = search(t, "song", &r);
    if (rc)
        return rc;
    const struct sg_hit *h = r.results.v;
    note_generation(t->a, r.generation);
    if (!r.results.n || r.total < 1)
        return wrong(t, "nothing found");
    if (h->song_id != FIRST_ID + t->landmark)
        return wrong(t, "another song is first");
    if (!h->artist || h->artist->artist_id != h->song_id || !h->album ||
        h->album->album_id != h->song_id || !h->genre.n)
        return wrong(t, "artist, album or genre is missing");
    return 0;
}

/* "alpha": one of each type. */
static int find_all_types(struct turn *t)
{
    static const char *const types[] = {"song", "artist", "album", "playlist"};
    struct sg_search_reply r;
    snprintf(t->words, sizeof t->words, "%s ", names[t->landmark]);
    int rc = search(t, NULL, &r);
    for (size_t i = 0; !rc && i < 4; i++) {
        if (!has_landmark(t, &r.results, types[i]))
            rc = wrong(t, types[i]);
    }
    return rc;
}

/* A typing error, and a last word as far as it was typed. */
static int find_misspelt(struct turn *t)
{
    struct sg_search_reply r;
    snprintf(t->words, sizeof t->words, "baecon %.4s", names[t->landmark]);
    int rc = search(t, "song", &r);
    return rc ? rc : has_landmark(t, &r.results, "song") ? 0 : wrong(t, "not found");
}

static int complete(struct turn *t)
{
    struct sg_suggest_request q;
    struct sg_suggest_reply r;
    sg_record_init(&sg_suggest_request_record, &q);
    snprintf(t->words, sizeof t->words, "beacon %.3s", names[t->landmark]);
    q.q = sg_str(t->words);
    int rc =
        ask(t, SG_METHOD_SUGGEST, &sg_suggest_request_record, &q, &sg_suggest_reply_record, &r);
    if (rc)
        return rc;
    const struct sg_suggestion *s = r.suggestions.v;
    for (size_t i = 0; i < r.suggestions.n; i++) {
        if (s[i].id == FIRST_ID + t->landmark && sg_str_eq(s[i].type, SG_STR("song")))
            return 0;
    }
    return wrong(t, "not completed");
}

static int look_up(struct turn *t)
{
    uint64_t id = FIRST_ID + t->landmark;
    struct sg_lookup_request q = {SG_STR("album"), {&id, 1}, SG_STR_NONE, false, 0};
    struct sg_lookup_reply r;
    snprintf(t->words, sizeof t->words, "album %llu", (unsigned long long)id);
    int rc = ask(t, SG_METHOD_LOOKUP, &sg_lookup_request_record, &q, &sg_lookup_reply_record, &r);
    return rc ? rc : has_landmark(t, &r.results, "album") ? 0 : wrong(t, "not there");
}

static int list_songs(struct turn *t)
{
    struct sg_children_request q;
    struct sg_children_reply r;
    sg_record_init(&sg_children_request_record, &q);
    q.type = SG_STR("artist");
    q.of = SG_STR("song");
    q.id = FIRST_ID + t->landmark;
    snprintf(t->words, sizeof t->words, "songs of artist %llu", (unsigned long long)q.id);
    int rc =
        ask(t, SG_METHOD_CHILDREN, &sg_children_request_record, &q, &sg_children_reply_record, &r);
    if (rc)
        return rc;
    return r.total == 1 && has_landmark(t, &r.results, "song") ? 0 : wrong(t, "not hers alone");
}

/* What the writer is changing: whatever is found names itself, and nothing of a
 * transaction that was rolled back is. */
static int find_moving(struct turn *t)
{
    static const char *const moving[] = {"song",   "new",   "duet",     "renamed",
                                         "artist", "album", "retitled", "newcomer",
                                         "list",   "never", "song 1",   "renamed artist"};
    struct sg_search_reply r;
    size_t i = test_random(&t->random) % (sizeof moving / sizeof *moving);
    snprintf(t->words, sizeof t->words, "%s %llu", moving[i],
             (unsigned long long)(test_random(&t->random) % 250));
    int rc = search(t, NULL, &r);
    const struct sg_hit *h = r.results.v;
    for (size_t k = 0; !rc && k < r.results.n; k++) {
        if (!names_itself(&h[k]))
            rc = wrong(t, "a hit without a name");
        else if (sg_str_eq(h[k].title, SG_STR("Never")))
            rc = wrong(t, "a change that was never committed");
    }
    return rc;
}

static int list_genres(struct turn *t)
{
    struct sg_genres_reply r;
    snprintf(t->words, sizeof t->words, "genres");
    int rc = ask(t, SG_METHOD_GENRES, NULL, NULL, &sg_genres_reply_record, &r);
    return rc ? rc : r.genres.n >= 10 ? 0 : wrong(t, "fewer than ten");
}

static void note_answer(struct test_asker *a, int64_t took_us)
{
    int64_t slowest = atomic_load(&a->slowest_us);
    atomic_fetch_add(&a->answers, 1);
    while (took_us > slowest && !atomic_compare_exchange_weak(&a->slowest_us, &slowest, took_us))
        ;
}

static void note_failure(struct turn *t)
{
    struct test_asker *a = t->a;
    /* An answer that came must be right whatever was killed. */
    if ((t->lenient || atomic_load(&a->lenient)) && t->e.code != SG_ECORRUPT) {
        atomic_fetch_add(&a->errors, 1);
        return;
    }
    pthread_mutex_lock(&a->lock);
    if (!a->failure[0])
        snprintf(a->failure, sizeof a->failure, "%s (asked: %s)", t->e.text, t->words);
    pthread_mutex_unlock(&a->lock);
}

static void *ask_on(void *arg)
{
    static int (*const questions[])(struct turn *) = {find_song,   find_all_types, find_misspelt,
                                                      complete,    look_up,        list_songs,
                                                      find_moving, find_moving,    list_genres};
    struct turn *t = arg;
    while (!atomic_load(&t->a->stop)) {
        t->landmark = (unsigned)(test_random(&t->random) % TEST_LANDMARKS);
        t->e = (struct sg_error)SG_ERROR_INIT;
        size_t i = test_random(&t->random) % (sizeof questions / sizeof *questions);
        int64_t from_us = sg_now_us();
        t->lenient = atomic_load(&t->a->lenient);
        if (questions[i](t))
            note_failure(t);
        else
            note_answer(t->a, sg_now_us() - from_us);
        sg_arena_reset(&t->arena);
        sg_sleep_us(1000);
    }
    sg_arena_free(&t->arena);
    free(t);
    return NULL;
}

static bool is_so(const struct sg_health_reply *h, const char *status, const char *generation,
                  const char *detail)
{
    return (!status || sg_str_eq(h->status, sg_str(status))) &&
           (!generation || sg_str_eq(h->generation, sg_str(generation))) &&
           (!detail || (h->detail.n && memmem(h->detail.p, h->detail.n, detail, strlen(detail))));
}

bool test_asker_health(struct test_asker *a, const char *status, const char *generation,
                       const char *detail)
{
    struct sg_arena arena = {0};
    struct sg_health_reply h;
    bool so = false;
    for (int i = 0; !so && i < 4800; i++) {
        so = !sg_rpc_call(a->client, SG_METHOD_HEALTH, NULL, NULL, &sg_health_reply_record, &h,
                          &arena, sg_now_us() + 1000000, SG_STR_NONE, NULL) &&
             is_so(&h, status, generation, detail);
        if (!so)
            sg_sleep_us(50000);
        sg_arena_reset(&arena);
    }
    sg_arena_free(&arena);
    return so;
}

void test_asker_start(struct test_asker *a, const struct test_indexer *x)
{
    struct sg_error e = SG_ERROR_INIT;
    char url[128];
    memset(a, 0, sizeof *a);
    pthread_mutex_init(&a->lock, NULL);
    snprintf(url, sizeof url, "ipc://%s/var/run/query.ipc", x->dir);
    ck_assert_msg(sg_rpc_client_open(&a->client, url, &e) == 0, "%s", e.text);
    ck_assert_msg(test_asker_health(a, NULL, NULL, NULL), "the query server does not answer");
    for (int i = 0; i < TEST_ASKERS; i++) {
        struct turn *t = calloc(1, sizeof *t);
        *t = (struct turn){.a = a, .random = (uint64_t)sg_wall_us() + (uint64_t)i};
        ck_assert_int_eq(pthread_create(&a->threads[i], NULL, ask_on, t), 0);
    }
}

void test_asker_stop(struct test_asker *a, const char *what)
{
    test_asker_wait(a, MIN_ANSWERS, 2 * PATIENCE_US);
    atomic_store(&a->stop, true);
    for (int i = 0; i < TEST_ASKERS; i++)
        pthread_join(a->threads[i], NULL);
    sg_rpc_client_close(a->client);
    pthread_mutex_destroy(&a->lock);
    fprintf(stderr,
            "%s: %lu answers right, %lu calls failed, slowest %.0f ms, of %zu generations\n", what,
            atomic_load(&a->answers), atomic_load(&a->errors),
            (double)atomic_load(&a->slowest_us) / 1e3, a->n_generations);
    ck_assert_msg(!a->failure[0], "%s: %s", what, a->failure);
    ck_assert_uint_ge(atomic_load(&a->answers), MIN_ANSWERS);
}

bool test_asker_wait(struct test_asker *a, unsigned long answers, int64_t us)
{
    unsigned long until = atomic_load(&a->answers) + answers;
    int64_t end = sg_now_us() + us;
    while (atomic_load(&a->answers) < until && sg_now_us() < end)
        sg_sleep_us(2000);
    return atomic_load(&a->answers) >= until;
}
