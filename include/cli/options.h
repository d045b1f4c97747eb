/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line: parsed by the tables of model/commands.h, and the help made from them. */
#ifndef SEAM_CLI_OPTIONS_H
#define SEAM_CLI_OPTIONS_H

#include "base/buf.h"
#include "base/error.h"
#include "model/commands.h"

/* One parsed option: what was written, and its number where it takes one. */
struct option_value {
    bool given;
    const char *text;      /* the last one written; borrowed from argv */
    double number;         /* TAKES_PROBABILITY */
    uint64_t count;        /* TAKES_COUNT */
    VEC(const char *) all; /* TAKES_MANY: each one written, in order */
};

struct options {
    enum command command;
    struct option_value value[OPTION_COUNT];
    VEC(const char *) args; /* what is no option; borrowed from argv */
    struct arena arena;
};

/* argv[1] is the command.  ERR_USAGE with a sentence and the nearest word.  Release with
 * options_release also after a failure. */
MUST_CHECK int options_parse(int argc, char **argv, struct options *out, struct error *err);
/* Frees the lists; the texts in them belong to argv. */
void options_release(struct options *o);

/* Values with their defaults. */
bool option_given(const struct options *o, enum option id);
/* The text as written, borrowed from argv; `otherwise` when not given. */
const char *option_text(const struct options *o, enum option id, const char *otherwise);
/* The number of an option that takes a count; `otherwise` when not given. */
uint64_t option_count(const struct options *o, enum option id, uint64_t otherwise);
/* The number of an option that takes a probability; `otherwise` when not given. */
double option_number(const struct options *o, enum option id, double otherwise);

#endif
