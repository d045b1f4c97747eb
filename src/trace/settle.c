/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can only be told when all spans are read.
 *
 * Both kinds are sorted by the ids they ask for, and all spans looked up in them by bisection:
 * n log m, in any order of the log. */
#include "trace/settle.h"

#include "trace/voices.h"

#include <math.h>
#include <stdlib.h>

void settle_judgement(struct settle *s, const struct judgement *j)
{
    struct judgement copy = *j;
    copy.order = (uint32_t)s->judgements.len;
    copy.at = SPAN_NONE;
    vec_push(&s->judgements, copy);
}

void settle_shared(struct settle *s, const struct span_set *set)
{
    vec_push(&s->shared, (uint32_t)(set->len - 1));
}

void settle_response(struct settle *s, uint64_t response, size_t span)
{
    vec_push(&s->responses, ((struct response){response, (uint32_t)span}));
}

struct settle_mark settle_mark(const struct settle *s)
{
    return (struct settle_mark){s->judgements.len, s->shared.len, s->responses.len};
}

void settle_back(struct settle *s, struct settle_mark mark)
{
    s->judgements.len = mark.judgements;
    s->shared.len = mark.shared;
    s->responses.len = mark.responses;
}

void settle_release(struct settle *s)
{
    vec_release(&s->judgements);
    vec_release(&s->shared);
    vec_release(&s->responses);
    vec_release(&s->lone);
    s->sampled = false;
}

/* ---- shared ids --------------------------------------------------------------------------- */

struct half {
    uint64_t span;
    uint32_t trace, at; /* the server's */
    bool met;           /* its client is in the log */
};

static int by_ids(uint64_t span, uint32_t trace, uint64_t other_span, uint32_t other_trace)
{
    if (span != other_span)
        return span < other_span ? -1 : 1;
    return trace < other_trace ? -1 : trace > other_trace;
}

static int by_half(const void *a, const void *b)
{
    const struct half *x = a, *y = b;
    int order = by_ids(x->span, x->trace, y->span, y->trace);
    return order ? order : x->at < y->at ? -1 : x->at > y->at;
}

/* The id of the client's half (the finaliser of SplitMix64 on the shared one); never 0. */
static uint64_t client_id(uint64_t id)
{
    id = (id ^ id >> 30) * 0xbf58476d1ce4e5b9;
    id = (id ^ id >> 27) * 0x94d049bb133111eb;
    id ^= id >> 31;
    return id ? id : 1;
}

/* The first of the n sorted halves with these ids, or NULL. */
static struct half *find_half(struct half *halves, size_t n, uint64_t span, uint32_t trace)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (by_ids(halves[mid].span, halves[mid].trace, span, trace) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < n && halves[low].span == span && halves[low].trace == trace ? &halves[low] : NULL;
}

static void part_halves(const struct settle *s, struct span_set *set)
{
    size_t n = s->shared.len;
    struct half *halves = mem_alloc((n + 1) * sizeof *halves);
    bool *server = mem_zero(set->len + 1, sizeof *server);
    for (size_t k = 0; k < n; k++) {
        uint32_t i = s->shared.at[k];
        halves[k] = (struct half){set->id[i], set->trace[i], i, false};
        server[i] = true;
    }
    qsort(halves, n, sizeof *halves, by_half);
    for (size_t i = 0; i < set->len; i++) {
        struct half *h = server[i] ? NULL : find_half(halves, n, set->id[i], set->trace[i]);
        if (h) {
            h->met = true;
            set->id[i] = client_id(set->id[i]);
        }
    }
    for (size_t k = 0; k < n; k++) {
        if (k && !by_ids(halves[k].span, halves[k].trace, halves[k - 1].span, halves[k - 1].trace))
            halves[k].met = halves[k - 1].met;
        if (halves[k].met)
            set->parent[halves[k].at] = client_id(halves[k].span);
    }
    mem_free(halves);
    mem_free(server);
}

/* ---- responses ---------------------------------------------------------------------------- */

static int by_response(const void *a, const void *b)
{
    const struct response *x = a, *y = b;
    if (x->id != y->id)
        return x->id < y->id ? -1 : 1;
    return x->span < y->span ? -1 : x->span > y->span;
}

static const struct response *find_response(const struct settle *s, uint64_t id)
{
    size_t low = 0, high = s->responses.len;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (s->responses.at[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low < s->responses.len && s->responses.at[low].id == id ? &s->responses.at[low] : NULL;
}

static void sort_responses(struct settle *s)
{
    if (s->responses.len)
        qsort(s->responses.at, s->responses.len, sizeof *s->responses.at, by_response);
}

/* Judgements by response become those of the first span that gave it. */
static void find_spans(struct settle *s, const struct span_set *set, struct quality *quality)
{
    size_t kept = 0;
    sort_responses(s);
    for (size_t k = 0; k < s->judgements.len; k++) {
        struct judgement *j = &s->judgements.at[k];
        const struct response *r = j->response ? find_response(s, j->response) : NULL;
        if (r) {
            j->span = set->id[r->span];
            j->trace = set->trace[r->span];
        } else if (j->response) {
            if (!s->sampled)
                quality_note(quality, QUALITY_STRAY, j->file, j->line);
            continue;
        }
        s->judgements.at[kept++] = *j;
    }
    s->judgements.len = kept;
}

/* ---- judgements --------------------------------------------------------------------------- */

static int by_target(const void *a, const void *b)
{
    const struct judgement *x = a, *y = b;
    int order = by_ids(x->span, x->trace, y->span, y->trace);
    return order ? order : x->order < y->order ? -1 : x->order > y->order;
}

/* All that is said of one target: the best score, the last decision, and all voices. */
struct verdict_of {
    struct judgement said;
    uint32_t root; /* the first root of its trace, when it is of that */
    uint32_t at;   /* the span it was put onto last; SPAN_NONE */
    size_t first;  /* of its judgements */
};
struct verdicts {
    struct verdict_of *at; /* sorted */
    size_t n;
};

static void fold(struct settle *s, struct span_set *set, struct verdicts *out)
{
    struct judgement *j = s->judgements.at;
    qsort(j, s->judgements.len, sizeof *j, by_target);
    out->at = mem_alloc(s->judgements.len * sizeof *out->at);
    for (size_t k = 0; k < s->judgements.len; k++) {
        struct judgement *last = out->n ? &out->at[out->n - 1].said : NULL;
        if (!last || by_ids(last->span, last->trace, j[k].span, j[k].trace)) {
            out->at[out->n++] = (struct verdict_of){j[k], SPAN_NONE, SPAN_NONE, k};
            continue;
        }
        if (!isnan(j[k].score) && (isnan(last->score) || j[k].rank > last->rank)) {
            last->score = j[k].score;
            last->rank = j[k].rank;
        }
        if (j[k].decision != SPAN_NONE) {
            last->decision = j[k].decision;
            last->afterwards = j[k].afterwards;
        }
        last->said_by = voices_join(set, last->said_by, j[k].said_by);
    }
}

static struct verdict_of *find_verdict(const struct verdicts *v, uint64_t span, uint32_t trace)
{
    size_t low = 0, high = v->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (by_ids(v->at[mid].said.span, v->at[mid].said.trace, span, trace) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    bool found = low < v->n && v->at[low].said.span == span && v->at[low].said.trace == trace;
    return found ? &v->at[low] : NULL;
}

static void put(struct span_set *set, uint32_t i, struct verdict_of *v)
{
    if (!v)
        return;
    v->at = i;
    if (!isnan(v->said.score))
        set->confidence[i] = v->said.score;
    if (v->said.decision != SPAN_NONE) {
        set->decision[i] = v->said.decision;
        if (v->said.afterwards)
            set->flags[i] |= SPAN_ANNOTATED;
        span_set_said_by(set, i, voices_join(set, span_said_by(set, i), v->said.said_by));
    }
}

static void put_all(struct settle *s, struct span_set *set, struct verdicts *out)
{
    struct verdicts all = {0};
    fold(s, set, &all);
    for (uint32_t i = 0; i < set->len; i++) {
        struct verdict_of *of_trace = set->parent[i] ? NULL : find_verdict(&all, 0, set->trace[i]);
        if (of_trace &&
            (of_trace->root == SPAN_NONE || set->start_ns[i] < set->start_ns[of_trace->root]))
            of_trace->root = i;
        if (set->id[i]) {
            put(set, i, find_verdict(&all, set->id[i], SPAN_NONE));
            put(set, i, find_verdict(&all, set->id[i], set->trace[i]));
        }
    }
    for (size_t k = 0; k < all.n; k++)
        if (all.at[k].root != SPAN_NONE)
            put(set, all.at[k].root, &all.at[k]);
    *out = all;
}

static void judge(struct settle *s, struct span_set *set, struct quality *quality)
{
    struct verdicts all;
    put_all(s, set, &all);
    for (size_t k = 0; k < all.n; k++)
        if (all.at[k].at == SPAN_NONE && !(s->sampled && all.at[k].said.trace == SPAN_NONE))
            quality_note(quality, QUALITY_STRAY, all.at[k].said.file, all.at[k].said.line);
    mem_free(all.at);
}

void settle_all(struct settle *s, struct span_set *set, struct quality *quality)
{
    if (s->shared.len)
        part_halves(s, set);
    if (s->judgements.len)
        find_spans(s, set, quality);
    if (s->judgements.len)
        judge(s, set, quality);
}

/* ---- spans that come and go --------------------------------------------------------------- */

static int by_order(const void *a, const void *b)
{
    const struct judgement *x = a, *y = b;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void put_in_order(struct settle *s)
{
    if (s->judgements.len)
        qsort(s->judgements.at, s->judgements.len, sizeof *s->judgements.at, by_order);
    for (size_t k = 0; k < s->judgements.len; k++)
        s->judgements.at[k].order = (uint32_t)k;
}

/* Those by response whose span is here are of that span from now on; the others go behind.  How
 * many are of spans. */
static size_t part_by_response(struct settle *s, const struct span_set *set)
{
    size_t of_spans = 0;
    sort_responses(s);
    for (size_t k = 0; k < s->judgements.len; k++) {
        struct judgement j = s->judgements.at[k];
        const struct response *r = j.response ? find_response(s, j.response) : NULL;
        if (r) {
            j.span = set->id[r->span];
            j.trace = set->trace[r->span];
            j.response = 0;
        }
        s->judgements.at[k] = j;
        if (j.response)
            continue;
        s->judgements.at[k] = s->judgements.at[of_spans];
        s->judgements.at[of_spans++] = j;
    }
    return of_spans;
}

void settle_window(struct settle *s, struct span_set *set)
{
    struct verdicts all;
    size_t n = s->judgements.len;
    if (s->shared.len)
        part_halves(s, set);
    s->shared.len = 0;
    if (n == 0)
        return;
    s->judgements.len = part_by_response(s, set);
    put_all(s, set, &all);
    for (size_t k = 0; k < all.n; k++) {
        size_t end = k + 1 < all.n ? all.at[k + 1].first : s->judgements.len;
        for (size_t i = all.at[k].first; i < end; i++)
            s->judgements.at[i].at = all.at[k].at;
    }
    s->judgements.len = n;
    mem_free(all.at);
    put_in_order(s);
}

static uint32_t moved(const uint32_t *new_text, uint32_t id)
{
    return id == SPAN_NONE ? SPAN_NONE : new_text[id];
}

/* Spans have other numbers; those that are gone are left out.  How many stay. */
static size_t keep_spans(uint32_t *at, size_t n, const uint32_t *new_span)
{
    size_t kept = 0;
    for (size_t k = 0; k < n; k++)
        if (new_span[at[k]] != SPAN_NONE)
            at[kept++] = new_span[at[k]];
    return kept;
}

static void keep_responses(struct settle *s, const uint32_t *new_span)
{
    size_t kept = 0;
    for (size_t k = 0; k < s->responses.len; k++) {
        struct response r = s->responses.at[k];
        r.span = new_span[r.span];
        if (r.span != SPAN_NONE)
            s->responses.at[kept++] = r;
    }
    s->responses.len = kept;
}

void settle_keep(struct settle *s, const uint32_t *new_span, const uint32_t *new_text, size_t most,
                 struct quality *quality)
{
    size_t kept = 0, waiting = 0, left_out;
    keep_responses(s, new_span);
    s->lone.len = keep_spans(s->lone.at, s->lone.len, new_span);
    for (size_t k = 0; k < s->judgements.len; k++)
        waiting += s->judgements.at[k].at == SPAN_NONE;
    left_out = waiting > most ? waiting - most : 0;
    kept = 0;
    for (size_t k = 0; k < s->judgements.len; k++) {
        struct judgement j = s->judgements.at[k];
        if (j.at == SPAN_NONE && left_out) {
            quality_note(quality, QUALITY_STRAY, j.file, j.line);
            left_out--;
            continue;
        }
        if (j.at != SPAN_NONE && new_span[j.at] == SPAN_NONE)
            continue;
        j.at = SPAN_NONE;
        j.trace = moved(new_text, j.trace);
        j.decision = moved(new_text, j.decision);
        j.said_by = moved(new_text, j.said_by);
        s->judgements.at[kept++] = j;
    }
    s->judgements.len = kept;
    put_in_order(s);
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Ids of the spans of a set and of the responses that wait, sorted; the caller frees. */
static uint64_t *ids_of(const struct settle *s, const struct span_set *set, size_t *n)
{
    uint64_t *ids = mem_alloc((set->len + s->responses.len + 1) * sizeof *ids);
    *n = 0;
    for (size_t i = 0; i < set->len; i++)
        ids[(*n)++] = set->id[i];
    for (size_t k = 0; k < s->responses.len; k++)
        ids[(*n)++] = s->responses.at[k].id;
    qsort(ids, *n, sizeof *ids, by_number);
    return ids;
}

void settle_sample(struct settle *s, const struct span_set *set, const uint32_t *new_span,
                   const uint32_t *new_text, const bool *gone, size_t most)
{
    size_t kept = 0, n = 0;
    keep_responses(s, new_span);
    s->shared.len = keep_spans(s->shared.at, s->shared.len, new_span);
    s->lone.len = keep_spans(s->lone.at, s->lone.len, new_span);
    uint64_t *ids = s->judgements.len > most ? ids_of(s, set, &n) : NULL;
    for (size_t k = 0; k < s->judgements.len; k++) {
        struct judgement j = s->judgements.at[k];
        uint64_t id = j.response ? j.response : j.span;
        if (j.trace != SPAN_NONE ? gone[j.trace]
                                 : ids && !bsearch(&id, ids, n, sizeof *ids, by_number))
            continue;
        j.trace = moved(new_text, j.trace);
        j.decision = moved(new_text, j.decision);
        j.said_by = moved(new_text, j.said_by);
        s->judgements.at[kept++] = j;
    }
    s->judgements.len = kept;
    s->sampled = true;
    mem_free(ids);
    put_in_order(s);
}

void settle_texts(const struct settle *s, bool *used)
{
    for (size_t k = 0; k < s->judgements.len; k++) {
        if (s->judgements.at[k].trace != SPAN_NONE)
            used[s->judgements.at[k].trace] = true;
        if (s->judgements.at[k].decision != SPAN_NONE)
            used[s->judgements.at[k].decision] = true;
        if (s->judgements.at[k].said_by != SPAN_NONE)
            used[s->judgements.at[k].said_by] = true;
    }
}

void settle_end(struct settle *s, struct quality *quality)
{
    for (size_t k = 0; k < s->judgements.len; k++)
        if (s->judgements.at[k].at == SPAN_NONE)
            quality_note(quality, QUALITY_STRAY, s->judgements.at[k].file,
                         s->judgements.at[k].line);
    s->judgements.len = s->responses.len = 0;
}
