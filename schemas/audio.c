/* audio.c - field tables of audio.h, and the checks that a table cannot say. */
#include "schemas/audio.h"
#include "core/uuid.h"
#include <string.h>

static const char *const whys[SG_AUDIO_WHYS + 1] = {
    "unsupported", "too-short", "too-long", "silent",   "truncated",   "damaged",   "polyglot",
    "too-large",   "no-audio",  "streams",  "channels", "sample-rate", "encrypted", NULL,
};
static const char *const protections[] = {"none", "cenc", "cbcs", NULL};
static const char *const cover_types[] = {"image/jpeg", "image/png", NULL};
static const char *const codecs[] = {"aac", "opus", "vorbis", "flac", NULL};
static const char *const renditions[] = {"aac64",   "aac128", "aac320", "opus96",
                                         "opus160", "vorbis", "flac",   NULL};

#define HEX128 32
#define HEX256 64
#define ABSENT (SG_OPTIONAL | SG_OMIT_DEFAULT)

#define J struct sg_audio_job
static const struct sg_field job[] = {
    SG_FIELD_STR(J, asset_id, SG_UUID_CHARS, SG_UUID_CHARS, SG_REQUIRED),
    SG_FIELD_CHOICE(J, protection, protections, SG_REQUIRED),
    SG_FIELD_STR(J, cenc_key, HEX128, HEX128, SG_OPTIONAL | SG_SECRET),
    SG_FIELD_STR(J, hls_key, HEX128, HEX128, SG_OPTIONAL | SG_SECRET),
    SG_FIELD_LIST(J, renditions, SG_T_STR, NULL, 16),
    SG_FIELD_(SG_T_U64, J, max_seconds, SG_AUDIO_SECONDS_MIN, SG_AUDIO_SECONDS_MAX, SG_OPTIONAL,
              SG_AUDIO_SECONDS_MAX, NULL),
};
const struct sg_record sg_audio_job_record = SG_RECORD("AudioJob", J, job);

#define T struct sg_audio_tags
static const struct sg_field tags[] = {
    SG_FIELD_STR(T, title, 1, SG_AUDIO_TAG_MAX, SG_OPTIONAL),
    SG_FIELD_STR(T, artist, 1, SG_AUDIO_TAG_MAX, SG_OPTIONAL),
    SG_FIELD_STR(T, album, 1, SG_AUDIO_TAG_MAX, SG_OPTIONAL),
    SG_FIELD_STR(T, album_artist, 1, SG_AUDIO_TAG_MAX, SG_OPTIONAL),
    SG_FIELD_STR(T, genre, 1, SG_AUDIO_TAG_MAX, SG_OPTIONAL),
    SG_FIELD_U64(T, year, 0, 9999, ABSENT),
    SG_FIELD_U64(T, track, 0, 9999, ABSENT),
    SG_FIELD_U64(T, disc, 0, 9999, ABSENT),
    {.name = "explicit",
     .type = SG_T_BOOL,
     .flags = ABSENT,
     .since = 1,
     .offset = offsetof(T, is_explicit),
     .max = 1},
};
const struct sg_record sg_audio_tags_record = SG_RECORD("AudioTags", T, tags);

#define F struct sg_audio_file
static const struct sg_field file[] = {
    SG_FIELD_STR(F, path, 1, SG_AUDIO_PATH_MAX, SG_REQUIRED),
    SG_FIELD_U64(F, bytes, 0, (int64_t)1 << 40, SG_REQUIRED),
    SG_FIELD_STR(F, content_type, 3, 100, SG_REQUIRED),
    SG_FIELD_BOOL(F, sealed, SG_REQUIRED),
    SG_FIELD_CHOICE(F, codec, codecs, SG_OPTIONAL),
    SG_FIELD_U64(F, bitrate, 0, 100000000, ABSENT),
    SG_FIELD_STR(F, sha256, HEX256, HEX256, SG_REQUIRED),
};
const struct sg_record sg_audio_file_record = SG_RECORD("AudioFile", F, file);

/* A number that may not be told. */
#define TOLD(S, m, lo, hi)                                                                         \
    {                                                                                              \
        .name = #m, .type = SG_T_F64, .flags = ABSENT, .since = 1, .offset = offsetof(S, m),       \
        .min = lo < SG_AUDIO_UNTOLD ? lo : SG_AUDIO_UNTOLD, .max = hi, .dflt = SG_AUDIO_UNTOLD     \
    }

#define A struct sg_audio_facts
static const struct sg_field facts[] = {
    SG_FIELD_STR(A, container, 1, 64, SG_REQUIRED),
    SG_FIELD_STR(A, codec, 1, 64, SG_REQUIRED),
    SG_FIELD_U64(A, sample_rate, SG_AUDIO_RATE_MIN, SG_AUDIO_RATE_MAX, SG_REQUIRED),
    SG_FIELD_U64(A, channels, 1, SG_AUDIO_CHANNELS_MAX, SG_REQUIRED),
    SG_FIELD_U64(A, bits, 0, 64, SG_OPTIONAL),
    SG_FIELD_U64(A, duration_ms, 1, SG_AUDIO_SECONDS_MAX * 1000, SG_REQUIRED),
    SG_FIELD_U64(A, samples, 1, (int64_t)SG_AUDIO_SECONDS_MAX *SG_AUDIO_RATE_MAX, SG_REQUIRED),
    SG_FIELD_REC(A, tags, &sg_audio_tags_record, SG_OPTIONAL),
    SG_FIELD_BOOL(A, has_cover, SG_OPTIONAL),
    SG_FIELD_CHOICE(A, cover_type, cover_types, SG_OPTIONAL),
    TOLD(A, loudness, -1000, 100),
    TOLD(A, loudness_range, -1000, 1000),
    {.name = "true_peak",
     .type = SG_T_F64,
     .since = 1,
     .offset = offsetof(A, true_peak),
     .min = -1000,
     .max = 1000},
    TOLD(A, loudness_stereo, -1000, 100),
    TOLD(A, true_peak_stereo, -1000, 1000),
    {.name = "tempo",
     .type = SG_T_F64,
     .flags = ABSENT,
     .since = 1,
     .offset = offsetof(A, tempo),
     .min = 0,
     .max = 1000},
    SG_FIELD_STR(A, musical_key, 7, 8, SG_OPTIONAL),
    SG_FIELD_LIST(A, features, SG_T_F64, NULL, SG_AUDIO_FEATURES),
    SG_FIELD_(SG_T_BYTES, A, fingerprint, 0, SG_AUDIO_PRINT_MAX, SG_OPTIONAL, 0, NULL),
    SG_FIELD_LIST(A, fingerprint_terms, SG_T_I64, NULL, SG_AUDIO_TERMS_MAX),
    SG_FIELD_LIST(A, files, SG_T_RECORD, &sg_audio_file_record, SG_AUDIO_FILES_MAX),
};
const struct sg_record sg_audio_facts_record = SG_RECORD("AudioFacts", A, facts);

static const struct sg_field refusal[] = {
    SG_FIELD_CHOICE(struct sg_audio_refusal, code, whys, SG_REQUIRED),
    SG_FIELD_STR(struct sg_audio_refusal, detail, 0, 500, SG_OPTIONAL),
};
const struct sg_record sg_audio_refusal_record =
    SG_RECORD("AudioRefusal", struct sg_audio_refusal, refusal);

const char *sg_audio_why_name(enum sg_audio_why why)
{
    return whys[why];
}

static bool all_of(struct sg_str s, const char *set)
{
    for (size_t i = 0; i < s.n; i++)
        if (!s.p[i] || !strchr(set, s.p[i]))
            return false;
    return true;
}

static bool is_hex(struct sg_str s)
{
    return all_of(s, "0123456789abcdef");
}

/* At the root, or below f/ or p/: one plain name that does not begin with a dot. */
static bool is_plain_path(struct sg_str path)
{
    if (sg_str_starts(path, SG_STR("f/")) || sg_str_starts(path, SG_STR("p/")))
        path = (struct sg_str){path.p + 2, path.n - 2};
    return path.n && path.p[0] != '.' && all_of(path, "abcdefghijklmnopqrstuvwxyz0123456789._-");
}

static int check_files(struct sg_list files, struct sg_error *e)
{
    const struct sg_audio_file *f = files.v;
    for (size_t i = 0; i < files.n; i++) {
        if (!is_plain_path(f[i].path) || !is_hex(f[i].sha256) ||
            !all_of(f[i].content_type, "abcdefghijklmnopqrstuvwxyz0123456789./+-"))
            return sg_fail_field(e, "files", "files: one has no plain path, type or checksum");
        for (size_t k = 0; k < i; k++)
            if (sg_str_eq(f[k].path, f[i].path))
                return sg_fail_field(e, "files", "files: one is told twice");
    }
    return 0;
}

static int check_numbers(const struct sg_audio_facts *f, struct sg_error *e)
{
    const int64_t *terms = f->fingerprint_terms.v;
    if (f->features.n != SG_AUDIO_FEATURES)
        return sg_fail_field(e, "features", "features: expected %d numbers", SG_AUDIO_FEATURES);
    for (size_t i = 0; i < f->fingerprint_terms.n; i++)
        if (terms[i] < INT32_MIN || terms[i] > INT32_MAX)
            return sg_fail_field(e, "fingerprint_terms", "fingerprint_terms: beyond 32 bits");
    if (f->has_cover != (f->cover_type.p != NULL))
        return sg_fail_field(e, "cover_type", "cover_type: contradicts has_cover");
    return 0;
}

int sg_audio_facts_read(struct sg_str json, struct sg_arena *a, struct sg_audio_facts *out,
                        struct sg_error *e)
{
    struct sg_audio_facts f;
    if (json.n > SG_AUDIO_LINE_MAX)
        return sg_fail(e, SG_ELIMIT, "the facts of a file are too long");
    int rc = sg_record_from_json(&sg_audio_facts_record, json, a, &f, e);
    if (!rc)
        rc = check_numbers(&f, e);
    if (!rc)
        rc = check_files(f.files, e);
    if (!rc && !f.tags) {
        f.tags = sg_arena_alloc(a, sizeof *f.tags);
        rc = f.tags ? 0 : sg_fail(e, SG_ENOMEM, "the facts of a file");
        if (!rc)
            sg_record_init(&sg_audio_tags_record, f.tags);
    }
    if (!rc)
        *out = f;
    return rc;
}

static int check_job(const struct sg_audio_job *j, struct sg_error *e)
{
    unsigned char id[16];
    const struct sg_str *wanted = j->renditions.v;
    bool encrypts = !sg_str_eq(j->protection, SG_STR("none"));
    if (!sg_uuid_parse(j->asset_id, id))
        return sg_fail_field(e, "asset_id", "asset_id: expected a UUID");
    if (encrypts != (j->cenc_key.p != NULL) || !is_hex(j->cenc_key) || !is_hex(j->hls_key))
        return sg_fail_field(e, "cenc_key", "cenc_key, hls_key: expected 32 hex digits");
    for (size_t i = 0; i < j->renditions.n; i++) {
        size_t k = 0;
        while (renditions[k] && !sg_str_eq(sg_str(renditions[k]), wanted[i]))
            k++;
        if (!renditions[k])
            return sg_fail_field(e, "renditions", "renditions: \"%.*s\" is none",
                                 SG_FMT(wanted[i]));
    }
    return 0;
}

int sg_audio_job_read(struct sg_str json, struct sg_arena *a, struct sg_audio_job *out,
                      struct sg_error *e)
{
    struct sg_audio_job j;
    if (json.n > SG_AUDIO_LINE_MAX)
        return sg_fail(e, SG_ELIMIT, "the job is too long");
    int rc = sg_record_from_json(&sg_audio_job_record, json, a, &j, e);
    if (!rc)
        rc = check_job(&j, e);
    if (!rc)
        *out = j;
    return rc;
}

bool sg_audio_job_wants(const struct sg_audio_job *j, const char *rendition)
{
    const struct sg_str *wanted = j->renditions.v;
    bool wants = !j->renditions.n;
    for (size_t i = 0; i < j->renditions.n && !wants; i++)
        wants = sg_str_eq(wanted[i], sg_str(rendition));
    return wants;
}
