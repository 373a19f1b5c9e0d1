// What load, sink and relay share: sockets, HTTP/1.1 heads, and the hash of a span. Linux only.
//
// These are measuring tools for one machine's loopback, between parties that trust each other; they
// are not a model of how to read bytes from a stranger.
#ifndef WIRE_H
#define WIRE_H
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_LIMIT = 16384, DESCRIPTOR_LIMIT = 4096 };

#define FAIL(...) (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), exit(1))

static inline uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// Bytes that grow at their end.
typedef struct {
    char *bytes;
    size_t count, capacity;
} Buffer;

static inline void reserve(Buffer *b, size_t size) {
    if (b->capacity >= size) return;
    b->capacity = size + size / 4;
    b->bytes = realloc(b->bytes, b->capacity);
    if (!b->bytes) FAIL("out of memory");
}
static inline void append(Buffer *b, const void *bytes, size_t size) {
    reserve(b, b->count + size);
    memcpy(b->bytes + b->count, bytes, size);
    b->count += size;
}
static inline void drop_first(Buffer *b, size_t size) {
    b->count -= size;
    memmove(b->bytes, b->bytes + size, b->count);
}

// The hash of a span, of its trace id (two words) and its span id: splitmix64, chained.
static inline uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}
static inline uint64_t word(const void *bytes) {
    uint64_t w;
    memcpy(&w, bytes, 8);
    return w;
}

static inline uint64_t span_hash(const void *trace, const void *own) {
    return mix(word(trace) ^ mix(word((const char *)trace + 8) ^ mix(word(own))));
}

// The first two bytes of a trace id in the corpus `traces`: how many spans the trace has, and
// 0xA0, plus 1 if one has an error, plus 2 if it is slow, plus 4 if it is a health check. So whoever
// counts spans knows whether a trace that arrived is whole, and whether it had to arrive.
static inline bool is_marked(const uint8_t *trace) { return (trace[1] & 0xf8) == 0xa0; }
static inline bool must_be_kept(const uint8_t *trace) { return is_marked(trace) && trace[1] & 3; }
static inline bool is_health(const uint8_t *trace) { return is_marked(trace) && trace[1] & 4; }

// What is counted on both sides.
typedef struct {
    uint64_t spans, hash;                // All spans, and the sum of their hashes.
    uint64_t must_spans, must_hash;      // Of traces that a tail sampler has to keep.
    uint64_t health_spans, health_hash;  // Of health checks.
} Tally;

static inline void add_span(Tally *tally, const uint8_t *trace, uint64_t hash) {
    tally->spans++, tally->hash += hash;
    if (must_be_kept(trace)) tally->must_spans++, tally->must_hash += hash;
    if (is_health(trace)) tally->health_spans++, tally->health_hash += hash;
}

static inline int print_tally(char *text, size_t size, const Tally *t) {
    return snprintf(text, size,
                    "\"spans\": %lu, \"hash\": %lu, \"must_spans\": %lu, \"must_hash\": %lu, "
                    "\"health_spans\": %lu, \"health_hash\": %lu",
                    t->spans, t->hash, t->must_spans, t->must_hash, t->health_spans,
                    t->health_hash);
}

// Protobuf, only as deep as the ids of spans.
typedef struct {
    const uint8_t *at, *end;
} Slice;

static inline uint64_t varint(Slice *s) {
    uint64_t value = 0;
    for (int shift = 0; s->at < s->end && shift < 64; shift += 7) {
        value |= (uint64_t)(*s->at & 127) << shift;
        if (*s->at++ < 128) return value;
    }
    FAIL("a varint is cut off");
}

// The next field: its number, and its content when it is length-delimited. 0 at the end.
static inline unsigned next_field(Slice *s, Slice *content) {
    *content = (Slice){0};
    if (s->at >= s->end) return 0;
    uint64_t tag = varint(s), size = 0;
    switch (tag & 7) {
    case 0: varint(s); return (unsigned)(tag >> 3);
    case 1: size = 8; break;
    case 2: size = varint(s); break;
    case 5: size = 4; break;
    default: FAIL("wire type %d", (int)(tag & 7));
    }
    if (size > (uint64_t)(s->end - s->at)) FAIL("a field is cut off");
    if ((tag & 7) == 2) *content = (Slice){s->at, s->at + size};
    s->at += size;
    return (unsigned)(tag >> 3);
}

typedef struct {
    const uint8_t *trace, *own;
} Ids;

// The spans of a request, one after the other. ExportTraceServiceRequest.resource_spans = 1,
// ResourceSpans.scope_spans = 2, ScopeSpans.spans = 2.
typedef struct {
    Slice request, resource, scope;
} SpanWalk;

static inline bool next_span(SpanWalk *walk, Ids *ids) {
    for (;;) {
        Slice content;
        for (unsigned n; (n = next_field(&walk->scope, &content));) {
            if (n != 2) continue;
            Slice id;
            *ids = (Ids){0};
            while (!(ids->trace && ids->own) && (n = next_field(&content, &id))) {
                if (n == 1 && id.end - id.at == 16) ids->trace = id.at;
                if (n == 2 && id.end - id.at == 8) ids->own = id.at;
            }
            if (!ids->trace || !ids->own) FAIL("a span without ids");
            return true;
        }
        unsigned n = next_field(&walk->resource, &content);
        if (n == 2) walk->scope = content;
        if (n) continue;
        n = next_field(&walk->request, &content);
        if (n == 1) walk->resource = content;
        if (!n) return false;
    }
}

static inline struct sockaddr_in loopback(const char *port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)atoi(port)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}
static inline int listen_on(const char *port) {
    struct sockaddr_in address = loopback(port);
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 1024))
        FAIL("cannot listen on port %s: %s", port, strerror(errno));
    return fd;
}
static inline int accept_on(int listener) {
    int one = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd >= DESCRIPTOR_LIMIT) FAIL("more than %d connections", DESCRIPTOR_LIMIT);
    if (fd >= 0) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}
static inline int connect_to(const char *port) {
    struct sockaddr_in address = loopback(port);
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&address, sizeof address))
        FAIL("cannot connect to port %s: %s", port, strerror(errno));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}
static inline void watch(int epoll, int fd, uint32_t events, int operation) {
    struct epoll_event e = {.events = events, .data.fd = fd};
    epoll_ctl(epoll, operation, fd, &e);
}

// The head of a request or a response, as far as these tools look.
typedef struct {
    size_t size;  // With the empty line.
    size_t body_size;
    int status;
    bool is_get, is_about_traces, is_gzip, is_json;
} Head;

static inline const char *field(const char *head, const char *end, const char *name) {
    const char *at = head;
    size_t length = strlen(name);
    while ((at = memchr(at, '\n', (size_t)(end - at)))) {
        at++;
        if ((size_t)(end - at) > length && !strncasecmp(at, name, length)) {
            for (at += length; *at == ' '; at++) {}
            return at;
        }
    }
    return "";
}

// False until the head is complete.
static inline bool read_head(const Buffer *b, Head *head) {
    const char *end = memmem(b->bytes, b->count, "\r\n\r\n", 4);
    if (!end) {
        if (b->count > HEAD_LIMIT) FAIL("a head of more than %d bytes", HEAD_LIMIT);
        return false;
    }
    if (*field(b->bytes, end, "transfer-encoding:")) FAIL("chunked bodies are not understood here");
    *head = (Head){
        .size = (size_t)(end - b->bytes) + 4,
        .body_size = strtoull(field(b->bytes, end, "content-length:"), NULL, 10),
        .status = !memcmp(b->bytes, "HTTP/", 5) ? atoi(b->bytes + 9) : 0,
        .is_get = !memcmp(b->bytes, "GET ", 4),
        .is_about_traces = !memcmp(b->bytes, "GET /traces", 11),
        .is_gzip = !strncmp(field(b->bytes, end, "content-encoding:"), "gzip", 4),
        .is_json = !strncmp(field(b->bytes, end, "content-type:"), "application/json", 16),
    };
    return true;
}
#endif
