/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One stage, opened as a run opens it, and called. */
#ifndef SEAM_TESTS_STAGE_CALL_H
#define SEAM_TESTS_STAGE_CALL_H

#include "exec/stage.h"

struct stage_bench {
    struct pipeline pipeline;
    struct json_reader *reader;
    struct stage_setting setting;
    const struct stage_kind *kind;
    void *self;
};
/* Opens the step `work`, a stage or (`check`) a check, with this `exec` in YAML, in tests/data.
 * -1 with err; released in any case by stage_bench_close. */
int stage_bench_open(struct stage_bench *b, bool check, const char *exec, struct error *err);
/* The same, and must work. */
void stage_bench_must(struct stage_bench *b, bool check, const char *exec);
void stage_bench_close(struct stage_bench *b);
/* Calls it with a payload; `a` is initialised here, the caller releases it. */
void stage_bench_call(const struct stage_bench *b, const char *payload, double time_limit_s,
                      const atomic_bool *cancelled, struct stage_answer *a);
/* The answer has this outcome, and `part` is in its payload (ok) or in what it says (else). */
#define answer_is(a, want, part) answer_is_((a), (want), (part), __FILE__, __LINE__)
void answer_is_(const struct stage_answer *a, enum outcome want, const char *part, const char *file,
                int line);
/* Monotonic seconds. */
double stage_bench_clock_s(void);

#endif
