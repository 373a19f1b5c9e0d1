#pragma once
// XXH3 in its two sizes, compiled from xxHash's header, so that nothing is linked.
// (github.com/Cyan4973/xxHash)
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint64_t high;
    uint64_t low;
} cxxhash_128;

uint64_t cxxhash_64(const void *bytes, size_t size);
cxxhash_128 cxxhash_128_of(const void *bytes, size_t size);
