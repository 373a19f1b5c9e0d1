// The sink: accepts every request and counts the spans in it.
//
//   sink PORT
//
// GET /stats answers with the tally of all spans (see wire.h), "requests" and "bytes"; GET /traces
// counts "partial_traces" besides, traces of which only a part has arrived. Of JSON bodies only the
// number of spans is known.
#include "wire.h"
#include <zlib.h>

static Tally arrived;
static uint64_t requests, bytes;
static Buffer inflated;

// The first bytes and a hash of the trace id of each span; see wire.h.
typedef struct {
    uint64_t trace;
    uint32_t spans;
} Seen;

static Seen *seen;
static size_t seen_count, seen_capacity;

static void count_protobuf(Slice request) {
    SpanWalk walk = {request, {0}, {0}};
    for (Ids ids; next_span(&walk, &ids);) {
        add_span(&arrived, ids.trace, span_hash(ids.trace, ids.own));
        if (!is_marked(ids.trace)) continue;
        if (seen_count == seen_capacity) {
            seen_capacity = seen_capacity ? seen_capacity * 2 : 1 << 16;
            seen = realloc(seen, seen_capacity * sizeof *seen);
            if (!seen) FAIL("out of memory");
        }
        seen[seen_count++] = (Seen){word(ids.trace) ^ mix(word(ids.trace + 8)), ids.trace[0]};
    }
}

static int by_trace(const void *a, const void *b) {
    uint64_t x = ((const Seen *)a)->trace, y = ((const Seen *)b)->trace;
    return (x > y) - (x < y);
}

// Traces of which a part arrived. Only known of the corpus `traces`.
static uint64_t count_partial(void) {
    uint64_t partial = 0;
    qsort(seen, seen_count, sizeof *seen, by_trace);
    for (size_t i = 0, next; i < seen_count; i = next) {
        for (next = i; next < seen_count && seen[next].trace == seen[i].trace;) next++;
        partial += next - i != seen[i].spans;
    }
    return partial;
}

static void count_json(const char *at, const char *end) {
    static const char key[] = "\"startTimeUnixNano\"";
    for (; (at = memmem(at, (size_t)(end - at), key, sizeof key - 1)); at += sizeof key - 1)
        arrived.spans++;
}

static void inflate_body(const char *body, size_t size) {
    static z_stream z;
    static bool ready;
    if (!ready) ready = inflateInit2(&z, 31) == Z_OK;
    else inflateReset(&z);
    z.next_in = (Bytef *)body, z.avail_in = (uInt)size;
    inflated.count = 0;
    for (int result = Z_OK; result != Z_STREAM_END;) {
        reserve(&inflated, inflated.count + size * 4 + 65536);
        z.next_out = (Bytef *)inflated.bytes + inflated.count;
        z.avail_out = (uInt)(inflated.capacity - inflated.count);
        result = inflate(&z, Z_NO_FLUSH);
        inflated.count = inflated.capacity - z.avail_out;
        if (result != Z_OK && result != Z_STREAM_END) FAIL("bad gzip");
    }
}

static void count_body(const Head *head, const char *body) {
    const char *end = body + head->body_size;
    requests++, bytes += head->body_size;
    if (head->is_gzip) {
        inflate_body(body, head->body_size);
        body = inflated.bytes, end = body + inflated.count;
    }
    if (head->is_json) count_json(body, end);
    else count_protobuf((Slice){(const uint8_t *)body, (const uint8_t *)end});
}

static void answer(int fd, const Head *head) {
    char tally[320], body[512] = "", text[1024];
    print_tally(tally, sizeof tally, &arrived);
    if (head->is_get)
        snprintf(body, sizeof body,
                 "{%s, \"requests\": %lu, \"bytes\": %lu, \"partial_traces\": %lu}", tally,
                 requests, bytes, head->is_about_traces ? count_partial() : 0);
    int size = snprintf(text, sizeof text,
                        "HTTP/1.1 200 OK\r\nContent-Type: application/%s\r\n"
                        "Content-Length: %zu\r\n\r\n%s",
                        head->is_get ? "json" : "x-protobuf", strlen(body), body);
    if (send(fd, text, (size_t)size, MSG_NOSIGNAL) != size) shutdown(fd, SHUT_RDWR);
}

static void serve(int fd, Buffer *in) {
    for (;;) {
        Head head;
        bool whole = read_head(in, &head) && in->count >= head.size + head.body_size;
        if (whole) {
            if (!head.is_get) count_body(&head, in->bytes + head.size);
            answer(fd, &head);
            drop_first(in, head.size + head.body_size);
            continue;
        }
        reserve(in, in->count + (1 << 18));
        ssize_t got = recv(fd, in->bytes + in->count, in->capacity - in->count, 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) {
            close(fd);
            in->count = 0;
            return;
        }
        in->count += (size_t)got;
    }
}

int main(int count, char **arguments) {
    if (count != 2) FAIL("usage: sink PORT");
    int epoll = epoll_create1(0), listener = listen_on(arguments[1]);
    static Buffer inboxes[DESCRIPTOR_LIMIT];
    watch(epoll, listener, EPOLLIN, EPOLL_CTL_ADD);
    for (;;) {
        struct epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd != listener) serve(fd, &inboxes[fd]);
            else
                for (int peer; (peer = accept_on(listener)) >= 0;)
                    watch(epoll, peer, EPOLLIN, EPOLL_CTL_ADD);
        }
    }
}
