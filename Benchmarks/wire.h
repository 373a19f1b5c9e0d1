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
    bool is_get, is_gzip, is_json;
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
        .is_gzip = !strncmp(field(b->bytes, end, "content-encoding:"), "gzip", 4),
        .is_json = !strncmp(field(b->bytes, end, "content-type:"), "application/json", 16),
    };
    return true;
}
#endif
