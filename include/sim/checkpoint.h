/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is kept of a run that goes on later: whose it is, how far it is, and what it has counted. */
#ifndef SEAM_SIM_CHECKPOINT_H
#define SEAM_SIM_CHECKPOINT_H

#include "sim/engine.h"
#include "sim/run.h"
#include "sim/share.h"

enum { CHECKPOINT_UNTIL_MAX = 16 };

/* Units of an engine. */
struct checkpoint_units {
    bool present;
    uint64_t block, parts; /* as the engine's */
    uint64_t first;        /* trials of the first look; 0: without a stopping rule */
    uint64_t target;       /* trials that were gone for last */
    uint64_t n_until;
    struct {
        char metric[64];
        double half_width;
    } until[CHECKPOINT_UNTIL_MAX];
    struct share share; /* of whole units: the last one of a run, if it is shorter, is done again */
    struct buf sum;     /* engine_def.pack */
};

/* Draws of an outer loop. */
struct checkpoint_draws {
    bool present;
    uint64_t n, items;
    struct share share;
    struct buf seen; /* outer_draws.h */
};

struct checkpoint {
    char version[32], scenario[65], engine[32];
    uint64_t seed;
    bool uncertainty;
    double level;
    struct checkpoint_draws draws;
    struct checkpoint_units units;
};

/* Appends its bytes: a line that says what they are, the content, and their SHA-256. */
void checkpoint_write(struct checkpoint *c, struct buf *out);
/* Reads them into *out, for the caller to release also after an error; ERR_INPUT, naming `name`,
 * for anything that checkpoint_write of this version does not write. */
MUST_CHECK int checkpoint_read(const char *name, const void *bytes, size_t len,
                               struct checkpoint *out, struct error *err);
/* Frees the lists and the bytes, and leaves *c zero. */
void checkpoint_release(struct checkpoint *c);

/* Keeps a run's progress; without options.keep it does nothing. */
struct keeper {
    const struct run_keep *how; /* NULL: nothing is kept */
    const struct ranks *ranks;
    double (*clock_s)(void);
    struct checkpoint at; /* as resumed, then as kept */
    bool resumed, begun;
    struct error missed; /* why the last write was missed */
};

/* Begins, with what is resumed in `at` where it belongs to this run; ERR_INPUT says why it does
 * not.  The caller closes it, also after an error. */
MUST_CHECK int keeper_open(struct keeper *k, const struct pipeline *p, const struct engine_def *def,
                           const struct run_options *options, bool uncertainty, struct error *err);
/* The first write of `at`, on every rank; nothing when it was done.  -1 when it is missed. */
MUST_CHECK int keeper_begin(struct keeper *k, struct error *err);
/* A later one, which may be missed. */
void keeper_write(struct keeper *k);
/* Frees, with a warning in *out (NULL: none) when the last write was missed. */
void keeper_close(struct keeper *k, struct result *out);
/* Seconds between writes; 0: none. */
double keeper_every(const struct keeper *k);

/* run_by with a keeper that is open, for a part of a run. */
MUST_CHECK int run_kept(const struct engine_def *def, const struct pipeline *p,
                        const struct run_options *options, struct keeper *keeper,
                        struct result *out, struct error *err);

#endif
