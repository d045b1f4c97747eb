/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small laws of the language that all engines share: conditions, audits, which numbers hold. */
#include "model/pipeline.h"

#include <math.h>

/* --- conditions */

static double operand_value(const struct operand *o, const struct condition_facts *f)
{
    switch (o->kind) {
    case OPERAND_CONFIDENCE:
        return f->confidence;
    case OPERAND_CONFIDENCE_OF:
        return f->confidence_of[o->of];
    case OPERAND_VISITS:
        return f->visits[o->of];
    case OPERAND_AGE:
        return f->age_s;
    case OPERAND_OUTCOME:
        return f->outcome;
    case OPERAND_CLASS:
        return f->class;
    default:
        return o->value;
    }
}

static bool compare(enum condition_op op, double x, double y)
{
    switch (op) {
    case CONDITION_LESS:
        return x < y;
    case CONDITION_AT_MOST:
        return x <= y;
    case CONDITION_MORE:
        return x > y;
    case CONDITION_AT_LEAST:
        return x >= y;
    case CONDITION_EQUAL:
        return x == y;
    default:
        return x != y;
    }
}

static bool node_holds(const struct condition *c, uint32_t i, const struct condition_facts *f)
{
    const struct condition_node *n = &c->node[i];

    switch (n->op) {
    case CONDITION_NOT:
        return !node_holds(c, n->a, f);
    case CONDITION_AND:
        return node_holds(c, n->a, f) && node_holds(c, n->b, f);
    case CONDITION_OR:
        return node_holds(c, n->a, f) || node_holds(c, n->b, f);
    default:
        return compare(n->op, operand_value(&n->left, f), operand_value(&n->right, f));
    }
}

bool condition_holds(const struct condition *c, const struct condition_facts *facts)
{
    return node_holds(c, c->n - 1, facts);
}

/* --- audits */

double audit_probability(enum audit_design design, double share, double confidence,
                         double threshold)
{
    if (design == AUDIT_UNIFORM || !(threshold < 1))
        return share;
    return fmin(1, 2 * share * (1 - confidence) / (1 - threshold));
}

/* --- numbers */

void numbers_take(struct numbers *to, const struct numbers *from, uint32_t set)
{
#define X(name, type, field)                                                                       \
    if (set & 1u << NUMBERS_##name)                                                                \
        to->field = from->field;
    NUMBERS_TABLE(X)
#undef X
}

/* What the environments state comes first; when that leaves too little for the other outcomes,
 * they share what is left in their proportion. */
void numbers_make_room(struct numbers *n, uint32_t set)
{
    struct number *all[] = {&n->error, &n->wrong, &n->malformed};
    static const uint32_t bit[] = {1u << NUMBERS_ERROR, 1u << NUMBERS_WRONG,
                                   1u << NUMBERS_MALFORMED};
    double stated = 0, others = 0;

    for (int i = 0; i < 3; i++)
        *(set & bit[i] ? &stated : &others) += all[i]->value;
    if (!(stated + others > 1))
        return;
    for (int i = 0; i < 3; i++) {
        if (set & bit[i])
            all[i]->value /= fmax(stated, 1);
        else
            all[i]->value *= fmax(1 - stated, 0) / others;
    }
}

void numbers_resolve(const struct pipeline *p, uint32_t step, uint32_t class, int32_t given,
                     const uint32_t *state, struct numbers *out)
{
    const struct step *s = &p->step[step];

    uint32_t set = 0;

    *out = given < 0 ? s->numbers[class] : s->given[given].override.numbers[class];
    for (uint32_t e = 0; state && e < p->n_environments; e++) {
        const struct env_state *now = &p->environment[e].state[state[e]];
        for (uint32_t i = 0; i < now->n_overrides; i++)
            if (now->override[i].step == step) {
                numbers_take(out, &now->override[i].override.numbers[class],
                             now->override[i].override.set);
                set |= now->override[i].override.set;
            }
    }
    if (set)
        numbers_make_room(out, set);
}

int32_t pipeline_following(const struct pipeline *p, uint32_t step)
{
    const struct step *s = &p->step[step];
    uint32_t next = s->parallel ? s->parallel->first[s->parallel->n_branches] : step + 1;

    if (s->parent) {
        const struct parallel *in = p->step[s->parent - 1].parallel;
        return next < in->first[s->branch + 1] ? (int32_t)next : TO_JOIN;
    }
    return next < p->n_steps ? (int32_t)next : TO_SHIP;
}
