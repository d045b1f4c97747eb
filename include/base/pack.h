/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers as bytes that are the same on every machine, by one walk for both ways.
 *
 * A function that walks a thing with these calls saves it when the pack writes; when it reads, the
 * same calls in the same order check what was saved and take it in: values replace, counts and sums
 * add to what is there.  The first thing that is out of its range, or missing, sets `broken`; from
 * there on nothing is read. */
#ifndef SEAM_BASE_PACK_H
#define SEAM_BASE_PACK_H

#include "base/buf.h"

struct pack {
    struct buf *to;    /* NULL: reads */
    const uint8_t *at; /* borrowed; what is left to read */
    size_t left;
    bool broken;
};

/* Appends to `to`. */
struct pack pack_writer(struct buf *to);
/* Reads bytes that must outlive it. */
struct pack pack_reader(const void *bytes, size_t len);
/* Marks what is read as broken unless `holds`. */
void pack_check(struct pack *p, bool holds);
/* Was all of it read, and nothing broken? */
bool pack_whole(const struct pack *p);

/* A number, at most `most`: replaced when read (0 when broken). */
void pack_value(struct pack *p, uint64_t *x, uint64_t most);
/* A flag. */
void pack_flag(struct pack *p, bool *x);
/* Any double, to the bit. */
void pack_double(struct pack *p, double *x);
/* A count below 2^62: added when read. */
void pack_count(struct pack *p, uint64_t *x);
/* A sum in fixed point: added when read, modulo 2^128. */
void pack_sum(struct pack *p, __int128 *x);
/* At most `most` bytes: when read, *at points into what is read. */
void pack_bytes(struct pack *p, const void **at, size_t *len, size_t most);
/* A text of fewer than `size` bytes without a NUL, in an array of that size. */
void pack_text(struct pack *p, char *text, size_t size);
/* An error. */
void error_pack(struct pack *p, struct error *e);

#endif
