/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stage of the running pipeline: what it is asked, what it answers, and the table of kinds.
 *
 * A kind is opened once for a step and called from many threads at once; a call is one attempt.
 * It gets the item's payload, a JSON object, and answers with an object whose members are put over
 * the payload's.  It never prints, never ends the process, and honours the time limit and
 * `cancelled` as far as it can: what takes longer than the limit counts as a timeout whatever it
 * answers.
 *
 * Adding a kind: a row in the table of exec/kinds.c, and its file. */
#ifndef SEAM_EXEC_STAGE_H
#define SEAM_EXEC_STAGE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/json_read.h"
#include "model/pipeline.h"
#include "model/rules.h"
#include <stdatomic.h>

/* One attempt.  All is borrowed for the call. */
struct stage_call {
    const char *item;     /* its id */
    uint64_t index;       /* of the item in the run, from 0 */
    uint32_t step, class; /* indices into the pipeline */
    uint32_t path;        /* 0: the item's own; else 1 + the number of the copy of a branch */
    uint32_t visit;       /* of this item to this step, from 1 */
    uint32_t attempt;     /* of the visit, from 1; copies of a hedge are counted too */
    uint64_t key;         /* stream of its random numbers (rng_at), the same after a resume */
    const char *payload;  /* JSON object */
    size_t payload_len;
    double time_limit_s;          /* wall seconds, > 0; INFINITY: none */
    double now_s;                 /* the run's clock at the start of the attempt, from 0 */
    const atomic_bool *cancelled; /* set when nobody waits for the answer any more */

    /* For kinds that act by the scenario's numbers alone (exec/stated.h, simulated reviewers); no
     * real stage looks at them: */
    const struct numbers *numbers; /* that hold for this attempt */
    bool good;                     /* the item's hidden quality before it */
    const char *truth;             /* JSON object, or NULL: what a right payload holds */
    size_t truth_len;

    void *waiting; /* what the answer STAGE_LATER of the call before left; NULL at first */
};

enum stage_state {
    STAGE_DONE,
    STAGE_LATER, /* ask again in again_s; no thread is held meanwhile (a person decides) */
};
enum stage_verdict {
    STAGE_PASS,
    STAGE_REJECT,
    STAGE_EDIT /* passes with what `output` changed: a person mended it */
};

/* Zeroed before the call, with NaN where said; released by the caller. */
struct stage_answer {
    enum stage_state state;
    enum outcome outcome;       /* OUTCOME_WRONG only from kinds that act by stated numbers */
    enum stage_verdict verdict; /* of checks and reviews */
    struct buf output;          /* JSON object; empty: the payload stays as it is */
    struct buf says;            /* why, where it is not ok or not passed: a sentence, UTF-8 */
    struct buf who;             /* the reviewer or model that answered; empty: the stage itself */
    struct buf attributes;      /* members of a JSON object for the trace ("\"k\":1,\"l\":\"x\"") */
    double confidence;          /* NaN: none */
    double cost;                /* of this attempt; NaN: as the scenario states */
    double after_s;             /* further seconds of the run's clock until the answer counts */
    double again_s;             /* STAGE_LATER */
    bool repaired;              /* stated kinds: a bad item became good; an edit without it made
                                   a good one bad */
    bool unseen;                /* stated kinds: the malformed answer passes for a good one */
    void *waiting;              /* STAGE_LATER: handed to the next call, and to drop_waiting */
};
/* An answer with nothing said: ok, passed, NaN confidence and cost. */
void stage_answer_init(struct stage_answer *a);
/* Frees what it holds, but not `waiting`, and leaves it as after stage_answer_init. */
void stage_answer_release(struct stage_answer *a);
/* Makes it a visible failure with a sentence (printf), whatever it was. */
void stage_answer_fail(struct stage_answer *a, enum outcome outcome, const char *format, ...)
    PRINTF_LIKE(3, 4);

struct store;
struct world;
/* What a kind is opened with; all outlives the stage. */
struct stage_setting {
    const struct pipeline *pipeline;
    uint32_t step;
    struct json exec;    /* the step's `exec` map; absent where it has none */
    const char *folder;  /* files that `exec` names are beside the scenario */
    const char *program; /* path of this program, for stages that start it */
    struct store *store; /* NULL without --db */
    int64_t run;         /* its number in the store; 0 without --db */
    struct world *world; /* of the built-in stages, see exec/world.h; NULL when none is asked */
    const char *const *environment; /* of child processes, NULL-terminated, as environ */
    double (*clock_s)(void);        /* monotonic wall seconds */
    double (*unix_s)(void);         /* seconds since 1970: instants that other processes read */
    uint64_t seed;
    const atomic_bool *stop; /* set when the run is being broken off, to be resumed; NULL */
    bool only_read; /* what `exec` says is checked, and the stage closed again without a call:
                       nothing is started, and no program, file, key or store need be there */
};

struct stage_kind {
    const char *word; /* "stated", "retrieve", "command", "http", "mcp", ... */
    /* Checks the options and gets ready.  Errors are ERR_INPUT or ERR_UNSUPPORTED at the place of
     * `exec` (exec_fault), ERR_IO where something cannot be started. */
    int (*open)(const struct stage_setting *s, void **self, struct error *err);
    void (*call)(void *self, const struct stage_call *c, struct stage_answer *a);
    void (*drop_waiting)(void *self, void *waiting); /* NULL: nothing is left behind */
    void (*close)(void *self);
    bool quick; /* never blocks, takes microseconds: called by the thread that drives the item */
    bool by_numbers; /* acts by the scenario's numbers alone, and so knows the item's quality */
};
/* The kind that a step's `exec` asks for: {builtin: WORD} by its word, else the kind whose word is
 * a key of the map (command, http, chat, mcp); a step without `exec` is `stated`.  NULL with an
 * error that names the nearest word. */
const struct stage_kind *stage_kind_of(const struct stage_setting *s, struct error *err);
/* ERR_INPUT "file:line:column: `step`: sentence" at the first key of the step's `exec` that the
 * sentence quotes in backticks, else at the map; returns -1. */
int exec_fault(const struct stage_setting *s, struct error *err, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* -1 with a fault when `exec` has a key that is not in known (NULL-terminated; `builtin`, the
 * kind's own word and those of exec/answer.h are always known): names the nearest. */
MUST_CHECK int exec_known(const struct stage_setting *s, const char *const *known,
                          struct error *err);

#endif
