/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of the scenario language one by one, for people who read about them. */
#ifndef SEAM_MODEL_SCENARIO_KEYS_H
#define SEAM_MODEL_SCENARIO_KEYS_H

#include <stdbool.h>

struct scenario_key {
    const char *place; /* "a stage", "every step", "the top of the file" */
    const char *key, *type, *help;
    const char *missing; /* what holds without it; "" when nothing does */
    const char *words;   /* what may stand there, with spaces between; "" */
    bool needed;
};
/* Calls `take` for each key, those of one place one after the other, as the language orders them.
 * The texts are good during the call. */
void scenario_keys(void (*take)(void *arg, const struct scenario_key *key), void *arg);

#endif
