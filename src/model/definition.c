/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Definitions of other frameworks, put together: nodes with names of the language, edges, and what
 * a title tells of a step's kind and layer. */
#include "model/definition.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const struct definition_reader definition_readers[] = {
    {"langgraph", definition_langgraph},
    {"n8n",       definition_n8n      },
    {"crewai",    definition_crewai   },
    {"autogen",   definition_autogen  },
};
const size_t definition_readers_count = sizeof definition_readers / sizeof *definition_readers;

void definition_init(struct definition *d, const char *framework, const char *file)
{
    *d = (struct definition){.deadline_s = INFINITY};
    arena_init(&d->arena);
    d->framework = framework;
    d->file = arena_strdup(&d->arena, file);
    d->name = "";
}

void definition_release(struct definition *d)
{
    vec_release(&d->nodes);
    vec_release(&d->edges);
    vec_release(&d->notes);
    arena_release(&d->arena);
    *d = (struct definition){0};
}

/* Words in titles that tell what a step is; the first that is found.  People write them so. */
static const struct {
    const char *word;
    enum step_kind kind;
    enum layer layer;
} clues[] = {
    {"human",      STEP_REVIEW, LAYER_HUMAN   },
    {"approv",     STEP_REVIEW, LAYER_HUMAN   },
    {"user_proxy", STEP_REVIEW, LAYER_HUMAN   },
    {"userproxy",  STEP_REVIEW, LAYER_HUMAN   },
    {"feedback",   STEP_STAGE,  LAYER_FEEDBACK},
    {"store",      STEP_STAGE,  LAYER_FEEDBACK},
    {"retriev",    STEP_STAGE,  LAYER_DATA    },
    {"search",     STEP_STAGE,  LAYER_DATA    },
    {"embed",      STEP_STAGE,  LAYER_DATA    },
    {"vector",     STEP_STAGE,  LAYER_DATA    },
    {"rerank",     STEP_STAGE,  LAYER_DATA    },
    {"lookup",     STEP_STAGE,  LAYER_DATA    },
    {"fetch",      STEP_STAGE,  LAYER_DATA    },
    {"load",       STEP_STAGE,  LAYER_DATA    },
    {"tool",       STEP_STAGE,  LAYER_TOOL    },
    {"http",       STEP_STAGE,  LAYER_TOOL    },
    {"api",        STEP_STAGE,  LAYER_TOOL    },
    {"generat",    STEP_STAGE,  LAYER_MODEL   },
    {"llm",        STEP_STAGE,  LAYER_MODEL   },
    {"chat",       STEP_STAGE,  LAYER_MODEL   },
    {"model",      STEP_STAGE,  LAYER_MODEL   },
    {"writ",       STEP_STAGE,  LAYER_MODEL   },
    {"draft",      STEP_STAGE,  LAYER_MODEL   },
    {"answer",     STEP_STAGE,  LAYER_MODEL   },
    {"summar",     STEP_STAGE,  LAYER_MODEL   },
    {"assistant",  STEP_STAGE,  LAYER_MODEL   },
};

/* Does the text hold the word, whatever its case? */
static bool holds_word(const char *text, const char *word)
{
    size_t n = strlen(word);

    for (; *text; text++) {
        size_t i = 0;
        while (i < n && tolower((unsigned char)text[i]) == word[i])
            i++;
        if (i == n)
            return true;
    }
    return false;
}

int32_t definition_add(struct definition *d, const char *title, size_t len)
{
    struct def_node n = {.kind = STEP_STAGE,
                         .layer = LAYER_AGENT,
                         .threshold = NAN,
                         .timeout_s = INFINITY,
                         .attempts = 1,
                         .wait_s = NAN,
                         .on_error = NODE_START};

    n.title = arena_strndup(&d->arena, title, len);
    for (size_t i = 0; i < sizeof clues / sizeof *clues; i++)
        if (holds_word(n.title, clues[i].word)) {
            n.kind = clues[i].kind;
            n.layer = clues[i].layer;
            break;
        }
    vec_push(&d->nodes, n);
    return (int32_t)d->nodes.len - 1;
}

int32_t definition_find(const struct definition *d, const char *title, size_t len)
{
    for (size_t i = 0; i < d->nodes.len; i++)
        if (strlen(d->nodes.at[i].title) == len && !memcmp(d->nodes.at[i].title, title, len))
            return (int32_t)i;
    return NODE_START;
}

struct def_edge *definition_join(struct definition *d, int32_t from, int32_t to, const char *label,
                                 size_t len, bool conditional)
{
    struct def_edge e = {.from = from, .to = to, .conditional = conditional};

    e.label = label && len ? arena_strndup(&d->arena, label, len) : NULL;
    for (size_t i = 0; i < d->edges.len; i++) /* drawn twice, it is one way */
        if (d->edges.at[i].from == from && d->edges.at[i].to == to)
            return &d->edges.at[i];
    vec_push(&d->edges, e);
    return &d->edges.at[d->edges.len - 1];
}

void definition_note(struct definition *d, const char *format, ...)
{
    struct buf text = {0};
    va_list args;

    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    vec_push(&d->notes, arena_strdup(&d->arena, buf_text(&text)));
    buf_release(&text);
}

/* Words of the language that no step may be called like. */
static bool is_reserved(const char *id)
{
    static const char *const words[] = {"ship", "reject", "fail", "skip", "bad", "class"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(id, words[i]) == 0)
            return true;
    return false;
}

static bool is_taken(const struct definition *d, size_t before, const char *id)
{
    for (size_t i = 0; i < before; i++)
        if (strcmp(d->nodes.at[i].id, id) == 0)
            return true;
    return is_reserved(id);
}

/* Letters, digits, _ and -, at most 60 of them; what else stands there becomes one -. */
static void put_name(struct buf *out, const char *title)
{
    for (; *title && out->len < 60; title++) {
        unsigned char c = (unsigned char)*title;
        if ((c < 128 && isalnum(c)) || c == '_')
            buf_putc(out, (char)tolower(c));
        else if (out->len > 0 && out->data[out->len - 1] != '-')
            buf_putc(out, '-');
    }
    while (out->len > 0 && out->data[out->len - 1] == '-')
        out->data[--out->len] = '\0';
    if (out->len == 0 || !isalpha((unsigned char)out->data[0])) {
        struct buf named = {0};
        buf_printf(&named, "step%s%s", out->len ? "-" : "", buf_text(out));
        buf_clear(out);
        buf_puts(out, buf_text(&named));
        buf_release(&named);
    }
}

static void name_nodes(struct definition *d)
{
    struct buf name = {0}, tried = {0};

    for (size_t i = 0; i < d->nodes.len; i++) {
        buf_clear(&name);
        buf_clear(&tried);
        put_name(&name, d->nodes.at[i].title);
        buf_puts(&tried, buf_text(&name));
        for (int k = 2; is_taken(d, i, buf_text(&tried)); k++) {
            buf_clear(&tried);
            buf_printf(&tried, "%s-%d", buf_text(&name), k);
        }
        d->nodes.at[i].id = arena_strdup(&d->arena, buf_text(&tried));
    }
    buf_release(&name);
    buf_release(&tried);
}

int definition_finish(struct definition *d, struct error *err)
{
    bool begins = false;

    for (size_t i = 0; i < d->edges.len; i++)
        begins = begins || (d->edges.at[i].from == NODE_START && d->edges.at[i].to >= 0);
    if (d->nodes.len == 0)
        return error_set(err, ERR_INPUT, "%s: holds no step of a pipeline", d->file);
    if (d->nodes.len > DEFINITION_NODES_MAX)
        return error_set(err, ERR_LIMIT, "%s: has %zu nodes; at most %d make a scenario", d->file,
                         d->nodes.len, DEFINITION_NODES_MAX);
    if (!begins)
        return error_set(err, ERR_INPUT, "%s: says nowhere where it begins", d->file);
    name_nodes(d);
    return 0;
}
