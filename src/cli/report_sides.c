/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shortest names that tell the two apart. */
#include "cli/report_sides.h"

#include <string.h>

static const char *scenario_of(const struct result *const *results, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (results[i]->scenario_name && *results[i]->scenario_name &&
            strcmp(results[i]->command, "fit"))
            return results[i]->scenario_name;
    return "";
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

void side_names_of(const struct result *const *results, size_t n, size_t before,
                   const char *const *paths, struct side_names *out)
{
    const struct side_names tries[] = {
        {{scenario_of(results, before), scenario_of(results + before, n - before)}},
        {{base_of(paths[0]), base_of(paths[1])}},
        {{paths[0], paths[1]}},
    };
    *out = (struct side_names){
        {"first", "second"}
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
        if (*tries[i].name[0] && *tries[i].name[1] && strcmp(tries[i].name[0], tries[i].name[1])) {
            *out = tries[i];
            return;
        }
}
