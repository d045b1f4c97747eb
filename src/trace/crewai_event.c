/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The type of an event is what it is of and what happened to that: "tool_usage_finished".  A field
 * stands in event_data, where the tracing listener put it, or in the event itself. */
#include "trace/crewai_event.h"

#include "trace/record.h"

#include <string.h>

static const struct {
    const char *suffix;
    enum crewai_role role;
} suffixes[] = {
    {"_started",   ROLE_BEGIN},
    {"_requested", ROLE_BEGIN},
    {"_completed", ROLE_END  },
    {"_finished",  ROLE_END  },
    {"_received",  ROLE_END  },
    {"_failed",    ROLE_FAIL },
    {"_error",     ROLE_FAIL },
    {"_canceled",  ROLE_FAIL },
    {"_paused",    ROLE_PAUSE},
};

static const struct crewai_stem stems[] = {
    {"flow",                    "flow_name",      SPAN_OTHER},
    {"method_execution",        "method_name",    SPAN_OTHER},
    {"crew_kickoff",            "crew_name",      SPAN_OTHER},
    {"crew_train",              "crew_name",      SPAN_OTHER},
    {"crew_test",               "crew_name",      SPAN_OTHER},
    {"task",                    "task_name",      SPAN_OTHER},
    {"agent_execution",         "agent_role",     SPAN_AGENT},
    {"lite_agent_execution",    "agent_role",     SPAN_AGENT},
    {"agent_evaluation",        NULL,             SPAN_JUDGE},
    {"agent_reasoning",         NULL,             SPAN_AGENT},
    {"llm_call",                "model",          SPAN_MODEL},
    {"llm_guardrail",           "guardrail_name", SPAN_JUDGE},
    {"tool_usage",              "tool_name",      SPAN_TOOL },
    {"mcp_tool_execution",      "tool_name",      SPAN_TOOL },
    {"mcp_connection",          "server_name",    SPAN_TOOL },
    {"memory_retrieval",        NULL,             SPAN_DATA },
    {"memory_save",             NULL,             SPAN_DATA },
    {"memory_query",            NULL,             SPAN_DATA },
    {"knowledge_query",         NULL,             SPAN_DATA },
    {"knowledge_retrieval",     NULL,             SPAN_DATA },
    {"knowledge_search_query",  NULL,             SPAN_DATA },
    {"tool_selection",          "tool_name",      SPAN_TOOL },
    {"tool_validate_input",     "tool_name",      SPAN_TOOL },
    {"tool_execution",          "tool_name",      SPAN_TOOL },
    {"a2a_delegation",          NULL,             SPAN_AGENT},
    {"a2a_conversation",        NULL,             SPAN_AGENT},
    {"a2a_server_task",         NULL,             SPAN_AGENT},
    {"a2a_parallel_delegation", NULL,             SPAN_AGENT},
    {"human_feedback",          NULL,             SPAN_HUMAN},
    {"flow_input",              NULL,             SPAN_HUMAN},
};

struct json crewai_field(struct json v, const char *key)
{
    struct json inner = json_get(json_get(v, "event_data"), key);
    return json_type(inner) != JSON_NULL ? inner : json_get(v, key);
}

const char *crewai_field_text(struct json v, const char *key, size_t *len)
{
    return record_text(crewai_field(v, key), len);
}

const struct crewai_stem *crewai_stem_of(const char *type, size_t len, enum crewai_role *role)
{
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        size_t n = strlen(suffixes[i].suffix);
        if (len <= n || memcmp(type + len - n, suffixes[i].suffix, n) != 0)
            continue;
        for (size_t k = 0; k < sizeof stems / sizeof stems[0]; k++)
            if (strlen(stems[k].text) == len - n && memcmp(stems[k].text, type, len - n) == 0) {
                *role = suffixes[i].role;
                return &stems[k];
            }
    }
    *role = ROLE_NONE;
    return NULL;
}

static const char *flow_id(struct json v, size_t *len)
{
    struct json told[] = {crewai_field(v, "flow_id"), json_get(crewai_field(v, "state"), "id"),
                          json_get(crewai_field(v, "inputs"), "id")};
    const char *s = NULL;
    for (size_t i = 0; i < 3 && !s; i++)
        s = record_text(told[i], len);
    return s;
}

/* Agents and tasks are objects in some events. */
static const char *name_inside(struct json v, const struct crewai_stem *stem, size_t *len)
{
    static const struct {
        const char *stem, *object, *key;
    } inside[] = {
        {"agent_execution",      "agent",      "role"       },
        {"lite_agent_execution", "agent_info", "role"       },
        {"task",                 "task",       "name"       },
        {"task",                 "task",       "description"},
    };
    const char *name = NULL;
    for (size_t i = 0; i < sizeof inside / sizeof inside[0] && !name; i++)
        if (strcmp(inside[i].stem, stem->text) == 0)
            name = record_text(json_get(crewai_field(v, inside[i].object), inside[i].key), len);
    return name;
}

bool crewai_understand(struct json v, struct crewai_event *e)
{
    size_t len;
    const char *type = record_text(json_get(v, "type"), &len);
    *e = (struct crewai_event){.v = v};
    e->stem = type ? crewai_stem_of(type, len, &e->role) : NULL;
    if (!e->stem)
        return false;
    e->id = crewai_field_text(v, "event_id", &e->id_len);
    e->started = crewai_field_text(v, "started_event_id", &e->started_len);
    e->parent = crewai_field_text(v, "parent_event_id", &e->parent_len);
    e->flow = flow_id(v, &e->flow_len);
    if (e->stem->field)
        e->name = crewai_field_text(v, e->stem->field, &e->name_len);
    if (!e->name)
        e->name = name_inside(v, e->stem, &e->name_len);
    if (!e->name) {
        e->name = e->stem->text;
        e->name_len = strlen(e->name);
    }
    return true;
}
