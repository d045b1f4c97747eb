/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table of a few hundred rows at most, looked through from the front: it is only asked where an
 * attempt failed, which is rare or alike. */
#include "exec/reasons.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 256, ALIKE_MAX = 160 };

struct reason {
    uint32_t step;
    enum outcome outcome;
    uint64_t count;
    char *alike; /* digits taken out, cut at ALIKE_MAX */
    char *example;
};
struct reasons {
    const struct pipeline *pipeline;
    pthread_mutex_t lock;
    VEC(struct reason) rows;
};

struct reasons *reasons_new(const struct pipeline *p)
{
    struct reasons *r = mem_zero(1, sizeof *r);

    r->pipeline = p;
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

void reasons_free(struct reasons *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->rows.len; i++) {
        mem_free(r->rows.at[i].alike);
        mem_free(r->rows.at[i].example);
    }
    vec_release(&r->rows);
    pthread_mutex_destroy(&r->lock);
    mem_free(r);
}

/* Numbers become one #, so that durations, bytes and lines do not make reasons of their own. */
static void put_alike(const char *says, char out[ALIKE_MAX + 1])
{
    size_t n = 0;

    for (; *says && n < ALIKE_MAX; says++) {
        bool digit = *says >= '0' && *says <= '9';
        if (!digit || n == 0 || out[n - 1] != '#')
            out[n++] = digit ? '#' : *says;
    }
    out[n] = '\0';
}

static struct reason *row_of(struct reasons *r, const struct run_event *e)
{
    char alike[ALIKE_MAX + 1];

    put_alike(e->says, alike);
    for (size_t i = 0; i < r->rows.len; i++) {
        struct reason *row = &r->rows.at[i];
        if (row->step == e->step && row->outcome == e->outcome && strcmp(row->alike, alike) == 0)
            return row;
    }
    if (r->rows.len == ROWS_MAX)
        return NULL;
    vec_push(&r->rows,
             ((struct reason){e->step, e->outcome, 0, mem_strdup(alike), mem_strdup(e->says)}));
    return &r->rows.at[r->rows.len - 1];
}

int reasons_event(void *reasons, const struct run_event *e, struct error *err)
{
    struct reasons *r = reasons;

    if (e->kind != RUN_ATTEMPT_ENDED || e->outcome == OUTCOME_OK || e->outcome == OUTCOME_WRONG ||
        e->cancelled || !*e->says)
        return 0;
    const char *exec = r->pipeline->step[e->step].exec;
    if (!exec || strstr(exec, "\"builtin\":\"stated\""))
        return 0;
    pthread_mutex_lock(&r->lock);
    struct reason *row = row_of(r, e);
    if (row) {
        row->count++;
        if (strcmp(e->says, row->example) < 0) {
            mem_free(row->example);
            row->example = mem_strdup(e->says);
        }
    }
    pthread_mutex_unlock(&r->lock);
    return 0;
}

/* Commoner first, then by step and sentence. */
static int by_count(const void *a, const void *b)
{
    const struct reason *x = a, *y = b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    if (x->step != y->step)
        return x->step < y->step ? -1 : 1;
    return strcmp(x->alike, y->alike);
}

void reasons_warn(struct reasons *r, struct result *out)
{
    static const char *const word[OUTCOME_COUNT] = {
        [OUTCOME_ERROR] = "failed",
        [OUTCOME_MALFORMED] = "answered malformed",
        [OUTCOME_TIMEOUT] = "timed out",
    };

    if (r->rows.len > 0)
        qsort(r->rows.at, r->rows.len, sizeof *r->rows.at, by_count);
    for (size_t i = 0; i < r->rows.len && i < REASONS_TOLD; i++) {
        const struct reason *row = &r->rows.at[i];
        result_warn(out, "`%s`: %llu attempt%s %s: %.400s", r->pipeline->step[row->step].id,
                    (unsigned long long)row->count, row->count == 1 ? "" : "s", word[row->outcome],
                    row->example);
    }
    if (r->rows.len > REASONS_TOLD)
        result_warn(out, "%zu further reasons why attempts failed", r->rows.len - REASONS_TOLD);
}
