/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/folded.h"

#include "base/units.h"

#include <string.h>

enum { NAMED_MOST = 8 };

void folded_init(struct folded *f)
{
    memset(f, 0, sizeof *f);
    intern_init(&f->names);
}

void folded_release(struct folded *f)
{
    intern_release(&f->names);
    vec_release(&f->list);
}

void folded_note(struct folded *f, const char *name, size_t len, struct folded_node node)
{
    uint32_t at = intern_put(&f->names, name, len);
    if (at == f->list.len) {
        vec_push(&f->list, node);
        return;
    }
    struct folded_node *known = &f->list.at[at];
    if (known->tries != node.tries || known->wait_s != node.wait_s)
        known->tries = 0;
}

const struct folded_node *folded_find(const struct folded *f, const char *name)
{
    uint32_t at = f->list.len ? intern_find(&f->names, name, strlen(name)) : UINT32_MAX;
    return at == UINT32_MAX ? NULL : &f->list.at[at];
}

void folded_report(const struct folded *f, struct result *out)
{
    struct buf text = {0};
    size_t n = f->list.len;
    for (size_t i = 0; i < n && i < NAMED_MOST; i++) {
        const struct folded_node *node = &f->list.at[i];
        buf_printf(&text, "%s`%.60s` (", i ? ", " : "", f->names.of[i].at);
        if (node->tries) {
            buf_printf(&text, "up to %u tries, ", node->tries);
            units_put_duration(&text, node->wait_s);
            buf_puts(&text, " between)");
        } else {
            buf_puts(&text, "definitions differ)");
        }
    }
    if (n > NAMED_MOST)
        buf_printf(&text, " and %zu more", n - NAMED_MOST);
    if (n)
        result_assume(out,
                      "the log folds all tries of a run into one, and their time with the waits: "
                      "rates and times that it shows are of runs; %s",
                      buf_text(&text));
    if (f->untold && !f->alone)
        result_warn(out,
                    "n8n folds the tries of a node into one run, and only the workflow tells which "
                    "nodes are tried again: %llu executions come without it (workflowData), so a "
                    "run counts as one attempt; an export of the workflow beside the log tells",
                    (unsigned long long)f->untold);
    buf_release(&text);
}
