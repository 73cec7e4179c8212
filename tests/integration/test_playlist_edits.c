/* test_playlist_edits.c - people who edit one list at the same time, each through an API process
 * of their own, and see each other's edits live: whatever they do, all have the same list in the
 * end and nothing is lost. SEGUE_EDITS: how many edits each makes (300; 5,000 for the full run).
 */
#include "api/accounts/jws.h"
#include "core/clock.h"
#include "tests/support/account.h"
#include "tests/support/events.h"
#include "tests/support/http.h"
#include "tests/support/indexer.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { OWNER = 1, EDITOR, VIEWER, STRANGER, SONGS = 50, ITEMS_MAX = 40000, PENDING_MAX = 20000 };

static struct test_indexer x;
static struct test_pg *pg;
static PGconn *db;
static pid_t apis[2];
static int ports[2];
static char tokens[5][4096];
static long long playlist;

/* One person's copy of the list, kept from answers and events alone. */
struct client {
    int who, port;
    uint64_t seed, snapshot;
    struct copy {
        uint64_t item_id, song_id;
        char position[300];
    } * items;
    size_t n;
    json_t **pending;               /* deltas not yet applied, by snapshot - 1 */
    unsigned char *added, *removed; /* by item id: what was acknowledged */
    struct test_events events;
    size_t reloads, applied, edits, refused;
    char why[400]; /* "": all went well */
    char *said;
};

static uint64_t below(struct client *c, uint64_t n)
{
    c->seed = c->seed * 6364136223846793005u + 1442695040888963407u;
    return (c->seed >> 33) % n;
}

#define SAID_MAX (2u << 20)

static json_t *ask(struct client *c, const char *method, const char *path, const char *body,
                   int *status)
{
    *status = test_http(c->port, method, path, tokens[c->who], body, c->said, SAID_MAX);
    const char *head = strstr(c->said, "\r\n\r\n");
    return head ? json_loads(head + 4, 0, NULL) : NULL;
}

static uint64_t number(const json_t *o, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(o, name));
}

static size_t find(const struct client *c, uint64_t item_id)
{
    size_t i = 0;
    while (i < c->n && c->items[i].item_id != item_id)
        i++;
    return i;
}

static void put(struct client *c, const json_t *item)
{
    size_t i = find(c, number(item, "item_id"));
    struct copy *at = &c->items[i];
    c->n += i == c->n;
    at->item_id = number(item, "item_id");
    at->song_id = number(item, "song_id");
    snprintf(at->position, sizeof at->position, "%s",
             json_string_value(json_object_get(item, "position")));
}

static void apply(struct client *c, const json_t *delta)
{
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(delta, "removed"), i, v)
    {
        size_t at = find(c, (uint64_t)json_integer_value(v));
        if (at < c->n)
            c->items[at] = c->items[--c->n];
    }
    json_array_foreach(json_object_get(delta, "items"), i, v) put(c, v);
    c->applied++;
}

/* In the order of the snapshots, whichever way and order they come. */
static void hear(struct client *c, const json_t *delta)
{
    uint64_t snapshot = number(delta, "snapshot_id");
    if (snapshot <= c->snapshot || snapshot >= PENDING_MAX ||
        number(delta, "from_snapshot_id") == snapshot) /* what it named was gone */
        return;
    if (!c->pending[snapshot])
        c->pending[snapshot] = json_deep_copy(delta);
    while (c->pending[c->snapshot + 1]) {
        c->snapshot++;
        apply(c, c->pending[c->snapshot]);
        json_decref(c->pending[c->snapshot]);
        c->pending[c->snapshot] = NULL;
    }
}

/* The list as it is now, page by page; later deltas bring what changed between the pages. */
static bool reload(struct client *c)
{
    char path[700], cursor[400] = "";
    uint64_t first = 0;
    bool begun = false;
    c->n = 0;
    do {
        int status;
        snprintf(path, sizeof path, "/api/v1/playlists/%lld/songs?limit=100%s%s", playlist,
                 *cursor ? "&cursor=" : "", cursor);
        json_t *page = ask(c, "GET", path, NULL, &status), *item;
        if (status != 200) {
            snprintf(c->why, sizeof c->why, "reload: %d", status);
            return false;
        }
        if (!begun)
            first = number(page, "snapshot_id");
        begun = true;
        size_t i;
        json_array_foreach(json_object_get(page, "songs"), i, item) put(c, item);
        const char *next = json_string_value(json_object_get(page, "next_cursor"));
        snprintf(cursor, sizeof cursor, "%s", next ? next : "");
        json_decref(page);
    } while (*cursor);
    c->snapshot = first;
    c->reloads++;
    return true;
}

static bool take_events(struct client *c, int timeout_ms)
{
    while (test_events_next(&c->events, timeout_ms)) {
        json_t *data = json_loads(c->events.data.p, 0, NULL);
        bool good = true;
        if (strcmp(c->events.event, "change") == 0)
            hear(c, data);
        else if (strcmp(c->events.event, "reload") == 0 && c->events.id > c->snapshot)
            good = reload(c);
        json_decref(data);
        if (!good)
            return false;
        timeout_ms = 0;
    }
    if (c->events.ended)
        snprintf(c->why, sizeof c->why, "the events ended");
    return !*c->why;
}

static void acknowledge(struct client *c, const json_t *delta)
{
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(delta, "items"), i, v)
        c->added[number(v, "item_id") % ITEMS_MAX] = 1;
    json_array_foreach(json_object_get(delta, "removed"), i, v)
        c->removed[(uint64_t)json_integer_value(v) % ITEMS_MAX] = 1;
    hear(c, delta);
}

static uint64_t any_item(struct client *c)
{
    return c->n ? c->items[below(c, c->n)].item_id : 0;
}

static void place(struct client *c, char *out, size_t cap)
{
    uint64_t beside = any_item(c), way = below(c, 4);
    if (!beside || way == 0)
        out[0] = '\0';
    else if (way == 1)
        snprintf(out, cap, ",\"index\":%llu", (unsigned long long)below(c, c->n + 1));
    else
        snprintf(out, cap, ",\"%s_item_id\":%llu", way == 2 ? "before" : "after",
                 (unsigned long long)beside);
}

/* One operation as it comes to mind; most lists stay at some hundred songs. */
static void think(struct client *c, char *out, size_t cap)
{
    char where[80];
    uint64_t what = below(c, 10), one = any_item(c), two = any_item(c);
    place(c, where, sizeof where);
    if (!one || what < (c->n < 150 ? 5 : 3))
        snprintf(out, cap, "{\"op\":\"add\",\"song_ids\":[%llu,%llu]%s}",
                 (unsigned long long)below(c, SONGS) + 1, (unsigned long long)below(c, SONGS) + 1,
                 where);
    else if (what < 7)
        snprintf(out, cap, "{\"op\":\"move\",\"item_ids\":[%llu]%s}", (unsigned long long)one,
                 where);
    else
        snprintf(out, cap, "{\"op\":\"remove\",\"item_ids\":[%llu,%llu]}", (unsigned long long)one,
                 (unsigned long long)two);
}

static bool edit(struct client *c)
{
    char path[100], body[1000], operations[2][300];
    int status, again = 1 + (below(c, 20) == 0);
    bool two = below(c, 3) == 0;
    think(c, operations[0], sizeof operations[0]);
    think(c, operations[1], sizeof operations[1]);
    snprintf(path, sizeof path, "/api/v1/playlists/%lld/changes", playlist);
    snprintf(body, sizeof body,
             "{\"operation_id\":\"%d-%zu\",\"snapshot_id\":%llu,\"operations\":[%s%s%s]}", c->who,
             c->edits, (unsigned long long)c->snapshot, operations[0], two ? "," : "",
             two ? operations[1] : "");
    for (int i = 0; i < again; i++) { /* sent twice it is done once */
        json_t *delta = ask(c, "POST", path, body, &status);
        if (status == 200)
            acknowledge(c, delta);
        /* Put beside itself: nothing was done. */
        else if (status == 400 && strstr(c->said, "beside itself"))
            c->refused++;
        else
            snprintf(c->why, sizeof c->why, "%.200s: %d %.150s", body, status, c->said + 9);
        json_decref(delta);
    }
    c->edits++;
    return !*c->why;
}

static size_t edits_wanted(void)
{
    const char *n = getenv("SEGUE_EDITS");
    return n ? strtoul(n, NULL, 10) : 300;
}

static void *work(void *ctx)
{
    struct client *c = ctx;
    size_t n = edits_wanted();
    while (c->edits < n && take_events(c, 0) && edit(c))
        ;
    return NULL;
}

static atomic_bool over;

/* Reads all the time, as a page does: what is told to who does not is bounded by the machine. */
static void *look_on(void *ctx)
{
    while (!over && take_events(ctx, 100))
        ;
    return NULL;
}

static void start(struct client *c, int who, int port)
{
    char path[100];
    int status;
    *c = (struct client){.who = who, .port = port, .seed = (uint64_t)who * 977, .snapshot = 1};
    c->items = calloc(ITEMS_MAX, sizeof *c->items);
    c->pending = calloc(PENDING_MAX + 1, sizeof(json_t *));
    c->added = calloc(ITEMS_MAX, 1);
    c->removed = calloc(ITEMS_MAX, 1);
    c->said = malloc(SAID_MAX);
    snprintf(path, sizeof path, "/api/v1/playlists/%lld/events?snapshot_id=1", playlist);
    json_decref(ask(c, "GET", "/health", NULL, &status));
    test_events_open(&c->events, port, path, tokens[who]);
    ck_assert_int_eq(c->events.status, 200);
}

static void stop(struct client *c)
{
    for (size_t i = 0; i <= PENDING_MAX; i++)
        json_decref(c->pending[i]);
    test_events_close(&c->events);
    free(c->items);
    free(c->pending);
    free(c->added);
    free(c->removed);
    free(c->said);
}

static int by_position(const void *a, const void *b)
{
    return strcmp(((const struct copy *)a)->position, ((const struct copy *)b)->position);
}

/* "item:song:position item:song:position ..." */
static char *text_of(struct client *c)
{
    struct sg_buf b = {0};
    qsort(c->items, c->n, sizeof *c->items, by_position);
    for (size_t i = 0; i < c->n; i++)
        sg_buf_printf(&b, "%s%llu:%llu:%s", i ? " " : "", (unsigned long long)c->items[i].item_id,
                      (unsigned long long)c->items[i].song_id, c->items[i].position);
    sg_buf_put(&b, "", 1);
    return b.p;
}

/* Lists are longer than check's messages. */
static void must_be_same(const char *whose, const char *list, const char *truth)
{
    size_t i = 0;
    while (list[i] && list[i] == truth[i])
        i++;
    size_t from = i > 60 ? i - 60 : 0;
    ck_assert_msg(list[i] == truth[i], "%s, from %zu of %zu and %zu: ...%.150s\nnot ...%.150s",
                  whose, from, strlen(list), strlen(truth), list + from, truth + from);
}

static void catch_up(struct client *c, uint64_t snapshot)
{
    for (int i = 0; i < 600 && c->snapshot < snapshot; i++)
        ck_assert_msg(take_events(c, 200), "%s", c->why);
    ck_assert_uint_eq(c->snapshot, snapshot);
}

static void must_be_what_was_acknowledged(struct client *a, struct client *b)
{
    size_t expected = 0;
    for (size_t id = 0; id < ITEMS_MAX; id++)
        expected += (a->added[id] || b->added[id]) && !(a->removed[id] || b->removed[id]);
    ck_assert_uint_eq(expected, a->n);
    for (size_t i = 0; i < a->n; i++) {
        size_t id = a->items[i].item_id;
        ck_assert(a->added[id] || b->added[id]);
        ck_assert(!a->removed[id] && !b->removed[id]);
    }
}

static void start_apis(void)
{
    static struct test_indexer other;
    for (int i = 0; i < 2; i++) {
        char settings[300];
        struct test_indexer *at = i ? &other : &x;
        ports[i] = test_free_port();
        snprintf(settings, sizeof settings, "api.port = %d\napi.limits = off\n" TEST_PATIENT,
                 ports[i]);
        test_indexer_init(at, pg, NULL, settings);
        if (i) { /* the same keys, so that a token is good at both */
            char command[400];
            snprintf(command, sizeof command, "cp -a %s/var %s/", x.dir, other.dir);
            ck_assert_int_eq(system(command), 0);
        } else {
            mkdir(test_path(x.dir, "var"), 0700);
            for (int who = OWNER; who <= STRANGER; who++)
                snprintf(tokens[who], sizeof tokens[who], "%s",
                         test_authorization(test_path(x.dir, "var"), (uint64_t)who, SG_ROLE_USER,
                                            SG_FREE));
        }
    }
    apis[0] = test_program_spawn(&x, "segue-api", (const char *const[]){"serve", NULL});
    apis[1] = test_program_spawn(&other, "segue-api", (const char *const[]){"serve", NULL});
}

static void setup_all(void)
{
    pg = test_pg_start_migrated("wal_level = logical\nmax_replication_slots = 10\n");
    db = test_pg_connect(pg);
    test_pg_sql(db, "INSERT INTO users (user_id, email, display_name) "
                    "SELECT i, 'u' || i, 'User ' || i FROM generate_series(1, 4) i");
    test_pg_sql(db, "INSERT INTO artists (artist_id, name) VALUES (1, 'Queen')");
    test_pg_sql(db,
                "INSERT INTO songs (artist_id, song_id, title) SELECT 1, i, 'Song ' || i FROM "
                "generate_series(1, %d) i",
                SONGS);
    test_pg_sql(db, "INSERT INTO playlists (user_id, playlist_id, name) VALUES (1, 1000, 'Ours')");
    test_pg_sql(db, "INSERT INTO playlist_state (user_id, playlist_id, snapshot_id) VALUES (1, "
                    "1000, 1)");
    test_pg_sql(db, "INSERT INTO playlist_collaborators (user_id, playlist_id, collaborator_id, "
                    "role) VALUES (1, 1000, 2, 'editor'), (1, 1000, 3, 'viewer')");
    PQfinish(db);
    playlist = 1000;
    start_apis();
}

static void teardown_all(void)
{
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(test_stop(apis[i]), 0);
    }
}

static void setup(void)
{
    db = test_pg_connect(pg);
}

static void teardown(void)
{
    PQfinish(db);
}

START_TEST(two_editors_and_who_looks_on_end_with_the_same_list_and_nothing_is_lost)
{
    struct client a, b, watcher, server;
    pthread_t other, looking;
    start(&a, OWNER, ports[0]);
    start(&b, EDITOR, ports[1]);
    start(&watcher, VIEWER, ports[1]);
    ck_assert_int_eq(pthread_create(&looking, NULL, look_on, &watcher), 0);
    ck_assert_int_eq(pthread_create(&other, NULL, work, &b), 0);
    work(&a);
    pthread_join(other, NULL);
    over = true;
    pthread_join(looking, NULL);
    ck_assert_msg(!*a.why && !*b.why && !*watcher.why, "%s / %s / %s", a.why, b.why, watcher.why);
    start(&server, OWNER, ports[0]);
    ck_assert(reload(&server));
    catch_up(&a, server.snapshot);
    catch_up(&b, server.snapshot);
    catch_up(&watcher, server.snapshot);
    char *truth = text_of(&server), *of_a = text_of(&a), *of_b = text_of(&b),
         *of_watcher = text_of(&watcher);
    must_be_same("the owner's", of_a, truth);
    must_be_same("the editor's", of_b, truth);
    must_be_same("the viewer's", of_watcher, truth);
    must_be_what_was_acknowledged(&a, &b);
    printf("%zu edits, %zu songs at the end, %zu and %zu reloads, %zu put beside themselves\n",
           a.edits + b.edits, a.n, a.reloads, b.reloads, a.refused + b.refused);
    free(truth), free(of_a), free(of_b), free(of_watcher);
    stop(&a), stop(&b), stop(&watcher), stop(&server);
}
END_TEST

static int status_of(struct client *c, const char *method, const char *rest, const char *body)
{
    char path[200];
    int status;
    snprintf(path, sizeof path, "/api/v1/playlists/%lld%s", playlist, rest);
    json_decref(ask(c, method, path, body, &status));
    return status;
}

START_TEST(who_is_no_longer_let_in_hears_no_more)
{
    struct client owner, viewer;
    start(&owner, OWNER, ports[0]);
    start(&viewer, VIEWER, ports[1]);
    ck_assert(test_events_next(&viewer.events, 60000));
    ck_assert_str_eq(viewer.events.event, "here");
    ck_assert_int_eq(status_of(&owner, "DELETE", "/collaborators/3", NULL), 204);
    while (test_events_next(&viewer.events, 60000) && strcmp(viewer.events.event, "gone"))
        ;
    ck_assert_str_eq(viewer.events.event, "gone");
    ck_assert(!test_events_next(&viewer.events, 60000));
    ck_assert(viewer.events.ended);
    ck_assert_int_eq(status_of(&viewer, "GET", "/events", NULL), 404);
    stop(&owner), stop(&viewer);
}
END_TEST

/* Of the token: its payload's sid. */
static long long login_of(int who)
{
    struct sg_arena a = {0};
    const char *from = strchr(tokens[who], '.') + 1;
    struct sg_str payload =
        sg_base64url_read((struct sg_str){from, (size_t)(strchr(from, '.') - from)}, &a);
    json_t *claims = json_loadb(payload.p, payload.n, 0, NULL);
    long long sid = json_integer_value(json_object_get(claims, "sid"));
    json_decref(claims);
    sg_arena_free(&a);
    return sid;
}

START_TEST(who_logs_out_hears_no_more)
{
    struct client stranger, owner;
    test_pg_sql(db, "UPDATE playlists SET is_public = true");
    start(&owner, OWNER, ports[1]);
    start(&stranger, STRANGER, ports[1]);
    ck_assert(test_events_next(&stranger.events, 60000));
    ck_assert_str_eq(stranger.events.event, "here");
    ck_assert_int_ne(login_of(STRANGER), 0);
    test_pg_sql(db,
                "INSERT INTO revoked_sessions VALUES (%lld, clock_timestamp(), now() + "
                "interval '15 minutes')",
                login_of(STRANGER));
    while (test_events_next(&stranger.events, 60000))
        ;
    ck_assert(stranger.events.ended);
    ck_assert_int_eq(status_of(&stranger, "GET", "/events", NULL), 401);
    ck_assert(!owner.events.ended);
    ck_assert_int_eq(status_of(&owner, "POST", "/songs", "{\"song_id\":1}"), 200);
    while (test_events_next(&owner.events, 60000) && strcmp(owner.events.event, "change"))
        ;
    ck_assert_str_eq(owner.events.event, "change");
    test_pg_sql(db, "UPDATE playlists SET is_public = false");
    stop(&owner), stop(&stranger);
}
END_TEST

START_TEST(strangers_hear_of_a_public_list_what_changed_and_not_who_did_it)
{
    struct client owner, stranger;
    start(&owner, OWNER, ports[0]);
    ck_assert_int_eq(status_of(&owner, "PATCH", "", "{\"is_public\":true}"), 200);
    start(&stranger, STRANGER, ports[1]);
    ck_assert(test_events_next(&stranger.events, 60000)); /* she is there */
    ck_assert_str_eq(stranger.events.event, "here");
    ck_assert_int_eq(status_of(&owner, "POST", "/songs", "{\"song_id\":7,\"operation_id\":\"o\"}"),
                     200);
    bool heard = false;
    while (!heard && test_events_next(&stranger.events, 60000)) {
        ck_assert(!strstr(stranger.events.data.p, "changed_by"));
        heard = strstr(stranger.events.data.p, "\"song_id\":7") != NULL;
    }
    ck_assert(heard);
    ck_assert_int_eq(status_of(&owner, "PATCH", "", "{\"is_public\":false}"), 200);
    while (test_events_next(&stranger.events, 60000) && strcmp(stranger.events.event, "gone"))
        ;
    ck_assert_str_eq(stranger.events.event, "gone");
    stop(&owner), stop(&stranger);
}
END_TEST

START_TEST(who_comes_back_goes_on_or_is_told_to_read_again)
{
    struct client owner;
    struct test_events again;
    char headers[4200];
    start(&owner, OWNER, ports[0]);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(status_of(&owner, "POST", "/songs", "{\"song_id\":1}"), 200);
    uint64_t last = strtoull(test_pg_sql(db, "SELECT snapshot_id FROM playlist_state"), NULL, 10);
    snprintf(headers, sizeof headers, "%sLast-Event-ID: %llu\r\n", tokens[OWNER],
             (unsigned long long)last - 2);
    test_events_open(&again, ports[1], "/api/v1/playlists/1000/events", headers);
    ck_assert(test_events_next(&again, 60000));
    ck_assert_str_eq(again.event, "here");
    ck_assert(test_events_next(&again, 60000) && again.id == last - 1);
    ck_assert(test_events_next(&again, 60000) && again.id == last);
    test_events_close(&again);
    test_pg_sql(db, "DELETE FROM playlist_changes WHERE snapshot_id < %llu",
                (unsigned long long)last);
    test_events_open(&again, ports[1], "/api/v1/playlists/1000/events", headers);
    ck_assert(test_events_next(&again, 60000));
    ck_assert(test_events_next(&again, 60000));
    ck_assert_str_eq(again.event, "reload");
    ck_assert_uint_eq(again.id, last);
    test_events_close(&again);
    stop(&owner);
}
END_TEST

/* More than a stream holds: it is not cut off for what it was told at once. */
START_TEST(who_missed_much_is_told_to_read_again)
{
    struct test_events far;
    char headers[4200];
    uint64_t last = strtoull(test_pg_sql(db, "SELECT snapshot_id FROM playlist_state"), NULL, 10);
    snprintf(headers, sizeof headers, "%sLast-Event-ID: %llu\r\n", tokens[OWNER],
             (unsigned long long)last);
    test_pg_sql(
        db,
        "INSERT INTO playlist_changes (user_id, playlist_id, snapshot_id, added_by, change) "
        "SELECT 1, 1000, %llu + i, 1, '{\"operation_id\":\"' || repeat('x', 2000) || '\"}' "
        "FROM generate_series(1, 150) i",
        (unsigned long long)last);
    test_pg_sql(db, "UPDATE playlist_state SET snapshot_id = snapshot_id + 150");
    test_events_open(&far, ports[1], "/api/v1/playlists/1000/events", headers);
    ck_assert(test_events_next(&far, 60000));
    ck_assert_str_eq(far.event, "here");
    ck_assert(test_events_next(&far, 60000));
    ck_assert_str_eq(far.event, "reload");
    ck_assert_uint_eq(far.id, last + 150);
    test_events_close(&far);
}
END_TEST

/* A place that no list can be at: told to read again, and others go on hearing. */
START_TEST(an_impossible_place_is_refused_and_keeps_nobody_waiting)
{
    static const char *const places[] = {"9223372036854775808", "18446744073709551615", "-1", "x"};
    struct test_events far;
    struct client editor;
    char headers[5000], said[4096];
    test_pg_sql(db, "INSERT INTO playlists (user_id, playlist_id, name) VALUES (1, 900, 'Lower')");
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(headers, sizeof headers, "%sLast-Event-ID: %s\r\n", tokens[OWNER], places[i]);
        ck_assert_int_eq(test_http(ports[1], "GET", "/api/v1/playlists/900/events", headers, NULL,
                                   said, sizeof said),
                         400);
    }
    snprintf(headers, sizeof headers, "%sLast-Event-ID: 9223372036854775807\r\n", tokens[OWNER]);
    test_events_open(&far, ports[1], "/api/v1/playlists/900/events", headers);
    start(&editor, EDITOR, ports[1]);
    ck_assert(test_events_next(&editor.events, 60000));
    ck_assert_str_eq(editor.events.event, "here");
    ck_assert(test_events_next(&far, 60000) && test_events_next(&far, 60000));
    ck_assert_str_eq(far.event, "reload");
    test_events_close(&far);
    stop(&editor);
    test_pg_sql(db, "DELETE FROM playlists WHERE playlist_id = 900");
}
END_TEST

/* What is kept of a playlist in one process is forgotten when another changes it. */
START_TEST(one_process_shows_what_another_wrote)
{
    struct client here, there;
    char name[60];
    start(&here, OWNER, ports[0]);
    start(&there, EDITOR, ports[1]);
    for (int i = 0; i < 5; i++) {
        bool shown = false;
        ck_assert_int_eq(status_of(&there, "GET", "", NULL), 200);
        snprintf(name, sizeof name, "{\"name\":\"Name %d\"}", i);
        ck_assert_int_eq(status_of(&here, "PATCH", "", name), 200);
        snprintf(name, sizeof name, "\"Name %d\"", i);
        ck_assert_int_eq(status_of(&here, "GET", "", NULL), 200);
        ck_assert(strstr(here.said, name)); /* one's own write at once */
        for (int k = 0; k < 1200 && !shown; k++) {
            ck_assert_int_eq(status_of(&there, "GET", "", NULL), 200);
            shown = strstr(there.said, name) != NULL;
            sg_sleep_us(shown ? 0 : 50000);
        }
        ck_assert(shown);
    }
    stop(&here), stop(&there);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("playlist_edits");
    TCase *t = tcase_create("playlist_edits");
    tcase_set_timeout(t, 600);
    tcase_add_unchecked_fixture(t, setup_all, teardown_all);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, two_editors_and_who_looks_on_end_with_the_same_list_and_nothing_is_lost);
    tcase_add_test(t, who_is_no_longer_let_in_hears_no_more);
    tcase_add_test(t, strangers_hear_of_a_public_list_what_changed_and_not_who_did_it);
    tcase_add_test(t, one_process_shows_what_another_wrote);
    tcase_add_test(t, who_comes_back_goes_on_or_is_told_to_read_again);
    tcase_add_test(t, who_missed_much_is_told_to_read_again);
    tcase_add_test(t, an_impossible_place_is_refused_and_keeps_nobody_waiting);
    tcase_add_test(t, who_logs_out_hears_no_more); /* the last: the token is spent */
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
