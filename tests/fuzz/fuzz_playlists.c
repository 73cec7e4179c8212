/* fuzz_playlists.c - any bytes as the two files of a playlist archive.
 *
 *   tracks.tsv | 0 0 | playlist_tracks.tsv
 */
#include "recsys/input/playlists.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char dir[64];

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void remove_all(void)
{
    unlink(path_of("tracks.tsv"));
    unlink(path_of("playlist_tracks.tsv"));
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

static void write_file(const char *name, const uint8_t *p, size_t n)
{
    FILE *f = fopen(path_of(name), "w");
    if (!f || fwrite(p, 1, n, f) != n || fclose(f))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sg_playlists p;
    struct sg_split s;
    const uint8_t *cut = size ? memmem(data, size, "\0\0", 2) : NULL;
    size_t first = cut ? (size_t)(cut - data) : size;
    write_file("tracks.tsv", data, first);
    write_file("playlist_tracks.tsv", data + first + (cut ? 2 : 0), size - first - (cut ? 2 : 0));
    if (sg_playlists_read(&p, dir, &(struct sg_content){1, 1, 0.3f}, NULL))
        return 0;
    for (size_t fold = 0; fold < 2; fold++)
        if (!sg_split_playlists(&s, &p, fold, 2, 1, NULL)) {
            for (size_t q = 0; q < s.n; q++)
                if (s.questions[q].n > s.questions[q].relevant || !s.questions[q].given.n)
                    abort();
            sg_split_free(&s);
        }
    sg_playlists_free(&p);
    return 0;
}
