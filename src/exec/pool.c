/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list of jobs under a lock.  The giver sleeps on a pipe, whose wait needs no clock.
 *
 * To be put to sleep and woken costs more than what a quick stage does.  So who waits looks a few
 * times first, and lets others have the processor in between: about as long as a sleep costs, which
 * is at most twice what the best choice would have been (Karlin, Li, Manasse and Owicki, SOSP
 * 1991).  Who looked in vain looks half as often the next time, who did not as often as ever; so
 * calls that take long cost one look.  Nobody is woken under the lock, which he would only wait
 * for. */
#include "exec/pool.h"

#include "exec/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

enum { FORSAKEN_MOST = 256, LOOKS_MOST = 64, LOOKS_ALL_EACH = 64 };

/* How often somebody looks before he sleeps. */
struct looks {
    uint32_t most, waits;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t given;
    struct job *first, *last;           /* to be done */
    struct job *done_first, *done_last; /* done */
    atomic_uint n_first, n_done;        /* of them */
    double (*clock_s)(void);
    VEC(pthread_t) threads;
    uint32_t most, out, forsaken; /* out: given and not taken back */
    uint32_t looking, asleep;     /* threads; at most one looks */
    struct looks looks;           /* the giver's */
    bool sleeping, over;          /* sleeping: the giver is */
    int pipe[2];
};

/* Looks for what is counted; all the times now and then, since stages may become quick again. */
static void look(struct looks *l, atomic_uint *count)
{
    uint32_t most = l->waits++ % LOOKS_ALL_EACH ? l->most : LOOKS_MOST;
    for (uint32_t k = 0; k < most; k++) {
        if (atomic_load_explicit(count, memory_order_relaxed)) {
            l->most = LOOKS_MOST;
            return;
        }
        sched_yield();
    }
    l->most = l->most > 1 ? l->most / 2 : 1;
}

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

/* True: the giver must be woken. */
static bool hand_back(struct pool *p, struct job *j)
{
    bool sleeping = p->sleeping;
    j->next = NULL;
    if (p->done_last)
        p->done_last->next = j;
    else
        p->done_first = j;
    p->done_last = j;
    atomic_fetch_add_explicit(&p->n_done, 1, memory_order_relaxed);
    p->sleeping = false;
    return sleeping;
}

static void wake(struct pool *p)
{
    while (write(p->pipe[1], "", 1) < 0 && errno == EINTR)
        continue;
}

/* Waits for the next job; NULL: there are none any more.  The lock is held before and after. */
static struct job *next_job(struct pool *p, struct looks *looks)
{
    if (!p->first && !p->over && !p->looking) {
        p->looking++;
        pthread_mutex_unlock(&p->lock);
        look(looks, &p->n_first);
        pthread_mutex_lock(&p->lock);
        p->looking--;
    }
    while (!p->first && !p->over) {
        p->asleep++;
        pthread_cond_wait(&p->given, &p->lock);
        p->asleep--;
    }
    struct job *j = p->first;
    if (!j)
        return NULL;
    p->first = j->next;
    if (!p->first)
        p->last = NULL;
    atomic_fetch_sub_explicit(&p->n_first, 1, memory_order_relaxed);
    return j;
}

static void *worker(void *arg)
{
    struct pool *p = arg;
    struct payload_tool *tool = payload_tool_new();
    struct looks looks = {.most = 1};
    struct job *j;

    pthread_mutex_lock(&p->lock);
    while ((j = next_job(p, &looks))) {
        pthread_mutex_unlock(&p->lock);
        job_do(j, tool, p->clock_s);
        pthread_mutex_lock(&p->lock);
        if (!hand_back(p, j))
            continue;
        pthread_mutex_unlock(&p->lock);
        wake(p);
        pthread_mutex_lock(&p->lock);
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
    p->looks.most = 1;
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
    (void)hand_back(p, j); /* he is awake */
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
    uint32_t waiting = atomic_fetch_add_explicit(&p->n_first, 1, memory_order_relaxed) + 1;
    bool call = p->asleep && waiting > p->looking; /* who looks will see it */
    pthread_mutex_unlock(&p->lock);
    if (call)
        pthread_cond_signal(&p->given);
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
    atomic_store_explicit(&p->n_done, 0, memory_order_relaxed);
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

    if (p->out > 0 && wall_s > 0)
        look(&p->looks, &p->n_done);
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
    (void)!read(p->pipe[0], taken, sizeof taken); /* a byte at most for each sleep */
}

uint32_t pool_given(const struct pool *p)
{
    return p->out;
}
