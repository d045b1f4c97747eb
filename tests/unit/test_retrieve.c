/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/support.h"

#include "exec/brief.h"
#include "exec/embedding.h"
#include "exec/question.h"
#include "exec/retrieve.h"
#include "math/gsl_guard.h"

#include <string.h>

static struct canon *canon;
static struct retriever *retriever;

static int begin(void **state)
{
    struct error err = {0};

    math_init();
    ok(canon_read("scenarios/canon", &canon, &err), &err);
    ok(retriever_new(canon, &retriever, &err), &err);
    return 0;
}

static int end(void **state)
{
    retriever_free(retriever);
    canon_free(canon);
    return 0;
}

static void clauses_that_ask_become_questions(void **state)
{
    static const struct {
        const char *text;
        size_t n;
        const char *name, *words; /* of the last */
    } row[] = {
        {"A quiet talk. Show the coat of the harbour master's niece.", 1, "Maren Osk",
         " coat wears wearing dressed"                                                                                       },
        {"Show the HARBOUR MASTER in the right coat",                  1, "Halvard Osk",     " coat wears"                   },
        {"the light of the Gull and Anchor and the door to the inn",   2, "Gull and Anchor", " door"                         },
        {"the coat of Maren Oks",                                      1, "",                "the coat of maren oks coat"    },
        {"no clause of this asks, at all",                             1, "",                "no clause of this asks, at all"},
        {"",                                                           1, "",                ""                              },
        {"Maren Oskar's coatrack",                                     1, "",                "maren oskar's coatrack"        },
    };
    struct questions q = {0};

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        questions_read(canon, row[i].text, strlen(row[i].text), &q);
        if (q.n != row[i].n)
            fail_msg("row %zu: %zu questions", i, q.n);
        assert_string_equal(buf_text(&q.of[q.n - 1].name), row[i].name);
        text_has(buf_text(&q.of[q.n - 1].words), row[i].words);
    }
    questions_release(&q);
}

static uint32_t index_of(const char *id)
{
    return canon_subject_of(canon, id, strlen(id));
}

static void a_word_tells_of_the_name_before_it(void **state)
{
    static const char text[] =
        "Bram Keel meets Marek Osk at the Tide Wall. He wears a coat; the light is low.";
    struct told told[8];
    uint32_t coat = canon_attribute_of(canon, "coat", 4),
             light = canon_attribute_of(canon, "light", 5);

    assert_int_equal(questions_told(canon, text, strlen(text), told, 8), 2);
    assert_int_equal(told[0].attribute, coat);
    assert_int_equal(told[0].subject, index_of("marek-osk"));
    assert_int_equal(told[1].attribute, light);
    assert_int_equal(told[1].subject, index_of("tide-wall"));
}

/* Share of 100 briefs whose every wanted fact is stated in one of the k chunks. */
static double complete(enum retrieve_by by, size_t k)
{
    enum { N = 100 };
    struct buf text = {0};
    struct retrieved found[RETRIEVE_MAX];
    struct error err = {0};
    size_t n = 0, all = 0;
    struct brief b;

    for (uint64_t i = 0; i < N; i++) {
        bool every = true;
        buf_clear(&text);
        brief_draw(canon, 11, i, &b, &text);
        struct retrieve_options how = {by, b.episode, k};
        ok(retriever_ask(retriever, buf_text(&text), text.len, &how, found, &n, &err), &err);
        for (uint32_t w = 0; w < b.n_wants; w++) {
            bool any = false;
            for (size_t f = 0; f < n; f++)
                any = any || canon_states(canon, found[f].chunk, b.want[w].subject,
                                          b.want[w].attribute, b.episode);
            every = every && any;
        }
        all += every;
    }
    buf_release(&text);
    return (double)all / N;
}

static void most_briefs_find_what_they_ask_for_and_some_do_not(void **state)
{
    double five = complete(BY_BOTH, 5), eight = complete(BY_BOTH, 8);

    print_message("complete at 5: %.3f, at 8: %.3f\n", five, eight);
    within(five, 0.68, 0.90);
    within(eight, five + 0.02, 0.97);
    within(complete(BY_BM25, 5), 0.68, 0.90);
    within(complete(BY_EMBEDDING, 5), 0.68, 0.90);
}

static void nothing_of_a_later_episode_is_found(void **state)
{
    struct retrieved found[RETRIEVE_MAX];
    struct error err = {0};
    size_t n = 0;

    for (uint32_t episode = 1; episode < 10; episode++) {
        struct retrieve_options how = {BY_BOTH, episode, 50};
        ok(retriever_ask(retriever, "the coat of Maren Osk", 21, &how, found, &n, &err), &err);
        within(n, 1, 50);
        for (size_t i = 0; i < n; i++)
            assert_true(canon->chunk.at[found[i].chunk].episode <= episode);
    }
}

static void any_bytes_are_a_query(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } row[] = {
        {"",                                  0 },
        {"\"",                                1 },
        {"coat\" OR \"*",                     11},
        {"NEAR(Maren Osk, 2) AND NOT coat:*", 33},
        {"\0\0\0",                            3 },
        {"\x01\x1b[31m",                      6 },
        {"\xff\xfe\xc3",                      3 },
        {"Maren Osk\0coat",                   14},
        {".,;:!?",                            6 },
        {" and  and  and ",                   15},
        {"'; DROP TABLE document; --",        26},
    };
    struct retrieved found[RETRIEVE_MAX];
    struct error err = {0};
    size_t n = 0;
    struct buf vast = {0};

    for (int by = 0; by < 3; by++)
        for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
            struct retrieve_options how = {(enum retrieve_by)by, 11, 5};
            ok(retriever_ask(retriever, row[i].text, row[i].len, &how, found, &n, &err), &err);
            within(n, 0, 5);
        }
    for (int i = 0; i < 3000; i++)
        buf_puts(&vast, "the coat of Maren Osk and ");
    ok(retriever_ask(retriever, vast.data, vast.len, &(struct retrieve_options){BY_BOTH, 0, 1000},
                     found, &n, &err),
       &err);
    within(n, 1, RETRIEVE_MAX);
    buf_release(&vast);
}

static void directions_forgive_a_slip_of_the_pen(void **state)
{
    static const char *const text[] = {"the lighthouse keeper sleeps", "a barrel of herring",
                                       "the harbour bell rings", "herring and bread"};
    struct embedding *e = NULL;
    struct embedding_hit hit[4];
    struct error err = {0};

    ok(embedding_new(text, 4, 4, &e, &err), &err);
    assert_int_equal(embedding_search(e, "lightouse kepeer", 16, 2, hit), 2);
    assert_int_equal(hit[0].text, 0);
    within(hit[0].score, hit[1].score, 1.0000001);
    assert_int_equal(embedding_search(e, "THE HARBOUR BELL RINGS", 22, 4, hit), 4);
    assert_int_equal(hit[0].text, 2);
    near(hit[0].score, 1, 1e-5);
    assert_int_equal(embedding_search(e, "", 0, 4, hit), 0);
    assert_int_equal(embedding_search(e, "?!", 2, 4, hit), 0);
    embedding_free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clauses_that_ask_become_questions),
        cmocka_unit_test(a_word_tells_of_the_name_before_it),
        cmocka_unit_test(most_briefs_find_what_they_ask_for_and_some_do_not),
        cmocka_unit_test(nothing_of_a_later_episode_is_found),
        cmocka_unit_test(any_bytes_are_a_query),
        cmocka_unit_test(directions_forgive_a_slip_of_the_pen),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
