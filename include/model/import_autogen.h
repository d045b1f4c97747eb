/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of AutoGen's teams share: import_autogen_agent.c reads agents, import_autogen.c
 * how they speak to one another. */
#ifndef SEAM_MODEL_IMPORT_AUTOGEN_H
#define SEAM_MODEL_IMPORT_AUTOGEN_H

#include "base/json_read.h"
#include "model/definition.h"

/* Does a component's provider end with the word? */
bool autogen_provided_by(struct json component, const char *word);
bool autogen_is_person(struct json agent);
/* The agent itself, where another one only filters what it hears. */
struct json autogen_inner_agent(struct json agent);
/* How many tools its configuration lists. */
size_t autogen_count_tools(struct json config);
/* Adds an agent, which has a name, or a team as one step. */
int32_t autogen_add_agent(struct definition *d, struct json agent);
/* The stage of an agent's tools, entered from it; the agent when it has none. */
int32_t autogen_add_tools(struct definition *d, struct json agent, int32_t speaker);
/* Where a speaker's turn ends: the speaker, or behind its tools, so that what follows is counted
 * once. */
int32_t autogen_turn_end(struct definition *d, struct json agent, int32_t speaker);
/* A step that takes no time. */
int32_t autogen_add_instant(struct definition *d, const char *title, const char *about);

#endif
