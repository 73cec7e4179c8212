/* follows.c - who follows a playlist, and what is left of that when it goes. */
#include "core/clock.h"
#include "tests/integration/playlists/playlists.h"
#include "tests/support/http.h"
#include <pthread.h>
#include <stdio.h>

START_TEST(followers_are_counted)
{
    json_int_t id = make(OWNER, "{\"name\":\"F\",\"is_public\":true}");
    EXPECT(PUT(STRANGER, path_of(id, "/follow"), NULL), 204);
    EXPECT(PUT(STRANGER, path_of(id, "/follow"), NULL), 204);
    EXPECT(PUT(VIEWER, path_of(id, "/follow"), NULL), 204);
    EXPECT(PUT(NOBODY, path_of(id, "/follow"), NULL), 401);
    EXPECT(GET(STRANGER, path_of(id, "")), 200);
    ck_assert_int_eq(number("followers"), 2);
    ck_assert(json_is_true(json_object_get(answer, "is_following")));
    EXPECT(DELETE(STRANGER, path_of(id, "/follow")), 204);
    EXPECT(DELETE(STRANGER, path_of(id, "/follow")), 204);
    EXPECT(GET(OWNER, path_of(id, "")), 200);
    ck_assert_int_eq(number("followers"), 1);
    EXPECT(PUT(STRANGER, "/api/v1/playlists/999999/follow", NULL), 404);
}
END_TEST

static void *follow_meanwhile(void *path)
{
    char heard[4096];
    int status = test_http(port, "PUT", path, token_of(STRANGER), NULL, heard, sizeof heard);
    return (void *)(intptr_t)status;
}

#define LEFT                                                                                       \
    "SELECT (SELECT count(*) FROM follows WHERE target_kind = 'playlist' AND target_id = %lld) "   \
    "|| '/' || (SELECT count(*) FROM follow_counts WHERE target_kind = 'playlist' AND target_id "  \
    "= %lld)"

/* Nor does one leave a follow that comes while it is being deleted. */
START_TEST(a_deleted_playlist_leaves_no_follows_and_no_count)
{
    json_int_t id = make(OWNER, "{\"name\":\"F\",\"is_public\":true}");
    EXPECT(PUT(STRANGER, path_of(id, "/follow"), NULL), 204);
    EXPECT(DELETE(OWNER, path_of(id, "")), 204);
    ck_assert_str_eq(test_pg_sql(db, LEFT, (long long)id, (long long)id), "0/0");
    id = make(OWNER, "{\"name\":\"F\",\"is_public\":true}");
    char path[300];
    pthread_t other;
    void *status;
    snprintf(path, sizeof path, "%s", path_of(id, "/follow"));
    test_pg_sql(db, "BEGIN");
    test_pg_sql(db, "DELETE FROM playlists WHERE playlist_id = %lld", (long long)id);
    ck_assert_int_eq(pthread_create(&other, NULL, follow_meanwhile, path), 0);
    sg_sleep_us(300000); /* it has looked, and waits */
    test_pg_sql(db, "COMMIT");
    pthread_join(other, &status);
    ck_assert_int_lt((intptr_t)status, 500);
    ck_assert_str_eq(test_pg_sql(db, LEFT, (long long)id, (long long)id), "0/0");
}
END_TEST

TCase *follows_tests(void)
{
    TCase *t = playlist_tests("follows");
    tcase_add_test(t, followers_are_counted);
    tcase_add_test(t, a_deleted_playlist_leaves_no_follows_and_no_count);
    return t;
}
