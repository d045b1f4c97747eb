/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "math/ngram.h"
#include "tests/support/support.h"

static const uint32_t text[][8] = {
    {2,  3, 4,     2, 3, 5},
    {             2, 3, 4,     6 },
    {             7, 3, 4,      2,       3,  4 },
    {            2, 6},
    { 5,   3,     5, 3, 4,6,2}
};
static const size_t length[] = {6, 4, 6, 2, 7};
enum { TEXTS = 5, TOKENS = 10 };

static struct ngram *built(uint32_t order)
{
    struct ngram *m = ngram_new(order);
    for (size_t i = 0; i < TEXTS; i++)
        ngram_add(m, text[i], length[i]);
    ngram_build(m, TOKENS);
    return m;
}

/* Expected by tables of tuples in another language, from equation 26 as it is printed. */
static void probabilities_are_those_of_the_published_formula(void **state)
{
    static const uint32_t history[][2] = {
        {0, 0},
        {2, 3},
        {3, 4},
        {9, 3},
        {0, 2},
        {8, 8}
    };
    static const uint32_t next[] = {1, 2, 3, 4, 6, 9};
    static const double want[][6] = {
        {0.02283950617283951, 0.6767283950617284,   0.014506172839506174, 0.014506172839506178,
         0.017283950617283956, 0.00895061728395062 },
        {0.01966735253772291, 0.012491426611796983, 0.012491426611796983, 0.7587877229080934,
         0.01488340192043896,  0.007707475994513034},
        {0.1964334705075446,  0.31124828532235943,  0.03223593964334706,  0.03223593964334706,
         0.31742112482853224,  0.019890260631001376},
        {0.05900205761316872, 0.03747427983539094,  0.03747427983539094,  0.5263631687242799,
         0.044650205761316876, 0.0231224279835391  },
        {0.11591935299497028, 0.034418581390032,    0.4834926554641061,   0.03441858139003201,
         0.21384887974394146,  0.021236997027892092},
        {0.17129629629629628, 0.1087962962962963,   0.1087962962962963,   0.10879629629629631,
         0.12962962962962965,  0.06712962962962964 }
    };
    struct ngram *m = built(3);
    for (size_t h = 0; h < 6; h++)
        for (size_t t = 0; t < 6; t++)
            near(ngram_probability(m, history[h], 2, next[t]), want[h][t], 1e-15);
    ngram_free(m);
}

static void discounts_come_from_how_many_were_seen_once_to_four_times(void **state)
{
    struct ngram *m = built(3);
    double d[3];
    ngram_discounts(m, 3, d);
    near(d[0], 2.0 / 3, 1e-15);
    near(d[1], 1, 1e-15);
    near(d[2], 2.0 / 3, 1e-15);
    ngram_discounts(m, 2, d);
    near(d[0], 5.0 / 9, 1e-15);
    near(d[1], 7.0 / 6, 1e-15);
    near(d[2], 5.0 / 9, 1e-15);
    ngram_free(m);
}

static void a_law_adds_up_to_one_and_is_that_of_single_tokens(void **state)
{
    static const uint32_t history[] = {7, 2, 3, 4, 2, 9, 8, 70000, 3};
    for (uint32_t order = 1; order <= NGRAM_ORDER_MAX; order++) {
        struct ngram *m = built(order);
        for (size_t n = 0; n <= 9; n++) {
            double p[TOKENS], sum = 0;
            ngram_law(m, history, n, p);
            for (uint32_t t = 0; t < TOKENS; t++) {
                near(p[t], ngram_probability(m, history, n, t), 1e-15);
                sum += p[t];
                assert_true(t == NGRAM_BEGIN ? p[t] == 0 : p[t] > 0);
            }
            near(sum, 1, 1e-12);
        }
        ngram_free(m);
    }
}

static void more_text_is_taken_in_by_building_anew(void **state)
{
    struct ngram *m = built(3), *all = ngram_new(3);
    static const uint32_t more[] = {9, 9, 3, 9};
    for (size_t i = 0; i < TEXTS; i++)
        ngram_add(all, text[i], length[i]);
    ngram_add(all, more, 4);
    ngram_build(all, TOKENS);
    ngram_add(m, more, 4);
    ngram_build(m, TOKENS);
    for (uint32_t t = 0; t < TOKENS; t++)
        near(ngram_probability(m, more, 2, t), ngram_probability(all, more, 2, t), 0);
    within(ngram_probability(m, more, 2, 3), 0.3, 1);
    ngram_free(m);
    ngram_free(all);
}

static void without_text_all_tokens_are_alike(void **state)
{
    struct ngram *m = ngram_new(2);
    const uint32_t none = 0;
    ngram_build(m, 5);
    near(ngram_probability(m, &none, 0, 3), 0.25, 1e-15);
    near(ngram_probability(m, &none, 0, NGRAM_BEGIN), 0, 0);
    ngram_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probabilities_are_those_of_the_published_formula),
        cmocka_unit_test(discounts_come_from_how_many_were_seen_once_to_four_times),
        cmocka_unit_test(a_law_adds_up_to_one_and_is_that_of_single_tokens),
        cmocka_unit_test(more_text_is_taken_in_by_building_anew),
        cmocka_unit_test(without_text_all_tokens_are_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
