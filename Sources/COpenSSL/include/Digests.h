#pragma once
// What Hashing needs of OpenSSL 3: digests of short texts, of which only libcrypto is loaded.
//
// Everything but copenssl_digests_load() may be called only after that has returned NULL. Each
// thread keeps one context of each digest that it has used, until it ends.
#include <stddef.h>

enum {
    COPENSSL_MD5 = 0,
    COPENSSL_SHA1 = 1,
    COPENSSL_SHA256 = 2,
    COPENSSL_SHA512 = 3,
    COPENSSL_SHA3_256 = 4,
    COPENSSL_DIGEST_COUNT = 5,
};

// Opens the library once, from any thread. Returns NULL, or why it is not there.
const char *copenssl_digests_load(void);
// Whether the library has this digest; one that runs by the FIPS rules may lack MD5.
int copenssl_has_digest(int digest);
// Writes the digest, 16, 20, 32 or 64 bytes of it, of two pieces, one after the other. Returns 1,
// or 0 if memory has run out.
int copenssl_digest(
    int digest, const void *first, size_t first_size, const void *second, size_t second_size,
    unsigned char *result);
