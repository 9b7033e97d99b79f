/* What makes things last through a power cut, and the writes that cannot be followed: shared mappings. */

#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* A sync covers what was written down before it began, so the lock is not held while it lasts. */
static int sync_one(int fd, int (*real)(int))
{
    char path[PATH_MAX];
    ino_t inode = 0;
    bool is_file = shim_watches(fd, &inode);
    if (!is_file && !shim_path_of(fd, path))
        return real(fd);
    enum op op = is_file ? OP_SYNC : OP_SYNC_FOLDER;
    if (shim_settings.break_sync)
        return 0;
    shim_lock();
    shim_before(op);
    int64_t length = shim_trace_length();
    shim_unlock();
    int error = shim_fault(FAULT_SYNC);
    if (error != 0)
        errno = error;
    int result = error == 0 ? real(fd) : -1;
    shim_lock();
    if (result == 0)
        shim_record(op, inode, length, 0, is_file ? NULL : path, NULL);
    else if (is_file)
        shim_record(OP_SYNC_FAILED, inode, 0, 0, NULL, NULL);
    shim_unlock();
    return result;
}

EXPORT int fsync(int fd) { return sync_one(fd, REAL(fsync)); }

EXPORT int fdatasync(int fd) { return sync_one(fd, REAL(fdatasync)); }

/* Its manual says that it makes nothing last: no record. */
EXPORT int sync_file_range(int fd, off64_t offset, off64_t length, unsigned flags)
{
    return shim_settings.break_sync ? 0 : REAL(sync_file_range)(fd, offset, length, flags);
}

EXPORT void sync(void)
{
    if (shim_settings.break_sync)
        return;
    int64_t length = shim_trace_length();
    REAL(sync)();
    shim_record(OP_SYNC_ALL, 0, length, 0, NULL, NULL);
}

EXPORT int syncfs(int fd)
{
    if (shim_settings.break_sync)
        return 0;
    int64_t length = shim_trace_length();
    int result = REAL(syncfs)(fd);
    if (result == 0)
        shim_record(OP_SYNC_ALL, 0, length, 0, NULL, NULL);
    return result;
}

static void note_mapping(int protection, int flags, int fd)
{
    char path[PATH_MAX];
    ino_t inode;
    bool shared = (flags & MAP_TYPE) == MAP_SHARED || (flags & MAP_TYPE) == MAP_SHARED_VALIDATE;
    if (fd >= 0 && shared && (protection & PROT_WRITE) && shim_watches(fd, &inode) && shim_path_of(fd, path))
        shim_record(OP_MAP, inode, 0, 0, path, NULL);
}

EXPORT void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    note_mapping(protection, flags, fd);
    return REAL(mmap)(address, size, protection, flags, fd, offset);
}

EXPORT void *mmap64(void *address, size_t size, int protection, int flags, int fd, off64_t offset)
{
    note_mapping(protection, flags, fd);
    return REAL(mmap64)(address, size, protection, flags, fd, offset);
}
