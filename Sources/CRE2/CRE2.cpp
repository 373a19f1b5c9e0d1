#include "CRE2.h"

#include <new>
#include <re2/re2.h>
#include <string.h>
#include <vector>

struct cre2_pattern {
    RE2 re;
};

// Submatches of more groups than this are kept on the heap while matching.
static const int groups_on_stack = 11;

extern "C" cre2_pattern *cre2_compile(
    const char *pattern, size_t size, long memory_limit) noexcept {
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(memory_limit);
    return new (std::nothrow) cre2_pattern{RE2(re2::StringPiece(pattern, size), options)};
}

extern "C" void cre2_free(cre2_pattern *pattern) noexcept { delete pattern; }

extern "C" const char *cre2_failure(const cre2_pattern *pattern) noexcept {
    return pattern->re.ok() ? nullptr : pattern->re.error().c_str();
}

extern "C" const char *cre2_failure_part(const cre2_pattern *pattern) noexcept {
    return pattern->re.error_arg().c_str();
}

extern "C" int cre2_is_too_large(const cre2_pattern *pattern) noexcept {
    return pattern->re.error_code() == RE2::ErrorPatternTooLarge;
}

extern "C" int cre2_group_count(const cre2_pattern *pattern) noexcept {
    return pattern->re.NumberOfCapturingGroups();
}

extern "C" const char *cre2_group_name(const cre2_pattern *pattern, int group) noexcept {
    auto &names = pattern->re.CapturingGroupNames();
    auto found = names.find(group);
    return found == names.end() ? nullptr : found->second.c_str();
}

extern "C" int cre2_matches(const cre2_pattern *pattern, const char *text, size_t size) noexcept {
    return pattern->re.Match(
        re2::StringPiece(text, size), 0, size, RE2::UNANCHORED, nullptr, 0);
}

extern "C" int cre2_find(
    const cre2_pattern *pattern, const char *text, size_t size, size_t offset, cre2_range *ranges,
    int count) noexcept {
    // Whether a group is somewhere is told by its address, which an empty text must have too.
    if (text == nullptr) text = "";
    re2::StringPiece few[groups_on_stack];
    std::vector<re2::StringPiece> many;
    re2::StringPiece *groups = few;
    if (count > groups_on_stack) {
        many.resize(count);
        groups = many.data();
    }
    if (!pattern->re.Match(
            re2::StringPiece(text, size), offset, size, RE2::UNANCHORED, groups, count)) {
        return 0;
    }
    for (int group = 0; group < count; group++) {
        bool found = groups[group].data() != nullptr;
        ptrdiff_t start = found ? groups[group].data() - text : -1;
        ranges[group].start = start;
        ranges[group].end = found ? start + (ptrdiff_t)groups[group].size() : -1;
    }
    return 1;
}

extern "C" ptrdiff_t cre2_search(
    const char *text, size_t size, size_t offset, const char *part, size_t part_size) noexcept {
    if (offset > size || size - offset < part_size) return -1;
    if (part_size == 0) return (ptrdiff_t)offset;
    auto found = (const char *)memmem(text + offset, size - offset, part, part_size);
    return found == nullptr ? -1 : found - text;
}
