/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gnuplot as a child process.  It would run shell commands found in back-quotes, in '<command'
 * file names and in strings, so it is given only our own fixed script, fixed file names, and data;
 * -d keeps it from anybody's start-up files.  alarm(2) outlives exec and stops it in time. */
#include "report/plot.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SVG_BYTES_MAX = 8 << 20, WORDS_MAX = 300 };

static const char *const plot_names[] = {
#define X(id, name, what) name,
    PLOT_TABLE(X)
#undef X
};

const char *plot_name(enum plot_kind k)
{
    return plot_names[k];
}

void plot_put_name(struct buf *out, const char *name)
{
    enum { COLUMNS = 28 };
    struct buf clean;
    buf_init(&clean);
    text_clean(&clean, name);
    const char *text = buf_text(&clean);
    bool cut = text_width(text) > COLUMNS;
    size_t len = cut ? text_fit(text, COLUMNS - 1) : clean.len;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            buf_puts(out, "\u201d");
        else if (text[i] == '\\')
            buf_puts(out, "\u2216");
        else
            buf_putc(out, text[i]);
    }
    if (cut)
        buf_puts(out, "\u2026");
    buf_release(&clean);
}

static int put_file(int dir, const char *name, const char *bytes, size_t len, struct error *err)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(err, ERR_IO, "plot: %s: %s", name, strerror(errno));
    while (len) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            error_set(err, ERR_IO, "plot: %s: %s", name, strerror(errno));
            close(fd);
            return -1;
        }
        bytes += n;
        len -= (size_t)n;
    }
    close(fd);
    return 0;
}

/* The child's side: nothing but calls that are safe after fork, then exec. */
static void become_gnuplot(const char *program, unsigned seconds, int dir, int words)
{
    static const char flag[] = "-d", script[] = "plot.gp";
    int null = open("/dev/null", O_RDWR);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGALRM, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(words, 2) < 0 || fchdir(dir))
        _exit(126);
    alarm(seconds);
    execlp(program, "gnuplot", flag, script, (char *)NULL);
    _exit(errno == ENOENT || errno == EACCES ? 127 : 126);
}

/* What it says on stderr: the first WORDS_MAX bytes, on one line. */
static void listen_to(int fd, struct buf *words)
{
    char chunk[512];
    for (;;) {
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        for (ssize_t i = 0; i < n && words->len < WORDS_MAX; i++)
            buf_putc(words, (unsigned char)chunk[i] < 0x20 ? ' ' : chunk[i]);
    }
}

static int tell(int status, const char *program, unsigned seconds, const struct buf *words,
                struct error *err)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return error_set(err, ERR_IO,
                         "%s is not installed; install gnuplot (Debian: apt-get install "
                         "gnuplot-nox) and make the report again",
                         program);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        return error_set(err, ERR_IO, "gnuplot took more than %u s and was stopped", seconds);
    return error_set(err, ERR_IO, "gnuplot failed: %s",
                     words->len ? buf_text(words) : "it gave no reason");
}

static int run_gnuplot(const char *program, unsigned seconds, int dir, struct error *err)
{
    int ends[2], status = 0;
    struct buf words;
    if (pipe(ends))
        return error_set(err, ERR_IO, "plot: no pipe: %s", strerror(errno));
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    pid_t child = fork();
    if (child < 0) {
        error_set(err, ERR_IO, "plot: no process: %s", strerror(errno));
        close(ends[0]);
        close(ends[1]);
        return -1;
    }
    if (child == 0)
        become_gnuplot(program, seconds, dir, ends[1]);
    close(ends[1]);
    buf_init(&words);
    listen_to(ends[0], &words);
    close(ends[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    int result = tell(status, program, seconds, &words, err);
    buf_release(&words);
    return result;
}

int plot_run(const char *script, const struct plot_file *files, size_t n,
             const struct plot_options *options, struct buf *svg, struct error *err)
{
    const char *program = options && options->gnuplot ? options->gnuplot : "gnuplot";
    const char *parent = options && options->temp_dir ? options->temp_dir : "/tmp";
    unsigned seconds = options && options->seconds ? options->seconds : PLOT_SECONDS;
    struct buf folder, picture;
    int status = -1, dir = -1;
    buf_init(&folder);
    buf_init(&picture);
    buf_printf(&folder, "%s/seam-plot-XXXXXX", parent);
    if (!mkdtemp(folder.data)) {
        error_set(err, ERR_IO, "plot: no folder in %s: %s", parent, strerror(errno));
        goto out;
    }
    buf_printf(&picture, "%s/plot.svg", folder.data);
    dir = open(folder.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        error_set(err, ERR_IO, "plot: %s: %s", folder.data, strerror(errno));
        goto clean;
    }
    if (put_file(dir, "plot.gp", script, strlen(script), err))
        goto clean;
    for (size_t i = 0; i < n; i++)
        if (put_file(dir, files[i].name, buf_text(files[i].bytes), files[i].bytes->len, err))
            goto clean;
    if (run_gnuplot(program, seconds, dir, err) || file_read(picture.data, SVG_BYTES_MAX, svg, err))
        goto clean;
    status = 0;
clean:
    if (dir >= 0) {
        unlinkat(dir, "plot.gp", 0);
        unlinkat(dir, "plot.svg", 0);
        for (size_t i = 0; i < n; i++)
            unlinkat(dir, files[i].name, 0);
        close(dir);
    }
    rmdir(folder.data);
out:
    buf_release(&folder);
    buf_release(&picture);
    return status;
}
