/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pread leaves no position behind that threads would have to share. */
#include "base/file_at.h"

#include "base/inflate.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_at_open(const char *path, struct file_at *out)
{
    struct stat st;
    char head[2];
    /* a pipe that is opened and closed again is lost to whoever writes into it */
    if (strcmp(path, "-") == 0 || stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    struct file_at f = {.fd = open(path, O_RDONLY | O_CLOEXEC)};
    if (f.fd < 0)
        return false;
    if (fstat(f.fd, &st) != 0 || !S_ISREG(st.st_mode) ||
        inflate_is_gzip(head, file_at_read(&f, 0, head, sizeof head))) {
        close(f.fd);
        return false;
    }
    f.size = (uint64_t)st.st_size;
    *out = f;
    return true;
}

size_t file_at_read(const struct file_at *f, uint64_t offset, char *out, size_t len)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = pread(f->fd, out + done, len - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    return done;
}

void file_at_close(struct file_at *f)
{
    close(f->fd);
}
