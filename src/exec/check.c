/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each step is opened as a run would open it, with only_read set, and closed at once. */
#include "exec/check.h"

#include "exec/stage.h"

#include <stdio.h>
#include <string.h>

/* No stage of a check is called: its clocks stand still. */
static double still(void)
{
    return 0;
}

/* The sentence alone: the list of faults writes the place itself. */
static const char *without_place(const struct error *err, const char *file)
{
    char place[ERROR_TEXT_MAX];
    size_t len = (size_t)snprintf(place, sizeof place, "%s:%u:%u: ", file, (unsigned)err->line,
                                  (unsigned)err->column);
    return strncmp(err->text, place, len) ? err->text : err->text + len;
}

static void check_step(const struct pipeline *p, uint32_t i, struct json_reader *reader,
                       struct faults *faults)
{
    const struct step *step = &p->step[i];
    struct stage_setting s = {
        .pipeline = p, .step = i, .clock_s = still, .unix_s = still, .only_read = true};
    struct error err = {0};
    void *self;

    if (!step->exec || json_parse(reader, step->exec, strlen(step->exec), &s.exec, &err)) {
        if (step->exec)
            faults_add(faults, step->exec_line, step->exec_column, NULL, "`%s`: `exec`: %s",
                       step->id, err.text);
        return;
    }
    const struct stage_kind *kind = stage_kind_of(&s, &err);
    if (kind && kind->open(&s, &self, &err) == 0)
        kind->close(self);
    else
        faults_add(faults, err.line, err.column, NULL, "%s",
                   without_place(&err, p->file ? p->file : "scenario"));
}

void exec_check(const struct pipeline *p, struct faults *faults)
{
    struct json_reader *reader = json_reader_new();

    for (uint32_t i = 0; i < p->n_steps; i++)
        check_step(p, i, reader, faults);
    json_reader_free(reader);
}
