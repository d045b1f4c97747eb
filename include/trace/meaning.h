/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words that instrumentations write: what a key means, and what kind of work a value names.
 *
 * Sources: OpenTelemetry's conventions for generative AI and MCP (old and new names),
 * OpenInference, OpenLLMetry, LangGraph's run metadata, the fields of LangSmith and Langfuse. */
#ifndef SEAM_TRACE_MEANING_H
#define SEAM_TRACE_MEANING_H

#include "model/span.h"

#include <stdbool.h>

enum meaning {
    MEANS_NOTHING,
    MEANS_KIND,
    MEANS_NODE,
    MEANS_SESSION,
    MEANS_ERROR,      /* its presence is a failure */
    MEANS_ERROR_TEXT, /* tells which, when there is one */
    MEANS_SCORE,
    MEANS_SCORE_NAME,
    MEANS_DECISION,
    MEANS_REVIEWER, /* who decided */
    MEANS_THRESHOLD,
    MEANS_METADATA,  /* JSON text: its members are attributes too */
    MEANS_OUTPUT,    /* maybe JSON text with a confidence or a verdict */
    MEANS_MODEL,     /* the model's name; its presence tells a model's call */
    MEANS_DOCUMENTS, /* JSON text: a list of what was retrieved */
    MEANS_DOCUMENT,  /* the id of one of them */
    MEANS_TRIES,     /* tries; the rank is added, for counts of further ones */
    MEANS_COST,
    MEANS_COST_PART,  /* those of the same rank add up */
    MEANS_COSTS,      /* JSON text: a map with a total, or with parts that add up */
    MEANS_MODEL_NAME, /* the same, of any span that may be more than a call */
    MEANS_RESPONSE,   /* the id of a model's response */
    MEANS_TOKENS_IN,
    MEANS_TOKENS_OUT,
    MEANS_NOTE,      /* part of an annotation or evaluation */
    MEANS_VISIT,     /* of a run of this program: number of the visit of the step */
    MEANS_PATH,      /* the same: of the branch's copy */
    MEANS_ATTEMPT,   /* the same: of the attempt in the visit; 0: it made none */
    MEANS_COPY,      /* the same: of the hedge's copy */
    MEANS_CANCELLED, /* the same: true when it was not needed any more */
    MEANS_OUTCOME,   /* the same: the outcome's word, over all that other keys tell */
    MEANS_WAIT,      /* the same: seconds that it waited for its turn */
    MEANS_QUALITY,   /* the same: good or bad, of the item on its root, elsewhere of its draft */
    MEANS_ITEM_END,  /* the same: where the item ended, on its root */
};

struct word {
    const char *key; /* ".node": also any key that ends so */
    enum meaning meaning;
    uint8_t rank;
};

/* All keys that mean something; static. */
extern const struct word meaning_words[];
/* 1 + the row of meaning_words that a key of len bytes is of; 0: it means nothing. */
uint8_t meaning_row(const char *key, size_t len);
/* The kind of work that a value of len bytes names, in any case; false: none. */
bool meaning_kind(const char *value, size_t len, uint8_t *kind);

#endif
