/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the writers of a definition's scenario share (definition_write.c, definition_step.c,
 * definition_exits.c). */
#ifndef SEAM_MODEL_DEFINITION_WRITER_H
#define SEAM_MODEL_DEFINITION_WRITER_H

#include "model/definition.h"

/* What is written one after the other: a node, or the branches that a fork starts. */
struct def_element {
    int32_t node; /* NODE_START where it is a fork */
    uint32_t fork;
    const char *id;
};

struct def_output {
    const struct definition *d;
    const struct pipeline *fitted; /* NULL: none */
    int32_t *step;                 /* [nodes]: of the log's steps, see definition_match; NULL */
    struct def_order order;
    VEC(struct def_element) elements;
    int32_t *judge_of;      /* [nodes]: of a gate, who gives its confidence; NODE_START: no gate */
    bool *gives_confidence; /* [nodes] */
    struct arena work;
    struct buf *out;
    uint32_t taken;
    /* of the steps being written */
    const struct def_fork *fork; /* NULL outside branches */
    int indent;
    const char *following; /* id of what follows in the text; NULL: the end */
    bool before_fork;      /* what follows are the branches that the step starts */
};

/* The edges by which an item leaves a node, errors apart: those that lead back first, then the
 * conditional ones, one that is always taken last. */
struct def_exits {
    const struct def_edge **at;
    size_t n;
    const struct def_edge *error; /* NULL: none */
};

static inline const char *def_assumed(void)
{
    return "   # assumed\n";
}

/* definition_write.c: appends a text in lines of at most `width` bytes, as far as its words allow.
 */
void def_wrap(struct buf *out, const char *text, size_t width);

/* definition_step.c: the step of the log that is this node; NULL. */
const struct step *def_fitted_step(const struct def_output *o, const struct def_node *n);
/* "key: ", indented as the lines of the step being written. */
void def_put_key(struct def_output *o, const char *key);
/* A whole line, maybe marked as assumed. */
void def_put_line(struct def_output *o, const char *key, const char *value, bool is_assumed);
/* Title, kind, layer, rates, times, retries and confidence of a node, from the log's step where
 * there is one. */
void def_put_step(struct def_output *o, int32_t node, const struct step *s);
/* Is the node written as a gate?  One without two ways on, or without a confidence before it, is a
 * stage. */
bool def_is_gate(const struct def_output *o, int32_t node);

/* definition_loop.c: where an item goes when it has been back as often as it may; NULL: the
 * definition does not say. */
const char *def_way_out(const struct def_output *o, const struct def_exits *x,
                        const struct def_edge *back);
/* How often an item may go back: as said, or as the most of messages leaves room for; 0: neither.
 */
uint32_t def_bound(const struct def_output *o, const struct def_edge *e);
/* The bound of a way back that the file does not state: a few times where there is a way on (ends),
 * as often as the framework's own limit allows where that is all that ends it. */
uint32_t def_assumed_bound(const struct def_output *o, const struct def_edge *e, bool ends);

/* definition_exits.c: where the edge leads, as the language says it. */
const char *def_edge_target(const struct def_output *o, const struct def_edge *e);
/* Does it lead back in the text? */
bool def_leads_back(const struct def_output *o, const struct def_edge *e);
/* The edges, in o->work. */
struct def_exits def_exits_of(struct def_output *o, int32_t node);
/* Lines of where an item goes from a node. */
void def_put_exits(struct def_output *o, int32_t node, const struct step *s);
/* Lines of where an item goes behind the branches. */
void def_put_fork_exits(struct def_output *o, const struct def_fork *f);

#endif
