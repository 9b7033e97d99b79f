/* A preloaded library that watches what a process does to the files below one folder.
 *
 * Every operation goes through to the real file and is written down, one record an operation, in the order in which it happened. From the
 * folder as it was before and the trace, disk_model.py tells what a power cut could have left. The environment says what to do:
 *
 *   FAULTSHIM_ROOT        the folder; without it the library does nothing
 *   FAULTSHIM_TRACE       the trace, outside of the folder; without it nothing is written down
 *   FAULTSHIM_BREAK_SYNC  if set, every sync is answered with success and not done
 *   FAULTSHIM_DIE_BEFORE  "OP N": the process kills itself in place of the N-th operation of that number (0: of any)
 *   FAULTSHIM_FLAG        a file; while it is there, what it says fails: "ERRNO write allocate sync name"
 */

#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define TABLE_SIZE 65536 /* inodes: a power of two, many times what a node opens */

struct shim_settings shim_settings;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static _Atomic ino_t table[TABLE_SIZE];
static int trace = -1;
static const char *flag;
static long die_op = -1, die_count;

struct record {
    uint32_t length;
    uint16_t op;
    uint16_t path_length;
    uint16_t other_length;
    uint16_t unused;
    uint32_t data_length;
    uint64_t inode;
    int64_t first;
    int64_t second;
};

static void die(const char *what)
{
    fprintf(stderr, "faults shim: %s: %s\n", what, strerror(errno));
    abort();
}

void *shim_real(const char *name)
{
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL) {
        errno = ENOSYS;
        die(name);
    }
    return function;
}

void shim_lock(void) { pthread_mutex_lock(&mutex); }

void shim_unlock(void) { pthread_mutex_unlock(&mutex); }

static size_t slot_of(ino_t inode)
{
    return (size_t)((inode * 0x9E3779B97F4A7C15u) >> 48) & (TABLE_SIZE - 1);
}

void shim_watch(ino_t inode)
{
    size_t slot = slot_of(inode);
    for (size_t tries = 0; tries < TABLE_SIZE / 2; tries++, slot = (slot + 1) % TABLE_SIZE) {
        if (table[slot] == inode)
            return;
        if (table[slot] == 0) {
            table[slot] = inode;
            return;
        }
    }
    errno = ENOSPC;
    die("too many files");
}

static ssize_t find(ino_t inode)
{
    for (size_t slot = slot_of(inode); table[slot] != 0; slot = (slot + 1) % TABLE_SIZE)
        if (table[slot] == inode)
            return (ssize_t)slot;
    return -1;
}

/* The inode now belongs to a file elsewhere. Its place stays taken, by a number that no file has. */
void shim_forget(ino_t inode)
{
    ssize_t slot = find(inode);
    if (slot >= 0)
        table[slot] = (ino_t)-1;
}

bool shim_watches(int fd, ino_t *inode)
{
    struct stat status;
    int before = errno;
    bool watched = shim_settings.root_length > 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
                   status.st_dev == shim_settings.device && find(status.st_ino) >= 0;
    errno = before;
    if (watched)
        *inode = status.st_ino;
    return watched;
}

static bool is_below_root(const char *path)
{
    size_t length = shim_settings.root_length;
    return length > 0 && strncmp(path, shim_settings.root, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

bool shim_path_of(int fd, char path[PATH_MAX])
{
    char link[64];
    int before = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    errno = before;
    if (length <= 0)
        return false;
    path[length] = '\0';
    return is_below_root(path);
}

/* The folder is resolved, the last part is kept as it is: the name that the operation is about. */
bool shim_path_at(int folder, const char *name, char path[PATH_MAX])
{
    char joined[PATH_MAX], base[PATH_MAX] = "";
    int before = errno;
    bool found = false;
    if (name[0] != '/' && folder != AT_FDCWD) {
        snprintf(joined, sizeof joined, "/proc/self/fd/%d", folder);
        ssize_t length = readlink(joined, base, sizeof base - 2);
        base[length > 0 ? length : 0] = '\0';
        strcat(base, "/");
    }
    if (strlen(base) + strlen(name) < sizeof joined) {
        strcat(strcpy(joined, base), name);
        for (size_t end = strlen(joined); end > 1 && joined[end - 1] == '/'; end--)
            joined[end - 1] = '\0';
        char *slash = strrchr(joined, '/');
        const char *last = slash ? slash + 1 : joined;
        char parent[PATH_MAX] = ".";
        if (slash)
            snprintf(parent, sizeof parent, "%.*s", slash == joined ? 1 : (int)(slash - joined), joined);
        if (realpath(parent, path) != NULL && strlen(path) + strlen(last) + 2 <= PATH_MAX) {
            if (strcmp(path, "/") != 0)
                strcat(path, "/");
            strcat(path, last);
            found = is_below_root(path);
        }
    }
    errno = before;
    return found;
}

void shim_before(enum op op)
{
    if (die_op < 0 || (die_op != 0 && die_op != (long)op))
        return;
    if (--die_count <= 0) {
        kill(getpid(), SIGKILL);
        pause();
    }
}

static void append(const struct record *head, const char *path, const char *other, const void *data)
{
    struct iovec parts[] = {
        {(void *)head, sizeof *head},
        {(void *)path, head->path_length},
        {(void *)other, head->other_length},
        {(void *)data, head->data_length},
    };
    int before = errno;
    if (REAL(writev)(trace, parts, 4) != (ssize_t)head->length)
        die("the trace cannot be written");
    errno = before;
}

static struct record make_record(enum op op, ino_t inode, int64_t first, int64_t second)
{
    return (struct record){.length = sizeof(struct record), .op = (uint16_t)op, .inode = inode, .first = first, .second = second};
}

void shim_record(enum op op, ino_t inode, int64_t first, int64_t second, const char *path, const char *other)
{
    if (trace < 0)
        return;
    struct record head = make_record(op, inode, first, second);
    head.path_length = (uint16_t)(path ? strlen(path) : 0);
    head.other_length = (uint16_t)(other ? strlen(other) : 0);
    head.length += (uint32_t)head.path_length + head.other_length;
    append(&head, path, other, NULL);
}

void shim_record_data(ino_t inode, int64_t offset, const void *data, size_t size)
{
    if (trace < 0)
        return;
    struct record head = make_record(OP_WRITE, inode, offset, 0);
    head.data_length = (uint32_t)size;
    head.length += (uint32_t)size;
    append(&head, NULL, NULL, data);
}

int64_t shim_trace_length(void)
{
    struct stat status;
    return trace >= 0 && fstat(trace, &status) == 0 ? status.st_size : 0;
}

int shim_fault(enum fault kind)
{
    static const char *const words[] = {"write", "allocate", "sync", "name"};
    char text[128];
    if (flag == NULL)
        return 0;
    int before = errno, error = 0;
    int fd = (int)REAL(open)(flag, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t length = read(fd, text, sizeof text - 1);
        close(fd);
        text[length > 0 ? length : 0] = '\0';
        if (strstr(text, words[kind]) != NULL)
            error = atoi(text);
    }
    errno = before;
    return error;
}

static void open_trace(void)
{
    const char *name = getenv("FAULTSHIM_TRACE");
    if (name == NULL)
        return;
    trace = (int)REAL(open)(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (trace < 0)
        die(name);
    /* Out of the way of programs that count on low descriptors. */
    int high = fcntl(trace, F_DUPFD_CLOEXEC, 500);
    if (high >= 0) {
        close(trace);
        trace = high;
    }
}

__attribute__((constructor)) static void start(void)
{
    struct stat status;
    const char *root = getenv("FAULTSHIM_ROOT"), *when = getenv("FAULTSHIM_DIE_BEFORE");
    if (root == NULL)
        return;
    if (realpath(root, shim_settings.root) == NULL || stat(shim_settings.root, &status) != 0)
        die(root);
    shim_settings.device = status.st_dev;
    shim_settings.break_sync = getenv("FAULTSHIM_BREAK_SYNC") != NULL;
    flag = getenv("FAULTSHIM_FLAG");
    if (when != NULL && sscanf(when, "%ld %ld", &die_op, &die_count) != 2)
        die("FAULTSHIM_DIE_BEFORE");
    open_trace();
    pthread_atfork(shim_lock, shim_unlock, shim_unlock);
    shim_settings.root_length = strlen(shim_settings.root);
}
