/* test_recommend.c - whatever a listener did, and whichever way an answer comes: the filters
 * hold, no song comes twice, the page is full; and what was just done shows. Every song is judged
 * here by the world it was made from (tests/support/model.h), not by the recommender's files.
 */
#include "core/clock.h"
#include "recsys/akin.h"
#include "recsys/mixes.h"
#include "recsys/radio.h"
#include "tests/support/model.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static struct test_model_shape shape = TEST_MODEL_SMALL;
static struct sg_model *model;
static struct sg_charts *charts;
static struct sg_trends *trends;
static struct sg_arena arena;
static const int64_t day_us = 86400ll * 1000000, now = TEST_MODEL_NOW;

static struct sg_trends *take(void *ctx)
{
    (void)ctx;
    return trends;
}

static void give(void *ctx)
{
    (void)ctx;
}

static void setup(void)
{
    struct sg_charts_source source = {take, give, NULL};
    model = test_model_open(&shape);
    ck_assert_int_eq(sg_trends_new(&trends, 86400, NULL), 0);
    for (size_t s = 0; s < 60; s++)
        for (size_t k = 0; k < 60 - s; k++)
            ck_assert_int_eq(sg_trends_play(trends, test_song_id(s * 3), sg_region(SG_STR("SE")),
                                            sg_wall_us(), NULL),
                             0);
    ck_assert_int_eq(sg_charts_open(&charts, &source, NULL), 0);
}

static void teardown(void)
{
    sg_charts_close(charts);
    sg_trends_free(trends);
    sg_models_give(model);
    sg_arena_free(&arena);
}

/* A listener made of chance, who lives in the world. */
struct listener {
    struct sg_person person;
    struct sg_person_play plays[SG_PERSON_PLAYS];
    struct sg_person_song songs[400];
    uint64_t ids[SG_PERSON_LISTS][64];
    uint64_t queue[10], unwanted[30];
    struct sg_occasion o;
};

static int by_id(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int by_song(const void *a, const void *b)
{
    return by_id(&((const struct sg_person_song *)a)->song_id,
                 &((const struct sg_person_song *)b)->song_id);
}

static void hear(struct listener *l, size_t s, int64_t at_us, bool skip)
{
    struct sg_person *p = &l->person;
    size_t i = 0;
    while (i < p->n_songs && l->songs[i].song_id != test_song_id(s))
        i++;
    if (i == p->n_songs)
        l->songs[p->n_songs++] = (struct sg_person_song){test_song_id(s), at_us, 0, 0};
    l->songs[i].last_us = at_us > l->songs[i].last_us ? at_us : l->songs[i].last_us;
    l->songs[i].plays += !skip;
    l->songs[i].skips += skip;
    memmove(l->plays + 1, l->plays, sizeof l->plays - sizeof *l->plays);
    l->plays[0] = (struct sg_person_play){test_song_id(s), at_us, skip ? 5 : 180};
    p->n_plays += p->n_plays < SG_PERSON_PLAYS;
    qsort(l->songs, p->n_songs, sizeof *l->songs, by_song);
}

static void say(struct listener *l, enum sg_person_list list, uint64_t id)
{
    struct sg_ids *ids = &l->person.lists[list];
    if (sg_ids_hold(*ids, id))
        return;
    ck_assert_uint_lt(ids->n, 64);
    l->ids[list][ids->n++] = id;
    qsort(l->ids[list], ids->n, sizeof *l->ids[list], by_id);
}

static void listener_init(struct listener *l, uint64_t user)
{
    *l = (struct listener){.person = {.user_id = user, .known = true}};
    l->person.plays = l->plays;
    l->person.songs = l->songs;
    for (int i = 0; i < SG_PERSON_LISTS; i++)
        l->person.lists[i].v = l->ids[i];
    l->o = (struct sg_occasion){.model = model,
                                .charts = charts,
                                .person = &l->person,
                                .now_us = now,
                                .heard_days = 30,
                                .new_days = 60,
                                .decay_days = 180,
                                .hour = -1,
                                .arena = &arena};
}

static void listener_by_chance(struct listener *l, uint64_t seed)
{
    uint64_t r = test_model_random(seed);
    listener_init(l, 1 + r % shape.users);
    size_t n = r >> 8 & 3 ? (r >> 10) % 200 : 0; /* some did nothing yet */
    for (size_t i = 0; i < n; i++) {
        uint64_t x = test_model_random(seed * 1000 + i);
        hear(l, test_play_of(&shape, l->person.user_id, i),
             now - (int64_t)((n - i) * (x % 40)) * day_us / 60 - 1000000,
             x >> 8 & 7 ? false : true);
    }
    for (size_t i = 0; i < (r >> 20) % 20; i++) {
        uint64_t x = test_model_random(seed * 77 + i);
        static const enum sg_person_list of[] = {SG_PERSON_LIKES, SG_PERSON_DISLIKES,
                                                 SG_PERSON_NOT_INTERESTED};
        say(l, of[x % 3], test_song_id((x >> 4) % 300));
        if (x >> 40 & 1)
            say(l, SG_PERSON_HIDDEN, 10 + (x >> 20) % shape.artists);
        else
            say(l, SG_PERSON_FOLLOWED, 10 + (x >> 20) % shape.artists);
    }
    for (size_t i = 0; i < 10; i++)
        l->queue[i] = test_song_id(test_model_random(seed + i) % 200);
    for (size_t i = 0; i < 30; i++)
        l->unwanted[i] = test_song_id(test_model_random(seed + 100 + i) % 400);
    l->o.clean = r >> 30 & 1;
    l->o.region = r >> 31 & 1 ? sg_region(SG_STR("SE")) : r >> 32 & 1 ? sg_region(SG_STR("US")) : 0;
    l->o.hour = r >> 33 & 1 ? (int)(r >> 34) % 24 : -1;
    l->o.device = r >> 40 & 1 ? SG_DEVICE_SHARED : SG_DEVICE_OWN;
    l->o.queue = (struct sg_ids){l->queue, (r >> 41) % 11};
    l->o.leave_out = (struct sg_ids){l->unwanted, (r >> 45) % 31};
}

static bool is_among(struct sg_ids ids, uint64_t id)
{
    for (size_t i = 0; i < ids.n; i++)
        if (ids.v[i] == id)
            return true;
    return false;
}

/* By the world alone. */
static const char *forbidden(const struct listener *l, size_t s)
{
    const struct sg_person *p = &l->person;
    uint64_t id = test_song_id(s), guest = 10 + (s + 1) % shape.artists;
    unsigned se = sg_region(SG_STR("SE"));
    for (size_t i = 0; i < p->n_songs; i++)
        if (l->songs[i].song_id == id && l->songs[i].last_us >= now - l->o.heard_days * day_us)
            return "heard";
    if (is_among(p->lists[SG_PERSON_DISLIKES], id))
        return "disliked";
    if (is_among(p->lists[SG_PERSON_NOT_INTERESTED], id))
        return "not of interest";
    if (is_among(p->lists[SG_PERSON_HIDDEN], test_artist_of(&shape, s)))
        return "by a hidden artist";
    if (s % 5 == 0 && is_among(p->lists[SG_PERSON_HIDDEN], guest))
        return "with a hidden artist";
    if (l->o.clean && s % 7 == 3)
        return "explicit";
    if ((s % 11 == 5 && l->o.region && l->o.region != se) || (s % 11 == 6 && l->o.region == se))
        return "not to be had there";
    if (test_is_unreleased(s))
        return "not out yet";
    if (is_among(l->o.queue, id) || is_among(l->o.leave_out, id))
        return "in the queue, or unwanted";
    return NULL;
}

static void check_page(const struct listener *l, const char *path,
                       const struct sg_recommendation *v, int n, size_t limit)
{
    ck_assert_msg(n == (int)limit, "%s: %d of %zu songs", path, n, limit);
    for (int i = 0; i < n; i++) {
        size_t s = test_song_of(v[i].song_id);
        ck_assert_msg(s < shape.songs && test_song_id(s) == v[i].song_id, "%s: no song", path);
        const char *why = forbidden(l, s);
        ck_assert_msg(!why, "%s: song %zu is %s", path, s, why);
        for (int k = 0; k < i; k++)
            ck_assert_msg(v[k].song_id != v[i].song_id, "%s: song %zu twice", path, s);
    }
}

static void check_mixes(struct listener *l)
{
    struct sg_mix mixes[SG_MIXES_MAX];
    struct sg_recommendation all[SG_MIXES_MAX * 15];
    struct sg_error e = SG_ERROR_INIT;
    size_t k = 0;
    int n = sg_mixes_of(&l->o, SG_MIXES_MAX, 15, mixes, &e);
    ck_assert_msg(n >= 0, "%s", e.text);
    for (int i = 0; i < n; i++) {
        ck_assert(mixes[i].n_artists > 0);
        check_page(l, "mix", mixes[i].songs, (int)mixes[i].n, 15);
        memcpy(all + k, mixes[i].songs, mixes[i].n * sizeof *all);
        k += mixes[i].n;
    }
    check_page(l, "mixes", all, (int)k, k);
}

START_TEST(filters_hold_and_the_page_is_full_on_every_path)
{
    struct listener *l = malloc(sizeof *l);
    struct sg_recommendation v[100];
    struct sg_error e = SG_ERROR_INIT;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        listener_by_chance(l, seed);
        size_t limit = 1 + test_model_random(seed + 9) % 60;
        struct sg_compose_options c = {.limit = limit}, quick = {.limit = limit, .quick = true};
        struct sg_basis basis[] = {{(uint32_t)(test_model_random(seed) % shape.songs), 1, 0},
                                   {(uint32_t)(test_model_random(seed + 1) % shape.songs), 1, 0}};
        check_page(l, "for person", v, sg_compose_for_person(&l->o, &c, v, &e), limit);
        check_page(l, "new", v, sg_compose_new(&l->o, &c, v, &e), limit);
        check_page(l, "with songs", v, sg_compose_with_songs(&l->o, basis, 2, &c, v, &e), limit);
        check_page(l, "similar", v, sg_compose_with_songs(&l->o, basis, 1, &quick, v, &e), limit);
        check_page(l, "trending", v, sg_compose_trending(&l->o, 0, limit, v, &e), limit);
        check_page(l, "trending in a genre", v, sg_compose_trending(&l->o, 2, limit, v, &e), limit);
        if (seed % 10 == 0)
            check_mixes(l);
        sg_arena_reset(&arena);
    }
    free(l);
}
END_TEST

/* Pages through the cursor's text, as a client does. */
START_TEST(a_radio_never_repeats_whoever_listens)
{
    enum { PAGES = 50, LIMIT = 19 };
    struct listener *l = malloc(sizeof *l);
    struct sg_radio_state *s = calloc(1, sizeof *s);
    struct sg_recommendation *all = calloc(PAGES * LIMIT, sizeof *all);
    struct sg_error e = SG_ERROR_INIT;
    for (uint64_t seed = 500; seed < 502; seed++) {
        listener_by_chance(l, seed);
        l->o.heard_days = 1;
        l->o.region = 0;
        l->o.clean = false;
        *s = (struct sg_radio_state){.seed = (uint32_t)seed, .n_seeds = 1};
        s->seeds[0] = (struct sg_seed){SG_SEED_ARTIST, 10 + seed % shape.artists};
        for (int page = 0; page < PAGES; page++) {
            struct sg_basis basis[SG_SEED_SONGS];
            size_t n = sg_seed_songs(model, s->seeds[0], basis, 0);
            ck_assert_uint_gt(n, 0);
            int k = sg_radio_next(&l->o, s, basis, n, LIMIT, all + page * LIMIT, &e);
            ck_assert_msg(k == LIMIT, "page %d: %d %s", page, k, e.text);
            struct sg_str text = sg_cursor_write(s, &arena);
            ck_assert_uint_le(text.n, SG_CURSOR_TEXT);
            ck_assert_msg(sg_cursor_read(text, s, &e) == 0, "%s", e.text);
            sg_arena_reset(&arena);
        }
        check_page(l, "radio", all, PAGES * LIMIT, PAGES * LIMIT);
    }
    free(all);
    free(s);
    free(l);
}
END_TEST

static int count_artist(const struct sg_recommendation *v, int n, uint64_t artist)
{
    int k = 0;
    for (int i = 0; i < n; i++)
        k += test_artist_of(&shape, test_song_of(v[i].song_id)) == artist;
    return k;
}

START_TEST(five_plays_of_an_artist_show_in_the_next_answer)
{
    struct listener *l = malloc(sizeof *l);
    struct sg_recommendation v[20];
    struct sg_error e = SG_ERROR_INIT;
    struct sg_compose_options c = {.limit = 20};
    for (uint64_t user = 1; user <= 20; user++) {
        uint64_t artist = 0;
        listener_init(l, user);
        for (uint64_t i = 0; i < 150; i++)
            hear(l, test_play_of(&shape, user, i), now - (int64_t)(200 - i) * day_us / 4, false);
        int before = sg_compose_for_person(&l->o, &c, v, &e);
        ck_assert_int_eq(before, 20);
        for (uint64_t a = 10; a < 10 + shape.artists && !artist; a++)
            if (!count_artist(v, 20, a) && (a - 10) % shape.genres != user % shape.genres)
                artist = a;
        for (size_t i = 0; i < 5; i++)
            hear(l, (size_t)(artist - 10) + i * shape.artists, now - 1000000, false);
        ck_assert_int_eq(sg_compose_for_person(&l->o, &c, v, &e), 20);
        ck_assert_msg(count_artist(v, 20, artist) > 0, "user %llu", (unsigned long long)user);
        sg_arena_reset(&arena);
    }
    free(l);
}
END_TEST

START_TEST(a_dislike_removes_at_once_and_the_page_stays_full)
{
    struct listener *l = malloc(sizeof *l);
    struct sg_recommendation v[30];
    struct sg_error e = SG_ERROR_INIT;
    struct sg_compose_options c = {.limit = 30};
    listener_init(l, 3);
    for (uint64_t i = 0; i < 40; i++)
        hear(l, test_play_of(&shape, 3, i), now - (int64_t)(50 - i) * day_us, false);
    for (int i = 0; i < 40; i++) {
        check_page(l, "for person", v, sg_compose_for_person(&l->o, &c, v, &e), 30);
        say(l, SG_PERSON_DISLIKES, v[0].song_id);
        sg_arena_reset(&arena);
    }
    free(l);
}
END_TEST

/* Names are not looked at anywhere: hiding one of two artists of a name leaves the other. */
START_TEST(two_artists_of_one_name_stay_two)
{
    struct listener *l = malloc(sizeof *l);
    struct sg_recommendation v[40];
    struct sg_error e = SG_ERROR_INIT;
    struct sg_compose_options c = {.limit = 40, .any_artist = true};
    uint64_t one = 13, other = 14;
    listener_init(l, 1);
    for (size_t i = 0; i < 6; i++) {
        hear(l, 3 + i * shape.artists, now - 40 * day_us, false);
        hear(l, 4 + i * shape.artists, now - 40 * day_us, false);
    }
    int n = sg_compose_for_person(&l->o, &c, v, &e);
    ck_assert_int_gt(count_artist(v, n, one), 0);
    ck_assert_int_gt(count_artist(v, n, other), 0);
    say(l, SG_PERSON_HIDDEN, one);
    n = sg_compose_for_person(&l->o, &c, v, &e);
    ck_assert_int_eq(count_artist(v, n, one), 0);
    ck_assert_int_gt(count_artist(v, n, other), 0);
    free(l);
}
END_TEST

START_TEST(a_song_that_nobody_played_is_reached_by_its_description)
{
    struct listener *l = malloc(sizeof *l);
    struct sg_recommendation v[100];
    struct sg_error e = SG_ERROR_INIT;
    struct sg_compose_options c = {.limit = 100, .any_artist = true, .quick = true};
    size_t cold = shape.songs - 1 - shape.artists, reached = 0;
    listener_init(l, 1);
    ck_assert_uint_eq(sg_near_of(model->near, (uint32_t)cold).n, 0);
    struct sg_basis basis = {(uint32_t)cold, 1, 0};
    check_page(l, "like a cold song", v, sg_compose_with_songs(&l->o, &basis, 1, &c, v, &e), 100);
    ck_assert_int_gt(count_artist(v, 20, test_artist_of(&shape, cold)), 0);
    for (int i = 0; i < 100; i++)
        reached += test_song_of(v[i].song_id) >= shape.songs - shape.songs / 10;
    ck_assert_uint_gt(reached, 0);
    free(l);
}
END_TEST

START_TEST(no_artist_takes_the_whole_page)
{
    struct listener *l = malloc(sizeof *l);
    struct sg_recommendation v[20];
    struct sg_error e = SG_ERROR_INIT;
    struct sg_compose_options c = {.limit = 20};
    listener_init(l, 1);
    for (size_t i = 0; i < 12; i++)
        hear(l, 7 + i * shape.artists, now - 40 * day_us, false);
    int n = sg_compose_for_person(&l->o, &c, v, &e);
    ck_assert_int_eq(n, 20);
    for (uint64_t a = 10; a < 10 + shape.artists; a++)
        ck_assert_int_le(count_artist(v, n, a), 4);
    ck_assert_int_gt(count_artist(v, n, 17), 0);
    free(l);
}
END_TEST

START_TEST(similar_artists_share_listeners_and_leave_hidden_ones_out)
{
    struct listener *l = malloc(sizeof *l);
    struct sg_share v[10];
    struct sg_error e = SG_ERROR_INIT;
    size_t same = 0;
    listener_init(l, 1);
    ck_assert_int_eq(sg_akin_to(&l->o, SG_AKIN_ARTISTS, 12, 10, v, &e), 10);
    for (int i = 0; i < 10; i++) {
        ck_assert_uint_ne(v[i].id, 12);
        same += (v[i].id - 10) % shape.genres == 2 % shape.genres;
    }
    ck_assert_uint_ge(same, 7);
    say(l, SG_PERSON_HIDDEN, v[0].id);
    uint64_t hidden = v[0].id;
    ck_assert_int_eq(sg_akin_to(&l->o, SG_AKIN_ARTISTS, 12, 10, v, &e), 10);
    for (int i = 0; i < 10; i++)
        ck_assert_uint_ne(v[i].id, hidden);
    ck_assert_int_eq(sg_akin_to(&l->o, SG_AKIN_ALBUMS, 1200000, 10, v, &e), 10);
    free(l);
}
END_TEST

START_TEST(reasons_name_what_was_played)
{
    struct listener *l = malloc(sizeof *l);
    struct sg_recommendation v[20];
    struct sg_error e = SG_ERROR_INIT;
    struct sg_compose_options c = {.limit = 20};
    size_t played = 0;
    listener_init(l, 2);
    for (uint64_t i = 0; i < 30; i++)
        hear(l, test_play_of(&shape, 2, i), now - 40 * day_us, false);
    ck_assert_int_eq(sg_compose_for_person(&l->o, &c, v, &e), 20);
    for (int i = 0; i < 20; i++)
        if (v[i].reason == SG_BECAUSE_PLAYED) {
            ck_assert_ptr_nonnull(sg_person_song(&l->person, v[i].because_song));
            played++;
        }
    ck_assert_uint_gt(played, 0);
    free(l);
}
END_TEST

START_TEST(cursors_that_no_radio_gave_are_refused)
{
    struct sg_radio_state *s = calloc(1, sizeof *s), *back = calloc(1, sizeof *back);
    struct sg_error e = SG_ERROR_INIT;
    s->seed = 5;
    s->n_seeds = 2;
    s->seeds[0] = (struct sg_seed){SG_SEED_SONG, 77};
    s->seeds[1] = (struct sg_seed){SG_SEED_GENRE, INT64_MAX};
    for (uint64_t i = 1; i <= 5000; i++) {
        sg_played_add(&s->played, i);
        ck_assert(sg_played_holds(&s->played, i));
        ck_assert(i <= 959 || sg_played_holds(&s->played, i - 959));
    }
    struct sg_str text = sg_cursor_write(s, &arena);
    ck_assert_int_eq(sg_cursor_read(text, back, &e), 0);
    ck_assert(memcmp(s, back, sizeof *s) == 0);
    for (size_t n = 0; n < text.n; n += n < 40 ? 1 : 97)
        ck_assert_int_eq(sg_cursor_read((struct sg_str){text.p, n}, back, &e), SG_EINVAL);
    char *bad = strndup(text.p, text.n);
    for (size_t i = 0; i < text.n; i += 53) {
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        ck_assert_int_eq(sg_cursor_read((struct sg_str){bad, text.n}, back, &e), SG_EINVAL);
        ck_assert_str_eq(e.field, "cursor");
        bad[i] = text.p[i];
    }
    ck_assert_int_eq(sg_cursor_read(SG_STR("%%%"), back, &e), SG_EINVAL);
    free(bad);
    free(back);
    free(s);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("recommend");
    TCase *t = tcase_create("all");
    tcase_add_unchecked_fixture(t, setup, teardown);
    tcase_add_test(t, filters_hold_and_the_page_is_full_on_every_path);
    tcase_add_test(t, a_radio_never_repeats_whoever_listens);
    tcase_add_test(t, five_plays_of_an_artist_show_in_the_next_answer);
    tcase_add_test(t, a_dislike_removes_at_once_and_the_page_stays_full);
    tcase_add_test(t, two_artists_of_one_name_stay_two);
    tcase_add_test(t, a_song_that_nobody_played_is_reached_by_its_description);
    tcase_add_test(t, no_artist_takes_the_whole_page);
    tcase_add_test(t, similar_artists_share_listeners_and_leave_hidden_ones_out);
    tcase_add_test(t, reasons_name_what_was_played);
    tcase_add_test(t, cursors_that_no_radio_gave_are_refused);
    suite_add_tcase(s, t);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
