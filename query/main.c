/* main.c - segue-query. */
#include "query/cli.h"
#include "query/serve.h"
#include "query/train.h"

static int serve(const struct sg_config *c, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    if (argc > 1) {
        fprintf(stderr, "segue-query serve: no argument '%s'\n", argv[1]);
        return 2;
    }
    if (!sg_serve(c, &e))
        return 0;
    fprintf(stderr, "segue-query serve: %s\n", e.text);
    return 1;
}

static int check(const struct sg_config *c, int argc, char **argv)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_search_options o;
    if (argc > 1) {
        fprintf(stderr, "segue-query check: no argument '%s'\n", argv[1]);
        return 2;
    }
    if (!sg_serve_options(&o, c, &e))
        return 0;
    fprintf(stderr, "segue-query: %s\n", e.text);
    return 1;
}

static const struct sg_command commands[] = {
    {"serve", "serve", "answer searches until stopped",
     "Listens on query.listen and follows what is published in index.dir; see segue.conf.", serve},
    {"check", "check", "whether `serve` would start, whoever serves now",
     "Reads query.weights. Exit code 1, and why, when it cannot be used.", check},
    {"search", "search WORDS... [OPTIONS]", "search the catalogue",
     "  --type LIST        song, artist, album, playlist; comma separated (default: all)\n"
     "  --limit N          hits, 1 to 100 (default 20)\n"
     "  --offset N         hits to skip, 0 to 1000\n"
     "  --genre NAME       of this genre\n"
     "  --artist ID        of this artist\n"
     "  --year Y | A-B     released in this year, or these\n"
     "  --explicit yes|no  explicit only, or clean only\n"
     "  --in WHERE         names, lyrics, or any (default)\n"
     "  --sort ORDER       relevance (default), popularity, newest, title\n"
     "  --all-versions     live, remixed and remastered ones as hits of their own\n"
     "  --explain          how each score came about\n"
     "  --json             the reply as JSON\n"
     "  --local            read the index, not the server\n\n"
     "The last word may be unfinished; end the query with a space when it is not.\n"
     "Without a running server the index is read directly. NO_COLOR turns styles off.",
     sg_cli_search},
    {"suggest", "suggest TEXT... [OPTIONS]", "complete what is typed so far",
     "  --limit N  completions, 1 to 20 (default 8)\n"
     "  --json     the reply as JSON\n"
     "  --local    read the index, not the server",
     sg_cli_suggest},
    {"train-ranker", "train-ranker FILE [OPTIONS]", "fit the ranker's weights to judged queries",
     "FILE has a line for each query: query, type (or any), expected title or \"title | artist\",\n"
     "group, between tabs. A third of the queries is held out and reported apart.\n"
     "  --measure   report, do not fit\n"
     "  --misses    list the queries whose answer is not first\n"
     "  --keep A,B  features whose weights stay as they are (see docs/relevance.md)\n"
     "  --rounds N  times through all weights at most (default 8)\n"
     "  --out FILE  write the weights there (default: standard output)",
     sg_cli_train},
    {0},
};

int main(int argc, char **argv)
{
    static const struct sg_program program = {
        "segue-query", "Segue's search: the server, and questions from a terminal", commands,
        "serve"};
    return sg_program_main(&program, argc, argv);
}
