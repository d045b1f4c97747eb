/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding the states: breadth first from the entry, through a hash table of their words.
 *
 * A state's words are its step, quality and review, the scorer that spoke last, a band for each
 * scorer, the counters, and the qualities remembered for targets of back edges.  What the rest of
 * the way cannot ask about is set to 0, found by walking the steps' routes backwards, so that
 * items which differ in nothing that matters are one state. */
#include "sim/exact_chain.h"

#include <string.h>

enum { WORD_STEP, WORD_ITEM, WORD_LAST, WORD_BANDS };

struct explorer {
    struct chain *c;
    const struct pipeline *p;
    const struct rules *r;
    const bool *possible;
    uint32_t n_steps, counters, slots, length; /* word offsets; words of a state */
    bool *ahead;            /* [n_steps][n_steps]: u may still be visited by an item entering x */
    bool *asks;             /* [n_steps][n_steps]: a gate ahead of x asks scorer s by name */
    bool *asks_last;        /* [n_steps] a gate ahead of x asks whoever spoke last */
    uint32_t *counter_step; /* [n_counters] step whose exit counts it */
    bool *slot_ahead;       /* [n_steps][n_entry_slots] */
    VEC(uint32_t) words;
    VEC(struct chain_state) states;
    VEC(struct hop) hops;
    uint32_t *table, table_size; /* state + 1 */
};

/* --- what lies ahead */

static bool merge(bool *into, const bool *from, uint32_t n, uint32_t except)
{
    bool changed = false;
    for (uint32_t i = 0; i < n; i++)
        if (from[i] && !into[i] && i != except)
            into[i] = changed = true;
    return changed;
}

/* What lies ahead of the target of one route lies ahead of its step. */
static bool look_along(struct explorer *x, uint32_t step, enum exit_kind exit,
                       const struct route *route)
{
    uint32_t n = x->n_steps, to = (uint32_t)route->to;
    if (route->to < 0)
        return false;
    bool overwritten = x->p->step[step].has_confidence && exit != EXIT_FAIL;
    bool changed = merge(x->ahead + step * n, x->ahead + to * n, n, UINT32_MAX);
    changed |= merge(x->asks + step * n, x->asks + to * n, n, overwritten ? step : UINT32_MAX);
    changed |= merge(x->asks_last + step, x->asks_last + to, overwritten ? 0 : 1, UINT32_MAX);
    return changed;
}

static bool look_ahead_once(struct explorer *x, uint32_t step)
{
    bool changed = false;
    for (int e = 0; e < EXIT_KIND_COUNT; e++)
        for (int32_t k = x->r->exit[step][e]; k >= 0; k = x->r->route[k].otherwise)
            changed |= look_along(x, step, e, &x->r->route[k]);
    return changed;
}

static void note_route(struct explorer *x, uint32_t step, const struct route *route)
{
    if (route->counter != ROUTE_FREE)
        x->counter_step[route->counter] = step;
    for (uint32_t i = 0; i < x->n_steps && route->back; i++)
        if (x->ahead[i * x->n_steps + step])
            x->slot_ahead[i * x->r->n_entry_slots + (uint32_t)x->r->entry_slot[route->to]] = true;
}

static void look_ahead(struct explorer *x)
{
    uint32_t n = x->n_steps;
    for (uint32_t i = 0; i < n; i++) {
        const struct step *s = &x->p->step[i];
        x->ahead[i * n + i] = true;
        if (s->kind == STEP_GATE && s->gate_of >= 0 && s->gate_of != (int32_t)i)
            x->asks[i * n + (uint32_t)s->gate_of] = true;
        if (s->kind == STEP_GATE && s->gate_of < 0 && !s->has_confidence)
            x->asks_last[i] = true;
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = n; i-- > 0;)
            changed |= look_ahead_once(x, i);
    }
    for (uint32_t i = 0; i < n; i++)
        for (int e = 0; e < EXIT_KIND_COUNT; e++)
            for (int32_t k = x->r->exit[i][e]; k >= 0; k = x->r->route[k].otherwise)
                note_route(x, i, &x->r->route[k]);
}

/* --- states */

static uint32_t hash_words(const uint32_t *w, uint32_t n)
{
    uint64_t h = 0x9e3779b97f4a7c15u;
    for (uint32_t i = 0; i < n; i++) {
        h = (h ^ w[i]) * 0xbf58476d1ce4e5b9u;
        h ^= h >> 29;
    }
    return (uint32_t)(h ^ (h >> 32));
}

static uint32_t *table_place(struct explorer *x, const uint32_t *w)
{
    uint32_t mask = x->table_size - 1;
    for (uint32_t i = hash_words(w, x->length) & mask;; i = (i + 1) & mask) {
        uint32_t s = x->table[i];
        if (!s || !memcmp(&x->words.at[(size_t)(s - 1) * x->length], w, x->length * sizeof *w))
            return &x->table[i];
    }
}

static void table_grow(struct explorer *x)
{
    mem_free(x->table);
    x->table_size = x->table_size ? x->table_size * 2 : 64;
    x->table = mem_zero(x->table_size, sizeof *x->table);
    for (uint32_t s = 0; s < x->states.len; s++)
        *table_place(x, &x->words.at[(size_t)s * x->length]) = s + 1;
}

static uint32_t state_put(struct explorer *x, const uint32_t *w)
{
    if (2 * (x->states.len + 1) > x->table_size)
        table_grow(x);
    uint32_t *place = table_place(x, w);
    if (!*place) {
        for (uint32_t i = 0; i < x->length; i++)
            vec_push(&x->words, w[i]);
        vec_push(&x->states, ((struct chain_state){.step = w[WORD_STEP],
                                                   .good = w[WORD_ITEM] & 1,
                                                   .reviewed = (uint8_t)(w[WORD_ITEM] >> 1)}));
        *place = (uint32_t)x->states.len;
    }
    return *place - 1;
}

/* Enters `to`: quality of the first time when going back, first review, and forgets what no step
 * ahead asks about. */
static void enter(struct explorer *x, uint32_t *w, uint32_t to, bool back)
{
    uint32_t good = w[WORD_ITEM] & 1, reviewed = w[WORD_ITEM] >> 1;
    int32_t slot = x->r->entry_slot[to];
    w[WORD_STEP] = to;
    if (slot >= 0) {
        uint32_t *first = &w[x->slots + (uint32_t)slot];
        if (*first && back)
            good = *first - 1;
        else if (!*first)
            *first = good + 1;
    }
    if (reviewed == REVIEW_FIRST)
        reviewed = REVIEW_BEFORE;
    if (x->p->step[to].kind == STEP_REVIEW && reviewed == REVIEW_NEVER)
        reviewed = REVIEW_FIRST;
    w[WORD_ITEM] = good | reviewed << 1;

    const bool *asks = x->asks + to * x->n_steps;
    if (!x->asks_last[to])
        w[WORD_LAST] = 0;
    for (uint32_t s = 0; s < x->n_steps; s++)
        if (!asks[s] && w[WORD_LAST] != s + 1)
            w[WORD_BANDS + s] = 0;
    for (uint32_t k = 0; k < x->r->n_counters; k++)
        if (!x->ahead[to * x->n_steps + x->counter_step[k]])
            w[x->counters + k] = 0;
    for (uint32_t k = 0; k < x->r->n_entry_slots; k++)
        if (!x->slot_ahead[to * x->r->n_entry_slots + k])
            w[x->slots + k] = 0;
}

/* Bands are kept as 1 + band; a gate ships from the band above its threshold. */
static bool gate_ships(const struct explorer *x, uint32_t gate, const uint32_t *w)
{
    const struct step *s = &x->p->step[gate];
    uint32_t scorer = s->gate_of >= 0 ? (uint32_t)s->gate_of + 1 : w[WORD_LAST];
    if (!scorer || !w[WORD_BANDS + scorer - 1])
        return false;
    uint32_t band = w[WORD_BANDS + scorer - 1] - 1;
    const struct bands *b = &x->c->bands[scorer - 1];
    return band > 0 &&
           rules_gate_ships(b->threshold[band - 1], s->numbers[x->c->class].threshold.value);
}

static void follow(struct explorer *x, const uint32_t *from, uint32_t branch, enum exit_kind exit,
                   uint32_t *w)
{
    const struct route *route = rules_take(x->r, from[WORD_STEP], exit, w + x->counters);
    struct hop hop = {.branch = branch};
    if (route->to >= 0) {
        enter(x, w, (uint32_t)route->to, route->back);
        hop.to = (int32_t)state_put(x, w);
    } else {
        enum absorb_kind kind = route->to == TO_SHIP     ? ABSORB_SHIP
                                : route->to == TO_REJECT ? ABSORB_REJECT
                                                         : ABSORB_FAIL;
        hop.to = -1 - (int32_t)absorb_index(kind, w[WORD_ITEM] & 1, w[WORD_ITEM] >> 1);
    }
    vec_push(&x->hops, hop);
}

static void expand(struct explorer *x, uint32_t state, uint32_t *from, uint32_t *w)
{
    memcpy(from, &x->words.at[(size_t)state * x->length], x->length * sizeof *w);
    uint32_t step = from[WORD_STEP];
    const struct step *s = &x->p->step[step];
    const struct bands *b = &x->c->bands[step];
    uint32_t first = branch_first(x->c, step, from[WORD_ITEM] & 1);
    x->states.at[state].hop = (uint32_t)x->hops.len;
    if (x->possible[first]) {
        memcpy(w, from, x->length * sizeof *w);
        follow(x, from, first, EXIT_FAIL, w);
    }
    for (uint32_t k = 0; k < 4; k++)
        for (uint32_t band = 0; band <= b->n; band++) {
            bool good = k & 2, caught = k & 1;
            uint32_t branch = first + branch_ok(b, good, caught, band);
            if (!x->possible[branch])
                continue;
            memcpy(w, from, x->length * sizeof *w);
            w[WORD_ITEM] = (from[WORD_ITEM] & ~1u) | good;
            if (s->has_confidence) {
                w[WORD_BANDS + step] = band + 1;
                w[WORD_LAST] = step + 1;
            }
            enum exit_kind exit = EXIT_PASS;
            if (caught)
                exit = EXIT_REJECT;
            else if (s->kind == STEP_GATE)
                exit = gate_ships(x, step, w) ? EXIT_ABOVE : EXIT_BELOW;
            follow(x, from, branch, exit, w);
        }
}

/* --- the whole */

static void explorer_init(struct explorer *x, struct chain *c, const bool *possible)
{
    const struct rules *r = c->rules;
    uint32_t n = c->pipeline->n_steps;
    *x = (struct explorer){.c = c, .p = c->pipeline, .r = r, .possible = possible, .n_steps = n};
    x->counters = WORD_BANDS + n;
    x->slots = x->counters + r->n_counters;
    x->length = x->slots + r->n_entry_slots;
    x->ahead = mem_zero((size_t)n * n, sizeof(bool));
    x->asks = mem_zero((size_t)n * n, sizeof(bool));
    x->asks_last = mem_zero(n, sizeof(bool));
    x->counter_step = mem_zero((size_t)r->n_counters + 1, sizeof(uint32_t));
    x->slot_ahead = mem_zero((size_t)n * (r->n_entry_slots + 1), sizeof(bool));
    look_ahead(x);
}

static void explorer_release(struct explorer *x)
{
    mem_free(x->ahead);
    mem_free(x->asks);
    mem_free(x->asks_last);
    mem_free(x->counter_step);
    mem_free(x->slot_ahead);
    mem_free(x->table);
    vec_release(&x->words);
    vec_release(&x->states);
    vec_release(&x->hops);
}

static int too_many(const struct explorer *x, uint32_t max_states, struct error *err)
{
    uint32_t scorers = 0;
    for (uint32_t i = 0; i < x->n_steps; i++)
        scorers += x->c->bands[i].n > 0;
    return error_set(err, ERR_LIMIT,
                     "%s: the exact chain needs more than %u states (%u steps, %u counted edges, "
                     "%u confidences that gates ask for): lower at_most, or use simulate",
                     x->p->file ? x->p->file : "flow", max_states, x->n_steps, x->r->n_counters,
                     scorers);
}

static void take_over(struct explorer *x)
{
    struct chain *c = x->c;
    vec_push(&x->states, ((struct chain_state){.hop = (uint32_t)x->hops.len}));
    c->n_states = (uint32_t)x->states.len - 1;
    c->n_hops = (uint32_t)x->hops.len;
    c->state = x->states.at;
    c->hop = x->hops.at;
    x->states.at = NULL;
    x->hops.at = NULL;
}

int chain_explore(struct chain *c, const bool *possible, uint32_t max_states, struct error *err)
{
    struct explorer x;
    int status = 0;
    explorer_init(&x, c, possible);
    uint32_t *from = mem_zero(x.length, sizeof *from), *w = mem_zero(x.length, sizeof *w);
    bool may_be_bad = c->input_wrong.value > 0 || c->input_wrong.evidence;
    bool may_be_good = c->input_wrong.value < 1 || c->input_wrong.evidence;
    for (uint32_t q = 0; q < 2; q++) {
        c->start[q] = -1;
        if (q ? !may_be_good : !may_be_bad)
            continue;
        memset(w, 0, x.length * sizeof *w);
        w[WORD_ITEM] = q;
        enter(&x, w, 0, false);
        c->start[q] = state_put(&x, w);
    }
    for (uint32_t s = 0; s < x.states.len && !status; s++) {
        if (x.states.len > max_states)
            status = too_many(&x, max_states, err);
        else
            expand(&x, s, from, w);
    }
    if (!status)
        take_over(&x);
    mem_free(from);
    mem_free(w);
    explorer_release(&x);
    return status;
}
