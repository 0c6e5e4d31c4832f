/* Let calls of the operating system fail, on purpose: a library to preload (Linux).
 *
 * Calls that change or open files below one folder are counted once faults_arm has been called. The call
 * with the number that was asked for fails, is done by half, is interrupted, or never returns.
 * Everything else passes. A process that is started by this one is not armed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum action { NOTHING, FULL, EIO_ONCE, EACCES_ONCE, SHORT, KILL, TORN, INTERRUPT };
enum verdict { PASS, FAIL, HALF, HALF_AND_KILL };

static char root[PATH_MAX];
static size_t root_size;
static pid_t armed; /* the process, 0 when nothing is armed */
static long counter, chosen;
static int action, trace = -1;

void faults_arm(const char *folder, long call, int what, int trace_to) {
    strncpy(root, folder, sizeof root - 1);
    root_size = strlen(root);
    counter = 0;
    chosen = call;
    action = what;
    trace = trace_to;
    armed = getpid();
}

long faults_disarm(void) {
    armed = 0;
    return counter;
}

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static void die(void) {
    for (;;) syscall(SYS_kill, getpid(), SIGKILL);
}

/* Write the absolute path to `out`; links are not resolved. */
static const char *absolute(int folder, const char *path, char *out) {
    char link[64];
    ssize_t size;
    if (path[0] == '/') return path;
    if (folder == AT_FDCWD) {
        if (!getcwd(out, PATH_MAX - NAME_MAX)) return path;
        size = strlen(out);
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        size = readlink(link, out, PATH_MAX - NAME_MAX);
        if (size < 0) return path;
    }
    snprintf(out + size, PATH_MAX - size, "/%s", path);
    return out;
}

/* Count one call; `grows` says whether it needs room on the disk, `moves` whether it writes data. */
static enum verdict point(const char *call, const char *path, int grows, int moves) {
    char line[PATH_MAX + 64];
    long number;
    if (!armed || armed != getpid()) return PASS;
    if (strncmp(path, root, root_size) || path[root_size] != '/') return PASS;
    number = __sync_add_and_fetch(&counter, 1);
    if (trace >= 0) {
        int size = snprintf(line, sizeof line, "%ld\t%s\t%d\t%d\t%s\n", number, call, grows, moves,
                            path + root_size + 1);
        syscall(SYS_write, trace, line, (size_t)size);
    }
    if (number == chosen) {
        switch (action) {
        case KILL: die();
        case TORN:
            if (!moves) die();
            return HALF_AND_KILL;
        case INTERRUPT: raise(SIGINT); return PASS;
        case SHORT: return moves ? HALF : FAIL;
        case FULL: errno = ENOSPC; return FAIL;
        case EIO_ONCE: errno = EIO; return FAIL;
        case EACCES_ONCE: errno = EACCES; return FAIL;
        }
    } else if (number > chosen && chosen && (action == FULL || action == SHORT) && grows) {
        errno = ENOSPC; /* a full disk stays full */
        return FAIL;
    }
    return PASS;
}

static enum verdict at_fd(const char *call, int fd, int grows, int moves) {
    char link[64], path[PATH_MAX];
    ssize_t size;
    if (!armed || armed != getpid()) return PASS;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    size = readlink(link, path, sizeof path - 1);
    if (size < 0) return PASS;
    path[size] = 0;
    return point(call, path, grows, moves);
}

/* Say whether a write at `at` makes the file longer; one that does not fits on a full disk. */
static int longer(int fd, off_t at, size_t size) {
    struct stat now;
    return fstat(fd, &now) || at < 0 || at + (off_t)size > now.st_size;
}

#define WRITE(call, at, whole, half) \
    switch (at_fd(call, fd, armed && longer(fd, at, size), 1)) { \
    case FAIL: return -1; \
    case HALF: if (size < 2) { errno = ENOSPC; return -1; } return half; \
    case HALF_AND_KILL: if (size > 1) (void)!half; die(); /* fall through */ \
    case PASS: break; \
    } \
    return whole

ssize_t write(int fd, const void *data, size_t size) {
    REAL(write);
    WRITE("write", lseek(fd, 0, SEEK_CUR), real(fd, data, size), real(fd, data, size / 2));
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    REAL(pwrite);
    WRITE("pwrite", at, real(fd, data, size, at), real(fd, data, size / 2, at));
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL(pwrite64);
    WRITE("pwrite", at, real(fd, data, size, at), real(fd, data, size / 2, at));
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    size_t size = count ? parts[0].iov_len : 0;
    WRITE("writev", lseek(fd, 0, SEEK_CUR), real(fd, parts, count),
          write(fd, parts[0].iov_base, size / 2));
}

ssize_t sendfile64(int fd, int from, off64_t *offset, size_t size) {
    __typeof__(sendfile64) *real = (__typeof__(sendfile64) *)dlsym(RTLD_NEXT, "sendfile64");
    WRITE("sendfile", lseek(fd, 0, SEEK_CUR), real(fd, from, offset, size),
          real(fd, from, offset, size / 2));
}

/* NumPy writes arrays with these; the library's own calls inside of them cannot be seen. */
size_t fwrite(const void *data, size_t one, size_t count, FILE *file) {
    REAL(fwrite);
    if (!armed) return real(data, one, count, file);
    switch (at_fd("fwrite", fileno(file), 1, 1)) {
    case FAIL: return 0;
    case HALF: errno = ENOSPC; return real(data, one, count / 2, file);
    case HALF_AND_KILL: real(data, one, count / 2, file); fflush(file); die(); /* fall through */
    case PASS: break;
    }
    return real(data, one, count, file);
}

int fclose(FILE *file) {
    REAL(fclose);
    if (armed && __fwriting(file) && __fpending(file)) {
        switch (at_fd("fclose", fileno(file), 1, 0)) {
        case FAIL: {
            int why = errno;
            __fpurge(file);
            real(file);
            errno = why;
            return EOF;
        }
        default: break;
        }
    }
    return real(file);
}

int fsync(int fd) {
    REAL(fsync);
    return at_fd("fsync", fd, 0, 0) == FAIL ? -1 : real(fd);
}

int fdatasync(int fd) {
    REAL(fdatasync);
    return at_fd("fdatasync", fd, 0, 0) == FAIL ? -1 : real(fd);
}

#define TRUNCATE(name, type) \
    int name(int fd, type size) { \
        REAL(name); \
        return at_fd("ftruncate", fd, armed && longer(fd, 0, size), 0) == FAIL ? -1 \
                                                                                : real(fd, size); \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int posix_fallocate(int fd, off_t at, off_t size) {
    REAL(posix_fallocate);
    return at_fd("fallocate", fd, 1, 0) == FAIL ? errno : real(fd, at, size);
}

#define MAP(name, type) \
    void *name(void *where, size_t size, int how, int flags, int fd, type at) { \
        REAL(name); \
        if (armed && fd >= 0 && flags & MAP_SHARED && how & PROT_WRITE && \
            at_fd("mmap", fd, 0, 0) == FAIL) { \
            errno = ENOMEM; \
            return MAP_FAILED; \
        } \
        return real(where, size, how, flags, fd, at); \
    }
MAP(mmap, off_t)
MAP(mmap64, off64_t)

static enum verdict opening(int folder, const char *path, int flags) {
    char whole[PATH_MAX];
    struct stat now;
    if (!armed) return PASS;
    if (!(flags & (O_WRONLY | O_RDWR | O_CREAT))) {
        if (flags & O_DIRECTORY || fstatat(folder, path, &now, 0) || S_ISDIR(now.st_mode))
            return PASS;
        return point("openread", absolute(folder, path, whole), 0, 0);
    }
    return point("open", absolute(folder, path, whole),
                 flags & O_CREAT && fstatat(folder, path, &now, AT_SYMLINK_NOFOLLOW), 0);
}

#define MODE(flags) \
    mode_t mode = 0; \
    if (flags & (O_CREAT | __O_TMPFILE)) { \
        va_list more; \
        va_start(more, flags); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        MODE(flags) \
        return opening(AT_FDCWD, path, flags) == FAIL ? -1 : real(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        REAL(name); \
        MODE(flags) \
        return opening(folder, path, flags) == FAIL ? -1 : real(folder, path, flags, mode); \
    }
OPENAT(openat)
OPENAT(openat64)

static enum verdict on(const char *call, int folder, const char *path, int grows) {
    char whole[PATH_MAX];
    return armed ? point(call, absolute(folder, path, whole), grows, 0) : PASS;
}

int rename(const char *from, const char *to) {
    REAL(rename);
    return on("rename", AT_FDCWD, to, 0) == FAIL ? -1 : real(from, to);
}

int renameat(int a, const char *from, int b, const char *to) {
    REAL(renameat);
    return on("rename", b, to, 0) == FAIL ? -1 : real(a, from, b, to);
}

int link(const char *from, const char *to) {
    REAL(link);
    return on("link", AT_FDCWD, to, 1) == FAIL ? -1 : real(from, to);
}

int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    return on("mkdir", AT_FDCWD, path, 1) == FAIL ? -1 : real(path, mode);
}

int unlink(const char *path) {
    REAL(unlink);
    return on("unlink", AT_FDCWD, path, 0) == FAIL ? -1 : real(path);
}

int unlinkat(int folder, const char *path, int flags) {
    REAL(unlinkat);
    return on(flags & AT_REMOVEDIR ? "rmdir" : "unlink", folder, path, 0) == FAIL
               ? -1
               : real(folder, path, flags);
}

int rmdir(const char *path) {
    REAL(rmdir);
    return on("rmdir", AT_FDCWD, path, 0) == FAIL ? -1 : real(path);
}

int chmod(const char *path, mode_t mode) {
    REAL(chmod);
    return on("chmod", AT_FDCWD, path, 0) == FAIL ? -1 : real(path, mode);
}
