/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Parallels: branches that start together, and their joins. */
#include "model/rules.h"
#include "tests/support/plain_sim_parts.h"

#include <string.h>

void plain_fork(struct plain *s, uint32_t path)
{
    const struct parallel *par = s->p->step[s->path.at[path].step].parallel;
    struct plain_path child = s->path.at[path];
    if (par->n > 64)
        BUG("more branches than the plain simulation holds");
    s->path.at[path].phase = PATH_JOINING;
    s->path.at[path].n_branches = par->n;
    s->path.at[path].branch_at = mem_zero(par->n, sizeof *s->path.at[path].branch_at);
    memset(s->path.at[path].branch_done, 0, sizeof s->path.at[path].branch_done);
    child.parent = path;
    child.n_passed = 0;
    child.phase = PATH_NEXT;
    child.until_s = s->now_s;
    child.branch_at = NULL;
    for (uint32_t b = 0; b < par->n; b++) {
        uint32_t i = 0;
        child.branch = b;
        child.next = (int32_t)par->first[b / par->copies];
        while (i < s->path.len && s->path.at[i].live)
            i++;
        if (i == s->path.len)
            vec_push(&s->path, child);
        s->path.at[i] = child;
    }
}

/* The k-th highest of n, where none is lowest. */
static double kth_highest(const double *c, uint32_t n, uint32_t k)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t above = 0;
        for (uint32_t j = 0; j < n; j++)
            above += (isnan(c[i]) && !isnan(c[j])) || c[j] > c[i] ||
                     (j < i && (c[j] == c[i] || (isnan(c[i]) && isnan(c[j]))));
        if (above == k - 1)
            return c[i];
    }
    return NAN;
}

/* Of the branches taken: that of each step inside among the copies of its own branch. */
static void gather_confidences(struct plain *s, uint32_t path, const bool *taken, uint32_t k)
{
    struct plain_path *w = &s->path.at[path];
    const struct parallel *par = s->p->step[w->step].parallel;
    double c[64];
    uint32_t n = 0;
    for (uint32_t b = 0; b < w->n_branches; b++)
        if (taken[b])
            c[n++] = w->branch_confidence[b];
    w->confidence = kth_highest(c, n, k < n ? k : n);
    for (uint32_t i = par->first[0]; i < par->first[par->n_branches]; i++) {
        n = 0;
        for (uint32_t b = 0; b < w->n_branches; b++)
            if (taken[b] && s->p->step[i].branch == b / par->copies)
                c[n++] = w->branch_at[b][i].confidence;
        w->at[i].confidence = n ? kth_highest(c, n, k < n ? k : n) : NAN;
    }
}

/* What all copies have seen, those that were cancelled too. */
static void gather_memory(struct plain *s, uint32_t path)
{
    struct plain_path *w = &s->path.at[path];
    const struct parallel *par = s->p->step[w->step].parallel;
    for (uint32_t i = par->first[0]; i < par->first[par->n_branches]; i++) {
        struct plain_memory *m = &w->at[i];
        uint32_t before = m->visits;
        bool failed = false, wrong = false;
        for (uint32_t b = 0; b < w->n_branches; b++) {
            const struct plain_memory *inside = &w->branch_at[b][i];
            if (inside->visits == before)
                continue;
            m->visits += inside->visits - before;
            failed |= inside->failed;
            wrong |= inside->wrong;
        }
        if (m->visits == before)
            continue;
        m->entered = true;
        m->failed = failed;
        m->wrong = wrong;
    }
}

static void keep(struct plain *s, uint32_t child, bool done, bool is_ok)
{
    const struct plain_path *c = &s->path.at[child];
    struct plain_path *w = &s->path.at[c->parent];
    w->branch_done[c->branch] = done;
    w->branch_ok[c->branch] = is_ok;
    w->branch_good[c->branch] = c->good;
    w->branch_confidence[c->branch] = c->confidence;
    memcpy(w->branch_at[c->branch], c->at, sizeof c->at);
}

void plain_drop_branches(struct plain *s, uint32_t path)
{
    for (uint32_t i = 0; i < s->path.len; i++)
        if (s->path.at[i].live && s->path.at[i].parent == path) {
            keep(s, i, false, false);
            plain_cancel(s, i);
            s->path.at[i].live = false;
        }
}

static void joined(struct plain *s, uint32_t path, bool is_ok, bool good, const bool *taken,
                   uint32_t k)
{
    struct plain_path *w = &s->path.at[path];
    plain_drop_branches(s, path);
    gather_memory(s, path);
    if (is_ok)
        gather_confidences(s, path, taken, k);
    mem_free(w->branch_at);
    w->branch_at = NULL;
    if (is_ok)
        w->good = good;
    w->outcome = is_ok ? OUTCOME_OK : OUTCOME_ERROR;
    w->silent = false;
    plain_visit_ends(s, path, is_ok);
}

static uint32_t best_of(const struct plain_path *w)
{
    uint32_t best = NOBODY;
    for (uint32_t b = 0; b < w->n_branches; b++)
        if (w->branch_ok[b] &&
            (best == NOBODY || w->branch_confidence[b] > w->branch_confidence[best] ||
             (isnan(w->branch_confidence[best]) && !isnan(w->branch_confidence[b]))))
            best = b;
    return best;
}

void plain_branch_ends(struct plain *s, uint32_t child, bool is_ok)
{
    uint32_t path = s->path.at[child].parent, n_ok = 0, n_good = 0, n_failed = 0;
    struct plain_path *w = &s->path.at[path];
    const struct parallel *par = s->p->step[w->step].parallel;
    enum join join = par->join;
    bool taken[64] = {false};
    keep(s, child, true, is_ok);
    s->path.at[child].live = false;
    for (uint32_t b = 0; b < w->n_branches; b++) {
        taken[b] = w->branch_done[b] && w->branch_ok[b];
        n_ok += taken[b];
        n_good += taken[b] && w->branch_good[b];
        n_failed += w->branch_done[b] && !w->branch_ok[b];
    }
    bool all_in = n_ok + n_failed == par->n;
    bool waits = join == JOIN_VOTE || join == JOIN_MAJORITY || join == JOIN_BEST ||
                 s->broken == PLAIN_BRANCH_RUNS_ON;
    if (join == JOIN_BEST && all_in && n_ok) {
        uint32_t b = best_of(w);
        memset(taken, 0, sizeof taken);
        taken[b] = true;
        joined(s, path, true, w->branch_good[b], taken, 1);
    } else if ((join == JOIN_VOTE || join == JOIN_MAJORITY) && all_in)
        joined(s, path, n_ok >= par->k, n_good >= par->k, taken, par->k);
    else if (n_ok >= par->k && (!waits || all_in))
        joined(s, path, true, n_good >= par->k, taken, par->k);
    else if (par->n - n_failed < par->k && (!waits || all_in))
        joined(s, path, false, false, taken, par->k);
}
