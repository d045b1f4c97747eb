/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ways through the chain whose times differ by a constant far longer than all that varies (a step
 * of an hour that some items skip, among milliseconds) have no window in common.  Each state of the
 * chain is then told apart by the constants that items have behind them there, and so are the laws
 * of items: each part in its own time, and the whole is their mixture. */
#include "sim/exact/latency.h"

#include <math.h>
#include <string.h>

/* Constants so many times the sum of what varies are apart; and a list of them. */
static const double APART = 100;
/* Of a law beyond where its next part begins. */
static const double NOTHING = 1e-9;
struct constants {
    double *at; /* a VEC, ascending */
    size_t len, cap;
};
enum { CONSTANTS_MAX = 64, NODES_MAX = 100000 };

struct splitting {
    const struct latency_model *l;
    double gap;              /* constants that differ by less are one */
    const struct chain *c;   /* of one class: */
    struct constants *state; /* [n_states] */
    struct constants *out;   /* of all classes together */
    uint32_t *first;         /* [n_states] its first node */
    bool many;
};

double latency_spread(const struct latency_model *l)
{
    const struct model *m = l->model;
    double sum = 0;
    for (uint32_t k = 0; k < m->pipeline->n_classes; k++)
        for (uint32_t u = 0; u < m->chain[k].n_units; u++) {
            const struct numbers *n = &m->chain[k].numbers[u];
            double shift = l->law[l->law_of[k * m->chain[k].n_units + u]].shift_s;
            double most = fmin(dist_quantile_upper(&n->latency, 0.01), n->timeout_s);
            sum += fmax(0, most - shift);
        }
    return sum;
}

static size_t nearest(const struct constants *in, double x)
{
    size_t best = 0;
    for (size_t i = 1; i < in->len; i++)
        if (fabs(in->at[i] - x) < fabs(in->at[best] - x))
            best = i;
    return best;
}

static void add_constant(struct splitting *s, struct constants *to, double x)
{
    size_t i = nearest(to, x);
    if (to->len && fabs(to->at[i] - x) <= s->gap) {
        to->at[i] = fmin(to->at[i], x);
        return;
    }
    if (to->len == CONSTANTS_MAX) {
        s->many = true;
        return;
    }
    vec_push(to, x);
    for (i = to->len - 1; i > 0 && to->at[i - 1] > x; i--)
        to->at[i] = to->at[i - 1];
    to->at[i] = x;
}

static double after(const struct splitting *s, uint32_t state, double at)
{
    const struct latency_model *l = s->l;
    return at + l->law[l->law_of[s->c->class * s->c->n_units + s->c->state[state].unit]].shift_s;
}

static bool inside(int32_t to, const struct chain_block *b)
{
    return b && to >= 0 && (uint32_t)to >= b->begin && (uint32_t)to < b->end;
}

static void send(struct splitting *s, uint32_t from, const struct chain_block *b)
{
    const struct chain *c = s->c;
    for (uint32_t h = c->state[from].hop; h < c->state[from + 1].hop; h++) {
        int32_t to = c->hop[h].to;
        if (!(c->weight[c->hop[h].branch] > 0) || inside(to, b))
            continue;
        for (size_t i = 0; i < s->state[from].len; i++)
            add_constant(s, to < 0 ? s->out : &s->state[to], after(s, from, s->state[from].at[i]));
    }
}

/* A loop keeps the constants with which it is entered. */
static void share_constants(struct splitting *s, const struct chain_block *b)
{
    struct constants all = {0};
    for (uint32_t i = b->begin; i < b->end; i++)
        for (size_t k = 0; k < s->state[i].len; k++)
            add_constant(s, &all, s->state[i].at[k]);
    for (uint32_t i = b->begin; i < b->end; i++) {
        s->state[i].len = 0;
        for (size_t k = 0; k < all.len; k++)
            vec_push(&s->state[i], all.at[k]);
    }
    vec_release(&all);
}

static void find_constants(struct splitting *s)
{
    const struct chain *c = s->c;
    double share[2] = {c->input_wrong.value, 1 - c->input_wrong.value};
    uint32_t at = 0;
    for (int q = 0; q < 2; q++)
        if (c->start[q] >= 0 && share[q] > 0)
            add_constant(s, &s->state[c->start[q]], 0);
    for (uint32_t k = 0; k <= c->n_blocks; k++) {
        const struct chain_block *b = k < c->n_blocks ? &c->block[k] : NULL;
        for (uint32_t until = b ? b->begin : c->n_states; at < until; at++)
            send(s, at, NULL);
        if (!b)
            break;
        share_constants(s, b);
        for (; at < b->end; at++)
            send(s, at, b);
    }
}

/* --- the chain of nodes: a state with one of its constants; in a loop, the loop with one */

static uint32_t node_of(const struct splitting *s, uint32_t state, size_t part,
                        const struct chain_block *b)
{
    return s->first[state] + (uint32_t)part * (b ? b->end - b->begin : 1);
}

static const struct chain_block *block_of(const struct chain *c, uint32_t state)
{
    for (uint32_t k = 0; k < c->n_blocks; k++)
        if (state >= c->block[k].begin && state < c->block[k].end)
            return &c->block[k];
    return NULL;
}

static uint32_t number_nodes(struct splitting *s, uint32_t *n_blocks)
{
    const struct chain *c = s->c;
    uint32_t next = 0;
    *n_blocks = 0;
    for (uint32_t i = 0; i < c->n_states; i++) {
        const struct chain_block *b = block_of(c, i);
        s->first[i] = next + (b ? i - b->begin : 0);
        if (!b)
            next += (uint32_t)s->state[i].len;
        else if (i + 1 == b->end) {
            next += (uint32_t)s->state[i].len * (b->end - b->begin);
            *n_blocks += (uint32_t)s->state[i].len;
        }
    }
    return next;
}

static void put_hops(const struct splitting *s, uint32_t state, size_t part,
                     const struct chain_block *b, struct chain *to)
{
    const struct chain *c = s->c;
    double at = after(s, state, s->state[state].at[part]);
    for (uint32_t h = c->state[state].hop; h < c->state[state + 1].hop; h++) {
        struct hop hop = c->hop[h];
        if (!(c->weight[hop.branch] > 0))
            continue;
        if (hop.to < 0) {
            hop.to -= (int32_t)(nearest(s->out, at) * ABSORB_COUNT);
        } else {
            uint32_t target = (uint32_t)hop.to;
            bool stays = inside(hop.to, b);
            size_t k = stays ? part : nearest(&s->state[target], at);
            hop.to = (int32_t)node_of(s, target, k, stays ? b : block_of(c, target));
        }
        to->hop[to->n_hops++] = hop;
    }
}

static void put_node(const struct splitting *s, uint32_t state, size_t part,
                     const struct chain_block *b, struct chain *to)
{
    uint32_t node = node_of(s, state, part, b);
    to->state[node] = s->c->state[state];
    to->state[node].hop = to->n_hops;
    put_hops(s, state, part, b, to);
}

/* Nodes in their order; *to borrows all but its graph. */
static void put_nodes(struct splitting *s, struct chain *to)
{
    const struct chain *c = s->c;
    uint32_t n_blocks, n = number_nodes(s, &n_blocks);
    size_t most = 1;
    for (uint32_t i = 0; i < c->n_states; i++)
        most += s->state[i].len * (c->state[i + 1].hop - c->state[i].hop);
    *to = *c;
    to->n_states = n;
    to->n_hops = to->n_blocks = 0;
    to->state = mem_zero((size_t)n + 1, sizeof *to->state);
    to->hop = mem_zero(most, sizeof *to->hop);
    to->block = mem_zero((size_t)n_blocks + 1, sizeof *to->block);
    for (int q = 0; q < 2; q++)
        if (c->start[q] >= 0 && s->state[c->start[q]].len)
            to->start[q] = s->first[c->start[q]];
    for (uint32_t i = 0; i < c->n_states; i++) {
        const struct chain_block *b = block_of(c, i);
        for (size_t k = 0; k < s->state[i].len && !b; k++)
            put_node(s, i, k, NULL, to);
        if (!b || i != b->begin)
            continue;
        for (size_t k = 0; k < s->state[i].len; k++) {
            uint32_t begin = node_of(s, i, k, b);
            to->block[to->n_blocks++] = (struct chain_block){begin, begin + b->end - b->begin};
            for (uint32_t j = b->begin; j < b->end; j++)
                put_node(s, j, k, b, to);
        }
    }
    to->state[n].hop = to->n_hops;
}

/* --- the whole */

static void start_class(struct splitting *s, uint32_t class)
{
    s->c = &s->l->model->chain[class];
    s->state = mem_zero(s->c->n_states, sizeof *s->state);
    s->first = mem_zero(s->c->n_states, sizeof *s->first);
    find_constants(s);
}

static size_t end_class(struct splitting *s)
{
    size_t nodes = 0;
    for (uint32_t i = 0; i < s->c->n_states; i++) {
        nodes += s->state[i].len;
        vec_release(&s->state[i]);
    }
    mem_free(s->state);
    mem_free(s->first);
    return nodes;
}

void latency_split(struct latency_model *l)
{
    const struct model *m = l->model;
    uint32_t n = m->pipeline->n_classes;
    struct constants out = {0};
    struct splitting s = {.l = l, .gap = APART * latency_spread(l), .out = &out};
    size_t nodes = 0;
    if (!(s.gap > 0) || m->chain[0].n_weather > 1)
        return;
    for (uint32_t k = 0; k < n; k++) {
        start_class(&s, k);
        nodes += end_class(&s);
    }
    if (out.len > 1 && out.len <= LATENCY_PARTS && !s.many && nodes <= NODES_MAX) {
        latency_offsets_release(l);
        l->parts = (uint32_t)out.len;
        for (uint32_t k = 0; k < n; k++) {
            start_class(&s, k);
            put_nodes(&s, &l->walk[k]);
            (void)end_class(&s);
        }
        latency_offsets(l);
    }
    vec_release(&out);
}

void latency_unsplit(struct latency_model *l)
{
    latency_offsets_release(l);
    for (uint32_t k = 0; k < l->model->pipeline->n_classes; k++) {
        if (l->parts > 1) {
            mem_free(l->walk[k].state);
            mem_free(l->walk[k].hop);
            mem_free(l->walk[k].block);
        }
        l->walk[k] = l->model->chain[k];
    }
    l->parts = 1;
    latency_offsets(l);
}

void latency_part_masses(const struct latency_model *l, double *mass)
{
    const struct model *m = l->model;
    uint32_t n = m->pipeline->n_classes;
    memset(mass, 0, latency_laws(l) * sizeof *mass);
    for (uint32_t k = 0; k < n; k++) {
        struct chain flat = l->walk[k];
        double *at = mem_zero((size_t)flat.n_states + 1, sizeof *at), absorb[ABSORB_COUNT];
        struct hop *hop = mem_alloc(((size_t)flat.n_hops + 1) * sizeof *hop);
        for (uint32_t h = 0; h < flat.n_hops; h++) {
            hop[h] = l->walk[k].hop[h];
            if (hop[h].to < 0)
                hop[h].to = -1 - (-1 - hop[h].to) % ABSORB_COUNT;
        }
        flat.hop = hop;
        bool done = flow_mass(&flat, UINT32_MAX, at, absorb);
        for (uint32_t s = 0; s < flat.n_states && done; s++)
            for (uint32_t h = flat.state[s].hop; h < flat.state[s + 1].hop; h++) {
                int32_t to = l->walk[k].hop[h].to;
                double p = at[s] * flat.weight[hop[h].branch];
                if (to >= 0)
                    continue;
                uint32_t part = (uint32_t)(-1 - to) / ABSORB_COUNT;
                double *of = mass + (size_t)part * latency_stride(l);
                for (uint32_t i = latency_first((uint32_t)(-1 - to) % ABSORB_COUNT);
                     i < LATENCY_OF_COUNT; i++) {
                    of[i] += m->pipeline->class[k].share * p;
                    of[(k + 1) * LATENCY_OF_COUNT + i] += n > 1 ? p : 0;
                }
            }
        mem_free(at);
        mem_free(hop);
    }
}

/* --- questions about mixtures */

struct parted {
    struct ask *at; /* a VEC */
    size_t len, cap;
};

static double mass_of(const struct latency_model *l, const double *mass, uint32_t law,
                      uint32_t part)
{
    return mass[part * latency_stride(l) + law];
}

/* The part in which a quantile lies, and which of its own it is there. */
static struct ask quantile_of_part(const struct latency_model *l, const double *mass,
                                   const struct ask *a)
{
    struct ask own = *a;
    double all = 0, before = 0;
    for (uint32_t k = 0; k < l->parts; k++)
        all += mass_of(l, mass, a->law, k);
    for (uint32_t k = 0; k < l->parts; k++) {
        double here = mass_of(l, mass, a->law, k);
        if (!(here > 0))
            continue;
        own.law = (uint32_t)(k * latency_stride(l)) + a->law;
        own.p = fmin(1, fmax(0, (a->p * all - before) / here));
        before += here;
        if (a->p * all <= before - NOTHING * here)
            break;
    }
    return own;
}

/* What of a part lies before the next one begins: all of it, else there are no parts. */
static void ask_apart(const struct latency_model *l, const double *mass, struct parted *to)
{
    size_t stride = latency_stride(l);
    for (uint32_t law = 0; law < stride; law++) {
        uint32_t last = UINT32_MAX;
        for (uint32_t k = 0; k < l->parts; k++) {
            if (!(mass_of(l, mass, law, k) > 0))
                continue;
            struct ask a = {.law = (uint32_t)(last * stride) + law,
                            .share = true,
                            .x = l->law_s[k * stride + law],
                            .tolerance = NOTHING};
            if (last != UINT32_MAX)
                vec_push(to, a);
            last = k;
        }
    }
}

static bool apart(const struct parted *asks, size_t from, const double *mass)
{
    bool all = true;
    for (size_t i = from; i < asks->len; i++)
        all = all && asks->at[i].p >= mass[asks->at[i].law] * (1 - 3 * NOTHING);
    return all;
}

/* The answers of the parts into those of the whole. */
static void put_together(const struct latency_model *l, const struct parted *asks, struct ask *ask,
                         size_t n)
{
    const struct ask *own = asks->at;
    for (size_t i = 0; i < n; i++) {
        if (!ask[i].share) {
            ask[i].x = own->x;
            ask[i].error = own->error;
            own++;
            continue;
        }
        ask[i].p = ask[i].error = 0;
        for (uint32_t k = 0; k < l->parts; k++, own++)
            if (!isnan(own->error)) {
                ask[i].p += own->p;
                ask[i].error += own->error;
            }
    }
}

bool latency_answer_parts(const struct latency_model *l, const struct latency_source *s,
                          double points_max, double least_kink, struct ask *ask, size_t n)
{
    struct parted asks = {0};
    for (size_t i = 0; i < n; i++) {
        struct ask own = ask[i];
        if (!ask[i].share) {
            own = quantile_of_part(l, s->mass, &ask[i]);
            vec_push(&asks, own);
            continue;
        }
        for (uint32_t k = 0; k < l->parts; k++) {
            own.law = (uint32_t)(k * latency_stride(l)) + ask[i].law;
            vec_push(&asks, own);
        }
    }
    size_t checks = asks.len;
    ask_apart(l, s->mass, &asks);
    latency_answer(s, points_max, least_kink, asks.at, asks.len);
    bool good = apart(&asks, checks, s->mass);
    if (good)
        put_together(l, &asks, ask, n);
    vec_release(&asks);
    return good;
}
