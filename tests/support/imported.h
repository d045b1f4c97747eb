/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A definition of another framework on its way through: read, written as a scenario, and that
 * parsed again. */
#ifndef SEAM_TESTS_SUPPORT_IMPORTED_H
#define SEAM_TESTS_SUPPORT_IMPORTED_H

#include "base/file.h"
#include "model/definition.h"
#include "model/scenario.h"
#include "tests/support/support.h"

#include <stdio.h>
#include <string.h>

/* A definition on its way: its text, the scenario of it, and the pipeline of that. */
struct import {
    struct buf yaml;
    struct pipeline p;
};

static inline int read_text(const char *framework, const char *text, size_t len,
                            struct definition *d, struct error *err)
{
    for (size_t i = 0; i < definition_readers_count; i++)
        if (strcmp(definition_readers[i].framework, framework) == 0)
            return definition_readers[i].read("f", text, len, d, err);
    fail_msg("no reader of %s", framework);
    return -1;
}

static inline struct import take(const char *framework, const char *text)
{
    struct definition d = {0};
    struct import in = {.yaml = {0}};
    struct faults faults = {0};
    struct error err = {0};

    if (read_text(framework, text, strlen(text), &d, &err))
        fail_msg("%s\n%s", err.text, text);
    definition_write(&d, NULL, &in.yaml, NULL);
    definition_release(&d);
    if (scenario_parse("f.yaml", buf_text(&in.yaml), in.yaml.len, NULL, &in.p, &faults, &err))
        fail_msg("%s\n%s", err.text, buf_text(&in.yaml));
    faults_release(&faults);
    return in;
}

static inline struct import take_file(const char *framework, const char *name)
{
    struct buf text = {0};
    struct error err = {0};

    ok(file_read(data_path(name), DEFINITION_TEXT_MAX, &text, &err), &err);
    struct import in = take(framework, buf_text(&text));
    buf_release(&text);
    return in;
}

static inline void leave(struct import *in)
{
    buf_release(&in->yaml);
    pipeline_release(&in->p);
}

static inline const struct step *step_of(const struct import *in, const char *id)
{
    int32_t at = pipeline_step(&in->p, id);

    if (at < 0)
        fail_msg("no step %s\n%s", id, buf_text(&in->yaml));
    return &in->p.step[at];
}

static inline void leads(const struct import *in, const struct edge *e, const char *id)
{
    int32_t want = !strcmp(id, "ship")     ? TO_SHIP
                   : !strcmp(id, "fail")   ? TO_FAIL
                   : !strcmp(id, "reject") ? TO_REJECT
                   : !strcmp(id, "join")   ? TO_JOIN
                                           : pipeline_step(&in->p, id);
    if (e->to != want)
        fail_msg("leads to %d, not %s (%d)\n%s", e->to, id, want, buf_text(&in->yaml));
}

static inline void has(const struct import *in, const char *part)
{
    if (!strstr(buf_text(&in->yaml), part))
        fail_msg("\"%s\" is not in\n%s", part, buf_text(&in->yaml));
}

static inline void refused(const char *framework, const char *text, enum error_code code,
                           const char *part)
{
    struct definition d = {0};
    struct error err = {0};

    if (read_text(framework, text, strlen(text), &d, &err) == 0)
        fail_msg("taken: %.300s", text);
    error_is(&err, code, part);
    definition_release(&d);
}

/* Every rate, share and time of the scenario is marked: the file holds none. */
static inline void all_is_assumed(const struct import *in)
{
    static const char *const keys[] = {
        "error:",       "wrong:",       "latency:",    "sensitivity:",
        "specificity:", "probability:", "confidence:", "at_most:"};
    const char *line = buf_text(&in->yaml);

    while (*line) {
        size_t len = strcspn(line, "\n");
        char text[400];
        snprintf(text, sizeof text, "%.*s", (int)len, line);
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            if (strstr(text, keys[i]) && !strstr(text, "assumed"))
                fail_msg("not marked: %s", text);
        line += len + (line[len] == '\n');
    }
}

/* Parts of AutoGen's components. */
#define AGENT(name, more)                                                                          \
    "{\"provider\":\"x.AssistantAgent\",\"config\":{\"name\":\"" name "\"" more "}}"
#define TEAM(kind, agents, more)                                                                   \
    "{\"provider\":\"x." kind "\",\"config\":{\"participants\":[" agents "]" more "}}"

#endif
