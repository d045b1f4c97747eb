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

/* Appends a command line behind `indent` columns; one that takes several lines of `width` can still
 * be copied as it stands. */
void help_put_example(struct buf *out, const char *line, size_t indent, size_t width);

/* The groups of commands; the last has those that no other names. */
enum { HELP_GROUPS = 5 };
/* Is the command one of this group? */
bool help_in_group(size_t group, enum command c);

#endif
