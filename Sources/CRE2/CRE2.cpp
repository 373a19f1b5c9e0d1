#include "CRE2.h"

#include <new>
#include <re2/re2.h>

struct cre2_pattern {
    RE2 re;
};

extern "C" cre2_pattern *cre2_compile(const char *pattern, size_t size, long memory_limit) {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(memory_limit);
    return new (std::nothrow) cre2_pattern{RE2(re2::StringPiece(pattern, size), options)};
}

extern "C" void cre2_free(cre2_pattern *pattern) { delete pattern; }

extern "C" const char *cre2_failure(const cre2_pattern *pattern) {
    return pattern->re.ok() ? nullptr : pattern->re.error().c_str();
}

extern "C" int cre2_matches(const cre2_pattern *pattern, const char *text, size_t size) {
    return pattern->re.Match(
        re2::StringPiece(text, size), 0, size, RE2::UNANCHORED, nullptr, 0);
}
