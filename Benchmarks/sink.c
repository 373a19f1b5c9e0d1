// The sink: accepts every request and counts the spans in it.
//
//   sink PORT
//
// GET /stats answers with {"spans", "hash", "requests", "bytes"}. The hash is the sum over all
// spans, as in load. Of JSON bodies only the number of spans is known.
#include "wire.h"
#include <zlib.h>

static uint64_t spans, hash, requests, bytes;
static Buffer inflated;

typedef struct {
    const uint8_t *at, *end;
} Slice;

static uint64_t varint(Slice *s) {
    uint64_t value = 0;
    for (int shift = 0; s->at < s->end && shift < 64; shift += 7) {
        value |= (uint64_t)(*s->at & 127) << shift;
        if (*s->at++ < 128) return value;
    }
    FAIL("a varint is cut off");
}

// The next field: its number, and its content when it is length-delimited. 0 at the end.
static unsigned next_field(Slice *s, Slice *content) {
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

static void count_span(Slice span) {
    Slice content;
    const uint8_t *trace = NULL, *own = NULL;
    for (unsigned n; !(trace && own) && (n = next_field(&span, &content));) {
        if (n == 1 && content.end - content.at == 16) trace = content.at;
        if (n == 2 && content.end - content.at == 8) own = content.at;
    }
    if (!trace || !own) FAIL("a span without ids");
    spans++;
    hash += mix(word(trace) ^ mix(word(trace + 8) ^ mix(word(own))));
}

// ExportTraceServiceRequest.resource_spans = 1, ResourceSpans.scope_spans = 2,
// ScopeSpans.spans = 2.
static void count_protobuf(Slice request) {
    Slice resource, scope, span;
    for (unsigned a; (a = next_field(&request, &resource));)
        for (unsigned b; a == 1 && (b = next_field(&resource, &scope));)
            for (unsigned c; b == 2 && (c = next_field(&scope, &span));)
                if (c == 2) count_span(span);
}

static void count_json(const char *at, const char *end) {
    static const char key[] = "\"startTimeUnixNano\"";
    for (; (at = memmem(at, (size_t)(end - at), key, sizeof key - 1)); at += sizeof key - 1)
        spans++;
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

static void answer(int fd, bool with_stats) {
    char body[160] = "", text[320];
    if (with_stats)
        snprintf(body, sizeof body,
                 "{\"spans\": %lu, \"hash\": %lu, \"requests\": %lu, \"bytes\": %lu}", spans, hash,
                 requests, bytes);
    int size = snprintf(text, sizeof text,
                        "HTTP/1.1 200 OK\r\nContent-Type: application/%s\r\n"
                        "Content-Length: %zu\r\n\r\n%s",
                        with_stats ? "json" : "x-protobuf", strlen(body), body);
    if (send(fd, text, (size_t)size, MSG_NOSIGNAL) != size) shutdown(fd, SHUT_RDWR);
}

static void serve(int fd, Buffer *in) {
    for (;;) {
        Head head;
        bool whole = read_head(in, &head) && in->count >= head.size + head.body_size;
        if (whole) {
            if (!head.is_get) count_body(&head, in->bytes + head.size);
            answer(fd, head.is_get);
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
