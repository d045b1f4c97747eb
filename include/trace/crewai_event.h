/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One event of CrewAI's by itself: what it begins or ends, and the ids it tells.
 *
 * Texts are of the JSON document, and hold as long as it does. */
#ifndef SEAM_TRACE_CREWAI_EVENT_H
#define SEAM_TRACE_CREWAI_EVENT_H

#include "base/json_read.h"
#include "model/span.h"

enum crewai_role { ROLE_NONE, ROLE_BEGIN, ROLE_END, ROLE_FAIL, ROLE_PAUSE };
/* What begins and ends; `field` names it, or the stem itself does. */
struct crewai_stem {
    const char *text, *field;
    enum span_kind kind;
};

struct crewai_event {
    struct json v;
    const struct crewai_stem *stem;
    enum crewai_role role;
    const char *name, *id, *started, *parent, *flow; /* NULL: not told */
    size_t name_len, id_len, started_len, parent_len, flow_len;
};

/* A field of the event, wherever it stands. */
struct json crewai_field(struct json event, const char *key);
/* Its text; NULL for none. */
const char *crewai_field_text(struct json event, const char *key, size_t *len);
/* The stem and role of a type such as "tool_usage_finished"; NULL for one that begins or ends
 * nothing. */
const struct crewai_stem *crewai_stem_of(const char *type, size_t len, enum crewai_role *role);
/* Takes an event in; false when it begins or ends nothing. */
bool crewai_understand(struct json event, struct crewai_event *e);

#endif
