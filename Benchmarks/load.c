// The load generator: posts the bodies of a corpus over keep-alive connections, each with one
// request in flight, for some seconds, and says what was accepted.
//
//   load CORPUS PORT CONNECTIONS SECONDS
//
// Prints one JSON object: spans, hash (the sum over all accepted spans), requests, seconds, and
// latencies in microseconds, from the first try on. 429 and 503 are tried again after 20 ms, and
// counted in refusals; any other answer but 200 ends the run.
#include "wire.h"
#include <sys/mman.h>
#include <sys/stat.h>

typedef struct {
    uint32_t size, spans;
    uint64_t hash;
    const char *bytes;
} Body;

typedef struct {
    int fd;
    const Body *body;  // The one in flight; NULL when idle.
    char head[256];
    size_t head_size, sent;
    uint64_t since;
    uint64_t retry_at;  // 0 unless the body in flight was refused for now.
    Buffer answer;
} Connection;

enum { RETRY_NS = 20000000 };

static Body *bodies;
static uint32_t body_count, next_body;
static int epoll;

static uint32_t *latencies;
static size_t latency_count, latency_capacity;
static uint64_t spans, hash, refusals;

static void read_corpus(const char *path) {
    int fd = open(path, O_RDONLY);
    struct stat status;
    if (fd < 0 || fstat(fd, &status)) FAIL("cannot open %s", path);
    size_t size = (size_t)status.st_size;
    const char *at = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (at == MAP_FAILED || memcmp(at, "SPANS\0\0\1", 8)) FAIL("%s is no corpus", path);
    memcpy(&body_count, at + 8, 4);
    bodies = calloc(body_count, sizeof *bodies);
    at += 12;
    for (uint32_t i = 0; i < body_count; i++) {
        memcpy(&bodies[i], at, 16);
        bodies[i].bytes = at + 16;
        at += 16 + bodies[i].size;
    }
}

static void push(Connection *c) {
    size_t whole = c->head_size + c->body->size;
    while (c->sent < whole) {
        struct iovec parts[2] = {{c->head + c->sent, c->head_size - c->sent},
                                 {(void *)c->body->bytes, c->body->size}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
        if (c->sent >= c->head_size) {
            parts[1].iov_base = (void *)(c->body->bytes + (c->sent - c->head_size));
            parts[1].iov_len = whole - c->sent;
            message = (struct msghdr){.msg_iov = parts + 1, .msg_iovlen = 1};
        }
        ssize_t sent = sendmsg(c->fd, &message, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) return;
        if (sent < 0) FAIL("sending: %s", strerror(errno));
        c->sent += (size_t)sent;
    }
}

static void begin(Connection *c, const char *header_lines) {
    c->body = &bodies[next_body++ % body_count];
    c->sent = 0;
    c->head_size = (size_t)snprintf(
        c->head, sizeof c->head,
        "POST /v1/traces HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %u\r\n\r\n", header_lines,
        c->body->size);
    c->since = now_ns();
    push(c);
}

static void note_latency(uint64_t ns) {
    if (latency_count == latency_capacity) {
        latency_capacity = latency_capacity ? latency_capacity * 2 : 1 << 16;
        latencies = realloc(latencies, latency_capacity * sizeof *latencies);
    }
    latencies[latency_count++] = (uint32_t)(ns / 1000);
}

// True when the answer to the request in flight is complete.
static bool receive(Connection *c) {
    reserve(&c->answer, c->answer.count + 4096);
    ssize_t got = recv(c->fd, c->answer.bytes + c->answer.count, 4096, 0);
    if (got < 0 && errno == EAGAIN) return false;
    if (got <= 0) FAIL("the connection was closed");
    c->answer.count += (size_t)got;
    Head head;
    if (!read_head(&c->answer, &head)) return false;
    if (c->answer.count < head.size + head.body_size) return false;
    drop_first(&c->answer, head.size + head.body_size);
    if (head.status == 429 || head.status == 503) {
        refusals++;
        c->retry_at = now_ns() + RETRY_NS;
        return false;
    }
    if (head.status != 200) FAIL("answered %d", head.status);
    note_latency(now_ns() - c->since);
    spans += c->body->spans;
    hash += c->body->hash;
    c->body = NULL;
    return true;
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int main(int count, char **arguments) {
    if (count != 5) FAIL("usage: load CORPUS PORT CONNECTIONS SECONDS");
    read_corpus(arguments[1]);
    bool is_gzip = !memcmp(bodies[0].bytes, "\x1f\x8b", 2), is_json = bodies[0].bytes[0] == '{';
    char header_lines[128];
    snprintf(header_lines, sizeof header_lines, "Content-Type: application/%s\r\n%s",
             is_json ? "json" : "x-protobuf", is_gzip ? "Content-Encoding: gzip\r\n" : "");

    int connection_count = atoi(arguments[3]), busy = 0;
    Connection *connections = calloc((size_t)connection_count, sizeof *connections);
    epoll = epoll_create1(0);
    uint64_t start = now_ns(), end = start + (uint64_t)(atof(arguments[4]) * 1e9);
    for (int i = 0; i < connection_count; i++, busy++) {
        connections[i].fd = connect_to(arguments[2]);
        struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
        e.data.ptr = &connections[i];
        epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &e);
        begin(&connections[i], header_lines);
    }
    uint64_t last_answer = start;
    while (busy) {
        bool refused = false;
        for (int i = 0; i < connection_count; i++) {
            Connection *c = &connections[i];
            if (c->retry_at && now_ns() >= c->retry_at) {
                c->retry_at = 0, c->sent = 0;
                push(c);
            }
            refused = refused || c->retry_at;
        }
        struct epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, refused ? 5 : 1000);
        if (ready > 0) last_answer = now_ns();
        if (now_ns() - last_answer > 30000000000u) FAIL("no answer for 30 s");
        for (int i = 0; i < ready; i++) {
            Connection *c = events[i].data.ptr;
            if (!c->body || c->retry_at) continue;
            push(c);
            while (c->body && receive(c)) {
                if (now_ns() < end) begin(c, header_lines);
                else busy--;
            }
        }
    }
    double seconds = (double)(now_ns() - start) / 1e9;
    qsort(latencies, latency_count, sizeof *latencies, by_value);
    printf("{\"spans\": %lu, \"hash\": %lu, \"requests\": %zu, \"refusals\": %lu, "
           "\"seconds\": %.4f, \"p50_us\": %u, \"p99_us\": %u}\n",
           spans, hash, latency_count, refusals, seconds, latencies[latency_count / 2],
           latencies[latency_count * 99 / 100]);
    return 0;
}
