/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a parallel cannot do exactly, with the assumption that fails: branches must be independent
 * given the item's quality and what their steps ask about the time before, and what is asked of
 * them afterwards must be the join's own outcome. */
#include "sim/exact/fork.h"

static const char *operand_lacks(const struct pipeline *p, uint32_t at, const struct operand *o)
{
    if (o->kind != OPERAND_CONFIDENCE_OF && o->kind != OPERAND_VISITS)
        return NULL;
    uint32_t in = p->step[o->of].parent, from = p->step[at].parent;
    if (in && in != from)
        return "a condition asks what a step inside a parallel did, whose copies may differ";
    if (in != from || (from && p->step[o->of].branch != p->step[at].branch))
        return "a condition inside a parallel asks what happened outside its branch";
    return NULL;
}

/* Gates outside know the confidence of one step inside where nothing else there gives any. */
static const char *named_lacks(const struct pipeline *p, uint32_t gate)
{
    const struct step *s = &p->step[gate];
    if (s->kind != STEP_GATE || s->gate_of < 0 || p->step[s->gate_of].parent == s->parent)
        return NULL;
    uint32_t parent = p->step[s->gate_of].parent, scorers = 0;
    if (s->parent)
        return "a gate inside a parallel asks a confidence from outside";
    for (uint32_t i = 0; i < p->n_steps; i++)
        scorers += p->step[i].parent == parent && p->step[i].has_confidence;
    return scorers > 1 || p->step[parent - 1].parallel->n_branches > 1
               ? "a gate asks for the confidence of one of several steps inside a parallel"
               : NULL;
}

/* `given` of what happened inside: its copies may differ, or be cancelled before they know. */
static const char *given_lacks(const struct pipeline *p, const struct rules *r, uint32_t at)
{
    const struct step *s = &p->step[at];
    for (uint32_t g = 0; g < s->n_given; g++) {
        if (s->given[g].kind == GIVEN_BAD || s->given[g].kind == GIVEN_CLASS)
            continue;
        const struct step *of = &p->step[s->given[g].of];
        if (of->parent && of->parent != s->parent)
            return "`given` asks what a step inside a parallel did, whose copies may differ";
        if (of->parent && comes_again(p, r, s->parent - 1, s->parent - 1, UINT32_MAX))
            return "`given` asks about a step inside a parallel that may come again";
    }
    return NULL;
}

/* Can a branch be left visibly ok without a confidence of its own? */
static bool leaves_silent(const struct pipeline *p, const struct rules *r, uint32_t at, bool *seen)
{
    if (seen[at])
        return false;
    seen[at] = true;
    for (uint32_t e = 0; e < rules_starts(r, at); e++) {
        if (p->step[at].has_confidence && e != EXIT_FAIL)
            continue;
        for (int32_t k = rules_start(r, at, e); k >= 0; k = r->route[k].otherwise) {
            int32_t to = r->route[k].to;
            if (to == TO_JOIN || to == TO_SHIP ||
                (to >= 0 && leaves_silent(p, r, (uint32_t)to, seen)))
                return true;
        }
    }
    return false;
}

/* A copy that gives no confidence carries the one that the item came with. */
static const char *carried_lacks(const struct pipeline *p, const struct rules *r, uint32_t at)
{
    const struct parallel *par = p->step[at].parallel;
    bool others = comes_again(p, r, at, at, UINT32_MAX), silent = false;
    for (uint32_t i = 0; i < at; i++)
        others = others || p->step[i].has_confidence;
    if (!parallel_scores(p, at) || !others)
        return NULL;
    for (uint32_t b = 0; b < par->n_branches && !silent; b++) {
        bool *seen = mem_zero(p->n_steps, sizeof *seen);
        silent = leaves_silent(p, r, par->first[b], seen);
        mem_free(seen);
    }
    return silent ? "a branch may end without a confidence of its own, and carries an earlier one"
                  : NULL;
}

/* May an item bring a confidence along to the parallel? */
static bool carried_scores(const struct pipeline *p, uint32_t at)
{
    for (uint32_t i = 0; i < p->n_steps; i++)
        if (p->step[i].has_confidence && p->step[i].parent != at + 1)
            return true;
    return false;
}

static const char *parallel_lacks(const struct pipeline *p, const struct rules *r, uint32_t at)
{
    const struct parallel *par = p->step[at].parallel;
    const char *carried = carried_lacks(p, r, at);
    if (carried)
        return carried;
    for (uint32_t e = 0; e < p->n_environments; e++)
        for (uint32_t k = 0; k < p->environment[e].n_states; k++)
            if (p->environment[e].state[k].n_overrides)
                return "its branches would share the state of an environment";
    if (context_givens(p, at) > CONTEXT_GIVENS_MAX)
        return "its steps ask more than four questions about the time before it";
    if ((par->k + 1.0) * (par->k + 1) * (par->k + 1) * par->n > 1e6)
        return "its branches are too many to weigh all their ends";
    for (uint32_t i = par->first[0]; i < par->first[par->n_branches]; i++) {
        const struct step *s = &p->step[i];
        if (s->kind == STEP_REVIEW)
            return "a review inside it, as which of the copies is reviewed first is not held";
        if (s->kind == STEP_GATE && s->gate_of < 0 && carried_scores(p, at))
            return "a gate inside it may ask a confidence from outside";
        for (uint32_t g = 0; g < s->n_given && par->join == JOIN_BEST; g++)
            if (s->given[g].override.set & (1u << NUMBERS_GOOD | 1u << NUMBERS_BAD))
                return "it takes the best, and a confidence has several laws (given)";
    }
    return NULL;
}

/* A confidence after a join is the k-th highest of several, whose law in a band is not held. */
static const char *drawn_lacks(const struct pipeline *p, uint32_t gate)
{
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct step *s = &p->step[i];
        bool asks = p->step[gate].gate_of < 0 || p->step[gate].gate_of == (int32_t)i;
        if (s->has_confidence && s->parent && s->parent != p->step[gate].parent && asks)
            return "it draws, and the confidence may come out of a parallel";
    }
    return NULL;
}

const char *inside_lacks(const struct pipeline *p, const struct rules *r, uint32_t i)
{
    const struct step *s = &p->step[i];
    const char *lacks = given_lacks(p, r, i);
    if (!lacks)
        lacks = named_lacks(p, i);
    if (!lacks && s->parallel)
        lacks = parallel_lacks(p, r, i);
    if (!lacks && gate_draws(s))
        lacks = drawn_lacks(p, i);
    for (uint32_t w = 0; w < s->n_ways; w++)
        for (uint32_t k = 0; s->way[w].when && k < s->way[w].when->n && !lacks; k++) {
            const struct condition_node *n = &s->way[w].when->node[k];
            if (n->op >= CONDITION_NOT)
                continue;
            lacks = operand_lacks(p, i, &n->left);
            lacks = lacks ? lacks : operand_lacks(p, i, &n->right);
            if (!lacks && s->parent && carried_scores(p, s->parent - 1) &&
                (n->left.kind == OPERAND_CONFIDENCE || n->right.kind == OPERAND_CONFIDENCE))
                lacks = "a condition inside a parallel may ask a confidence from outside";
        }
    return lacks;
}
