#include "COpenSSL.h"

#include <dlfcn.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

// Every function used, once. libssl is opened with its libcrypto, in which dlsym looks too.
#define FUNCTIONS(X) \
    X(BIO_clear_flags) X(BIO_free) X(BIO_get_data) X(BIO_meth_new) \
    X(BIO_meth_set_ctrl) X(BIO_meth_set_read) X(BIO_meth_set_write) X(BIO_new) \
    X(BIO_new_mem_buf) X(BIO_set_data) X(BIO_set_flags) X(BIO_set_init) X(BIO_test_flags) \
    X(ERR_clear_error) X(ERR_peek_error) X(ERR_peek_last_error) X(ERR_reason_error_string) \
    X(EVP_PKEY_free) X(PEM_read_bio_PrivateKey) X(PEM_read_bio_X509) \
     X(SSL_CTX_check_private_key) X(SSL_CTX_ctrl) X(SSL_CTX_free) \
    X(SSL_CTX_get_cert_store) X(SSL_CTX_load_verify_file) X(SSL_CTX_new) \
    X(SSL_CTX_set_client_CA_list) X(SSL_CTX_set_default_passwd_cb) \
    X(SSL_CTX_set_default_verify_paths) X(SSL_CTX_set_options) \
    X(SSL_CTX_set_verify) X(SSL_CTX_use_PrivateKey) X(SSL_CTX_use_PrivateKey_file) \
    X(SSL_CTX_use_certificate) X(SSL_CTX_use_certificate_chain_file) \
    X(SSL_ctrl) X(SSL_do_handshake) X(SSL_free) X(SSL_get0_param) X(SSL_get_error) \
    X(SSL_get_verify_result) X(SSL_get_version) X(SSL_load_client_CA_file) X(SSL_new) \
    X(SSL_read_ex) X(SSL_set1_host) X(SSL_set_accept_state) X(SSL_set_bio) \
    X(SSL_set_connect_state) X(SSL_set_hostflags) X(SSL_shutdown) X(SSL_write_ex) \
    X(TLS_client_method) X(TLS_server_method) X(X509_STORE_add_cert) X(X509_VERIFY_PARAM_set1_ip_asc) \
    X(X509_free) X(X509_verify_cert_error_string)

#define DECLARE(name) __typeof__(&name) name;
static struct {
    FUNCTIONS(DECLARE)
} lib;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char load_failure[256];
static BIO_METHOD *socket_method;

static int socket_write(BIO *bio, const char *bytes, int size);
static int socket_read(BIO *bio, char *bytes, int room);
static long socket_control(BIO *bio, int command, long number, void *pointer);

static void load(void) {
    void *library = dlopen("libssl.so.3", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(load_failure, sizeof load_failure, "%s", dlerror());
        return;
    }
#define FIND(name) \
    if (!(lib.name = (__typeof__(&name))dlsym(library, #name))) { \
        snprintf(load_failure, sizeof load_failure, "libssl.so.3 lacks " #name); \
        return; \
    }
    FUNCTIONS(FIND)
    socket_method = lib.BIO_meth_new(BIO_TYPE_DESCRIPTOR | BIO_TYPE_SOURCE_SINK, "socket");
    if (!socket_method) {
        snprintf(load_failure, sizeof load_failure, "out of memory");
        return;
    }
    lib.BIO_meth_set_write(socket_method, socket_write);
    lib.BIO_meth_set_read(socket_method, socket_read);
    lib.BIO_meth_set_ctrl(socket_method, socket_control);
}

const char *copenssl_load(void) {
    pthread_once(&once, load);
    return load_failure[0] ? load_failure : NULL;
}

void copenssl_failure(char *text, size_t size) {
    unsigned long code = lib.ERR_peek_error();
    const char *reason = NULL;
    if (code && ERR_SYSTEM_ERROR(code)) {
        reason = strerror(ERR_GET_REASON(code));
    } else if (code) {
        reason = lib.ERR_reason_error_string(code);
    }
    snprintf(text, size, "%s", reason ? reason : "unknown error");
    lib.ERR_clear_error();
}

// MARK: - Contexts

// An encrypted key fails; without this OpenSSL asks for the password on the terminal.
static int no_password(char *text, int size, int is_writing, void *context) {
    (void)text, (void)size, (void)is_writing, (void)context;
    return -1;
}

SSL_CTX *copenssl_context_create(int is_server, int lowest_version, int highest_version) {
    lib.ERR_clear_error();
    SSL_CTX *context =
        lib.SSL_CTX_new(is_server ? lib.TLS_server_method() : lib.TLS_client_method());
    if (!context) return NULL;
    lib.SSL_CTX_ctrl(context, SSL_CTRL_SET_MIN_PROTO_VERSION, lowest_version, NULL);
    lib.SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, highest_version, NULL);
    // Partial and moving writes: the stream keeps no copy of what it could not yet send. Idle
    // connections give their buffers back.
    long mode = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER
        | SSL_MODE_RELEASE_BUFFERS;
    lib.SSL_CTX_ctrl(context, SSL_CTRL_MODE, mode, NULL);
    // One recv(2) per buffer instead of two per record.
    lib.SSL_CTX_ctrl(context, SSL_CTRL_SET_READ_AHEAD, 1, NULL);
    lib.SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    lib.SSL_CTX_set_default_passwd_cb(context, no_password);
    return context;
}

void copenssl_context_free(SSL_CTX *context) { lib.SSL_CTX_free(context); }

int copenssl_trust_system(SSL_CTX *context) {
    lib.ERR_clear_error();
    return lib.SSL_CTX_set_default_verify_paths(context);
}

int copenssl_trust_file(SSL_CTX *context, const char *path) {
    lib.ERR_clear_error();
    return lib.SSL_CTX_load_verify_file(context, path);
}

// Gives each certificate of `pem` to `take`; 1 if there is at least one and all were taken.
static int each_certificate(
    SSL_CTX *context, const void *pem, int size, int (*take)(SSL_CTX *, X509 *, int index)) {
    lib.ERR_clear_error();
    BIO *source = lib.BIO_new_mem_buf(pem, size);
    if (!source) return 0;
    int index = 0, works = 1;
    X509 *certificate;
    while (works && (certificate = lib.PEM_read_bio_X509(source, NULL, no_password, NULL))) {
        works = take(context, certificate, index++);
        lib.X509_free(certificate);
    }
    lib.BIO_free(source);
    // The end of the text is an error too (PEM_R_NO_START_LINE), unless it is the first.
    if (!works || index == 0 || ERR_GET_REASON(lib.ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
        return 0;
    }
    lib.ERR_clear_error();
    return 1;
}

static int trust(SSL_CTX *context, X509 *certificate, int index) {
    (void)index;
    return lib.X509_STORE_add_cert(lib.SSL_CTX_get_cert_store(context), certificate);
}

static int present(SSL_CTX *context, X509 *certificate, int index) {
    if (index == 0) return lib.SSL_CTX_use_certificate(context, certificate);
    return (int)lib.SSL_CTX_ctrl(context, SSL_CTRL_CHAIN_CERT, 1, certificate);
}

int copenssl_trust_pem(SSL_CTX *context, const void *pem, int size) {
    return each_certificate(context, pem, size, trust);
}

int copenssl_use_chain_file(SSL_CTX *context, const char *path) {
    lib.ERR_clear_error();
    return lib.SSL_CTX_use_certificate_chain_file(context, path);
}

int copenssl_use_chain_pem(SSL_CTX *context, const void *pem, int size) {
    return each_certificate(context, pem, size, present);
}

int copenssl_use_key_file(SSL_CTX *context, const char *path) {
    lib.ERR_clear_error();
    return lib.SSL_CTX_use_PrivateKey_file(context, path, SSL_FILETYPE_PEM);
}

int copenssl_use_key_pem(SSL_CTX *context, const void *pem, int size) {
    lib.ERR_clear_error();
    BIO *source = lib.BIO_new_mem_buf(pem, size);
    if (!source) return 0;
    EVP_PKEY *key = lib.PEM_read_bio_PrivateKey(source, NULL, no_password, NULL);
    lib.BIO_free(source);
    int works = key && lib.SSL_CTX_use_PrivateKey(context, key);
    lib.EVP_PKEY_free(key);
    return works;
}

int copenssl_key_fits(SSL_CTX *context) {
    lib.ERR_clear_error();
    return lib.SSL_CTX_check_private_key(context);
}

int copenssl_announce_authorities(SSL_CTX *context, const char *path) {
    lib.ERR_clear_error();
    STACK_OF(X509_NAME) *names = lib.SSL_load_client_CA_file(path);
    if (!names) return 0;
    lib.SSL_CTX_set_client_CA_list(context, names);
    return 1;
}

void copenssl_require_certificate(SSL_CTX *context) {
    lib.SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

// MARK: - Sessions

// OpenSSL's own socket BIO writes without MSG_NOSIGNAL.
static int socket_write(BIO *bio, const char *bytes, int size) {
    ssize_t count;
    lib.BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY);
    do {
        count = send((int)(intptr_t)lib.BIO_get_data(bio), bytes, (size_t)size, MSG_NOSIGNAL);
    } while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN) {
        lib.BIO_set_flags(bio, BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY);
    }
    return (int)count;
}

static int socket_read(BIO *bio, char *bytes, int room) {
    ssize_t count;
    lib.BIO_clear_flags(bio, BIO_FLAGS_RWS | BIO_FLAGS_SHOULD_RETRY | BIO_FLAGS_IN_EOF);
    do {
        count = recv((int)(intptr_t)lib.BIO_get_data(bio), bytes, (size_t)room, 0);
    } while (count < 0 && errno == EINTR);
    if (count < 0 && errno == EAGAIN) {
        lib.BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY);
    }
    if (count == 0) lib.BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return (int)count;
}

static long socket_control(BIO *bio, int command, long number, void *pointer) {
    (void)number, (void)pointer;
    if (command == BIO_CTRL_EOF) return lib.BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0;
    return command == BIO_CTRL_FLUSH;
}

SSL *copenssl_session_create(SSL_CTX *context, int fd, int is_server) {
    lib.ERR_clear_error();
    SSL *session = lib.SSL_new(context);
    if (!session) return NULL;
    BIO *bio = lib.BIO_new(socket_method);
    if (!bio) {
        lib.SSL_free(session);
        return NULL;
    }
    lib.BIO_set_data(bio, (void *)(intptr_t)fd);
    lib.BIO_set_init(bio, 1);
    lib.SSL_set_bio(session, bio, bio);
    if (is_server) {
        lib.SSL_set_accept_state(session);
    } else {
        lib.SSL_set_connect_state(session);
    }
    return session;
}

void copenssl_session_free(SSL *session) { lib.SSL_free(session); }

int copenssl_expect_name(SSL *session, const char *name, int is_address, int check) {
    lib.ERR_clear_error();
    // RFC 6066 §3: literal addresses are not permitted in server_name.
    if (is_address) {
        return !check || lib.X509_VERIFY_PARAM_set1_ip_asc(lib.SSL_get0_param(session), name);
    }
    if (!lib.SSL_ctrl(
            session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, (void *)name)) {
        return 0;
    }
    lib.SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return !check || lib.SSL_set1_host(session, name);
}

static int outcome(SSL *session, int result) {
    int code = errno;
    switch (lib.SSL_get_error(session, result)) {
    case SSL_ERROR_NONE: return COPENSSL_DONE;
    case SSL_ERROR_WANT_READ: return COPENSSL_WANTS_READ;
    case SSL_ERROR_WANT_WRITE: return COPENSSL_WANTS_WRITE;
    case SSL_ERROR_ZERO_RETURN: return COPENSSL_ENDED;
    case SSL_ERROR_SYSCALL: return code ? -code : COPENSSL_TRUNCATED;
    default: break;
    }
    if (ERR_GET_REASON(lib.ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
        lib.ERR_clear_error();
        return COPENSSL_TRUNCATED;
    }
    return COPENSSL_FAILED;
}

int copenssl_handshake(SSL *session) {
    lib.ERR_clear_error();
    errno = 0;
    return outcome(session, lib.SSL_do_handshake(session));
}

int copenssl_read(SSL *session, void *bytes, size_t room, size_t *count) {
    lib.ERR_clear_error();
    errno = 0;
    return outcome(session, lib.SSL_read_ex(session, bytes, room, count));
}

int copenssl_write(SSL *session, const void *bytes, size_t size, size_t *count) {
    lib.ERR_clear_error();
    errno = 0;
    return outcome(session, lib.SSL_write_ex(session, bytes, size, count));
}

void copenssl_say_end(SSL *session) {
    lib.SSL_shutdown(session);
    lib.ERR_clear_error();
}

long copenssl_verdict(SSL *session) { return lib.SSL_get_verify_result(session); }

const char *copenssl_verdict_text(long verdict) {
    return lib.X509_verify_cert_error_string(verdict);
}

const char *copenssl_version(SSL *session) { return lib.SSL_get_version(session); }
