/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A log whose traces lie side by side: some retry, some stop for a person and go on in a trace of
 * their own, under the same session, once twenty others have begun. */
#ifndef SEAM_TESTS_MIXED_LOG_H
#define SEAM_TESTS_MIXED_LOG_H

#include "base/file.h"
#include "math/rng.h"
#include "tests/unit/log_text.h"

#include <stdlib.h>

enum { MIXED_OPEN = 12 };

struct run {
    unsigned number, start_ms, step;
    bool resumes, stops; /* the second half of a run that stopped for a person; the first */
};

static inline void put(struct buf *b, const struct run *r, unsigned id, unsigned parent,
                       const char *name, unsigned from_ms, unsigned to_ms, const char *more)
{
    char trace[40], span[20], above[20] = "";
    snprintf(trace, sizeof trace, "%024x%08x", r->resumes ? 2u : 1u, r->number);
    snprintf(span, sizeof span, "%08x%08x", r->number + 1, id);
    if (parent)
        snprintf(above, sizeof above, "%08x%08x", r->number + 1, parent);
    put_span(b, trace, span, above, name, r->start_ms + from_ms, r->start_ms + to_ms, more);
}

/* The next span of a run; false when that was its last. */
static inline bool put_next(struct buf *b, struct run *r, struct rng_seq *rng)
{
    unsigned confidence = (unsigned)rng_below(rng, 100), took = 8 * (unsigned)rng_below(rng, 50);
    char more[600];
    if (r->resumes && r->step == 0)
        r->step = 4;
    switch (r->step++) {
    case 0:
        put(b, r, 2, 1, "retrieve", 8, 40 + took, r->number % 9 == 4 ? FAILED : "");
        return true;
    case 1:
        if (r->number % 9 == 4)
            put(b, r, 3, 1, "retrieve", 600, 640 + took, "");
        return true;
    case 2:
        snprintf(more, sizeof more,
                 ",\"attributes\":[{\"key\":\"gen_ai.operation.name\",\"value\":{\"stringValue\":"
                 "\"chat\"}},{\"key\":\"confidence\",\"value\":{\"doubleValue\":0.%02u}}]",
                 confidence);
        put(b, r, 4, 1, "generate", 1200, 1600 + took, more);
        r->stops = confidence < 40;
        return true;
    case 3:
        snprintf(more, sizeof more,
                 ",\"attributes\":[{\"key\":\"session.id\",\"value\":{\"stringValue\":\"s%u\"}}],"
                 "\"events\":[{\"name\":\"exception\",\"attributes\":[{\"key\":\"exception.type\","
                 "\"value\":{\"stringValue\":\"GraphInterrupt\"}}]}]" FAILED,
                 r->number);
        if (r->stops)
            put(b, r, 5, 1, "human_review", 2400, 2408, more);
        put(b, r, 1, 0, "run", 0, 2600, "");
        return false;
    case 4:
        snprintf(more, sizeof more,
                 ",\"attributes\":[{\"key\":\"session.id\",\"value\":{\"stringValue\":\"s%u\"}},"
                 "{\"key\":\"decision\",\"value\":{\"stringValue\":\"%s\"}}]",
                 r->number, confidence % 3 ? "approved" : "rejected");
        put(b, r, 15, 11, "human_review", 16, 400 + took, more);
        return true;
    default:
        put(b, r, 11, 0, "run", 0, 1000, "");
        return false;
    }
}

/* A run that stopped goes on once as many others have begun. */
static inline struct run next_run(struct run *stopped, size_t *n_stopped, unsigned *begun)
{
    if (*n_stopped && stopped[0].number + 20 < *begun) {
        struct run r = {stopped[0].number, *begun * 1000, 0, true, false};
        memmove(stopped, stopped + 1, --*n_stopped * sizeof *stopped);
        return r;
    }
    struct run r = {*begun, *begun * 1000, 0, false, false};
    ++*begun;
    return r;
}

static inline struct buf mixed_log(unsigned runs)
{
    struct buf b = {0};
    struct rng_seq rng = {rng_key(11, 0, 0, 0, RNG_SPLIT), 0};
    struct run open[MIXED_OPEN], *stopped = mem_zero(runs + 1, sizeof *stopped);
    unsigned begun = 0;
    size_t n_stopped = 0, n = 0;
    while (n < MIXED_OPEN)
        open[n++] = next_run(stopped, &n_stopped, &begun);
    while (n) {
        size_t at = (size_t)rng_below(&rng, n);
        if (put_next(&b, &open[at], &rng))
            continue;
        if (open[at].stops && !open[at].resumes)
            stopped[n_stopped++] = open[at];
        if (begun < runs)
            open[at] = next_run(stopped, &n_stopped, &begun);
        else
            open[at] = open[--n];
    }
    mem_free(stopped);
    return b;
}

/* Copies of a log of the project one behind the other, with ids (8-4-4-4-12 digits) of their own.
 * The caller releases it. */
static inline struct buf copies_of_log(const char *name, unsigned copies)
{
    struct buf text = {0}, out = {0};
    struct error err = {0};
    ok(file_read(data_path(name), 1 << 24, &text, &err), &err);
    for (unsigned k = 0; k < copies; k++) {
        size_t from = out.len;
        buf_add(&out, text.data, text.len);
        for (char *s = out.data + from; (s = strchr(s, '-')); s++)
            for (int d = 1; s - out.data > 8 && s[5] == '-' && s[10] == '-' && d < 3; d++) {
                const char digit[2] = {s[-d]};
                s[-d] = "0123456789abcdef"[(strtoul(digit, NULL, 16) + (k >> 4 * (d - 1))) % 16];
            }
    }
    buf_release(&text);
    return out;
}

#endif
