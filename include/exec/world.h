/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the built-in stages of a run share: each part is opened once, by the first that asks.
 *
 * One world for a run, made before its stages are opened and freed after they are closed. */
#ifndef SEAM_EXEC_WORLD_H
#define SEAM_EXEC_WORLD_H

#include "exec/canon.h"
#include "exec/run.h"
#include "exec/stage.h"

struct world;
/* Paths that stages name are beside the scenario, in `folder`; NULL: as they are. */
struct world *world_new(const char *folder);
/* Closes all parts, the latest opened first; NULL is fine. */
void world_free(struct world *w);

/* Chunks, aliases and facts that a cycle of feedback learned: JSON lines that every canon opened
 * from now on is extended by.  ERR_INPUT when a canon was opened already. */
MUST_CHECK int world_extend(struct world *w, const char *name, const char *text, size_t len,
                            struct error *err);
/* The canon at the path (NULL: "canon"), extended; lives as long as the world. */
MUST_CHECK int world_canon(struct world *w, const char *path, const struct canon **out,
                           struct error *err);
/* The canon that `exec: {canon: PATH}` of a stage names. */
MUST_CHECK int world_canon_of(const struct stage_setting *s, const struct canon **out,
                              struct error *err);

/* The first `items` briefs of the seed, from the canon of the first step that works with one,
 * without what was learned: the input of a run, as long as the world.  Where no step writes what
 * they want, they come without their truth, which speaks of that alone.  *out is NULL where no step
 * works with a canon. */
MUST_CHECK int world_briefs(struct world *w, const struct pipeline *p, uint64_t seed,
                            uint64_t items, const struct run_input **out, struct error *err);

/* A part of any kind under a name: opened by the first that asks, closed with the world.  `open`
 * runs under the world's lock, and may ask for other parts. */
struct world_part {
    int (*open)(struct world *w, const void *arg, void **part, struct error *err);
    void (*close)(void *part);
};
MUST_CHECK int world_share(struct world *w, const char *name, const struct world_part *kind,
                           const void *arg, void **part, struct error *err);

#endif
