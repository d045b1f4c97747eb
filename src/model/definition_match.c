/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps of a definition and of a log are the same when their names are, but for case and what
 * stands between words: "Tool Call", "tool_call", "toolCall".  A log may call a node by a path, as
 * LangGraph's subgraphs do: then its last part counts where nothing else fits.  Names of which one
 * is the other with words before or behind it ("web_search" and "web_search_node") are taken for
 * the same when neither side has another that fits. */
#include "model/definition.h"

#include <ctype.h>
#include <string.h>

enum { WORDS_MAX = 16, LEAST_LETTERS = 4 };

bool definition_same_name(const char *a, const char *b)
{
    for (;;) {
        while (*a && (unsigned char)*a < 128 && !isalnum((unsigned char)*a))
            a++;
        while (*b && (unsigned char)*b < 128 && !isalnum((unsigned char)*b))
            b++;
        if (!*a || !*b)
            return !*a && !*b;
        if (tolower((unsigned char)*a++) != tolower((unsigned char)*b++))
            return false;
    }
}

static const char *last_part(const char *name)
{
    const char *at = name + strlen(name);

    while (at > name && at[-1] != ':' && at[-1] != '/' && at[-1] != '.')
        at--;
    return *at ? at : name;
}

/* --- words of a name */

struct words {
    const char *at[WORDS_MAX];
    size_t len[WORDS_MAX], n, letters;
};

static bool is_part(char c)
{
    return (unsigned char)c >= 128 || isalnum((unsigned char)c);
}

/* Its words: apart by signs, and where a capital follows a small letter. */
static struct words words_of(const char *name)
{
    struct words w = {{0}};

    for (const char *s = name; *s && w.n < WORDS_MAX;) {
        if (!is_part(*s)) {
            s++;
            continue;
        }
        const char *end = s + 1;
        while (is_part(*end) && !(isupper((unsigned char)*end) && islower((unsigned char)end[-1])))
            end++;
        w.at[w.n] = s;
        w.len[w.n++] = (size_t)(end - s);
        w.letters += (size_t)(end - s);
        s = end;
    }
    return w;
}

/* Are the words of `less` those of `more` from word `from` on? */
static bool stands_at(const struct words *less, const struct words *more, size_t from)
{
    for (size_t i = 0; i < less->n; i++) {
        if (less->len[i] != more->len[from + i])
            return false;
        for (size_t k = 0; k < less->len[i]; k++)
            if (tolower((unsigned char)less->at[i][k]) !=
                tolower((unsigned char)more->at[from + i][k]))
                return false;
    }
    return true;
}

/* Is one name the other with words before or behind it? */
static bool is_near(const char *a, const char *b)
{
    struct words x = words_of(a), y = words_of(b);
    const struct words *less = x.n < y.n ? &x : &y, *more = x.n < y.n ? &y : &x;

    return less->n > 0 && less->n < more->n && less->letters >= LEAST_LETTERS &&
           (stands_at(less, more, 0) || stands_at(less, more, more->n - less->n));
}

/* --- matches */

static int32_t exactly(const struct pipeline *fitted, const struct def_node *n)
{
    for (uint32_t i = 0; i < fitted->n_steps; i++)
        if (strcmp(fitted->step[i].id, n->id) == 0)
            return (int32_t)i;
    for (uint32_t i = 0; i < fitted->n_steps; i++)
        if (definition_same_name(fitted->step[i].id, n->title))
            return (int32_t)i;
    for (uint32_t i = 0; i < fitted->n_steps; i++)
        if (definition_same_name(fitted->step[i].id, last_part(n->title)))
            return (int32_t)i;
    return -1;
}

/* The one of the log's free steps that is near; -1: none, or several. */
static int32_t nearly(const struct pipeline *fitted, const struct def_node *n, const bool *used)
{
    int32_t found = -1;

    for (uint32_t i = 0; i < fitted->n_steps; i++) {
        if (used[i] || fitted->step[i].kind == STEP_PARALLEL ||
            !is_near(fitted->step[i].id, n->title))
            continue;
        if (found >= 0)
            return -1;
        found = (int32_t)i;
    }
    return found;
}

/* Does it stand for nothing that a log could show? */
static bool is_silent(const struct def_node *n)
{
    return n->fails || (n->kind == STEP_STAGE && n->takes_s <= 0);
}

void definition_match(const struct definition *d, const struct pipeline *fitted, int32_t *step)
{
    bool *used = mem_zero(fitted->n_steps + 1, sizeof *used);
    uint32_t *wanted = mem_zero(fitted->n_steps + 1, sizeof *wanted);

    for (size_t i = 0; i < d->nodes.len; i++) {
        step[i] = exactly(fitted, &d->nodes.at[i]);
        if (step[i] >= 0)
            used[step[i]] = true;
    }
    for (size_t i = 0; i < d->nodes.len; i++) {
        if (step[i] >= 0 || is_silent(&d->nodes.at[i]))
            continue;
        step[i] = nearly(fitted, &d->nodes.at[i], used);
        if (step[i] >= 0)
            wanted[step[i]]++;
    }
    for (size_t i = 0; i < d->nodes.len; i++)
        if (step[i] >= 0 && wanted[step[i]] > 1)
            step[i] = -1; /* several would be it */
    mem_free(used);
    mem_free(wanted);
}

static void add_name(struct buf *out, const char *name)
{
    buf_printf(out, "%s%s", out->len ? ", " : "", name);
}

void definition_matches(const struct definition *d, const struct pipeline *fitted,
                        struct buf *assumed, struct buf *unused, struct buf *taken)
{
    int32_t *step = mem_alloc((d->nodes.len + 1) * sizeof *step);
    bool *used = mem_zero(fitted->n_steps + 1, sizeof *used);

    definition_match(d, fitted, step);
    for (size_t i = 0; i < d->nodes.len; i++) {
        const struct def_node *n = &d->nodes.at[i];
        if (step[i] < 0) {
            if (!is_silent(n))
                add_name(assumed, n->id);
            continue;
        }
        used[step[i]] = true;
        if (exactly(fitted, n) < 0)
            buf_printf(taken, "%s%s is %s", taken->len ? ", " : "", n->id,
                       fitted->step[step[i]].id);
    }
    for (uint32_t k = 0; k < fitted->n_steps; k++)
        if (!used[k] && fitted->step[k].kind != STEP_PARALLEL)
            add_name(unused, fitted->step[k].id);
    mem_free(used);
    mem_free(step);
}
