/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whatever the definition of another framework holds, its import ends, and what it writes is a
 * scenario that `seam check` passes, in which each node and each edge that the start leads to comes
 * out, and names are inert; or it is refused with a sentence that begins with the file. */
#include "base/yaml_read.h"
#include "model/definition.h"
#include "model/scenario.h"
#include "tests/property/random_definition.h"
#include "tests/support/support.h"

#include <string.h>

enum { CASES = 500 };

struct maker {
    const char *framework;
    void (*put)(struct rng_seq *r, struct buf *names, struct buf *out);
};
static const struct maker makers[] = {
    {"langgraph", put_random_langgraph},
    {"langgraph", put_random_mermaid  },
    {"n8n",       put_random_n8n      },
    {"crewai",    put_random_crewai   },
    {"autogen",   put_random_autogen  },
};

static int read_as(const char *framework, const struct buf *text, struct definition *d,
                   struct error *err)
{
    for (size_t i = 0; i < definition_readers_count; i++)
        if (strcmp(definition_readers[i].framework, framework) == 0)
            return definition_readers[i].read("file", buf_text(text), text->len, d, err);
    fail_msg("no reader of %s", framework);
    return -1;
}

/* Is what stands in the scenario inert: no control characters, none that turn the writing? */
static void is_inert(const struct buf *yaml, const struct buf *text)
{
    static const char *const turns[] = {"\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac",
                                        "\xe2\x80\xad", "\xe2\x80\xae", "\xe2\x80\xa8",
                                        "\xe2\x80\xa9", "\xc2\x85",     "\xef\xbb\xbf"};
    for (size_t i = 0; i < yaml->len; i++)
        if ((unsigned char)yaml->data[i] < ' ' && yaml->data[i] != '\n')
            fail_msg("byte %d\n%s\n%s", yaml->data[i], buf_text(text), buf_text(yaml));
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++)
        if (strstr(buf_text(yaml), turns[i]))
            fail_msg("turns writing (%zu)\n%s\n%s", i, buf_text(text), buf_text(yaml));
}

static void nobody_is_lost(const struct definition *d, const struct pipeline *p,
                           const struct buf *yaml, const struct buf *text)
{
    struct def_order order;

    definition_order(d, &order);
    for (size_t i = 0; i < d->nodes.len; i++) {
        const struct def_node *n = &d->nodes.at[i];
        bool step = pipeline_step(p, n->id) >= 0;
        if (step != (order.rank[i] != UINT32_MAX && !n->fails))
            fail_msg("%s is %sa step\n%s\n%s", n->id, step ? "" : "not ", buf_text(text),
                     buf_text(yaml));
    }
    def_order_release(&order);
}

/* Does an exit of the step lead to `to`? */
static bool has_exit(const struct step *s, int32_t to)
{
    if (s->fallback.to == to || (s->kind != STEP_GATE && !s->ways_complete && s->next.to == to))
        return true;
    if (s->kind == STEP_GATE && (s->above.to == to || s->below.to == to))
        return true;
    if ((s->kind == STEP_CHECK || s->kind == STEP_REVIEW) && s->on_reject.to == to)
        return true;
    for (uint32_t w = 0; w < s->n_ways; w++)
        if (s->way[w].edge.to == to)
            return true;
    return false;
}

/* Where the edge must lead in the pipeline, from the step in *from, which changes where the
 * language says it of a parallel. */
static int32_t wanted(const struct definition *d, const struct def_order *o,
                      const struct pipeline *p, const struct def_edge *e, int32_t *from)
{
    const struct def_fork *in = o->fork_of[e->from] ? &o->forks.at[o->fork_of[e->from] - 1] : NULL;

    if (e->to < 0) {
        const char *end = definition_end(e->label);
        return strcmp(end, "fail") == 0     ? TO_FAIL
               : strcmp(end, "reject") == 0 ? TO_REJECT
               : in                         ? TO_JOIN
                                            : TO_SHIP;
    }
    if (d->nodes.at[e->to].fails)
        return TO_FAIL;
    if (in && e->to == in->join)
        return TO_JOIN;
    int32_t to = pipeline_step(p, d->nodes.at[e->to].id);
    if (in && e->error && e->to == in->after_error)
        *from = (int32_t)p->step[*from].parent - 1;
    else if (!in && p->step[to].parent)
        to = (int32_t)p->step[to].parent - 1;
    return to;
}

/* Each edge that an item may come by is a way of the pipeline. */
static void no_edge_is_lost(const struct definition *d, const struct pipeline *p,
                            const struct buf *yaml, const struct buf *text)
{
    struct def_order order;

    definition_order(d, &order);
    for (size_t i = 0; i < d->edges.len; i++) {
        const struct def_edge *e = &d->edges.at[i];
        if (e->from < 0 || order.rank[e->from] == UINT32_MAX)
            continue;
        int32_t from = pipeline_step(p, d->nodes.at[e->from].id);
        int32_t to = wanted(d, &order, p, e, &from);
        if (!has_exit(&p->step[from], to))
            fail_msg("%s: no exit %s to %d\n%s\n%s", p->step[from].id, e->label ? e->label : "", to,
                     buf_text(text), buf_text(yaml));
    }
    def_order_release(&order);
}

static void import_one(const char *framework, const struct buf *text, struct buf *yaml,
                       uint32_t *refused)
{
    struct definition d = {0};
    struct faults faults = {0};
    struct error err = {0};
    struct pipeline p;

    buf_clear(yaml);
    if (read_as(framework, text, &d, &err)) {
        if (err.code != ERR_INPUT && err.code != ERR_LIMIT)
            fail_msg("%s\n%s", err.text, buf_text(text));
        if (strncmp(err.text, "file", 4) != 0)
            fail_msg("no place: %s\n%s", err.text, buf_text(text));
        ++*refused;
        definition_release(&d);
        return;
    }
    definition_write(&d, NULL, yaml, NULL);
    if (scenario_parse("f.yaml", buf_text(yaml), yaml->len, NULL, &p, &faults, &err))
        fail_msg("%s: %s\n%s\n%s", framework, err.text, buf_text(text), buf_text(yaml));
    is_inert(yaml, text);
    nobody_is_lost(&d, &p, yaml, text);
    no_edge_is_lost(&d, &p, yaml, text);
    faults_release(&faults);
    pipeline_release(&p);
    definition_release(&d);
}

static void every_definition_becomes_a_scenario_that_passes(void **state)
{
    struct rng_seq r = {rng_key(20261123, 0, 0, 0, RNG_SPLIT), 0};
    struct buf names[RANDOM_NODES] = {{0}}, text = {0}, yaml = {0};

    for (size_t m = 0; m < sizeof makers / sizeof *makers; m++) {
        uint32_t refused = 0;
        for (int i = 0; i < CASES; i++) {
            buf_clear(&text);
            makers[m].put(&r, names, &text);
            import_one(makers[m].framework, &text, &yaml, &refused);
        }
        if (refused > CASES / 4)
            fail_msg("%s: %u of %d refused", makers[m].framework, refused, CASES);
    }
    for (int i = 0; i < RANDOM_NODES; i++)
        buf_release(&names[i]);
    buf_release(&text);
    buf_release(&yaml);
}

/* Bytes changed, left out and doubled at random: values of other types, names that are gone. */
static void mangle(struct rng_seq *r, const struct buf *text, struct buf *out)
{
    static const char *const pieces[] = {"null", "1e99", "-1", "\"\"", "[]", "{}", "true", ","};
    size_t at = below(r, (uint32_t)text->len), n = 1 + below(r, 30);

    buf_clear(out);
    n = n < text->len - at ? n : text->len - at;
    buf_add(out, text->data, at);
    if (one_in(r, 2))
        buf_puts(out, pieces[below(r, 8)]);
    else if (one_in(r, 2))
        buf_add(out, text->data + below(r, (uint32_t)(text->len - n + 1)), n);
    buf_add(out, text->data + at + n, text->len - at - n);
}

static void a_damaged_definition_is_refused_or_passes(void **state)
{
    struct rng_seq r = {rng_key(20261124, 0, 0, 0, RNG_SPLIT), 0};
    struct buf names[RANDOM_NODES] = {{0}}, text = {0}, damaged = {0}, yaml = {0};
    uint32_t refused = 0;

    for (int i = 0; i < 4 * CASES; i++) {
        const struct maker *m = &makers[i % 5];
        buf_clear(&text);
        m->put(&r, names, &text);
        mangle(&r, &text, &damaged);
        import_one(m->framework, &damaged, &yaml, &refused);
    }
    assert_true(refused > CASES / 2 && refused < 3 * CASES);
    for (int i = 0; i < RANDOM_NODES; i++)
        buf_release(&names[i]);
    buf_release(&text);
    buf_release(&damaged);
    buf_release(&yaml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_definition_becomes_a_scenario_that_passes),
        cmocka_unit_test(a_damaged_definition_is_refused_or_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
