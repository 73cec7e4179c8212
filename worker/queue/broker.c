/* broker.c - see broker.h. */
#include "worker/queue/broker.h"
#include <amqp.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

enum { CONSUME = 1, PUBLISH = 2, HEARTBEAT_S = 10, FRAME_MAX = 131072, DEAD_KEPT = 10000 };
enum { CONNECT_S = 5 };

struct broker {
    amqp_connection_state_t c;
    char queue[100];
    const char *name; /* the routing key */
    uint64_t published;
};

static int unavailable(struct sg_error *e, const char *what, int status)
{
    return sg_fail(e, SG_EUNAVAIL, "RabbitMQ: %s: %s", what, amqp_error_string2(status));
}

static int check(amqp_rpc_reply_t r, const char *what, struct sg_error *e)
{
    if (r.reply_type == AMQP_RESPONSE_NORMAL)
        return 0;
    if (r.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION)
        return unavailable(e, what, r.library_error);
    if (r.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION && r.reply.decoded &&
        (r.reply.id == AMQP_CHANNEL_CLOSE_METHOD || r.reply.id == AMQP_CONNECTION_CLOSE_METHOD)) {
        /* both begin with the code and the text */
        const amqp_channel_close_t *m = r.reply.decoded;
        return sg_fail(e, SG_EUNAVAIL, "RabbitMQ: %s: %d %.*s", what, m->reply_code,
                       (int)m->reply_text.len, (const char *)m->reply_text.bytes);
    }
    return sg_fail(e, SG_EUNAVAIL, "RabbitMQ: %s: refused", what);
}

static int log_in(struct broker *a, const struct amqp_connection_info *info, struct sg_error *e)
{
    struct timeval limit = {CONNECT_S, 0};
    amqp_socket_t *s = info->ssl ? amqp_ssl_socket_new(a->c) : amqp_tcp_socket_new(a->c);
    if (!s)
        return sg_fail(e, SG_ENOMEM, "RabbitMQ: a socket");
    if (info->ssl && amqp_ssl_socket_set_cacert(s, "/etc/ssl/certs/ca-certificates.crt"))
        return sg_fail(e, SG_EUNAVAIL, "RabbitMQ: certificates of this system");
    amqp_set_handshake_timeout(a->c, &limit);
    amqp_set_rpc_timeout(a->c, &limit);
    int status = amqp_socket_open_noblock(s, info->host, info->port, &limit);
    if (status)
        return unavailable(e, info->host, status);
    return check(amqp_login(a->c, info->vhost, 0, FRAME_MAX, HEARTBEAT_S, AMQP_SASL_METHOD_PLAIN,
                            info->user, info->password),
                 "login", e);
}

static amqp_table_entry_t text_of(const char *key, const char *value)
{
    amqp_table_entry_t t = {.key = amqp_cstring_bytes(key)};
    t.value.kind = AMQP_FIELD_KIND_UTF8;
    t.value.value.bytes = amqp_cstring_bytes(value);
    return t;
}

static amqp_table_entry_t number_of(const char *key, int32_t value)
{
    amqp_table_entry_t t = {.key = amqp_cstring_bytes(key)};
    t.value.kind = AMQP_FIELD_KIND_I32;
    t.value.value.i32 = value;
    return t;
}

static int declare(struct broker *a, const char *exchange, const char *queue, const char *key,
                   amqp_table_entry_t *facts, int n, struct sg_error *e)
{
    amqp_bytes_t x = amqp_cstring_bytes(exchange), q = amqp_cstring_bytes(queue);
    amqp_table_t arguments = {n, facts};
    amqp_exchange_declare(a->c, CONSUME, x, amqp_cstring_bytes("direct"), 0, 1, 0, 0,
                          amqp_empty_table);
    int rc = check(amqp_get_rpc_reply(a->c), exchange, e);
    if (!rc) {
        amqp_queue_declare(a->c, CONSUME, q, 0, 1, 0, 0, arguments);
        rc = check(amqp_get_rpc_reply(a->c), queue, e);
    }
    if (!rc) {
        amqp_queue_bind(a->c, CONSUME, q, x, amqp_cstring_bytes(key), amqp_empty_table);
        rc = check(amqp_get_rpc_reply(a->c), queue, e);
    }
    return rc;
}

static int declare_all(struct broker *a, struct sg_error *e)
{
    amqp_table_entry_t dead[] = {text_of("x-queue-type", "quorum"),
                                 number_of("x-max-length", DEAD_KEPT)};
    amqp_table_entry_t jobs[] = {text_of("x-queue-type", "quorum"),
                                 number_of("x-delivery-limit", BROKER_DELIVERIES),
                                 text_of("x-dead-letter-exchange", "segue.dead"),
                                 text_of("x-dead-letter-routing-key", "dead")};
    int rc = declare(a, "segue.dead", "segue.dead", "dead", dead, 2, e);
    return rc ? rc : declare(a, "segue", a->queue, a->name, jobs, 4, e);
}

static int begin(struct broker *a, int prefetch, struct sg_error *e)
{
    amqp_channel_open(a->c, CONSUME);
    int rc = check(amqp_get_rpc_reply(a->c), "channel", e);
    if (!rc)
        rc = declare_all(a, e);
    if (!rc) {
        amqp_channel_open(a->c, PUBLISH);
        rc = check(amqp_get_rpc_reply(a->c), "channel", e);
    }
    if (!rc) {
        amqp_confirm_select(a->c, PUBLISH);
        rc = check(amqp_get_rpc_reply(a->c), "confirms", e);
    }
    if (!rc) {
        amqp_basic_qos(a->c, CONSUME, 0, (uint16_t)prefetch, 0);
        rc = check(amqp_get_rpc_reply(a->c), "prefetch", e);
    }
    if (!rc) {
        amqp_basic_consume(a->c, CONSUME, amqp_cstring_bytes(a->queue), amqp_empty_bytes, 0, 0, 0,
                           amqp_empty_table);
        rc = check(amqp_get_rpc_reply(a->c), "consume", e);
    }
    return rc;
}

int broker_open(struct broker **out, const char *url, const char *name, int prefetch,
                struct sg_error *e)
{
    struct amqp_connection_info info;
    char *copy = strdup(url); /* the parser writes into it */
    struct broker *a = calloc(1, sizeof *a);
    int rc = copy && a && (a->c = amqp_new_connection()) ? 0 : sg_fail(e, SG_ENOMEM, "RabbitMQ");
    if (!rc && amqp_parse_url(copy, &info))
        rc = sg_fail_field(e, "worker.amqp",
                           "worker.amqp: expected amqp://user:password@host:port/vhost");
    if (!rc) {
        a->name = name;
        snprintf(a->queue, sizeof a->queue, "segue.%s", name);
        rc = log_in(a, &info, e);
    }
    if (!rc)
        rc = begin(a, prefetch, e);
    free(copy);
    if (rc)
        broker_close(a);
    else
        *out = a;
    return rc;
}

void broker_close(struct broker *a)
{
    if (!a)
        return;
    if (a->c)
        amqp_destroy_connection(a->c);
    free(a);
}

int broker_socket(const struct broker *a)
{
    return amqp_get_sockfd(a->c);
}

/* What the channel says instead of doing what was asked: the connection begins anew. */
static int hear_method(struct broker *a, const amqp_method_t *m, amqp_channel_t channel,
                       struct broker_heard *h, bool *told, struct sg_error *e)
{
    amqp_message_t message;
    *told = true;
    switch (m->id) {
    case AMQP_BASIC_DELIVER_METHOD:
        *h = (struct broker_heard){HEARD_TICKET, ((amqp_basic_deliver_t *)m->decoded)->delivery_tag,
                                   false};
        int rc = check(amqp_read_message(a->c, channel, &message, 0), "a message", e);
        if (!rc)
            amqp_destroy_message(&message);
        return rc;
    case AMQP_BASIC_ACK_METHOD:
        *h = (struct broker_heard){HEARD_CONFIRM, ((amqp_basic_ack_t *)m->decoded)->delivery_tag,
                                   ((amqp_basic_ack_t *)m->decoded)->multiple};
        return 0;
    case AMQP_BASIC_NACK_METHOD:
        *h = (struct broker_heard){HEARD_REFUSED, ((amqp_basic_nack_t *)m->decoded)->delivery_tag,
                                   ((amqp_basic_nack_t *)m->decoded)->multiple};
        return 0;
    case AMQP_BASIC_RETURN_METHOD: /* no queue: somebody deleted it */
        return sg_fail(e, SG_EUNAVAIL, "RabbitMQ: the queue is gone");
    case AMQP_BASIC_CANCEL_METHOD:
        return sg_fail(e, SG_EUNAVAIL, "RabbitMQ: the queue does not serve us any more");
    case AMQP_CHANNEL_CLOSE_METHOD:
    case AMQP_CONNECTION_CLOSE_METHOD:
        return sg_fail(e, SG_EUNAVAIL, "RabbitMQ: %.*s",
                       (int)((amqp_channel_close_t *)m->decoded)->reply_text.len,
                       (char *)((amqp_channel_close_t *)m->decoded)->reply_text.bytes);
    default:
        *told = false;
        return 0;
    }
}

int broker_hear(struct broker *a, broker_heard_fn heard, void *ctx, struct sg_error *e)
{
    for (;;) {
        struct timeval at_once = {0, 0};
        struct broker_heard h;
        amqp_frame_t frame;
        bool told = false;
        amqp_maybe_release_buffers(a->c);
        int status = amqp_simple_wait_frame_noblock(a->c, &frame, &at_once);
        if (status == AMQP_STATUS_TIMEOUT)
            return 0;
        if (status)
            return unavailable(e, "connection", status);
        if (frame.frame_type != AMQP_FRAME_METHOD)
            continue;
        int rc = hear_method(a, &frame.payload.method, frame.channel, &h, &told, e);
        if (rc)
            return rc;
        if (told)
            heard(ctx, &h);
    }
}

int broker_publish(struct broker *a, struct sg_str body, uint64_t *tag, struct sg_error *e)
{
    amqp_basic_properties_t p = {._flags =
                                     AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_CONTENT_TYPE_FLAG,
                                 .delivery_mode = AMQP_DELIVERY_PERSISTENT,
                                 .content_type = amqp_cstring_bytes("application/json")};
    amqp_bytes_t bytes = {body.n, (void *)(uintptr_t)body.p};
    int status = amqp_basic_publish(a->c, PUBLISH, amqp_cstring_bytes("segue"),
                                    amqp_cstring_bytes(a->name), 1, 0, &p, bytes);
    if (status)
        return unavailable(e, "publish", status);
    *tag = ++a->published;
    return 0;
}

int broker_settle(struct broker *a, uint64_t tag, bool dead, struct sg_error *e)
{
    int status =
        dead ? amqp_basic_reject(a->c, CONSUME, tag, 0) : amqp_basic_ack(a->c, CONSUME, tag, 0);
    return status ? unavailable(e, "acknowledgement", status) : 0;
}
