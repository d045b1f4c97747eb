/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scenario's text is read once; every setting that only a reader can make reads it from
 * memory. */
#include "cli/size_vary.h"

#include "cli/progress_bar.h"

#include "cli/range.h"
#include "decide/size.h"

struct source {
    const struct cli *cli;
    const char *path;
    struct buf text;
};

static int read_with(void *arg, const struct setting *set, size_t n, struct pipeline *out,
                     struct error *err)
{
    const struct source *s = arg;
    return cli_scenario_quietly(s->cli, s->path, &s->text, set, n, out, err);
}

/* *ranges and *vary: the caller's to free. */
static int read_ranges(const struct cli *cli, struct range **ranges, struct size_vary **vary,
                       size_t *n, struct error *err)
{
    const struct option_value *given = &cli->options->value[OPTION_VARY];

    *n = given->all.len;
    *ranges = mem_zero(*n + 1, sizeof **ranges);
    *vary = mem_zero(*n + 1, sizeof **vary);
    for (size_t i = 0; i < *n; i++) {
        struct range *r = &(*ranges)[i];
        if (range_parse("vary", given->all.at[i], true, r, err))
            return -1;
        (*vary)[i] = (struct size_vary){.path = r->path,
                                        .from = r->from,
                                        .to = r->to,
                                        .n = r->n,
                                        .duration = r->duration,
                                        .whole = r->whole};
    }
    return 0;
}

int size_from_scenario(const struct cli *cli, const char *path, struct pipeline *p,
                       struct result *r, bool *met, struct error *err)
{
    const struct options *o = cli->options;
    struct source source = {.cli = cli, .path = path};
    struct range *ranges = NULL;
    struct size_vary *vary = NULL;
    size_t n;
    int status = -1;

    buf_init(&source.text);
    if (cli_read(cli, path, YAML_TEXT_MAX, &source.text, err) ||
        cli_scenario_text(cli, path, &source.text, true, p, err) ||
        read_ranges(cli, &ranges, &vary, &n, err))
        goto out;
    struct size_options options = {
        .level = option_number(o, OPTION_LEVEL, 0.95),
        .seed = option_count(o, OPTION_SEED, 1),
        .trials = option_count(o, OPTION_TRIALS, 0),
        .threads = (uint32_t)option_count(o, OPTION_THREADS, 0),
        .uncertainty = cli_uncertainty(cli, p),
        .vary = vary,
        .n_vary = n,
        .read = read_with,
        .read_arg = &source,
        .stop = cli->stop,
    };
    struct progress_bar bar;
    progress_open(&bar, cli);
    options.progress = progress_of(&bar);
    status = size_scenario(p, &options, r, met, err);
    progress_close(&bar);
out:
    buf_release(&source.text);
    mem_free(ranges);
    mem_free(vary);
    return status;
}
