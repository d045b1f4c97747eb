/* SPDX-License-Identifier: GPL-3.0-or-later */
/* seam check: validates scenarios, prints the schema, draws the flow as text. */
#include "cli/cli.h"

#include "model/scenario.h"

static const char *target_name(const struct pipeline *p, int32_t to)
{
    switch (to) {
    case TO_SHIP:
        return "ship";
    case TO_REJECT:
        return "reject";
    case TO_FAIL:
        return "fail";
    case TO_JOIN:
        return "join";
    case TO_SKIP:
        return "skip";
    default:
        return p->step[to].id;
    }
}

static void put_edge(struct buf *out, const struct pipeline *p, const char *when,
                     const struct edge *e)
{
    buf_printf(out, "      %-10s -> %s", when, target_name(p, e->to));
    if (e->at_most == AT_MOST_UNBOUNDED)
        buf_puts(out, " (unbounded)");
    else if (e->at_most != AT_MOST_NONE)
        buf_printf(out, " (at most %u time%s, then %s)", e->at_most, e->at_most == 1 ? "" : "s",
                   e->then ? target_name(p, e->then->to) : "reject");
    buf_putc(out, '\n');
}

static void put_gate(struct buf *out, const struct pipeline *p, const struct step *s)
{
    put_edge(out, p, "above", &s->above);
    if (s->audit.present)
        put_edge(out, p, "audit", &s->audit.to);
    if (s->bands)
        put_edge(out, p, "between", &s->between);
    put_edge(out, p, "below", &s->below);
}

static void put_next(struct buf *out, const struct pipeline *p, const struct step *s)
{
    const struct parallel *par = s->parallel;

    for (uint32_t b = 0; par && b < par->n_branches; b++)
        buf_printf(out, "      %-10s -> %s%s\n", "branch", p->step[par->first[b]].id,
                   par->copies > 1 ? " (copies)" : "");
    for (uint32_t i = 0; i < s->n_ways; i++)
        put_edge(out, p, s->way[i].when ? s->way[i].when->text : "share", &s->way[i].edge);
    if (!s->ways_complete)
        put_edge(out, p, "then", &s->next);
}

static void put_graph(struct buf *out, const struct pipeline *p)
{
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const struct step *s = &p->step[i];
        buf_printf(out, "%3u  %s%s %s (%s)\n", i + 1, s->parent ? "| " : "",
                   step_kind_name(s->kind), s->id, layer_name(s->layer));
        if (s->kind == STEP_GATE)
            put_gate(out, p, s);
        else
            put_next(out, p, s);
        if (s->kind == STEP_CHECK || s->kind == STEP_REVIEW)
            put_edge(out, p, "rejected", &s->on_reject);
        if (s->fallback.to != TO_FAIL)
            put_edge(out, p, "failed", &s->fallback);
    }
}

static int print_schema(struct error *err)
{
    struct buf out;

    buf_init(&out);
    scenario_put_json_schema(&out);
    int status = cli_print(buf_text(&out), out.len, err);
    buf_release(&out);
    return status;
}

int cmd_check(const struct cli *cli, struct error *err)
{
    const struct options *o = cli->options;
    int worst = 0;

    if (option_given(o, OPTION_SCHEMA))
        return print_schema(err);
    if (!o->args.len)
        return error_set(err, ERR_USAGE, "`seam check` needs FILE...; for example: %s",
                         command_defs[COMMAND_CHECK].examples[0]);
    for (size_t i = 0; i < o->args.len; i++) {
        struct error fault = {0};
        struct pipeline p;
        struct buf out;
        if (cli_scenario(cli, o->args.at[i], &p, &fault)) {
            cli_say(fault.text);
            int status = error_exit_status(fault.code);
            worst = status > worst ? status : worst;
            pipeline_release(&p);
            continue;
        }
        buf_init(&out);
        if (!option_given(o, OPTION_QUIET))
            buf_printf(&out, "%s: ok, %u step%s\n", o->args.at[i], p.n_steps,
                       p.n_steps == 1 ? "" : "s");
        if (option_given(o, OPTION_GRAPH))
            put_graph(&out, &p);
        int status = cli_print(buf_text(&out), out.len, err);
        buf_release(&out);
        pipeline_release(&p);
        if (status)
            return -1;
    }
    return worst;
}
