/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A lease by flock(2): the system takes the lock away when its process ends, however it ends, so
 * that nobody waits for a clock.  The file is removed while the lock is held; who locked a file
 * that is not the one at the path any more begins again. */
#include "store/journal.h"

#include "store/store_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct journal_lease {
    char *path;
    int file;
};

static bool still_there(const char *path, int file)
{
    struct stat held, named;
    return fstat(file, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino &&
           held.st_dev == named.st_dev;
}

/* The locked file, -1 with errno: EWOULDBLOCK when another holds it. */
static int lock(const char *path)
{
    for (;;) {
        int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        if (file < 0)
            return -1;
        if (flock(file, LOCK_EX | LOCK_NB)) {
            int why = errno;
            close(file);
            errno = why;
            return -1;
        }
        if (still_there(path, file))
            return file;
        close(file);
    }
}

int journal_lease(const struct store *s, int64_t run, struct journal_lease **out, struct error *err)
{
    struct buf path = {0};
    buf_printf(&path, "%s-run%lld", s->path, (long long)run);
    int file = lock(buf_text(&path));
    if (file < 0) {
        bool held = errno == EWOULDBLOCK;
        if (held)
            error_set(err, ERR_IO, "%s: another process is at work on run %lld: wait for its end",
                      s->path, (long long)run);
        else
            error_set(err, ERR_IO, "%s: cannot be locked: %s", buf_text(&path), strerror(errno));
        buf_release(&path);
        return -1;
    }
    *out = mem_zero(1, sizeof **out);
    **out = (struct journal_lease){buf_detach(&path), file};
    return 0;
}

void journal_lease_end(struct journal_lease *l)
{
    if (!l)
        return;
    unlink(l->path);
    close(l->file);
    mem_free(l->path);
    mem_free(l);
}
