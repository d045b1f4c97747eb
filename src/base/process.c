/* SPDX-License-Identifier: GPL-3.0-or-later */
/* posix_spawn, so that threads may start children side by side; pipes are made close-on-exec at
 * once (pipe2), or a child started by another thread meanwhile would hold them open.  Writing to a
 * child that has gone would raise SIGPIPE: it is blocked for the write and taken back, as a library
 * has to that may not change what the program does with signals. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* pipe2 */
#endif
#include "base/process.h"

#include "base/buf.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How often a wait looks whether it was cancelled. */
static const double LOOK_S = 0.02;

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_pairs(int pairs[3][2])
{
    for (int i = 0; i < 3; i++) {
        close_one(&pairs[i][0]);
        close_one(&pairs[i][1]);
    }
}

/* The group, no ignored signals, nothing blocked. */
static void spawn_attributes(posix_spawnattr_t *attributes)
{
    sigset_t all, none;

    sigfillset(&all);
    sigemptyset(&none);
    posix_spawnattr_init(attributes);
    posix_spawnattr_setpgroup(attributes, 0);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
                                             POSIX_SPAWN_SETSIGMASK);
}

/* Its path seen from the folder, where the child begins; NULL where there is no such program. */
static char *program_in(const char *folder, const char *name)
{
    struct buf path = {0};

    if (!folder || *name == '/')
        return NULL;
    buf_printf(&path, "%s/%s", *folder ? folder : ".", name);
    bool there = access(buf_text(&path), X_OK) == 0;
    buf_clear(&path);
    if (!there) {
        buf_release(&path);
        return NULL;
    }
    buf_printf(&path, "./%s", name);
    return buf_detach(&path);
}

/* The three pipes, the folder, and nothing else: what a library opened without close-on-exec is
 * closed where the system knows how. */
static void spawn_actions(posix_spawn_file_actions_t *actions, const char *folder, int pairs[3][2])
{
    posix_spawn_file_actions_init(actions);
    posix_spawn_file_actions_adddup2(actions, pairs[0][0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(actions, pairs[1][1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(actions, pairs[2][1], STDERR_FILENO);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
    posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
#endif
    if (folder && *folder)
        posix_spawn_file_actions_addchdir_np(actions, folder);
}

static int spawn(const char *const *argv, const char *const *environment, const char *folder,
                 int pairs[3][2], pid_t *pid)
{
    static const char *const nothing[] = {NULL};
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    char *path = program_in(folder, argv[0]);
    char *const *env = (char *const *)(environment ? environment : nothing);
    int code;

    spawn_attributes(&attributes);
    spawn_actions(&actions, folder, pairs);
    code = path ? posix_spawn(pid, path, &actions, &attributes, (char *const *)argv, env)
                : posix_spawnp(pid, argv[0], &actions, &attributes, (char *const *)argv, env);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    mem_free(path);
    return code;
}

int process_start(const char *const *argv, const char *const *environment, const char *folder,
                  struct process *out, struct error *err)
{
    int pairs[3][2] = {
        {-1, -1},
        {-1, -1},
        {-1, -1}
    };
    int code = 0;

    *out = (struct process){.in = -1, .out = -1, .err = -1};
    for (int i = 0; i < 3 && !code; i++)
        code = pipe2(pairs[i], O_CLOEXEC) ? errno : 0;
    if (!code)
        code = spawn(argv, environment, folder, pairs, &out->pid);
    if (code) {
        close_pairs(pairs);
        out->pid = 0;
        return error_set(err, ERR_IO, "%.200s: cannot be started: %s", argv[0], strerror(code));
    }
    out->in = pairs[0][1];
    out->out = pairs[1][0];
    out->err = pairs[2][0];
    close(pairs[0][0]);
    close(pairs[1][1]);
    close(pairs[2][1]);
    fcntl(out->in, F_SETFL, O_NONBLOCK);
    fcntl(out->out, F_SETFL, O_NONBLOCK);
    fcntl(out->err, F_SETFL, O_NONBLOCK);
    return 0;
}

enum process_event process_wait(int fd, bool to_write, const struct process_limit *limit)
{
    struct pollfd p = {.fd = fd, .events = to_write ? POLLOUT : POLLIN};

    for (;;) {
        double left = limit->until_s - limit->clock_s();
        if (limit->cancelled && atomic_load(limit->cancelled))
            return PROCESS_CANCELLED;
        if (left <= 0)
            return PROCESS_LATE;
        double wait = limit->cancelled ? fmin(left, LOOK_S) : fmin(left, 60);
        int n = poll(&p, 1, (int)ceil(wait * 1e3));
        if (n > 0)
            return to_write && (p.revents & (POLLERR | POLLHUP)) ? PROCESS_BROKEN : PROCESS_READY;
        if (n < 0 && errno != EINTR)
            return PROCESS_BROKEN;
    }
}

/* write(2) that tells of a closed pipe by EPIPE alone. */
static ssize_t write_quietly(int fd, const char *bytes, size_t len)
{
    sigset_t pipe_alone, before, pending;
    ssize_t n;

    sigemptyset(&pipe_alone);
    sigaddset(&pipe_alone, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &pipe_alone, &before);
    n = write(fd, bytes, len);
    int code = errno;
    if (n < 0 && code == EPIPE && !sigismember(&pending, SIGPIPE))
        while (sigtimedwait(&pipe_alone, NULL, &(struct timespec){0}) < 0 && errno == EINTR)
            ;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = code;
    return n;
}

bool process_write_some(struct process *p, const char *bytes, size_t len, size_t *written)
{
    ssize_t n = len > 0 ? write_quietly(p->in, bytes, len) : 0;

    *written = n > 0 ? (size_t)n : 0;
    return n >= 0 || errno == EAGAIN || errno == EINTR;
}

enum process_event process_write(struct process *p, const char *bytes, size_t len,
                                 const struct process_limit *limit)
{
    size_t n;

    for (; len > 0; bytes += n, len -= n) {
        if (!process_write_some(p, bytes, len, &n))
            return PROCESS_BROKEN;
        if (n > 0)
            continue;
        enum process_event event = process_wait(p->in, true, limit);
        if (event != PROCESS_READY)
            return event;
    }
    return PROCESS_READY;
}

void process_close_input(struct process *p)
{
    close_one(&p->in);
}

bool process_ended(struct process *p, int *status)
{
    siginfo_t info = {0};
    int how = 0;

    if (!p->pid)
        return true;
    if (waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0)
        return false;
    kill(-p->pid, SIGKILL); /* what it left behind, while its number is not given away */
    while (waitpid(p->pid, &how, 0) < 0 && errno == EINTR)
        ;
    p->pid = 0;
    if (status)
        *status = how;
    return true;
}

/* Looks every few milliseconds, more and more slowly, whether it has ended by then. */
static bool ends_by(struct process *p, double (*clock_s)(void), double until_s,
                    const atomic_bool *cancelled, int *status)
{
    double wait_s = 0.00002;

    while (!process_ended(p, status)) {
        if (clock_s() >= until_s || (cancelled && atomic_load(cancelled)))
            return false;
        nanosleep(&(struct timespec){.tv_nsec = (long)(wait_s * 1e9)}, NULL);
        wait_s = fmin(2 * wait_s, LOOK_S);
    }
    return true;
}

void process_stop(struct process *p, double grace_s, const struct process_limit *limit, int *status)
{
    process_close_input(p);
    if (p->pid && !ends_by(p, limit->clock_s, limit->until_s, limit->cancelled, status)) {
        kill(-p->pid, SIGTERM);
        if (!ends_by(p, limit->clock_s, limit->clock_s() + grace_s, NULL, status)) {
            kill(-p->pid, SIGKILL);
            ends_by(p, limit->clock_s, INFINITY, NULL, status);
        }
    }
    close_one(&p->out);
    close_one(&p->err);
}

void process_put_status(int status, char *out, size_t size)
{
    if (WIFSIGNALED(status))
        snprintf(out, size, "killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(out, size, "exit status %d", WEXITSTATUS(status));
}
