/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/flow.h"

#include "tests/support/support.h"

static const char NAME[] = "tests/data/case.yaml";

void flow_read(const char *flow, struct pipeline *p)
{
    flow_read_with(flow, NULL, p);
}

void flow_read_with(const char *flow, const struct setting *set, struct pipeline *p)
{
    const struct scenario_options options = {.set = set, .n_set = set ? 1 : 0};
    struct error err = {0};
    struct faults faults;
    struct buf text;
    buf_init(&text);
    faults_init(&faults);
    buf_printf(&text, "seam: 1\n%s", flow);
    int status = scenario_parse(NAME, buf_text(&text), text.len, &options, p, &faults, &err);
    for (size_t i = 0; status && i < faults.list.len; i++)
        print_error("%u: %s\n", faults.list.at[i].line, faults.list.at[i].text);
    ok(status, &err);
    faults_release(&faults);
    buf_release(&text);
}
