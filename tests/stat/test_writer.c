/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The language model on the canon that ships: how well it foresees text, and how well it knows when
 * it is wrong. */
#include "exec/brief.h"
#include "exec/retrieve.h"
#include "exec/world.h"
#include "exec/writer.h"
#include "math/calibration.h"
#include "math/rng.h"
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PASSAGES = 5, BRIEFS = 500 };
static struct world *world;
static const struct canon *canon;
static struct retriever *retriever;

static int open_world(void **state)
{
    struct error err = {0};
    world = world_new("scenarios");
    return world_canon(world, NULL, &canon, &err) || retriever_new(canon, &retriever, &err);
}

static int close_world(void **state)
{
    retriever_free(retriever);
    world_free(world);
    return 0;
}

/* The passages for a text, but not chunk `but`. */
static void read_for(const struct language *l, struct reading *r, const char *text, size_t len,
                     uint32_t episode, uint32_t but)
{
    struct retrieve_options o = {.episode = episode, .k = PASSAGES + 1};
    struct retrieved found[PASSAGES + 1];
    struct passage p[PASSAGES + 1];
    struct error err = {0};
    size_t n, k = 0;
    ok(retriever_ask(retriever, text, len, &o, found, &n, &err), &err);
    for (size_t i = 0; i < n && k < PASSAGES; i++) {
        const char *t = canon->chunk.at[found[i].chunk].text;
        if (found[i].chunk != but)
            p[k++] = writer_passage(t, strlen(t), found[i].score, episode);
    }
    language_read(l, p, k, r);
}

/* ln of the probability of the text, token by token; *n counts them. */
static double log_p(const struct language *l, struct reading *r, const char *text, size_t *n)
{
    uint32_t token[400];
    size_t k = language_encode(l, r, text, token, 399);
    double sum = 0;
    token[k] = 1;
    for (size_t i = 0; i <= k; i++)
        sum += language_log_p(l, r, token, i, token[i]);
    *n += k + 1;
    return sum;
}

/* Taught up to episode 6, the share of copying learnt on 7 and 8, judged on the shots after. */
static void copying_makes_unseen_text_less_surprising(void **state)
{
    struct language *l = writer_new(canon, &(struct writer_options){.episodes = 6, .rounds = 1});
    struct reading *with = reading_new(), *without = reading_new();
    double copied = 0, plain = 0;
    size_t n_copied = 0, n_plain = 0;
    for (uint32_t i = 0; i < canon->chunk.len; i++) {
        const struct canon_chunk *c = &canon->chunk.at[i];
        if (c->kind != CANON_SHOT || c->episode < 7)
            continue;
        read_for(l, with, c->text, strlen(c->text), c->episode, i);
        if (c->episode < 9) {
            language_step(l, with, c->text);
            continue;
        }
        copied += log_p(l, with, c->text, &n_copied);
        language_read(l, NULL, 0, without);
        plain += log_p(l, without, c->text, &n_plain);
    }
    double perplexity = exp(-copied / (double)n_copied), bare = exp(-plain / (double)n_plain);
    print_message("perplexity of %zu held-out tokens: %.2f, without passages %.2f\n", n_plain,
                  perplexity, bare);
    assert_int_equal(n_copied, n_plain);
    within(bare, 2, 100);
    within(perplexity, 1, 0.95 * bare);
    reading_free(with);
    reading_free(without);
    language_free(l);
}

/* A brief's slots: how likely its values are, and whether all are right. */
static bool write_brief(const struct language *l, struct reading *r, uint64_t index,
                        double *product, double *mean)
{
    static const struct language_drawing how = {0.7, 0.9};
    struct brief b;
    struct buf text = {0}, value = {0};
    double sum = 0, tokens = 0;
    bool right = true;
    brief_draw(canon, 77, index, &b, &text);
    read_for(l, r, text.data, text.len, b.episode, CANON_NONE);
    for (uint32_t i = 0; i < b.n_wants; i++) {
        const struct brief_want *w = &b.want[i];
        struct language_slot slot =
            writer_slot(canon, w->subject, canon->attribute.at[w->attribute].name);
        struct language_value v;
        language_turn(l, r, &slot);
        language_draw(l, r, &how, rng_key(7, 0, index, i, 0), &v);
        buf_clear(&value);
        language_decode(l, r, v.token, v.n, &value);
        right &= strcmp(buf_text(&value), canon_value_text(canon, w->value)) == 0;
        sum += v.log_p;
        tokens += (double)v.n + v.ended;
    }
    buf_release(&text);
    buf_release(&value);
    *product = exp(sum);
    *mean = exp(sum / tokens);
    return right;
}

/* Clearly above 0.7 and short of perfect: with 400 right and 100 wrong the standard error is 0.02
 * to 0.03 (Hanley and McNeil 1982). */
static void confidence_ranks_right_above_wrong(void **state)
{
    struct language *l = writer_new(canon, NULL);
    struct reading *r = reading_new();
    struct scored product[BRIEFS], mean[BRIEFS];
    struct calibration by_product, by_mean;
    for (uint64_t i = 0; i < BRIEFS; i++) {
        product[i] = mean[i] = (struct scored){.weight = 1};
        product[i].correct = mean[i].correct =
            write_brief(l, r, i, &product[i].confidence, &mean[i].confidence);
    }
    calibration_compute(product, BRIEFS, 15, false, &by_product);
    calibration_compute(mean, BRIEFS, 15, false, &by_mean);
    print_message("%.1f%% of briefs wrong; AUROC of the product %.3f, of the geometric mean %.3f\n",
                  100 * (1 - by_product.accuracy), by_product.auroc, by_mean.auroc);
    within(1 - by_product.accuracy, 0.08, 0.40);
    within(by_product.auroc, 0.75, 0.97);
    assert_true(by_product.auroc > by_mean.auroc);
    reading_free(r);
    language_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copying_makes_unseen_text_less_surprising),
        cmocka_unit_test(confidence_ranks_right_above_wrong),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
