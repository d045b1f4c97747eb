/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON in: the only door to simdjson (C++ behind a C header).
 *
 * Strict RFC 8259 with UTF-8 checked.  A lone surrogate escape (which real exporters write) is
 * read as U+FFFD instead of failing the document.
 *
 * Life: json_reader_new once; json_parse per document; nodes are handles into the document and are
 * valid until the next json_parse or json_reader_free.  Strings are borrowed the same way, and are
 * NOT NUL-terminated. */
#ifndef SEAM_BASE_JSON_READ_H
#define SEAM_BASE_JSON_READ_H

#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum json_type {
    JSON_NULL,
    JSON_BOOL,
    JSON_INT,
    JSON_UINT,
    JSON_DOUBLE,
    JSON_STRING,
    JSON_LIST,
    JSON_MAP
};

struct json_reader;
/* A position in the parsed document; copy freely.  Zeroed = absent. */
struct json {
    const void *doc;
    uint64_t index;
};

/* A new reader that the caller frees with json_reader_free. */
struct json_reader *json_reader_new(void);
/* Frees the reader, and its document with all nodes and strings; NULL is fine. */
void json_reader_free(struct json_reader *r);

/* Memory that the index of one document may take, in bytes: some 11 million values. */
enum { JSON_INDEX_MAX = 256 << 20 };

/* Parses one document of `len` bytes (no padding needed; copied when needed).  An integer beyond 64
 * bits is read as a string of its digits.  Errors: ERR_INPUT (nested deeper than 1,024, or
 * with more values than JSON_INDEX_MAX allows: ERR_LIMIT),
 * the sentence says what and the byte where known, err->column is that byte, 1-based (no file name;
 * the caller prefixes). */
MUST_CHECK int json_parse(struct json_reader *r, const char *text, size_t len, struct json *root,
                          struct error *err);

/* Is there a value, be it null? */
bool json_present(struct json v);
/* The type of a value; JSON_NULL also when absent. */
enum json_type json_type(struct json v);
/* Member of a map, absent (zeroed) when missing or when v is no map.  Duplicate keys: the last. */
struct json json_get(struct json v, const char *key);
/* The same by a key of `len` bytes, which may hold NUL. */
struct json json_get_n(struct json v, const char *key, size_t len);
/* First of two spellings that is present (resourceSpans / resource_spans). */
struct json json_get2(struct json v, const char *key, const char *other);
/* Text of a string; false when it is none. */
bool json_text(struct json v, const char **s, size_t *len);
/* Any number, or a string that holds one (decimal, "NaN", "Infinity"). */
bool json_as_double(struct json v, double *out);
/* Any integer, or a string that holds one; false beyond the type's range. */
bool json_as_u64(struct json v, uint64_t *out);
/* The same for a signed integer. */
bool json_as_i64(struct json v, int64_t *out);
/* true or false alone: a string or a number that means one is none. */
bool json_as_bool(struct json v, bool *out);
size_t json_count(struct json v); /* of a list or map */

/* for (struct json_iter it = json_each(v); json_next(&it);) it.value, it.key (maps) */
struct json_iter {
    struct json value;
    const char *key; /* maps: not NUL-terminated */
    size_t key_len;
    struct json next_;
    uint64_t end_;
    bool map_;
};
/* Stands before the first element of a list or map; of anything else there is none. */
struct json_iter json_each(struct json v);
/* Goes to the next element, in the order of the text; false at the end. */
bool json_next(struct json_iter *it);

/* A walk along the text of a document, to tell the lines of its maps; zeroed = at the beginning. */
struct json_place {
    uint64_t index;
    size_t at;
    uint32_t lines; /* newlines gone by */
};
/* Newlines before the map `v` in the text that it was parsed from.  Goes on from where it stands
 * when v comes later, so that asking for maps in their order costs one walk in all. */
uint32_t json_lines_before(struct json_place *p, struct json v, const char *text, size_t len);

/* A JSON pointer (RFC 6901) such as "/a/0/b"; absent when nothing is there. */
struct json json_pointer(struct json v, const char *pointer);
/* Appends the value as compact JSON text to a struct buf (opaque here for C++). */
struct buf;
/* Absent is written as null; `out` keeps what it holds. */
void json_dump(struct json v, struct buf *out);

/* The places of the tokens of a text, for readers that know what shape to expect: offsets of
 * { } [ ] , : and of the first byte of each string, number or word, outside strings.
 *
 * json_index_new once; json_index_find per text, whose places hold until the next. */
struct json_index;
/* An index without places; the caller frees it. */
struct json_index *json_index_new(void);
/* NULL is fine. */
void json_index_free(struct json_index *x);
/* Finds the tokens of `len` bytes, of one document or of several.  False, and no reason, unless
 * the text is UTF-8, every string in it ends, and no string holds a control character: nothing more
 * is checked.  *at has *n places, and `len` in the two behind them. */
MUST_CHECK bool json_index_find(struct json_index *x, const char *text, size_t len,
                                const uint32_t **at, size_t *n);

#ifdef __cplusplus
}
#endif
#endif
