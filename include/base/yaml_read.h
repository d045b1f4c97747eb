/* SPDX-License-Identifier: GPL-3.0-or-later */
/* YAML in, as a plain tree with places: the only door to libfyaml.
 *
 * Read from parser events with limits (1 MiB of text, depth 64, 10,000 nodes copied by aliases),
 * so that a hostile file costs neither time nor memory.  The tree lives in one arena and dies with
 * yaml_release.  Scalars keep their text as written; nothing is guessed about types here. */
#ifndef SEAM_BASE_YAML_READ_H
#define SEAM_BASE_YAML_READ_H

#include "base/buf.h"
#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    bool quoted;              /* scalar in '' or "" or a block scalar */
    uint32_t line, column;    /* 1-based, of the first character; columns count bytes' characters */
    const char *text;         /* scalar: its value, UTF-8, NUL-terminated; else NULL */
    const char *origin;       /* NULL, or where it comes from if not from the file itself: "--set
                                 flow.a.error=2", "steps.yaml:3:5"; borrowed */
    uint32_t n;               /* children */
    struct yaml_node **key;   /* map: [n] scalars */
    struct yaml_node **child; /* list or map: [n] */
};

enum {
    YAML_TEXT_MAX = 1 << 20,
    YAML_DEPTH_MAX = 64,
    YAML_NODES_MAX = 10000,
    YAML_DUPLICATES_MAX = 20,
};

struct yaml {
    struct arena arena;
    const char *file;       /* as named by the caller; copied */
    const char *source;     /* the whole text, for showing lines; copied */
    struct yaml_node *root; /* NULL for an empty document */
    /* Keys that stand in their map for a second time: the caller's to refuse, so that one reading
     * lists all faults.  yaml_get finds the first. */
    const struct yaml_node *duplicate[YAML_DUPLICATES_MAX];
    uint32_t n_duplicates;
};

/* Parses `len` bytes of `text` named `file`.  On success the caller owns *out (yaml_release).
 * A second document, a non-scalar key, bad UTF-8, depth, size: ERR_INPUT or
 * ERR_LIMIT with line and column in err. */
MUST_CHECK int yaml_parse(const char *file, const char *text, size_t len, struct yaml *out,
                          struct error *err);
/* Frees the arena with the whole tree and its texts, and zeroes *y. */
void yaml_release(struct yaml *y);
/* The value under `key` in a map, NULL when absent or not a map. */
struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* Line number `line` of the source without its newline; *len its length. */
const char *yaml_line(const struct yaml *y, uint32_t line, size_t *len);
/* A new node in y's arena: a scalar, or an empty map.  `origin` must outlive the tree. */
struct yaml_node *yaml_new(struct yaml *y, enum yaml_kind kind, const char *text,
                           const char *origin);
/* Parses `text` as a value of its own (for --set); its nodes live in y's arena and carry `origin`.
 * Errors as yaml_parse, with the place inside `text`. */
MUST_CHECK int yaml_value(struct yaml *y, const char *text, const char *origin,
                          struct yaml_node **out, struct error *err);
/* Parses the text of another file into y's arena: *out is its root, NULL when empty, and every
 * node's origin is its own "file:line:column"; *source is its text, kept as long as y.  Errors as
 * yaml_parse. */
MUST_CHECK int yaml_graft(struct yaml *y, const char *file, const char *text, size_t len,
                          struct yaml_node **out, const char **source, struct error *err);
/* Replaces or adds `key` in `map`; `value` belongs to y's arena. */
void yaml_put(struct yaml *y, struct yaml_node *map, const char *key, struct yaml_node *value);

#endif
