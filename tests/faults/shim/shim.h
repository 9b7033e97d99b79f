/* What the parts of the shim share. See shim.c for what the shim is. */

#ifndef FAULTSHIM_SHIM_H
#define FAULTSHIM_SHIM_H

#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/* What a trace record tells; the numbers are those of trace.py. */
enum op {
    OP_OPEN = 1,    /* path, inode; first: 1 created, 2 emptied */
    OP_WRITE,       /* inode, data; first: offset */
    OP_SIZE,        /* inode; first: new size */
    OP_ALLOCATE,    /* inode; first: offset, second: length; the file is as long as that at least */
    OP_ZERO,        /* inode; first: offset, second: length */
    OP_SYNC,        /* inode; first: length of the trace when the sync began */
    OP_SYNC_FAILED, /* inode; what was not synced yet may be gone for ever */
    OP_SYNC_FOLDER, /* path; first: length of the trace when the sync began */
    OP_SYNC_ALL,    /* first: length of the trace when the sync began */
    OP_RENAME,      /* path, other */
    OP_UNLINK,      /* path */
    OP_MKDIR,       /* path */
    OP_RMDIR,       /* path */
    OP_LINK,        /* path, other */
    OP_MAP,         /* path: writes through a shared mapping are not seen */
    OP_UNSUPPORTED, /* path: what was done that the model knows nothing of */
    OP_COUNT
};

/* Kinds of operation that a fault can hit. */
enum fault { FAULT_WRITE, FAULT_ALLOCATE, FAULT_SYNC, FAULT_NAME };

/* The next definition of a function: what the shim stands in front of. */
#define REAL(name) ((__typeof__(&name))shim_real(#name))

#define EXPORT __attribute__((visibility("default")))

struct shim_settings {
    char root[PATH_MAX]; /* without a slash at its end */
    size_t root_length;
    dev_t device;
    bool break_sync;
};

extern struct shim_settings shim_settings;

void *shim_real(const char *name);

/* One thread at a time does something to a watched file and writes it down. */
void shim_lock(void);
void shim_unlock(void);

/* Whether the descriptor is of a regular file below the root; its inode. */
bool shim_watches(int fd, ino_t *inode);
void shim_watch(ino_t inode);
void shim_forget(ino_t inode);

/* Paths: absolute, links resolved. False where there is none or it is not below the root. */
bool shim_path_of(int fd, char path[PATH_MAX]);
bool shim_path_at(int folder, const char *name, char path[PATH_MAX]);

/* The trace. `shim_before` counts an operation and dies in its place when its turn has come. */
void shim_before(enum op op);
void shim_record(enum op op, ino_t inode, int64_t first, int64_t second, const char *path, const char *other);
void shim_record_data(ino_t inode, int64_t offset, const void *data, size_t size);
int64_t shim_trace_length(void);

/* The error that a fault answers now to this kind of operation; 0 for none. */
int shim_fault(enum fault kind);

#endif
