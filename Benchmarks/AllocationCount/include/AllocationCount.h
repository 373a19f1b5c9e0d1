#pragma once
// Counts what the program asks of glibc's malloc. Linking this replaces malloc and its relatives.

/// Calls of malloc, calloc and realloc so far, by all threads.
unsigned long allocation_count(void);
