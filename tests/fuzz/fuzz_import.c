/* Files of every import format as arbitrary bytes, read and checked without a
 * database: whatever they hold, each row is taken or rejected, no import stops,
 * and what would be copied into the catalogue is text.
 *
 * Input: 1 byte choosing the format, then the files of the format, in the order
 * in which they are read, with two zero bytes between them.
 */
#include "data/import/import.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FILES_MAX 5

static const struct {
    const char *files[FILES_MAX + 1];
} formats[] = {{{"in"}},
               {{"in"}},
               {{"in"}},
               {{"tracks.tsv", "playlists.tsv", "playlist_tracks.tsv"}},
               {{"songs.tsv"}},
               {{"artists.dat", "user_artists.dat", "user_friends.dat", "user_taggedartists.dat",
                 "tags.dat"}}};

static char dir[64];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void remove_all(void)
{
    char path[128];
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++)
        for (size_t k = 0; formats[f].files[k]; k++) {
            snprintf(path, sizeof path, "%s/%s", dir, formats[f].files[k]);
            unlink(path);
        }
    rmdir(dir);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    snprintf(dir, sizeof dir, "%s/segue-fuzz-XXXXXX",
             access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    if (!mkdtemp(dir))
        abort();
    atexit(remove_all);
    return 0;
}

static void write_file(const char *name, struct sg_str bytes)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");
    if (!f || fwrite(bytes.p, 1, bytes.n, f) != bytes.n || fclose(f))
        abort();
}

static void write_files(size_t format, struct sg_str rest)
{
    for (size_t k = 0; formats[format].files[k]; k++) {
        const char *end = memmem(rest.p, rest.n, "\0\0", 2);
        bool last = !end || !formats[format].files[k + 1];
        size_t n = last ? rest.n : (size_t)(end - rest.p);
        write_file(formats[format].files[k], (struct sg_str){rest.p, n});
        rest = last ? SG_STR("") : (struct sg_str){rest.p + n + 2, rest.n - n - 2};
    }
}

static int read_format(struct sg_import *i, size_t format, struct sg_error *e)
{
    static const struct sg_csv_options comma = {.delimiter = ','},
                                       tab = {'\t', "title=Name,artist=Artist", ";"};
    char path[96];
    snprintf(path, sizeof path, "%s/in", dir);
    switch (format) {
    case 0:
        return sg_import_jsonl(i, path, e);
    case 1:
    case 2:
        return sg_import_csv(i, path, format == 1 ? &comma : &tab, e);
    case 3:
        return sg_import_playlist_archive(i, dir, e);
    case 4:
        return sg_import_billboard(i, dir, e);
    default:
        return sg_import_lastfm(i, dir, e);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_error e = SG_ERROR_INIT;
    struct sg_progress p;
    if (!size)
        return 0;
    size_t format = data[0] % (sizeof formats / sizeof *formats);
    write_files(format, (struct sg_str){(const char *)data + 1, size - 1});
    sg_progress_init(&p, false);
    struct sg_import i = {.progress = &p, .source = "fuzz"};
    assert(sg_stage_init(&i.stage, NULL, &i.rejects, &e) == 0);
    int rc = read_format(&i, format, &e);
    /* A CSV file may lack its header, and what looks like gzip may be damaged. */
    if (rc && rc != SG_ECORRUPT && !(rc == SG_EINVAL && (format == 1 || format == 2))) {
        fprintf(stderr, "%s\n", e.text);
        abort();
    }
    sg_stage_fini(&i.stage);
    return 0;
}
