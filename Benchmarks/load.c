// The load generator: posts the bodies of a corpus over keep-alive connections, each with one
// request in flight, for some seconds, and says what was accepted.
//
//   load CORPUS PORT CONNECTIONS SECONDS [fresh PASS] [rate SPANS] [passes COUNT]
//
//   fresh   in each pass through the corpus trace ids are other ones; passes count from PASS, and
//           the last one is finished, so that no trace is sent in part
//   rate    at most so many spans a second; without it, a connection sends when it has its answer
//   passes  ends after so many passes, whatever the time
//
// Prints one JSON object: the tally of all accepted spans (see wire.h), requests, seconds, and
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

// Where the ids of a span stand in a body.
typedef struct {
    uint32_t trace, own;
} Place;

typedef struct {
    int fd;
    const Body *body;  // The one in flight; NULL when idle.
    char head[256];
    size_t head_size, sent;
    uint64_t since;
    uint64_t retry_at;  // 0 unless the body in flight was refused for now.
    Buffer answer;
    // The body in flight with the ids of its pass, and what to add up once it is accepted.
    Buffer content;
    Tally tally;
} Connection;

enum { RETRY_NS = 20000000 };

static Body *bodies;
static Place **places;  // By body; NULL unless the corpus is plain protobuf.
static Tally *tallies;  // By body, as the corpus has it.
static bool is_fresh;   // Trace ids are others in each pass.
static uint32_t body_count;
static uint64_t next_body, first_pass;
static int epoll;

static uint32_t *latencies;
static size_t latency_count, latency_capacity;
static Tally accepted;
static uint64_t refusals, begun_spans;

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

// Finds the ids of all spans of all bodies.
static void find_ids(void) {
    places = calloc(body_count, sizeof *places);
    for (uint32_t i = 0; i < body_count; i++) {
        const uint8_t *bytes = (const uint8_t *)bodies[i].bytes;
        SpanWalk walk = {{bytes, bytes + bodies[i].size}, {0}, {0}};
        places[i] = calloc(bodies[i].spans, sizeof **places);
        Ids ids;
        for (uint32_t n = 0; n < bodies[i].spans && next_span(&walk, &ids); n++) {
            places[i][n] = (Place){(uint32_t)(ids.trace - bytes), (uint32_t)(ids.own - bytes)};
            add_span(&tallies[i], ids.trace, span_hash(ids.trace, ids.own));
        }
    }
}

// Copies a body and gives its traces the ids of a pass. The first two bytes stay: see wire.h.
static void renew(Connection *c, uint32_t index, uint64_t pass) {
    const Body *body = &bodies[index];
    c->content.count = 0;
    append(&c->content, body->bytes, body->size);
    c->tally = (Tally){0};
    uint64_t high = mix(pass), low = mix(high);
    for (uint32_t n = 0; n < body->spans; n++) {
        uint8_t *trace = (uint8_t *)c->content.bytes + places[index][n].trace;
        uint64_t words[2] = {word(trace) ^ (high & ~(uint64_t)0xffff), word(trace + 8) ^ low};
        memcpy(trace, words, 16);
        const char *own = c->content.bytes + places[index][n].own;
        add_span(&c->tally, trace, span_hash(trace, own));
    }
}

static void push(Connection *c) {
    size_t whole = c->head_size + c->body->size;
    while (c->sent < whole) {
        const char *bytes = is_fresh ? c->content.bytes : c->body->bytes;
        struct iovec parts[2] = {{c->head + c->sent, c->head_size - c->sent},
                                 {(void *)bytes, c->body->size}};
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
        if (c->sent >= c->head_size) {
            parts[1].iov_base = (void *)(bytes + (c->sent - c->head_size));
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
    uint32_t index = (uint32_t)(next_body % body_count);
    c->body = &bodies[index];
    c->tally = tallies[index];
    if (is_fresh) renew(c, index, first_pass + next_body / body_count);
    next_body++;
    begun_spans += c->body->spans;
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
    accepted.spans += c->tally.spans, accepted.hash += c->tally.hash;
    accepted.must_spans += c->tally.must_spans, accepted.must_hash += c->tally.must_hash;
    accepted.health_spans += c->tally.health_spans;
    accepted.health_hash += c->tally.health_hash;
    c->body = NULL;
    return true;
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

// How long to wait until a span may be sent at so many a second; 0 if it may be now.
static uint64_t wait_ns(double rate, uint64_t start) {
    if (rate <= 0) return 0;
    uint64_t due = start + (uint64_t)((double)begun_spans / rate * 1e9), now = now_ns();
    return due > now ? due - now : 0;
}

int main(int count, char **arguments) {
    if (count < 5 || count % 2 == 0) FAIL("usage: load CORPUS PORT CONNECTIONS SECONDS …");
    read_corpus(arguments[1]);
    bool is_gzip = !memcmp(bodies[0].bytes, "\x1f\x8b", 2), is_json = bodies[0].bytes[0] == '{';
    tallies = calloc(body_count, sizeof *tallies);
    if (is_gzip || is_json)
        for (uint32_t i = 0; i < body_count; i++)
            tallies[i] = (Tally){.spans = bodies[i].spans, .hash = bodies[i].hash};
    else find_ids();
    double rate = 0;
    uint64_t passes = 0;
    for (int i = 5; i < count; i += 2) {
        if (!strcmp(arguments[i], "rate")) rate = atof(arguments[i + 1]);
        else if (!strcmp(arguments[i], "passes")) passes = strtoull(arguments[i + 1], NULL, 10);
        else if (!strcmp(arguments[i], "fresh")) {
            if (is_gzip || is_json) FAIL("ids can only be renewed in plain protobuf");
            first_pass = strtoull(arguments[i + 1], NULL, 10);
            is_fresh = true;
        } else FAIL("unknown option %s", arguments[i]);
    }
    char header_lines[128];
    snprintf(header_lines, sizeof header_lines, "Content-Type: application/%s\r\n%s",
             is_json ? "json" : "x-protobuf", is_gzip ? "Content-Encoding: gzip\r\n" : "");

    int connection_count = atoi(arguments[3]), busy = 0;
    Connection *connections = calloc((size_t)connection_count, sizeof *connections);
    epoll = epoll_create1(0);
    for (int i = 0; i < connection_count; i++) {
        connections[i].fd = connect_to(arguments[2]);
        struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
        e.data.ptr = &connections[i];
        epoll_ctl(epoll, EPOLL_CTL_ADD, connections[i].fd, &e);
    }
    uint64_t start = now_ns(), end = start + (uint64_t)(atof(arguments[4]) * 1e9);
    uint64_t last_answer = start;
    for (;;) {
        bool is_over = passes ? next_body >= passes * body_count
                              : now_ns() >= end && (!is_fresh || next_body % body_count == 0);
        bool refused = false, is_paced = false;
        for (int i = 0; i < connection_count; i++) {
            Connection *c = &connections[i];
            if (!c->body && !is_over) {
                is_paced = wait_ns(rate, start) > 0;
                if (is_paced) continue;
                begin(c, header_lines);
                busy++;
                is_over = passes ? next_body >= passes * body_count
                                 : is_fresh && now_ns() >= end && next_body % body_count == 0;
            }
            if (c->retry_at && now_ns() >= c->retry_at) {
                c->retry_at = 0, c->sent = 0;
                push(c);
            }
            refused = refused || c->retry_at;
        }
        if (is_over && !busy) break;
        struct epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, is_paced ? 1 : refused ? 5 : 1000);
        if (ready > 0 || !busy) last_answer = now_ns();
        if (now_ns() - last_answer > 30000000000u) FAIL("no answer for 30 s");
        for (int i = 0; i < ready; i++) {
            Connection *c = events[i].data.ptr;
            if (!c->body || c->retry_at) continue;
            push(c);
            while (c->body && receive(c)) busy--;
        }
    }
    double seconds = (double)(now_ns() - start) / 1e9;
    qsort(latencies, latency_count, sizeof *latencies, by_value);
    char tally[512];
    print_tally(tally, sizeof tally, &accepted);
    printf("{%s, \"requests\": %zu, \"refusals\": %lu, \"seconds\": %.4f, \"p50_us\": %u, "
           "\"p99_us\": %u}\n",
           tally, latency_count, refusals, seconds, latencies[latency_count / 2],
           latencies[latency_count * 99 / 100]);
    return 0;
}
