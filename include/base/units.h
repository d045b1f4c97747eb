/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text with units <-> plain numbers: the only place where "250ms" becomes 0.25.
 *
 * Inside the program a duration is seconds, a probability lies in [0, 1], money is in the one
 * currency of the scenario, a rate is per second.  Parsers take the whole text (surrounding
 * spaces aside), return 0, or -1 and a sentence without a place ("\"5 q\" is not a duration:
 * write 200ms, 42s, 1.5h"), which the caller prefixes with one.
 * Writers append the text that a person would write; the exact ones read back the same. */
#ifndef SEAM_BASE_UNITS_H
#define SEAM_BASE_UNITS_H

#include "base/buf.h"
#include "base/error.h"
#include <stdint.h>

/* A decimal number, nothing else: no hex, no inf, no nan, no leading 0 (010), at most one sign. */
MUST_CHECK int units_number(const char *text, double *out, struct error *err);
/* 12, 1e6, 1_000, 1,000 */
MUST_CHECK int units_count(const char *text, uint64_t *out, struct error *err);
/* "256M", "1.5 GiB", "64KiB", "2GB" -> bytes: K, M, G and T, alone or with iB, are powers of 1024,
 * with B alone of 1000; in either case.  Without a unit: bytes. */
MUST_CHECK int units_size(const char *text, uint64_t *out, struct error *err);
/* "200ms" "1.5h" (ns us ms s m h d w, month = 30 d) -> seconds, >= 0.  A bare "0" is allowed. */
MUST_CHECK int units_duration(const char *text, double *out_s, struct error *err);
/* "0.03", "3%" -> [0, 1].  "3/100" -> its quotient, with *k and *n set (else both 0; either may be
 * NULL). */
MUST_CHECK int units_probability(const char *text, double *out, uint64_t *k, uint64_t *n,
                                 struct error *err);
/* "$0.002", "$-300", "12.5", "€3", "EUR 3": the sign or code of any currency, or none. */
MUST_CHECK int units_money(const char *text, double *out, struct error *err);
/* "40/h", "$45/h", "$50/month" -> per second. */
MUST_CHECK int units_rate(const char *text, double *out_per_s, struct error *err);

/* "at most 1%", "at least 99%", "least", "most". */
enum target_kind { TARGET_NONE, TARGET_AT_MOST, TARGET_AT_LEAST, TARGET_LEAST, TARGET_MOST };
/* The number behind "at most" is a probability, a duration, money or a plain number. */
MUST_CHECK int units_target(const char *text, enum target_kind *kind, double *value,
                            struct error *err);

/* For people: "21.3ms", "1.25s", "4.2m", "2.3d"; 3 significant digits, a leading '-' when < 0. */
void units_put_duration(struct buf *b, double seconds);
/* "83.30%", "1.2e-7" when tiny, "99.99988%" when nearly 1: never rounded to 0% or 100%. */
void units_put_probability(struct buf *b, double p);
void units_put_count(struct buf *b, uint64_t n); /* "1,000,000" */
/* The fewest digits that read back as the same double; whole numbers below 2^53 in full. */
void units_put_exact(struct buf *b, double x);
/* The shortest decimal above `below` and at most x, of four significant digits or more, which are
 * counted from 1 where that is nearer than 0; x itself where there is none. */
double units_shortest_above(double below, double x);
/* "2026-03-01T12:10:05Z": seconds since 1970-01-01 UTC, cut to whole ones. */
void units_put_instant(struct buf *b, double seconds);
/* Exact in its unit, for scenario files: "45ms", "21.3ms", "1.5h"; seconds >= 0 and finite. */
void units_put_duration_exact(struct buf *b, double seconds);

#endif
