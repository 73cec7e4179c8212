/* addresses.c - how many connections each address has; as many entries as there are
 * addresses connected. */
#include "api/http/parts.h"
#include <stdlib.h>

enum { BUCKETS = 4096 };

struct entry {
    struct entry *next;
    uint64_t address;
    int n;
};
struct http_addresses {
    pthread_mutex_t lock;
    struct entry *buckets[BUCKETS];
};

struct http_addresses *http_addresses_new(void)
{
    struct http_addresses *a = calloc(1, sizeof *a);
    if (a)
        pthread_mutex_init(&a->lock, NULL);
    return a;
}

void http_addresses_free(struct http_addresses *a)
{
    for (size_t i = 0; a && i < BUCKETS; i++)
        while (a->buckets[i]) {
            struct entry *e = a->buckets[i];
            a->buckets[i] = e->next;
            free(e);
        }
    if (a)
        pthread_mutex_destroy(&a->lock);
    free(a);
}

static struct entry **find(struct http_addresses *a, uint64_t address)
{
    struct entry **at = &a->buckets[address % BUCKETS];
    while (*at && (*at)->address != address)
        at = &(*at)->next;
    return at;
}

bool http_addresses_enter(struct http_addresses *a, uint64_t address, int max)
{
    pthread_mutex_lock(&a->lock);
    struct entry **at = find(a, address);
    if (!*at && (*at = calloc(1, sizeof **at)))
        (*at)->address = address;
    bool room = *at && (*at)->n < max;
    if (room)
        (*at)->n++;
    pthread_mutex_unlock(&a->lock);
    return room;
}

void http_addresses_leave(struct http_addresses *a, uint64_t address)
{
    pthread_mutex_lock(&a->lock);
    struct entry **at = find(a, address), *e = *at;
    if (e && --e->n == 0) {
        *at = e->next;
        free(e);
    }
    pthread_mutex_unlock(&a->lock);
}
