#pragma once
const char *__tsan_default_suppressions(void);
