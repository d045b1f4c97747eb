/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each draw of the parameters showed: every metric with its standard error. */
#ifndef SEAM_SIM_OUTER_DRAWS_H
#define SEAM_SIM_OUTER_DRAWS_H

#include "base/intern.h"
#include "base/pack.h"
#include "model/pipeline.h"
#include "model/result.h"

enum section {
    SECTION_TOP,
    SECTION_STAGE,
    SECTION_CLASS,
    SECTION_EDGE,
    SECTION_RESOURCE,
    SECTION_ENVIRONMENT,
    SECTION_CURVE, /* row: a point of the grid */
    SECTION_COUNT
};

/* One metric of one draw. */
struct seen {
    enum section section;
    uint32_t row;
    const char *name, *unit; /* literals, or in `texts` of the draws */
    double value, error;
};

struct edge_seen {
    const char *from, *to;
    uint64_t count;
};

struct draw {
    bool done;
    VEC(struct seen) seen;
    VEC(struct edge_seen) edges;
};

struct draws {
    uint32_t n;
    struct draw *draw;            /* [n] */
    uint32_t rows[SECTION_COUNT]; /* at most, but for those of edges */
    struct intern texts;
};

/* n draws of p, of which none is done, with a curve of n_grid points; the caller releases. */
void draws_init(struct draws *d, const struct pipeline *p, uint32_t n, uint32_t n_grid);
/* Frees the draws. */
void draws_release(struct draws *d);
/* Forgets what the draws showed, but keeps the texts. */
void draws_clear(struct draws *d);
/* How many of them are done. */
uint32_t draws_done(const struct draws *d);
/* Takes what a draw showed, whose intervals are value -+ one standard error. */
void draw_take(struct draw *d, const struct result *r);
/* Saves the draws that are done, or adds saved ones to those that are not. */
void draws_pack(struct draws *d, struct pack *p);

#endif
