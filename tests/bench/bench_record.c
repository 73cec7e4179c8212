/* bench_record.c - CPU time of the codecs for a search reply of 20 hits, beside
 * msgpack-c used by hand (packing field by field; unpacking to its own objects,
 * unchecked) and jansson (a tree built and dumped; parsed to a tree).
 *
 *   bench_record [rounds, default 5000]
 */
#include "core/record.h"
#include "schemas/search.h"
#include <jansson.h>
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { HITS = 20, REPEATS = 5 };

static struct sg_search_reply reply;
static struct sg_hit hits[HITS];
static struct sg_artist_ref artist = {12345, SG_STR("The Somewhat Famous Band")};
static struct sg_album_ref album = {678, SG_STR("An Album of Songs"), SG_STR("/covers/678.jpg")};
static struct sg_highlight highlight = {SG_STR("title"), 0, 4};
static struct sg_buf packed, json;
static struct sg_arena arena;

static void fill(void)
{
    sg_record_init(&sg_search_reply_record, &reply);
    for (size_t i = 0; i < HITS; i++) {
        struct sg_hit *h = &hits[i];
        sg_record_init(&sg_hit_record, h);
        h->type = SG_STR("song");
        h->song_id = 1000 + i;
        h->title = i % 4 ? SG_STR("Love in the Time of Benchmarks") : SG_STR("Café \"del\" Mar");
        h->artist = &artist;
        h->artists = (struct sg_list){&artist, 1};
        h->album = &album;
        h->duration = 215;
        h->play_count = 1234567;
        h->genre = SG_STR("pop");
        h->year = 1999;
        h->is_explicit = 0;
        h->score = 0.912345 / (double)(i + 1);
        h->highlights = (struct sg_list){&highlight, 1};
    }
    reply.results = (struct sg_list){hits, HITS};
    reply.generation = SG_STR("gen-20260101T000000Z-0000000001");
}

/* The records' own codecs. */

static void pack(void)
{
    sg_buf_reset(&packed);
    sg_record_pack(&sg_search_reply_record, &reply, &packed);
}

static void unpack(void)
{
    struct sg_search_reply back;
    sg_arena_reset(&arena);
    if (sg_record_unpack(&sg_search_reply_record, sg_buf_str(&packed), &arena, &back, NULL))
        abort();
}

static void to_json(void)
{
    sg_buf_reset(&json);
    sg_record_to_json(&sg_search_reply_record, &reply, &json);
}

static void from_json(void)
{
    struct sg_search_reply back;
    sg_arena_reset(&arena);
    if (sg_record_from_json(&sg_search_reply_record, sg_buf_str(&json), &arena, &back, NULL))
        abort();
}

/* msgpack-c, by hand: the same maps. */

static void put_key(msgpack_packer *p, const char *key)
{
    msgpack_pack_str_with_body(p, key, strlen(key));
}

static void put_str(msgpack_packer *p, const char *key, struct sg_str v)
{
    put_key(p, key);
    msgpack_pack_str_with_body(p, v.p, v.n);
}

static void put_int(msgpack_packer *p, const char *key, int64_t v)
{
    put_key(p, key);
    msgpack_pack_int64(p, v);
}

static void put_artist(msgpack_packer *p)
{
    msgpack_pack_map(p, 2);
    put_int(p, "artist_id", (int64_t)artist.artist_id);
    put_str(p, "name", artist.name);
}

static void put_hit(msgpack_packer *p, const struct sg_hit *h)
{
    msgpack_pack_map(p, 13);
    put_str(p, "type", h->type);
    put_int(p, "song_id", (int64_t)h->song_id);
    put_str(p, "title", h->title);
    put_key(p, "artist");
    put_artist(p);
    put_key(p, "artists");
    msgpack_pack_array(p, 1);
    put_artist(p);
    put_key(p, "album");
    msgpack_pack_map(p, 3);
    put_int(p, "album_id", (int64_t)album.album_id);
    put_str(p, "title", album.title);
    put_str(p, "cover_art_url", album.cover_art_url);
    put_int(p, "duration", h->duration);
    put_int(p, "play_count", h->play_count);
    put_str(p, "genre", h->genre);
    put_int(p, "year", h->year);
    put_int(p, "explicit", h->is_explicit);
    put_key(p, "score");
    msgpack_pack_double(p, h->score);
    put_key(p, "highlights");
    msgpack_pack_array(p, 1);
    msgpack_pack_map(p, 3);
    put_str(p, "field", highlight.field);
    put_int(p, "from", highlight.from);
    put_int(p, "to", highlight.to);
}

static msgpack_sbuffer by_hand;

static void pack_by_hand(void)
{
    msgpack_packer p;
    msgpack_sbuffer_clear(&by_hand);
    msgpack_packer_init(&p, &by_hand, msgpack_sbuffer_write);
    msgpack_pack_map(&p, 3);
    put_key(&p, "results");
    msgpack_pack_array(&p, HITS);
    for (size_t i = 0; i < HITS; i++)
        put_hit(&p, &hits[i]);
    put_int(&p, "total", reply.total);
    put_str(&p, "generation", reply.generation);
}

static void unpack_to_objects(void)
{
    msgpack_unpacked m;
    size_t at = 0;
    msgpack_unpacked_init(&m);
    if (msgpack_unpack_next(&m, packed.p, packed.n, &at) != MSGPACK_UNPACK_SUCCESS)
        abort();
    msgpack_unpacked_destroy(&m);
}

/* jansson. */

static json_t *text(struct sg_str s)
{
    return json_stringn(s.p, s.n);
}

static json_t *artist_tree(void)
{
    return json_pack("{s:I, s:o}", "artist_id", (json_int_t)artist.artist_id, "name",
                     text(artist.name));
}

static json_t *hit_tree(const struct sg_hit *h)
{
    return json_pack(
        "{s:o, s:I, s:o, s:o, s:[o], s:{s:I, s:o, s:o}, s:I, s:I, s:o, s:I, s:I, s:f, s:[{s:o, "
        "s:I, "
        "s:I}]}",
        "type", text(h->type), "song_id", (json_int_t)h->song_id, "title", text(h->title), "artist",
        artist_tree(), "artists", artist_tree(), "album", "album_id", (json_int_t)album.album_id,
        "title", text(album.title), "cover_art_url", text(album.cover_art_url), "duration",
        (json_int_t)h->duration, "play_count", (json_int_t)h->play_count, "genre", text(h->genre),
        "year", (json_int_t)h->year, "explicit", (json_int_t)h->is_explicit, "score", h->score,
        "highlights", "field", text(highlight.field), "from", (json_int_t)highlight.from, "to",
        (json_int_t)highlight.to);
}

static void dump_tree(void)
{
    json_t *results = json_array();
    for (size_t i = 0; i < HITS; i++)
        json_array_append_new(results, hit_tree(&hits[i]));
    json_t *root = json_pack("{s:o, s:I, s:o}", "results", results, "total",
                             (json_int_t)reply.total, "generation", text(reply.generation));
    char *z = json_dumps(root, JSON_COMPACT);
    if (!z)
        abort();
    free(z);
    json_decref(root);
}

static void parse_tree(void)
{
    json_t *root = json_loadb(json.p, json.n, 0, NULL);
    if (!root)
        abort();
    json_decref(root);
}

/* The thread's own time: another program's turn is not the codec's. */
static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Microseconds a round: the best of a few repeats. */
static double measure(void (*codec)(void), int rounds)
{
    double best = 0;
    for (int r = 0; r < REPEATS; r++) {
        double start = cpu_us();
        for (int i = 0; i < rounds; i++)
            codec();
        double took = (cpu_us() - start) / rounds;
        best = r == 0 || took < best ? took : best;
    }
    return best;
}

static void compare(const char *what, void (*ours)(void), const char *whose, void (*theirs)(void),
                    int rounds)
{
    double a = measure(ours, rounds), b = measure(theirs, rounds);
    printf("%-7s %7.2f us, %-23s %7.2f us, %.1f times\n", what, a, whose, b, b / a);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 5000; /* NOLINT(cert-err34-c) */
    if (rounds < 1)
        return EXIT_FAILURE;
    fill();
    msgpack_sbuffer_init(&by_hand);
    pack();
    to_json();
    printf("a search reply of %d hits: %zu bytes of msgpack, %zu of JSON\n", HITS, packed.n,
           json.n);
    compare("pack", pack, "msgpack-c by hand", pack_by_hand, rounds);
    compare("unpack", unpack, "msgpack-c to objects", unpack_to_objects, rounds);
    compare("to JSON", to_json, "jansson, tree and dump", dump_tree, rounds);
    compare("of JSON", from_json, "jansson, tree only", parse_tree, rounds);
    msgpack_sbuffer_destroy(&by_hand);
    sg_buf_free(&packed);
    sg_buf_free(&json);
    sg_arena_free(&arena);
    return EXIT_SUCCESS;
}
