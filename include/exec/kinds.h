/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kinds of stage that kinds.c has in its table, each in a file of its own. */
#ifndef SEAM_EXEC_KINDS_H
#define SEAM_EXEC_KINDS_H

#include "exec/stage.h"

extern const struct stage_kind command_kind;  /* command_stage.c: any program */
extern const struct stage_kind mcp_kind;      /* mcp_stage.c: a tool of an MCP server */
extern const struct stage_kind queue_kind;    /* queue_stage.c: a person */
extern const struct stage_kind http_kind;     /* http_stage.c: any URL */
extern const struct stage_kind chat_kind;     /* chat_stage.c: OpenAI-compatible models */
extern const struct stage_kind stated_kind;   /* stated.c: by the scenario's numbers */
extern const struct stage_kind generate_kind; /* generate.c: the language model */
extern const struct stage_kind retrieve_kind; /* retrieve_stage.c: chunks of a canon */
extern const struct stage_kind tool_kind;     /* tool_stage.c: a tool of the built-in world */

#endif
