/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/import_definition.h"

#include "base/file.h"
#include "cli/logs.h"
#include "model/definition.h"
#include "trace/estimate.h"

#include <string.h>

static const struct definition_reader *reader_of(const char *framework)
{
    for (size_t i = 0; i < definition_readers_count; i++)
        if (strcmp(definition_readers[i].framework, framework) == 0)
            return &definition_readers[i];
    return NULL;
}

bool import_knows(const char *framework)
{
    return reader_of(framework) != NULL;
}

/* The mark that some editors put before a text; in its place a space would indent the first line.
 */
static void drop_mark(struct buf *text, size_t begins)
{
    enum { MARK = 3 };
    if (text->len < begins + MARK || memcmp(text->data + begins, "\xef\xbb\xbf", MARK))
        return;
    text->len -= MARK;
    memmove(text->data + begins, text->data + begins + MARK, text->len - begins + 1);
}

/* A crew's folder, as its tools make one: agents.yaml and tasks.yaml, maybe below config. */
static bool read_crew(const char *folder, struct buf *text)
{
    static const char *const names[] = {"agents.yaml", "agents.yml", "tasks.yaml", "tasks.yml"};
    static const char *const places[] = {"", "config/"};
    struct buf path = {0};
    bool tasks = false;

    for (size_t p = 0; p < 2 && !tasks; p++)
        for (size_t i = 0; i < 4; i++) {
            struct error none = {0};
            buf_clear(&path);
            buf_printf(&path, "%s/%s%s", folder, places[p], names[i]);
            size_t before = text->len;
            if (file_read(buf_text(&path), DEFINITION_TEXT_MAX, text, &none)) {
                text->len = before;
                continue;
            }
            drop_mark(text, before);
            buf_putc(text, '\n');
            tasks = tasks || i >= 2;
        }
    buf_release(&path);
    return tasks;
}

/* The files one after the other (tasks.yaml and agents.yaml are two), and the name of the first. */
static int read_files(const struct cli *cli, struct buf *text, const char **name, struct error *err)
{
    const struct options *o = cli->options;
    bool crew = strcmp(o->args.at[0], "crewai") == 0;

    for (size_t i = 1; i < o->args.len; i++) {
        size_t begins = text->len;
        if (file_read(o->args.at[i], DEFINITION_TEXT_MAX, text, err) &&
            !(crew && read_crew(o->args.at[i], text)))
            return -1;
        drop_mark(text, begins);
        if (text->len && text->data[text->len - 1] != '\n')
            buf_putc(text, '\n');
    }
    const char *slash = strrchr(o->args.at[1], '/');
    *name = slash ? slash + 1 : o->args.at[1];
    if (strcmp(*name, "-") == 0)
        *name = "standard input";
    return 0;
}

/* The pipeline that the logs of --parameters show. */
static int fit_parameters(const struct cli *cli, struct pipeline *out, struct error *err)
{
    const struct option_value *logs = &cli->options->value[OPTION_PARAMETERS];
    struct fit_options options = {.seed = option_count(cli->options, OPTION_SEED, 1)};
    const char **notes = NULL;
    struct trace_log log;
    struct result info;

    result_init(&info, "import");
    int status = cli_log(cli, logs->all.at, logs->all.len, &log, err);
    if (!status)
        status = log_fit(&log, &options, out, &notes, &info, err);
    result_release(&info);
    log_release(&log);
    return status;
}

/* What became of the definition: its steps, and how names of the log and its own went together. */
struct outcome {
    size_t steps;
    uint32_t taken;
    bool with_log;
    struct buf assumed, unused, near;
};

static size_t steps_of(const struct definition *d)
{
    size_t n = 0;

    for (size_t i = 0; i < d->nodes.len; i++)
        n += !d->nodes.at[i].fails;
    return n;
}

/* Calls `say` for each sentence about the log. */
static void say_matches(const struct outcome *out, void (*say)(void *arg, const char *sentence),
                        void *arg)
{
    struct buf text = {0};

    buf_printf(&text, "%u step%s numbers from the log; what is left is marked `assumed`",
               out->taken, out->taken == 1 ? " has its" : "s have their");
    say(arg, buf_text(&text));
    const struct {
        const char *what;
        const struct buf *names;
    } lists[] = {
        {"taken for the same by a part of their names", &out->near   },
        {"not in the log",                              &out->assumed},
        {"in the log, and no step of the definition",   &out->unused }
    };
    for (size_t i = 0; i < 3; i++)
        if (lists[i].names->len) {
            buf_clear(&text);
            buf_printf(&text, "%s: %s", lists[i].what, lists[i].names->data);
            say(arg, buf_text(&text));
        }
    if (out->taken == 0)
        say(arg, "no step of the log has the name of one of the definition: see `seam replay` and "
                 "--stage-by");
    buf_release(&text);
}

static void say_aloud(void *cli, const char *sentence)
{
    cli_note(cli, "%s", sentence);
}

static void say_in_result(void *result, const char *sentence)
{
    result_assume(result, "%s", sentence);
}

/* What the scenario holds: its steps, and what they have from a log. */
static int tell(const struct cli *cli, const struct definition *d, const char *path,
                const struct outcome *out, struct error *err)
{
    struct result r;

    result_init(&r, "import");
    r.scenario_name = *d->name ? d->name : d->file;
    for (size_t i = 0; i < d->notes.len; i++)
        result_assume(&r, "%s", d->notes.at[i]);
    result_assume(&r, "%zu step%s of %s%s", out->steps, out->steps == 1 ? "" : "s", d->framework,
                  out->with_log ? "" : "; numbers that it does not hold are marked `assumed`");
    if (out->with_log)
        say_matches(out, say_in_result, &r);
    int status = cli_tell(cli, &r, NULL, path, err);
    result_release(&r);
    return status;
}

static int write_scenario(const struct cli *cli, const struct definition *d,
                          const struct pipeline *fitted, struct error *err)
{
    const char *path = option_text(cli->options, OPTION_OUT, "-");
    struct outcome out = {.steps = steps_of(d), .with_log = fitted != NULL};
    struct buf text = {0};

    definition_write(d, fitted, &text, &out.taken);
    if (fitted)
        definition_matches(d, fitted, &out.assumed, &out.unused, &out.near);
    int status = file_write(path, buf_text(&text), text.len, err);
    if (!status && fitted)
        say_matches(&out, say_aloud, (void *)cli);
    if (!status && strcmp(path, "-"))
        cli_note(cli, "%s: %zu step%s of %s", path, out.steps, out.steps == 1 ? "" : "s",
                 d->framework);
    if (!status)
        status = tell(cli, d, path, &out, err);
    buf_release(&out.assumed);
    buf_release(&out.unused);
    buf_release(&out.near);
    buf_release(&text);
    return status;
}

/* After a refusal: which of the other readers takes the text. */
static void hint_at_reader(const struct definition_reader *tried, const char *name,
                           const struct buf *text, struct error *err)
{
    for (size_t i = 0; i < definition_readers_count; i++) {
        const struct definition_reader *other = &definition_readers[i];
        struct definition d = {0};
        struct error none = {0}, first = *err;
        bool takes = other != tried && other->read(name, buf_text(text), text->len, &d, &none) == 0;
        definition_release(&d);
        if (takes) {
            error_set(err, first.code, "%s; it reads as a definition for `seam import %s`",
                      first.text, other->framework);
            return;
        }
    }
}

int import_definition(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    const struct definition_reader *reader = reader_of(o->args.at[0]);
    bool with_log = option_given(o, OPTION_PARAMETERS);
    struct definition d = {0};
    struct pipeline fitted;
    struct buf text = {0};
    const char *name;
    int status = -1;

    if (o->args.len < 2)
        return error_set(err, ERR_USAGE, "`seam import %s` needs a FILE", o->args.at[0]);
    if (cli_needs_file(cli, err))
        return -1;
    pipeline_init(&fitted);
    if (read_files(cli, &text, &name, err))
        goto out;
    if (reader->read(name, buf_text(&text), text.len, &d, err)) {
        hint_at_reader(reader, name, &text, err);
        goto out;
    }
    if (with_log && fit_parameters(cli, &fitted, err))
        goto out;
    status = write_scenario(cli, &d, with_log ? &fitted : NULL, err);
out:
    definition_release(&d);
    pipeline_release(&fitted);
    buf_release(&text);
    return status;
}
