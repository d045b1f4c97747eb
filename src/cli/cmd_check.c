/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam check: validates scenarios, prints the schema, draws the flow, lists what can be changed. */
#include "cli/cli.h"

#include "base/json_write.h"
#include "base/units.h"
#include "model/scenario.h"
#include "report/csv.h"
#include "report/document.h"
#include "report/graph.h"
#include "sim/parameters.h"

#include <math.h>
#include <string.h>

/* What one file came to. */
struct checked {
    const char *file;
    int status; /* 0, or the exit status of the error */
    struct error err;
    struct pipeline pipeline;
    struct faults faults;
};

static int print_schema(struct error *err)
{
    struct buf out;

    buf_init(&out);
    scenario_put_json_schema(&out);
    int status = cli_print(buf_text(&out), out.len, err);
    buf_release(&out);
    return status;
}

/* ---- numbers that can be changed ------------------------------------------------------------ */

/* A path, and the parameter there where its value is one plain number. */
typedef void (*path_fn)(void *arg, const struct checked *c, const char *path,
                        const struct parameter *at);

static void each_path(const struct checked *c, path_fn tell, void *arg)
{
    struct arena arena;
    const char **paths;
    struct parameter *all;
    size_t n, n_all;

    arena_init(&arena);
    scenario_paths(&c->pipeline, &arena, &paths, &n);
    parameters_list(&c->pipeline, &arena, &all, &n_all);
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < n_all && (strcmp(all[k].path, paths[i]) || !isfinite(all[k].value)))
            k++;
        tell(arg, c, paths[i], k < n_all ? &all[k] : NULL);
    }
    arena_release(&arena);
}

/* As one writes it: "flow.draft.wrong  3%". */
static void put_path(void *out, const struct checked *c, const char *path,
                     const struct parameter *at)
{
    const char *currency = c->pipeline.currency ? c->pipeline.currency : "$";
    bool of_step = at && at->where == IN_STEP;

    buf_printf(out, "%s%s", path, at ? "  " : "");
    if (at && at->probability)
        units_put_probability(out, at->value);
    else if (at && (at->takes_time || (of_step && at->field == NUMBERS_BUDGET)))
        units_put_duration(out, at->value);
    else if (of_step && at->field == NUMBERS_COST)
        buf_printf(out, "%s%.6g", currency, at->value);
    else if (at)
        units_put_exact(out, at->value);
    buf_putc(out, '\n');
}

/* Inside units, as all results have them. */
static void put_path_json(void *w, const struct checked *c, const char *path,
                          const struct parameter *at)
{
    (void)c;
    json_open(w, '{');
    json_key(w, "path");
    json_string(w, path);
    if (at) {
        json_key(w, "value");
        json_number(w, at->value);
    }
    json_close(w, '}');
}

static void put_path_csv(void *out, const struct checked *c, const char *path,
                         const struct parameter *at)
{
    csv_put_text(out, c->file);
    buf_putc(out, ',');
    csv_put_text(out, path);
    buf_putc(out, ',');
    if (at)
        units_put_exact(out, at->value);
    buf_putc(out, '\n');
}

/* ---- the answer ----------------------------------------------------------------------------- */

static void put_text(const struct cli *cli, const struct checked *c, struct buf *out)
{
    const struct options *o = cli->options;
    bool drawn = option_given(o, OPTION_DOT) || option_given(o, OPTION_MERMAID);

    if (!drawn && !option_given(o, OPTION_QUIET)) {
        text_clean(out, c->file);
        buf_printf(out, ": ok, %u step%s\n", c->pipeline.n_steps,
                   c->pipeline.n_steps == 1 ? "" : "s");
    }
    if (option_given(o, OPTION_DOT))
        graph_put_dot(&c->pipeline, out);
    else if (option_given(o, OPTION_MERMAID))
        graph_put_mermaid(&c->pipeline, out);
    else if (option_given(o, OPTION_GRAPH))
        graph_put_text(&c->pipeline, cli->width, out);
    if (option_given(o, OPTION_PATHS))
        each_path(c, put_path, out);
}

static void put_json(const struct checked *c, bool paths, struct json_write *w)
{
    json_open(w, '{');
    json_key(w, "file");
    json_string(w, c->file);
    json_key(w, "ok");
    json_bool(w, c->status == 0);
    if (c->status == 0) {
        json_key(w, "name");
        json_string(w, c->pipeline.name ? c->pipeline.name : "");
        json_key(w, "steps");
        json_uint(w, c->pipeline.n_steps);
        json_key(w, "sha256");
        json_string(w, c->pipeline.sha256);
        if (paths) {
            json_key(w, "paths");
            json_open(w, '[');
            each_path(c, put_path_json, w);
            json_close(w, ']');
        }
    } else {
        json_key(w, "error");
        json_string(w, c->err.text);
    }
    json_key(w, "faults");
    json_open(w, '[');
    for (size_t i = 0; i < c->faults.list.len; i++) {
        const struct fault *f = &c->faults.list.at[i];
        json_open(w, '{');
        json_key(w, "line");
        json_uint(w, f->line);
        json_key(w, "column");
        json_uint(w, f->column);
        if (f->origin) {
            json_key(w, "origin");
            json_string(w, f->origin);
        }
        json_key(w, "text");
        json_string(w, f->text);
        json_close(w, '}');
    }
    json_close(w, ']');
    json_close(w, '}');
}

static void put_csv_row(struct buf *out, const struct checked *c, const struct fault *f)
{
    csv_put_text(out, c->file);
    buf_puts(out, c->status == 0 ? ",true," : ",false,");
    if (f && f->line)
        buf_printf(out, "%u,%u", (unsigned)f->line, (unsigned)f->column);
    else
        buf_putc(out, ',');
    buf_putc(out, ',');
    csv_put_text(out, f ? f->text : c->status ? c->err.text : "");
    buf_putc(out, '\n');
}

static void put_csv(const struct checked *c, struct buf *out)
{
    for (size_t i = 0; i < c->faults.list.len; i++)
        put_csv_row(out, c, &c->faults.list.at[i]);
    if (!c->faults.list.len)
        put_csv_row(out, c, NULL);
}

/* ---- one file ------------------------------------------------------------------------------- */

static void check(const struct cli *cli, const char *file, bool aloud, struct checked *c)
{
    *c = (struct checked){.file = file};
    faults_init(&c->faults);
    if (aloud) {
        if (cli_scenario(cli, file, &c->pipeline, &c->err)) {
            c->status = error_exit_status(c->err.code);
            cli_say(c->err.text);
        }
    } else if (cli_scenario_faults(cli, file, &c->pipeline, &c->faults, &c->err)) {
        c->status = error_exit_status(c->err.code);
    }
}

static int check_options(const struct options *o, struct error *err)
{
    bool json = option_given(o, OPTION_JSON), csv = option_given(o, OPTION_CSV);

    if (option_given(o, OPTION_SCHEMA))
        return error_set(err, ERR_USAGE, "--schema prints JSON: leave out --csv");
    if (!o->args.len)
        return error_set(err, ERR_USAGE, "`seam check` needs FILE...; for example: %s",
                         command_defs[COMMAND_CHECK].examples[0]);
    if (option_given(o, OPTION_DOT) && option_given(o, OPTION_MERMAID))
        return error_set(err, ERR_USAGE, "--dot and --mermaid are two languages: ask for one");
    for (int i = OPTION_GRAPH; i < OPTION_PATHS; i++)
        if ((json || csv) && option_given(o, (enum option)i))
            return error_set(err, ERR_USAGE, "--%s prints text: leave out --%s",
                             option_defs[i].name, json ? "json" : "csv");
    return 0;
}

int cmd_check(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    bool json = option_given(o, OPTION_JSON), csv = option_given(o, OPTION_CSV),
         paths = option_given(o, OPTION_PATHS);
    struct json_write w;
    struct buf out;
    int worst = 0, status = 0;

    if (option_given(o, OPTION_SCHEMA) && !csv)
        return print_schema(err);
    if (check_options(o, err))
        return -1;
    buf_init(&out);
    if (json) {
        json_init(&w, &out, 2);
        json_open(&w, '{');
        json_key(&w, "schema");
        json_string(&w, "seam.check/1");
        json_key(&w, "files");
        json_open(&w, '[');
    }
    if (csv)
        buf_puts(&out, paths ? "file,path,value\n" : "file,ok,line,column,fault\n");
    for (size_t i = 0; i < o->args.len && !status; i++) {
        struct checked c;
        check(cli, o->args.at[i], !json && !(csv && !paths), &c);
        worst = c.status > worst ? c.status : worst;
        if (json)
            put_json(&c, paths, &w);
        else if (csv && !paths)
            put_csv(&c, &out);
        else if (csv && !c.status)
            each_path(&c, put_path_csv, &out);
        else if (!c.status) {
            put_text(cli, &c, &out);
            status = cli_print(buf_text(&out), out.len, err);
            buf_clear(&out);
        }
        pipeline_release(&c.pipeline);
        faults_release(&c.faults);
    }
    if (json) {
        json_close(&w, ']');
        json_close(&w, '}');
        buf_putc(&out, '\n');
    }
    if (!status)
        status = cli_print(buf_text(&out), out.len, err);
    buf_release(&out);
    return status ? -1 : worst;
}
