/* What changes names: opening with creation, renaming, removing, folders, links. */

#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fail(int error)
{
    errno = error;
    return -1;
}

/* A change of names, once it has its turn: the fault that hits it, or 0. */
static int fault_now(enum op op)
{
    shim_before(op);
    return shim_fault(FAULT_NAME);
}

static void note_opened(int fd, int flags, bool existed)
{
    struct stat status;
    char path[PATH_MAX];
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return;
    if (!shim_path_of(fd, path)) {
        if (status.st_dev == shim_settings.device)
            shim_forget(status.st_ino);
        return;
    }
    if (flags & (O_SYNC | O_DSYNC | O_DIRECT))
        shim_record(OP_UNSUPPORTED, status.st_ino, 0, 0, "open with O_SYNC, O_DSYNC or O_DIRECT", path);
    if ((flags & O_TMPFILE) == O_TMPFILE)
        shim_record(OP_UNSUPPORTED, status.st_ino, 0, 0, "open with O_TMPFILE", path);
    shim_watch(status.st_ino);
    int64_t kind = !existed ? 1 : (flags & O_TRUNC) ? 2 : 0;
    shim_record(OP_OPEN, status.st_ino, kind, 0, path, NULL);
}

static int open_at(int folder, const char *name, int flags, mode_t mode)
{
    struct stat status;
    char path[PATH_MAX];
    if (shim_settings.root_length == 0 || ((flags & O_ACCMODE) == O_RDONLY && !(flags & (O_CREAT | O_TRUNC))))
        return REAL(openat)(folder, name, flags, mode);
    shim_lock();
    bool existed = fstatat(folder, name, &status, 0) == 0;
    if ((!existed || (flags & O_TRUNC)) && shim_path_at(folder, name, path)) {
        int error = fault_now(OP_OPEN);
        if (error != 0) {
            shim_unlock();
            return fail(error);
        }
    }
    int fd = REAL(openat)(folder, name, flags, mode);
    if (fd >= 0)
        note_opened(fd, flags, existed);
    shim_unlock();
    return fd;
}

#define MODE_OF(flags) \
    mode_t mode = 0; \
    if (((flags) & O_CREAT) || ((flags) & O_TMPFILE) == O_TMPFILE) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

EXPORT int open(const char *name, int flags, ...)
{
    MODE_OF(flags)
    return open_at(AT_FDCWD, name, flags, mode);
}

EXPORT int open64(const char *name, int flags, ...)
{
    MODE_OF(flags)
    return open_at(AT_FDCWD, name, flags, mode);
}

EXPORT int openat(int folder, const char *name, int flags, ...)
{
    MODE_OF(flags)
    return open_at(folder, name, flags, mode);
}

EXPORT int openat64(int folder, const char *name, int flags, ...)
{
    MODE_OF(flags)
    return open_at(folder, name, flags, mode);
}

/* What programs compiled with checks call. */
int __open_2(const char *name, int flags);
int __open64_2(const char *name, int flags);
int __openat_2(int folder, const char *name, int flags);
int __openat64_2(int folder, const char *name, int flags);

EXPORT int __open_2(const char *name, int flags) { return open_at(AT_FDCWD, name, flags, 0); }
EXPORT int __open64_2(const char *name, int flags) { return open_at(AT_FDCWD, name, flags, 0); }
EXPORT int __openat_2(int folder, const char *name, int flags) { return open_at(folder, name, flags, 0); }
EXPORT int __openat64_2(int folder, const char *name, int flags) { return open_at(folder, name, flags, 0); }

EXPORT int creat(const char *name, mode_t mode) { return open_at(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode); }
EXPORT int creat64(const char *name, mode_t mode) { return open_at(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode); }

/* The C library's streams write past this library. */
static void refuse_stream(const char *name, const char *how)
{
    char path[PATH_MAX];
    if (strpbrk(how, "wa+") != NULL && shim_path_at(AT_FDCWD, name, path))
        shim_record(OP_UNSUPPORTED, 0, 0, 0, "fopen for writing", path);
}

EXPORT FILE *fopen(const char *restrict name, const char *restrict how)
{
    refuse_stream(name, how);
    return REAL(fopen)(name, how);
}

EXPORT FILE *fopen64(const char *restrict name, const char *restrict how)
{
    refuse_stream(name, how);
    return REAL(fopen64)(name, how);
}

EXPORT int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    char path[PATH_MAX], other[PATH_MAX];
    bool inside = shim_path_at(from_folder, from, path), target_inside = shim_path_at(to_folder, to, other);
    if (!inside && !target_inside)
        return REAL(renameat2)(from_folder, from, to_folder, to, flags);
    shim_lock();
    int error = fault_now(OP_RENAME);
    int result = error ? fail(error) : REAL(renameat2)(from_folder, from, to_folder, to, flags);
    if (result == 0 && (inside != target_inside || (flags & ~RENAME_NOREPLACE)))
        shim_record(OP_UNSUPPORTED, 0, 0, 0, "rename across the root, or with flags", path);
    else if (result == 0)
        shim_record(OP_RENAME, 0, 0, 0, path, other);
    shim_unlock();
    return result;
}

EXPORT int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    return renameat2(from_folder, from, to_folder, to, 0);
}

EXPORT int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

EXPORT int unlinkat(int folder, const char *name, int flags)
{
    char path[PATH_MAX];
    if (!shim_path_at(folder, name, path))
        return REAL(unlinkat)(folder, name, flags);
    enum op op = flags & AT_REMOVEDIR ? OP_RMDIR : OP_UNLINK;
    shim_lock();
    int error = fault_now(op);
    int result = error ? fail(error) : REAL(unlinkat)(folder, name, flags);
    if (result == 0)
        shim_record(op, 0, 0, 0, path, NULL);
    shim_unlock();
    return result;
}

EXPORT int unlink(const char *name) { return unlinkat(AT_FDCWD, name, 0); }

EXPORT int rmdir(const char *name) { return unlinkat(AT_FDCWD, name, AT_REMOVEDIR); }

EXPORT int remove(const char *name)
{
    return unlink(name) == 0 || (errno == EISDIR && rmdir(name) == 0) ? 0 : -1;
}

EXPORT int mkdirat(int folder, const char *name, mode_t mode)
{
    char path[PATH_MAX];
    if (!shim_path_at(folder, name, path))
        return REAL(mkdirat)(folder, name, mode);
    shim_lock();
    int error = fault_now(OP_MKDIR);
    int result = error ? fail(error) : REAL(mkdirat)(folder, name, mode);
    if (result == 0)
        shim_record(OP_MKDIR, 0, 0, 0, path, NULL);
    shim_unlock();
    return result;
}

EXPORT int mkdir(const char *name, mode_t mode) { return mkdirat(AT_FDCWD, name, mode); }

EXPORT int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    char path[PATH_MAX], other[PATH_MAX];
    bool inside = shim_path_at(from_folder, from, path);
    if (!shim_path_at(to_folder, to, other))
        return REAL(linkat)(from_folder, from, to_folder, to, flags);
    shim_lock();
    int error = fault_now(OP_LINK);
    int result = error ? fail(error) : REAL(linkat)(from_folder, from, to_folder, to, flags);
    if (result == 0 && (!inside || flags))
        shim_record(OP_UNSUPPORTED, 0, 0, 0, "a link from outside of the root, or with flags", other);
    else if (result == 0)
        shim_record(OP_LINK, 0, 0, 0, path, other);
    shim_unlock();
    return result;
}

EXPORT int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

EXPORT int symlinkat(const char *target, int folder, const char *name)
{
    char path[PATH_MAX];
    if (shim_path_at(folder, name, path))
        shim_record(OP_UNSUPPORTED, 0, 0, 0, "a symbolic link", path);
    return REAL(symlinkat)(target, folder, name);
}

EXPORT int symlink(const char *target, const char *name) { return symlinkat(target, AT_FDCWD, name); }
