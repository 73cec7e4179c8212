/* gate.c - see gate.h. */
#include "recsys/train/gate.h"
#include "core/clock.h"
#include "core/service.h"
#include "recsys/compose.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { AT = 20, PANEL_MAX = 1000, PLAYS_MIN = 5 };

struct panel_user {
    const struct sg_panel_play *v; /* by time */
    size_t n;
};

static int by_song(const void *a, const void *b)
{
    const struct sg_person_song *x = a, *y = b;
    return (x->song_id > y->song_id) - (x->song_id < y->song_id);
}

/* A listener who did the first n plays and nothing else. */
static int make_person(const struct sg_train_input *in, struct panel_user u, struct sg_arena *a,
                       struct sg_person *out, struct sg_error *e)
{
    struct sg_person_play *plays = sg_arena_array(a, SG_PERSON_PLAYS, sizeof *plays);
    struct sg_person_song *songs = sg_arena_array(a, u.n + 1, sizeof *songs);
    size_t n = 0;
    if (!plays || !songs)
        return sg_fail(e, SG_ENOMEM, "panel");
    *out =
        (struct sg_person){.user_id = u.v[0].user, .known = true, .plays = plays, .songs = songs};
    for (size_t i = u.n; i-- > 0;) {
        uint64_t id = in->songs[u.v[i].song].song_id;
        bool skip = u.v[i].weight < 0;
        if (out->n_plays < SG_PERSON_PLAYS)
            plays[out->n_plays++] = (struct sg_person_play){id, u.v[i].at_us, skip ? 1 : -1};
        songs[n++] = (struct sg_person_song){id, u.v[i].at_us, !skip, skip};
    }
    qsort(songs, n, sizeof *songs, by_song);
    for (size_t i = 0; i < n; i++)
        if (out->n_songs && songs[out->n_songs - 1].song_id == songs[i].song_id) {
            struct sg_person_song *same = &songs[out->n_songs - 1];
            same->plays += songs[i].plays;
            same->skips += songs[i].skips;
            same->last_us = same->last_us > songs[i].last_us ? same->last_us : songs[i].last_us;
        } else {
            songs[out->n_songs++] = songs[i];
        }
    return 0;
}

/* Songs of the last plays that are new to the listener, each once; ids. */
static size_t wanted(const struct sg_train_input *in, const struct sg_person *p,
                     struct panel_user rest, uint64_t *out)
{
    size_t n = 0;
    for (size_t i = 0; i < rest.n; i++) {
        uint64_t id = in->songs[rest.v[i].song].song_id;
        size_t k = 0;
        while (k < n && out[k] != id)
            k++;
        if (rest.v[i].weight > 0 && k == n && !sg_person_song(p, id))
            out[n++] = id;
    }
    return n;
}

/* The share found; negative: nothing to look for, or an error in *rc. */
static double recall_of(const struct sg_model *m, const struct sg_train_input *in,
                        struct panel_user u, struct sg_arena *a, int *rc, struct sg_error *e)
{
    struct sg_person person;
    struct sg_recommendation found[AT];
    size_t cut = u.n - (u.n + 4) / 5, hits = 0;
    uint64_t *want = sg_arena_array(a, u.n - cut + 1, sizeof *want);
    *rc = want ? make_person(in, (struct panel_user){u.v, cut}, a, &person, e)
               : sg_fail(e, SG_ENOMEM, "panel");
    size_t n = *rc ? 0 : wanted(in, &person, (struct panel_user){u.v + cut, u.n - cut}, want);
    if (!n)
        return -1;
    struct sg_occasion o = {.model = m,
                            .person = &person,
                            .now_us = u.v[cut - 1].at_us + 1000000,
                            .heard_days = 3650,
                            .new_days = 60,
                            .decay_days = 180,
                            .hour = -1,
                            .arena = a};
    int k = sg_compose_for_person(&o, &(struct sg_compose_options){.limit = AT}, found, e);
    *rc = k < 0 ? k : 0;
    for (int i = 0; i < k; i++)
        for (size_t w = 0; w < n; w++)
            hits += found[i].song_id == want[w];
    return (double)hits / (double)(n < AT ? n : AT);
}

int sg_gate_measure(const struct sg_model *m, const struct sg_train_input *in, uint64_t below,
                    struct sg_gate_score *out, struct sg_error *e)
{
    struct sg_arena a = {0};
    double sum = 0, squares = 0;
    size_t users = 0, to;
    int rc = 0;
    for (size_t from = 0; from < in->n_panel && users < PANEL_MAX && !rc; from = to) {
        struct panel_user u = {in->panel + from, 1};
        while (from + u.n < in->n_panel && u.v[u.n].user == u.v[0].user)
            u.n++;
        to = from + u.n;
        if (u.n < PLAYS_MIN || !sg_panel_has(u.v[0].user, below))
            continue;
        double r = recall_of(m, in, u, &a, &rc, e);
        sg_arena_reset(&a);
        if (r < 0 || rc)
            continue;
        sum += r;
        squares += r * r;
        users++;
        if (sg_stopping())
            rc = sg_fail(e, SG_ECANCELED, "stopped");
    }
    sg_arena_free(&a);
    double n = users ? (double)users : 1, mean = sum / n;
    *out = (struct sg_gate_score){mean, sqrt(fmax(0, squares / n - mean * mean) / n), users};
    return rc;
}

int sg_gate_compare(const struct sg_config *config, const struct sg_model *fresh,
                    const struct sg_model *before, const struct sg_train_input *in, double *recall,
                    struct sg_error *e)
{
    struct sg_gate_score now, then = {0};
    int64_t percent = config->recsys.gate_shrink_percent;
    int rc = sg_gate_measure(fresh, in, in->panel_below, &now, e);
    if (!rc && before)
        rc = sg_gate_measure(before, in, in->panel_below, &then, e);
    if (rc)
        return rc;
    *recall = now.users ? now.recall : -1;
    fprintf(stderr, "gate: recall@%d %.4f (+- %.4f) of %zu listeners", AT, now.recall,
            1.96 * now.error, now.users);
    if (before)
        fprintf(stderr, ", the served model's %.4f", then.recall);
    fprintf(stderr, "\n");
    if (!before)
        return 0;
    size_t songs = sg_songs_count(fresh->songs), had = sg_songs_count(before->songs);
    if ((double)songs < (double)had * (double)(100 - percent) / 100)
        return sg_fail(e, SG_ELIMIT, "%zu songs, the served model has %zu: more than %lld%% fewer",
                       songs, had, (long long)percent);
    double least = then.recall * (1 - config->recsys.gate_recall_drop) - 1.96 * now.error;
    return now.recall >= least
               ? 0
               : sg_fail(e, SG_ELIMIT, "held-out recall@%d is %.4f, the served model's %.4f", AT,
                         now.recall, then.recall);
}
