/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pass@k by the unbiased estimator of Chen et al. 2021 ("Evaluating large language models trained
 * on code", section 2.1), pass^k, the chance that all of k runs are right, by that of Yao et al.
 * 2024 (tau-bench): both draw k of the n runs without putting back. */
#include "trace/repeats.h"

#include "trace/tally_parts.h"

#include <math.h>
#include <string.h>

enum { K_MOST = 32 };

double pass_all_k(uint64_t n, uint64_t c, uint64_t k)
{
    double p = 1;
    for (uint64_t i = 0; i < k; i++)
        p *= c > i ? (double)(c - i) / (double)(n - i) : 0;
    return p;
}

double pass_at_k(uint64_t n, uint64_t c, uint64_t k)
{
    return 1 - pass_all_k(n, n - c, k);
}

/* The first task that a span of the item names; SPAN_NONE. */
static uint32_t *task_of_items(const struct trace_log *log, bool *any)
{
    const struct span_set *s = &log->spans;
    uint32_t *task = mem_alloc((log->items.len + 1) * sizeof *task);
    memset(task, 0xff, (log->items.len + 1) * sizeof *task);
    for (size_t i = 0; i < s->len; i++) {
        uint32_t item = log->span_item[i];
        if (span_task_key(s, i) == SPAN_NONE || item == SPAN_NONE || task[item] != SPAN_NONE)
            continue;
        task[item] = span_task_key(s, i);
        *any = true;
    }
    return task;
}

static void count_run(struct tally_tasks *t, struct tally_task *task, const struct log_item *it)
{
    if (it->end == LOG_UNFINISHED || (it->end == LOG_SHIPPED && it->shipped == LOG_UNKNOWN)) {
        t->unknown++;
        return;
    }
    task->runs++;
    task->right += it->end == LOG_SHIPPED && it->shipped == LOG_GOOD;
}

/* NULL when there is room for no more tasks. */
static struct tally_task *task_of(struct tally_tasks *t, const char *name)
{
    size_t len = strlen(name);
    uint32_t at = intern_find(&t->text, name, len);
    if (at == UINT32_MAX && t->list.len < TALLY_TASKS_MAX) {
        at = intern_put(&t->text, name, len);
        vec_push(&t->list, ((struct tally_task){0, 0}));
    }
    return at == UINT32_MAX ? NULL : &t->list.at[at];
}

void tally_tasks_add(struct tally_tasks *t, const struct trace_log *log)
{
    bool any = false;
    uint32_t *name = task_of_items(log, &any);
    for (size_t i = 0; any && i < log->items.len; i++) {
        if (name[i] == SPAN_NONE)
            continue;
        struct tally_task *task = task_of(t, span_string(&log->spans, name[i]));
        if (task)
            count_run(t, task, &log->items.at[i]);
        else
            t->left_out++;
    }
    mem_free(name);
}

/* As many runs as nine in ten of the repeated tasks have. */
static uint64_t most_k(const struct tally_tasks *t)
{
    uint64_t with[K_MOST + 1] = {0}, repeated = 0, k = 1;
    for (size_t i = 0; i < t->list.len; i++) {
        uint64_t runs = t->list.at[i].runs;
        repeated += runs >= 2;
        for (uint64_t n = 1; n <= K_MOST && n <= runs; n++)
            with[n]++;
    }
    if (repeated == 0)
        return 0;
    while (k < K_MOST && 10 * with[k + 1] >= 9 * repeated)
        k++;
    return k;
}

static void put_curve(const struct tally_tasks *t, const char *id, uint64_t most, double level,
                      double (*of)(uint64_t, uint64_t, uint64_t), struct result *out)
{
    struct curve *c = result_add_curve(out, id, "k", id);
    double *x = mem_alloc(t->list.len * sizeof *x);
    for (uint64_t k = 1; k <= most; k++) {
        struct metrics m = {0};
        size_t n = 0;
        for (size_t i = 0; i < t->list.len; i++)
            if (t->list.at[i].runs >= k)
                x[n++] = of(t->list.at[i].runs, t->list.at[i].right, k);
        observe_mean(&m, id, x, n, n, level, "1");
        struct metric mean = m.list.at[0];
        vec_push(
            &c->points,
            ((struct point){
                .x = (double)k, .y = mean.value, .low = mean.low, .high = fmin(mean.high, 1)}));
        vec_release(&m.list);
    }
    mem_free(x);
}

void observe_tasks(const struct tally *tally, double level, struct result *out)
{
    const struct tally_tasks *t = &tally->tasks;
    if (!t->list.len)
        return;
    uint64_t most = most_k(t);
    metrics_add_exact(&out->metrics, "tasks", (double)t->list.len, "count");
    for (int all = 0; all < 2 && most; all++)
        put_curve(t, all ? "pass_all_k" : "pass_at_k", most, level, all ? pass_all_k : pass_at_k,
                  out);
    if (t->left_out)
        result_warn(out, "%llu runs are of tasks beyond the first %d, and count in no pass@k",
                    (unsigned long long)t->left_out, TALLY_TASKS_MAX);
    if (t->unknown)
        result_warn(out,
                    "%llu runs of tasks are left out of pass@k and pass^k: nobody knows "
                    "whether they end right; --labels FILE tells",
                    (unsigned long long)t->unknown);
    if (!most)
        result_warn(out, "no task was run twice with a known end: there is no pass@k");
}
