/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stage that writes: {builtin: generate, temperature: 0.7, top_p: 0.9, samples: 1,
 * canon: PATH}.
 *
 * For each {"subject", "attribute"} that the payload `wants` the language model draws a value with
 * the passages of `context` at hand, and a sentence comes out of them.  Of several samples the
 * value drawn most often is taken (self-consistency: Wang and others, ICLR 2023).
 *
 * The confidence is the product of the probabilities, at temperature 1, of all tokens of all
 * values: the model's own probability that nothing in the shot is wrong.  Their geometric mean
 * ranks worse, because it forgets how many chances to be wrong there were
 * (tests/stat/test_writer.c). */
#include "exec/kinds.h"

#include "base/json_write.h"
#include "exec/learnt.h"
#include "exec/world.h"
#include "exec/writer.h"
#include "math/rng.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { SAMPLES_MAX = 64 };

/* What one call needs, kept for the next. */
struct desk {
    struct desk *next;
    struct json_reader *json;
    struct reading *reading;
    struct buf value[SAMPLES_MAX], shot, text;
};
struct generate {
    const struct canon *canon;
    const struct language *language;
    struct language_drawing how;
    uint32_t samples;
    char model[48];
    pthread_mutex_t lock;
    struct desk *free;
};

static struct desk *take_desk(struct generate *g)
{
    pthread_mutex_lock(&g->lock);
    struct desk *d = g->free;
    if (d)
        g->free = d->next;
    pthread_mutex_unlock(&g->lock);
    if (d)
        return d;
    d = mem_zero(1, sizeof *d);
    d->json = json_reader_new();
    d->reading = reading_new();
    return d;
}

static void give_back(struct generate *g, struct desk *d)
{
    pthread_mutex_lock(&g->lock);
    d->next = g->free;
    g->free = d;
    pthread_mutex_unlock(&g->lock);
}

static void free_desk(struct desk *d)
{
    json_reader_free(d->json);
    reading_free(d->reading);
    for (int i = 0; i < SAMPLES_MAX; i++)
        buf_release(&d->value[i]);
    buf_release(&d->shot);
    buf_release(&d->text);
    mem_free(d);
}

/* --- opening */

static int read_options(const struct stage_setting *s, struct generate *g, struct error *err)
{
    static const char *const known[] = {"temperature", "top_p", "samples", "canon", NULL};
    struct json temperature = json_get(s->exec, "temperature");
    struct json top = json_get(s->exec, "top_p");
    struct json samples = json_get(s->exec, "samples");
    uint64_t n = 1;
    g->how = (struct language_drawing){0.7, 0.9};
    if (exec_known(s, known, err))
        return -1;
    if (json_present(temperature) && !(json_as_double(temperature, &g->how.temperature) &&
                                       g->how.temperature >= 0 && g->how.temperature <= 2))
        return exec_fault(s, err, "`temperature` is a number from 0 to 2");
    if (json_present(top) &&
        !(json_as_double(top, &g->how.top) && g->how.top > 0 && g->how.top <= 1))
        return exec_fault(s, err, "`top_p` is a number above 0, at most 1");
    if (json_present(samples) && !(json_as_u64(samples, &n) && n >= 1 && n <= SAMPLES_MAX))
        return exec_fault(s, err, "`samples` is a whole number from 1 to %d", SAMPLES_MAX);
    g->samples = (uint32_t)n;
    return 0;
}

static int generate_open(const struct stage_setting *s, void **self, struct error *err)
{
    struct generate *g = mem_zero(1, sizeof *g);
    pthread_mutex_init(&g->lock, NULL);
    if (read_options(s, g, err) || world_canon_of(s, &g->canon, err) ||
        (!s->only_read && learnt_language(s->world, g->canon, &g->language, err))) {
        pthread_mutex_destroy(&g->lock);
        mem_free(g);
        return -1;
    }
    if (!s->only_read)
        snprintf(g->model, sizeof g->model, "seam-canon-%.16s", g->canon->version);
    *self = g;
    return 0;
}

static void generate_close(void *self)
{
    struct generate *g = self;
    for (struct desk *d = g->free, *next; d; d = next) {
        next = d->next;
        free_desk(d);
    }
    pthread_mutex_destroy(&g->lock);
    mem_free(g);
}

/* --- a call */

struct writing {
    const struct generate *g;
    struct desk *d;
    uint64_t key;
    uint32_t slots;
    size_t tokens_in, tokens_out;
    bool cut; /* a value was cut at its greatest length */
    double log_p, copied;
    struct json_write shot;
};

/* Of the samples drawn, the value that most of them say; of equals the more probable one. */
static uint32_t most_said(struct buf *value, const double *log_p, uint32_t n)
{
    uint32_t best = 0, best_votes = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t votes = 0;
        for (uint32_t j = 0; j < n; j++)
            votes += strcmp(buf_text(&value[i]), buf_text(&value[j])) == 0;
        if (votes > best_votes || (votes == best_votes && log_p[i] > log_p[best])) {
            best = i;
            best_votes = votes;
        }
    }
    return best;
}

static void write_slot(struct writing *w, const struct language_slot *slot, const char *key)
{
    struct desk *d = w->d;
    double log_p[SAMPLES_MAX], copied[SAMPLES_MAX];
    uint32_t best;
    language_turn(w->g->language, d->reading, slot);
    for (uint32_t i = 0; i < w->g->samples; i++) {
        struct language_value v;
        language_draw(w->g->language, d->reading, &w->g->how,
                      rng_at(w->key, (uint64_t)w->slots << 16 | i), &v);
        buf_clear(&d->value[i]);
        language_decode(w->g->language, d->reading, v.token, v.n, &d->value[i]);
        log_p[i] = v.log_p;
        copied[i] = v.copied;
        w->tokens_out += v.n + v.ended;
        w->cut |= !v.ended;
    }
    best = most_said(d->value, log_p, w->g->samples);
    w->log_p += log_p[best];
    w->copied += copied[best];
    w->slots++;
    json_key(&w->shot, key);
    json_string(&w->shot, buf_text(&d->value[best]));
    buf_printf(&d->text, "%s%s: %s is %s.", d->text.len ? " " : "", slot->subject, slot->attribute,
               buf_text(&d->value[best]));
}

/* A subject or attribute that the canon does not know is written about all the same. */
static void write_want(struct writing *w, const char *subject, const char *attribute)
{
    const struct canon *c = w->g->canon;
    uint32_t who = canon_subject_of(c, subject, strlen(subject));
    struct language_slot slot = {UINT32_MAX / 2, 0, subject, attribute};
    char key[512];
    if (who != CANON_NONE)
        slot = writer_slot(c, who, attribute);
    snprintf(key, sizeof key, "%s.%s", subject, attribute);
    write_slot(w, &slot, key);
}

static bool copy_text(struct json v, char *out, size_t size)
{
    const char *s;
    size_t len;
    if (!json_text(v, &s, &len) || len == 0 || len >= size || memchr(s, 0, len))
        return false;
    memcpy(out, s, len);
    out[len] = '\0';
    return true;
}

static void put_attributes(const struct writing *w, struct buf *out)
{
    struct json_write j;
    struct buf all = {0};
    json_init(&j, &all, 0);
    json_open(&j, '{');
    json_key(&j, "gen_ai.operation.name");
    json_string(&j, "text_completion");
    json_key(&j, "gen_ai.provider.name");
    json_string(&j, "seam");
    json_key(&j, "gen_ai.request.model");
    json_string(&j, w->g->model);
    json_key(&j, "gen_ai.response.model");
    json_string(&j, w->g->model);
    json_key(&j, "gen_ai.request.temperature");
    json_number(&j, w->g->how.temperature);
    json_key(&j, "gen_ai.request.top_p");
    json_number(&j, w->g->how.top);
    json_key(&j, "gen_ai.request.choice.count");
    json_uint(&j, w->g->samples);
    json_key(&j, "gen_ai.usage.input_tokens");
    json_uint(&j, w->tokens_in);
    json_key(&j, "gen_ai.usage.output_tokens");
    json_uint(&j, w->tokens_out);
    json_key(&j, "gen_ai.response.finish_reasons");
    json_open(&j, '[');
    json_string(&j, w->cut ? "length" : "stop");
    json_close(&j, ']');
    json_key(&j, "seam.copied");
    json_number(&j, w->copied / w->slots);
    json_close(&j, '}');
    buf_add(out, all.data + 1, all.len - 2);
    buf_release(&all);
}

static void put_answer(struct writing *w, struct stage_answer *a)
{
    json_close(&w->shot, '}');
    buf_puts(&a->output, "{\"shot\":");
    buf_add(&a->output, w->d->shot.data, w->d->shot.len);
    buf_puts(&a->output, ",\"text\":");
    struct json_write j;
    json_init(&j, &a->output, 0);
    json_string(&j, buf_text(&w->d->text));
    buf_putc(&a->output, '}');
    buf_puts(&a->who, w->g->model);
    a->confidence = exp(w->log_p);
    put_attributes(w, &a->attributes);
}

static void write_all(struct writing *w, struct json payload, const struct stage_call *c,
                      struct stage_answer *a)
{
    struct json wants = json_get(payload, "wants");
    uint64_t episode = 0;
    json_as_u64(json_get(payload, "episode"), &episode);
    writer_read(w->g->language, json_get(payload, "context"),
                (uint32_t)(episode < 1u << 20 ? episode : 0), w->d->reading);
    w->tokens_in = reading_tokens(w->d->reading);
    buf_clear(&w->d->shot);
    buf_clear(&w->d->text);
    json_init(&w->shot, &w->d->shot, 0);
    json_open(&w->shot, '{');
    for (struct json_iter it = json_each(wants); json_next(&it);) {
        char subject[200], attribute[200];
        if (!copy_text(json_get(it.value, "subject"), subject, sizeof subject) ||
            !copy_text(json_get(it.value, "attribute"), attribute, sizeof attribute)) {
            stage_answer_fail(a, OUTCOME_ERROR,
                              "generate: `wants` holds something else than "
                              "{\"subject\": ..., \"attribute\": ...}");
            return;
        }
        if (atomic_load(c->cancelled)) {
            stage_answer_fail(a, OUTCOME_ERROR, "generate: broken off");
            return;
        }
        write_want(w, subject, attribute);
    }
    if (w->slots == 0)
        stage_answer_fail(a, OUTCOME_ERROR,
                          "generate: the payload wants nothing (`wants` is to be "
                          "a list of subjects and attributes)");
    else
        put_answer(w, a);
}

static void generate_call(void *self, const struct stage_call *c, struct stage_answer *a)
{
    struct generate *g = self;
    struct writing w = {.g = g, .d = take_desk(g), .key = c->key};
    struct json payload;
    struct error err = {0};
    if (json_parse(w.d->json, c->payload, c->payload_len, &payload, &err))
        stage_answer_fail(a, OUTCOME_ERROR, "generate: %.200s", err.text);
    else
        write_all(&w, payload, c, a);
    give_back(g, w.d);
}

const struct stage_kind generate_kind = {
    "generate", generate_open, generate_call, NULL, generate_close, false,
};
