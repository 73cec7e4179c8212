/* rabbit.h - a private RabbitMQ for tests: one node, on a free port of 127.0.0.1.
 *
 * It takes some 150 MB and ten seconds to start: one a test program. A watcher process stops it
 * and removes its folder when the program ends, however it ends. Any failure to start prints
 * why and ends the program (77, skipped, when there is no RabbitMQ to run).
 */
#pragma once

struct test_rabbit {
    char dir[64];
    char url[80]; /* for worker.amqp */
    int port;
};
struct test_rabbit *test_rabbit_start(void); /* owned by the support library */
void test_rabbit_kill(const struct test_rabbit *r);
void test_rabbit_begin(const struct test_rabbit *r); /* again, without waiting .. */
void test_rabbit_await(const struct test_rabbit *r); /* .. until it can be spoken to */
/* As a broker whose disk was lost: nothing is kept. */
void test_rabbit_lose(const struct test_rabbit *r);
