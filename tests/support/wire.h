/* wire.h - a client that says exactly what a test tells it to, byte for byte. */
#pragma once
#include "core/buf.h"

struct wire_answer {
    int status;
    char head[4000];
    struct sg_buf body; /* by Content-Length; of chunks as well */
};

/* A connection to this machine that waits at most 20 s for bytes. */
int wire_dial(int port);
void wire_say(int fd, const char *text);
void wire_put(int fd, const void *bytes, size_t n);
/* Its head, as of HEAD; one answer and no byte more; false at the connection's end. */
bool wire_hear_head(int fd, struct wire_answer *a);
bool wire_hear(int fd, struct wire_answer *a);
/* Whether the other end hung up, with nothing more said. */
bool wire_ended(int fd);
bool wire_holds(const struct wire_answer *a, const char *text);
/* The header's value, "" when absent; valid until the next call. */
const char *wire_header(const struct wire_answer *a, const char *name);
/* Dials, says, hears one answer and hangs up; 0: none came. The body is the caller's to free. */
int wire_ask(int port, const char *text, struct wire_answer *a);
