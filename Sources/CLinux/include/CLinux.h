#pragma once
// What Swift's Glibc module does not cover. GNU extensions are redeclared because that module is
// built without _GNU_SOURCE, and <sys/socket.h> is not included because it would take SOCK_STREAM
// away from files that import only Glibc.
#include <malloc.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

struct sockaddr;
int accept4(int, struct sockaddr *__restrict, unsigned int *__restrict, int);
void *memmem(const void *, size_t, const void *, size_t);
int pipe2(int[2], int);
int pthread_setname_np(unsigned long, const char *);

// One pointer per thread, for "which event loop runs here". Swift has no thread-local variables,
// and pthread_getspecific costs a key and twice the time.
void *clinux_current_loop(void);
void clinux_set_current_loop(void *loop);

// From now on each `signal` is written as one byte to `fd`; -1 restores the default action. The
// handler does nothing else, since little is allowed in one (signal-safety(7)).
int clinux_forward_signal(int signal, int fd);

// Gives back the pages of code and constants that only starting touched; what is needed again is
// mapped again from the page cache. Only segments that nothing ever writes to are concerned.
void clinux_release_code_pages(void);
