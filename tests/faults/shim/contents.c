/* What changes what is in a file, and what makes it last: writes, sizes, allocation, syncs, mappings. */

#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

static int fail(int error)
{
    errno = error;
    return -1;
}

/* A disk that fills up takes a part first: how much of `size` may be written now. Zero where nothing may; errno is set. */
static size_t allowed(size_t size)
{
    int error = shim_fault(FAULT_WRITE);
    if (error == 0)
        return size;
    if (error == ENOSPC && size > 1)
        return size / 2;
    errno = error;
    return 0;
}

static void note_written(ino_t inode, int fd, off_t offset, const void *data, ssize_t written)
{
    if (written <= 0)
        return;
    if (offset < 0)
        offset = lseek(fd, 0, SEEK_CUR) - written;
    shim_record_data(inode, offset, data, (size_t)written);
}

EXPORT ssize_t write(int fd, const void *data, size_t size)
{
    ino_t inode;
    if (!shim_watches(fd, &inode))
        return REAL(write)(fd, data, size);
    shim_lock();
    shim_before(OP_WRITE);
    size_t now = allowed(size);
    ssize_t written = now || !size ? REAL(write)(fd, data, now) : -1;
    note_written(inode, fd, -1, data, written);
    shim_unlock();
    return written;
}

static ssize_t write_at(int fd, ino_t inode, const void *data, size_t size, off_t offset)
{
    shim_lock();
    shim_before(OP_WRITE);
    size_t now = allowed(size);
    ssize_t written = now || !size ? REAL(pwrite)(fd, data, now, offset) : -1;
    note_written(inode, fd, offset, data, written);
    shim_unlock();
    return written;
}

EXPORT ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    ino_t inode;
    return shim_watches(fd, &inode) ? write_at(fd, inode, data, size, offset) : REAL(pwrite)(fd, data, size, offset);
}

EXPORT ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
    ino_t inode;
    return shim_watches(fd, &inode) ? write_at(fd, inode, data, size, offset) : REAL(pwrite64)(fd, data, size, offset);
}

/* Vectors are written as one piece; offset -1 stands for the descriptor's own. */
static ssize_t write_vector(int fd, ino_t inode, const struct iovec *parts, int count, off_t offset)
{
    size_t size = 0, at = 0;
    for (int part = 0; part < count; part++)
        size += parts[part].iov_len;
    char *joined = malloc(size + 1);
    if (joined == NULL)
        return fail(ENOMEM);
    for (int part = 0; part < count; at += parts[part++].iov_len)
        memcpy(joined + at, parts[part].iov_base, parts[part].iov_len);
    ssize_t written = offset < 0 ? write(fd, joined, size) : write_at(fd, inode, joined, size, offset);
    int error = errno;
    free(joined);
    errno = error;
    return written;
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count)
{
    ino_t inode;
    return shim_watches(fd, &inode) ? write_vector(fd, inode, parts, count, -1) : REAL(writev)(fd, parts, count);
}

EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    ino_t inode;
    return shim_watches(fd, &inode) ? write_vector(fd, inode, parts, count, offset) : REAL(pwritev)(fd, parts, count, offset);
}

EXPORT ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset)
{
    ino_t inode;
    return shim_watches(fd, &inode) ? write_vector(fd, inode, parts, count, offset) : REAL(pwritev64)(fd, parts, count, offset);
}

static void refuse_flags(int fd, int flags)
{
    char path[PATH_MAX];
    if (flags != 0 && shim_path_of(fd, path))
        shim_record(OP_UNSUPPORTED, 0, 0, 0, "pwritev2 with flags", path);
}

EXPORT ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
    ino_t inode;
    if (!shim_watches(fd, &inode))
        return REAL(pwritev2)(fd, parts, count, offset, flags);
    refuse_flags(fd, flags);
    return write_vector(fd, inode, parts, count, offset);
}

EXPORT ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off64_t offset, int flags)
{
    ino_t inode;
    if (!shim_watches(fd, &inode))
        return REAL(pwritev64v2)(fd, parts, count, offset, flags);
    refuse_flags(fd, flags);
    return write_vector(fd, inode, parts, count, offset);
}

/* Copies inside the kernel say that they cannot: every program then copies by reading and writing. */
EXPORT ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t size, unsigned flags)
{
    ino_t inode;
    return shim_watches(to, &inode) ? fail(EXDEV) : REAL(copy_file_range)(from, from_at, to, to_at, size, flags);
}

EXPORT ssize_t sendfile(int to, int from, off_t *from_at, size_t size)
{
    ino_t inode;
    return shim_watches(to, &inode) ? fail(EINVAL) : REAL(sendfile)(to, from, from_at, size);
}

EXPORT ssize_t sendfile64(int to, int from, off64_t *from_at, size_t size)
{
    ino_t inode;
    return shim_watches(to, &inode) ? fail(EINVAL) : REAL(sendfile64)(to, from, from_at, size);
}

EXPORT ssize_t splice(int from, off64_t *from_at, int to, off64_t *to_at, size_t size, unsigned flags)
{
    ino_t inode;
    return shim_watches(to, &inode) ? fail(EINVAL) : REAL(splice)(from, from_at, to, to_at, size, flags);
}

static int resize(int fd, ino_t inode, off_t size)
{
    shim_lock();
    shim_before(OP_SIZE);
    int result = REAL(ftruncate)(fd, size);
    if (result == 0)
        shim_record(OP_SIZE, inode, size, 0, NULL, NULL);
    shim_unlock();
    return result;
}

EXPORT int ftruncate(int fd, off_t size)
{
    ino_t inode;
    return shim_watches(fd, &inode) ? resize(fd, inode, size) : REAL(ftruncate)(fd, size);
}

EXPORT int ftruncate64(int fd, off64_t size)
{
    ino_t inode;
    return shim_watches(fd, &inode) ? resize(fd, inode, size) : REAL(ftruncate64)(fd, size);
}

/* By name: through an open descriptor, so that there is one way. */
EXPORT int truncate(const char *name, off_t size)
{
    char path[PATH_MAX];
    if (!shim_path_at(AT_FDCWD, name, path))
        return REAL(truncate)(name, size);
    int fd = open(name, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int result = ftruncate(fd, size), error = errno;
    close(fd);
    errno = error;
    return result;
}

EXPORT int truncate64(const char *name, off64_t size)
{
    return truncate(name, size);
}

static int allocate(int fd, ino_t inode, int mode, off_t offset, off_t length)
{
    int error = shim_fault(FAULT_ALLOCATE);
    if (error != 0)
        return fail(error);
    shim_lock();
    shim_before(OP_ALLOCATE);
    int result = REAL(fallocate)(fd, mode, offset, length);
    if (result == 0 && (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)))
        shim_record(OP_UNSUPPORTED, inode, 0, 0, "fallocate that moves data", NULL);
    if (result == 0 && (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)))
        shim_record(OP_ZERO, inode, offset, length, NULL, NULL);
    if (result == 0 && !(mode & FALLOC_FL_KEEP_SIZE))
        shim_record(OP_ALLOCATE, inode, offset, length, NULL, NULL);
    shim_unlock();
    return result;
}

EXPORT int fallocate(int fd, int mode, off_t offset, off_t length)
{
    ino_t inode;
    return shim_watches(fd, &inode) ? allocate(fd, inode, mode, offset, length) : REAL(fallocate)(fd, mode, offset, length);
}

EXPORT int fallocate64(int fd, int mode, off64_t offset, off64_t length)
{
    ino_t inode;
    return shim_watches(fd, &inode) ? allocate(fd, inode, mode, offset, length) : REAL(fallocate64)(fd, mode, offset, length);
}

EXPORT int posix_fallocate(int fd, off_t offset, off_t length)
{
    ino_t inode;
    if (!shim_watches(fd, &inode))
        return REAL(posix_fallocate)(fd, offset, length);
    return allocate(fd, inode, 0, offset, length) == 0 ? 0 : errno;
}

EXPORT int posix_fallocate64(int fd, off64_t offset, off64_t length)
{
    return posix_fallocate(fd, offset, length);
}
