#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static __thread void *current_loop;

void *clinux_current_loop(void) { return current_loop; }

void clinux_set_current_loop(void *loop) { current_loop = loop; }

// The handler runs on any thread.
static atomic_int signal_target = -1;

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

// Segments without PF_W are never written, not even by the dynamic linker: relocations, also those
// that become read-only afterwards, lie in segments with PF_W. So dropping their pages loses
// nothing.
static int release_segments(struct dl_phdr_info *object, size_t size, void *unused) {
    (void)size;
    (void)unused;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    for (int index = 0; index < object->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[index];
        if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W)) continue;
        uintptr_t begin = (object->dlpi_addr + segment->p_vaddr + page - 1) & ~(page - 1);
        uintptr_t end = (object->dlpi_addr + segment->p_vaddr + segment->p_memsz) & ~(page - 1);
        if (begin < end) madvise((void *)begin, end - begin, MADV_DONTNEED);
    }
    return 0;
}

void clinux_release_code_pages(void) { dl_iterate_phdr(release_segments, NULL); }
