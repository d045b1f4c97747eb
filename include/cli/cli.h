/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands share: one context, and the way every result leaves the program. */
#ifndef SEAM_CLI_CLI_H
#define SEAM_CLI_CLI_H

#include "cli/options.h"
#include "model/pipeline.h"
#include "model/result.h"
#include "sim/ranks.h"

#include <stdatomic.h>

/* Handed to every command by main: the parsed line, the stop flag of Ctrl-C, the clock's start. */
struct cli {
    const struct options *options;
    const atomic_bool *stop;
    const char *command_line;  /* as typed, for reports */
    const struct ranks *ranks; /* processes that run this line together; see cli_scenario */
    double started_s;          /* monotonic */
    bool out_is_terminal, err_is_terminal, color;
    int width; /* of the terminal, 80 where there is none */
};

/* Each returns an exit status (interfaces: 0, 1) or -1 with err set. */
#define X(name, word) int cmd_##word(const struct cli *cli, struct error *err);
COMMANDS(X)
#undef X

double cli_clock_s(void);         /* monotonic seconds */
double cli_unix_s(void);          /* seconds since 1970 */
void cli_time_text(char out[32]); /* "2026-03-01T12:00:00Z" */
/* Writes to standard output; ERR_IO when that fails (a full disk, a closed pipe). */
MUST_CHECK int cli_print(const char *text, size_t len, struct error *err);
/* From here on Ctrl-C and SIGTERM only set cli->stop, and the command ends by itself; for one that
 * has nothing to tell before. */
void cli_heed_stop(void);
/* A line on standard error, with "seam: " before it and nothing in it that controls a terminal. */
void cli_say(const char *text);
/* The same, unless --quiet. */
void cli_note(const struct cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);

/* Appends a file's bytes on every rank; rank 0 reads it. */
MUST_CHECK int cli_read(const struct cli *cli, const char *path, size_t limit, struct buf *out,
                        struct error *err);

/* Reads a scenario with the line's --set and --target; faults go to standard error in full.  *out
 * is the caller's to release, also after an error.  Rank 0 reads for all, and all fail together. */
MUST_CHECK int cli_scenario(const struct cli *cli, const char *path, struct pipeline *out,
                            struct error *err);
/* The same from text that messages call `name`; with_line: with the line's --set and --target. */
MUST_CHECK int cli_scenario_text(const struct cli *cli, const char *name, const struct buf *text,
                                 bool with_line, struct pipeline *out, struct error *err);
/* The same without --target, with the faults for the caller, who releases them. */
MUST_CHECK int cli_scenario_faults(const struct cli *cli, const char *path, struct pipeline *out,
                                   struct faults *faults, struct error *err);
struct setting;
/* The same without --target, and with more settings; the faults are left to err, which has the
 * first.  Threads may call it at once. */
MUST_CHECK int cli_scenario_quietly(const struct cli *cli, const char *name, const struct buf *text,
                                    const struct setting *extra, size_t n_extra,
                                    struct pipeline *out, struct error *err);
/* As cli_scenario with one more setting, for sweeps. */
MUST_CHECK int cli_scenario_with(const struct cli *cli, const char *path,
                                 const struct setting *extra, struct pipeline *out,
                                 struct error *err);
/* The metric called `name` in the text of an option; ERR_USAGE with the nearest one. */
MUST_CHECK int cli_metric(const char *option, const char *text, const char *name,
                          const struct metric_def **out, struct error *err);
/* Adds the line's --target entries to `p` (over the file's objective: the same metric is
 * replaced). */
MUST_CHECK int cli_targets(const struct cli *cli, struct pipeline *p, struct error *err);

/* Finishes a result: scenario and run fields, verdicts of p's targets (p may be NULL), time
 * passed; prints it as text, --json or --csv; saves it (--db, --save).  Returns the exit status:
 * 1 when a target is not passed or `complete` is false; 130 when it is partial. */
MUST_CHECK int cli_finish(const struct cli *cli, struct result *r, const struct pipeline *p,
                          bool complete, struct error *err);
/* With --json or --csv prints what there is to tell of a command whose work is a file: of `file`,
 * the scenario p it wrote (either may be NULL).  Saves nothing. */
MUST_CHECK int cli_tell(const struct cli *cli, struct result *r, const struct pipeline *p,
                        const char *file, struct error *err);
/* ERR_USAGE where --json or --csv and the scenario would share standard output. */
MUST_CHECK int cli_needs_file(const struct cli *cli, struct error *err);
/* The judged part alone, for commands that make several results. */
void cli_stamp(const struct cli *cli, struct result *r, const struct pipeline *p);

/* The kinds of pictures with what each shows, a line for each, after an empty one. */
void cli_plot_kinds(size_t width, struct buf *out);

/* --uncertainty and --no-uncertainty against what the pipeline holds. */
bool cli_uncertainty(const struct cli *cli, const struct pipeline *p);

#endif
