/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store: runs kept in sqlite, whole or not at all.
 *
 * WAL with synchronous=FULL: what store_save_run acknowledged survives a crash of the program or
 * the machine.  Errors are ERR_IO ("FILE: sentence"), and leave the store as it was. */
#ifndef SEAM_STORE_STORE_H
#define SEAM_STORE_STORE_H

#include "base/buf.h"
#include "base/error.h"
#include "model/result.h"
#include <stdint.h>

struct store;

/* Opens the store, creates it when it is not there, and brings an older one up to date in one
 * transaction.  Refuses a file that is no store and one of a newer version. */
MUST_CHECK int store_open(const char *path, struct store **out, struct error *err);
void store_close(struct store *s);
/* One more connection to the same file, for a thread or transactions of its own. */
MUST_CHECK int store_open_again(const struct store *s, struct store **out, struct error *err);

struct stored_run {
    int64_t id;
    const char *time, *command, *scenario, *sha256; /* "" where there is none */
    uint64_t seed, trials;
    enum passed passed;
    double reliability, review_load, auto_error, latency_p95, cost_per_item; /* NaN: absent */
    bool unfinished; /* executed, at work or broken off: there is no result yet */
};

/* Saves the result, with its JSON text (`len` bytes) and the time of the caller's clock, under the
 * number that it has already (run.kept) or a new one. */
MUST_CHECK int store_save_run(struct store *s, const struct result *r, const char *json, size_t len,
                              const char *time, int64_t *id, struct error *err);
/* Calls `row` for the newest `limit` runs (0: all), newest first; the strings are borrowed for the
 * call. */
MUST_CHECK int store_list_runs(struct store *s, uint32_t limit,
                               void (*row)(void *arg, const struct stored_run *run), void *arg,
                               struct error *err);
/* Appends the JSON of a run; ERR_INPUT when there is none of this id. */
MUST_CHECK int store_get_run(struct store *s, int64_t id, struct buf *json, struct error *err);
/* sqlite's integrity_check and foreign_key_check. */
MUST_CHECK int store_check(struct store *s, struct error *err);

#endif
