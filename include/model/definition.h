/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pipeline as a framework defines it: nodes, edges, and what is said of them, on the way to a
 * scenario.
 *
 *     struct definition d;
 *     if (definition_langgraph("graph.json", text, len, &d, &err)) ...
 *     definition_write(&d, NULL, &yaml);
 *     definition_release(&d);
 *
 * The readers (import_*.c) fill it from the files of LangGraph, n8n, CrewAI and AutoGen; one writer
 * makes the scenario of it, in which every number that no file of theirs holds is marked `assumed`.
 *
 * Adding a framework: a reader, and a row in the table of definition_readers. */
#ifndef SEAM_MODEL_DEFINITION_H
#define SEAM_MODEL_DEFINITION_H

#include "base/buf.h"
#include "base/error.h"
#include "model/pipeline.h"
#include <stdbool.h>

enum { DEFINITION_NODES_MAX = 500, DEFINITION_EDGES_MAX = 4000, DEFINITION_TEXT_MAX = 16 << 20 };
enum { NODE_START = -2, NODE_END = -1 };
enum { DEFINITION_ABREAST_MAX = 64 };
enum { ASKS_BEFORE = 1, ASKS_AFTER = 2 };

struct def_node {
    const char *title;   /* as the framework has it */
    const char *id;      /* a name of the language, unlike all others; made by definition_finish */
    const char *about;   /* what else the file says of it, for a comment; NULL */
    enum step_kind kind; /* STAGE, CHECK, GATE or REVIEW */
    enum layer layer;
    double threshold;      /* of a gate; NaN: not said */
    double timeout_s;      /* INFINITY: none */
    uint32_t attempts;     /* 1: no retry */
    bool attempts_default; /* they are the framework's, not the file's */
    double wait_s;         /* between attempts; NaN: not said */
    double takes_s;        /* a wait of this length; NaN: not said */
    const char *join;      /* how it joins branches before it: "any", how many; NULL: all */
    bool fails;            /* it is no step: items that reach it fail */
    bool goes_on;          /* after an error as if there were none */
    bool passes;           /* it is no step: items go on by its ways, see definition_pass_over */
    unsigned asks;         /* ASKS_*: when a person is asked, see definition_ask */
    const char *in_line;   /* titles of what it starts side by side, put in line; NULL: none */
};
struct def_edge {
    int32_t from, to;  /* nodes; NODE_START, NODE_END */
    const char *label; /* of a conditional edge; NULL */
    bool conditional;
    bool error;           /* taken after an error, at most one from a node */
    uint32_t at_most;     /* passes by one item that the file states; 0: not said */
    bool at_most_default; /* it is the framework's, not the file's */
};
struct definition {
    struct arena arena;
    const char *framework, *file, *name;
    VEC(struct def_node) nodes;
    VEC(struct def_edge) edges;
    VEC(const char *) notes; /* of the whole, for the head's comment */
    double deadline_s;       /* of an item; INFINITY: none */
    double messages; /* steps that an item may make at most, a loop's included; 0: not said */
    double
        steps_limit; /* steps of an item at which the framework stops it by itself; 0: none known */
    const char *drops; /* what the export holds of no step, for comments; NULL */
    uint32_t
        *first;     /* [nodes + 3]: edges from node i, once finished, are first[i + 2] .. [i + 3] */
    size_t dropped; /* nodes and edges above the most that a scenario is made of */
};

/* An empty definition; the caller releases. */
void definition_init(struct definition *d, const char *framework, const char *file);
/* Frees all that it holds. */
void definition_release(struct definition *d);
/* Adds a node with defaults for what is not said, its kind and layer guessed from the title (len
 * bytes, copied); its index. */
int32_t definition_add(struct definition *d, const char *title, size_t len);
/* Another title, and what it tells of kind and layer where nothing else did. */
void definition_rename(struct definition *d, int32_t node, const char *title, size_t len);
/* The node of this title, NODE_START when there is none. */
int32_t definition_find(const struct definition *d, const char *title, size_t len);
/* Adds an edge, or finds the one that joins the two and adds its label there (may be NULL; copied);
 * ways to the end are one when they end alike.  Borrowed until the next one is added. */
struct def_edge *definition_join(struct definition *d, int32_t from, int32_t to, const char *label,
                                 size_t len, bool conditional);
/* Adds the way after an error, where the node has none yet. */
void definition_join_error(struct definition *d, int32_t from, int32_t to);
/* How an item ends that leaves by an edge with this label (NULL: none): "ship", "fail", "reject".
 */
const char *definition_end(const char *label);
/* Does a word of the label (NULL: none) begin like one of these, of which NULL is the last?  Words
 * of up to three letters are whole. */
bool definition_label_has(const char *label, const char *const *words);
/* The edges that leave a node or the start, *n of them, as they were added; once finished. */
const struct def_edge *definition_ways(const struct definition *d, int32_t from, size_t *n);
/* A sentence for the head's comment. */
void definition_note(struct definition *d, const char *format, ...) PRINTF_LIKE(2, 3);
/* Takes out the nodes that are no steps: what leads to them leads where they lead. */
void definition_pass_over(struct definition *d);
/* Gives a review to the nodes about which a person is asked, or makes them one where they are
 * called like it. */
void definition_ask(struct definition *d);
/* Gives several ways that are always taken, beside ways that are not, a step that starts them. */
void definition_gather(struct definition *d);
/* Where it says nowhere where it begins, it does so where nothing leads to; false: nowhere. */
bool definition_begin(struct definition *d);
/* Names the nodes, gives several beginnings that are not side by side a step that chooses, sorts
 * the edges by where they leave, and refuses what no scenario can be made of: no nodes, too many,
 * none that the start leads to. */
MUST_CHECK int definition_finish(struct definition *d, struct error *err);

/* One framework's file. */
struct definition_reader {
    const char *framework;
    /* Fills *out, which the caller releases also after an error (ERR_INPUT with file and line). */
    int (*read)(const char *file, const char *text, size_t len, struct definition *out,
                struct error *err);
};
extern const struct definition_reader definition_readers[];
extern const size_t definition_readers_count;
/* Their readers: LangGraph's graph as JSON (get_graph().to_json()) or Mermaid. */
MUST_CHECK int definition_langgraph(const char *file, const char *text, size_t len,
                                    struct definition *out, struct error *err);
/* n8n: a workflow, or an execution that holds one. */
MUST_CHECK int definition_n8n(const char *file, const char *text, size_t len,
                              struct definition *out, struct error *err);
/* CrewAI: tasks.yaml, with agents.yaml before or behind it in the same text. */
MUST_CHECK int definition_crewai(const char *file, const char *text, size_t len,
                                 struct definition *out, struct error *err);
/* AutoGen: a team as its component's JSON. */
MUST_CHECK int definition_autogen(const char *file, const char *text, size_t len,
                                  struct definition *out, struct error *err);

/* Steps that run side by side: branches of chains between a node and the one that joins them. */
struct def_fork {
    int32_t at, join; /* NODE_START and NODE_END possible */
    int32_t
        after_error;    /* where a branch that fails leads, outside of them; NODE_START: not said */
    VEC(int32_t) nodes; /* of all branches, branch after branch */
    VEC(uint32_t) first; /* of each branch, and the end, in `nodes` */
};
/* The order in which a scenario writes the nodes: those that the start leads to, each after all
 * that lead to it but for loops. */
struct def_order {
    VEC(int32_t) nodes; /* by rank */
    uint32_t *rank;     /* [nodes]; UINT32_MAX: not reached */
    VEC(struct def_fork) forks;
    uint32_t *fork_of; /* [nodes]: 1 + the fork in a branch of which it stands; 0 */
};
/* Orders the nodes and finds the forks that the language can say; the caller releases. */
void definition_order(const struct definition *d, struct def_order *out);
/* The nodes that `from` (NODE_START possible) starts side by side: their number, 0 where it has
 * other ways on too or more of them than DEFINITION_ABREAST_MAX. */
size_t definition_abreast(const struct definition *d, const struct def_order *o, int32_t from,
                          int32_t to[DEFINITION_ABREAST_MAX]);
/* Puts in line two of the branches that start side by side and that no `parallel` can be made of;
 * false when there are none.  The edges are to be sorted again. */
bool definition_line_up(struct definition *d);
/* Frees what it holds. */
void def_order_release(struct def_order *o);
/* Does the edge lead back in this order? */
bool definition_leads_back(const struct def_order *o, const struct def_edge *e);

/* Are two names the same but for case and what stands between words? */
bool definition_same_name(const char *a, const char *b);
/* The steps of the log's pipeline that the nodes are: step[nodes], -1 where it has none. */
void definition_match(const struct definition *d, const struct pipeline *fitted, int32_t *step);
/* Appends the names of nodes that the log knows nothing of, those of its steps that are no nodes,
 * and pairs that are taken for the same though their names differ by words. */
void definition_matches(const struct definition *d, const struct pipeline *fitted,
                        struct buf *assumed, struct buf *unused, struct buf *taken);

/* Appends the scenario.  `fitted` (NULL: none) is a pipeline from logs: what it knows of a step of
 * the same name takes the place of what would be assumed; *taken (NULL: not asked) is how many. */
void definition_write(const struct definition *d, const struct pipeline *fitted, struct buf *out,
                      uint32_t *taken);

#endif
