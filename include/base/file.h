/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files: whole reads (through gzip where the content says so), and writes that are there whole or
 * not at all (written beside, synced, renamed).  "-" is standard input or output. */
#ifndef SEAM_BASE_FILE_H
#define SEAM_BASE_FILE_H

#include "base/buf.h"
#include "base/error.h"

/* Reads all of `path` into `out` (appending), inflating gzip; more than `limit` bytes is
 * ERR_LIMIT, a missing or unreadable file ERR_IO, broken gzip ERR_INPUT. */
MUST_CHECK int file_read(const char *path, size_t limit, struct buf *out, struct error *err);
/* The first bytes of a plain file, as it lies there: how many of `len` there are.  0 for what is
 * none, as a pipe, which could not be read a second time. */
size_t file_head(const char *path, void *out, size_t len);
/* Begins standard input anew; what cannot be read twice, such as a pipe, is first kept in a
 * temporary file that takes its place.  ERR_IO: there is no room for it. */
MUST_CHECK int file_again_stdin(struct error *err);
/* Writes `len` bytes to `path` atomically; "-" goes to standard output. */
MUST_CHECK int file_write(const char *path, const void *bytes, size_t len, struct error *err);
/* The same piece by piece: what is added is there whole once it is closed, and nothing of it when
 * it is dropped.  file_writer_close frees the writer in any case. */
struct file_writer;
MUST_CHECK int file_writer_open(const char *path, struct file_writer **out, struct error *err);
MUST_CHECK int file_writer_add(struct file_writer *w, const void *bytes, size_t len,
                               struct error *err);
MUST_CHECK int file_writer_close(struct file_writer *w, struct error *err);
/* NULL is fine. */
void file_writer_drop(struct file_writer *w);
/* Creates the folder and its parents; one that exists is fine. */
MUST_CHECK int file_make_dir(const char *path, struct error *err);
/* Removes a file; one that is not there is fine. */
MUST_CHECK int file_remove(const char *path, struct error *err);
/* "dir/name" beside `path`: the folder of `path` joined with `name`; caller mem_frees. */
char *file_beside(const char *path, const char *name);
/* SHA-256 (FIPS 180-4) as 64 lower-case hex digits and NUL. */
void file_sha256(const void *bytes, size_t len, char out[65]);

/* A sequential reader that inflates gzip on the fly and hands out large chunks, in bounded memory.
 * reader_open/reader_close; the chunk is borrowed until the next call. */
struct file_reader;
MUST_CHECK int file_reader_open(const char *path, struct file_reader **out, struct error *err);
/* The same from a byte of a plain file on, which is then not looked at for gzip. */
MUST_CHECK int file_reader_open_at(const char *path, uint64_t offset, struct file_reader **out,
                                   struct error *err);
/* *len == 0 at the end.  FILE_PADDING bytes behind a chunk can be read, and mean nothing. */
enum { FILE_PADDING = 64 };
MUST_CHECK int file_reader_next(struct file_reader *r, const char **chunk, size_t *len,
                                struct error *err);
/* How much of the file's own bytes are taken up, in 0 to 1; 0 when that cannot be known. */
double file_reader_share(const struct file_reader *r);
/* Bytes of the file itself, 0 when that cannot be known. */
double file_reader_size(const struct file_reader *r);
/* Closes the file and frees the reader with its chunk; NULL is fine. */
void file_reader_close(struct file_reader *r);

#endif
