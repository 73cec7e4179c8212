/* test_query_lyrics.c - songs by a line of what they say, over a real generation, in process.
 *
 * All lyrics here are made up.
 */
#include "index/builder.h"
#include "tests/support/query.h"
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define LINES  24
#define SAMPLE 300

static const char *const stems[] = {
    "river",   "window",  "silver",  "morning",  "shadow",  "lantern",  "garden",  "winter",
    "station", "paper",   "ocean",   "candle",   "mirror",  "engine",   "feather", "harbour",
    "meadow",  "thunder", "velvet",  "copper",   "island",  "bottle",   "letter",  "corner",
    "summer",  "bridge",  "planet",  "whisper",  "dancing", "falling",  "running", "calling",
    "burning", "waiting", "turning", "breaking", "singing", "dreaming", "sailing", "crying",
};
static const char *const small[] = {"the", "a",  "in", "of", "and", "my", "to",
                                    "you", "we", "on", "is", "me",  "oh", "all"};

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* Line i of a song: six words, every other one a small one, the rest of 280. */
static size_t line_of(uint64_t song, size_t i, char words[6][24])
{
    static const char *const ends[] = {"", "s", "light", "song", "side", "less", "fall"};
    for (size_t k = 0; k < 6; k++) {
        uint64_t r = mix(song * 1000 + i * 10 + k);
        if (k % 2)
            snprintf(words[k], sizeof *words, "%s", small[r % 14]);
        else
            snprintf(words[k], sizeof *words, "%s%s", stems[r % 40], ends[(r >> 20) % 7]);
    }
    return 6;
}

static const char *text_of(uint64_t song)
{
    static char text[LINES * 64];
    size_t n = 0;
    for (size_t i = 0; i < LINES; i++) {
        char w[6][24];
        line_of(song, i, w);
        n += (size_t)snprintf(text + n, sizeof text - n, "%s %s %s %s %s %s\n", w[0], w[1], w[2],
                              w[3], w[4], w[5]);
    }
    return text;
}

static void feed_lyrics(struct sg_builder *b)
{
    uint64_t artist = 6;
    query_feed_lyrics(
        b, 9, "en",
        "We painted all the elevators green\nNobody told the pigeons\n"
        "Skyscraper, skyscraper, hold me\nNobody told the pigeons\nUp on floor ninety");
    query_feed_lyrics(b, 6, "en",
                      "Quiet is the colour of the harbour\nNothing else matters tonight");
    query_feed_lyrics(b, 7, "ru", "Тёплое место на пустой дороге\nПожелай мне тишины");
    query_feed_lyrics(b, 999999, "en", "of a song that is not there at all");
    struct sg_song s = {.song_id = 20,
                        .title = SG_STR("Unreleased Tomorrow"),
                        .artist_ids = {&artist, 1},
                        .album_id = 4,
                        .release_date = SG_STR("2031-03-15"),
                        .play_count = 10};
    query_must(sg_builder_song(b, &s, &query_err));
    query_feed_lyrics(b, 20, "en", "Hidden under seven blankets");
    for (uint64_t id = 1000; id < 1000 + QUERY_MANY; id++)
        query_feed_lyrics(b, id, "en", text_of(id));
}

static size_t find_in(const char *q, const char *in)
{
    struct sg_search_request r = query_ask(q);
    r.in = sg_str(in);
    return query_run(&r);
}

static bool is_first(uint64_t song, const char *line, double start_time)
{
    if (!query_reply.results.n || query_hit(0)->song_id != song || !query_hit(0)->lyric)
        return false;
    ck_assert(sg_str_eq(query_hit(0)->matched, SG_STR("lyrics")));
    ck_assert_msg(!line || sg_str_eq(query_hit(0)->lyric->text, sg_str(line)), "'%.*s'",
                  SG_FMT(query_hit(0)->lyric->text));
    ck_assert(!line || query_hit(0)->lyric->start_time == start_time);
    return true;
}

START_TEST(a_line_finds_its_song_and_says_when_it_is_sung)
{
    query_find("nobody told the pigeons");
    ck_assert(is_first(9, "Nobody told the pigeons", 2));
    ck_assert(sg_str_eq(query_hit(0)->lyric->language, SG_STR("en")));
    ck_assert(sg_str_eq(query_reply.relaxed, SG_STR("lyrics")));
    const struct sg_highlight *h = query_hit(0)->highlights.v;
    ck_assert(query_hit(0)->highlights.n >= 1 && sg_str_eq(h->field, SG_STR("lyric")));
    ck_assert_int_eq(h->from, 0);
    query_find("painted all the elevators green nobody told");
    ck_assert(is_first(9, "We painted all the elevators green", 0));
    query_find("painted all the eleva"); /* the last word is not finished */
    ck_assert(is_first(9, "We painted all the elevators green", 0));
}
END_TEST

START_TEST(a_slip_a_missing_and_a_wrong_word_do_not_hide_it)
{
    query_find("nobody tld the pigeons");
    ck_assert(is_first(9, "Nobody told the pigeons", 2));
    query_find("painted the elevators green");
    ck_assert(is_first(9, "We painted all the elevators green", 0));
    query_find("quiet is the flavour of the harbour");
    ck_assert(is_first(6, "Quiet is the colour of the harbour", 0));
}
END_TEST

START_TEST(names_come_before_lines_and_lines_before_what_gives_words_up)
{
    query_find("nothing else matters");
    ck_assert(query_hit(0)->song_id == 6 && !query_hit(0)->lyric);
    for (size_t i = 0; i < query_reply.results.n; i++)
        ck_assert(!query_hit(i)->lyric);
    query_find("skyscraper dreams");
    ck_assert(query_hit(0)->song_id == 9 && !query_hit(0)->lyric);
    query_find("nothing else mattrs"); /* misspelt: still a name */
    ck_assert(query_hit(0)->song_id == 6 && !query_hit(0)->lyric);
}
END_TEST

START_TEST(lyrics_alone_or_names_alone_are_searched_when_asked)
{
    ck_assert_uint_gt(find_in("nothing else matters", "lyrics"), 0);
    ck_assert(is_first(6, "Nothing else matters tonight", 2));
    find_in("pigeons", "lyrics");
    ck_assert(is_first(9, "Nobody told the pigeons", 2));
    find_in("nobody told the pigeons", "names");
    for (size_t i = 0; i < query_reply.results.n; i++)
        ck_assert(!query_hit(i)->lyric);
    ck_assert_uint_eq(find_in("bohemian rhapsody", "lyrics"), 0);
    struct sg_search_request r = query_ask("pigeons");
    r.in = SG_STR("notes");
    ck_assert_int_eq(
        sg_search_run(query_search, query_searcher, &r, 0, &query_arena, &query_reply, &query_err),
        SG_EINVAL);
    ck_assert_str_eq(query_err.field, "in");
}
END_TEST

START_TEST(a_line_in_quotes_is_sung_exactly_so)
{
    find_in("\"told the pigeons\"", "lyrics");
    ck_assert(is_first(9, "Nobody told the pigeons", 2));
    ck_assert_uint_eq(find_in("\"the pigeons told\"", "lyrics"), 0);
    ck_assert_uint_eq(find_in("\"told the pigons\"", "lyrics"), 0);
    find_in("\"elevators green\" pigeons", "lyrics");
    ck_assert(is_first(9, NULL, 0));
    query_find("\"nobody told the pigeons\"");
    ck_assert(is_first(9, "Nobody told the pigeons", 2));
}
END_TEST

START_TEST(a_line_in_another_script_is_found_by_its_sound)
{
    find_in("тёплое место", "lyrics");
    ck_assert(is_first(7, "Тёплое место на пустой дороге", 0));
    find_in("pozhelay mne tishiny", "lyrics");
    ck_assert(is_first(7, "Пожелай мне тишины", 2));
}
END_TEST

START_TEST(filters_hold_for_lines_too)
{
    struct sg_search_request r = query_ask("nobody told the pigeons");
    r.year_from = r.year_to = 2011;
    query_run(&r);
    ck_assert(is_first(9, NULL, 0));
    r.year_from = r.year_to = 2012;
    query_run(&r);
    ck_assert(!is_first(9, NULL, 0));
    r = query_ask("nobody told the pigeons");
    r.is_explicit = 0;
    query_run(&r);
    ck_assert(!is_first(9, NULL, 0));
    struct sg_str album = SG_STR("album");
    r = query_ask("nobody told the pigeons");
    r.types = (struct sg_list){&album, 1};
    query_run(&r);
    ck_assert(!query_reply.results.n || !query_hit(0)->lyric);
}
END_TEST

enum change { AS_IT_IS, SLIP, MISSING };

/* The line as somebody remembers it. */
static const char *remembered(uint64_t song, size_t i, enum change change)
{
    static char q[128];
    char w[6][24];
    size_t n = line_of(song, i, w), at = 2 * (mix(song + i) % 3);
    *q = 0;
    for (size_t k = 0; k < n; k++) {
        if (change == MISSING && k == at)
            continue;
        size_t from = strlen(q);
        snprintf(q + from, sizeof q - from, "%s%s", from ? " " : "", w[k]);
        if (change == SLIP && k == at) {
            char *p = q + strlen(q) - 3, c = p[0];
            p[0] = p[1];
            p[1] = c;
        }
    }
    return q;
}

static size_t found_first(enum change change)
{
    size_t n = 0;
    for (uint64_t i = 0; i < SAMPLE; i++) {
        uint64_t song = 1000 + i * (QUERY_MANY / SAMPLE);
        sg_arena_reset(&query_arena);
        query_find(remembered(song, i % LINES, change));
        n += is_first(song, NULL, 0);
    }
    return n;
}

/* Of 300 songs among 1,500 whose lines are of the same 294 words. */
START_TEST(remembered_lines_find_their_song_first)
{
    size_t exact = found_first(AS_IT_IS), slip = found_first(SLIP), missing = found_first(MISSING);
    printf("lines first of %d: as they are %zu, one slip %zu, a word missing %zu\n", SAMPLE, exact,
           slip, missing);
    ck_assert_uint_ge(exact, SAMPLE * 99 / 100);
    ck_assert_uint_ge(slip, SAMPLE * 95 / 100);
    ck_assert_uint_ge(missing, SAMPLE * 95 / 100);
}
END_TEST

START_TEST(changes_of_lyrics_are_searched_at_once)
{
    sg_searcher_end(query_searcher);
    query_close();
    struct sg_delta *d = query_open_delta();
    query_put_lyrics(d, 9, "en", NULL);
    query_put_lyrics(d, 9, "de", "Niemand sagte es den Tauben");
    query_put_lyrics(d, 4, "en", "Seventeen umbrellas in the rain");
    query_put_song(d, 5001, "A New One");
    query_put_lyrics(d, 5001, "en", "Marzipan astronauts forever");
    query_put_lyrics(d, 5002, "en", "Nobody sings me yet");
    query_must(sg_delta_commit(d, 1, 0, &query_err));
    query_open();
    ck_assert(!find_in("nobody told the pigeons", "lyrics") || query_hit(0)->song_id != 9);
    find_in("sagte es den tauben", "lyrics");
    ck_assert(is_first(9, "Niemand sagte es den Tauben", 0));
    query_find("seventeen umbrellas in the rain");
    ck_assert(is_first(4, "Seventeen umbrellas in the rain", 0));
    query_find("marzipan astronauts forever");
    ck_assert(is_first(5001, "Marzipan astronauts forever", 0));
    ck_assert_uint_eq(find_in("nobody sings me yet", "lyrics"), 0);
    find_in("quiet is the colour", "lyrics"); /* of the base still */
    ck_assert(is_first(6, "Quiet is the colour of the harbour", 0));
    query_close();
    query_put_song(d, 6, "Another Title"); /* documented again: its lyrics stay */
    query_put_song(d, 5002, "Here Now");
    query_must(sg_delta_commit(d, 2, 0, &query_err));
    query_open();
    find_in("quiet is the colour", "lyrics");
    ck_assert(is_first(6, "Quiet is the colour of the harbour", 0));
    find_in("nobody sings me yet", "lyrics");
    ck_assert(is_first(5002, "Nobody sings me yet", 0));
    query_close();
    query_must(sg_delta_clear_lyrics(d, &query_err));
    query_must(sg_delta_commit(d, 3, 0, &query_err));
    sg_delta_close(d);
    query_open();
    ck_assert_uint_eq(find_in("quiet is the colour", "lyrics"), 0);
    ck_assert_uint_eq(find_in("marzipan astronauts forever", "lyrics"), 0);
}
END_TEST

/* --- releases to come --- */

static int64_t day_us;

static int64_t clock_us(void)
{
    return day_us;
}

static void go_to(int64_t days_since_1970)
{
    sg_searcher_end(query_searcher);
    day_us = days_since_1970 * 86400 * 1000000;
    query_must(sg_searcher_begin(query_searcher, &query_err));
}

static bool is_known(void)
{
    struct sg_song song;
    bool record = !sg_searcher_record(query_searcher, SG_SONG, 20, &query_arena, &song, NULL);
    bool found = query_find_songs("unreleased tomorrow") && query_hit(0)->song_id == 20;
    bool completed = query_completes("unreleased tom", "Unreleased Tomorrow");
    bool sung = find_in("hidden under seven blankets", "lyrics") && query_hit(0)->song_id == 20;
    ck_assert(record == found && found == completed && completed == sung);
    return found;
}

START_TEST(a_song_is_known_from_the_day_of_its_release_on)
{
    ck_assert_int_eq(sg_release_day(SG_STR("2031-03-15")), 22353);
    go_to(22352);
    ck_assert(!is_known());
    query_find_songs("unreleased tomorrow");
    ck_assert(query_reply.total == 0 || query_hit(0)->song_id != 20);
    go_to(22353);
    ck_assert(is_known());
    go_to(30000);
    ck_assert(is_known());
}
END_TEST

START_TEST(a_release_that_is_put_off_hides_again)
{
    uint64_t artist = 6;
    go_to(22400);
    ck_assert(is_known());
    query_close();
    struct sg_delta *d = query_open_delta();
    struct sg_song s = {.song_id = 20,
                        .title = SG_STR("Unreleased Tomorrow"),
                        .artist_ids = {&artist, 1},
                        .release_date = SG_STR("2032-01-01")};
    query_must(sg_delta_put(d, SG_SONG, &s, &query_err));
    query_must(sg_delta_commit(d, 1, 0, &query_err));
    sg_delta_close(d);
    query_open();
    ck_assert(!is_known());
    go_to(sg_release_day(SG_STR("2032-01-01")));
    ck_assert(is_known());
}
END_TEST

START_TEST(dates_that_are_none_hide_nothing)
{
    ck_assert_int_eq(sg_release_day(SG_STR("1970-01-01")), 0);
    ck_assert_int_eq(sg_release_day(SG_STR("2000-02-29")), 11016);
    ck_assert_int_eq(sg_release_day(SG_STR("2020-01-01")), 18262);
    static const char *const none[] = {"",           "2031-02-29", "2031-13-01", "2031-00-10",
                                       "2031-04-31", "2031-4-3",   "1969-12-31", "yesterday!"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        ck_assert_int_eq(sg_release_day(sg_str(none[i])), 0);
    ck_assert_uint_eq(sg_release_of(SG_STR("9999-12-31")), SG_RELEASE_MAX);
    ck_assert_uint_eq(sg_release_of(SG_STR("2019-12-31")), 0);
    ck_assert_uint_eq(sg_release_today(INT64_C(18263) * 86400 * 1000000 + 1), 1);
    ck_assert_uint_eq(sg_release_today(-5), 0);
}
END_TEST

static Suite *lyrics_suite(void)
{
    Suite *s = suite_create("query_lyrics");
    TCase *t = tcase_create("query_lyrics");
    tcase_add_checked_fixture(t, query_open, query_close);
    tcase_add_test(t, a_line_finds_its_song_and_says_when_it_is_sung);
    tcase_add_test(t, a_slip_a_missing_and_a_wrong_word_do_not_hide_it);
    tcase_add_test(t, names_come_before_lines_and_lines_before_what_gives_words_up);
    tcase_add_test(t, lyrics_alone_or_names_alone_are_searched_when_asked);
    tcase_add_test(t, a_line_in_quotes_is_sung_exactly_so);
    tcase_add_test(t, a_line_in_another_script_is_found_by_its_sound);
    tcase_add_test(t, filters_hold_for_lines_too);
    tcase_add_test(t, remembered_lines_find_their_song_first);
    tcase_add_test(t, changes_of_lyrics_are_searched_at_once);
    tcase_add_test(t, a_song_is_known_from_the_day_of_its_release_on);
    tcase_add_test(t, a_release_that_is_put_off_hides_again);
    tcase_add_test(t, dates_that_are_none_hide_nothing);
    suite_add_tcase(s, t);
    return s;
}

int main(void)
{
    query_feed_more = feed_lyrics;
    query_wall_us = clock_us;
    day_us = INT64_C(20000) * 86400 * 1000000;
    query_make();
    SRunner *r = srunner_create(lyrics_suite());
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
