/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In each slice of time the first units that are left are dealt out, the same number to each rank;
 * what a rank did not come to goes back to all, so that a slow rank gets help in the next slice.
 * A slice deals a little more than the last one did, so that few ranks run dry and few units come
 * back.  A process that is alone is dealt everything, and slices are there to keep progress. */
#include "sim/share.h"

#include "base/workers.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

enum { FIRST_DEAL = 16, SPANS_MAX = 1 << 24, OVERSHOOTS = 4 };
static const uint64_t UNITS_MAX = (uint64_t)1 << 62;
static const double SLICE_S = 0.25; /* between agreements of several ranks */

struct slice {
    const struct share_job *job;
    struct share mine;      /* dealt to this rank */
    uint64_t *before;       /* [mine.left.len]: units in the spans before */
    uint64_t n, ended;      /* units dealt to all ranks; done in earlier slices */
    double end_s, length_s; /* INFINITY: no end */
    pthread_mutex_t lock;
    VEC(uint64_t) broken_off;
};

/* What the ranks tell each other after a slice. */
struct told {
    bool stop, failed, keep;
    double late_s; /* how long after its end the slice ended */
    struct error err;
    struct share rest;
};

/* --- spans */

static void push(struct share *s, uint64_t begin, uint64_t end)
{
    struct span new = {begin, end};
    if (begin == end)
        return;
    if (s->left.len > 0 && s->left.at[s->left.len - 1].end == begin)
        s->left.at[s->left.len - 1].end = end;
    else
        vec_push(&s->left, new);
}

void share_release(struct share *s)
{
    vec_release(&s->left);
}

void share_extend(struct share *s, uint64_t end)
{
    if (end <= s->upto)
        return;
    push(s, s->upto, end);
    s->upto = end;
}

uint64_t share_left(const struct share *s)
{
    uint64_t n = 0;
    for (size_t i = 0; i < s->left.len; i++)
        n += s->left.at[i].end - s->left.at[i].begin;
    return n;
}

void share_pack(struct share *s, struct pack *p)
{
    uint64_t n = s->left.len, at = 0;
    pack_value(p, &s->upto, UNITS_MAX);
    pack_value(p, &n, SPANS_MAX);
    for (uint64_t i = 0; i < n && !p->broken; i++) {
        struct span x = p->to ? s->left.at[i] : (struct span){0};
        uint64_t gap = x.begin - at, len = x.end - x.begin;
        pack_value(p, &gap, s->upto - at);
        pack_check(p, i == 0 || gap > 0);
        pack_value(p, &len, s->upto - at - gap);
        pack_check(p, len > 0);
        if (!p->to && !p->broken)
            push(s, at + gap, at + gap + len);
        at += gap + len;
    }
}

/* Adds units first, ..., first + n - 1 of those that are left in `from`. */
static void copy_part(const struct share *from, uint64_t first, uint64_t n, struct share *to)
{
    for (size_t i = 0; i < from->left.len && n > 0; i++) {
        struct span x = from->left.at[i];
        uint64_t len = x.end - x.begin;
        if (first >= len) {
            first -= len;
            continue;
        }
        uint64_t take = len - first < n ? len - first : n;
        push(to, x.begin + first, x.begin + first + take);
        first = 0;
        n -= take;
    }
}

/* --- a slice on this rank */

static bool is_over(void *arg)
{
    const struct slice *s = arg;
    return s->job->clock_s() >= s->end_s;
}

static uint64_t unit_at(const struct slice *s, uint64_t k)
{
    size_t low = 0, high = s->mine.left.len;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (s->before[middle] <= k)
            low = middle;
        else
            high = middle;
    }
    return s->mine.left.at[low].begin + (k - s->before[low]);
}

static void do_unit(void *arg, uint32_t worker, uint64_t k)
{
    struct slice *s = arg;
    uint64_t i = unit_at(s, k);
    if (s->job->unit(s->job->arg, worker, i))
        return;
    pthread_mutex_lock(&s->lock);
    vec_push(&s->broken_off, i);
    pthread_mutex_unlock(&s->lock);
}

static void report(void *arg, uint64_t done)
{
    const struct slice *s = arg;
    s->job->report(s->job->arg, s->ended + done * s->job->ranks->size);
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Works until the slice ends; what is left of it into *rest. */
static void work_slice(struct slice *s, struct share *rest)
{
    const struct share_job *job = s->job;
    bool reports = job->report && job->ranks->rank == 0;
    uint64_t n = 0;
    s->before = mem_zero(s->mine.left.len + 1, sizeof *s->before);
    for (size_t i = 0; i < s->mine.left.len; i++) {
        s->before[i] = n;
        n += s->mine.left.at[i].end - s->mine.left.at[i].begin;
    }
    struct work w = {.begin = 0,
                     .end = n,
                     .stop = job->stop,
                     .unit = do_unit,
                     .enough = isfinite(s->end_s) ? is_over : NULL,
                     .arg = s,
                     .report = reports ? report : NULL,
                     .report_every = job->report_every};
    uint64_t done = n ? workers_run(&w, job->threads) : 0;
    if (s->broken_off.len > 0)
        qsort(s->broken_off.at, s->broken_off.len, sizeof *s->broken_off.at, by_number);
    for (size_t i = 0; i < s->broken_off.len; i++)
        push(rest, s->broken_off.at[i], s->broken_off.at[i] + 1);
    copy_part(&s->mine, done, n - done, rest);
    rest->upto = rest->left.len ? rest->left.at[rest->left.len - 1].end : 0;
    s->broken_off.len = 0;
    mem_free(s->before);
}

/* --- what the ranks agree on */

static void pack_told(struct pack *p, struct told *t)
{
    pack_flag(p, &t->stop);
    pack_flag(p, &t->keep);
    pack_flag(p, &t->failed);
    pack_double(p, &t->late_s);
    if (t->failed)
        error_pack(p, &t->err);
    share_pack(&t->rest, p);
}

/* Tells the others; all of them into *all, with the rest of the slice. */
static void agree(const struct ranks *ranks, struct told *mine, struct told *all)
{
    struct buf bytes = {0}, from_all = {0};
    struct pack writer = pack_writer(&bytes);
    pack_told(&writer, mine);
    ranks_all(ranks, &bytes, &from_all);
    struct pack reader = pack_reader(buf_text(&from_all), from_all.len);
    *all = (struct told){0};
    for (uint32_t i = 0; i < ranks->size; i++) {
        struct told one = {0};
        pack_told(&reader, &one);
        all->stop = all->stop || one.stop;
        all->keep = all->keep || one.keep;
        all->late_s = fmax(all->late_s, one.late_s);
        if (one.failed && !all->failed)
            all->err = one.err;
        all->failed = all->failed || one.failed;
        for (size_t k = 0; k < one.rest.left.len; k++)
            push(&all->rest, one.rest.left.at[k].begin, one.rest.left.at[k].end);
        share_release(&one.rest);
    }
    if (!pack_whole(&reader))
        BUG("a rank's message is broken");
    buf_release(&bytes);
    buf_release(&from_all);
}

/* Seconds of a slice: to keep progress in time, and for ranks to hear of each other. */
static double slice_length(const struct share *s, const struct share_job *job, double late_s)
{
    double length = job->ranks->size > 1 ? SLICE_S : INFINITY;
    if (!job->clock_s)
        return INFINITY;
    if (job->keep_every_s > 0 && job->ranks->rank == 0)
        length = fmin(length, fmax(s->kept_s + job->keep_every_s - job->clock_s(), 0.01));
    return fmax(length, OVERSHOOTS * late_s);
}

/* Deals `n` units, works, and leaves what is left in *s; *heard is what the ranks said. */
static void share_slice(struct share *s, const struct share_job *job, struct slice *slice,
                        uint64_t n, struct told *heard)
{
    uint32_t rank = job->ranks->rank, size = job->ranks->size;
    uint64_t from = (uint64_t)((unsigned __int128)n * rank / size);
    uint64_t upto = (uint64_t)((unsigned __int128)n * (rank + 1) / size);
    double length = slice_length(s, job, heard->late_s);
    struct told mine = {0};
    slice->mine = (struct share){0};
    slice->end_s = isfinite(length) ? job->clock_s() + length : INFINITY;
    copy_part(s, from, upto - from, &slice->mine);
    work_slice(slice, &mine.rest);
    mine.stop = job->stop && atomic_load(job->stop);
    mine.failed = job->failed && job->failed(job->arg, &mine.err);
    if (job->clock_s) {
        double now = job->clock_s();
        mine.late_s = isfinite(slice->end_s) ? fmax(now - slice->end_s, 0) : 0;
        mine.keep = rank == 0 && job->keep_every_s > 0 && now >= s->kept_s + job->keep_every_s;
    }
    agree(job->ranks, &mine, heard);
    copy_part(s, n, share_left(s) - n, &heard->rest);
    heard->rest.upto = s->upto;
    heard->rest.kept_s = s->kept_s;
    share_release(s);
    *s = heard->rest;
    share_release(&slice->mine);
    share_release(&mine.rest);
}

int share_run(struct share *s, const struct share_job *job, struct error *err)
{
    uint64_t begun = share_left(s), left = begun;
    uint64_t deal = job->ranks->size == 1 || !job->clock_s
                        ? UINT64_MAX
                        : (uint64_t)FIRST_DEAL * job->ranks->size * job->threads;
    struct slice slice = {.job = job};
    struct told heard = {0};
    pthread_mutex_init(&slice.lock, NULL);
    while (left > 0 && !heard.stop && !heard.failed) {
        uint64_t n = deal < left ? deal : left;
        slice.ended = begun - left;
        share_slice(s, job, &slice, n, &heard);
        uint64_t now_left = share_left(s), done = left - now_left;
        if (deal != UINT64_MAX)
            deal = done == n ? 4 * n : done + done / 4 + job->ranks->size;
        left = now_left;
        if (heard.keep && !heard.failed) {
            job->keep(job->arg);
            s->kept_s = job->clock_s();
        }
    }
    pthread_mutex_destroy(&slice.lock);
    vec_release(&slice.broken_off);
    if (heard.failed)
        *err = heard.err;
    return heard.failed ? -1 : 0;
}
