/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What to do, what it all rests on, and how to make it again. */
#include "report/build_parts.h"

#include "report/advice.h"
#include "report/format.h"
#include "report/table.h"

#include <string.h>

/* --- 11 */

void build_advice(const struct build *b)
{
    size_t first = build_sided(b) ? b->options->before : 0;
    if (build_sided(b))
        build_sides_advice(b);
    advice_add(b->r + first, b->n - first, b->d);
}

/* --- 12 */

/* Is the first word one of the language, and no name of a file or a metric? */
static bool is_plain_word(const char *text)
{
    size_t len = strcspn(text, " :");
    return *text >= 'a' && *text <= 'z' && strcspn(text, "._/=0123456789") >= len;
}

/* As a sentence, and once. */
static void add_once(struct document *d, const char *text)
{
    const struct section *s = &d->sections.at[d->sections.len - 1];
    size_t len = strlen(text);
    char *sentence = arena_printf(&d->arena, "%s%s", text, len && text[len - 1] == '.' ? "" : ".");
    if (is_plain_word(sentence))
        *sentence = (char)(*sentence - 'a' + 'A');
    for (size_t i = 0; i < s->blocks.len; i++)
        if (!strcmp(s->blocks.at[i].text ? s->blocks.at[i].text : "", sentence))
            return;
    document_text(d, BLOCK_BULLET, TONE_PLAIN, "%s", sentence);
}

static void add_method(const struct build *b, size_t i)
{
    const struct run_info *run = &b->r[i]->run;
    struct buf text = {0};
    if (!run->present || !run->method)
        return;
    buf_printf(&text,
               "%s: ", build_label(b, i) ? build_label(b, i) : table_label(b->d, b->r, b->n, i));
    format_method(&text, b->r[i]);
    if (run->covers)
        buf_printf(&text, "; the intervals cover %s", run->covers);
    if (run->partial)
        buf_puts(&text, "; stopped before the end, so the numbers are of what was done by then");
    add_once(b->d, buf_text(&text));
    buf_release(&text);
}

void build_assumptions(const struct build *b)
{
    for (size_t i = 0; i < b->n; i++)
        add_method(b, i);
    if (build_sided(b))
        add_once(b->d, "The two sides are taken as independent; the interval of a difference is by "
                       "the method of variance estimates recovery (Zou and Donner 2008)");
    for (size_t i = 0; i < b->n; i++)
        for (size_t k = 0; k < b->r[i]->assumptions.len; k++)
            add_once(b->d, b->r[i]->assumptions.at[k]);
    for (size_t i = 0; i < b->n; i++)
        for (size_t k = 0; k < b->r[i]->warnings.len; k++)
            add_once(b->d, arena_printf(&b->d->arena, "Warning: %s", b->r[i]->warnings.at[k]));
}

/* --- 13 */

enum { PLACES = 200 };

static void add_places(const struct build *b, size_t i)
{
    const struct data_quality *q = &b->r[i]->data;
    struct table *t = document_table(b->d, "Where the log is at fault");
    if (!q->places.len)
        return;
    build_caption(b, t, i);
    table_column(b->d, t, "what", false);
    table_column(b->d, t, "place", false);
    for (size_t k = 0; k < q->places.len && k < PLACES; k++) {
        table_cell(b->d, t, TONE_PLAIN, q->places.at[k].kind);
        table_cell(b->d, t, TONE_PLAIN, q->places.at[k].place);
    }
    document_add_table(b->d, t);
}

void build_data(const struct build *b)
{
    document_add_table(b->d, table_data(b->d, b->r, b->n));
    for (size_t i = 0; i < b->n; i++) {
        const struct data_quality *q = &b->r[i]->data;
        if (q->present && q->format)
            document_text(b->d, BLOCK_PARAGRAPH, TONE_PLAIN, "%s%sRead as %s; percentiles are %s.",
                          build_label(b, i) ? build_label(b, i) : "", build_label(b, i) ? ": " : "",
                          q->format, q->percentiles ? q->percentiles : "exact");
        if (q->present)
            add_places(b, i);
    }
}

/* --- 14 */

static const char *seed_of(struct document *d, const struct result *r)
{
    if (!r->run.present || !r->run.trials || !strcmp(r->run.method ? r->run.method : "", "log"))
        return NULL;
    return arena_printf(&d->arena, "%llu", (unsigned long long)r->run.seed);
}

static const char *trials_of(struct document *d, const struct result *r)
{
    struct buf text = {0};
    if (!seed_of(d, r))
        return NULL;
    units_put_count(&text, r->run.trials);
    const char *words = arena_strdup(&d->arena, buf_text(&text));
    buf_release(&text);
    return words;
}

static const char *command_of(struct document *d, const struct result *r)
{
    return r->command;
}

static const char *name_of(struct document *d, const struct result *r)
{
    return r->scenario_name;
}

static const char *file_of(struct document *d, const struct result *r)
{
    return r->scenario_file;
}

static const char *hash_of(struct document *d, const struct result *r)
{
    return r->scenario_sha256;
}

static const char *version_of(struct document *d, const struct result *r)
{
    return r->run.present ? r->run.version : NULL;
}

/* What each result was made from: a row for each fact that some result has. */
static struct table *sources(const struct build *b)
{
    static const struct {
        const char *what;
        const char *(*of)(struct document *d, const struct result *r);
    } facts[] = {
        {"command",                 command_of},
        {"scenario",                name_of   },
        {"file",                    file_of   },
        {"SHA-256 of the scenario", hash_of   },
        {"seed",                    seed_of   },
        {"trials",                  trials_of },
        {"version",                 version_of}
    };
    struct table *t = document_table(b->d, "What it was made from");
    t->plain = b->n == 1;
    table_column(b->d, t, "what", false);
    for (size_t i = 0; i < b->n; i++)
        table_column(b->d, t, build_label(b, i) ? build_label(b, i) : "value", false);
    for (size_t k = 0; k < sizeof facts / sizeof *facts; k++) {
        bool any = false;
        for (size_t i = 0; i < b->n; i++)
            any = any || facts[k].of(b->d, b->r[i]);
        if (!any)
            continue;
        table_cell(b->d, t, TONE_PLAIN, facts[k].what);
        for (size_t i = 0; i < b->n; i++) {
            const char *value = facts[k].of(b->d, b->r[i]);
            table_cell(b->d, t, TONE_PLAIN, value ? value : "");
        }
    }
    return t;
}

void build_again(const struct build *b)
{
    if (b->options->command)
        document_text(b->d, BLOCK_CODE, TONE_PLAIN, "%s", b->options->command);
    if (b->options->time)
        document_text(b->d, BLOCK_PARAGRAPH, TONE_PLAIN, "Made at %s.", b->options->time);
    document_add_table(b->d, sources(b));
}
