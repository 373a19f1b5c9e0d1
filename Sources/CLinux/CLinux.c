#include "CLinux.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static __thread void *current_loop;

void *clinux_current_loop(void) { return current_loop; }

void clinux_set_current_loop(void *loop) { current_loop = loop; }

static volatile sig_atomic_t signal_target = -1;

static void forward(int signal) {
    int saved = errno;
    unsigned char byte = (unsigned char)signal;
    // A full pipe holds enough signals of every kind already.
    if (write(signal_target, &byte, 1) < 0) errno = saved;
    errno = saved;
}

int clinux_forward_signal(int signal, int fd) {
    struct sigaction action = {0};
    action.sa_handler = fd < 0 ? SIG_DFL : forward;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    if (fd >= 0) signal_target = fd;
    return sigaction(signal, &action, NULL);
}
