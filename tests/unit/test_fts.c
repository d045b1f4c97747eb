/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "store/fts.h"

#include <pthread.h>
#include <string.h>

static struct fts *four(void)
{
    static const char *const text[] = {"the lamp burns green",
                                       "the coat is green and the lamp is out",
                                       "a bell a bell a bell", "nothing here"};
    struct fts *f = NULL;
    struct error err = {0};

    ok(fts_open(&f, &err), &err);
    for (uint32_t i = 0; i < 4; i++)
        ok(fts_add(f, i + 10, text[i], strlen(text[i]), &err), &err);
    return f;
}

static size_t search(struct fts *f, const char *query, size_t len, struct fts_hit *hits)
{
    struct error err = {0};
    size_t n = 99;

    ok(fts_search(f, &(struct fts_query){.words = query, .words_len = len}, 4, hits, &n, &err),
       &err);
    return n;
}

/* By the formula: sum of idf f 2.2 / (f + 1.2 (0.25 + 0.75 length / 5.25)), idf = ln((4 - n + 0.5)
 * / (n + 0.5)), at least 1e-6. */
static void scores_are_those_of_bm25(void **state)
{
    struct fts *f = four();
    struct fts_hit hits[4];

    assert_int_equal(search(f, "out Burns", 9, hits), 2);
    assert_int_equal(hits[0].document, 10);
    assert_int_equal(hits[1].document, 11);
    near(hits[0].score, 0.938732881292, 1e-9);
    near(hits[1].score, 0.655697841707, 1e-9);
    assert_int_equal(search(f, "bells", 5, hits), 1); /* stems */
    near(hits[0].score, 1.2919195099, 1e-9);
    assert_int_equal(search(f, "whale", 5, hits), 0);
    assert_int_equal(search(f, "green", 5, hits), 2); /* ties in idf: the shorter first */
    assert_int_equal(hits[0].document, 10);
    fts_close(f);
}

static void a_query_is_words_and_never_syntax(void **state)
{
    static const struct {
        const char *query;
        size_t len, hits;
    } row[] = {
        {"",                                 0,  0},
        {"\"",                               1,  0},
        {"bell\"",                           5,  1},
        {"bell\" OR text:*",                 15, 1},
        {"NEAR(bell, 0) AND NOT bell",       26, 2},
        {"text : bell",                      11, 1},
        {"{text} : ^bell*",                  15, 1},
        {"' ; DROP TABLE document; -- bell", 32, 1},
        {"bell\0lamp",                       9,  3},
        {"\x01\x02\x7f",                     3,  0},
        {"\xff\xfe bell",                    7,  1},
        {"\xc3\x28 bell",                    7,  1},
        {"bell BELL Bell",                   14, 1},
        {"((((((",                           6,  0},
        {"+-*/^:{}[]",                       10, 0},
        {"\xf0\x9f\x94\x94",                 4,  0},
    };
    struct fts *f = four();
    struct fts_hit hits[4];

    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        if (search(f, row[i].query, row[i].len, hits) != row[i].hits)
            fail_msg("row %zu", i);
    fts_close(f);
}

static void a_phrase_is_found_as_a_whole(void **state)
{
    struct fts *f = four();
    struct fts_hit hits[4];
    struct error err = {0};
    size_t n = 0;

    static const char *const row[] = {"GREEN: and\"", "and green", "\"\" * "};

    ok(fts_search(f, &(struct fts_query){.phrase = row, .n_phrases = 1}, 4, hits, &n, &err), &err);
    assert_int_equal(n, 1);
    assert_int_equal(hits[0].document, 11);
    ok(fts_search(f, &(struct fts_query){"bell", 4, row + 1, 1}, 4, hits, &n, &err), &err);
    assert_int_equal(n, 1);
    assert_int_equal(hits[0].document, 12);
    ok(fts_search(f, &(struct fts_query){"bell", 4, row, 3}, 4, hits, &n, &err), &err);
    assert_int_equal(n, 2);
    ok(fts_search(f, &(struct fts_query){"", 0, row + 2, 1}, 4, hits, &n, &err), &err);
    assert_int_equal(n, 0);
    fts_close(f);
}

static void a_query_of_a_thousand_words_is_cut(void **state)
{
    struct fts *f = four();
    struct fts_hit hits[4];
    struct buf q = {0};

    for (int i = 0; i < 1000; i++)
        buf_printf(&q, "word%d ", i);
    buf_puts(&q, "bell");
    assert_int_equal(search(f, buf_text(&q), q.len, hits), 0);
    buf_release(&q);
    fts_close(f);
}

static void *ask_often(void *arg)
{
    struct fts_hit hits[4];
    size_t n = 0, right = 0;
    struct error err = {0};

    for (int i = 0; i < 200; i++)
        if (fts_search(arg, &(struct fts_query){.words = "bell lamp", .words_len = 9}, 4, hits, &n,
                       &err) == 0)
            right += n == 3 && hits[0].document == 12;
    return (void *)right;
}

static void threads_may_ask_at_once(void **state)
{
    struct fts *f = four();
    pthread_t t[4];

    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&t[i], NULL, ask_often, f), 0);
    for (int i = 0; i < 4; i++) {
        void *right = NULL;
        pthread_join(t[i], &right);
        assert_int_equal((size_t)right, 200);
    }
    fts_close(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_those_of_bm25),
        cmocka_unit_test(a_query_is_words_and_never_syntax),
        cmocka_unit_test(a_phrase_is_found_as_a_whole),
        cmocka_unit_test(a_query_of_a_thousand_words_is_cut),
        cmocka_unit_test(threads_may_ask_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
