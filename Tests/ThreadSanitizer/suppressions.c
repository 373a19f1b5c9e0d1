#include "ThreadSanitizer.h"

// The thread sanitizer asks this function, if a program has it, what not to report; so
// `swift test --sanitize=thread` needs no options. Two parts of Swift 6.3's own libraries are not
// built for the sanitizer, and what they order looks unordered to it:
//
// - Synchronization.Mutex, when it is contended: the slow path that acquires it is inside the
//   library. Closures given to `withLock` have a type that nothing else has, an `inout sending`
//   parameter and a `sending` result, which shows as zYu…YTXE in their names.
// - Resuming a continuation from another thread: the value is handed over inside the runtime.
const char *__tsan_default_suppressions(void) {
    return "race:zYuYTXEfU\n"
           "race:zYuXEfU\n"
           "race:withUnsafeContinuation\n"
           "race:withCheckedContinuation\n";
}
