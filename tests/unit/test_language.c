/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exec/language.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

enum { MAREN, MAREK, PEOPLE };
static const struct language_drawing likeliest = {0, 1};
static const char *const sheet[] = {
    "Maren Osk wears a green oilskin. She carries a walking stick.",
    "For wardrobe: Marek Osk, a striped fishing smock. He carries a coil of rope.",
    "Unfilmed draft. Maren Osk wears a grey peacoat. Dropped.",
};
static const struct language_slot maren_coat = {MAREN, 0, "Maren Osk", "coat"};

static struct language *taught(void)
{
    static const char *const other[] = {"The Wheel wears a grey peacoat.",
                                        "Jona Brill wears an oilskin over a grey smock.",
                                        "A walking stick stands in the hall."};
    struct language *l = language_new();
    language_name(l, MAREN, 0, "Maren Osk");
    language_name(l, MAREK, 0, "Marek Osk");
    for (size_t i = 0; i < 3; i++)
        language_text(l, other[i], strlen(other[i]));
    language_fact(l, "Jona Brill", "coat", "grey peacoat");
    language_fact(l, "Astrid Vane", "coat", "grey peacoat");
    language_fact(l, "Jona Brill", "carries", "oil can");
    language_build(l);
    return l;
}

static struct reading *given(const struct language *l, size_t n)
{
    struct reading *r = reading_new();
    struct passage p[3];
    for (size_t i = 0; i < n; i++)
        p[i] = (struct passage){sheet[i], strlen(sheet[i]), 3.0 - (double)i, i ? i : NAN};
    language_read(l, p, n, r);
    return r;
}

/* Some weights of every kind, so that nothing is by chance the same. */
static void shake(struct language *l)
{
    double *w = language_weight(l);
    for (size_t i = 0; i < language_weights(); i++)
        w[i] = 0.4 * sin(1.7 * (double)i + 1);
}

static double sum_of_law(const struct language *l, struct reading *r, const uint32_t *written,
                         size_t n)
{
    const double *p;
    double sum = 0;
    size_t n_p;
    language_law(l, r, written, n, &p, &n_p);
    for (size_t i = 0; i < n_p; i++) {
        assert_true(p[i] >= 0);
        sum += p[i];
    }
    return sum;
}

static void probabilities_add_up_to_one_after_anything(void **state)
{
    struct language *l = taught();
    shake(l);
    for (size_t n = 0; n <= 3; n++) {
        struct reading *r = given(l, n);
        uint32_t token[8];
        size_t k = language_encode(l, r, "green oilskin over", token, 8);
        assert_int_equal(k, 3);
        for (size_t i = 0; i <= k; i++)
            near(sum_of_law(l, r, token, i), 1, 1e-12);
        language_turn(l, r, &maren_coat);
        for (size_t i = 0; i <= k; i++)
            near(sum_of_law(l, r, token, i), 1, 1e-12);
        reading_free(r);
    }
    language_free(l);
}

static void check_slope(struct language *l, struct reading *r, const char *right)
{
    size_t n = language_weights(), moved = 0;
    double *slope = mem_zero(n, sizeof *slope), *unused = mem_zero(n, sizeof *unused);
    double *w = language_weight(l);
    const double h = 1e-5;
    language_slope(l, r, right, slope);
    for (size_t i = 0; i < n; i++) {
        if (slope[i] == 0 && i % 97)
            continue;
        double was = w[i];
        w[i] = was + h;
        double up = language_slope(l, r, right, unused);
        w[i] = was - h;
        double down = language_slope(l, r, right, unused);
        w[i] = was;
        near((up - down) / (2 * h), slope[i], 1e-8);
        moved += slope[i] != 0;
    }
    within((double)moved, 20, (double)n);
    mem_free(slope);
    mem_free(unused);
}

static void slopes_are_those_of_finite_differences(void **state)
{
    struct language *l = taught();
    struct reading *r = given(l, 3);
    shake(l);
    check_slope(l, r, "Maren Osk wears a striped fishing smock.");
    language_turn(l, r, &maren_coat);
    check_slope(l, r, "green oilskin");
    check_slope(l, r, "grey peacoat");
    check_slope(l, r, "unheard of");
    reading_free(r);
    language_free(l);
}

static void a_step_makes_what_was_right_more_likely(void **state)
{
    struct language *l = taught();
    struct reading *r = given(l, 3);
    language_turn(l, r, &maren_coat);
    double before = language_step(l, r, "green oilskin"), after = before;
    for (int i = 0; i < 10; i++) {
        double next = language_step(l, r, "green oilskin");
        assert_true(next > after);
        after = next;
    }
    within(after, -1, 0);
    struct language_value v;
    struct buf text = {0};
    language_draw(l, r, &likeliest, 1, &v);
    language_decode(l, r, v.token, v.n, &text);
    assert_string_equal(buf_text(&text), "green oilskin");
    assert_true(v.ended);
    within(v.copied, 0.5, 1);
    buf_release(&text);
    reading_free(r);
    language_free(l);
}

/* "peacoat" comes after "grey" in both facts of coats; "is grey" likewise. */
static void without_passages_it_says_what_is_frequent(void **state)
{
    struct language *l = taught();
    struct reading *r = given(l, 0);
    struct language_value v;
    struct buf text = {0};
    language_turn(l, r, &maren_coat);
    language_draw(l, r, &likeliest, 1, &v);
    language_decode(l, r, v.token, v.n, &text);
    assert_string_equal(buf_text(&text), "grey peacoat");
    near(v.copied, 0, 0);
    buf_release(&text);
    reading_free(r);
    language_free(l);
}

/* 4,000 values of one stream each: the first token's shares against p^(1/T), 5 sigma. */
static void what_is_drawn_has_the_law_at_that_temperature(void **state)
{
    struct language *l = taught();
    struct reading *r = given(l, 2);
    enum { N = 4000, TOKENS = 256 };
    uint32_t seen[TOKENS] = {0};
    double want[TOKENS], sum = 0;
    const double *p;
    size_t n_p;
    language_turn(l, r, &maren_coat);
    language_law(l, r, NULL, 0, &p, &n_p);
    assert_true(n_p < TOKENS);
    for (size_t t = 0; t < n_p; t++)
        sum += want[t] = t > LANGUAGE_UNKNOWN ? p[t] * p[t] : 0; /* T = 1/2 */
    for (uint64_t i = 0; i < N; i++) {
        struct language_value v;
        language_draw(l, r, &(struct language_drawing){0.5, 1}, i * UINT64_C(0x12345678abcdef1),
                      &v);
        assert_true(v.n >= 1 && v.log_p < 0);
        seen[v.token[0]]++;
    }
    for (size_t t = 0; t < n_p; t++) {
        double q = want[t] / sum;
        if (N * q >= 20)
            within_sigma((double)seen[t] / N, q, sqrt(q * (1 - q) / N), 5.0);
    }
    reading_free(r);
    language_free(l);
}

/* Half of the law: nothing is drawn that is less probable than what was left out. */
static void a_nucleus_holds_the_most_probable_tokens_alone(void **state)
{
    struct language *l = taught();
    struct reading *r = given(l, 2);
    const double *p;
    double law[256], least = 1, most = 0, held = 0;
    bool drawn[256] = {false};
    size_t n_p;
    language_turn(l, r, &maren_coat);
    language_law(l, r, NULL, 0, &p, &n_p);
    memcpy(law, p, n_p * sizeof *p);
    double sum = 1 - law[1] - law[LANGUAGE_UNKNOWN];
    for (uint64_t key = 0; key < 2000; key++) {
        struct language_value v;
        language_draw(l, r, &(struct language_drawing){1, 0.5}, key * UINT64_C(0xabcdef12345), &v);
        drawn[v.token[0]] = true;
    }
    for (size_t t = 0; t < n_p; t++)
        if (drawn[t]) {
            least = fmin(least, law[t]);
            held += law[t] / sum;
        } else if (t > LANGUAGE_UNKNOWN) {
            most = fmax(most, law[t]);
        }
    assert_true(least >= most);
    within(held, 0.5, 0.5 + 20 * least / sum); /* ties are in or out together */
    reading_free(r);
    language_free(l);
}

static void the_same_key_draws_the_same_and_the_confidence_is_that_of_its_tokens(void **state)
{
    struct language *l = taught();
    struct reading *r = given(l, 3), *again = given(l, 3);
    shake(l);
    language_turn(l, r, &maren_coat);
    language_turn(l, again, &maren_coat);
    const struct language_drawing how = {0.8, 0.95};
    for (uint64_t key = 1; key < 50; key++) {
        struct language_value a, b;
        double log_p = 0;
        language_draw(l, r, &how, key, &a);
        language_draw(l, again, &how, key, &b);
        assert_int_equal(a.n, b.n);
        assert_memory_equal(a.token, b.token, a.n * sizeof *a.token);
        for (size_t i = 0; i < a.n; i++)
            log_p += language_log_p(l, r, a.token, i, a.token[i]);
        if (a.ended)
            log_p += language_log_p(l, r, a.token, a.n, 1);
        near(a.log_p, log_p, 1e-12);
    }
    reading_free(r);
    reading_free(again);
    language_free(l);
}

static void weights_are_kept_to_the_last_bit_and_others_refused(void **state)
{
    struct language *l = taught(), *copy = taught();
    struct reading *r = given(l, 3);
    struct json_reader *json = json_reader_new();
    struct buf saved = {0};
    struct json root;
    struct error err = {0};
    language_turn(l, r, &maren_coat);
    for (int i = 0; i < 5; i++)
        language_step(l, r, "green oilskin");
    language_save(l, &saved);
    ok(json_parse(json, saved.data, saved.len, &root, &err), &err);
    ok(language_load(copy, root, &err), &err);
    assert_memory_equal(language_weight(l), language_weight(copy),
                        language_weights() * sizeof(double));
    near(language_step(l, r, "grey peacoat"), language_step(copy, r, "grey peacoat"), 0);
    static const char *const wrong[] = {"{}", "{\"weights\":7,\"learned\":[]}"};
    for (int i = 0; i < 2; i++) {
        ok(json_parse(json, wrong[i], strlen(wrong[i]), &root, &err), &err);
        assert_int_equal(language_load(copy, root, &err), -1);
        error_is(&err, ERR_INPUT, "not the weights of this model");
    }
    buf_release(&saved);
    json_reader_free(json);
    reading_free(r);
    language_free(l);
    language_free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probabilities_add_up_to_one_after_anything),
        cmocka_unit_test(slopes_are_those_of_finite_differences),
        cmocka_unit_test(a_step_makes_what_was_right_more_likely),
        cmocka_unit_test(without_passages_it_says_what_is_frequent),
        cmocka_unit_test(what_is_drawn_has_the_law_at_that_temperature),
        cmocka_unit_test(a_nucleus_holds_the_most_probable_tokens_alone),
        cmocka_unit_test(the_same_key_draws_the_same_and_the_confidence_is_that_of_its_tokens),
        cmocka_unit_test(weights_are_kept_to_the_last_bit_and_others_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
