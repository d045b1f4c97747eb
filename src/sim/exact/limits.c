/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the chain cannot do exactly, with the assumption that fails: conditions on time, which a
 * state does not hold; and draws that one confidence would share, as given its band they are
 * independent only when it is compared with one of them, once. */
#include "sim/exact/deadline.h"
#include "sim/exact/fork.h"

#include <math.h>

static int refuse(const struct pipeline *p, const struct step *s, const char *what,
                  struct error *err)
{
    return error_at(err, ERR_UNSUPPORTED, p->file && *p->file ? p->file : "flow", s->line,
                    s->column, "not exact (step `%s`): %s; use simulate", s->id, what);
}

/* --- conditions */

static const char *node_lacks(const struct condition_node *n)
{
    bool left = n->left.kind == OPERAND_VALUE, right = n->right.kind == OPERAND_VALUE;
    if (n->op >= CONDITION_NOT)
        return NULL;
    if (n->left.kind == OPERAND_AGE || n->right.kind == OPERAND_AGE)
        return "a condition on age, and the chain holds no times";
    enum operand_kind of[] = {n->left.kind, n->right.kind};
    for (int i = 0; i < 2; i++) {
        bool alone = of[i] == OPERAND_CONFIDENCE || of[i] == OPERAND_CONFIDENCE_OF ||
                     of[i] == OPERAND_VISITS;
        if (alone && !left && !right)
            return "a condition compares two that vary, and the chain holds bands";
    }
    return NULL;
}

/* --- gates that draw */

bool gate_draws(const struct step *s)
{
    return s->kind == STEP_GATE &&
           (s->draws_threshold || (s->audit.present && s->audit.design == AUDIT_NEAR_THRESHOLD));
}

/* Can an item at `from` come to `to` without a new confidence of `scorer` (UINT32_MAX: at all)? */
static bool comes_to(const struct rules *r, uint32_t from, uint32_t to, uint32_t scorer, bool *seen)
{
    for (uint32_t e = 0; e < rules_starts(r, from); e++) {
        if (from == scorer && e != EXIT_FAIL)
            continue;
        for (int32_t k = rules_start(r, from, e); k >= 0; k = r->route[k].otherwise) {
            int32_t next = r->route[k].to;
            if (next < 0 || seen[next])
                continue;
            seen[next] = true;
            if ((uint32_t)next == to || comes_to(r, (uint32_t)next, to, scorer, seen))
                return true;
        }
    }
    return false;
}

static bool may_ask(const struct step *gate, uint32_t scorer)
{
    return gate->gate_of < 0 || gate->gate_of == (int32_t)scorer;
}

bool comes_again(const struct pipeline *p, const struct rules *r, uint32_t from, uint32_t to,
                 uint32_t scorer)
{
    bool *seen = mem_zero(p->n_steps, sizeof *seen);
    bool again = comes_to(r, from, to, scorer, seen);
    mem_free(seen);
    return again;
}

static const char *gate_lacks(const struct pipeline *p, const struct rules *r, uint32_t gate)
{
    const struct step *s = &p->step[gate];
    if (s->draws_threshold && s->audit.present && s->audit.design == AUDIT_NEAR_THRESHOLD)
        return "an audit near a threshold that is itself drawn";
    if (s->draws_threshold && comes_again(p, r, gate, gate, UINT32_MAX))
        return "its threshold is drawn once for an item that may come again";
    for (uint32_t i = 0; i < p->n_steps; i++) {
        if (!p->step[i].has_confidence || !may_ask(s, i))
            continue;
        if (p->step[i].n_given || p->step[i].has_cache)
            for (uint32_t g = 0; g < p->step[i].n_given; g++)
                if (p->step[i].given[g].override.set & (1u << NUMBERS_GOOD | 1u << NUMBERS_BAD))
                    return "it draws, and its confidence has several laws (given)";
        for (uint32_t other = 0; other < p->n_steps; other++)
            if (gate_draws(&p->step[other]) && may_ask(&p->step[other], i) &&
                comes_again(p, r, gate, other, i))
                return "one confidence is compared with two draws";
    }
    return NULL;
}

/* --- hedges */

static bool seen_to_fail(const struct numbers *n)
{
    return n->error.value > 0 || n->error.evidence || isfinite(n->timeout_s) ||
           ((n->malformed.value > 0 || n->malformed.evidence) && n->validation.value > 0);
}

static bool one_fate(const struct retry *r)
{
    return r->attempts == 1 || r->on == RETRY_ALL;
}

static const char *hedge_lacks(const struct pipeline *p, const struct step *s)
{
    bool fails = false, alike = one_fate(&s->retry);
    for (uint32_t k = 0; k < p->n_classes && s->hedge_copies; k++) {
        fails = fails || seen_to_fail(&s->numbers[k]);
        alike = alike && (!s->class_retry || one_fate(&s->class_retry[k]));
        for (uint32_t g = 0; g < s->n_given; g++)
            fails = fails || seen_to_fail(&s->given[g].override.numbers[k]);
    }
    return fails && !alike ? "a hedged attempt is tried again after some failures alone, and which "
                             "of its calls failed last is not held"
                           : NULL;
}

/* --- environments */

static bool asked_by_a_draw(const struct pipeline *p, uint32_t scorer)
{
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct step *s = &p->step[i];
        if (s->kind == STEP_GATE && (s->draws_threshold || s->audit.present) && may_ask(s, scorer))
            return true;
    }
    return false;
}

static const char *weather_lacks(const struct pipeline *p, uint32_t step)
{
    static const uint32_t gate = 1u << NUMBERS_THRESHOLD | 1u << NUMBERS_THRESHOLD_HIGH |
                                 1u << NUMBERS_THRESHOLD_DIST | 1u << NUMBERS_AUDIT;
    static const uint32_t score = 1u << NUMBERS_GOOD | 1u << NUMBERS_BAD;
    bool touched = false;
    uint32_t set = 0;
    for (uint32_t e = 0; e < p->n_environments; e++)
        for (uint32_t k = 0; k < p->environment[e].n_states; k++) {
            const struct env_state *s = &p->environment[e].state[k];
            touched = touched || s->n_overrides;
            for (uint32_t i = 0; i < s->n_overrides; i++)
                set |= s->override[i].step == step ? s->override[i].override.set : 0;
        }
    if (touched && p->step[step].hedge_copies)
        return "copies of a hedged attempt may fall into different states of an environment";
    if (set & gate)
        return "an environment changes what its gate compares with";
    if (set & score && asked_by_a_draw(p, step))
        return "a gate draws, and its confidence has several laws (environments)";
    return NULL;
}

int chain_can(const struct pipeline *p, struct error *err)
{
    struct rules r;
    const char *lacks = NULL;
    int status = 0;
    rules_init(&r, p);
    for (uint32_t i = 0; i < p->n_steps && !status; i++) {
        const struct step *s = &p->step[i];
        lacks = gate_draws(s) ? gate_lacks(p, &r, i) : hedge_lacks(p, s);
        lacks = lacks ? lacks : weather_lacks(p, i);
        lacks = lacks ? lacks : inside_lacks(p, &r, i);
        for (uint32_t w = 0; w < s->n_ways; w++)
            for (uint32_t k = 0; s->way[w].when && k < s->way[w].when->n && !lacks; k++)
                lacks = node_lacks(&s->way[w].when->node[k]);
        if (lacks)
            status = refuse(p, s, lacks, err);
    }
    rules_release(&r);
    lacks = deadline_lacks(p);
    if (!status && lacks)
        return error_at(err, ERR_UNSUPPORTED, p->file && *p->file ? p->file : "deadline",
                        p->leave_line, p->leave_column, "not exact (deadline): %s; use simulate",
                        lacks);
    return status;
}
