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

enum { PICTURE_BYTES_MAX = 8 << 20, WORDS_MAX = 300 };

void plot_put_cell(struct buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            buf_puts(out, "\u201d");
        else if (text[i] == '\\')
            buf_puts(out, "\u2216");
        else
            buf_putc(out, text[i]);
    }
}

void plot_put_name(struct buf *out, const char *name)
{
    enum { COLUMNS = 32 };
    struct buf clean, cut;
    buf_init(&clean);
    buf_init(&cut);
    text_clean(&clean, name);
    text_cut(&cut, buf_text(&clean), COLUMNS, COLUMNS / 2 - 1);
    plot_put_cell(out, buf_text(&cut), cut.len);
    buf_release(&clean);
    buf_release(&cut);
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
                         "%s is not installed: on Debian and Ubuntu `apt install gnuplot-nox` "
                         "brings it, then make the picture again",
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

struct run {
    const char *program, *parent;
    unsigned seconds;
    struct buf folder;
    int dir;
};

static int open_folder(struct run *run, struct error *err)
{
    buf_printf(&run->folder, "%s/seam-plot-XXXXXX", run->parent);
    if (!mkdtemp(run->folder.data)) {
        buf_release(&run->folder);
        return error_set(err, ERR_IO, "plot: no folder in %s: %s", run->parent, strerror(errno));
    }
    run->dir = open(run->folder.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return run->dir < 0 ? error_set(err, ERR_IO, "plot: %s: %s", run->folder.data, strerror(errno))
                        : 0;
}

/* What was drawn before a failure is there, too. */
static int read_outputs(const struct run *run, struct plot_out *out, size_t n, struct error *err)
{
    int status = 0;
    for (size_t i = 0; i < n; i++) {
        struct error failed = {0};
        struct buf path;
        buf_init(&path);
        buf_printf(&path, "%s/%s", run->folder.data, out[i].name);
        out[i].begun = file_read(buf_text(&path), PICTURE_BYTES_MAX, out[i].bytes, &failed) == 0;
        if (!out[i].begun) {
            buf_clear(out[i].bytes);
            status = status ? status : error_set(err, ERR_IO, "gnuplot drew no %s", out[i].name);
        }
        buf_release(&path);
    }
    return status;
}

static void close_folder(struct run *run, const struct plot_file *in, size_t n_in,
                         struct plot_out *out, size_t n_out)
{
    if (run->folder.data && run->dir >= 0) {
        unlinkat(run->dir, "plot.gp", 0);
        for (size_t i = 0; i < n_in; i++)
            unlinkat(run->dir, in[i].name, 0);
        for (size_t i = 0; i < n_out; i++)
            unlinkat(run->dir, out[i].name, 0);
        close(run->dir);
    }
    if (run->folder.data)
        rmdir(run->folder.data);
    buf_release(&run->folder);
}

int plot_run(const char *script, const struct plot_file *in, size_t n_in, struct plot_out *out,
             size_t n_out, const struct plot_options *options, struct error *err)
{
    struct run run = {.program = options && options->gnuplot ? options->gnuplot : "gnuplot",
                      .parent = options && options->temp_dir ? options->temp_dir : "/tmp",
                      .seconds = options && options->seconds ? options->seconds : PLOT_SECONDS,
                      .dir = -1};
    int status = open_folder(&run, err);
    if (!status)
        status = put_file(run.dir, "plot.gp", script, strlen(script), err);
    for (size_t i = 0; !status && i < n_in; i++)
        status = put_file(run.dir, in[i].name, buf_text(in[i].bytes), in[i].bytes->len, err);
    if (!status) {
        status = run_gnuplot(run.program, run.seconds, run.dir, err);
        struct error ignored = {0};
        if (read_outputs(&run, out, n_out, status ? &ignored : err))
            status = -1;
    }
    close_folder(&run, in, n_in, out, n_out);
    return status;
}
