/* lists.c - see lists.h: reading. */
#include "index/lists_format.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct sg_lists {
    struct sg_str mapped; /* {NULL, 0}: the bytes are somebody else's */
    struct sg_str containers;
    const struct sg_list_block *blocks;
    const struct sg_list_entry *entries;
    size_t n_blocks, n_entries;
    uint32_t documents;
};

int sg_lists_open_bytes(struct sg_lists **out, struct sg_str bytes, struct sg_error *e)
{
    struct sg_segment s;
    int rc = sg_segment_parse(&s, bytes, SG_LISTS_MAGIC, e);
    if (rc)
        return rc;
    struct sg_str blocks = s.section[sg_lists_blocks], entries = s.section[sg_lists_entries];
    bool aligned = !(
        ((uintptr_t)blocks.p | (uintptr_t)entries.p | (uintptr_t)s.section[sg_lists_containers].p) %
        8);
    if (!aligned || blocks.n % sizeof(struct sg_list_block) ||
        entries.n % sizeof(struct sg_list_entry) || s.value[0] >= SG_LIST_END)
        return sg_fail(e, SG_ECORRUPT, "posting lists: sections of odd sizes");
    struct sg_lists *l = calloc(1, sizeof *l);
    if (!l)
        return sg_fail(e, SG_ENOMEM, "posting lists: out of memory");
    l->containers = s.section[sg_lists_containers];
    l->blocks = (const struct sg_list_block *)(const void *)blocks.p;
    l->n_blocks = blocks.n / sizeof *l->blocks;
    l->entries = (const struct sg_list_entry *)(const void *)entries.p;
    l->n_entries = entries.n / sizeof *l->entries;
    l->documents = (uint32_t)s.value[0];
    *out = l;
    return 0;
}

static int map_file(struct sg_str *out, const char *path, struct sg_error *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return sg_fail_errno(e, "open %s", path);
    int rc = fstat(fd, &st) ? sg_fail_errno(e, "stat %s", path) : 0;
    if (!rc && st.st_size == 0)
        rc = sg_fail(e, SG_ECORRUPT, "%s is empty", path);
    if (!rc) {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
        *out = (struct sg_str){p, (size_t)st.st_size};
        rc = p == MAP_FAILED ? sg_fail_errno(e, "map %s", path) : 0;
    }
    close(fd);
    return rc;
}

int sg_lists_open(struct sg_lists **out, const char *path, struct sg_error *e)
{
    struct sg_str bytes;
    int rc = map_file(&bytes, path, e);
    if (rc)
        return rc;
    rc = sg_lists_open_bytes(out, bytes, e);
    if (rc)
        munmap((void *)bytes.p, bytes.n);
    else
        (*out)->mapped = bytes;
    return rc ? sg_wrap(e, "%s", path) : 0;
}

void sg_lists_close(struct sg_lists *l)
{
    if (!l)
        return;
    if (l->mapped.p)
        munmap((void *)l->mapped.p, l->mapped.n);
    free(l);
}

uint32_t sg_lists_documents(const struct sg_lists *l)
{
    return l->documents;
}

/* Hashes are spread evenly, so their places can be guessed: a few guesses, each
 * between what the last one left, then halving. */
static const struct sg_list_entry *find(const struct sg_lists *l, struct sg_str term)
{
    const struct sg_list_entry *v = l->entries;
    uint64_t hash = sg_term_hash(term), low = 0, high = UINT64_MAX;
    size_t from = 0, to = l->n_entries;
    for (int guesses = 4; from < to; guesses--) {
        size_t at = (to - from) / 2;
        if (guesses > 0)
            at = (size_t)((unsigned __int128)(hash - low) * (to - from) /
                          ((unsigned __int128)(high - low) + 1));
        at += from;
        if (v[at].hash == hash)
            return &v[at];
        if (v[at].hash < hash) {
            from = at + 1;
            low = v[at].hash;
        } else {
            to = at;
            high = v[at].hash;
        }
    }
    return NULL;
}

uint32_t sg_lists_frequency(const struct sg_lists *l, struct sg_str term)
{
    const struct sg_list_entry *entry = find(l, term);
    return entry ? entry->postings : 0;
}

/* How many blocks the list has; 0: damaged. */
static size_t count_blocks(const struct sg_lists *l, const struct sg_list_entry *entry)
{
    uint64_t postings = 0;
    size_t n = 0;
    for (; postings < entry->postings; n++) {
        if (entry->first >= l->n_blocks - n || entry->first > l->n_blocks)
            return 0;
        const struct sg_list_block *b = &l->blocks[entry->first + n];
        uint64_t end = (uint64_t)b->at * 8 + sg_container_bytes(b);
        if (end > l->containers.n || (n && b->high <= b[-1].high))
            return 0;
        postings += sg_block_postings(b);
    }
    return postings == entry->postings ? n : 0;
}

static struct sg_postlist open_entry(const struct sg_lists *l, const struct sg_list_entry *entry)
{
    struct sg_postlist list = {.at = SG_LIST_END};
    if (!entry)
        return list;
    if (entry->postings == 1) {
        list.at = entry->first ? entry->first : SG_LIST_END;
        return list;
    }
    size_t n = count_blocks(l, entry);
    if (n == 0)
        return list;
    list.block = l->blocks + entry->first;
    list.end = list.block + n;
    list.containers = l->containers.p;
    list.at = 0;
    sg_postlist_seek(&list, 1);
    return list;
}

struct sg_postlist sg_postlist_open(const struct sg_lists *l, struct sg_str term)
{
    return open_entry(l, find(l, term));
}

const struct sg_list_entry *sg_lists_at(const struct sg_lists *l, size_t i,
                                        struct sg_postlist *list)
{
    if (i >= l->n_entries)
        return NULL;
    *list = open_entry(l, &l->entries[i]);
    return &l->entries[i];
}

/* The first number of v[from..n) at or above low: gallops, then halves. n: none. */
static uint32_t seek_array(const uint16_t *v, uint32_t from, uint32_t n, uint32_t low)
{
    uint32_t step = 1, to = from;
    while (to < n && v[to] < low) {
        from = to + 1;
        to += step;
        step *= 2;
    }
    if (to > n)
        to = n;
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (v[middle] < low)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* The first bit at or after low; sg_block_bits: none. */
static uint32_t seek_bits(const uint64_t *words, uint32_t low)
{
    uint32_t w = low / 64;
    uint64_t word = words[w] & ~UINT64_C(0) << low % 64;
    while (!word) {
        if (++w == sg_block_words)
            return sg_block_bits;
        word = words[w];
    }
    return w * 64 + (uint32_t)__builtin_ctzll(word);
}

/* Within the block at hand, from low on; false: it has none. */
static bool seek_block(struct sg_postlist *list, uint32_t low)
{
    const struct sg_list_block *b = list->block;
    const void *container = list->containers + (uint64_t)b->at * 8;
    uint32_t found = sg_block_bits;
    if (sg_block_is_array(b)) {
        const uint16_t *v = container;
        uint32_t n = sg_block_postings(b);
        list->index = seek_array(v, list->index, n, low);
        if (list->index < n)
            found = v[list->index];
    } else {
        found = seek_bits(container, low);
    }
    if (found == sg_block_bits || found < low)
        return false;
    list->at = (uint32_t)b->high << 16 | found;
    return true;
}

uint32_t sg_postlist_seek(struct sg_postlist *list, uint32_t target)
{
    if (list->at >= target)
        return list->at;
    for (; list->block < list->end; list->block++, list->index = 0) {
        uint32_t first = (uint32_t)list->block->high << 16;
        if (target >= first && target - first >= sg_block_bits)
            continue;
        if (seek_block(list, target > first ? target - first : 0))
            return list->at;
    }
    return list->at = SG_LIST_END;
}

static void set_bit(uint64_t *bits, uint32_t i)
{
    bits[i / 64] |= UINT64_C(1) << i % 64;
}

uint32_t sg_postlist_window(struct sg_postlist *list, uint32_t window,
                            uint64_t bits[SG_WINDOW_WORDS])
{
    if (!list->block) {
        if (list->at != SG_LIST_END && list->at / SG_WINDOW_BITS == window)
            set_bit(bits, list->at % SG_WINDOW_BITS);
        return 1;
    }
    for (; list->block < list->end && list->block->high < window; list->block++)
        list->index = 0;
    if (list->block == list->end || list->block->high != window)
        return 1;
    const void *container = list->containers + (uint64_t)list->block->at * 8;
    if (!sg_block_is_array(list->block)) {
        const uint64_t *words = container;
        for (size_t i = 0; i < SG_WINDOW_WORDS; i++)
            bits[i] |= words[i];
        return SG_WINDOW_WORDS / 16;
    }
    const uint16_t *v = container;
    uint32_t n = sg_block_postings(list->block);
    for (uint32_t i = 0; i < n; i++)
        set_bit(bits, v[i]);
    return 1 + n / 4;
}
