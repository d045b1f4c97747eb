/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the store share; sqlite's own types stay inside. */
#ifndef SEAM_STORE_STORE_PARTS_H
#define SEAM_STORE_STORE_PARTS_H

#include "base/error.h"
#include "store/store.h"

#include <sqlite3.h>

struct store {
    sqlite3 *db;
    char *path;
};

/* Sets *err to what sqlite says went wrong while `what`; returns -1. */
int store_fault(const struct store *s, const char *what, struct error *err);
/* Runs statements without values. */
MUST_CHECK int store_run_sql(struct store *s, const char *sql, const char *what, struct error *err);
/* The caller finalizes *out. */
MUST_CHECK int store_prepare(struct store *s, const char *sql, const char *what, sqlite3_stmt **out,
                             struct error *err);
/* The one number that a statement gives. */
MUST_CHECK int store_ask_int(struct store *s, const char *sql, int64_t *out, struct error *err);
/* Leaves a transaction that failed half-way; what was wrong is already told. */
void store_roll_back(struct store *s);

#endif
