/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a tally has taken in, as bytes: sums over units, sketches, moments and curves; not the units
 * that are open. */
#include "sim/queue/metrics.h"

/* A sketch has no memory until something is put into it. */
static void intake_pack(struct intake *v, struct pack *p)
{
    bool used = v->sketch.hot;
    pack_flag(p, &used);
    if (!used)
        return;
    if (!v->sketch.hot)
        sketch_init(&v->sketch);
    sketch_pack(&v->sketch, p);
}

void pair_sums_pack(struct pair_sums *s, struct pack *p)
{
    wide_pack(&s->y, p);
    wide_pack(&s->x, p);
    wide_pack(&s->yy, p);
    wide_pack(&s->xx, p);
    wide_pack(&s->xy, p);
}

static void class_pack(struct queue_tally *t, uint32_t c, struct pack *p)
{
    intake_pack(&t->class[c].shipped, p);
    intake_pack(&t->class[c].unshipped, p);
    intake_pack(&t->class[c].costs, p);
    for (uint32_t k = 0; k < CLASS_SPREADS; k++)
        moments_pack(&t->spread[c * CLASS_SPREADS + k], p);
}

static void curves_pack(struct queue_tally *t, struct pack *p)
{
    uint64_t *curve[] = {t->waiting, t->waiting2, t->inside, t->inside2};
    size_t n = (size_t)t->program->pipeline->n_resources * t->n_instants;
    for (size_t k = 0; k < sizeof curve / sizeof *curve; k++)
        for (size_t i = 0; i < n; i++)
            pack_count(p, &curve[k][i]);
}

void queue_tally_pack(struct queue_tally *t, struct pack *p)
{
    const struct queue_program *g = t->program;
    for (uint32_t k = 0; k < t->n_pairs; k++)
        pair_sums_pack(&t->pair[k], p);
    for (uint32_t c = 0; c <= tally_all(g); c++)
        class_pack(t, c, p);
    for (uint32_t i = 0; i < g->n_steps; i++) {
        intake_pack(&t->step[i].visits, p);
        intake_pack(&t->step[i].attempts, p);
        for (int k = 0; k < VISIT_QUANTILES; k++)
            moments_pack(&t->step[i].spread[k], p);
    }
    for (uint32_t r = 0; r < g->pipeline->n_resources; r++) {
        intake_pack(&t->wait[r], p);
        moments_pack(&t->wait_p95[r], p);
    }
    curves_pack(t, p);
    queue_cdf_pack(&t->cdf, p);
    pack_count(p, &t->closed);
    pack_count(p, &t->endless);
    pack_count(p, &t->items);
    pack_count(p, &t->unfinished);
    pack_count(p, &t->observed);
}
