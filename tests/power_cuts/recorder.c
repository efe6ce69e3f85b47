/* Records every change that a process makes to the files below a folder.

   Loaded before the program (LD_PRELOAD). It replaces the C library's functions that
   change files or make changes durable, calls the real ones, and appends a line for
   each success to a log, with the bytes that were written. A lock is held around
   both, so the log has the order in which the changes were made.

   RECORD_ROOT is the folder, RECORD_LOG the log. Lines:

     TIME open INODE PATH       TIME create INODE PATH     TIME mkdir PATH
     TIME write INODE OFFSET LENGTH, then the bytes and a line feed
     TIME truncate INODE SIZE   TIME sync INODE            TIME sync-folder PATH
     TIME rename FROM<TAB>TO    TIME unlink PATH           TIME unsupported NAME

   TIME is CLOCK_MONOTONIC in nanoseconds. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MOST_FILES 65536

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static char root[PATH_MAX];
/* The path of each open file that is recorded. */
static char *path_of[MOST_FILES];

__attribute__((constructor)) static void begin(void) {
  const char *folder = getenv("RECORD_ROOT"), *log = getenv("RECORD_LOG");
  if (folder == NULL || log == NULL || realpath(folder, root) == NULL) return;
  int fd = syscall(SYS_openat, AT_FDCWD, log,
                   O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 900);
  syscall(SYS_close, fd);
}

static void note(const char *format, ...) {
  char line[2 * PATH_MAX + 100];
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  int length = snprintf(line, sizeof line, "%lld ",
                        now.tv_sec * 1000000000LL + now.tv_nsec);
  va_list values;
  va_start(values, format);
  length += vsnprintf(line + length, sizeof line - length - 1, format, values);
  va_end(values);
  line[length++] = '\n';
  syscall(SYS_write, log_fd, line, length);
}

static int is_inside(const char *path) {
  size_t length = strlen(root);
  return log_fd >= 0 && strncmp(path, root, length) == 0 &&
         (path[length] == '/' || path[length] == 0);
}

/* Make a path absolute; the last part may not exist. */
static int resolve(int folder, const char *path, char *absolute) {
  char joined[PATH_MAX], parent[PATH_MAX], link[64];
  if (path[0] == '/' || folder == AT_FDCWD) {
    snprintf(joined, sizeof joined, "%s", path);
  } else {
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t length = readlink(link, parent, sizeof parent - 1);
    if (length < 0) return 0;
    parent[length] = 0;
    if (snprintf(joined, sizeof joined, "%s/%s", parent, path) >= PATH_MAX) return 0;
  }
  char *slash = strrchr(joined, '/');
  const char *name = slash ? slash + 1 : joined;
  if (slash != NULL) *slash = 0;
  const char *above = slash == NULL ? "." : slash == joined ? "/" : joined;
  if (realpath(above, parent) == NULL) return 0;
  if (snprintf(absolute, PATH_MAX, "%s/%s", parent, name) >= PATH_MAX) return 0;
  return is_inside(absolute);
}

static unsigned long inode(int fd) {
  struct stat about;
  return fstat(fd, &about) == 0 ? about.st_ino : 0;
}

static int is_recorded(int fd) {
  return log_fd >= 0 && fd >= 0 && fd < MOST_FILES && path_of[fd] != NULL;
}

#define REAL(name) \
  static __typeof__(name) *real; \
  if (real == NULL) real = dlsym(RTLD_NEXT, #name)

static int opened(int folder, const char *path, int flags, mode_t mode) {
  char absolute[PATH_MAX];
  struct stat about;
  int is_ours = log_fd >= 0 && resolve(folder, path, absolute);
  if (!is_ours) return syscall(SYS_openat, folder, path, flags, mode);
  pthread_mutex_lock(&lock);
  int existed = lstat(absolute, &about) == 0;
  int fd = syscall(SYS_openat, folder, path, flags, mode);
  int error = errno;
  if (fd >= 0 && fd < MOST_FILES) {
    free(path_of[fd]);
    path_of[fd] = strdup(absolute);
    if (!existed) note("create %lu %s", inode(fd), absolute);
    else if (!S_ISDIR(about.st_mode)) note("open %lu %s", inode(fd), absolute);
    if (existed && flags & O_TRUNC) note("truncate %lu 0", inode(fd));
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return fd;
}

#define MODE \
  mode_t mode = 0; \
  if (flags & (O_CREAT | __O_TMPFILE)) { \
    va_list values; \
    va_start(values, flags); \
    mode = va_arg(values, int); \
    va_end(values); \
  }

int open(const char *path, int flags, ...) { MODE return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE return opened(AT_FDCWD, path, flags | O_LARGEFILE, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE return opened(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE return opened(folder, path, flags | O_LARGEFILE, mode); }
int creat(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

int close(int fd) {
  if (is_recorded(fd)) {
    pthread_mutex_lock(&lock);
    free(path_of[fd]);
    path_of[fd] = NULL;
    int result = syscall(SYS_close, fd);
    pthread_mutex_unlock(&lock);
    return result;
  }
  return syscall(SYS_close, fd);
}

#define AT_POSITION (-1) /* the offset of a write at the position of the file */

static ssize_t wrote(int fd, const void *bytes, size_t count, off_t offset) {
  pthread_mutex_lock(&lock);
  int moves = offset == AT_POSITION;
  if (moves) offset = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
  ssize_t done = moves ? syscall(SYS_write, fd, bytes, count)
                       : syscall(SYS_pwrite64, fd, bytes, count, offset);
  int error = errno;
  if (done > 0) {
    note("write %lu %ld %ld", inode(fd), (long)offset, (long)done);
    syscall(SYS_write, log_fd, bytes, done);
    syscall(SYS_write, log_fd, "\n", 1);
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return done;
}

ssize_t write(int fd, const void *bytes, size_t count) {
  return is_recorded(fd) ? wrote(fd, bytes, count, AT_POSITION) : syscall(SYS_write, fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
  return is_recorded(fd) ? wrote(fd, bytes, count, offset)
                         : syscall(SYS_pwrite64, fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
  return pwrite(fd, bytes, count, offset);
}

static void unsupported(int fd, const char *name) {
  if (is_recorded(fd)) note("unsupported %s", name);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  unsupported(fd, "writev");
  return syscall(SYS_writev, fd, parts, count);
}

ssize_t sendfile64(int out, int in, off64_t *offset, size_t count) {
  unsupported(out, "sendfile");
  return syscall(SYS_sendfile, out, in, offset, count);
}

ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t count, unsigned flags) {
  unsupported(out, "copy_file_range");
  return syscall(SYS_copy_file_range, in, from, out, to, count, flags);
}

int posix_fallocate64(int fd, off64_t offset, off64_t length) {
  REAL(posix_fallocate64);
  unsupported(fd, "posix_fallocate");
  return real(fd, offset, length);
}

int ftruncate(int fd, off_t size) {
  if (!is_recorded(fd)) return syscall(SYS_ftruncate, fd, size);
  pthread_mutex_lock(&lock);
  int result = syscall(SYS_ftruncate, fd, size), error = errno;
  if (result == 0) note("truncate %lu %ld", inode(fd), (long)size);
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

static int synced(int fd, long number) {
  if (!is_recorded(fd)) return syscall(number, fd);
  pthread_mutex_lock(&lock);
  struct stat about;
  int result = syscall(number, fd), error = errno;
  if (result == 0 && fstat(fd, &about) == 0) {
    if (S_ISDIR(about.st_mode)) note("sync-folder %s", path_of[fd]);
    else note("sync %lu", (unsigned long)about.st_ino);
  }
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

static int moved(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  char old[PATH_MAX], new[PATH_MAX];
  int is_ours = log_fd >= 0 && resolve(from_folder, from, old) && resolve(to_folder, to, new);
  if (!is_ours) return syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
  pthread_mutex_lock(&lock);
  int result = syscall(SYS_renameat2, from_folder, from, to_folder, to, flags), error = errno;
  if (result == 0) note("rename %s\t%s", old, new);
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

int rename(const char *from, const char *to) { return moved(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int a, const char *from, int b, const char *to) { return moved(a, from, b, to, 0); }
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) { return moved(a, from, b, to, flags); }

static int removed(int folder, const char *path, int flags) {
  char absolute[PATH_MAX];
  if (log_fd < 0 || !resolve(folder, path, absolute)) return syscall(SYS_unlinkat, folder, path, flags);
  pthread_mutex_lock(&lock);
  int result = syscall(SYS_unlinkat, folder, path, flags), error = errno;
  if (result == 0) note("unlink %s", absolute);
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

int unlink(const char *path) { return removed(AT_FDCWD, path, 0); }
int unlinkat(int folder, const char *path, int flags) { return removed(folder, path, flags); }
int rmdir(const char *path) { return removed(AT_FDCWD, path, AT_REMOVEDIR); }

static int made(int folder, const char *path, mode_t mode) {
  char absolute[PATH_MAX];
  if (log_fd < 0 || !resolve(folder, path, absolute)) return syscall(SYS_mkdirat, folder, path, mode);
  pthread_mutex_lock(&lock);
  int result = syscall(SYS_mkdirat, folder, path, mode), error = errno;
  if (result == 0) note("mkdir %s", absolute);
  pthread_mutex_unlock(&lock);
  errno = error;
  return result;
}

int mkdir(const char *path, mode_t mode) { return made(AT_FDCWD, path, mode); }
int mkdirat(int folder, const char *path, mode_t mode) { return made(folder, path, mode); }
