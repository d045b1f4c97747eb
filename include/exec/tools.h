/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tools of the built-in world, as functions from JSON text to JSON text: what the MCP server
 * that ships with the project offers, and the built-in kind `tool` calls.
 *
 * asset_lookup      {"subject"}           -> {"subject", "name", "assets": [{"id", "kind"}, ...]}
 * render_job        {"shot"}              -> {"job", "frames", "seconds"}
 * continuity_check  {"shot", "episode"}   -> {"consistent", "problems": [sentence, ...]}
 *
 * The check knows the rules of the series and the prior shots alone: a change that only a memo
 * tells makes it object to what is right, and what no shot has shown yet it lets pass. */
#ifndef SEAM_EXEC_TOOLS_H
#define SEAM_EXEC_TOOLS_H

#include "exec/canon.h"

struct tool {
    const char *name, *about; /* a sentence for people and models */
    const char *schema;       /* JSON Schema of the arguments */
    /* Appends the result to *out; -1 with ERR_INPUT ("subject: ...") where the arguments are not
     * what the schema says, and *out as it was.  Any thread. */
    int (*call)(const struct canon *c, const char *arguments, size_t len, struct buf *out,
                struct error *err);
};
/* All of them, *n in number; literals. */
const struct tool *tools_list(size_t *n);
/* The tool of this name; NULL when there is none. */
const struct tool *tool_of(const char *name);

#endif
