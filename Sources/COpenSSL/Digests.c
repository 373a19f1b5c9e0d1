#include "Digests.h"

#include <dlfcn.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define FUNCTIONS(X) \
    X(ERR_clear_error) X(EVP_DigestFinal_ex) X(EVP_DigestInit_ex2) X(EVP_DigestUpdate) \
    X(EVP_MD_CTX_free) X(EVP_MD_CTX_new) X(EVP_MD_fetch)

extern void ERR_clear_error(void);

#define DECLARE(name) __typeof__(&name) name;
static struct {
    FUNCTIONS(DECLARE)
} lib;

// The older interface to SHA-256, which takes half the time for a short text. A libcrypto may be
// built without it.
typedef int sha256_init(SHA256_CTX *);
typedef int sha256_update(SHA256_CTX *, const void *, size_t);
typedef int sha256_final(unsigned char *, SHA256_CTX *);
static struct {
    sha256_init *init;
    sha256_update *update;
    sha256_final *final;
} sha256;

// A thread's contexts, already told which digest they are for.
struct contexts {
    EVP_MD_CTX *of[COPENSSL_DIGEST_COUNT];
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static char load_failure[256];
static EVP_MD *digests[COPENSSL_DIGEST_COUNT];
static pthread_key_t contexts_key;
static _Thread_local struct contexts *contexts;

static void free_contexts(void *pointer) {
    struct contexts *mine = pointer;
    for (int i = 0; i < COPENSSL_DIGEST_COUNT; i++) lib.EVP_MD_CTX_free(mine->of[i]);
    free(mine);
}

static void load(void) {
    void *library = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(load_failure, sizeof load_failure, "%s", dlerror());
        return;
    }
#define FIND(name) \
    if (!(lib.name = (__typeof__(&name))dlsym(library, #name))) { \
        snprintf(load_failure, sizeof load_failure, "libcrypto.so.3 lacks " #name); \
        return; \
    }
    FUNCTIONS(FIND)
    sha256.init = (sha256_init *)dlsym(library, "SHA256_Init");
    sha256.update = (sha256_update *)dlsym(library, "SHA256_Update");
    sha256.final = (sha256_final *)dlsym(library, "SHA256_Final");
    static const char *names[] = {"MD5", "SHA1", "SHA2-256", "SHA2-512", "SHA3-256"};
    for (int i = 0; i < COPENSSL_DIGEST_COUNT; i++) {
        digests[i] = lib.EVP_MD_fetch(NULL, names[i], NULL);
    }
    lib.ERR_clear_error();
    if (pthread_key_create(&contexts_key, free_contexts)) {
        snprintf(load_failure, sizeof load_failure, "there are no thread-specific keys left");
    }
}

const char *copenssl_digests_load(void) {
    pthread_once(&once, load);
    return load_failure[0] ? load_failure : NULL;
}

int copenssl_has_digest(int digest) { return digests[digest] != NULL; }

static EVP_MD_CTX *make_context(int digest) {
    if (!contexts) {
        contexts = calloc(1, sizeof *contexts);
        if (!contexts) return NULL;
        pthread_setspecific(contexts_key, contexts);
    }
    EVP_MD_CTX *context = lib.EVP_MD_CTX_new();
    if (context && !lib.EVP_DigestInit_ex2(context, digests[digest], NULL)) {
        lib.EVP_MD_CTX_free(context);
        return NULL;
    }
    contexts->of[digest] = context;
    return context;
}

int copenssl_digest(
    int digest, const void *first, size_t first_size, const void *second, size_t second_size,
    unsigned char *result) {
    if (digest == COPENSSL_SHA256 && sha256.init && sha256.update && sha256.final) {
        SHA256_CTX state;
        return sha256.init(&state)
            && (first_size == 0 || sha256.update(&state, first, first_size))
            && (second_size == 0 || sha256.update(&state, second, second_size))
            && sha256.final(result, &state);
    }
    EVP_MD_CTX *context = contexts ? contexts->of[digest] : NULL;
    if (!context && !(context = make_context(digest))) return 0;
    // Starting again without naming the digest is what makes this fast.
    return lib.EVP_DigestInit_ex2(context, NULL, NULL)
        && (first_size == 0 || lib.EVP_DigestUpdate(context, first, first_size))
        && (second_size == 0 || lib.EVP_DigestUpdate(context, second, second_size))
        && lib.EVP_DigestFinal_ex(context, result, NULL);
}
