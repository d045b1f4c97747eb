/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Injected faults: what a run does to its own stages, by dice of the file's seed.
 *
 *     seed: 7
 *     steps:
 *       retrieve: {error: 5%, timeout: 2%, malformed: 3%, wrong: 1%, slow: {share: 10%, by: 2s}}
 *     environments:          # as in scenarios; one path for the whole run
 *       provider:
 *         up: {lasts: {exponential: {mean: 6h}}}
 *         down: {lasts: {exponential: {mean: 10m}}, steps: {draft: {error: 100%}}}
 *     resources:
 *       editors: [{from: 2h, to: 4h, servers: -1}]   # a reviewer who leaves, and comes back
 *
 * An error is answered in place of the stage.  A timeout holds the answer beyond the step's limit.
 * A malformed answer is the stage's own, garbled (cut off, of another type, no UTF-8), and read
 * again as any answer is.  A wrong one is what the stage answered last for another item, silently
 * mixed up with this one's (of stages that act by stated numbers: their own `wrong`).  A slow
 * answer comes so much later.  In a state of an environment `error` and `malformed` stand in for
 * those of `steps`, and `latency` is added. */
#ifndef SEAM_EXEC_FAULT_H
#define SEAM_EXEC_FAULT_H

#include "exec/stage.h"
#include "model/faults.h"

struct injected;
/* Reads the file for a pipeline, which outlives it.  ERR_IO where it cannot be read, ERR_INPUT with
 * its first fault, all of which are in *faults (initialised by the caller); the caller frees
 * *out. */
MUST_CHECK int injected_read(const char *path, const struct pipeline *p, struct faults *faults,
                             struct injected **out, struct error *err);
/* The same from `len` bytes that messages call `file`. */
MUST_CHECK int injected_parse(const char *file, const char *text, size_t len,
                              const struct pipeline *p, struct faults *faults,
                              struct injected **out, struct error *err);
/* NULL is fine. */
void injected_free(struct injected *f);

/* In place of kind->call(self, call, a): calls the stage, or does not, and spoils its answer.  What
 * happens depends on call->key and on call->now_s alone; what a mixed up answer holds, on which
 * call ended before.  Any thread; never blocks longer than the
 * stage. */
void injected_call(const struct injected *f, const struct stage_kind *kind, void *self,
                   const struct stage_call *call, struct stage_answer *a);
/* How many servers more (or, below 0, fewer) a resource has at an instant of the run's clock. */
int32_t injected_servers(const struct injected *f, uint32_t resource, double now_s);
/* When that changes next, > now_s; INFINITY: never. */
double injected_turn(const struct injected *f, uint32_t resource, double now_s);

#endif
