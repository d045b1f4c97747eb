/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every test stands on: cmocka (included nowhere else), nearness, errors, the suite's budget.
 *
 * False alarms: the statistical checks of the whole suite together may fail by chance with
 * probability 1e-6 at most, under fixed seeds never.  A check that compares an estimate with an
 * exact value uses within_sigma(..., 5.0) (6e-7 each side) under a fixed seed. */
#ifndef SEAM_TESTS_SUPPORT_H
#define SEAM_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/error.h"

/* |got - want| <= tol, says both otherwise. */
#define near(got, want, tol) near_(#got, (got), (want), (tol), __FILE__, __LINE__)
/* |got - want| <= rel * |want|. */
#define near_rel(got, want, rel)                                                                   \
    near_(#got, (got), (want), (rel) * ((want) < 0 ? -(want) : (want)), __FILE__, __LINE__)
/* low <= got <= high. */
#define within(got, low, high) within_(#got, (got), (low), (high), __FILE__, __LINE__)
/* |got - want| <= z * sigma. */
#define within_sigma(got, want, sigma, z)                                                          \
    near_(#got, (got), (want), (z) * (sigma), __FILE__, __LINE__)
/* The error has this code and its text holds this part. */
#define error_is(err, want_code, part) error_is_((err), (want_code), (part), __FILE__, __LINE__)
#define text_has(text, part)           text_has_((text), (part), __FILE__, __LINE__)
#define ok(call, err)                  ok_((call), (err), #call, __FILE__, __LINE__)

void near_(const char *what, double got, double want, double tol, const char *file, int line);
void within_(const char *what, double got, double low, double high, const char *file, int line);
void error_is_(const struct error *err, enum error_code code, const char *part, const char *file,
               int line);
void text_has_(const char *text, const char *part, const char *file, int line);
void ok_(int status, const struct error *err, const char *what, const char *file, int line);

/* A test file of the project, such as "genai.jsonl.gz" in tests/data; borrowed until the next
 * call.  Tests run from the top folder. */
const char *data_path(const char *name);

#endif
