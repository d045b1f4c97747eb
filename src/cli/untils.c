/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/untils.h"

#include <string.h>

static int until_parse(const char *text, struct untils *u, struct error *err)
{
    const char *equals = strchr(text, '=');
    double width;

    if (u->n == UNTIL_MAX)
        return error_set(err, ERR_USAGE, "--until: at most %d metrics", UNTIL_MAX);
    if (!equals || equals == text || (size_t)(equals - text) >= sizeof u->name[0])
        return error_set(err, ERR_USAGE,
                         "--until %s: write METRIC=WIDTH, such as reliability=0.1%%", text);
    char *name = u->name[u->n];
    memcpy(name, text, (size_t)(equals - text));
    name[equals - text] = '\0';
    const struct metric_def *def;
    if (cli_metric("until", text, name, &def, err))
        return -1;
    if (metric_value(def, equals + 1, &width, err))
        return error_prefix(err, "--until %s", text);
    if (!(width > 0))
        return error_set(err, ERR_USAGE, "--until %s: the half-width must be above 0", text);
    u->list[u->n++] = (struct run_until){name, width};
    return 0;
}

int untils_read(const struct cli *cli, struct untils *out, struct error *err)
{
    const struct option_value *given = &cli->options->value[OPTION_UNTIL];

    out->n = 0;
    for (size_t i = 0; i < given->all.len; i++)
        if (until_parse(given->all.at[i], out, err))
            return -1;
    return 0;
}
