/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of models bear dates and sizes at their end; prices are told by the name before them. */
#include "trace/prices.h"

#include "base/units.h"

#include <math.h>
#include <string.h>

static const double tokens_priced = 1e6;

static int refuse(const char *text, struct error *err)
{
    return error_set(err, ERR_USAGE,
                     "--price \"%s\": write MODEL = INPUT / OUTPUT, money for a million tokens, "
                     "such as \"gpt-4o = 2.50 / 10\" (* for any model)",
                     text);
}

static bool amount(const char *text, size_t len, double *out)
{
    struct error ignored = {0};
    char number[40];
    while (len && *text == ' ') {
        text++;
        len--;
    }
    while (len && text[len - 1] == ' ')
        len--;
    if (len == 0 || len >= sizeof number)
        return false;
    memcpy(number, text, len);
    number[len] = '\0';
    return units_money(number, out, &ignored) == 0 && isfinite(*out) && *out >= 0;
}

static int read_price(const char *text, struct price *out, struct error *err)
{
    const char *equals = strrchr(text, '='), *slash = equals ? strchr(equals, '/') : NULL;
    if (!slash || !amount(equals + 1, (size_t)(slash - equals - 1), &out->input) ||
        !amount(slash + 1, strlen(slash + 1), &out->output))
        return refuse(text, err);
    out->input /= tokens_priced;
    out->output /= tokens_priced;
    out->model = text + strspn(text, " ");
    if (out->model >= equals)
        return refuse(text, err);
    out->len = (size_t)(equals - out->model);
    while (out->model[out->len - 1] == ' ')
        out->len--;
    return 0;
}

int prices_read(const char *const *texts, size_t n, struct arena *arena, struct prices *out,
                struct error *err)
{
    out->at = arena_alloc(arena, (n + 1) * sizeof *out->at);
    for (out->n = 0; out->n < n; out->n++)
        if (read_price(texts[out->n], &out->at[out->n], err))
            return -1;
    return 0;
}

const struct price *prices_find(const struct prices *p, const char *model, size_t len)
{
    const struct price *best = NULL;
    for (size_t i = 0; i < p->n; i++) {
        const struct price *at = &p->at[i];
        bool any = at->len == 1 && *at->model == '*';
        size_t fits = any ? 0 : at->len;
        if ((any || (at->len <= len && memcmp(at->model, model, at->len) == 0)) &&
            (!best || fits >= (best->len == 1 && *best->model == '*' ? 0 : best->len)))
            best = at;
    }
    return best;
}
