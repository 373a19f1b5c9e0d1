#pragma once
// What Sockets needs of OpenSSL 3, loaded on first use.
//
// Linking libssl costs every start 1.9 MB resident and 1.2 ms (measured with 3.0, x86-64), and most
// configurations have no TLS. So the library is opened by copenssl_load(), and everything else
// here may be called only after that has returned NULL.
#include <stddef.h>

#include "Digests.h"

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;

// Opens the library once, from any thread. Returns NULL, or why it is not there.
const char *copenssl_load(void);

// Why the last call of this thread failed, written to `text`; empties OpenSSL's list of errors.
void copenssl_failure(char *text, size_t size);

// NULL if memory has run out. Versions are 0x0301 (1.0) to 0x0304 (1.3), 0 for no bound.
SSL_CTX *copenssl_context_create(int is_server, int lowest_version, int highest_version);
void copenssl_context_free(SSL_CTX *context);

// Each returns 1 if it worked. `pem` need not end in zero.
int copenssl_trust_system(SSL_CTX *context);
int copenssl_trust_file(SSL_CTX *context, const char *path);
int copenssl_trust_pem(SSL_CTX *context, const void *pem, int size);
int copenssl_use_chain_file(SSL_CTX *context, const char *path);
int copenssl_use_chain_pem(SSL_CTX *context, const void *pem, int size);
int copenssl_use_key_file(SSL_CTX *context, const char *path);
int copenssl_use_key_pem(SSL_CTX *context, const void *pem, int size);
int copenssl_key_fits(SSL_CTX *context);
// The names a server tells its clients it accepts certificates of.
int copenssl_announce_authorities(SSL_CTX *context, const char *path);
// Refuses a peer without a certificate that can be verified.
void copenssl_require_certificate(SSL_CTX *context);

// A session on a non-blocking socket, which stays the caller's. NULL if memory has run out.
SSL *copenssl_session_create(SSL_CTX *context, int fd, int is_server);
void copenssl_session_free(SSL *session);
// The name to ask for and to check the certificate against; an IP address is only checked.
int copenssl_expect_name(SSL *session, const char *name, int is_address, int check);

enum {
    COPENSSL_DONE = 0,
    COPENSSL_WANTS_READ = 1,
    COPENSSL_WANTS_WRITE = 2,
    COPENSSL_ENDED = 3,      // The peer said that it is done.
    COPENSSL_TRUNCATED = 4,  // The connection ended without that.
    COPENSSL_FAILED = 5,     // See copenssl_failure and copenssl_verdict.
    // A system call failed: minus errno.
};
int copenssl_handshake(SSL *session);
int copenssl_read(SSL *session, void *bytes, size_t room, size_t *count);
int copenssl_write(SSL *session, const void *bytes, size_t size, size_t *count);
// Tells the peer that this side sends no more; does not wait.
void copenssl_say_end(SSL *session);

// What was wrong with the peer's certificate, 0 if nothing was. (X509_V_ERR_…)
long copenssl_verdict(SSL *session);
const char *copenssl_verdict_text(long verdict);
// "TLSv1.3"
const char *copenssl_version(SSL *session);
