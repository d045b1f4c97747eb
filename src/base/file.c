/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files.  A write goes to a new file in the same folder, is synced and renamed over the old one,
 * so that a reader sees the old bytes or the new ones whatever happens in between; what is no
 * regular file (a terminal, a pipe, /dev/null) is written in place. */
#include "base/file.h"

#include "base/inflate.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The chunk stays in a cache of the second level while it is read.  It begins with a page as the
 * file's own pages in memory do, which the system then copies a quarter faster. */
enum { CHUNK = 1 << 19, PAGE = 4096, INFLATE_PIECE = 4096, NAMES_TRIED = 1000 };

/* --- errors of the system, in words */

static const char cannot_read[] = "cannot be read";
static const char cannot_write[] = "cannot be written";

static int is_shown(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

/* "; did you mean DIR/NAME?", of a name in the folder that is near the path's. */
static void put_nearest(const char *path, struct buf *out)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? file_beside(path, "") : NULL;
    struct dirent **entry = NULL;
    int n = scandir(folder ? folder : ".", &entry, is_shown, alphasort);
    VEC(const char *) names = {0};

    for (int i = 0; i < n; i++)
        vec_push(&names, (const char *)entry[i]->d_name);
    const char *near = nearest_word(slash ? slash + 1 : path, names.at, names.len);
    if (near)
        buf_printf(out, "; did you mean %s%s?", folder ? folder : "", near);
    for (int i = 0; i < n; i++)
        mem_free(entry[i]);
    mem_free(entry);
    vec_release(&names);
    mem_free(folder);
}

static int fail_absent(const char *path, const char *what, struct error *err)
{
    struct buf hint;
    buf_init(&hint);
    if (what == cannot_read)
        put_nearest(path, &hint);
    error_set(err, ERR_IO, "%s: %s: there is no such file or folder%s", path, what,
              buf_text(&hint));
    buf_release(&hint);
    return -1;
}

static int fail(const char *path, const char *what, int code, struct error *err)
{
    char why[128] = "";
    switch (code) {
    case ENOENT:
        return fail_absent(path, what, err);
    case EISDIR:
        return error_set(err, ERR_IO, "%s: %s: it is a folder, not a file", path, what);
    case EACCES:
        return error_set(err, ERR_IO, "%s: %s: permission is denied", path, what);
    case ENOSPC:
        return error_set(err, ERR_IO, "%s: %s: the disk is full", path, what);
    default:
        if (strerror_r(code, why, sizeof why) != 0)
            snprintf(why, sizeof why, "error %d of the system", code);
        return error_set(err, ERR_IO, "%s: %s: %s", path, what, why);
    }
}

/* --- reading */

struct file_reader {
    int fd;
    char *path; /* as errors name it */
    char *raw;  /* [CHUNK + FILE_PADDING] */
    size_t raw_len, raw_at;
    uint64_t size, taken; /* bytes of a plain file, and those that were read or left out */
    bool started, ended;
    struct inflate *inflate; /* NULL unless gzip */
    struct buf text;         /* what came out of it */
    struct error fault;      /* of what is damaged behind that */
};

static int open_input(const char *path, int *out, struct error *err)
{
    struct stat st;
    int fd = strcmp(path, "-") == 0 ? 0 : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(path, cannot_read, errno, err);
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        if (fd > 0)
            close(fd);
        return fail(path, cannot_read, EISDIR, err);
    }
    *out = fd;
    return 0;
}

size_t file_head(const char *path, void *out, size_t len)
{
    struct stat st;
    if (strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : pread(fd, out, len, 0);
    if (fd >= 0)
        close(fd);
    return n < 0 ? 0 : (size_t)n;
}

int file_reader_open(const char *path, struct file_reader **out, struct error *err)
{
    int fd = -1;
    if (open_input(path, &fd, err))
        return -1;
    struct file_reader *r = mem_zero(1, sizeof *r);
    r->fd = fd;
    r->path = mem_strdup(fd == 0 ? "standard input" : path);
    r->raw = mem_aligned(PAGE, CHUNK + FILE_PADDING);
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        r->size = (uint64_t)st.st_size;
    *out = r;
    return 0;
}

/* All of standard input into `fd`; an errno, or 0. */
static int keep_stdin(int fd)
{
    char *chunk = mem_alloc(CHUNK);
    int code = 0;
    for (ssize_t n; !code && (n = read(STDIN_FILENO, chunk, CHUNK)) != 0;) {
        if (n < 0 && errno != EINTR)
            code = errno;
        for (ssize_t done = 0, put; !code && done < n; done += put) {
            put = write(fd, chunk + done, (size_t)(n - done));
            if (put < 0 && errno != EINTR)
                code = errno;
            put = put < 0 ? 0 : put;
        }
    }
    mem_free(chunk);
    return code;
}

int file_again_stdin(struct error *err)
{
    struct stat st;
    if (fstat(STDIN_FILENO, &st) != 0 || !S_ISREG(st.st_mode)) {
        FILE *kept = tmpfile();
        int code = kept ? keep_stdin(fileno(kept)) : errno;
        if (!code && dup2(fileno(kept), STDIN_FILENO) < 0)
            code = errno;
        if (kept)
            fclose(kept);
        if (code)
            return fail("standard input", "cannot be kept in a temporary file", code, err);
    }
    return lseek(STDIN_FILENO, 0, SEEK_SET) == 0
               ? 0
               : fail("standard input", "cannot be read again", errno, err);
}

int file_reader_open_at(const char *path, uint64_t offset, struct file_reader **out,
                        struct error *err)
{
    if (file_reader_open(path, out, err))
        return -1;
    (*out)->started = offset > 0;
    (*out)->taken = offset;
    if (offset == 0 || lseek((*out)->fd, (off_t)offset, SEEK_SET) >= 0)
        return 0;
    int status = fail((*out)->path, cannot_read, errno, err);
    file_reader_close(*out);
    *out = NULL;
    return status;
}

void file_reader_close(struct file_reader *r)
{
    if (!r)
        return;
    if (r->fd > 0)
        close(r->fd);
    inflate_free(r->inflate);
    buf_release(&r->text);
    mem_free(r->raw);
    mem_free(r->path);
    mem_free(r);
}

/* Fills raw with `least` bytes or more, fewer only at the end of the file. */
static int fill(struct file_reader *r, size_t least, struct error *err)
{
    r->raw_len = r->raw_at = 0;
    while (r->raw_len < least && !r->ended) {
        ssize_t n = read(r->fd, r->raw + r->raw_len, CHUNK - r->raw_len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(r->path, cannot_read, errno, err);
        r->ended = n == 0;
        r->raw_len += (size_t)n;
    }
    r->taken += r->raw_len;
    memset(r->raw + r->raw_len, 0, FILE_PADDING);
    return 0;
}

/* Inflates until there is a chunk of text or the file ends. */
static int next_inflated(struct file_reader *r, struct error *err)
{
    buf_clear(&r->text);
    while (r->text.len < CHUNK && !r->fault.code) {
        if (r->raw_at == r->raw_len) {
            if (!r->ended && fill(r, 1, err))
                return -1;
            if (r->raw_at == r->raw_len)
                break;
        }
        size_t piece = r->raw_len - r->raw_at;
        if (piece > INFLATE_PIECE)
            piece = INFLATE_PIECE;
        if (inflate_feed(r->inflate, r->raw + r->raw_at, piece, &r->text, &r->fault))
            break;
        r->raw_at += piece;
    }
    if (r->text.len == 0 && r->fault.code) { /* behind all that came out before it */
        *err = r->fault;
        return error_prefix(err, "%s", r->path);
    }
    if (r->text.len == 0 && inflate_end(r->inflate, err))
        return error_prefix(err, "%s", r->path);
    return 0;
}

int file_reader_next(struct file_reader *r, const char **chunk, size_t *len, struct error *err)
{
    if (!r->started || !r->inflate) {
        if (fill(r, r->started ? 1 : 2, err))
            return -1;
        if (!r->started && inflate_is_gzip(r->raw, r->raw_len))
            r->inflate = inflate_new();
        r->started = true;
    }
    if (r->inflate) {
        if (next_inflated(r, err))
            return -1;
        buf_reserve(&r->text, FILE_PADDING);
        *chunk = r->text.data;
        *len = r->text.len;
        return 0;
    }
    *chunk = r->raw;
    *len = r->raw_len;
    return 0;
}

double file_reader_share(const struct file_reader *r)
{
    uint64_t taken = r->taken - (r->inflate ? r->raw_len - r->raw_at : 0);
    return r->size && taken < r->size ? (double)taken / (double)r->size : r->size != 0;
}

double file_reader_size(const struct file_reader *r)
{
    return (double)r->size;
}

int file_read(const char *path, size_t limit, struct buf *out, struct error *err)
{
    struct file_reader *r = NULL;
    const char *chunk = NULL;
    size_t len = 0, start = out->len;
    int status = file_reader_open(path, &r, err);
    while (status == 0) {
        status = file_reader_next(r, &chunk, &len, err);
        if (status || len == 0)
            break;
        if (len > limit - (out->len - start))
            status =
                error_set(err, ERR_LIMIT, "%s: larger than the limit of %zu bytes", r->path, limit);
        else
            buf_add(out, chunk, len);
    }
    file_reader_close(r);
    return status;
}

/* --- writing */

static int write_all(int fd, const char *path, const void *bytes, size_t len, struct error *err)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(path, cannot_write, errno, err);
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

char *file_beside(const char *path, const char *name)
{
    struct buf b = {0};
    const char *slash = strrchr(path, '/');
    if (slash && name[0] != '/')
        buf_add(&b, path, (size_t)(slash - path) + 1);
    buf_puts(&b, name);
    return buf_detach(&b);
}

int file_remove(const char *path, struct error *err)
{
    return unlink(path) == 0 || errno == ENOENT ? 0 : fail(path, "cannot be removed", errno, err);
}

/* A new file beside `path` that nobody else has: its descriptor and name. */
static int open_beside(const char *path, mode_t mode, char **name, int *out, struct error *err)
{
    const char *slash = strrchr(path, '/');
    struct buf b = {0};
    int code = EEXIST;
    for (int i = 0; i < NAMES_TRIED && code == EEXIST; i++) {
        buf_clear(&b);
        buf_printf(&b, ".%.200s.%ld-%d", slash ? slash + 1 : path, (long)getpid(), i);
        *name = file_beside(path, buf_text(&b));
        *out = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (*out >= 0)
            break;
        code = errno;
        mem_free(*name);
        *name = NULL;
    }
    buf_release(&b);
    return *name ? 0 : fail(path, cannot_write, code, err);
}

/* The entry in the folder is made durable too, where the system can. */
static void sync_folder(const char *path)
{
    char *folder = file_beside(path, ".");
    int fd = open(folder, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    mem_free(folder);
}

/* What `path` names after symbolic links; caller mem_frees. */
static char *behind_links(const char *path)
{
    char *real = realpath(path, NULL);
    return real ? real : mem_strdup(path);
}

struct file_writer {
    char *path, *beside; /* beside NULL: it is written in place */
    const char *told;    /* what messages call it */
    int fd;
};

/* To a file that is there, or is not yet: beside it, to be renamed. */
static int open_new(struct file_writer *w, const struct stat *old, struct error *err)
{
    if (open_beside(w->path, 0644, &w->beside, &w->fd, err))
        return -1;
    if (old && fchmod(w->fd, old->st_mode & 0777) != 0)
        return fail(w->told, cannot_write, errno, err);
    return 0;
}

static int open_writer(struct file_writer *w, struct error *err)
{
    struct stat st;
    if (strcmp(w->path, "-") == 0) {
        w->told = "standard output";
        w->fd = 1;
        return 0;
    }
    if (stat(w->path, &st) != 0)
        return open_new(w, NULL, err);
    if (S_ISDIR(st.st_mode))
        return fail(w->told, cannot_write, EISDIR, err);
    if (S_ISREG(st.st_mode)) {
        char *real = behind_links(w->path);
        mem_free(w->path);
        w->told = w->path = real;
        return open_new(w, &st, err);
    }
    w->fd = open(w->path, O_WRONLY | O_CLOEXEC);
    return w->fd < 0 ? fail(w->told, cannot_write, errno, err) : 0;
}

void file_writer_drop(struct file_writer *w)
{
    if (!w)
        return;
    if (w->fd > 1)
        close(w->fd);
    if (w->beside)
        unlink(w->beside);
    mem_free(w->beside);
    mem_free(w->path);
    mem_free(w);
}

int file_writer_open(const char *path, struct file_writer **out, struct error *err)
{
    struct file_writer *w = mem_zero(1, sizeof *w);
    w->fd = -1;
    w->told = w->path = mem_strdup(path);
    if (open_writer(w, err)) {
        file_writer_drop(w);
        return -1;
    }
    *out = w;
    return 0;
}

int file_writer_add(struct file_writer *w, const void *bytes, size_t len, struct error *err)
{
    return write_all(w->fd, w->told, bytes, len, err);
}

int file_writer_close(struct file_writer *w, struct error *err)
{
    int status = 0;
    if (w->beside && fsync(w->fd) != 0 && errno != EINVAL && errno != ENOTSUP)
        status = fail(w->told, cannot_write, errno, err);
    if (w->fd > 1 && close(w->fd) != 0 && status == 0)
        status = fail(w->told, cannot_write, errno, err);
    w->fd = -1;
    if (status == 0 && w->beside && rename(w->beside, w->path) != 0)
        status = fail(w->told, cannot_write, errno, err);
    if (status == 0 && w->beside) {
        sync_folder(w->path);
        mem_free(w->beside);
        w->beside = NULL;
    }
    file_writer_drop(w);
    return status;
}

int file_write(const char *path, const void *bytes, size_t len, struct error *err)
{
    struct file_writer *w = NULL;
    if (file_writer_open(path, &w, err))
        return -1;
    if (file_writer_add(w, bytes, len, err)) {
        file_writer_drop(w);
        return -1;
    }
    return file_writer_close(w, err);
}

int file_make_dir(const char *path, struct error *err)
{
    struct stat st;
    int status = 0;
    if (path[0] == '\0')
        return fail("\"\"", "cannot be made", ENOENT, err);
    char *part = mem_strdup(path);
    for (char *p = part + 1; status == 0; p++) {
        char c = *p;
        if (c != '/' && c != '\0')
            continue;
        *p = '\0';
        if (mkdir(part, 0777) != 0) {
            int code = errno;
            if (stat(part, &st) != 0)
                status = fail(part, "cannot be made", code, err);
            else if (!S_ISDIR(st.st_mode))
                status = error_set(err, ERR_IO, "%s: cannot be made a folder: it is a file", part);
        }
        *p = c;
        if (c == '\0')
            break;
    }
    mem_free(part);
    return status;
}
