/* catalogue.c - field tables of catalogue.h. */
#include "schemas/catalogue.h"

const char *const sg_kind_names[SG_KINDS] = {"song", "artist", "album", "playlist"};

enum sg_kind sg_kind_of(struct sg_str name)
{
    int kind = 0;
    while (kind < SG_KINDS && !sg_str_eq(name, sg_str(sg_kind_names[kind])))
        kind++;
    return (enum sg_kind)kind;
}

#define DATE        10 /* bytes of YYYY-MM-DD */
#define URL         2000
#define EXTERNAL_ID 200

/* Left out when empty. */
#define ALIASES(S, m)                                                                              \
    SG_FIELD_(SG_T_STR, S, m, 0, SG_ALIASES_MAX, SG_OPTIONAL | SG_LIST | SG_OMIT_DEFAULT, 0, NULL)

static const struct sg_field song[] = {
    SG_FIELD_U64(struct sg_song, song_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_song, title, 1, SG_TITLE_MAX, SG_REQUIRED),
    SG_FIELD_LIST(struct sg_song, artist_ids, SG_T_U64, NULL, SG_ARTISTS_MAX),
    SG_FIELD_U64(struct sg_song, album_id, 0, INT64_MAX, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_U64(struct sg_song, genre_id, 0, INT64_MAX, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_I64(struct sg_song, duration_s, 0, INT32_MAX, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_I64(struct sg_song, track_no, 0, INT32_MAX, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_STR(struct sg_song, release_date, DATE, DATE, SG_OPTIONAL | SG_DATE),
    {.name = "explicit",
     .type = SG_T_BOOL,
     .flags = SG_OPTIONAL | SG_OMIT_DEFAULT,
     .since = 1,
     .offset = offsetof(struct sg_song, is_explicit),
     .max = 1},
    SG_FIELD_U64(struct sg_song, play_count, 0, INT64_MAX, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_STR(struct sg_song, external_id, 1, EXTERNAL_ID, SG_OPTIONAL),
    ALIASES(struct sg_song, aliases),
    ALIASES(struct sg_song, hints),
    SG_FIELD_STR(struct sg_song, cover_art_url, 1, URL, SG_OPTIONAL),
};
const struct sg_record sg_song_record = SG_RECORD("Song", struct sg_song, song);

static const struct sg_field artist[] = {
    SG_FIELD_U64(struct sg_artist, artist_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_artist, name, 1, SG_TITLE_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_artist, image_url, 1, URL, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_artist, external_id, 1, EXTERNAL_ID, SG_OPTIONAL),
    ALIASES(struct sg_artist, aliases),
    ALIASES(struct sg_artist, hints),
};
const struct sg_record sg_artist_record = SG_RECORD("Artist", struct sg_artist, artist);

static const struct sg_field album[] = {
    SG_FIELD_U64(struct sg_album, album_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_album, title, 1, SG_TITLE_MAX, SG_REQUIRED),
    SG_FIELD_U64(struct sg_album, artist_id, 0, INT64_MAX, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_STR(struct sg_album, release_date, DATE, DATE, SG_OPTIONAL | SG_DATE),
    SG_FIELD_STR(struct sg_album, cover_art_url, 1, URL, SG_OPTIONAL),
    SG_FIELD_STR(struct sg_album, external_id, 1, EXTERNAL_ID, SG_OPTIONAL),
    ALIASES(struct sg_album, aliases),
    ALIASES(struct sg_album, hints),
};
const struct sg_record sg_album_record = SG_RECORD("Album", struct sg_album, album);

static const struct sg_field playlist[] = {
    SG_FIELD_U64(struct sg_playlist, playlist_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_playlist, name, 1, SG_TITLE_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_playlist, description, 0, 4 * SG_TITLE_MAX, SG_OPTIONAL),
    SG_FIELD_U64(struct sg_playlist, user_id, 0, INT64_MAX, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_U64(struct sg_playlist, followers, 0, INT64_MAX, SG_OPTIONAL | SG_OMIT_DEFAULT),
    SG_FIELD_STR(struct sg_playlist, external_id, 1, EXTERNAL_ID, SG_OPTIONAL),
};
const struct sg_record sg_playlist_record = SG_RECORD("Playlist", struct sg_playlist, playlist);

static const struct sg_field genre[] = {
    SG_FIELD_U64(struct sg_genre, genre_id, 1, INT64_MAX, SG_REQUIRED),
    SG_FIELD_STR(struct sg_genre, name, 1, SG_TITLE_MAX, SG_REQUIRED),
};
const struct sg_record sg_genre_record = SG_RECORD("Genre", struct sg_genre, genre);

const struct sg_record *const sg_kind_records[SG_KINDS] = {&sg_song_record, &sg_artist_record,
                                                           &sg_album_record, &sg_playlist_record};

struct sg_list *sg_aliases_of(enum sg_kind kind, void *record, bool hints)
{
    static const size_t at[SG_PLAYLIST][2] = {
        [SG_SONG] = {offsetof(struct sg_song, aliases), offsetof(struct sg_song, hints)},
        [SG_ARTIST] = {offsetof(struct sg_artist, aliases), offsetof(struct sg_artist, hints)},
        [SG_ALBUM] = {offsetof(struct sg_album, aliases), offsetof(struct sg_album, hints)}};
    return kind < SG_PLAYLIST ? (void *)((char *)record + at[kind][hints]) : NULL;
}

int sg_release_year(struct sg_str date)
{
    int year = 0;
    if (date.n != DATE || date.p[4] != '-' || date.p[7] != '-')
        return 0;
    for (size_t i = 0; i < DATE; i++) {
        if (i == 4 || i == 7)
            continue;
        if (date.p[i] < '0' || date.p[i] > '9')
            return 0;
        if (i < 4)
            year = year * 10 + (date.p[i] - '0');
    }
    return year;
}

static int two_digits(const char *p)
{
    return (p[0] - '0') * 10 + (p[1] - '0');
}

/* H. Hinnant, "chrono-compatible low-level date algorithms": days_from_civil. */
int32_t sg_release_day(struct sg_str date)
{
    static const char lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = sg_release_year(date);
    if (year < 1970)
        return 0;
    int month = two_digits(date.p + 5), day = two_digits(date.p + 8);
    bool leap = (year % 4 == 0 && year % 100) || year % 400 == 0;
    if (month < 1 || month > 12 || day < 1 || day > lengths[month - 1] ||
        (month == 2 && day == 29 && !leap))
        return 0;
    int y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}
