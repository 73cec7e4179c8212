/* writes.h - private to api/db: who wrote up to where in the database's log, for a minute.
 *
 * A table of fixed size by a hash of the user: two who share a slot share the later position,
 * which costs one of them a read of the primary. Thread-safe, no locks. */
#pragma once
#include "core/str.h"

enum { DB_WRITES_KEEP_US = 60000000 };
#define DB_LSN_PRIMARY UINT64_MAX /* only the primary is sure to have it */

struct db_writes;
struct db_writes *db_writes_new(void); /* NULL: out of memory */
void db_writes_free(struct db_writes *w);
void db_writes_note(struct db_writes *w, uint64_t user_id, uint64_t lsn);
uint64_t db_writes_of(struct db_writes *w, uint64_t user_id); /* 0: nothing lately */

/* "1-16b374d848" both ways; anything else is 0. */
#define DB_TOKEN_MAX 24
void db_token_write(uint64_t lsn, char out[DB_TOKEN_MAX]);
uint64_t db_token_read(struct sg_str s);
