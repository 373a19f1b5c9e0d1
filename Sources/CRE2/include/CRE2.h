#pragma once
// What RegularExpressions needs of RE2, which is C++. (github.com/google/re2)
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cre2_pattern cre2_pattern;

// Compiles a pattern, at most `memory_limit` bytes large. NULL if memory has run out; otherwise
// ask cre2_failure whether it can be used.
cre2_pattern *cre2_compile(const char *pattern, size_t size, long memory_limit);
void cre2_free(cre2_pattern *pattern);
// What is wrong with the pattern, NULL if nothing is.
const char *cre2_failure(const cre2_pattern *pattern);
// Whether the pattern matches anywhere in the text.
int cre2_matches(const cre2_pattern *pattern, const char *text, size_t size);

#ifdef __cplusplus
}
#endif
