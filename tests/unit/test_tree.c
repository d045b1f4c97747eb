/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trees of many traces, built by several threads. */
#include "tests/support/support.h"
#include "trace/tree.h"

#include <stdio.h>
#include <string.h>

enum { TRACES = 6000, S = 1000000000 };

static void add(struct span_set *set, uint32_t trace, const char *name, uint64_t id,
                uint64_t parent, int64_t start_s, int64_t end_s)
{
    char text[32];
    struct span s;
    span_clear(&s);
    s.trace = span_text(set, text, (size_t)snprintf(text, sizeof text, "trace %u", trace));
    s.name = span_text(set, name, strlen(name));
    s.id = id;
    s.parent = parent;
    s.start_ns = (1000 + trace + start_s) * (int64_t)S;
    s.end_ns = (1000 + trace + end_s) * (int64_t)S;
    s.kind = SPAN_TOOL;
    s.line = set->len + 1;
    span_set_add(set, &s);
}

/* Each trace has a root and below it `a`, below which `b` hangs that begins when `a` has ended.
 * Every 3rd has `a` twice, every 5th a span of an unknown parent, every 7th two spans that are
 * parents of each other. */
static void fill(struct span_set *set)
{
    span_set_init(set);
    for (uint32_t k = 0; k < TRACES; k++) {
        add(set, k, "b", 3, 2, 3, 4);
        add(set, k, "a", 2, 1, 1, 2);
        if (k % 3 == 0)
            add(set, k, "a", 2, 1, 1, 2);
        add(set, k, "root", 1, 0, 0, 9);
        if (k % 5 == 0)
            add(set, k, "lost", 8, 77, 1, 2);
        if (k % 7 == 0) {
            add(set, k, "one", 5, 6, 1, 2);
            add(set, k, "other", 6, 5, 1, 2);
        }
    }
}

static void every_trace_is_a_tree_of_its_own(void **state)
{
    struct span_set set;
    struct quality q = {0};
    struct tree t;
    fill(&set);
    tree_build(&set, &q, NULL, 3, &t);
    assert_int_equal(t.n_traces, TRACES);
    assert_int_equal(q.count[QUALITY_DUPLICATE], TRACES / 3);
    assert_int_equal(q.count[QUALITY_ORPHAN], TRACES / 5);
    assert_int_equal(q.count[QUALITY_CYCLE], (TRACES + 6) / 7);
    assert_int_equal(q.place[QUALITY_DUPLICATE][0].line, 3);
    assert_int_equal(t.n, set.len - TRACES / 3);
    for (uint32_t trace = 0; trace < TRACES; trace++) {
        const uint32_t *at = t.order + t.first[trace];
        uint32_t n = t.first[trace + 1] - t.first[trace], root = at[0];
        assert_int_equal(n, 3 + (trace % 5 == 0) + 2 * (trace % 7 == 0));
        assert_int_equal(set.id[root], 1);
        assert_int_equal(t.up[root], SPAN_NONE);
        for (uint32_t k = 1; k < n; k++) {
            assert_true(set.start_ns[at[k - 1]] <= set.start_ns[at[k]]);
            if (set.id[at[k]] == 2 || set.id[at[k]] == 3) /* `b` is no part of `a` */
                assert_int_equal(t.up[at[k]], root);
        }
        assert_int_equal(set.id[t.child[root]], 2);
        assert_int_equal(set.id[t.sibling[t.child[root]]], 3);
    }
    tree_release(&t);
    span_set_release(&set);
}

static void any_count_of_threads_builds_the_same_trees(void **state)
{
    struct span_set one_set, set;
    struct quality one_q = {0};
    struct tree one, t;
    fill(&one_set);
    tree_build(&one_set, &one_q, NULL, 1, &one);
    for (uint32_t threads = 2; threads <= 8; threads += 3) {
        struct quality q = {0};
        fill(&set);
        tree_build(&set, &q, NULL, threads, &t);
        assert_memory_equal(&q, &one_q, sizeof q);
        assert_int_equal(t.n, one.n);
        assert_memory_equal(t.order, one.order, t.n * sizeof *t.order);
        assert_memory_equal(t.first, one.first, (TRACES + 1) * sizeof *t.first);
        assert_memory_equal(t.up, one.up, set.len * sizeof *t.up);
        assert_memory_equal(t.child, one.child, set.len * sizeof *t.child);
        assert_memory_equal(t.sibling, one.sibling, set.len * sizeof *t.sibling);
        assert_memory_equal(t.orphan, one.orphan, set.len * sizeof *t.orphan);
        assert_memory_equal(set.flags, one_set.flags, set.len * sizeof *set.flags);
        tree_release(&t);
        span_set_release(&set);
    }
    tree_release(&one);
    span_set_release(&one_set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_trace_is_a_tree_of_its_own),
        cmocka_unit_test(any_count_of_threads_builds_the_same_trees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
