/* pins.c - see pins.h. */
#include "query/pins.h"

union record {
    struct sg_song song;
    struct sg_artist artist;
    struct sg_album album;
    struct sg_playlist playlist;
};

static bool is_credited(const union record *r, enum sg_kind kind, uint64_t artist_id)
{
    const uint64_t *ids = r->song.artist_ids.v;
    if (kind == SG_ARTIST)
        return r->artist.artist_id == artist_id;
    if (kind == SG_ALBUM)
        return r->album.artist_id == artist_id;
    for (size_t i = 0; kind == SG_SONG && i < r->song.artist_ids.n; i++)
        if (ids[i] == artist_id)
            return true;
    return false;
}

static bool is_of_genre(const union record *r, enum sg_kind kind, const struct sg_filters *f)
{
    for (size_t i = 0; kind == SG_SONG && i < f->n_genres; i++)
        if (f->genres[i] == r->song.genre_id)
            return true;
    return false;
}

static bool is_of_years(const union record *r, enum sg_kind kind, const struct sg_filters *f)
{
    int year = kind == SG_SONG    ? (int)sg_release_year(r->song.release_date)
               : kind == SG_ALBUM ? (int)sg_release_year(r->album.release_date)
                                  : 0;
    return year && year >= f->year_from && (!f->year_to || year <= f->year_to);
}

static bool passes(const struct sg_filters *f, enum sg_kind kind, const union record *r)
{
    bool is_explicit = kind == SG_SONG && r->song.is_explicit;
    return (!f->artist_id || is_credited(r, kind, f->artist_id)) &&
           (!f->by_genre || is_of_genre(r, kind, f)) &&
           ((!f->year_from && !f->year_to) || is_of_years(r, kind, f)) &&
           (f->is_explicit < 0 || is_explicit == (f->is_explicit == 1));
}

/* Operators of the text are checked on the words of a record: a pin has to be found. */
static bool is_live(struct sg_search *s, const struct sg_pin *p, struct sg_arena *a)
{
    union record record;
    if (!(s->query.kinds >> p->kind & 1) || !sg_searcher_may_show(s->searcher, p->kind, p->id) ||
        (s->filters.constraints && !p->found))
        return false;
    return !sg_searcher_record(s->searcher, p->kind, p->id, a, &record, NULL) &&
           passes(&s->filters, p->kind, &record);
}

void sg_pins_check(struct sg_search *s, struct sg_arena *a)
{
    struct sg_pin *pins;
    size_t n = sg_levers_pins(s->levers, &pins);
    for (size_t i = 0; i < n; i++)
        pins[i].live = is_live(s, &pins[i], a);
}

size_t sg_pins_unfound(struct sg_search *s, enum sg_kind kind)
{
    struct sg_pin *pins;
    size_t n = s->page.sort == SG_BY_RELEVANCE ? sg_levers_pins(s->levers, &pins) : 0, unfound = 0;
    for (size_t i = 0; i < n; i++)
        unfound += pins[i].live && !pins[i].found && pins[i].kind == kind;
    return unfound;
}

/* Where a page's filling stands: hits before, entries and pins taken. */
struct filling {
    const struct sg_pin *live[SG_PINS_MAX];
    size_t n_live, n_entries;
    size_t hits, entries, pins;
};

static bool take(struct filling *f, struct sg_place *out)
{
    const struct sg_pin *pin = f->pins < f->n_live ? f->live[f->pins] : NULL;
    bool out_of_entries = f->entries >= f->n_entries;
    if (pin && (pin->position <= f->hits + 1 || out_of_entries)) {
        *out = (struct sg_place){.pin = pin};
        f->pins++;
    } else if (!out_of_entries)
        *out = (struct sg_place){.at = f->entries++};
    else
        return false;
    f->hits++;
    return true;
}

static void gather_live(struct sg_search *s, struct filling *f)
{
    struct sg_pin *pins;
    size_t n = s->page.sort == SG_BY_RELEVANCE ? sg_levers_pins(s->levers, &pins) : 0;
    for (size_t i = 0; i < n; i++)
        if (pins[i].live)
            f->live[f->n_live++] = &pins[i];
}

void sg_pins_lay(struct sg_search *s, size_t first, struct sg_layout *out)
{
    const struct sg_page *p = &s->page;
    struct filling f = {.n_entries = s->retrieval.top.n};
    struct sg_place ignored;
    gather_live(s, &f);
    out->n = 0;
    if (p->has_cursor) {
        f.entries = first;
        f.pins = p->pins_before < f.n_live ? p->pins_before : f.n_live;
        f.hits = p->before + f.pins;
    } else if (f.n_live) {
        while (f.hits < p->offset && take(&f, &ignored))
            ;
    } else
        f.entries = f.hits = first;
    while (out->n < p->limit && take(&f, &out->places[out->n]))
        out->n++;
    out->next = f.entries;
    out->pins = f.pins;
    out->more = f.entries < f.n_entries || f.pins < f.n_live;
}
