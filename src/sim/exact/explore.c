/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding the states: breadth first from the entry, through a hash table of their words.
 *
 * A state's words are its unit, quality and review, the scorer that spoke last, a band for each
 * scorer, what steps that somebody asks about did and how often they were visited, the counters,
 * and the qualities remembered for targets of back edges.  What the rest of
 * the way cannot ask about is set to 0, found by walking the steps' routes backwards, so that
 * items which differ in nothing that matters are one state. */
#include "sim/exact/explore.h"

#include "sim/exact/fork.h"

#include <math.h>
#include <string.h>

/* The last visit of a step. */
enum { PAST_NONE, PAST_OK, PAST_FAILED, PAST_SILENT };

enum { WORDS_MAX = 1 << 24 }; /* of all states: 64 MB, so that long states cost no more memory */

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
        uint32_t band = w[WORD_LAST] ? w[WORD_BANDS + w[WORD_LAST] - 1] : 0;
        for (uint32_t i = 0; i < x->length; i++)
            vec_push(&x->words, w[i]);
        vec_push(&x->states, ((struct chain_state){.step = x->c->unit[w[WORD_UNIT]].step,
                                                   .unit = w[WORD_UNIT],
                                                   .good = w[WORD_ITEM] & 1,
                                                   .reviewed = (uint8_t)(w[WORD_ITEM] >> 1),
                                                   .scorer = w[WORD_LAST],
                                                   .band = band}));
        *place = (uint32_t)x->states.len;
    }
    return *place - 1;
}

/* Forgets what no step from `to` on asks about. */
static void forget(const struct explorer *x, uint32_t *w, uint32_t to)
{
    const bool *asks = x->asks + to * x->n_steps;
    if (!x->asks_last[to])
        w[WORD_LAST] = 0;
    for (uint32_t s = 0; s < x->n_steps; s++)
        if (!asks[s] && w[WORD_LAST] != s + 1)
            w[WORD_BANDS + s] = 0;
    for (uint32_t k = 0; k < x->n_questions; k++)
        if (!x->asked[to * x->n_questions + k])
            w[WORD_BANDS + x->n_steps + k] = 0;
    for (uint32_t k = 0; k < x->r->n_counters; k++)
        if (!x->ahead[to * x->n_steps + x->counter_step[k]])
            w[x->counters + k] = 0;
    for (uint32_t k = 0; k < x->r->n_entry_slots; k++)
        if (!x->slot_ahead[to * x->r->n_entry_slots + k])
            w[x->slots + k] = 0;
}

static bool given_holds(const struct explorer *x, const struct given *g, const uint32_t *w)
{
    switch (g->kind) {
    case GIVEN_BAD:
        return !(w[WORD_ITEM] & 1);
    case GIVEN_FAILED:
        return w[x->past[g->of]] == PAST_FAILED;
    case GIVEN_WRONG:
        return w[x->past[g->of]] == PAST_SILENT;
    case GIVEN_SKIPPED:
        return w[x->past[g->of]] == PAST_NONE;
    default:
        return x->c->class == g->of;
    }
}

static uint32_t context_of(const struct explorer *x, uint32_t parallel, const uint32_t *w)
{
    uint32_t context = 0, bit = 0;
    for (uint32_t i = 0; i < x->n_steps; i++)
        for (uint32_t g = 0; x->p->step[i].parent == parallel + 1 && g < x->p->step[i].n_given; g++)
            if (given_is_outer(x->p, parallel, &x->p->step[i].given[g]))
                context |= (uint32_t)given_holds(x, &x->p->step[i].given[g], w) << bit++;
    return context;
}

static const struct chain_variant *variant_of(const struct explorer *x, uint32_t step,
                                              const uint32_t *w)
{
    const struct step *s = &x->p->step[step];
    const struct chain_variant *v = &x->c->variant[x->c->variant_of[step]];
    if (s->parallel)
        return v + context_of(x, step, w);
    for (uint32_t g = 0; g < s->n_given; g++)
        if (given_holds(x, &s->given[g], w))
            return v + 1 + g;
    return v;
}

/* Enters `to`: quality of the first time when going back, the numbers that hold, first review. */
static void enter(struct explorer *x, uint32_t *w, uint32_t to, bool back)
{
    uint32_t good = w[WORD_ITEM] & 1, reviewed = w[WORD_ITEM] >> 1;
    int32_t slot = x->r->entry_slot[to];
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
    const struct chain_variant *v = variant_of(x, to, w);
    w[WORD_UNIT] = v->cache == UNIT_NONE ? v->visit : v->cache;
    if (x->visits[to] && w[x->visits[to]] < x->visits_max[to])
        w[x->visits[to]]++;
    forget(x, w, to);
}

/* --- ways on */

struct way_on {
    const uint32_t *from; /* words of the state left */
    uint32_t *w;          /* of the state entered */
    uint32_t branch;
};

/* The same step goes on in another unit. */
static void go_on(struct explorer *x, const struct way_on *o, uint32_t unit)
{
    if (!unit_counts(&x->c->unit[unit]) && o->w[WORD_ITEM] >> 1 == REVIEW_FIRST)
        o->w[WORD_ITEM] = (o->w[WORD_ITEM] & 1) | REVIEW_BEFORE << 1;
    o->w[WORD_UNIT] = unit;
    struct hop hop = {.branch = o->branch};
    hop.to = (int32_t)state_put(x, o->w);
    vec_push(&x->hops, hop);
}

static void follow(struct explorer *x, const struct way_on *o, const struct route *route)
{
    struct hop hop = {.branch = o->branch};
    uint32_t *w = o->w;
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

static void follow_exit(struct explorer *x, const struct way_on *o, enum exit_kind exit)
{
    uint32_t step = x->c->unit[o->from[WORD_UNIT]].step;
    follow(x, o, rules_take(x->r, step, exit, o->w + x->counters));
}

/* --- gates */

static uint32_t scorer_of(const struct explorer *x, uint32_t gate, const uint32_t *w)
{
    const struct step *s = &x->p->step[gate];
    uint32_t scorer = s->gate_of >= 0 ? scorer_named(x->p, (uint32_t)s->gate_of) + 1 : w[WORD_LAST];
    return scorer && w[WORD_BANDS + scorer - 1] ? scorer - 1 : UINT32_MAX;
}

/* The lowest confidence of the band that a scorer gave, below all when it is the first band.
 * Bands are kept as 1 + band, and from there on those of good items. */
static double confidence_of(const struct explorer *x, uint32_t scorer, const uint32_t *w)
{
    const struct bands *b = &x->c->bands[scorer];
    if (!w[WORD_BANDS + scorer])
        return NAN;
    uint32_t band = (w[WORD_BANDS + scorer] - 1) % (b->n + 1);
    return band ? b->threshold[band - 1] : -1;
}

static void leave_gate(struct explorer *x, const struct way_on *o, const struct chain_variant *v)
{
    const struct chain_unit *u = &x->c->unit[o->from[WORD_UNIT]];
    const struct step *s = &x->p->step[u->step];
    const struct numbers *n =
        u->given < 0 ? &s->numbers[x->c->class] : &s->given[u->given].override.numbers[x->c->class];
    uint32_t scorer = scorer_of(x, u->step, o->w);
    double c = scorer == UINT32_MAX ? NAN : confidence_of(x, scorer, o->w);
    double low = n->threshold.value, high = s->bands ? n->threshold_high.value : low;
    if (isnan(c))
        follow_exit(x, o, EXIT_BELOW);
    else if (s->draws_threshold || (s->audit.present && rules_gate_ships(c, high)))
        go_on(x, o, v->soft);
    else if (rules_gate_ships(c, high))
        follow_exit(x, o, EXIT_ABOVE);
    else
        follow_exit(x, o, s->bands && rules_gate_ships(c, low) ? EXIT_BETWEEN : EXIT_BELOW);
}

/* --- expanding a state */

static void leave_visit(struct explorer *x, const struct way_on *o, bool caught)
{
    const struct chain_unit *u = &x->c->unit[o->from[WORD_UNIT]];
    const struct step *s = &x->p->step[u->step];
    if (caught)
        follow_exit(x, o, EXIT_REJECT);
    else if (s->kind == STEP_GATE)
        leave_gate(x, o, &x->c->variant[x->c->variant_of[u->step] + (uint32_t)(u->given + 1)]);
    else if (s->n_ways)
        go_on(x, o, x->c->ways[u->step]);
    else
        follow_exit(x, o, EXIT_PASS);
}

static void copy_words(const struct explorer *x, const struct way_on *o)
{
    memcpy(o->w, o->from, x->length * sizeof *o->w);
}

static void expand_visit(struct explorer *x, struct way_on *o)
{
    const uint32_t *from = o->from;
    uint32_t unit = from[WORD_UNIT], step = x->c->unit[unit].step;
    const struct bands *b = &x->c->bands[unit];
    uint32_t first = branch_first(x->c, unit, from[WORD_ITEM] & 1), n = b->n + 1;
    bool scores = x->p->step[step].has_confidence;
    if (x->possible[first]) {
        copy_words(x, o);
        o->branch = first;
        if (x->past[step])
            o->w[x->past[step]] = PAST_FAILED;
        follow_exit(x, o, EXIT_FAIL);
    }
    for (uint32_t k = 0; k < (b->silent ? 8 : 4) * n; k++) {
        uint32_t good = k / n >> 1 & 1, caught = k / n & 1;
        o->branch = first + 1 + k;
        if (!x->possible[o->branch])
            continue;
        copy_words(x, o);
        o->w[WORD_ITEM] = (from[WORD_ITEM] & ~1u) | good;
        if (x->past[step])
            o->w[x->past[step]] = k / n >= 4 ? PAST_SILENT : PAST_OK;
        if (scores) {
            bool remember = x->remembers[step];
            o->w[WORD_BANDS + step] = 1 + k % n + (remember && good ? n : 0);
            o->w[WORD_LAST] = step + 1;
        }
        leave_visit(x, o, caught);
    }
}

static void expand_cache(struct explorer *x, struct way_on *o)
{
    const struct chain_unit *u = &x->c->unit[o->from[WORD_UNIT]];
    const struct chain_variant *v =
        &x->c->variant[x->c->variant_of[u->step] + (uint32_t)(u->given + 1)];
    for (uint32_t k = CACHE_HITS; k <= CACHE_MISSES; k++) {
        o->branch = u->first + k;
        if (!x->possible[o->branch])
            continue;
        copy_words(x, o);
        go_on(x, o, k == CACHE_HITS ? v->hit : v->visit);
    }
}

/* The outcome is written into the state, and the visit that comes to it follows. */
static void expand_fork(struct explorer *x, struct way_on *o)
{
    const struct chain_unit *u = &x->c->unit[o->from[WORD_UNIT]];
    uint32_t n = fork_outcomes(x->c, u->step), levels = (n - 1) / 2;
    uint32_t q = o->from[WORD_ITEM] & 1, bands = x->c->bands[u->step].n + 1;
    for (uint32_t k = 0; k < n; k++) {
        uint32_t good = k ? (k - 1) / levels : q, level = k ? (k - 1) % levels : 0;
        o->branch = u->first + 1 + q * n + k;
        if (!x->possible[o->branch])
            continue;
        copy_words(x, o);
        o->w[WORD_ITEM] = (o->w[WORD_ITEM] & ~1u) | good;
        if (k && levels > 1) {
            uint32_t kept = x->remembers[u->step] && good ? bands : 0;
            o->w[WORD_BANDS + u->step] = level ? level + kept : 0;
            o->w[WORD_LAST] = level ? u->step + 1 : 0;
        }
        go_on(x, o, o->from[WORD_UNIT] + 1 + q * n + k);
    }
}

/* Whether a way by condition holds; the visit was visibly ok. */
static bool way_holds(const struct explorer *x, const struct condition *c, const uint32_t *w)
{
    for (uint32_t s = 0; s < x->n_steps; s++) {
        x->confidences[s] = confidence_of(x, s, w);
        x->counts[s] = x->visits[s] ? w[x->visits[s]] : 0;
    }
    uint32_t last = w[WORD_LAST];
    struct condition_facts facts = {.confidence = last ? x->confidences[last - 1] : NAN,
                                    .confidence_of = x->confidences,
                                    .visits = x->counts,
                                    .outcome = OUTCOME_OK,
                                    .class = x->c->class};
    return condition_holds(c, &facts);
}

/* Branch k is the k-th way by probability, the last none of them: the first way that holds. */
static void expand_ways(struct explorer *x, struct way_on *o)
{
    const struct chain_unit *u = &x->c->unit[o->from[WORD_UNIT]];
    const struct step *s = &x->p->step[u->step];
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n_ways; i++)
        n += s->way[i].probability != NULL;
    for (uint32_t k = 0; k <= n; k++) {
        uint32_t seen = 0, i;
        o->branch = u->first + 1 + k;
        if (!x->possible[o->branch])
            continue;
        copy_words(x, o);
        for (i = 0; i < s->n_ways; i++)
            if (s->way[i].probability ? seen++ == k : way_holds(x, s->way[i].when, o->w))
                break;
        if (i < s->n_ways)
            follow(x, o,
                   rules_take_from(x->r, rules_start(x->r, u->step, EXIT_KIND_COUNT + i),
                                   o->w + x->counters));
        else
            follow_exit(x, o, EXIT_PASS);
    }
}

static void expand_soft(struct explorer *x, struct way_on *o)
{
    static const enum exit_kind exits[SOFT_WAYS] = {EXIT_AUDIT, EXIT_ABOVE, EXIT_BELOW};
    const struct chain_unit *u = &x->c->unit[o->from[WORD_UNIT]];
    uint32_t scorer = scorer_of(x, u->step, o->from);
    uint32_t key = x->c->soft_key[scorer] + o->from[WORD_BANDS + scorer] - 1;
    const struct step *s = &x->p->step[u->step];
    for (uint32_t k = 0; k < SOFT_WAYS; k++) {
        bool can = k == SOFT_AUDITED ? s->audit.present : k == SOFT_ABOVE || s->draws_threshold;
        o->branch = u->first + 1 + SOFT_WAYS * key + k;
        if (!can)
            continue;
        copy_words(x, o);
        follow_exit(x, o, exits[k]);
    }
}

static void expand(struct explorer *x, uint32_t state, uint32_t *from, uint32_t *w)
{
    struct way_on o = {.from = from, .w = w};
    memcpy(from, &x->words.at[(size_t)state * x->length], x->length * sizeof *w);
    x->states.at[state].hop = (uint32_t)x->hops.len;
    switch (x->c->unit[from[WORD_UNIT]].kind) {
    case UNIT_CACHE:
        expand_cache(x, &o);
        break;
    case UNIT_WAYS:
        expand_ways(x, &o);
        break;
    case UNIT_SOFT:
        expand_soft(x, &o);
        break;
    case UNIT_FORK:
        expand_fork(x, &o);
        break;
    default:
        expand_visit(x, &o);
    }
}

/* --- the whole */

static void explorer_init(struct explorer *x, struct chain *c, const bool *possible)
{
    const struct rules *r = c->rules;
    uint32_t n = c->pipeline->n_steps;
    *x = (struct explorer){.c = c, .p = c->pipeline, .r = r, .possible = possible, .n_steps = n};
    x->past = mem_zero(n, sizeof *x->past);
    x->visits = mem_zero(n, sizeof *x->visits);
    x->visits_max = mem_zero(n, sizeof *x->visits_max);
    x->remembers = mem_zero(n, sizeof *x->remembers);
    x->confidences = mem_zero(n, sizeof *x->confidences);
    x->counts = mem_zero(n, sizeof *x->counts);
    explorer_questions(x);
    x->slots = x->counters + r->n_counters;
    x->length = x->slots + r->n_entry_slots;
    x->ahead = mem_zero((size_t)n * n, sizeof(bool));
    x->asks = mem_zero((size_t)n * n, sizeof(bool));
    x->asks_last = mem_zero(n, sizeof(bool));
    x->asked = mem_zero((size_t)n * x->n_questions + 1, sizeof(bool));
    x->counter_step = mem_zero((size_t)r->n_counters + 1, sizeof(uint32_t));
    x->slot_ahead = mem_zero((size_t)n * (r->n_entry_slots + 1), sizeof(bool));
    explorer_look_ahead(x);
}

static void explorer_release(struct explorer *x)
{
    mem_free(x->past);
    mem_free(x->visits);
    mem_free(x->visits_max);
    mem_free(x->remembers);
    mem_free(x->confidences);
    mem_free(x->counts);
    mem_free(x->asked);
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
        if (x.states.len > max_states || x.words.len > WORDS_MAX)
            status = too_many(&x, (uint32_t)x.states.len - 1, err);
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
