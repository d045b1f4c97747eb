/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list of jobs under a lock.  The giver sleeps on a pipe, whose wait needs no clock. */
#include "exec/pool.h"

#include "exec/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

enum { FORSAKEN_MOST = 256 };

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t given;
    struct job *first, *last;           /* to be done */
    struct job *done_first, *done_last; /* done */
    double (*clock_s)(void);
    VEC(pthread_t) threads;
    uint32_t most, out, forsaken; /* out: given and not taken back */
    bool sleeping, over;
    int pipe[2];
};

void job_do(struct job *j, struct payload_tool *tool, double (*clock_s)(void))
{
    double began = clock_s ? clock_s() : 0;
    struct error err = {0};

    const struct stage *s = j->stage;
    if (s->faults)
        injected_call(s->faults, s->kind, s->self, &j->call, &j->answer);
    else
        s->kind->call(s->self, &j->call, &j->answer);
    buf_clear(&j->merged);
    if (j->answer.output.len > 0 && j->answer.state == STAGE_DONE &&
        payload_put(tool, j->call.payload, j->call.payload_len, j->answer.output.data,
                    j->answer.output.len, &j->merged, &err)) {
        buf_clear(&j->merged);
        stage_answer_fail(&j->answer, OUTCOME_MALFORMED, "%s", err.text);
    }
    j->took_s = clock_s ? fmax(clock_s() - began, 0) : 0;
}

static void wake(struct pool *p)
{
    if (!p->sleeping)
        return;
    p->sleeping = false;
    while (write(p->pipe[1], "", 1) < 0 && errno == EINTR)
        continue;
}

static void hand_back(struct pool *p, struct job *j)
{
    j->next = NULL;
    if (p->done_last)
        p->done_last->next = j;
    else
        p->done_first = j;
    p->done_last = j;
    wake(p);
}

static void *worker(void *arg)
{
    struct pool *p = arg;
    struct payload_tool *tool = payload_tool_new();

    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (!p->first && !p->over)
            pthread_cond_wait(&p->given, &p->lock);
        struct job *j = p->first;
        if (!j)
            break;
        p->first = j->next;
        if (!p->first)
            p->last = NULL;
        pthread_mutex_unlock(&p->lock);
        job_do(j, tool, p->clock_s);
        pthread_mutex_lock(&p->lock);
        hand_back(p, j);
    }
    pthread_mutex_unlock(&p->lock);
    payload_tool_free(tool);
    return NULL;
}

struct pool *pool_new(uint32_t threads, double (*clock_s)(void))
{
    struct pool *p = mem_zero(1, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->given, NULL);
    p->most = threads;
    p->clock_s = clock_s;
    if (pipe(p->pipe))
        p->pipe[0] = p->pipe[1] = -1;
    for (int k = 0; k < 2 && p->pipe[k] >= 0; k++) {
        (void)fcntl(p->pipe[k], F_SETFL, O_NONBLOCK);
        (void)fcntl(p->pipe[k], F_SETFD, FD_CLOEXEC);
    }
    return p;
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->over = true;
    pthread_cond_broadcast(&p->given);
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < p->threads.len; i++)
        pthread_join(p->threads.at[i], NULL);
    vec_release(&p->threads);
    for (int k = 0; k < 2; k++)
        if (p->pipe[k] >= 0)
            close(p->pipe[k]);
    pthread_cond_destroy(&p->given);
    pthread_mutex_destroy(&p->lock);
    mem_free(p);
}

bool pool_has_room(const struct pool *p)
{
    return p->out - p->forsaken < p->most;
}

/* Signals are the giver's. */
static bool hire(struct pool *p)
{
    sigset_t all, before;
    pthread_t thread;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool hired = pthread_create(&thread, NULL, worker, p) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (hired)
        vec_push(&p->threads, thread);
    return hired;
}

/* The giver does it, when the system gives no thread at all. */
static void do_it_here(struct pool *p, struct job *j)
{
    struct payload_tool *tool = payload_tool_new();
    job_do(j, tool, p->clock_s);
    payload_tool_free(tool);
    pthread_mutex_lock(&p->lock);
    hand_back(p, j);
    pthread_mutex_unlock(&p->lock);
}

void pool_give(struct pool *p, struct job *j)
{
    p->out++;
    j->back = false;
    j->next = NULL;
    if (p->threads.len < p->out && p->threads.len < p->most + FORSAKEN_MOST && !hire(p) &&
        p->threads.len == 0) {
        do_it_here(p, j);
        return;
    }
    pthread_mutex_lock(&p->lock);
    if (p->last)
        p->last->next = j;
    else
        p->first = j;
    p->last = j;
    pthread_cond_signal(&p->given);
    pthread_mutex_unlock(&p->lock);
}

void pool_forsake(struct pool *p, struct job *j)
{
    if (!j->back) /* else its thread is free already */
        p->forsaken++;
    atomic_store(&j->cancelled, true);
}

struct job *pool_done(struct pool *p)
{
    pthread_mutex_lock(&p->lock);
    struct job *first = p->done_first;
    p->done_first = p->done_last = NULL;
    pthread_mutex_unlock(&p->lock);
    for (struct job *j = first; j; j = j->next) {
        p->out--;
        p->forsaken -= atomic_load(&j->cancelled);
        j->back = true;
    }
    return first;
}

void pool_wait(struct pool *p, double wall_s)
{
    struct pollfd fd = {.fd = p->pipe[0], .events = POLLIN};
    char taken[64];

    pthread_mutex_lock(&p->lock);
    bool wait = !p->done_first;
    p->sleeping = wait;
    pthread_mutex_unlock(&p->lock);
    if (!wait)
        return;
    (void)poll(&fd, 1, (int)ceil(fmin(fmax(wall_s, 0), 60) * 1e3));
    pthread_mutex_lock(&p->lock);
    p->sleeping = false;
    pthread_mutex_unlock(&p->lock);
    while (read(p->pipe[0], taken, sizeof taken) > 0)
        continue;
}

uint32_t pool_given(const struct pool *p)
{
    return p->out;
}
