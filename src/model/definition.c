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
    mem_free(d->first);
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

/* Does a word of the text begin so, whatever its case?  "webSearch" holds a word that begins with
 * "search", "researcher" does not. */
static bool holds_word(const char *text, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = text; *at; at++) {
        size_t i = 0;
        while (i < n && tolower((unsigned char)at[i]) == word[i])
            i++;
        if (i == n && (at == text || !isalpha((unsigned char)at[-1]) ||
                       (isupper((unsigned char)at[0]) && islower((unsigned char)at[-1]))))
            return true;
    }
    return false;
}

/* Takes kind and layer from the first clue that the text holds; false: none. */
static bool take_clue(struct def_node *n, const char *text)
{
    for (size_t i = 0; i < sizeof clues / sizeof *clues; i++)
        if (holds_word(text, clues[i].word)) {
            n->kind = clues[i].kind;
            n->layer = clues[i].layer;
            return true;
        }
    return false;
}

void definition_rename(struct definition *d, int32_t node, const char *title, size_t len)
{
    struct def_node *n = &d->nodes.at[node];
    bool plain = n->kind == STEP_STAGE; /* what metadata said stays */

    char *text = arena_strndup(&d->arena, title, len);
    for (size_t i = 0; i < len; i++)
        text[i] = text[i] ? text[i] : ' ';
    n->title = text;
    const char *last = strrchr(text, ':'); /* of a path */
    if (plain && !(last && take_clue(n, last + 1)))
        (void)take_clue(n, text);
}

int32_t definition_add(struct definition *d, const char *title, size_t len)
{
    struct def_node n = {.kind = STEP_STAGE,
                         .layer = LAYER_AGENT,
                         .threshold = NAN,
                         .timeout_s = INFINITY,
                         .attempts = 1,
                         .wait_s = NAN,
                         .takes_s = NAN};

    if (d->nodes.len > DEFINITION_NODES_MAX) { /* refused by definition_finish */
        d->dropped++;
        return (int32_t)d->nodes.len - 1;
    }
    vec_push(&d->nodes, n);
    definition_rename(d, (int32_t)d->nodes.len - 1, title, len);
    return (int32_t)d->nodes.len - 1;
}

/* Titles hold a space for each byte of 0. */
static bool is_title(const char *have, const char *title, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (have[i] != (title[i] ? title[i] : ' '))
            return false;
    return have[len] == '\0';
}

int32_t definition_find(const struct definition *d, const char *title, size_t len)
{
    for (size_t i = 0; i < d->nodes.len; i++)
        if (is_title(d->nodes.at[i].title, title, len))
            return (int32_t)i;
    return NODE_START;
}

bool definition_label_has(const char *label, const char *const *words)
{
    for (; label && *words; words++) {
        size_t n = strlen(*words);
        for (const char *c = label; *c; c++) {
            size_t i = 0;
            while (i < n && tolower((unsigned char)c[i]) == (*words)[i])
                i++;
            bool begins = c == label || !isalpha((unsigned char)c[-1]);
            if (i == n && begins && (n > 3 || !isalpha((unsigned char)c[n])))
                return true;
        }
    }
    return false;
}

const char *definition_end(const char *label)
{
    static const char *const fail_words[] = {"give", "fail", "error", "abort", NULL};
    static const char *const reject_words[] = {"reject", "refuse", "decline", "discard", NULL};

    return definition_label_has(label, fail_words)     ? "fail"
           : definition_label_has(label, reject_words) ? "reject"
                                                       : "ship";
}

/* Drawn twice, it is one way: with both labels, when they differ. */
static struct def_edge *drawn_again(struct definition *d, struct def_edge *e, const char *label)
{
    if (!e->label)
        e->label = label;
    else if (label && strcmp(e->label, label) && strlen(e->label) < 200)
        e->label = arena_printf(&d->arena, "%s, %s", e->label, label);
    return e;
}

static struct def_edge *push_edge(struct definition *d, struct def_edge e)
{
    if (d->edges.len > DEFINITION_EDGES_MAX) { /* refused by definition_finish */
        d->dropped++;
        return &d->edges.at[d->edges.len - 1];
    }
    vec_push(&d->edges, e);
    return &d->edges.at[d->edges.len - 1];
}

struct def_edge *definition_join(struct definition *d, int32_t from, int32_t to, const char *label,
                                 size_t len, bool conditional)
{
    struct def_edge e = {.from = from, .to = to, .conditional = conditional};

    e.label = label && len ? arena_strndup(&d->arena, label, len) : NULL;
    for (size_t i = 0; i < d->edges.len && !d->dropped; i++) {
        struct def_edge *k = &d->edges.at[i];
        if (k->from == from && k->to == to && !k->error &&
            (to >= 0 || definition_end(k->label) == definition_end(e.label)))
            return drawn_again(d, k, e.label);
    }
    return push_edge(d, e);
}

void definition_join_error(struct definition *d, int32_t from, int32_t to)
{
    for (size_t i = 0; i < d->edges.len; i++)
        if (d->edges.at[i].from == from && d->edges.at[i].error)
            return;
    push_edge(d, (struct def_edge){.from = from, .to = to, .error = true});
}

const struct def_edge *definition_ways(const struct definition *d, int32_t from, size_t *n)
{
    uint32_t begin = d->first[from - NODE_START], end = d->first[from - NODE_START + 1];

    *n = end - begin;
    return d->edges.at + begin;
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

/* Words of the language that no step may be called like, and those that YAML may take for other
 * things than text. */
static bool is_reserved(const char *id)
{
    static const char *const words[] = {"ship", "reject", "fail", "skip", "bad", "class", "null",
                                        "true", "yes",    "no",   "on",   "off", "false"};

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

/* The letter without its accent that a character of Latin-1 is, in two bytes of UTF-8; the byte
 * itself where there is none. */
static unsigned char plain_letter(const char **at)
{
    static const char letters[] = "aaaaaaaceeeeiiiidnooooo-ouuuuyts"
                                  "aaaaaaaceeeeiiiidnooooo-ouuuuyty";
    const unsigned char *c = (const unsigned char *)*at;

    if (c[0] != 0xc3 || c[1] < 0x80 || c[1] > 0xbf)
        return c[0];
    (*at)++;
    return (unsigned char)letters[c[1] - 0x80];
}

/* Letters, digits, _ and -, at most 60 of them; what else stands there becomes one -. */
static void put_name(struct buf *out, const char *title)
{
    for (; *title && out->len < 60; title++) {
        unsigned char c = plain_letter(&title);
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

/* Sorts the edges by where they leave, and drops those that no item comes to: what reaches a node
 * that fails goes no further. */
static void sort_edges(struct definition *d)
{
    uint32_t n = 0, rows = (uint32_t)d->nodes.len + 2;
    struct def_edge *sorted = mem_alloc((d->edges.len + 1) * sizeof *sorted);

    mem_free(d->first);
    d->first = mem_zero(rows + 1, sizeof *d->first);
    for (uint32_t row = 0; row < rows; row++) {
        int32_t from = (int32_t)row + NODE_START;
        for (size_t i = 0; i < d->edges.len; i++)
            if (d->edges.at[i].from == from && from != NODE_END &&
                (from < 0 || !d->nodes.at[from].fails))
                sorted[n++] = d->edges.at[i];
        d->first[row + 1] = n;
    }
    if (n)
        memcpy(d->edges.at, sorted, n * sizeof *sorted);
    d->edges.len = n;
    mem_free(sorted);
}

/* Do all ways from the start begin side by side, or is there but one? */
static bool begins_well(const struct definition *d)
{
    struct def_order order;
    size_t n;
    bool conditional = false, forks;
    const struct def_edge *e = definition_ways(d, NODE_START, &n);

    for (size_t i = 0; i < n; i++)
        conditional = conditional || e[i].conditional;
    if (n < 2 || conditional)
        return n < 2;
    definition_order(d, &order);
    forks = order.forks.len > 0 && order.forks.at[0].at == NODE_START;
    def_order_release(&order);
    return forks;
}

/* Other beginnings are a choice, and a choice is a step. */
static void choose_beginning(struct definition *d)
{
    int32_t start = definition_add(d, "start", 5);

    d->nodes.at[start].kind = STEP_STAGE;
    d->nodes.at[start].layer = LAYER_AGENT;
    d->nodes.at[start].takes_s = 0;
    d->nodes.at[start].about = "where an item begins";
    for (size_t i = 0; i < d->edges.len; i++)
        if (d->edges.at[i].from == NODE_START)
            d->edges.at[i].from = start;
    definition_join(d, NODE_START, start, NULL, 0, false);
    sort_edges(d);
}

/* Each puts two branches in line, and looks at all edges; no graph that people draw needs so many.
 */
enum { LINE_UPS_MAX = 300, LINE_UP_EDGES_MAX = 300000 };

int definition_finish(struct definition *d, struct error *err)
{
    bool begins = false;
    const struct def_edge *e;
    size_t n;

    if (d->dropped || d->nodes.len > DEFINITION_NODES_MAX)
        return error_set(err, ERR_LIMIT,
                         "%s: has more than %d nodes or %d edges, the most that make a scenario",
                         d->file, DEFINITION_NODES_MAX, DEFINITION_EDGES_MAX);
    if (d->nodes.len == 0)
        return error_set(err, ERR_INPUT, "%s: holds no step of a pipeline", d->file);
    definition_gather(d);
    sort_edges(d);
    e = definition_ways(d, NODE_START, &n);
    for (size_t i = 0; i < n; i++)
        begins = begins || (e[i].to >= 0 && !d->nodes.at[e[i].to].fails);
    if (!begins)
        return error_set(err, ERR_INPUT, "%s: says nowhere where it begins", d->file);
    size_t most = LINE_UP_EDGES_MAX / (d->edges.len + 1);
    for (size_t i = 0; i < most && i < LINE_UPS_MAX && definition_line_up(d); i++)
        sort_edges(d);
    if (!begins_well(d))
        choose_beginning(d);
    name_nodes(d);
    return 0;
}
