/* SPDX-License-Identifier: GPL-3.0-or-later */
/* poll(2) over the three pipes.  It wakes every few milliseconds to see whether the answer is still
 * wanted, and whether a child has ended while one that it started holds the pipe open. */
#include "base/talk.h"

#include "base/utf8.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static const double LOOK_S = 0.02, GRACE_S = 0.2;
enum { CHUNK = 64 << 10, ERRORS_KEPT = 4096, ERRORS_SAID = 400 };

int talk_begin(struct talk *t, const char *const *argv, const char *const *environment,
               const char *folder, struct error *err)
{
    *t = (struct talk){
        .process = {.in = -1, .out = -1, .err = -1}
    };
    return process_start(argv, environment, folder, &t->process, err);
}

void talk_stop(struct talk *t, const struct process_limit *limit)
{
    process_stop(&t->process, GRACE_S, limit, &t->status);
}

void talk_release(struct talk *t)
{
    buf_release(&t->out);
    buf_release(&t->err);
}

/* Reads what is there; false: there is no more to come. */
static bool read_some(int fd, struct buf *out)
{
    ssize_t n = read(fd, buf_reserve(out, CHUNK), CHUNK);

    if (n > 0)
        buf_extend(out, (size_t)n);
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

static void keep_last(struct buf *b, size_t most)
{
    if (b->len <= 2 * most)
        return;
    memmove(b->data, b->data + b->len - most, most);
    b->len = most;
    b->data[most] = '\0';
}

static void close_fd(int *fd)
{
    close(*fd);
    *fd = -1;
}

/* The state of one exchange. */
struct exchange {
    struct talk *t;
    const char *request;
    size_t left, most;
    bool line;
};

static void write_request(struct exchange *x)
{
    size_t n = 0;

    if (!process_write_some(&x->t->process, x->request, x->left, &n))
        n = x->left; /* it does not want the rest */
    x->request += n;
    x->left -= n;
    if (x->left == 0 && !x->line)
        process_close_input(&x->t->process);
}

/* Waits for one of the pipes and serves it. */
static void serve_pipes(struct exchange *x, double wait_s)
{
    struct process *p = &x->t->process;
    struct pollfd fds[3] = {
        {p->out,                               POLLIN,  0},
        {p->err,                               POLLIN,  0},
        {x->left > 0 || !x->line ? p->in : -1, POLLOUT, 0},
    };

    if (poll(fds, 3, (int)ceil(wait_s * 1e3)) <= 0)
        return;
    if (fds[2].revents)
        write_request(x);
    if (fds[0].revents && !read_some(p->out, &x->t->out))
        close_fd(&p->out);
    if (fds[1].revents && !read_some(p->err, &x->t->err))
        close_fd(&p->err);
    keep_last(&x->t->err, ERRORS_KEPT);
}

/* What a child that has ended left in its pipes. */
static void drain(struct exchange *x)
{
    struct process *p = &x->t->process;
    size_t before;

    do {
        before = x->t->out.len;
    } while (p->out >= 0 && read_some(p->out, &x->t->out) && x->t->out.len > before &&
             x->t->out.len <= x->most);
    for (int i = 0; i < 16 && p->err >= 0 && read_some(p->err, &x->t->err); i++)
        keep_last(&x->t->err, ERRORS_KEPT);
}

static bool has_line(const struct exchange *x)
{
    return x->line && x->t->out.len > 0 && memchr(x->t->out.data, '\n', x->t->out.len);
}

enum talk_end talk(struct talk *t, const char *request, size_t len, bool line, size_t most,
                   const struct process_limit *limit)
{
    struct exchange x = {.t = t, .request = request, .left = len, .most = most, .line = line};
    struct process *p = &t->process;
    double looked_s = limit->clock_s();

    for (;;) {
        double now_s = limit->clock_s(), left_s = limit->until_s - now_s;
        if (limit->cancelled && atomic_load(limit->cancelled))
            return TALK_CANCELLED;
        if (left_s <= 0)
            return TALK_LATE;
        serve_pipes(&x, fmin(left_s, LOOK_S));
        if (has_line(&x))
            return TALK_LINE;
        if (t->out.len > most)
            return TALK_FLOOD;
        if (p->out < 0 && (line || p->err < 0))
            return TALK_OVER;
        if (now_s - looked_s < LOOK_S)
            continue;
        looked_s = now_s;
        if (process_ended(p, &t->status)) {
            drain(&x);
            return has_line(&x) ? TALK_LINE : t->out.len > most ? TALK_FLOOD : TALK_OVER;
        }
    }
}

bool talk_is_quiet(struct talk *t)
{
    struct pollfd fd = {t->process.out, POLLIN, 0};

    return t->out.len == 0 && poll(&fd, 1, 0) == 0;
}

bool talk_put_errors(const struct talk *t, struct buf *out)
{
    const char *from = buf_text(&t->err), *end = from + t->err.len;

    while (end > from && (end[-1] == '\n' || end[-1] == ' ' || end[-1] == '\r'))
        end--;
    if (end == from)
        return false;
    if (end - from > ERRORS_SAID) {
        const char *line = memchr(end - ERRORS_SAID, '\n', ERRORS_SAID);
        from = line ? line + 1 : end - ERRORS_SAID;
    }
    utf8_quote(out, from, (size_t)(end - from), ERRORS_SAID);
    return true;
}
