#include "index/builder.h"
#include "index/facts.h"
#include "index/postings.h"
#include "index/spell.h"
#include "index/store.h"
#include "index/suggest.h"
#include "tests/support/scratch.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { songs = 24000, artists = 500, albums = 1000, playlists = 50 };

/* A folder to build into, which does not exist yet. */
static const char *fresh(const char *parent)
{
    static char dir[1024];
    snprintf(dir, sizeof dir, "%s", test_path(parent, "gen"));
    return dir;
}

static struct sg_builder *open_builder(const char *dir, int threads)
{
    struct sg_builder_options o = {.dir = dir, .threads = threads};
    struct sg_error e = SG_ERROR_INIT;
    struct sg_builder *b;
    ck_assert_msg(sg_builder_open(&b, &o, &e) == 0, "%s", e.text);
    return b;
}

static struct sg_manifest finish(struct sg_builder *b)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_manifest m = {0};
    ck_assert_msg(sg_builder_finish(b, &m, &e) == 0, "%s", e.text);
    return m;
}

/* Any order of ids: multiplication by a unit modulo n is a permutation. */
static uint64_t shuffled(uint64_t i, uint64_t n)
{
    return 1 + i * 7919 % n;
}

static struct sg_str text(char *to, size_t cap, const char *fmt, uint64_t n)
{
    int bytes = snprintf(to, cap, fmt, (unsigned long long)n);
    return (struct sg_str){to, (size_t)bytes};
}

static uint64_t plays_of(uint64_t id)
{
    return id % 7 * 1000 + id % 3;
}

static void feed_song(struct sg_builder *b, uint64_t id)
{
    char title[64];
    uint64_t ids[2] = {1 + id % artists, 1 + id * 31 % artists};
    struct sg_song s = {.song_id = id,
                        .title = text(title, sizeof title, "song number%llu", id),
                        .artist_ids = {ids, 2},
                        .album_id = 1 + id % albums,
                        .genre_id = 1 + id % 4,
                        .release_date = SG_STR("2010-10-10"),
                        .is_explicit = id % 2,
                        .play_count = plays_of(id)};
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_msg(sg_builder_song(b, &s, &e) == 0, "%s", e.text);
}

static void feed_names(struct sg_builder *b)
{
    char name[64];
    for (uint64_t i = 0; i < 4; i++) {
        struct sg_genre g = {4 - i, text(name, sizeof name, "genre%llu", 4 - i)};
        ck_assert_int_eq(sg_builder_genre(b, &g, NULL), 0);
    }
    for (uint64_t i = 0; i < artists; i++) {
        uint64_t id = shuffled(i, artists);
        struct sg_artist a = {.artist_id = id, .name = text(name, sizeof name, "artist%llu", id)};
        ck_assert_int_eq(sg_builder_artist(b, &a, NULL), 0);
    }
    for (uint64_t i = 0; i < albums; i++) {
        uint64_t id = shuffled(i, albums);
        struct sg_album a = {.album_id = id,
                             .title = text(name, sizeof name, "album%llu", id),
                             .artist_id = 1 + id % artists};
        ck_assert_int_eq(sg_builder_album(b, &a, NULL), 0);
    }
}

static struct sg_manifest build_all(const char *dir, int threads)
{
    struct sg_builder *b = open_builder(dir, threads);
    char name[64];
    feed_names(b);
    for (uint64_t i = 0; i < songs; i++)
        feed_song(b, shuffled(i, songs));
    for (uint64_t id = playlists; id > 0; id--) {
        struct sg_playlist p = {.playlist_id = id,
                                .name = text(name, sizeof name, "playlist%llu", id),
                                .followers = id};
        ck_assert_int_eq(sg_builder_playlist(b, &p, NULL), 0);
    }
    return finish(b);
}

/* One generation for the tests that only read it, built before they fork. */
static char built[1024];

static const char *in(const char *dir, const char *name)
{
    ck_assert_msg(access(test_path(dir, name), R_OK) == 0, "%s is missing", name);
    return test_path(dir, name);
}

static struct sg_facts_reader *facts_of(const char *dir, enum sg_kind kind)
{
    char name[64];
    struct sg_error e = SG_ERROR_INIT;
    struct sg_facts_reader *r;
    snprintf(name, sizeof name, "facts-%s.seg", sg_kind_names[kind]);
    ck_assert_msg(sg_facts_open(&r, in(dir, name), &e) == 0, "%s", e.text);
    return r;
}

static struct sg_postings *postings_of(const char *dir, enum sg_kind kind)
{
    char name[64];
    struct sg_error e = SG_ERROR_INIT;
    struct sg_postings *p;
    snprintf(name, sizeof name, "text-%s", sg_kind_names[kind]);
    ck_assert_msg(sg_postings_open(&p, in(dir, name), &e) == 0, "%s", e.text);
    return p;
}

static struct sg_store_txn *store_of(const char *dir, struct sg_store **s)
{
    struct sg_store_txn *t;
    struct sg_error e = SG_ERROR_INIT;
    ck_assert_msg(sg_store_open(s, in(dir, "store.mdb"), &e) == 0, "%s", e.text);
    ck_assert_int_eq(sg_store_begin(*s, &t, NULL), 0);
    return t;
}

START_TEST(docids_are_in_static_rank_order_in_every_kind)
{
    static const uint64_t counts[SG_KINDS] = {songs, artists, albums, playlists};
    struct sg_store *s;
    struct sg_store_txn *t = store_of(built, &s);
    for (int kind = 0; kind < SG_KINDS; kind++) {
        struct sg_facts_reader *r = facts_of(built, kind);
        struct sg_facts f, last = {0};
        ck_assert_uint_eq(sg_facts_count(r), counts[kind]);
        for (uint32_t docid = 1; docid <= counts[kind]; docid++, last = f) {
            ck_assert(sg_facts_get(r, docid, &f));
            if (docid > 1)
                ck_assert_int_lt(sg_static_rank_cmp(last.popularity, last.id, f.popularity, f.id),
                                 0);
            ck_assert_uint_eq(sg_store_docid(t, kind, f.id), docid);
        }
        sg_facts_close(r);
    }
    sg_store_end(t);
    sg_store_close(s);
}
END_TEST

START_TEST(popularity_of_an_artist_or_album_is_the_plays_of_its_songs)
{
    static uint64_t artist[artists + 1], album[albums + 1];
    for (uint64_t id = 1; id <= songs; id++) {
        uint64_t a = 1 + id % artists, b = 1 + id * 31 % artists;
        artist[a] += plays_of(id);
        if (b != a)
            artist[b] += plays_of(id);
        album[1 + id % albums] += plays_of(id);
    }
    struct sg_facts f;
    struct sg_facts_reader *r = facts_of(built, SG_ARTIST);
    for (uint32_t docid = 1; docid <= artists; docid++) {
        ck_assert(sg_facts_get(r, docid, &f));
        ck_assert_uint_eq(f.popularity, artist[f.id]);
    }
    sg_facts_close(r);
    r = facts_of(built, SG_ALBUM);
    for (uint32_t docid = 1; docid <= albums; docid++) {
        ck_assert(sg_facts_get(r, docid, &f));
        ck_assert_uint_eq(f.popularity, album[f.id]);
    }
    sg_facts_close(r);
}
END_TEST

static uint32_t only_match(struct sg_postings *p, struct sg_str term)
{
    struct sg_term_group g = {&term, 1, false};
    uint32_t got[2];
    ck_assert_int_eq(sg_postings_begin(p, &g, 1, NULL), 0);
    ck_assert_int_eq(sg_postings_next(p, got, 2, NULL), 1);
    return got[0];
}

START_TEST(every_song_is_found_by_its_words_at_its_docid)
{
    struct sg_store *s;
    struct sg_store_txn *t = store_of(built, &s);
    struct sg_postings *p = postings_of(built, SG_SONG);
    char term[64];
    ck_assert_uint_eq(sg_postings_count(p), songs);
    for (uint64_t id = 1; id <= songs; id += 13)
        ck_assert_uint_eq(only_match(p, text(term, sizeof term, "Wnumber%llu", id)),
                          sg_store_docid(t, SG_SONG, id));
    ck_assert_uint_eq(sg_postings_frequency(p, SG_STR("Wsong")), songs);
    ck_assert_uint_eq(sg_postings_frequency(p, SG_STR("L5")), songs / albums);
    ck_assert_uint_eq(sg_postings_frequency(p, SG_STR("Walbum5")), songs / albums);
    ck_assert_uint_eq(sg_postings_frequency(p, SG_STR("E1")), songs / 2);
    ck_assert_uint_eq(sg_postings_frequency(p, SG_STR("Psong")), songs);
    sg_postings_close(p);
    sg_store_end(t);
    sg_store_close(s);
}
END_TEST

struct tally {
    uint64_t n, last;
};
static int tally(void *ctx, uint64_t id)
{
    struct tally *t = ctx;
    ck_assert_uint_gt(id, t->last);
    t->last = id;
    t->n++;
    return 0;
}

START_TEST(the_store_has_every_record_and_relation)
{
    struct sg_store *s;
    struct sg_store_txn *t = store_of(built, &s);
    struct sg_arena a = {0};
    struct sg_str packed;
    struct sg_song song;
    struct tally all = {0}, of_artist = {0}, of_album = {0}, its_albums = {0}, genres = {0};
    ck_assert_int_eq(sg_store_get(t, SG_SONG, 777, &packed, NULL), 0);
    ck_assert_int_eq(sg_record_thaw(&sg_song_record, packed, &a, &song, NULL), 0);
    ck_assert(sg_str_eq(song.title, SG_STR("song number777")));
    ck_assert_uint_eq(song.play_count, plays_of(777));
    sg_store_each(t, SG_SONG, tally, &all);
    sg_store_related(t, SG_ALBUM_SONGS, 5, tally, &of_album);
    sg_store_related(t, SG_ARTIST_ALBUMS, 5, tally, &its_albums);
    sg_store_related(t, SG_ARTIST_SONGS, 5, tally, &of_artist);
    sg_store_each_genre(t, tally, &genres);
    ck_assert_uint_eq(all.n, songs);
    ck_assert_uint_eq(of_album.n, songs / albums);
    ck_assert_uint_eq(its_albums.n, albums / artists);
    uint64_t expected = 0;
    for (uint64_t id = 1; id <= songs; id++)
        expected += 1 + id % artists == 5 || 1 + id * 31 % artists == 5;
    ck_assert_uint_eq(of_artist.n, expected);
    ck_assert_uint_eq(genres.n, 4);
    sg_arena_free(&a);
    sg_store_end(t);
    sg_store_close(s);
}
END_TEST

START_TEST(completion_and_spelling_know_the_titles_and_words)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_suggest *suggest;
    struct sg_spell *spell;
    struct sg_completion c[4];
    ck_assert_msg(sg_suggest_open(&suggest, in(built, "suggest.seg"), &e) == 0, "%s", e.text);
    ck_assert_uint_ge(sg_suggest_count(suggest), songs + artists + albums + playlists);
    ck_assert_uint_eq(
        sg_suggest_match(suggest, SG_STR("playlist"), 1u << SG_PLAYLIST, SG_BEST_KNOWN, c, 1), 1);
    ck_assert_uint_ge(c[0].id * 8, playlists * 7); /* scores are kept to an eighth */
    sg_suggest_close(suggest);
    ck_assert_msg(sg_spell_open(&spell, in(built, "spell.seg"), &e) == 0, "%s", e.text);
    ck_assert_uint_eq(sg_spell_frequency(spell, SG_STR("song")), songs);
    ck_assert_uint_eq(sg_spell_frequency(spell, SG_STR("album7")), songs / albums + 1);
    sg_spell_close(spell);
}
END_TEST

START_TEST(threads_do_not_change_what_is_found)
{
    const char *dir = fresh(test_scratch());
    struct sg_manifest m = build_all(dir, 1);
    ck_assert_uint_eq(m.counts[SG_SONG], songs);
    ck_assert_uint_eq(m.counts[SG_PLAYLIST], playlists);
    struct sg_postings *a = postings_of(built, SG_SONG), *b = postings_of(dir, SG_SONG);
    struct sg_facts_reader *fa = facts_of(built, SG_SONG), *fb = facts_of(dir, SG_SONG);
    struct sg_str any[] = {SG_STR("A7"), SG_STR("Walbum12"), SG_STR("Pnumb")};
    for (size_t i = 0; i < 3; i++) {
        struct sg_term_group g = {&any[i], 1, false};
        static uint32_t x[songs + 1], y[songs + 1];
        ck_assert_int_eq(sg_postings_begin(a, &g, 1, NULL), 0);
        ck_assert_int_eq(sg_postings_begin(b, &g, 1, NULL), 0);
        int n = sg_postings_next(a, x, songs + 1, NULL);
        ck_assert_int_gt(n, 0);
        ck_assert_int_eq(sg_postings_next(b, y, songs + 1, NULL), n);
        ck_assert_mem_eq(x, y, (size_t)n * sizeof *x);
    }
    for (uint32_t docid = 1; docid <= songs; docid++) {
        struct sg_facts x, y;
        ck_assert(sg_facts_get(fa, docid, &x) && sg_facts_get(fb, docid, &y));
        ck_assert_uint_eq(x.id, y.id);
        ck_assert(sg_str_eq(x.title, y.title) && sg_str_eq(x.artists, y.artists));
    }
    sg_facts_close(fa);
    sg_facts_close(fb);
    sg_postings_close(a);
    sg_postings_close(b);
    ck_assert_int_ne(access(test_path(dir, "building"), F_OK), 0);
}
END_TEST

START_TEST(an_empty_catalogue_gives_valid_empty_files)
{
    const char *dir = fresh(test_scratch());
    struct sg_manifest m = finish(open_builder(dir, 2));
    struct sg_store *s;
    struct sg_store_txn *t = store_of(dir, &s);
    struct tally none = {0};
    for (int kind = 0; kind < SG_KINDS; kind++) {
        struct sg_facts_reader *r = facts_of(dir, kind);
        struct sg_postings *p = postings_of(dir, kind);
        ck_assert_uint_eq(m.counts[kind] + sg_facts_count(r) + sg_postings_count(p), 0);
        ck_assert_int_eq(sg_store_each(t, kind, tally, &none), 0);
        sg_facts_close(r);
        sg_postings_close(p);
    }
    ck_assert_uint_eq(none.n, 0);
    sg_store_end(t);
    sg_store_close(s);
    struct sg_suggest *suggest;
    struct sg_spell *spell;
    struct sg_completion c;
    ck_assert_int_eq(sg_suggest_open(&suggest, in(dir, "suggest.seg"), NULL), 0);
    ck_assert_uint_eq(sg_suggest_match(suggest, SG_STR("a"), 15, SG_BEST_KNOWN, &c, 1), 0);
    sg_suggest_close(suggest);
    ck_assert_int_eq(sg_spell_open(&spell, in(dir, "spell.seg"), NULL), 0);
    sg_spell_close(spell);
}
END_TEST

static void feed_scripts(struct sg_builder *b)
{
    static const char *const titles[] = {"Группа крови", "夜に駆ける", "بلادي", "Αγάπη",
                                         "!!!",          "ไทย",        "A",     "Ænima (Live)"};
    uint64_t unknown[] = {4242, 17};
    for (uint64_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        struct sg_song s = {.song_id = i + 1, .title = sg_str(titles[i])};
        if (i % 2)
            s.artist_ids = (struct sg_list){unknown, 2};
        if (i % 3 == 0)
            s.album_id = 99;
        ck_assert_int_eq(sg_builder_song(b, &s, NULL), 0);
    }
}

START_TEST(songs_without_names_in_any_script_are_indexed)
{
    const char *dir = fresh(test_scratch());
    struct sg_builder *b = open_builder(dir, 2);
    feed_scripts(b);
    finish(b);
    struct sg_postings *p = postings_of(dir, SG_SONG);
    struct sg_facts_reader *r = facts_of(dir, SG_SONG);
    struct sg_facts f;
    ck_assert_uint_eq(only_match(p, SG_STR("Wгруппа")), 1);
    ck_assert_uint_eq(only_match(p, SG_STR("T!!!")), 5);
    ck_assert_uint_eq(sg_postings_frequency(p, SG_STR("A4242")), 4);
    ck_assert_uint_eq(sg_postings_frequency(p, SG_STR("Q")), 8);
    for (uint32_t docid = 1; docid <= 8; docid++) {
        ck_assert(sg_facts_get(r, docid, &f));
        ck_assert_uint_gt(f.title.n, 0);
        ck_assert_uint_eq(f.album.n, 0);
    }
    sg_facts_close(r);
    sg_postings_close(p);
}
END_TEST

START_TEST(names_may_be_fed_after_what_refers_to_them)
{
    const char *dir = fresh(test_scratch());
    struct sg_builder *b = open_builder(dir, 2);
    uint64_t id = 3;
    struct sg_song s = {
        .song_id = 1, .title = SG_STR("x"), .artist_ids = {&id, 1}, .play_count = 50};
    struct sg_artist a = {.artist_id = 3, .name = SG_STR("Latecomer")};
    ck_assert_int_eq(sg_builder_song(b, &s, NULL), 0);
    ck_assert_int_eq(sg_builder_artist(b, &a, NULL), 0);
    finish(b);
    struct sg_postings *p = postings_of(dir, SG_SONG);
    struct sg_facts_reader *r = facts_of(dir, SG_ARTIST);
    struct sg_facts f;
    ck_assert_uint_eq(only_match(p, SG_STR("Wlatecomer")), 1);
    ck_assert(sg_facts_get(r, 1, &f));
    ck_assert_uint_eq(f.popularity, 50);
    sg_facts_close(r);
    sg_postings_close(p);
}
END_TEST

START_TEST(of_a_record_fed_twice_the_last_counts)
{
    const char *dir = fresh(test_scratch());
    struct sg_builder *b = open_builder(dir, 2);
    uint64_t artist[] = {1, 2};
    struct sg_song s = {.song_id = 9, .title = SG_STR("Old"), .artist_ids = {artist, 1}};
    for (uint64_t id = 1; id <= 2; id++) {
        struct sg_artist a = {.artist_id = id, .name = SG_STR("Somebody")};
        ck_assert_int_eq(sg_builder_artist(b, &a, NULL), 0);
    }
    s.play_count = 100;
    ck_assert_int_eq(sg_builder_song(b, &s, NULL), 0);
    s.title = SG_STR("New");
    s.artist_ids.v = artist + 1;
    s.play_count = 7;
    ck_assert_int_eq(sg_builder_song(b, &s, NULL), 0);
    struct sg_manifest m = finish(b);
    ck_assert_uint_eq(m.counts[SG_SONG], 1);
    struct sg_store *store;
    struct sg_store_txn *t = store_of(dir, &store);
    struct tally first = {0}, second = {0};
    sg_store_related(t, SG_ARTIST_SONGS, 1, tally, &first);
    sg_store_related(t, SG_ARTIST_SONGS, 2, tally, &second);
    ck_assert_uint_eq(first.n, 0);
    ck_assert_uint_eq(second.n, 1);
    sg_store_end(t);
    sg_store_close(store);
    struct sg_facts_reader *r = facts_of(dir, SG_ARTIST);
    struct sg_facts f;
    ck_assert(sg_facts_get(r, 1, &f));
    ck_assert_uint_eq(f.id, 2);
    ck_assert_uint_eq(f.popularity, 7);
    sg_facts_close(r);
}
END_TEST

START_TEST(a_folder_that_exists_is_refused_and_kept)
{
    const char *dir = test_scratch();
    struct sg_builder_options o = {.dir = dir, .threads = 1};
    struct sg_builder *b;
    ck_assert_int_eq(sg_builder_open(&b, &o, NULL), SG_EEXIST);
    ck_assert_int_eq(access(dir, F_OK), 0);
    o.threads = 0;
    ck_assert_int_eq(sg_builder_open(&b, &o, NULL), SG_EINVAL);
}
END_TEST

START_TEST(an_aborted_build_leaves_nothing)
{
    const char *dir = fresh(test_scratch());
    struct sg_builder *b = open_builder(dir, 2);
    struct sg_song nameless = {.song_id = 0, .title = SG_STR("x")};
    feed_names(b);
    ck_assert_int_eq(sg_builder_song(b, &nameless, NULL), SG_EINVAL);
    feed_song(b, 1);
    sg_builder_abort(b);
    ck_assert_int_ne(access(dir, F_OK), 0);
}
END_TEST

/* The disk fills at one phase or another, by its size. */
START_TEST(a_full_disk_is_said_and_the_folder_removed)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_manifest m = {0};
    const char *small = test_scratch_small((200ul << 10) << _i);
    if (!small)
        return;
    const char *dir = fresh(small);
    struct sg_builder_options o = {.dir = dir, .threads = 2};
    struct sg_builder *b;
    ck_assert_int_eq(sg_builder_open(&b, &o, &e), 0);
    int rc = 0;
    for (uint64_t id = 1; !rc && id <= songs; id++) {
        char title[64];
        struct sg_song s = {.song_id = id, .title = text(title, sizeof title, "a%llu b c d", id)};
        rc = sg_builder_song(b, &s, &e);
    }
    if (rc)
        sg_builder_abort(b);
    else
        rc = sg_builder_finish(b, &m, &e);
    ck_assert_msg(rc == SG_ENOSPC, "%d %s", rc, e.text);
    ck_assert_int_ne(access(dir, F_OK), 0);
}
END_TEST

struct seen {
    uint64_t calls, last;
};
static void watch(void *ctx, const char *phase, uint64_t done, uint64_t total)
{
    struct seen *s = ctx;
    ck_assert_uint_le(done, total);
    s->calls++;
    if (!strcmp(phase, "documents") && done > s->last)
        s->last = done;
}

START_TEST(progress_is_told_to_the_end)
{
    struct seen seen = {0};
    struct sg_builder_options o = {
        .dir = fresh(test_scratch()),
        .threads = 4,
        .progress = watch,
        .progress_ctx = &seen,
    };
    struct sg_builder *b;
    ck_assert_int_eq(sg_builder_open(&b, &o, NULL), 0);
    feed_names(b);
    for (uint64_t id = 1; id <= 3000; id++)
        feed_song(b, id);
    finish(b);
    ck_assert_uint_gt(seen.calls, 5);
    ck_assert_uint_eq(seen.last, 3000 + artists + albums);
}
END_TEST

/* Xapian 1.4.22 forgets its cursors when compacting throws, as on a full disk. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libxapian.so\n";
}

static void build_once(void)
{
    snprintf(built, sizeof built, "%s", fresh(test_scratch()));
    build_all(built, 3);
}

int main(void)
{
    Suite *s = suite_create("builder");
    TCase *c = tcase_create("builder");
    tcase_set_timeout(c, 300);
    tcase_add_unchecked_fixture(c, build_once, NULL);
    tcase_add_test(c, docids_are_in_static_rank_order_in_every_kind);
    tcase_add_test(c, popularity_of_an_artist_or_album_is_the_plays_of_its_songs);
    tcase_add_test(c, every_song_is_found_by_its_words_at_its_docid);
    tcase_add_test(c, the_store_has_every_record_and_relation);
    tcase_add_test(c, completion_and_spelling_know_the_titles_and_words);
    tcase_add_test(c, threads_do_not_change_what_is_found);
    tcase_add_test(c, an_empty_catalogue_gives_valid_empty_files);
    tcase_add_test(c, songs_without_names_in_any_script_are_indexed);
    tcase_add_test(c, names_may_be_fed_after_what_refers_to_them);
    tcase_add_test(c, of_a_record_fed_twice_the_last_counts);
    tcase_add_test(c, a_folder_that_exists_is_refused_and_kept);
    tcase_add_test(c, an_aborted_build_leaves_nothing);
    tcase_add_loop_test(c, a_full_disk_is_said_and_the_folder_removed, 0, 6);
    tcase_add_test(c, progress_is_told_to_the_end);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
