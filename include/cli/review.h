/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One reviewer at work: the task at hand, and what can be done with it.  The screen and the lines
 * for scripts are two ways to steer it. */
#ifndef SEAM_CLI_REVIEW_H
#define SEAM_CLI_REVIEW_H

#include "cli/cli.h"
#include "cli/trail.h"
#include "store/queue.h"

struct review {
    const struct cli *cli;
    struct store *store; /* borrowed */
    const char *reviewer;
    bool has; /* is there a task at hand? */
    struct arena texts;
    struct task task;
    struct trail trail; /* empty where the run kept none */
    VEC(int64_t) skipped;
};

/* Takes hold of the next task, those skipped coming again last. */
MUST_CHECK int review_next(struct review *r, struct error *err);
/* The same with a task of this number. */
MUST_CHECK int review_pick(struct review *r, int64_t id, struct error *err);
/* Decides the task at hand, which is kept at once; `edit` is a JSON object or NULL. */
MUST_CHECK int review_decide(struct review *r, enum task_verdict verdict, const char *reason,
                             const char *edit, struct error *err);
/* Gives it back, to come again last. */
MUST_CHECK int review_skip(struct review *r, struct error *err);
/* Takes the last decision back and has that task at hand again. */
MUST_CHECK int review_undo(struct review *r, struct error *err);
/* Lets the task at hand go. */
void review_leave(struct review *r);

/* The members in which `edited` differs from the task's payload, as a JSON object; ERR_INPUT when
 * it is no JSON object, lacks a member, or is the same. */
MUST_CHECK int review_difference(const struct review *r, const char *edited, struct buf *out,
                                 struct error *err);
/* The members to put over the payload, as they were written; ERR_INPUT when that is no JSON
 * object. */
MUST_CHECK int review_edit(const char *members, struct buf *out, struct error *err);
/* One member set: as JSON where `value` is such and the member is no text, else as text. */
MUST_CHECK int review_set_member(const struct review *r, const char *name, const char *value,
                                 struct buf *out, struct error *err);

/* What a reviewer must know about the task, as lines of at most `width` columns without control
 * characters; they live in `arena`. */
struct review_lines {
    VEC(const char *) at;
};
/* Fills *out for the task that is shown. */
void review_describe(const struct review *r, int width, struct arena *arena,
                     struct review_lines *out);
/* "12 wait, the oldest for 3.2m; 2 with others; 1 late" */
MUST_CHECK int review_tell_queue(const struct review *r, struct buf *out, struct error *err);

/* What waits, with --json or --csv; nobody decides anything. */
MUST_CHECK int review_queue(const struct review *r, struct error *err);
/* The two ways; each returns an exit status or -1. */
MUST_CHECK int review_screen(struct review *r, struct error *err);
MUST_CHECK int review_script(struct review *r, struct error *err);

#endif
