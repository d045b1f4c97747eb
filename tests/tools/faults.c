/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A library to be loaded before a program (LD_PRELOAD), under which something runs out.
 *
 * FAULT_KIND=memory: malloc and its like give no more than FAULT_AT bytes at a time.
 * FAULT_KIND=disk: the FAULT_AT-th write to a file and all later ones find no room.
 * FAULT_COUNT names a file that gets what was used: the most bytes at a time, or the writes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_ullong writes, used, most;
static unsigned long long fault_at;
static bool memory, disk;
static const char *count_file;
static ssize_t (*real_write)(int, const void *, size_t);

static bool fails(void)
{
    unsigned long long n = atomic_fetch_add(&writes, 1) + 1;
    return fault_at && n >= fault_at;
}

/* Takes n bytes, when there are as many. */
static bool take(size_t n)
{
    unsigned long long now = atomic_fetch_add(&used, n) + n, before = atomic_load(&most);
    if (fault_at && now > fault_at) {
        atomic_fetch_sub(&used, n);
        errno = ENOMEM;
        return false;
    }
    while (now > before && !atomic_compare_exchange_weak(&most, &before, now))
        ;
    return true;
}

__attribute__((constructor)) static void begin(void)
{
    const char *kind = getenv("FAULT_KIND"), *at = getenv("FAULT_AT");
    fault_at = at ? strtoull(at, NULL, 10) : 0;
    count_file = getenv("FAULT_COUNT");
    real_write = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    memory = kind && strcmp(kind, "memory") == 0;
    disk = kind && strcmp(kind, "disk") == 0;
    unsetenv("LD_PRELOAD"); /* programs that this one starts are let alone */
}

__attribute__((destructor)) static void end(void)
{
    char text[32];
    if (!count_file)
        return;
    unsigned long long count = memory ? atomic_load(&most) : atomic_load(&writes);
    memory = disk = false;
    int fd = open(count_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int len = snprintf(text, sizeof text, "%llu\n", count);
    if (fd >= 0 && real_write(fd, text, (size_t)len) == len)
        close(fd);
}

/* ---- memory ---------------------------------------------------------------------------------- */

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static void *taken(void *p, size_t n)
{
    if (memory && !p)
        atomic_fetch_sub(&used, n);
    else if (memory)
        atomic_fetch_add(&used, malloc_usable_size(p) - n);
    return p;
}

void *malloc(size_t n)
{
    return memory && !take(n) ? NULL : taken(__libc_malloc(n), n);
}

void *calloc(size_t n, size_t size)
{
    return memory && !take(n * size) ? NULL : taken(__libc_calloc(n, size), n * size);
}

void *realloc(void *p, size_t n)
{
    size_t before = memory && p ? malloc_usable_size(p) : 0;
    if (memory && !take(n))
        return NULL;
    void *got = taken(__libc_realloc(p, n), n);
    if (memory && got)
        atomic_fetch_sub(&used, before);
    return got;
}

void free(void *p)
{
    if (memory && p)
        atomic_fetch_sub(&used, malloc_usable_size(p));
    __libc_free(p);
}

int posix_memalign(void **p, size_t alignment, size_t n)
{
    void *got = memory && !take(n) ? NULL : taken(__libc_memalign(alignment, n), n);
    if (!got)
        return ENOMEM;
    *p = got;
    return 0;
}

/* ---- disk: only files, for what is said on a pipe or terminal takes no room --------------------
 */

static bool is_file(int fd)
{
    struct stat s;
    return fstat(fd, &s) == 0 && S_ISREG(s.st_mode);
}

static ssize_t full(void)
{
    errno = ENOSPC;
    return -1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *data, size_t n)
{
    return disk && is_file(fd) && fails() ? full() : real_write(fd, data, n);
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t at)
{
    return disk && is_file(fd) && fails() ? full() : REAL(pwrite)(fd, data, n, at);
}

ssize_t pwrite64(int fd, const void *data, size_t n, off64_t at)
{
    return disk && is_file(fd) && fails() ? full() : REAL(pwrite64)(fd, data, n, at);
}

int ftruncate(int fd, off_t len)
{
    return disk && is_file(fd) && fails() ? (int)full() : REAL(ftruncate)(fd, len);
}

int ftruncate64(int fd, off64_t len)
{
    return disk && is_file(fd) && fails() ? (int)full() : REAL(ftruncate64)(fd, len);
}

int fsync(int fd)
{
    return disk && fails() ? (int)full() : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    return disk && fails() ? (int)full() : REAL(fdatasync)(fd);
}
