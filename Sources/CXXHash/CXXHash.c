#define XXH_INLINE_ALL
#include <xxhash.h>

#include "CXXHash.h"

uint64_t cxxhash_64(const void *bytes, size_t size) { return XXH3_64bits(bytes, size); }

cxxhash_128 cxxhash_128_of(const void *bytes, size_t size) {
    XXH128_hash_t hash = XXH3_128bits(bytes, size);
    return (cxxhash_128){.high = hash.high64, .low = hash.low64};
}
