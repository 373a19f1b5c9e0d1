// The relay, the yardstick: reads each request, answers 200, and sends the body on unread over four
// connections. What it costs is what the sockets cost.
//
//   relay PORT UPSTREAM-PORT [join SIZE] [inflate] [deflate LEVEL]
//
// join: bodies are put together until they have SIZE bytes or 200 ms have passed (repeated protobuf
// fields add up). inflate, deflate: zlib, so that the compressed scenarios have a yardstick too.
#include "wire.h"
#include <zlib.h>

enum { UPSTREAMS = 4, LINGER_MS = 200 };

typedef struct {
    Buffer in;
    bool waits;  // For an upstream; its request stays in `in`.
} Client;

typedef struct {
    int fd;
    bool busy, blocked;  // Blocked: waits until the socket takes more.
    Buffer out;
    size_t sent;
    Buffer in;
} Upstream;

static Client clients[DESCRIPTOR_LIMIT];
static Upstream upstreams[UPSTREAMS];
static int waiting[DESCRIPTOR_LIMIT], waiting_count;
static int epoll;
static size_t join_size;
static int deflate_level;
static bool inflates;
static Buffer joined;
static uint64_t joined_since;
static bool client_is_json;

static Upstream *idle_upstream(void) {
    for (int i = 0; i < UPSTREAMS; i++)
        if (!upstreams[i].busy) return &upstreams[i];
    return NULL;
}

static void push(Upstream *u) {
    while (u->sent < u->out.count) {
        ssize_t sent = send(u->fd, u->out.bytes + u->sent, u->out.count - u->sent, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            if (!u->blocked) watch(epoll, u->fd, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
            u->blocked = true;
            return;
        }
        if (sent < 0) FAIL("upstream: %s", strerror(errno));
        u->sent += (size_t)sent;
    }
    if (u->blocked) watch(epoll, u->fd, EPOLLIN, EPOLL_CTL_MOD);
    u->blocked = false;
}

static void append_inflated(Buffer *to, const char *body, size_t size) {
    static z_stream z;
    static bool ready;
    if (!ready) ready = inflateInit2(&z, 31) == Z_OK;
    else inflateReset(&z);
    z.next_in = (Bytef *)body, z.avail_in = (uInt)size;
    for (int result = Z_OK; result == Z_OK;) {
        reserve(to, to->count + size * 8);
        z.next_out = (Bytef *)to->bytes + to->count, z.avail_out = (uInt)(to->capacity - to->count);
        result = inflate(&z, Z_NO_FLUSH);
        to->count = to->capacity - z.avail_out;
    }
}

static void send_body(Upstream *u, const char *body, size_t size) {
    static z_stream z;
    static bool ready;
    static Buffer packed;
    if (deflate_level) {
        if (!ready) ready = deflateInit2(&z, deflate_level, Z_DEFLATED, 31, 8, 0) == Z_OK;
        else deflateReset(&z);
        reserve(&packed, deflateBound(&z, size));
        z.next_in = (Bytef *)body, z.avail_in = (uInt)size;
        z.next_out = (Bytef *)packed.bytes, z.avail_out = (uInt)packed.capacity;
        deflate(&z, Z_FINISH);
        body = packed.bytes, size = packed.capacity - z.avail_out;
    }
    reserve(&u->out, size + 256);
    u->out.count = (size_t)snprintf(
        u->out.bytes, 256,
        "POST /v1/traces HTTP/1.1\r\nHost: sink\r\nContent-Type: application/%s\r\n%s"
        "Content-Length: %zu\r\n\r\n",
        client_is_json ? "json" : "x-protobuf",
        deflate_level ? "Content-Encoding: gzip\r\n" : "", size);
    append(&u->out, body, size);
    u->sent = 0, u->busy = true;
    push(u);
}

static bool send_joined(void) {
    Upstream *u = joined.count ? idle_upstream() : NULL;
    if (!u) return !joined.count;
    send_body(u, joined.bytes, joined.count);
    joined.count = 0;
    return true;
}

// Hands on the first request of `in`, which is complete. False when there is no room for it now.
static bool hand_on(Buffer *in, const Head *head) {
    const char *body = in->bytes + head->size;
    client_is_json = head->is_json;
    if (join_size) {
        if (joined.count >= join_size && !send_joined()) return false;
        if (!joined.count) joined_since = now_ns();
        if (inflates && head->is_gzip) append_inflated(&joined, body, head->body_size);
        else append(&joined, body, head->body_size);
        if (joined.count >= join_size) send_joined();
        drop_first(in, head->size + head->body_size);
        return true;
    }
    Upstream *u = idle_upstream();
    if (!u) return false;
    if (deflate_level) {
        send_body(u, body, head->body_size);
        drop_first(in, head->size + head->body_size);
        return true;
    }
    // The request goes on as it came: the buffers change places, and no byte is copied.
    size_t whole = head->size + head->body_size, rest = in->count - whole;
    Buffer spare = u->out;
    u->out = *in, u->sent = 0, u->busy = true;
    *in = spare, in->count = 0;
    append(in, u->out.bytes + whole, rest);
    u->out.count = whole;
    push(u);
    return true;
}

static void serve(int fd) {
    static const char ok[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
    Client *c = &clients[fd];
    for (;;) {
        Head head;
        bool has_head = read_head(&c->in, &head);
        if (has_head && c->in.count >= head.size + head.body_size) {
            if (!hand_on(&c->in, &head)) {
                if (!c->waits) waiting[waiting_count++] = fd;
                c->waits = true;
                return;
            }
            if (send(fd, ok, sizeof ok - 1, MSG_NOSIGNAL) < 0) return;
            continue;
        }
        reserve(&c->in, has_head ? head.size + head.body_size : c->in.count + 65536);
        ssize_t got = recv(fd, c->in.bytes + c->in.count, c->in.capacity - c->in.count, 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) {
            close(fd);
            c->in.count = 0;
            return;
        }
        c->in.count += (size_t)got;
    }
}

static void serve_waiting(void) {
    int count = waiting_count, again[DESCRIPTOR_LIMIT];
    memcpy(again, waiting, (size_t)count * sizeof *again);
    waiting_count = 0;
    for (int i = 0; i < count; i++) {
        clients[again[i]].waits = false;
        serve(again[i]);
    }
}

static void receive(Upstream *u) {
    reserve(&u->in, 65536);
    ssize_t got = recv(u->fd, u->in.bytes + u->in.count, u->in.capacity - u->in.count, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) FAIL("upstream closed the connection");
    u->in.count += (size_t)got;
    Head head;
    if (!read_head(&u->in, &head) || u->in.count < head.size + head.body_size) return;
    u->in.count = 0, u->busy = false;
    if (join_size && joined.count >= join_size) send_joined();
    serve_waiting();
}

static Upstream *upstream_of(int fd) {
    for (int i = 0; i < UPSTREAMS; i++)
        if (upstreams[i].fd == fd) return &upstreams[i];
    return NULL;
}

int main(int count, char **arguments) {
    if (count < 3) FAIL("usage: relay PORT UPSTREAM-PORT [join SIZE] [inflate] [deflate LEVEL]");
    for (int i = 3; i < count; i++) {
        if (!strcmp(arguments[i], "inflate")) inflates = true;
        else if (!strcmp(arguments[i], "join")) join_size = strtoull(arguments[++i], NULL, 10);
        else if (!strcmp(arguments[i], "deflate")) deflate_level = atoi(arguments[++i]);
    }
    epoll = epoll_create1(0);
    int listener = listen_on(arguments[1]);
    watch(epoll, listener, EPOLLIN, EPOLL_CTL_ADD);
    for (int i = 0; i < UPSTREAMS; i++) {
        upstreams[i].fd = connect_to(arguments[2]);
        watch(epoll, upstreams[i].fd, EPOLLIN, EPOLL_CTL_ADD);
    }
    for (;;) {
        struct epoll_event events[64];
        int ready = epoll_wait(epoll, events, 64, joined.count ? 10 : -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            Upstream *u = upstream_of(fd);
            if (u) {
                if (events[i].events & EPOLLOUT) push(u);
                if (events[i].events & EPOLLIN) receive(u);
            } else if (fd != listener) {
                if (!clients[fd].waits) serve(fd);
            } else
                for (int peer; (peer = accept_on(listener)) >= 0;)
                    watch(epoll, peer, EPOLLIN, EPOLL_CTL_ADD);
        }
        if (joined.count && now_ns() - joined_since > LINGER_MS * 1000000ull) send_joined();
    }
}
