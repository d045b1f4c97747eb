/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small timed scenarios in which two features meet, as templates (plain_expand): each also with two
 * classes of different numbers and priorities.  `broken` is a rule whose breaking the pair must
 * show. */
#ifndef SEAM_TESTS_PAIR_CASES_H
#define SEAM_TESTS_PAIR_CASES_H

#include "tests/support/plain_compare.h"
#include "tests/support/support.h"

#define HORIZON "horizon: {warmup: 1d, length: 6d, replications: 2}\n"
#define CLASSES "?(|classes: {hot: {share: 35%, priority: 1}, cold: {share: 65%, priority: 2}})\n"
/* Preemption speaks of classes always. */
#define TWO_CLASSES                                                                                \
    "classes: {hot: {share: ?(30|40)%, priority: 1}, cold: {share: ?(70|60)%, priority: 2}}\n"

struct pair_case {
    const char *name, *text;
    enum plain_fault broken; /* PLAIN_NONE: no rule to break is of this pair alone */
};

/* clang-format off */
static const struct pair_case pair_cases[] = {
{"timeout x preemption",
    "arrivals: {poisson: 4/h}\n" HORIZON TWO_CLASSES
    "flow:\n"
    "  - stage: a\n    by: desk\n    error: 10%\n    latency: ?({hot: 4m, cold: {exponential: {mean: 18m}}}|{hot: {exponential: {mean: 5m}}, cold: {lognormal: {p50: 12m, p95: 40m}}})\n"
    "    timeout: @(25m|30m)\n    retry: {attempts: 2}\n    cost: {per_call: $1}\n"
    "resources:\n  desk: {servers: 1, discipline: preemptive}\n", PLAIN_PREEMPTED_RESTARTS},
{"timeout x preemption, on two servers",
    "arrivals: {poisson: 8/h}\n" HORIZON TWO_CLASSES
    "flow:\n"
    "  - stage: a\n    by: desk\n    latency: ?({gamma: {mean: 12m, sd: 9m}}|{hot: 10m, cold: {gamma: {mean: 12m, sd: 9m}}})\n"
    "    timeout: 20m\n    fallback: skip\n"
    "  - stage: b\n    by: desk\n    latency: 1m\n"
    "resources:\n  desk: {servers: 2, discipline: preemptive}\n", PLAIN_TIMEOUT_INTERRUPTED},
{"timeout x waiting",
    "arrivals: {poisson: 4/h}\n" HORIZON CLASSES
    "flow:\n"
    "  - stage: a\n    by: desk\n    latency: ?({exponential: {mean: 12m}}|{hot: 9m, cold: {exponential: {mean: 12m}}})\n"
    "    timeout: @(15m|20m)\n    retry: {attempts: 2, backoff: {initial: 2m}}\n"
    "resources:\n  desk: {servers: 1}\n", PLAIN_TIMEOUT_IN_QUEUE},
{"timeout x shift end",
    "arrivals: {poisson: @(0.5/h|0.6/h)}\nhorizon: {warmup: 2d, length: 14d, replications: 2}\n" CLASSES
    "flow:\n"
    "  - stage: a\n    by: desk\n    latency: ?({exponential: {mean: 3h}}|{hot: {exponential: {mean: 2h}}, cold: {gamma: {mean: 3h, sd: 2h}}})\n"
    "    timeout: 6h\n    retry: {attempts: 2, backoff: {initial: 10m, jitter: equal}}\n"
    "resources:\n  desk: {servers: 8, hours: \"mon-sun 08:00-14:00\", at_close: interrupt}\n", PLAIN_TIMEOUT_INTERRUPTED},
{"timeout x hedge",
    "arrivals: {poisson: 20/h}\n" HORIZON CLASSES
    "flow:\n"
    "  - stage: a\n    by: desk\n    error: ?(20%|{hot: 10%, cold: 30%})\n    latency: ?({lognormal: {p50: 4m, p95: 20m}}|{hot: {lognormal: {p50: 4m, p95: 20m}}, cold: {exponential: {mean: 6m}}})\n"
    "    timeout: 12m\n    hedge: {after: @(3m|5m), copies: 2}\n    cost: {per_call: $1}\n    retry: {attempts: 2}\n"
    "resources:\n  desk: {servers: 5}\n", PLAIN_HEDGE_HOLDS},
{"retry x shift end",
    "arrivals: {poisson: 3/h}\n" HORIZON CLASSES
    "flow:\n"
    "  - stage: a\n    by: desk\n    error: ?(40%|{hot: 20%, cold: 50%})\n    latency: {exponential: {mean: @(20m|25m)}}\n"
    "    retry: {attempts: 4, backoff: {initial: 30m, factor: 2, jitter: full}}\n"
    "resources:\n  desk: {servers: 6, hours: \"mon-sun 08:00-16:00\", at_close: finish}\n", PLAIN_BEGINS_CLOSED},
{"retry x shift end, work interrupted",
    "arrivals: {poisson: 3/h}\n" HORIZON CLASSES
    "flow:\n"
    "  - stage: a\n    by: desk\n    error: ?(40%|{hot: 20%, cold: 50%})\n    latency: {exponential: {mean: 20m}}\n"
    "    retry: {attempts: 4, backoff: {initial: 20m, factor: 1}}\n"
    "resources:\n  desk: {servers: 6, hours: \"mon-sun 08:00-16:00\", at_close: interrupt}\n", PLAIN_BACKOFF_HOLDS},
{"retry x retry budget, a share",
    "arrivals: {poisson: 12/h}\n" HORIZON CLASSES
    "flow:\n"
    "  - stage: a\n    error: ?(40%|{hot: 30%, cold: 60%})\n    latency: {exponential: {mean: 2m}}\n"
    "    retry: {attempts: 4, backoff: {initial: 1m}, budget: @(10%|20%)}\n", PLAIN_BUDGET_FREE},
{"retry x retry budget, a rate",
    "arrivals: {poisson: 12/h}\n" HORIZON CLASSES
    "flow:\n"
    "  - stage: a\n    error: ?(40%|{hot: 30%, cold: 60%})\n    latency: {exponential: {mean: 2m}}\n"
    "    retry: {attempts: 3, budget: @(2/h|4/h)}\n", PLAIN_BUDGET_FREE},
{"retry x environment",
    "arrivals: {poisson: 12/h}\n" HORIZON CLASSES
    "flow:\n"
    "  - stage: a\n    error: ?(5%|{hot: 2%, cold: 10%})\n    latency: 1m\n"
    "    retry: {attempts: 3, backoff: {initial: @(10m|15m), factor: 2}}\n"
    "environments:\n  sky:\n    up: {lasts: {exponential: {mean: 3h}}}\n"
    "    down: {lasts: {lognormal: {mean: 30m, sd: 10m}}, steps: {a: {error: 95%, latency: 3m}}}\n", PLAIN_RETRY_SEES_FIRST},
{"patience x preemption",
    "arrivals: {poisson: 5/h}\n" HORIZON TWO_CLASSES
    "flow:\n"
    "  - stage: a\n    by: desk\n    latency: ?({exponential: {mean: 12m}}|{hot: {exponential: {mean: 7m}}, cold: {exponential: {mean: 18m}}})\n"
    "resources:\n  desk: {servers: 1, discipline: preemptive, patience: @({exponential: {mean: 20m}}|15m|{uniform: {from: 2m, to: 40m}})}\n", PLAIN_PATIENCE_ANEW},
{"patience x rework",
    "arrivals: {poisson: 6/h}\n" HORIZON CLASSES
    "flow:\n"
    "  - stage: a\n    by: desk\n    wrong: ?(40%|{hot: 30%, cold: 60%})\n    latency: {exponential: {mean: 8m}}\n"
    "  - check: c\n    sensitivity: 90%\n    specificity: 90%\n    on_reject: {goto: a, at_most: 3, then: ship}\n"
    "resources:\n  desk: {servers: 1, patience: {exponential: {mean: @(15m|20m)}}}\n", PLAIN_REWORK_PATIENT},
{"patience x shift end",
    "arrivals: {poisson: 3/h}\n" HORIZON CLASSES
    "flow:\n"
    "  - stage: a\n    by: desk\n    latency: ?({exponential: {mean: 30m}}|{hot: {exponential: {mean: 20m}}, cold: {exponential: {mean: 40m}}})\n"
    "resources:\n  desk: {servers: 4, hours: \"mon-sun 08:00-16:00\", at_close: @(interrupt|finish), patience: {exponential: {mean: 4h}}}\n", PLAIN_BEGINS_CLOSED},
{"full waiting room x rework",
    "arrivals: {poisson: 6/h}\n" HORIZON CLASSES
    "flow:\n"
    "  - stage: a\n    by: desk\n    wrong: 40%\n    latency: ?({exponential: {mean: 10m}}|{hot: 7m, cold: {exponential: {mean: 12m}}})\n"
    "  - check: c\n    sensitivity: 90%\n    specificity: 80%\n    latency: 6m\n    on_reject: {goto: a, at_most: 3, then: reject}\n"
    "resources:\n  desk: {servers: 1, waiting_room: @(1|2), when_full: @(reject|skip|fail)}\n", PLAIN_ROOM_REWORK},
{"full waiting room x rework, quality",
    "arrivals: {poisson: 6/h}\n" HORIZON CLASSES
    "flow:\n"
    "  - stage: a\n    by: desk\n    wrong: ?(40%|{hot: 20%, cold: 50%})\n    latency: 9m\n"
    "  - check: c\n    sensitivity: 70%\n    specificity: 80%\n    on_reject: {goto: a, at_most: 2, then: ship}\n"
    "resources:\n  desk: {servers: 1, waiting_room: 2, when_full: skip}\n", PLAIN_REWORK_KEEPS},
{"hedge x breaker",
    "arrivals: {poisson: 20/h}\n" HORIZON CLASSES
    "flow:\n"
    "  - stage: a\n    error: ?(45%|{hot: 35%, cold: 55%})\n    latency: {exponential: {mean: 4m}}\n    hedge: {after: @(2m|4m)}\n"
    "    breaker: {failures: 60%, window: 30m, calls: 5, open_for: 20m}\n    cost: {per_call: $1}\n", PLAIN_BREAKER_COUNTS_CANCELLED},
{"hedge x breaker, half-open",
    "arrivals: {poisson: 30/h}\n" HORIZON CLASSES
    "flow:\n"
    "  - stage: a\n    error: ?(60%|{hot: 50%, cold: 70%})\n    latency: {exponential: {mean: 6m}}\n    hedge: {after: @(2m|4m)}\n    retry: {attempts: 2}\n"
    "    breaker: {failures: 70%, window: 20m, calls: 4, open_for: 15m}\n", PLAIN_PROBE_ALL},
{"hedge x rate limit",
    "arrivals: {poisson: 10/h}\n" HORIZON CLASSES
    "flow:\n"
    "  - stage: a\n    by: gateway\n    error: ?(20%|{hot: 10%, cold: 40%})\n    latency: {exponential: {mean: 6m}}\n    hedge: {after: @(4m|6m), copies: 2}\n    cost: {per_call: $1}\n"
    "resources:\n  gateway: {rate: 20/h, burst: 3}\n", PLAIN_COPY_FREE_OF_LIMIT},
{"breaker x environment",
    "arrivals: {poisson: 8/h}\nhorizon: {warmup: 1d, length: 12d, replications: 2}\n" CLASSES
    "flow:\n"
    "  - stage: a\n    error: ?(10%|{hot: 5%, cold: 20%})\n    latency: 2m\n    retry: {attempts: 2, backoff: {initial: 5m}}\n"
    "    breaker: {failures: 40%, window: 2h, calls: 3, open_for: @(15m|20m)}\n"
    "environments:\n  sky:\n    up: {lasts: {exponential: {mean: 6h}}}\n"
    "    down: {lasts: {exponential: {mean: 1h}}, steps: {a: {error: 90%}}}\n", PLAIN_BREAKER_KEEPS_WINDOW},
{"parallel x timeout",
    "arrivals: {poisson: 6/h}\n" HORIZON CLASSES
    "flow:\n"
    "  - parallel: many\n    copies: 3\n    join: @(all|any|2 of 3|majority|best)\n    fallback: skip\n    branch:\n"
    "      - stage: one\n        by: desk\n        error: 10%\n        wrong: ?(20%|{hot: 10%, cold: 40%})\n        latency: {exponential: {mean: 9m}}\n        timeout: 15m\n        cost: {per_call: $1}\n"
    "        retry: {attempts: 2, backoff: {initial: 1m}}\n"
    "        confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
    "  - stage: after\n    given: {one.failed: {wrong: 30%}, one.wrong: {wrong: 50%}}\n    wrong: 5%\n"
    "resources:\n  desk: {servers: 5}\n", PLAIN_TIMEOUT_IN_QUEUE},
{"parallel x shared resource",
    "arrivals: {poisson: 6/h}\n" HORIZON CLASSES
    "flow:\n"
    "  - parallel: many\n    join: @(any|2 of 3)\n    branches:\n"
    "      - [{stage: x, by: desk, error: 10%, wrong: 20%, latency: {exponential: {mean: 8m}}, cost: {per_call: $2}}]\n"
    "      - [{stage: y, by: desk, latency: ?(5m|{hot: 3m, cold: 7m}), cost: {per_call: $1}}, {stage: z, by: desk, latency: {exponential: {mean: 3m}}}]\n"
    "      - [{stage: v, by: other, error: 30%, latency: {exponential: {mean: 12m}}}]\n"
    "  - stage: after\n    by: desk\n    latency: 1m\n"
    "resources:\n  desk: {servers: 2}\n  other: {servers: 2}\n", PLAIN_BRANCH_RUNS_ON},
{"loop x deadline",
    "arrivals: {poisson: 5/h}\n" HORIZON CLASSES "deadline: ?(1h|{hot: 40m, cold: 2h})\n"
    "flow:\n"
    "  - stage: a\n    by: desk\n    wrong: 40%\n    latency: {exponential: {mean: 8m}}\n    cost: {per_call: $1}\n"
    "  - check: c\n    sensitivity: 90%\n    specificity: 80%\n    latency: 2m\n    on_reject: {goto: a, at_most: @(5|unbounded)}\n"
    "resources:\n  desk: {servers: 1, discipline: deadline}\n", PLAIN_DEADLINE_AT_STEPS},
{"priority x batch arrivals",
    "arrivals: {poisson: 1.2/h, batch: {discrete: {values: [1, 3, 8], weights: [0.5, 0.3, 0.2]}}}\n" HORIZON TWO_CLASSES
    "flow:\n"
    "  - stage: a\n    by: desk\n    latency: ?({exponential: {mean: 10m}}|{hot: 6m, cold: {gamma: {mean: 14m, sd: 10m}}})\n"
    "resources:\n  desk: {servers: 1, discipline: @(priority|preemptive)}\n", PLAIN_BATCH_ONE_CLASS},
{"audit x review overload",
    "arrivals: {poisson: 6/h}\n" HORIZON CLASSES
    "flow:\n"
    "  - stage: a\n    wrong: ?(20%|{hot: 10%, cold: 30%})\n    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
    "  - gate: sure\n    threshold: 70%\n    above: ship\n    below: desk\n    audit: {share: 40%, by: desk, design: @(uniform|near_threshold)}\n"
    "  - review: desk\n    by: team\n    sensitivity: 90%\n    specificity: 80%\n    fixes: 50%\n    spoils: 20%\n    latency: {exponential: {mean: 17m}}\n    on_reject: {goto: a, at_most: 1, then: reject}\n"
    "resources:\n  team: {servers: 1, waiting_room: 12, when_full: ship, patience: {exponential: {mean: 3h}}}\n", PLAIN_AUDIT_DROPPED},
};

/* What pairs do not name, one at a time or as it comes. */
static const struct pair_case single_cases[] = {
{"arrivals by a schedule, at hours that begin on a Wednesday",
    "arrivals: {schedule: [{from: \"mon-fri 09:00\", to: \"17:00\", rate: 8/h}, {from: \"sat-sun 10:00\", to: \"12:00\", rate: 3/h}]}\n"
    "horizon: {warmup: 1d, length: 7d, starts: \"wed 15:00\", replications: 2}\n" CLASSES
    "flow: [{stage: a, by: desk, latency: {exponential: {mean: 20m}}}]\n"
    "resources: {desk: {servers: 3, hours: \"mon-sat 08:00-16:00\"}}\n", PLAIN_EVEN_DAY},
{"daily arrivals",
    "arrivals: {daily: {mean: 5/h, amplitude: 4/h, peak: \"14:00\"}}\nhorizon: {warmup: 1d, length: 6d, starts: \"tue 06:00\", replications: 2}\n" CLASSES
    "flow: [{stage: a, by: desk, latency: ?({exponential: {mean: 20m}}|{hot: 10m, cold: 25m})}]\n"
    "resources: {desk: {servers: 2, hours: \"mon-sun 06:00-22:00\", at_close: interrupt}}\n", PLAIN_EVEN_DAY},
{"arrivals every so often, in batches",
    "arrivals: {every: {gamma: {mean: 30m, sd: 10m}}, batch: {uniform: {from: 0.2, to: 4.4}}}\n" HORIZON CLASSES
    "flow: [{stage: a, by: desk, latency: {exponential: {mean: 20m}}}]\n"
    "resources: {desk: {servers: 2, discipline: ?(fifo|priority)}}\n", PLAIN_BATCH_ONE},
{"arrivals at the instants of a file",
    "arrivals: {file: tests/data/scenario_instants.csv, column: arrived}\n" HORIZON CLASSES
    "flow: [{stage: a, by: desk, latency: ?({exponential: {mean: 12m}}|{hot: 8m, cold: {exponential: {mean: 12m}}})}]\n"
    "resources: {desk: {servers: 1, discipline: @(fifo|priority)}}\n", PLAIN_NONE},
{"a threshold drawn for each item, and audits near it",
    "arrivals: {poisson: 6/h}\n" HORIZON CLASSES
    "flow:\n  - stage: a\n    wrong: 20%\n    latency: 1m\n    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
    "  - gate: sure\n    threshold: {uniform: {from: 0.5, to: ?(0.9|0.8)}}\n    above: ship\n    below: {goto: a, at_most: 2, then: desk}\n    audit: {share: 20%, by: desk, design: near_threshold}\n"
    "  - review: desk\n    by: team\n    sensitivity: 90%\n    specificity: 95%\n    latency: 10m\n"
    "resources: {team: {servers: 1}}\n", PLAIN_REWORK_KEEPS},
{"last come, first served",
    "arrivals: {poisson: 5/h}\n" HORIZON CLASSES
    "flow: [{stage: a, by: desk, error: 20%, latency: {exponential: {mean: 8m}}, retry: {attempts: 2, backoff: {initial: 1m}}}]\n"
    "resources: {desk: {servers: 1, discipline: lifo}}\n", PLAIN_FIRST_COME},
{"shortest first",
    "arrivals: {poisson: 5/h}\n" HORIZON CLASSES
    "flow: [{stage: a, by: desk, latency: ?({exponential: {mean: 10m}}|{hot: {exponential: {mean: 6m}}, cold: {exponential: {mean: 11m}}})}]\n"
    "resources: {desk: {servers: 1, discipline: shortest}}\n", PLAIN_FIRST_COME},
{"earliest deadline first",
    "arrivals: {poisson: 5/h}\n" HORIZON TWO_CLASSES "deadline: {hot: 1h, cold: 3h}\n"
    "flow: [{stage: a, by: desk, latency: {exponential: {mean: 10m}}}, {stage: b, by: desk, latency: 1m}]\n"
    "resources: {desk: {servers: 1, discipline: deadline}}\n", PLAIN_FIRST_COME},
{"preemption over closing",
    "arrivals: {poisson: 2/h}\n" HORIZON TWO_CLASSES
    "flow: [{stage: a, by: desk, latency: {exponential: {mean: 25m}}}]\n"
    "resources: {desk: {servers: 3, discipline: preemptive, hours: \"mon-sun 08:00-18:00\", at_close: @(interrupt|finish)}}\n", PLAIN_BEGINS_CLOSED},
{"fatigue",
    "arrivals: {poisson: 3/h}\n" HORIZON CLASSES
    "flow:\n  - stage: a\n    wrong: 40%\n"
    "  - review: desk\n    by: team\n    sensitivity: 95%\n    specificity: 90%\n    latency: {exponential: {mean: 20m}}\n    timeout: 40m\n    retry: {attempts: 2}\n"
    "    fatigue: {after: 4h, sensitivity: 50%, slower: 1.5}\n"
    "resources: {team: {servers: 4, hours: \"mon-sun 08:00-18:00\"}}\n", PLAIN_NOT_TIRED},
{"rate limit",
    "arrivals: {poisson: 12/h}\n" HORIZON CLASSES
    "flow: [{stage: a, by: gateway, error: 30%, latency: {exponential: {mean: 5m}}, retry: {attempts: 3, backoff: {initial: 2m}}}]\n"
    "resources: {gateway: {rate: 18/h, burst: 4}}\n", PLAIN_NONE},
{"environments of three states",
    "arrivals: {poisson: 12/h}\n" HORIZON CLASSES
    "flow: [{stage: a, error: 2%, latency: 1m}, {stage: b, latency: 1m}]\n"
    "environments:\n  sky:\n    up: {lasts: {exponential: {mean: 8h}}, to: {down: 0.5, slow: 0.5}}\n"
    "    down: {lasts: 2h, to: {up: 1}, steps: {a: {error: 90%}}}\n"
    "    slow: {lasts: {lognormal: {p50: 1h, p95: 4h}}, to: {up: 0.7, down: 0.3}, steps: {b: {latency: 9m}}}\n", PLAIN_NONE},
{"a cache before a desk",
    "arrivals: {poisson: 8/h}\n" HORIZON CLASSES
    "flow:\n  - stage: a\n    by: desk\n    wrong: 10%\n    cache: {hit: ?(30%|{hot: 50%, cold: 10%}), latency: 1m}\n    latency: {exponential: {mean: 9m}}\n"
    "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
    "    next: [{to: ship, when: \"confidence >= 0.8 and age > 5m\"}, {to: b, probability: 60%}, {to: c}]\n"
    "  - stage: b\n    latency: 1m\n  - stage: c\n    wrong: 20%\n    given: {b.skipped: {wrong: 40%}, bad: {repair: 50%}}\n"
    "resources: {desk: {servers: 1}}\n", PLAIN_NONE},
};

/* --- untimed: nobody waits, everybody has weather of its own */
static const struct pair_case untimed_cases[] = {
{"untimed: retries, hedges, loops, gates",
    CLASSES "wrong: 5%\n"
    "flow:\n"
    "  - stage: a\n    error: ?(20%|{hot: 10%, cold: 30%})\n    wrong: 10%\n    malformed: 10%\n    validation: 60%\n    latency: {exponential: {mean: 1s}}\n    timeout: 2s\n"
    "    hedge: {after: 0.5s, copies: 2}\n    retry: {attempts: 3, for: [error, timeout], backoff: {initial: 1s, jitter: full}}\n    cost: {per_call: $1}\n    fallback: desk\n"
    "    confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
    "  - check: c\n    sensitivity: 80%\n    specificity: 90%\n    latency: 1s\n    on_reject: {goto: a, at_most: 2, then: desk}\n"
    "  - gate: g\n    threshold: [50%, 80%]\n    above: ship\n    between: {goto: a, at_most: 1, then: desk}\n    below: desk\n    audit: {share: 20%, by: desk}\n"
    "  - review: desk\n    sensitivity: 90%\n    specificity: 80%\n    fixes: 50%\n    spoils: 30%\n    latency: {exponential: {mean: 5s}}\n    on_reject: {goto: a, at_most: 1, then: reject}\n"
    "deadline: 15s\n", PLAIN_REWORK_KEEPS},
{"untimed: parallels of every join",
    CLASSES
    "flow:\n"
    "  - parallel: p\n    copies: 5\n    join: @(vote 3 of 5|majority|best|all|any|3 of 5)\n    fallback: skip\n    branch:\n"
    "      - stage: one\n        error: 10%\n        wrong: ?(20%|{hot: 5%, cold: 30%})\n        latency: {exponential: {mean: 1s}}\n        cost: {per_call: $1}\n"
    "        confidence: {good: {beta: {a: 8, b: 2}}, bad: {beta: {a: 3, b: 3}}}\n"
    "      - check: two\n        sensitivity: 80%\n        specificity: 90%\n        latency: 0.5s\n        on_reject: {goto: one, at_most: 1, then: fail}\n"
    "  - gate: g\n    threshold: 60%\n    above: ship\n    below: q\n"
    "  - stage: q\n    given: {one.failed: {wrong: 20%}, one.wrong: {wrong: 60%}}\n    latency: 1s\n", PLAIN_NONE},
{"untimed: an outage of one's own",
    CLASSES
    "flow: [{stage: a, error: 2%, latency: 6m, retry: {attempts: 3, backoff: {initial: @(15m|30m)}}}, {stage: b, latency: 10m}]\n"
    "environments:\n  sky:\n    up: {lasts: {exponential: {mean: 10h}}}\n"
    "    down: {lasts: {lognormal: {mean: 1h, sd: 20m}}, steps: {a: {error: 100%}, b: {error: 60%}}}\n", PLAIN_RETRY_SEES_FIRST},
};
/* clang-format on */
enum {
    PAIR_CASES = sizeof pair_cases / sizeof *pair_cases,
    SINGLE_CASES = sizeof single_cases / sizeof *single_cases,
    UNTIMED_CASES = sizeof untimed_cases / sizeof *untimed_cases
};

enum { CASE_SETS = 3 };
struct case_set {
    const struct pair_case *at;
    uint32_t n;
};
static const struct case_set case_sets[CASE_SETS] = {
    {pair_cases,    PAIR_CASES   },
    {single_cases,  SINGLE_CASES },
    {untimed_cases, UNTIMED_CASES}
};

/* Compares one case; `broken`: with its rule broken, and then it must show. */
static inline uint32_t check_case(const struct pair_case *c, bool classes, bool broken,
                                  uint32_t replications, uint64_t seed)
{
    struct plain_verdict v;
    struct buf text;
    buf_init(&text);
    plain_expand(c->text, classes, seed, &text);
    const struct plain_comparison how = {.name = c->name,
                                         .text = buf_text(&text),
                                         .replications = replications,
                                         .items = 1000,
                                         .seed = 1000 * seed,
                                         .strict = true,
                                         .broken = broken ? c->broken : PLAIN_NONE};
    plain_compare(&how, &v);
    if (!broken && v.differ)
        fail_msg("%s, template seed %llu:\n%s%s", c->name, (unsigned long long)seed,
                 buf_text(&v.told), buf_text(&text));
    if (broken && !v.differ)
        fail_msg("%s, template seed %llu: nobody notices that %s (%.2f of the limit)\n%s", c->name,
                 (unsigned long long)seed, plain_fault_words(c->broken), v.worst, buf_text(&text));
    buf_release(&v.told);
    buf_release(&text);
    return v.compared;
}

#endif
