#pragma once
// What RegularExpressions needs of RE2, which is C++. (github.com/google/re2)
//
// No exception leaves these functions: where C++ has no memory left, the process ends, as it does
// everywhere else in martlet.
#include <stddef.h>

#ifdef __cplusplus
#define CRE2_NOEXCEPT noexcept
extern "C" {
#else
#define CRE2_NOEXCEPT
#endif

typedef struct cre2_pattern cre2_pattern;

// Where a group was found, in bytes; both -1 if it took no part in the match.
typedef struct {
    ptrdiff_t start;
    ptrdiff_t end;
} cre2_range;

// Compiles a pattern, at most `memory_limit` bytes large. NULL if memory has run out; otherwise
// ask cre2_failure whether it can be used.
cre2_pattern *cre2_compile(const char *pattern, size_t size, long memory_limit) CRE2_NOEXCEPT;
void cre2_free(cre2_pattern *pattern) CRE2_NOEXCEPT;
// What is wrong with the pattern, NULL if nothing is.
const char *cre2_failure(const cre2_pattern *pattern) CRE2_NOEXCEPT;
// The part of the pattern that is wrong; empty if it is the whole.
const char *cre2_failure_part(const cre2_pattern *pattern) CRE2_NOEXCEPT;
// Whether the pattern is right and merely larger than the limit.
int cre2_is_too_large(const cre2_pattern *pattern) CRE2_NOEXCEPT;
// The number of groups, without the whole.
int cre2_group_count(const cre2_pattern *pattern) CRE2_NOEXCEPT;
// The name of a group, counted from 1; NULL if it has none.
const char *cre2_group_name(const cre2_pattern *pattern, int group) CRE2_NOEXCEPT;
// Whether the pattern matches anywhere in the text.
int cre2_matches(const cre2_pattern *pattern, const char *text, size_t size) CRE2_NOEXCEPT;
// Looks for the first match that begins at `offset` or behind it; what is before `offset` still
// counts for ^ and \b. Writes `count` ranges, the whole match first.
int cre2_find(
    const cre2_pattern *pattern, const char *text, size_t size, size_t offset, cre2_range *ranges,
    int count) CRE2_NOEXCEPT;
// Where the part begins first in the text at `offset` or behind it, byte for byte; -1 if nowhere. No
// pattern is needed for that.
ptrdiff_t cre2_search(
    const char *text, size_t size, size_t offset, const char *part, size_t part_size) CRE2_NOEXCEPT;

#ifdef __cplusplus
}
#endif
