/* format.h - private to index/meaning: the segment and what trainer and reader share.
 *
 *   KEYS       u64 per term, ascending: XXH3 of its kind and text
 *   INFO       struct meaning_info per term
 *   TERMS      int8 x dimensions per term
 *   GRAMS      int8 x dimensions per bucket of letter triples and quadruples
 *   CENTROIDS  float x songs' dimensions per list
 *   STARTS     u32 per list and one more: where its songs begin
 *   DOCS       u32 per song: its docid
 *   VECTORS    int8 x songs' dimensions per song, in the lists' order
 *   value DIMENSIONS, N_TERMS, N_GRAMS, N_LISTS, N_SONGS, and where songs' vectors come from
 *         elsewhere SOURCE and SONG_DIMENSIONS; else 0
 *
 * A vector of bytes is one of unit length times what makes its largest number 127, so
 * that a cosine needs the bytes' own length and nothing else: 68 bytes a song.
 */
#pragma once
#include "index/meaning.h"
#include "index/segment.h"

#define MEANING_MAGIC    "SGMEAN01"
#define MEANING_GRAMS    8192
#define MEANING_LISTS    65536
#define MEANING_TERMS    262144 /* vectors kept, those with the most evidence */
#define MEANING_SIF      1e-3f  /* a of SIF: words more frequent than this weigh less */
#define MEANING_SONG_MAX 96     /* terms of one song */

enum {
    MEANING_KEYS,
    MEANING_INFO,
    MEANING_TERM_VECTORS,
    MEANING_GRAM_VECTORS,
    MEANING_CENTROIDS,
    MEANING_STARTS,
    MEANING_DOCS,
    MEANING_VECTORS
};
enum {
    MEANING_DIMENSIONS,
    MEANING_N_TERMS,
    MEANING_N_GRAMS,
    MEANING_N_LISTS,
    MEANING_N_SONGS,
    MEANING_SOURCE,
    MEANING_SONG_DIMENSIONS
};

struct meaning_info {
    float weight;     /* SIF's, of a word in a query or a title */
    float describing; /* share of its evidence from playlists, genres, decades */
};

/* Kinds of terms; the first byte of what is hashed. */
enum meaning_kind { MEANING_WORD = 'W', MEANING_ARTIST = 'A', MEANING_GENRE = 'G' };
uint64_t meaning_key(enum meaning_kind kind, struct sg_str text);
uint64_t meaning_genre_key(uint64_t genre_id);

/* The terms of a song as its facts have them, with what each counts for in its vector. */
struct meaning_term {
    uint64_t key;
    struct sg_str text; /* of a word; absent: another kind of term */
    float share;
    bool describing; /* a word of a genre or decade */
};
size_t meaning_song_terms(const struct sg_facts *f, struct sg_str genre,
                          struct meaning_term out[MEANING_SONG_MAX]);
/* Buckets of the word's triples and quadruples of bytes, <word> with its ends marked. */
#define MEANING_WORD_GRAMS 160
size_t meaning_grams(struct sg_str word, uint32_t out[MEANING_WORD_GRAMS]);

void meaning_normalise(float *v, size_t d); /* zero stays zero */
float meaning_byte_norm(const int8_t *v, size_t d);
/* to += by x the unit vector that v is the bytes of. */
void meaning_add_bytes(float *to, const int8_t *v, size_t d, float by);

/* A sparse row; room for the matrix's widest. */
struct meaning_row {
    uint32_t *columns;
    float *values;
    size_t n;
};
/* svd.c: rows of a sparse matrix, given again and again, to several threads at once. */
struct meaning_matrix {
    size_t rows, columns, widest;
    void (*row)(const void *ctx, size_t r, struct meaning_row *out);
    const void *ctx;
};
bool meaning_row_open(struct meaning_row *row, size_t widest);
void meaning_row_close(struct meaning_row *row);
/* The leading right singular vectors times their singular value to the power, rows of
 * `dimensions` floats per column of the matrix, the first `skip` left out. out: malloc'ed. */
int meaning_svd(const struct meaning_matrix *m, size_t dimensions, size_t skip, float power,
                uint64_t seed, float **out, struct sg_error *e);

/* cluster.c: k-means on unit vectors of bytes. list: of each row; centroids: k x d, malloc'ed.
 */
int meaning_cluster(const int8_t *rows, size_t n, size_t d, size_t k, uint64_t seed, uint32_t *list,
                    float **centroids, struct sg_error *e);

/* splitmix64 (Steele, Lea, Flood 2014). */
static inline uint64_t meaning_random(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}
