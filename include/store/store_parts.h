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

/* Values in: NULL stays NULL, and so does NaN. */
void store_bind_text(sqlite3_stmt *q, int at, const char *text);
/* As its digits: whole numbers up to 2^64 - 1 do not fit an INTEGER. */
void store_bind_u64(sqlite3_stmt *q, int at, uint64_t n);
/* Values out: NULL is "", 0 and NaN; texts are borrowed until the next step. */
const char *store_column_text(sqlite3_stmt *q, int at);
/* From the digits of a text. */
uint64_t store_column_u64(sqlite3_stmt *q, int at);
/* A number; NaN for NULL. */
double store_column_double(sqlite3_stmt *q, int at);
/* Steps a statement that gives no rows, and makes it ready for the next time. */
MUST_CHECK int store_step(struct store *s, sqlite3_stmt *q, const char *what, struct error *err);

#endif
