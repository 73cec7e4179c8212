/* genres.c - see genres.h and world.h. */
#include "data/generate/genres.h"
#include "data/generate/world.h"

const char *const sg_demo_genres[SG_DEMO_GENRES] = {
    "Pop",        "Rock",    "Hip-Hop", "R&B",       "Electronic", "House",  "Techno",
    "Country",    "Folk",    "Jazz",    "Classical", "Blues",      "Metal",  "Punk",
    "Indie",      "Latin",   "Reggae",  "Soul",      "Funk",       "K-Pop",  "J-Pop",
    "Soundtrack", "Ambient", "World",   "Afrobeats", "Bollywood",  "Gospel", "Mandopop",
};

const struct sg_demo_genre sg_demo_genre_facts[SG_DEMO_GENRES] = {
    {16, .05, 208, .20, 1958, NULL},
    {14, .05, 232, .26, 1956, NULL},
    {10, .55, 198, .25, 1984, NULL},
    {5, .22, 218, .22, 1960, "en en en fr pt"},
    {6, .03, 248, .32, 1974, NULL},
    {4, .04, 305, .35, 1985, NULL},
    {3, .02, 372, .28, 1988, "en en de de es sv"},
    {4, .03, 206, .18, 1955, "en"},
    {4, .02, 221, .26, 1955, NULL},
    {4, .00, 312, .42, 1955, "en en en fr sv it ja"},
    {3, .00, 288, .65, 1955, "en de fr it ru pl"},
    {2, .03, 226, .30, 1955, "en"},
    {4, .14, 281, .34, 1970, "en en en de sv pl tr"},
    {2, .24, 148, .33, 1975, NULL},
    {7, .09, 226, .25, 1980, NULL},
    {5, .16, 222, .22, 1955, "es es es pt"},
    {1.5, .05, 238, .24, 1964, "en en es fr"},
    {1.5, .02, 206, .24, 1957, "en"},
    {1, .04, 258, .34, 1966, "en en pt"},
    {2, .02, 202, .16, 1996, "ko"},
    {2.5, .01, 251, .18, 1968, "ja"},
    {2, .00, 166, .55, 1955, NULL},
    {1.5, .00, 342, .55, 1973, "en de ja sv"},
    {2, .01, 271, .36, 1955, "ar he tr el hi pt es"},
    {1.5, .08, 198, .20, 2000, "en en fr pt"},
    {2, .00, 291, .22, 1955, "hi"},
    {1, .00, 262, .30, 1956, "en"},
    {2, .00, 246, .17, 1972, "zh"},
};
