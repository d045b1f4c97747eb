/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a sizing may change: thresholds, servers, audit shares, attempts, any number by its path,
 * each within its range; and the pipeline under one choice of them.
 *
 * Life: settings_init, settings_apply and applied_release for every choice, settings_release. */
#ifndef SEAM_DECIDE_SETTINGS_H
#define SEAM_DECIDE_SETTINGS_H

#include "decide/asked.h"
#include "decide/size.h"
#include "sim/parameters.h"

enum { SETTINGS_MOST = 8 };

struct variable {
    const char *path;
    double from, to; /* what it may be, both ends included; inside units */
    double unit;     /* values are multiples of it */
    uint64_t n;      /* as many evenly spaced values; 0: every multiple of unit */
    bool whole;      /* a whole number */
    bool duration;
    bool staff;                                          /* servers of a resource */
    const struct parameter *parameter;                   /* NULL: */
    uint32_t *(*place)(struct pipeline *p, uint32_t at); /* NULL: the scenario is read anew */
    uint32_t at;                                         /* index for place */
    double now;    /* as the scenario has it; NaN: not known */
    int32_t gate;  /* the gate whose threshold it is; -1: none */
    int32_t above; /* of a gate with bands: index of the variable of the high threshold; -1 */
};

/* A stage that a choice leaves out: its gate never ships, and it takes no time and no money. */
struct leave_out {
    uint32_t gate, stage, variable; /* variable: the gate's threshold */
};

struct settings {
    struct arena arena;
    const struct pipeline *p; /* borrowed: as written */
    const struct size_options *options;
    struct variable v[SETTINGS_MOST];
    uint32_t n;
    bool reads; /* some variable has no place: the scenario is read anew for every choice */
    struct leave_out out[SETTINGS_MOST];
    uint32_t n_out;
};

/* What is varied by the options, or without any: the thresholds of all gates and, where `timed`,
 * the servers of the resources behind reviews.  ERR_UNSUPPORTED: there is nothing to vary;
 * ERR_USAGE and ERR_INPUT: a path or a range that the scenario does not take. */
MUST_CHECK int settings_init(struct settings *s, const struct pipeline *p, bool timed,
                             const struct size_options *options, struct error *err);
/* Frees the paths. */
void settings_release(struct settings *s);

/* A pipeline under one choice. */
struct applied {
    struct pipeline read, learnt, drawn; /* what it stands on */
    struct pipeline p;
};
enum applied_evidence { EVIDENCE_KEPT, EVIDENCE_SHARES, EVIDENCE_MEANS, EVIDENCE_DRAWN };
/* Fills *out with the scenario before any feedback under x[n].  out_of: 0, or 1 + which of
 * s->out is left out.  Evidence is kept, replaced by k/n, by posterior means, or by draw `draw` of
 * its posterior.  The caller releases *out in any case.
 * -1: x is not a scenario; err says why. */
MUST_CHECK int settings_apply(const struct settings *s, const double *x, uint32_t out_of,
                              enum applied_evidence evidence, uint32_t draw, struct applied *out,
                              struct error *err);
/* Frees the pipelines. */
void applied_release(struct applied *a);
/* k times the variable's unit, or a power of ten `finer` of it, to the last digit. */
double variable_multiple(const struct variable *v, double finer, double k);
/* The nearest value that the variable may have. */
double variable_round(const struct variable *v, double x);
/* How many values it may have; 0: too many to count. */
uint64_t variable_count(const struct variable *v);
/* "confident.threshold=0.85, editors.servers=2", paths without their first word. */
void settings_put(const struct settings *s, const double *x, struct buf *out);

#endif
