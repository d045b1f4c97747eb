/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stage played by dice: each of the numbers that an attempt needs is one of the call's stream,
 * turned into a value by the inverse of its distribution. */
#include "exec/stated.h"

#include "exec/kinds.h"
#include "math/rng.h"

enum { AT_LATENCY, AT_OUTCOME, AT_REPAIR, AT_DECISION, AT_CONFIDENCE };

struct stated {
    const struct step *step;
};

static double unit(uint64_t key, uint64_t what)
{
    return rng_unit(rng_at(key, what));
}

static double draw(const struct dist *d, uint64_t key, uint64_t what)
{
    return d->family == DIST_CONSTANT ? d->a : dist_quantile(d, unit(key, what));
}

double stated_latency(const struct numbers *n, uint64_t key)
{
    return draw(&n->latency, key, AT_LATENCY);
}

static int stated_open(const struct stage_setting *s, void **self, struct error *err)
{
    static const char *const none[] = {NULL};
    struct stated *own;

    if (exec_known(s, none, err))
        return -1;
    own = mem_alloc(sizeof *own);
    own->step = &s->pipeline->step[s->step];
    *self = own;
    return 0;
}

static void stated_close(void *self)
{
    mem_free(self);
}

/* The outcome as it is; malformed payloads that pass for good ones are told by `unseen`. */
static void draw_outcome(const struct stage_call *c, struct stage_answer *a)
{
    const struct numbers *n = c->numbers;
    double u = unit(c->key, AT_OUTCOME), seen = n->malformed.value * n->validation.value;
    const struct {
        double share;
        enum outcome outcome;
        bool unseen;
    } ways[] = {
        {n->error.value,            OUTCOME_ERROR,     false},
        {seen,                      OUTCOME_MALFORMED, false},
        {n->malformed.value - seen, OUTCOME_MALFORMED, true },
        {n->wrong.value,            OUTCOME_WRONG,     false},
    };
    a->outcome = OUTCOME_OK;
    for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
        if (u < ways[k].share) {
            a->outcome = ways[k].outcome;
            a->unseen = ways[k].unseen;
            return;
        }
        u -= ways[k].share;
    }
}

static const char *what_failed(enum outcome o)
{
    return o == OUTCOME_ERROR ? "it failed, as stated" : "its answer was malformed, as stated";
}

/* Puts the truth over what the item holds, where the truth is known. */
static void mend(const struct stage_call *c, struct stage_answer *a)
{
    a->repaired = true;
    if (c->truth)
        buf_add(&a->output, c->truth, c->truth_len);
}

/* Returns the quality that the decision leaves. */
static bool decide(const struct stage_call *c, enum step_kind kind, bool good,
                   struct stage_answer *a)
{
    double p[DECISION_COUNT], u = unit(c->key, AT_DECISION);
    rules_decisions(kind, c->numbers, good, p);
    if (u < p[DECIDE_REJECT]) {
        a->verdict = STAGE_REJECT;
        buf_puts(&a->says, good ? "rejected, wrongly" : "rejected, rightly");
        return good;
    }
    u -= p[DECIDE_REJECT];
    if (u >= p[DECIDE_FIX] + p[DECIDE_SPOIL])
        return good;
    a->verdict = STAGE_EDIT;
    a->repaired = false;
    if (!good)
        mend(c, a);
    buf_puts(&a->says, good ? "changed for the worse" : "mended");
    return !good;
}

static void stated_call(void *self, const struct stage_call *c, struct stage_answer *a)
{
    const struct stated *own = self;
    const struct numbers *n = c->numbers;
    bool good = c->good;

    a->after_s = stated_latency(n, c->key);
    draw_outcome(c, a);
    if (a->outcome == OUTCOME_ERROR || (a->outcome == OUTCOME_MALFORMED && !a->unseen)) {
        buf_puts(&a->says, what_failed(a->outcome));
        return;
    }
    if (a->outcome != OUTCOME_OK) {
        good = false;
    } else if (!good && unit(c->key, AT_REPAIR) < n->repair.value) {
        mend(c, a);
        good = true;
    }
    if (own->step->kind == STEP_CHECK || own->step->kind == STEP_REVIEW)
        good = decide(c, own->step->kind, good, a);
    if (own->step->kind == STEP_REVIEW)
        buf_puts(&a->who, STATED_REVIEWER);
    if (own->step->has_confidence)
        a->confidence =
            draw(good ? &n->confidence_good : &n->confidence_bad, c->key, AT_CONFIDENCE);
}

const struct stage_kind stated_kind = {
    .word = "stated",
    .open = stated_open,
    .call = stated_call,
    .close = stated_close,
    .quick = true,
    .by_numbers = true,
};
