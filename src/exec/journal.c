/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Group commit: events are appended to a batch under a lock; a thread takes the batch, writes it in
 * one transaction and takes the next.  The slower the disk, the larger the batches. */
#include "exec/journal.h"

#include "exec/journal_parts.h"

#include <math.h>
#include <string.h>
#include <time.h>

/* A batch that has grown to this is waited for; commits are this far apart, so that a fast disk is
 * not kept busy by small ones. */
enum { BATCH_ROWS = 100000, BATCH_BYTES = 32 << 20, PAUSE_NS = 2000000 };

struct run_journal {
    const struct pipeline *pipeline;
    int64_t run;
    struct store *store; /* the writer's */
    struct journal_writer *writer;
    struct journal_lease *lease;
    struct recollection *recollection; /* NULL: a new run */
    struct run_memory memory;
    uint64_t disagreed;

    pthread_mutex_t lock;
    pthread_cond_t more, room;
    pthread_t thread;
    bool closing;
    struct journal_batch filling, writing;
    VEC(uint32_t) seq;  /* [item] of its last row */
    struct error fault; /* of the writer; code ERR_NONE: none */
};

/* --- the writer */

static void pause_between_commits(void)
{
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
}

static void *write_batches(void *arg)
{
    struct run_journal *j = arg;
    struct error fault = {0};
    pthread_mutex_lock(&j->lock);
    for (;;) {
        while (!j->filling.rows.len && !j->closing)
            pthread_cond_wait(&j->more, &j->lock);
        if (!j->filling.rows.len || j->fault.code)
            break;
        struct journal_batch batch = j->filling;
        j->filling = j->writing;
        pthread_cond_broadcast(&j->room);
        bool hurry = j->closing;
        pthread_mutex_unlock(&j->lock);
        int status = journal_write(j->writer, batch.rows.at, batch.rows.len, &fault);
        journal_batch_clear(&batch);
        if (!status && !hurry)
            pause_between_commits();
        pthread_mutex_lock(&j->lock);
        j->writing = batch;
        if (status)
            j->fault = fault;
    }
    pthread_cond_broadcast(&j->room);
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

/* --- the listener */

static bool is_review(const struct run_journal *j, uint32_t step)
{
    return j->pipeline->step[step].kind == STEP_REVIEW;
}

/* False: the journal does not keep this one. */
static bool row_of(const struct run_journal *j, const struct run_event *e, struct journal_row *r)
{
    static const enum journal_kind kinds[] = {
        [RUN_ITEM_BEGAN] = JOURNAL_BEGAN,      [RUN_ATTEMPT_BEGAN] = JOURNAL_ASKED,
        [RUN_ATTEMPT_ENDED] = JOURNAL_ATTEMPT, [RUN_VISIT_ENDED] = JOURNAL_VISIT,
        [RUN_ITEM_ENDED] = JOURNAL_ENDED,
    };
    if ((e->kind == RUN_ATTEMPT_BEGAN && !is_review(j, e->step)) ||
        (e->kind == RUN_ITEM_ENDED && e->end == RUN_END_UNFINISHED)) /* no end: it can go on */
        return false;
    *r = (struct journal_row){
        .kind = kinds[e->kind],
        .item = e->item,
        .class = e->class,
        .path = e->path,
        .step = e->step,
        .visit = e->visit,
        .attempt = e->attempt,
        .copy = e->copy,
        .flags = (e->cancelled ? (uint32_t)JOURNAL_CANCELLED : 0) |
                 (e->cached ? (uint32_t)JOURNAL_CACHED : 0) |
                 (e->reviewed ? (uint32_t)JOURNAL_REVIEWED : 0) |
                 (e->audited ? (uint32_t)JOURNAL_AUDITED : 0),
        .outcome = (int)e->outcome,
        .verdict = e->kind == RUN_ATTEMPT_ENDED && e->outcome == OUTCOME_OK ? e->verdict : -1,
        .exit = (int)e->exit,
        .ending = (int)e->end,
        .quality = (int)e->quality,
        .to = e->to,
        .asked_s = e->asked_s,
        .begin_s = e->begin_s,
        .end_s = e->end_s,
        .confidence = e->confidence,
        .threshold = e->kind == RUN_VISIT_ENDED ? e->threshold : NAN,
        .cost = e->cost,
        .weight = run_audit_weight(j->pipeline, e),
        .id = e->kind == RUN_ITEM_BEGAN ? e->id : NULL,
        .who = e->who,
        .says = e->says,
        .attributes = e->attributes,
        .payload = e->payload,
        .payload_len = e->payload_len,
    };
    return true;
}

static uint32_t *seq_of(struct run_journal *j, uint64_t item)
{
    while (j->seq.len <= item)
        vec_push(&j->seq, 0);
    return &j->seq.at[item];
}

/* Is it in the store already?  Under the lock. */
static int known(struct run_journal *j, const struct journal_row *r, bool *is, struct error *err)
{
    const struct journal_row *before = NULL;
    uint32_t last = 0, *seq = seq_of(j, r->item);
    *is = false;
    if (!j->recollection)
        return 0;
    if (recollection_find(j->recollection, r, &before, &last, err))
        return -1;
    if (last > *seq)
        *seq = last;
    *is = before != NULL;
    if (before && r->kind == JOURNAL_ENDED && before->ending != r->ending)
        j->disagreed++;
    if (r->kind == JOURNAL_ENDED)
        recollection_forget(j->recollection, r->item);
    return 0;
}

static bool is_full(const struct run_journal *j)
{
    return j->filling.rows.len >= BATCH_ROWS || j->filling.texts.total >= BATCH_BYTES;
}

static int take(struct run_journal *j, struct journal_row *r, struct error *err)
{
    bool is_known;
    while (is_full(j) && !j->fault.code)
        pthread_cond_wait(&j->room, &j->lock);
    if (!j->fault.code && known(j, r, &is_known, &j->fault) == 0) {
        if (is_known)
            return 0;
        if (r->kind != JOURNAL_BEGAN && r->kind != JOURNAL_ENDED)
            r->seq = ++*seq_of(j, r->item);
        journal_batch_add(&j->filling, r);
        if (j->filling.rows.len == 1)
            pthread_cond_signal(&j->more);
        return 0;
    }
    *err = j->fault;
    return -1;
}

static int on_event(void *arg, const struct run_event *e, struct error *err)
{
    struct run_journal *j = arg;
    struct journal_row r;
    if (!row_of(j, e, &r))
        return 0;
    pthread_mutex_lock(&j->lock);
    int status = take(j, &r, err);
    pthread_mutex_unlock(&j->lock);
    return status;
}

struct run_listener run_journal_listener(struct run_journal *j)
{
    return (struct run_listener){j, on_event};
}

/* --- the memory */

static void put(struct buf *b, const char *text)
{
    if (text && *text)
        buf_puts(b, text);
}

/* Answers of steps that act by the scenario's numbers follow from their keys, and are not kept with
 * all they decide: they are given again. */
static bool on_recall(void *arg, const struct stage_call *call, struct stage_answer *a,
                      double *asked_s, double *begin_s, double *end_s)
{
    struct run_journal *j = arg;
    struct journal_row like = {.kind = JOURNAL_ATTEMPT,
                               .item = call->index,
                               .path = call->path,
                               .step = call->step,
                               .visit = call->visit,
                               .attempt = call->attempt};
    const struct journal_row *found = NULL;
    uint32_t last;
    if (!j->pipeline->step[call->step].exec)
        return false;
    pthread_mutex_lock(&j->lock);
    if (!j->fault.code && recollection_find(j->recollection, &like, &found, &last, &j->fault))
        found = NULL; /* the next event tells */
    if (found) {
        a->state = STAGE_DONE;
        a->outcome = (enum outcome)found->outcome;
        a->verdict = found->verdict < 0 ? STAGE_PASS : (enum stage_verdict)found->verdict;
        a->confidence = found->confidence;
        a->cost = found->cost;
        if (found->payload)
            buf_add(&a->output, found->payload, found->payload_len);
        put(&a->says, found->says);
        put(&a->who, found->who);
        put(&a->attributes, found->attributes);
        *asked_s = found->asked_s;
        *begin_s = found->begin_s;
        *end_s = found->end_s;
    }
    pthread_mutex_unlock(&j->lock);
    return found != NULL;
}

const struct run_memory *run_journal_memory(struct run_journal *j)
{
    return j->recollection ? &j->memory : NULL;
}

/* --- begun, taken up, closed */

static int begin_new(struct run_journal *j, struct store *s, const struct run_journal_options *o,
                     struct error *err)
{
    const struct pipeline *p = o->pipeline;
    struct journal_name *names = mem_zero(p->n_steps + p->n_classes, sizeof *names);
    struct journal_run run = {.time = o->time,
                              .scenario = p->name ? p->name : "",
                              .file = p->file ? p->file : "",
                              .sha256 = p->sha256,
                              .seed = o->seed,
                              .option = o->option,
                              .n_options = o->n_options,
                              .step = names,
                              .n_steps = p->n_steps,
                              .class = names + p->n_steps,
                              .n_classes = p->n_classes};
    for (uint32_t i = 0; i < p->n_steps; i++)
        names[i] = (struct journal_name){p->step[i].id, step_kind_name(p->step[i].kind)};
    for (uint32_t i = 0; i < p->n_classes; i++)
        names[p->n_steps + i] = (struct journal_name){p->class[i].id, NULL};
    int status = journal_add(s, &run, &j->run, err);
    mem_free(names);
    return status ? -1 : journal_lease(s, j->run, &j->lease, err);
}

/* Adds what differs between the run and what is asked of it, as half a sentence. */
static void put_differences(const struct journal_run *run, const struct run_journal_options *o,
                            struct buf *out)
{
    if (run->seed != o->seed)
        buf_printf(out, "; its seed was %llu, not %llu", (unsigned long long)run->seed,
                   (unsigned long long)o->seed);
    for (size_t i = 0; i < o->n_options; i++) {
        const struct journal_option *now = &o->option[i];
        const char *was = "";
        for (size_t k = 0; k < run->n_options; k++)
            if (!strcmp(run->option[k].name, now->name))
                was = run->option[k].value;
        if (strcmp(was, now->value))
            buf_printf(out, "; its %s was %.100s, not %.100s", now->name, *was ? was : "not given",
                       *now->value ? now->value : "\"\"");
    }
}

static int check_same(const struct journal_run *run, const struct run_journal_options *o,
                      struct error *err)
{
    struct buf differs = {0};
    if (run->complete)
        return error_set(err, ERR_USAGE,
                         "run %lld is complete; `seam runs show %lld` prints it again",
                         (long long)run->id, (long long)run->id);
    if (strcmp(run->sha256, o->pipeline->sha256))
        buf_printf(&differs, "; its scenario was %s with sha256 %.12s..., not %.12s...",
                   *run->file ? run->file : "another", run->sha256, o->pipeline->sha256);
    put_differences(run, o, &differs);
    int status = differs.len ? error_set(err, ERR_USAGE, "run %lld cannot be gone on with%s",
                                         (long long)run->id, buf_text(&differs))
                             : 0;
    buf_release(&differs);
    return status;
}

static int take_up(struct run_journal *j, struct store *s, const struct run_journal_options *o,
                   struct error *err)
{
    struct arena arena;
    struct journal_run run;
    struct error none = {0};
    int status = -1;
    arena_init(&arena);
    if (o->resume != RESUME_LAST || journal_find(s, 0, o->pipeline->sha256, &arena, &run, &none)) {
        if (journal_find(s, o->resume, NULL, &arena, &run, err))
            goto out;
    }
    j->run = run.id;
    /* what another process did until it let go of the run counts */
    if (journal_lease(s, j->run, &j->lease, err) ||
        journal_find(s, j->run, NULL, &arena, &run, err) || check_same(&run, o, err) ||
        recollection_open(s, j->run, &j->recollection, err))
        goto out;
    status = 0;
out:
    arena_release(&arena);
    return status;
}

static void release(struct run_journal *j)
{
    journal_writer_close(j->writer);
    recollection_close(j->recollection);
    store_close(j->store);
    journal_lease_end(j->lease);
    journal_batch_release(&j->filling);
    journal_batch_release(&j->writing);
    vec_release(&j->seq);
    pthread_cond_destroy(&j->more);
    pthread_cond_destroy(&j->room);
    pthread_mutex_destroy(&j->lock);
    mem_free(j);
}

int run_journal_open(struct store *s, const struct run_journal_options *o, struct run_journal **out,
                     struct error *err)
{
    struct run_journal *j = mem_zero(1, sizeof *j);
    j->pipeline = o->pipeline;
    j->memory = (struct run_memory){j, on_recall};
    arena_init(&j->filling.texts);
    arena_init(&j->writing.texts);
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->more, NULL);
    pthread_cond_init(&j->room, NULL);
    if ((o->resume == RESUME_NONE ? begin_new(j, s, o, err) : take_up(j, s, o, err)) ||
        store_open_again(s, &j->store, err) ||
        journal_writer_open(j->store, j->run, &j->writer, err)) {
        release(j);
        return -1;
    }
    if (pthread_create(&j->thread, NULL, write_batches, j)) {
        release(j);
        return error_set(err, ERR_IO, "the journal's thread could not be started");
    }
    if (j->recollection)
        j->memory.upto_s = recollection_upto_s(j->recollection);
    *out = j;
    return 0;
}

int64_t run_journal_id(const struct run_journal *j)
{
    return j->run;
}

int run_journal_close(struct run_journal *j, bool complete, uint64_t *disagreed, struct error *err)
{
    pthread_mutex_lock(&j->lock);
    j->closing = true;
    pthread_cond_signal(&j->more);
    pthread_mutex_unlock(&j->lock);
    pthread_join(j->thread, NULL);
    int status = 0;
    if (j->fault.code) {
        *err = j->fault;
        status = -1;
    } else if (complete) {
        status = journal_complete(j->store, j->run, err);
    }
    if (disagreed)
        *disagreed = j->disagreed;
    release(j);
    return status;
}
