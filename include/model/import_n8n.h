/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of n8n's workflows share: import_n8n_node.c says what a node is,
 * import_n8n_rule.c what its outputs and conditions say, import_n8n_parts.c which other nodes it
 * works with, import_n8n_if.c what follows from answers and counted rounds, import_n8n.c how the
 * nodes are connected. */
#ifndef SEAM_MODEL_IMPORT_N8N_H
#define SEAM_MODEL_IMPORT_N8N_H

#include "base/json_read.h"
#include "model/definition.h"

/* A node of the workflow's list. */
struct n8n_place {
    const char *name;
    size_t len, listed; /* its place in the list */
    struct json node, main;
    int32_t at;    /* the node of the definition; NODE_START: none */
    int32_t again; /* where its tools lead; NODE_START: none */
    bool uses;     /* `main` leads from it or to it */
    bool tool;     /* agents call it */
    bool lends;    /* it is a model, a memory, a parser or the like of others */
    size_t seen;   /* the last walk that came by */
    size_t called; /* the last walk back that came by */
};
/* A model, a tool or the like of another node. */
struct n8n_loan {
    uint32_t from, to; /* places */
    const char *kind;  /* "ai_tool" */
};
struct n8n_wiring {
    struct definition *d;
    VEC(struct n8n_place) places; /* by name */
    VEC(struct n8n_loan) loans;
    struct json connections;
    size_t triggers; /* that lead anywhere */
    size_t walks;    /* along outputs and to tools, so far */
    size_t backs;    /* walks back to who called a tool, so far */
    size_t gone;     /* connections to nodes that are not there */
};

/* import_n8n_node.c */
/* Is the value this text? */
bool n8n_text_is(struct json v, const char *word);
/* Does the node's type hold the word? */
bool n8n_type_has(struct json node, const char *word);
/* Is it switched off, so that what comes to it is handed on? */
bool n8n_is_disabled(struct json node);
/* Does it start what is done when a workflow has failed? */
bool n8n_on_failure(struct json node);
/* Does it start the workflow's own work? */
bool n8n_is_trigger(struct json node);
/* Does it ask a person whether a tool may be called? */
bool n8n_asks_before_tool(struct json node);
/* Kind, layer, threshold, times, retries and what follows an error, from the node's settings. */
void n8n_take_node(struct definition *d, struct def_node *n, struct json node);
/* Adds to what is told of it. */
void n8n_tell(struct definition *d, struct def_node *n, const char *before, const char *text);

/* import_n8n_rule.c */
/* How many outputs it has that choose, those for errors apart; 0: it says nothing of them. */
size_t n8n_outputs(struct json node);
/* Appends what output i is called: above or below of a gate, true or false of an IF, what a switch
 * or a classifier calls it, else its number. */
void n8n_name_output(struct json node, size_t i, struct buf *out);
/* Appends its condition in words, when it has one: "$json.score gte 0.7". */
void n8n_put_condition(struct json node, struct buf *out);
/* An IF that holds one number of [0, 1] against something that does not count: +1 when its first
 * output gets what is above, -1 below, 0: it is no gate. */
int n8n_gate(struct json node, double *threshold);
/* How often an item may go on by output i (0: true, 1: false) of an IF that counts rounds; 0: it
 * does not count. */
uint32_t n8n_rounds(struct json node, size_t i);
/* The output of what a person did not approve, when that is what it asks; -1. */
int n8n_refusal(struct json node);

/* import_n8n_parts.c */
/* Finds what nodes lend to others. */
void n8n_find_loans(struct n8n_wiring *w);
/* Models' limits, and who works with whom, for all nodes that are steps. */
void n8n_take_loans(struct n8n_wiring *w);
/* Ways to the tools of agents and back. */
void n8n_take_tools(struct n8n_wiring *w);

/* import_n8n_if.c */
/* What is not approved leaves at the person who did not, and not at the node that asks for it. */
void n8n_take_refusals(struct n8n_wiring *w);
/* A node that counts rounds bounds the loop that goes on from it, up to the way that leads back. */
void n8n_take_rounds(struct n8n_wiring *w);

/* import_n8n.c: the place of this name; NULL. */
struct n8n_place *n8n_place_of(struct n8n_wiring *w, const char *name, size_t len);
/* The place that a connection leads to; NULL. */
struct n8n_place *n8n_target_of(struct n8n_wiring *w, struct json connection);

#endif
