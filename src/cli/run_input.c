/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The items of a run: those of --input, else the built-in world's briefs where a step works on
 * them, else empty ones. */
#include "cli/run.h"

#include "exec/input.h"
#include "exec/world.h"

static const size_t INPUT_MAX = (size_t)1 << 30;

static int close_lines(void *arg, bool complete, struct result *r, struct error *err)
{
    (void)complete;
    (void)r;
    (void)err;
    input_lines_free(arg);
    return 0;
}

static int read_lines(struct run_parts *parts, const char *path, struct error *err)
{
    struct input_lines *lines;
    struct buf text = {0};
    int status = cli_read(parts->cli, path, INPUT_MAX, &text, err);

    if (!status)
        status = input_lines_read(path, buf_text(&text), text.len, parts->pipeline, &lines, err);
    buf_release(&text);
    if (status)
        return -1;
    run_close_later(parts, (struct run_part){lines, close_lines});
    parts->options.input = input_lines_of(lines);
    return 0;
}

int run_input_again(const struct run_parts *first, const struct pipeline *p, uint64_t seed,
                    const struct run_input **out, struct error *err)
{
    *out = first->options.input;
    if (option_given(first->cli->options, OPTION_INPUT))
        return 0;
    return world_briefs(first->options.setting.world, p, seed, first->options.items, out, err);
}

int run_open_input(struct run_parts *parts, struct error *err)
{
    const char *path = option_text(parts->cli->options, OPTION_INPUT, NULL);

    if (path)
        return read_lines(parts, path, err);
    return world_briefs(parts->options.setting.world, parts->pipeline, parts->options.seed,
                        parts->options.items, &parts->options.input, err);
}
