/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What `seam`, `seam COMMAND -h` and `seam help` say: examples before options, from the tables of
 * model/commands.h. */
#ifndef SEAM_CLI_HELP_H
#define SEAM_CLI_HELP_H

#include "base/buf.h"
#include "model/commands.h"

enum { HELP_WIDTH = 80 }; /* columns at most */

/* Appends the program's help: the commands by what they are for, examples, the chapters. */
void help_program(int width, struct buf *out);
/* Appends one command's help: summary, examples, what it does, usage, options. */
void help_command(enum command c, int width, struct buf *out);

/* The commands by what they are for; the last group has those that no other names. */
struct help_group {
    const char *title;
    const char *names; /* with spaces between */
};
enum { HELP_GROUPS = 5 };
extern const struct help_group help_groups[HELP_GROUPS];
/* Is the command one of this group? */
bool help_in_group(size_t group, enum command c);

#endif
