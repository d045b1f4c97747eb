/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reviews by people: {builtin: queue, claim: 10m, undo: 5s}.
 *
 * The first call adds a task to the queue of the store; it and the later ones ask whether somebody
 * has decided.  People wait on the wall's clock: where the run's own goes faster, a call holds its
 * thread for a moment instead of asking again and again.  A decision counts once it can be undone
 * no more.  A task stays when the run is broken off, so that people go on and the resumed run finds
 * what they decided. */
#include "base/units.h"
#include "exec/kinds.h"
#include "store/queue.h"

#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#define CLAIM_S 600.0
#define UNDO_S  5.0
#define POLL_S  1.0
enum { HOLD_MS = 250, SLICE_MS = 25 };

struct desk_of_people {
    struct stage_setting setting;
    struct store *store; /* of its own, under the lock */
    pthread_mutex_t lock;
    double claim_s, undo_s, due_in_s;
};
/* Kept between the calls of one attempt. */
struct awaited {
    int64_t task;
    double asked_s; /* on the wall */
};

static int read_duration(const struct stage_setting *s, const char *key, double *out,
                         struct error *err)
{
    struct json v = json_get(s->exec, key);
    struct error why = {0};
    const char *text;
    char word[40] = "";
    size_t len;
    if (!json_present(v))
        return 0;
    if (json_text(v, &text, &len) && len < sizeof word)
        memcpy(word, text, len);
    if (!*word || units_duration(word, out, &why))
        return exec_fault(s, err, "`%s` of the queue is a duration, such as 10m", key);
    return 0;
}

static int read_options(struct desk_of_people *d, struct error *err)
{
    static const char *const known[] = {"claim", "undo", NULL};
    const struct stage_setting *s = &d->setting;
    const struct step *step = &s->pipeline->step[s->step];
    if (step->kind != STEP_REVIEW)
        return exec_fault(s, err, "`queue` is for reviews, and this is a %s",
                          step_kind_name(step->kind));
    if (exec_known(s, known, err) || read_duration(s, "claim", &d->claim_s, err) ||
        read_duration(s, "undo", &d->undo_s, err))
        return -1;
    if (!s->store && !s->only_read)
        return exec_fault(s, err, "the queue of reviews is kept in a store: give --db FILE");
    if (step->by)
        d->due_in_s = s->pipeline->resource[step->by - 1].answer_within_s;
    return 0;
}

static void queue_close(void *self)
{
    struct desk_of_people *d = self;
    store_close(d->store);
    pthread_mutex_destroy(&d->lock);
    mem_free(d);
}

static int queue_open(const struct stage_setting *s, void **self, struct error *err)
{
    struct desk_of_people *d = mem_zero(1, sizeof *d);
    d->setting = *s;
    d->claim_s = CLAIM_S;
    d->undo_s = UNDO_S;
    d->due_in_s = INFINITY;
    pthread_mutex_init(&d->lock, NULL);
    if (read_options(d, err) || (!s->only_read && store_open_again(s->store, &d->store, err))) {
        queue_close(d);
        return -1;
    }
    *self = d;
    return 0;
}

static int add_task(struct desk_of_people *d, const struct stage_call *c, int64_t *id,
                    struct error *err)
{
    const struct pipeline *p = d->setting.pipeline;
    double now_s = d->setting.unix_s();
    struct buf payload = {0};
    struct task t = {.run = d->setting.run,
                     .item = c->index,
                     .path = c->path,
                     .step = c->step,
                     .visit = c->visit,
                     .item_id = c->item,
                     .step_id = p->step[c->step].id,
                     .class = p->class[c->class].id,
                     .priority = p->class[c->class].priority,
                     .created_s = now_s,
                     .due_s = now_s + d->due_in_s,
                     .claim_s = d->claim_s};
    buf_add(&payload, c->payload, c->payload_len);
    t.payload = buf_text(&payload);
    int status = queue_add(d->store, &t, id, err);
    buf_release(&payload);
    return status;
}

static void give(const struct task_decision *made, struct stage_answer *a)
{
    static const enum stage_verdict verdicts[TASK_VERDICT_COUNT] = {STAGE_PASS, STAGE_REJECT,
                                                                    STAGE_EDIT};
    a->state = STAGE_DONE;
    a->verdict = verdicts[made->verdict];
    buf_puts(&a->who, made->reviewer);
    buf_puts(&a->says, made->reason);
    if (made->edit)
        buf_puts(&a->output, made->edit);
}

/* Has somebody decided?  Adds the task first where there is none yet. */
static int ask(struct desk_of_people *d, const struct stage_call *c, struct awaited *w,
               struct stage_answer *a, bool *decided, struct error *err)
{
    struct arena arena;
    struct task_decision made;
    arena_init(&arena);
    pthread_mutex_lock(&d->lock);
    int status = w->task ? 0 : add_task(d, c, &w->task, err);
    if (!status)
        status = queue_take(d->store, w->task, d->setting.unix_s() - d->undo_s, &arena, &made,
                            decided, err);
    pthread_mutex_unlock(&d->lock);
    if (!status && *decided)
        give(&made, a);
    arena_release(&arena);
    return status;
}

/* Holds the thread while the wall's clock is behind. */
static void hold(const struct stage_call *c)
{
    const struct timespec slice = {.tv_nsec = SLICE_MS * 1000000L};
    for (int ms = 0; ms < HOLD_MS && !(c->cancelled && atomic_load(c->cancelled)); ms += SLICE_MS)
        nanosleep(&slice, NULL);
}

static void queue_call(void *self, const struct stage_call *c, struct stage_answer *a)
{
    struct desk_of_people *d = self;
    struct awaited *w = c->waiting;
    struct error err = {0};
    bool decided = false, hurried = false;
    if (!w) {
        w = mem_zero(1, sizeof *w);
    } else if (d->setting.clock_s() - w->asked_s < POLL_S / 2) {
        hurried = true;
        hold(c);
    }
    int status = ask(d, c, w, a, &decided, &err);
    if (status)
        stage_answer_fail(a, OUTCOME_ERROR, "%s", err.text);
    if (status || decided) {
        mem_free(w);
        return;
    }
    w->asked_s = d->setting.clock_s();
    a->state = STAGE_LATER;
    a->again_s = hurried ? 0 : POLL_S;
    a->waiting = w;
}

/* A run that is broken off leaves its tasks to be decided. */
static void queue_drop(void *self, void *waiting)
{
    struct desk_of_people *d = self;
    struct awaited *w = waiting;
    struct error ignored = {0};
    if (!d->setting.stop || !atomic_load(d->setting.stop)) {
        pthread_mutex_lock(&d->lock);
        if (queue_withdraw(d->store, w->task, &ignored))
            ignored.code = ERR_NONE; /* it stays with the reviewers, who lose some time */
        pthread_mutex_unlock(&d->lock);
    }
    mem_free(w);
}

const struct stage_kind queue_kind = {
    "queue", queue_open, queue_call, queue_drop, queue_close, false,
};
