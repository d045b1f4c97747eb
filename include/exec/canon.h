/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The canon of the built-in world: what is known of a series, as chunks of text and the facts that
 * they state.
 *
 * A fact says that an attribute of a subject has a value from an episode on, until a later fact
 * says otherwise.  The facts are the ground truth of briefs (exec/brief.h); stages see the texts.
 * Subjects, attributes and values are indices; each value stands word for word in the text of the
 * chunk that states it.
 *
 * Life: canon_read once, canon_add for what was learned since, then it is only looked at, by any
 * number of threads; canon_free.  All texts live in the canon. */
#ifndef SEAM_EXEC_CANON_H
#define SEAM_EXEC_CANON_H

#include "base/buf.h"
#include "base/error.h"
#include "base/intern.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a line is.  Drafts were never filmed: they state no facts, and contradict them.  Attributes
 * have no chunk: they tell the words of one. */
#define CANON_KIND_TABLE(X)                                                                        \
    X(CHARACTER, "character")                                                                      \
    X(PLACE, "place")                                                                              \
    X(PROP, "prop")                                                                                \
    X(RULE, "rule") X(SHOT, "shot") X(MEMO, "memo") X(DRAFT, "draft") X(ATTRIBUTE, "attribute")
enum canon_kind {
#define X(name, word) CANON_##name,
    CANON_KIND_TABLE(X)
#undef X
        CANON_KINDS
};
/* Its word, a literal. */
const char *canon_kind_name(enum canon_kind kind);

#define CANON_NONE UINT32_MAX

struct canon_fact {
    uint32_t subject, attribute, value;
    uint32_t from; /* episode, from 1 */
    uint32_t chunk;
};

struct canon_chunk {
    const char *id, *text;
    enum canon_kind kind;
    uint32_t episode;             /* when it was filmed or written; 0: it holds for the series */
    uint32_t first_fact, n_facts; /* in canon.fact */
    uint32_t subject;             /* whom a sheet is about; CANON_NONE: several */
};

struct canon_texts {
    const char **at;
    size_t len, cap;
};

struct canon_subject {
    const char *id, *name;
    enum canon_kind kind; /* CANON_CHARACTER, CANON_PLACE or CANON_PROP */
    struct canon_texts aliases;
};

struct canon_attribute {
    const char *name;         /* "coat" */
    struct canon_texts words; /* by which people ask for it: "wearing" */
    uint32_t kinds;           /* bit k: a fact gives it to a subject of kind k */
    VEC(uint32_t) values; /* its vocabulary: indices into canon.value, in order of first sight */
};

/* What a shot may not show: patterns that may not all match, each a slot of its own. */
struct canon_pattern {
    uint32_t subject;   /* CANON_NONE: any but those of `except` */
    uint32_t attribute; /* never CANON_NONE */
    uint32_t value;     /* CANON_NONE: a value that no fact has */
    bool other;         /* any value but this one */
    VEC(uint32_t) except;
};
struct canon_rule {
    uint32_t chunk;
    uint32_t from, until; /* first and last episode that it holds in */
    VEC(struct canon_pattern) never;
};

struct canon {
    VEC(struct canon_chunk) chunk;
    VEC(struct canon_fact) fact; /* in the order of the chunks */
    VEC(struct canon_subject) subject;
    VEC(struct canon_attribute) attribute;
    VEC(struct canon_rule) rule;
    struct intern values; /* text of value v: values.of[v].at */
    char version[17];     /* digest of all that was read, in hex */

    struct arena arena;
    struct intern subjects, attributes, chunks; /* ids to indices */
    VEC(uint32_t) by_slot; /* facts by (subject, attribute, from, order of the file) */
    uint32_t episodes;     /* the latest that any chunk is of */
};

/* Reads a file of JSON lines, or all *.jsonl of a folder by their names.  Errors: ERR_IO, and
 * ERR_INPUT with "file:line: sentence". */
MUST_CHECK int canon_read(const char *path, struct canon **out, struct error *err);
/* Adds chunks, aliases and facts from the text of JSON lines; `name` stands in errors. */
MUST_CHECK int canon_add(struct canon *c, const char *name, const char *text, size_t len,
                         struct error *err);
/* NULL is fine. */
void canon_free(struct canon *c);

/* Indices by id or name; CANON_NONE when there is none. */
uint32_t canon_subject_of(const struct canon *c, const char *id, size_t len);
/* The index of the attribute of this name; CANON_NONE when there is none. */
uint32_t canon_attribute_of(const struct canon *c, const char *name, size_t len);
/* The index of the value with this text; CANON_NONE when there is none. */
uint32_t canon_value_of(const struct canon *c, const char *text, size_t len);
/* The index of the chunk of this id; CANON_NONE when there is none. */
uint32_t canon_chunk_of(const struct canon *c, const char *id, size_t len);
/* The text of a value; borrowed from the canon. */
const char *canon_value_text(const struct canon *c, uint32_t value);

/* The fact that holds for the slot at the episode: the latest begun, as an index into c->fact; the
 * first of the file where several state the same.  CANON_NONE: nothing is known yet. */
uint32_t canon_fact_at(const struct canon *c, uint32_t subject, uint32_t attribute,
                       uint32_t episode);
/* Its value, or CANON_NONE. */
uint32_t canon_value_at(const struct canon *c, uint32_t subject, uint32_t attribute,
                        uint32_t episode);
/* Does this chunk state the value that holds for the slot at the episode? */
bool canon_states(const struct canon *c, uint32_t chunk, uint32_t subject, uint32_t attribute,
                  uint32_t episode);

#endif
