/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scenario files <-> pipelines, by one schema table (key, where, type, range, default, help). */
#ifndef SEAM_MODEL_SCENARIO_H
#define SEAM_MODEL_SCENARIO_H

#include "base/yaml_read.h"
#include "model/pipeline.h"

/* One `--set PATH=VALUE`, or what another option makes of it. */
struct setting {
    const char *path, *value;
    const char *option; /* its name in messages; NULL: "set" */
};

struct scenario_options {
    const struct setting *set;
    size_t n_set;
    const char *data_dir; /* where files named by the scenario are looked up; NULL: beside it */
};

/* Reads `path` ("-": standard input).  0: *out is a pipeline that passed every check (the caller
 * releases it).  -1 with faults filled (ERR_INPUT or ERR_UNSUPPORTED in err, its text the first
 * fault's), or with none when the file could not be read at all; *out is empty then, and may be
 * released. */
MUST_CHECK int scenario_read(const char *path, const struct scenario_options *options,
                             struct pipeline *out, struct faults *faults, struct error *err);
/* The same from text that is named `file` in messages. */
MUST_CHECK int scenario_parse(const char *file, const char *text, size_t len,
                              const struct scenario_options *options, struct pipeline *out,
                              struct faults *faults, struct error *err);
/* Every fault as "file:line:column: sentence", the line, and a caret. `text` is the source. */
void scenario_put_faults(const struct faults *faults, const char *file, const char *text,
                         struct buf *out);
/* The pipeline as a scenario file that scenario_parse reads back to the same numbers.
 * `notes[i]` (NULL or an array of n_steps) is a comment above step i. */
void scenario_write(const struct pipeline *p, const char *head_comment, const char *const *notes,
                    struct buf *out);
/* JSON Schema (draft 2020-12) of the language, for editors. */
void scenario_put_json_schema(struct buf *out);
/* Paths of the numbers that the scenario states and --set and --sweep can change; strings and
 * array live in `arena`. */
void scenario_paths(const struct pipeline *p, struct arena *arena, const char ***out, size_t *n);

#endif
