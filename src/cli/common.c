/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands share: the clock, standard output, scenarios with the line's changes. */
#include "cli/cli.h"

#include "base/file.h"
#include "cli/terminal.h"
#include "exec/check.h"
#include "model/scenario.h"
#include "report/document.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SCENARIO_READ_MAX = YAML_TEXT_MAX };

double cli_clock_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double cli_unix_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void cli_time_text(char out[32])
{
    time_t now = time(NULL);
    struct tm utc;

    gmtime_r(&now, &utc);
    strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

int cli_print(const char *text, size_t len, struct error *err)
{
    errno = 0;
    if (fwrite(text, 1, len, stdout) == len && !fflush(stdout))
        return 0;
    if (errno == EPIPE) { /* where SIGPIPE is ignored: as quietly as where it is not */
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE);
    }
    return error_set(err, ERR_IO, "standard output: cannot be written%s",
                     errno == ENOSPC  ? ": the disk is full"
                     : errno == EPIPE ? ": who read it is gone"
                                      : "");
}

/* On a terminal the line is made of whole words, over what a bar may have left there. */
void cli_say(const char *text)
{
    enum { INDENT = 6 }; /* of "seam: " */
    bool on_terminal = isatty(STDERR_FILENO);
    int columns = terminal_columns(STDERR_FILENO);
    struct buf clean, line;

    buf_init(&clean);
    buf_init(&line);
    text_clean(&clean, text);
    buf_printf(&line, "%sseam: ", on_terminal && terminal_is_smart() ? "\r\033[K" : "");
    if (on_terminal && columns > 2 * INDENT)
        text_fill(&line, buf_text(&clean), INDENT, INDENT, (size_t)columns);
    else
        buf_printf(&line, "%s\n", buf_text(&clean));
    fputs(buf_text(&line), stderr);
    buf_release(&clean);
    buf_release(&line);
}

void cli_note(const struct cli *cli, const char *format, ...)
{
    struct buf text;
    va_list args;

    if (option_given(cli->options, OPTION_QUIET) || cli->ranks->rank > 0)
        return;
    buf_init(&text);
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    cli_say(buf_text(&text));
    buf_release(&text);
}

int cli_read(const struct cli *cli, const char *path, size_t limit, struct buf *out,
             struct error *err)
{
    int status = cli->ranks->rank == 0 ? file_read(path, limit, out, err) : 0;
    if (ranks_agree(cli->ranks, status, err))
        return -1;
    ranks_broadcast(cli->ranks, out);
    return 0;
}

static int setting_parse(const char *text, struct arena *arena, struct setting *out,
                         struct error *err)
{
    const char *equals = strchr(text, '=');

    if (!equals || equals == text || !equals[1])
        return error_set(err, ERR_USAGE, "--set %s: write PATH=VALUE, such as flow.draft.wrong=3%%",
                         text);
    out->path = arena_strndup(arena, text, (size_t)(equals - text));
    out->value = equals + 1;
    return 0;
}

/* The metric nearest to `word`, a literal; NULL when none is near. */
static const char *cli_nearest_metric(const char *word)
{
    const char **names = mem_alloc(metric_defs_count * sizeof *names);
    for (size_t i = 0; i < metric_defs_count; i++)
        names[i] = metric_defs[i].name;
    const char *near = nearest_word(word, names, metric_defs_count);
    mem_free(names);
    return near;
}

int cli_metric(const char *option, const char *text, const char *name,
               const struct metric_def **out, struct error *err)
{
    *out = metric_def(name);
    if (*out)
        return 0;
    const char *near = cli_nearest_metric(name);
    return error_set(
        err, ERR_USAGE,
        "--%s \"%s\": there is no metric \"%.60s\"%s%s%s; `seam help metrics` lists them", option,
        text, name, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static int target_parse(const char *text, struct pipeline *p, struct target *out, struct error *err)
{
    size_t len = strcspn(text, " :");
    char *metric = arena_strndup(&p->arena, text, len);
    const char *rest = text + len + strspn(text + len, " :");

    const struct metric_def *def;

    if (cli_metric("target", text, metric, &def, err))
        return -1;
    int status = units_target(rest, &out->kind, &out->value, err);
    if (!status && (out->kind == TARGET_AT_MOST || out->kind == TARGET_AT_LEAST))
        status = metric_value(def, rest + strcspn(rest, "0123456789.+-$"), &out->value, err);
    if (status) {
        err->code = ERR_USAGE;
        return error_prefix(err, "--target \"%s\"", text);
    }
    out->metric = metric;
    out->text = arena_strdup(&p->arena, rest);
    return 0;
}

/* Two bounds on one metric that no value meets. */
static bool contradict(const struct target *a, const struct target *b)
{
    const struct target *low = a->kind == TARGET_AT_LEAST ? a : b, *high = low == a ? b : a;
    return low->kind == TARGET_AT_LEAST && high->kind == TARGET_AT_MOST && low->value > high->value;
}

/* The place of t among the targets from `first` on, which are of the same line; n when it stands
 * beside them.  Of two bounds on one side the stricter one is kept. */
static int place_on_line(struct target *all, uint32_t first, uint32_t n, struct target *t,
                         uint32_t *at, struct error *err)
{
    *at = n;
    for (uint32_t i = first; i < n; i++) {
        if (strcmp(all[i].metric, t->metric))
            continue;
        if (contradict(&all[i], t))
            return error_set(err, ERR_USAGE,
                             "--target: \"%s %s\" and \"%s %s\" contradict each other: no value "
                             "meets both",
                             t->metric, all[i].text, t->metric, t->text);
        bool bounds = t->kind == TARGET_AT_MOST || t->kind == TARGET_AT_LEAST;
        if (all[i].kind != t->kind)
            continue;
        *at = i;
        if (bounds &&
            (t->kind == TARGET_AT_MOST ? all[i].value < t->value : all[i].value > t->value))
            *t = all[i];
    }
    return 0;
}

int cli_targets(const struct cli *cli, struct pipeline *p, struct error *err)
{
    const struct option_value *given = &cli->options->value[OPTION_TARGET];
    struct target *all;
    uint32_t of_file = p->n_targets;

    if (!given->all.len)
        return 0;
    all = arena_alloc(&p->arena, (p->n_targets + given->all.len) * sizeof *all);
    if (p->n_targets)
        memcpy(all, p->target, p->n_targets * sizeof *all);
    p->target = all;
    for (size_t i = 0; i < given->all.len; i++) {
        struct target t = {0};
        uint32_t at = 0;
        if (target_parse(given->all.at[i], p, &t, err))
            return -1;
        while (at < of_file && strcmp(all[at].metric, t.metric))
            at++; /* over the file's own */
        if (at < of_file) {
            memmove(&all[at], &all[at + 1], (p->n_targets - at - 1) * sizeof *all);
            of_file--;
            p->n_targets--;
        }
        if (place_on_line(all, of_file, p->n_targets, &t, &at, err))
            return -1;
        all[at] = t;
        if (at == p->n_targets)
            p->n_targets++;
    }
    return 0;
}

/* All faults, each with its line, and how many there are as the error. */
static int tell_faults(const struct cli *cli, const char *path, const struct buf *text,
                       const struct faults *faults, enum error_code code, struct error *err)
{
    uint64_t n = faults->list.len + faults->dropped;
    struct buf shown;

    buf_init(&shown);
    scenario_put_faults(faults, path, buf_text(text), &shown);
    if (cli->ranks->rank == 0)
        fwrite(shown.data, 1, shown.len, stderr);
    buf_release(&shown);
    return error_set(err, code, "%s: %llu fault%s", path, (unsigned long long)n, n == 1 ? "" : "s");
}

static int scenario_from_text(const struct cli *cli, const char *path, const struct buf *text,
                              const struct scenario_options *options, struct pipeline *out,
                              struct error *err)
{
    struct faults faults;

    faults_init(&faults);
    int status = scenario_parse(path, buf_text(text), text->len, options, out, &faults, err);
    enum error_code code = status ? err->code : ERR_INPUT;
    if (!status && cli->options->command == COMMAND_CHECK)
        exec_check(out, &faults);
    if (faults.list.len)
        status = tell_faults(cli, path, text, &faults, code, err);
    faults_release(&faults);
    return status;
}

/* The line's --set, and those of `extra` behind. */
static int settings_of(const struct cli *cli, const struct setting *extra, size_t n_extra,
                       struct arena *arena, struct scenario_options *out, struct error *err)
{
    const struct option_value *sets = &cli->options->value[OPTION_SET];
    struct setting *set = arena_alloc(arena, (sets->all.len + n_extra + 1) * sizeof *set);
    size_t n = 0;

    for (; n < sets->all.len; n++)
        if (setting_parse(sets->all.at[n], arena, &set[n], err))
            return -1;
    for (size_t i = 0; i < n_extra; i++)
        set[n++] = extra[i];
    *out = (struct scenario_options){.set = set, .n_set = n};
    return 0;
}

int cli_scenario_faults(const struct cli *cli, const char *path, struct pipeline *out,
                        struct faults *faults, struct error *err)
{
    struct scenario_options options;
    struct arena arena;

    pipeline_init(out);
    arena_init(&arena);
    int status = settings_of(cli, NULL, 0, &arena, &options, err);
    if (!status)
        status = scenario_read(path, &options, out, faults, err);
    if (!status && cli->options->command == COMMAND_CHECK) {
        exec_check(out, faults);
        if (faults->list.len)
            status =
                error_set(err, ERR_INPUT, "%s:%u:%u: %s", path, (unsigned)faults->list.at[0].line,
                          (unsigned)faults->list.at[0].column, faults->list.at[0].text);
    }
    arena_release(&arena);
    return status;
}

int cli_scenario_quietly(const struct cli *cli, const char *name, const struct buf *text,
                         const struct setting *extra, size_t n_extra, struct pipeline *out,
                         struct error *err)
{
    struct scenario_options options;
    struct faults faults;
    struct arena arena;

    pipeline_init(out);
    arena_init(&arena);
    faults_init(&faults);
    int status = settings_of(cli, extra, n_extra, &arena, &options, err);
    if (!status)
        status = scenario_parse(name, buf_text(text), text->len, &options, out, &faults, err);
    faults_release(&faults);
    arena_release(&arena);
    return status;
}

int cli_scenario_text(const struct cli *cli, const char *name, const struct buf *text,
                      bool with_line, struct pipeline *out, struct error *err)
{
    struct scenario_options options = {0};
    struct arena arena;
    int status = 0;

    pipeline_init(out);
    arena_init(&arena);
    if (with_line)
        status = settings_of(cli, NULL, 0, &arena, &options, err);
    if (!status)
        status = scenario_from_text(cli, name, text, &options, out, err);
    if (!status && with_line)
        status = cli_targets(cli, out, err);
    arena_release(&arena);
    return status;
}

int cli_scenario_with(const struct cli *cli, const char *path, const struct setting *extra,
                      struct pipeline *out, struct error *err)
{
    struct scenario_options options;
    struct arena arena;
    struct buf text;
    int status = -1;

    pipeline_init(out);
    arena_init(&arena);
    buf_init(&text);
    if (settings_of(cli, extra, extra != NULL, &arena, &options, err))
        goto out;
    if (cli_read(cli, path, SCENARIO_READ_MAX, &text, err)) {
        if (err->code == ERR_LIMIT)
            error_set(err, ERR_INPUT,
                      "%s: this is no scenario, which is at most 1 MiB of text; `seam replay` and "
                      "`seam fit` read logs",
                      path);
        goto out;
    }
    if (strstr(buf_text(&text), "\"schema\": \"seam.")) {
        error_set(err, ERR_INPUT,
                  "%s: this is what seam answered, and here a scenario is needed; `seam report` "
                  "reads answers, and `seam report --compare A B` sets two side by side",
                  path);
        goto out;
    }
    status = scenario_from_text(cli, path, &text, &options, out, err);
    status = ranks_agree(cli->ranks, status ? status : cli_targets(cli, out, err), err);
out:
    buf_release(&text);
    arena_release(&arena);
    return status;
}

int cli_scenario(const struct cli *cli, const char *path, struct pipeline *out, struct error *err)
{
    return cli_scenario_with(cli, path, NULL, out, err);
}

bool cli_uncertainty(const struct cli *cli, const struct pipeline *p)
{
    return !option_given(cli->options, OPTION_NO_UNCERTAINTY);
}
