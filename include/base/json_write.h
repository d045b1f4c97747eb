/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON out (RFC 8259): appends to a buf; commas, indentation and escapes are its business.
 *
 *     struct json_write w; json_init(&w, &buf, 2);
 *     json_open(&w, '{'); json_key(&w, "value"); json_number(&w, 0.25); json_close(&w, '}');
 *
 * Doubles are written with the fewest digits that read back the same; NaN and infinities are
 * written as null.  Text that is not UTF-8 gets U+FFFD. */
#ifndef SEAM_BASE_JSON_WRITE_H
#define SEAM_BASE_JSON_WRITE_H

#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>

/* So deep may be written: all that json_parse reads, within some levels more. */
enum { JSON_LEVELS = 1024 + 128 };

struct json_write {
    struct buf *out;
    int indent, depth; /* indent 0: one line */
    bool after_key;
    uint64_t has[JSON_LEVELS / 64]; /* a bit each: has the level an element yet? */
};

/* Starts a document at the end of `out`, which is borrowed; `indent` spaces a level. */
void json_init(struct json_write *w, struct buf *out, int indent);
void json_open(struct json_write *w, char bracket);  /* '{' or '[' */
void json_close(struct json_write *w, char bracket); /* '}' or ']' */
/* The key of the next value, in a map; escaped here. */
void json_key(struct json_write *w, const char *key);
/* A text up to its NUL; escaped here. */
void json_string(struct json_write *w, const char *s);
/* A text of `len` bytes; escaped here. */
void json_string_n(struct json_write *w, const char *s, size_t len);
/* A double; null when it is not finite. */
void json_number(struct json_write *w, double x);
/* A whole number, with all its digits. */
void json_uint(struct json_write *w, uint64_t n);
/* true or false. */
void json_bool(struct json_write *w, bool b);
/* A value that is JSON text already, as it stands. */
void json_raw(struct json_write *w, const char *json);
/* null. */
void json_null(struct json_write *w);

#endif
