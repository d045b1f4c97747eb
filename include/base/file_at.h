/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plain file that several threads read at once, each where it likes.
 *
 * file_at_open/file_at_close. */
#ifndef SEAM_BASE_FILE_AT_H
#define SEAM_BASE_FILE_AT_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct file_at {
    int fd;
    uint64_t size; /* when it was opened */
};

/* False, and nothing to close, for what is no plain file (a pipe, a terminal, `-`), cannot be
 * opened, or is gzip. */
MUST_CHECK bool file_at_open(const char *path, struct file_at *out);
/* Bytes read from `offset` on into `out`, which has room for `len`: fewer at the end of the file,
 * or where it cannot be read. */
size_t file_at_read(const struct file_at *f, uint64_t offset, char *out, size_t len);
/* Closes the file. */
void file_at_close(struct file_at *f);

#endif
