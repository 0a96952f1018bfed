/* Preloaded: counts what a process does to files below FAULT_FOLDER and where it asks for a lot of memory, and lets
   operation number FAULT_AT fail once.

   Each operation fails as disks fail: no space to write or to make something, an error of the device to force data out,
   no right to rename, delete or change rights; and as memory fails that a batch system has bounded. FAULT_LOG gets one
   line per operation, so that a run without a fault tells how many there are. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static atomic_int count;
static int watched;

/* A job is a fork of a process that began without faults; programs that it starts, such as git, begin with them. */
__attribute__((constructor)) static void begin(void) { watched = !getenv("FAULT_FOLDER"); }

static int below(const char *path, const char *folder) {
    char whole[2 * PATH_MAX];
    if (path[0] != '/' && getcwd(whole, PATH_MAX)) {
        strcat(whole, "/");
        strncat(whole, path, PATH_MAX - 1);
        path = whole;
    }
    size_t length = strlen(folder);
    return !strncmp(path, folder, length) && path[length] == '/' && !strstr(path, "/.snakemake/");
}

/* Counts this operation; whether it is to fail, and errno says how. */
static int counted(const char *operation, const char *of, int error) {
    const char *at = getenv("FAULT_AT"), *log = getenv("FAULT_LOG");
    int number = ++count, failed = at && number == atoi(at);
    if (log) {
        char line[2 * PATH_MAX];
        int size = snprintf(line, sizeof line, "%d %s %s%s\n", number, operation, of, failed ? " FAILED" : "");
        int handle = REAL(open64)(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
        if (handle >= 0) {
            if (REAL(write)(handle, line, size) != size)
                abort();
            close(handle);
        }
    }
    if (failed)
        errno = error;
    return failed;
}

static int fails(const char *operation, const char *path, int error) {
    const char *folder = getenv("FAULT_FOLDER");
    return watched && folder && path && below(path, folder) && counted(operation, path, error);
}

static int fails_at(const char *operation, int handle, int error) {
    char link[64], path[PATH_MAX];
    if (!watched || !getenv("FAULT_FOLDER"))
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0 || path[0] != '/') /* a pipe, say */
        return 0;
    path[size] = 0;
    return fails(operation, path, error);
}

static int writes(int flags) { return flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC); }

#define OPEN(name, parameters, path, ...)                                                                             \
    int name parameters {                                                                                              \
        mode_t mode = 0;                                                                                               \
        if (flags & (O_CREAT | O_TMPFILE)) {                                                                           \
            va_list rest;                                                                                              \
            va_start(rest, flags);                                                                                     \
            mode = va_arg(rest, mode_t);                                                                               \
            va_end(rest);                                                                                              \
        }                                                                                                              \
        return writes(flags) && fails("open", path, ENOSPC) ? -1 : REAL(name)(__VA_ARGS__, flags, mode);              \
    }
OPEN(open, (const char *path, int flags, ...), path, path)
OPEN(open64, (const char *path, int flags, ...), path, path)
OPEN(openat, (int folder, const char *path, int flags, ...), path, folder, path)
OPEN(openat64, (int folder, const char *path, int flags, ...), path, folder, path)

#define STREAM(name)                                                                                                   \
    FILE *name(const char *path, const char *mode) {                                                                   \
        return mode[strcspn(mode, "wa+")] && fails("open", path, ENOSPC) ? NULL : REAL(name)(path, mode);              \
    }
STREAM(fopen)
STREAM(fopen64)

#define HANDLE(type, name, operation, error, parameters, ...)                                                          \
    type name parameters { return fails_at(operation, handle, error) ? -1 : REAL(name)(__VA_ARGS__); }
HANDLE(ssize_t, write, "write", ENOSPC, (int handle, const void *data, size_t size), handle, data, size)
HANDLE(ssize_t, pwrite, "write", ENOSPC, (int handle, const void *d, size_t s, off_t at), handle, d, s, at)
HANDLE(ssize_t, pwrite64, "write", ENOSPC, (int handle, const void *d, size_t s, off64_t at), handle, d, s, at)
HANDLE(ssize_t, writev, "write", ENOSPC, (int handle, const struct iovec *parts, int number), handle, parts, number)
HANDLE(int, ftruncate, "write", ENOSPC, (int handle, off_t size), handle, size)
HANDLE(int, ftruncate64, "write", ENOSPC, (int handle, off64_t size), handle, size)
HANDLE(int, fsync, "fsync", EIO, (int handle), handle)
HANDLE(int, fdatasync, "fsync", EIO, (int handle), handle)
HANDLE(int, fchmod, "chmod", EPERM, (int handle, mode_t mode), handle, mode)

#define PATH(name, operation, error, parameters, path, ...)                                                            \
    int name parameters { return fails(operation, path, error) ? -1 : REAL(name)(__VA_ARGS__); }
PATH(rename, "rename", EACCES, (const char *old, const char *new), new, old, new)
PATH(renameat, "rename", EACCES, (int a, const char *old, int b, const char *new), new, a, old, b, new)
PATH(link, "link", ENOSPC, (const char *old, const char *new), new, old, new)
PATH(symlink, "link", ENOSPC, (const char *old, const char *new), new, old, new)
PATH(unlink, "delete", EACCES, (const char *path), path, path)
PATH(unlinkat, "delete", EACCES, (int folder, const char *path, int flags), path, folder, path, flags)
PATH(rmdir, "delete", EACCES, (const char *path), path, path)
PATH(mkdir, "make", ENOSPC, (const char *path, mode_t mode), path, path, mode)
PATH(mkdirat, "make", ENOSPC, (int folder, const char *path, mode_t mode), path, folder, path, mode)
PATH(chmod, "chmod", EPERM, (const char *path, mode_t mode), path, path, mode)
PATH(fchmodat, "chmod", EPERM, (int f, const char *path, mode_t mode, int flags), path, f, path, mode, flags)

void *mmap(void *at, size_t size, int protection, int flags, int handle, off_t offset) {
    return handle >= 0 && fails_at("map", handle, ENOMEM) ? MAP_FAILED
                                                         : REAL(mmap)(at, size, protection, flags, handle, offset);
}
void *mmap64(void *at, size_t size, int protection, int flags, int handle, off64_t offset) {
    return mmap(at, size, protection, flags, handle, offset);
}

/* Tensors and arrays, not what Python itself asks for all the time. */
#ifndef LARGE
#define LARGE (1 << 20)
#endif

static int lacks(size_t size) {
    char bytes[32];
    if (size < LARGE || !watched || !getenv("FAULT_FOLDER"))
        return 0;
    snprintf(bytes, sizeof bytes, "%zu", size);
    return counted("allocate", bytes, ENOMEM);
}

/* The C library's own names for them. */
void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

void *malloc(size_t size) { return lacks(size) ? NULL : __libc_malloc(size); }
void *calloc(size_t number, size_t size) { return lacks(number * size) ? NULL : __libc_calloc(number, size); }
void *realloc(void *old, size_t size) { return lacks(size) ? NULL : __libc_realloc(old, size); }
void *memalign(size_t step, size_t size) { return lacks(size) ? NULL : __libc_memalign(step, size); }
void *aligned_alloc(size_t step, size_t size) { return memalign(step, size); }
int posix_memalign(void **result, size_t step, size_t size) {
    void *found = memalign(step, size);
    if (!found)
        return ENOMEM;
    *result = found;
    return 0;
}
