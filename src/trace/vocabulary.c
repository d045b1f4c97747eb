/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What attributes mean for a span: of several that say one thing the higher rank answers
 * (meaning.h), and what the user names outranks all. */
#include "trace/vocabulary_parts.h"

#include "trace/failure.h"
#include "trace/ids.h"
#include "trace/meaning.h"
#include "trace/named.h"
#include "trace/note.h"
#include "trace/prices.h"
#include "trace/unknown.h"

#include <math.h>
#include <string.h>

/* ---- options ---------------------------------------------------------------------------- */

int vocabulary_new(const struct log_options *options, struct span_set *set, struct quality *quality,
                   struct vocabulary **out, struct error *err)
{
    static const struct log_options none = {0};
    struct vocabulary *v = mem_zero(1, sizeof *v);
    if (!options)
        options = &none;
    v->options = options;
    v->set = set;
    v->quality = quality;
    v->stage_by = named_path_of(options->stage_by);
    v->item_by = named_path_of(options->item_by);
    v->task_by = named_path_of(options->task_by);
    v->confidence = named_path_of(options->confidence);
    v->decision = named_path_of(options->decision);
    v->reviewer = named_path_of(options->reviewer_by);
    v->cost = named_path_of(options->cost);
    v->json = json_reader_new();
    arena_init(&v->arena);
    v->seen = mem_aligned(sizeof *v->seen, (SEEN_KEYS + 1) * sizeof *v->seen);
    memset(v->seen, 0, (SEEN_KEYS + 1) * sizeof *v->seen);
    buf_init(&v->error_text);
    buf_init(&v->scratch);
    *out = v;
    if (prices_read(options->prices, options->n_prices, &v->arena, &v->prices, err))
        return -1;
    v->names = options->stage_by || options->item_by || options->task_by || options->confidence ||
               options->decision || options->reviewer_by || options->cost || options->failure_when;
    if (!options->failure_when)
        return 0;
    return named_condition_read(options->failure_when, &v->arena, &v->failure, err);
}

void vocabulary_free(struct vocabulary *v)
{
    if (!v)
        return;
    json_reader_free(v->json);
    arena_release(&v->arena);
    mem_free(v->seen);
    buf_release(&v->error_text);
    buf_release(&v->scratch);
    buf_release(&v->documents);
    buf_release(&v->reviewer_text);
    buf_release(&v->usage.model);
    notes_release(&v->notes);
    unknown_release(&v->unknown);
    mem_free(v);
}

/* ---- fields of the open span ------------------------------------------------------------ */

void vocabulary_score(struct vocabulary *v, uint8_t rank, double x)
{
    if (rank <= v->rank_score || (v->confidence.key && rank < RANK_USER))
        return;
    if (!(x >= -1e-5 && x <= 1 + 1e-5)) {
        quality_note(v->quality, QUALITY_BAD_SCORE, v->span.file, v->span.line);
        return;
    }
    v->rank_score = rank;
    v->span.confidence = fmin(fmax(x, 0), 1);
}

/* Of costs of rank `adding` those told one after another add up. */
void vocabulary_cost(struct vocabulary *v, uint8_t rank, bool adding, double x)
{
    bool more = adding && rank == v->rank_cost;
    if ((rank <= v->rank_cost && !more) || (v->cost.key && rank < RANK_USER))
        return;
    if (!(x >= 0 && x <= 1e15)) {
        quality_note(v->quality, QUALITY_BAD_COST, v->span.file, v->span.line);
        return;
    }
    v->rank_cost = rank;
    v->span.cost = more ? v->span.cost + x : x;
}

void vocabulary_put_text(struct vocabulary *v, uint8_t *rank_now, uint8_t rank, uint32_t *field,
                         const struct attribute *a)
{
    if (rank <= *rank_now)
        return;
    uint32_t text = vocabulary_intern(v, a);
    if (text == SPAN_NONE)
        return;
    *rank_now = rank;
    *field = text;
}

void vocabulary_put_reviewer(struct vocabulary *v, uint8_t rank, const struct attribute *a)
{
    const char *s;
    size_t len;
    if (rank <= v->rank_reviewer || a->kind == ATTRIBUTE_BOOL || a->kind == ATTRIBUTE_DOUBLE)
        return;
    vocabulary_text(v, a, &s, &len);
    if (!len)
        return;
    v->rank_reviewer = rank;
    buf_clear(&v->reviewer_text);
    buf_add(&v->reviewer_text, s, len);
}

/* What a word says of the kind of work, remembered for those met lately. */
static bool kind_of(struct vocabulary *v, const char *word, size_t len, uint8_t *kind)
{
    if (len == 0 || len > SEEN_LENGTH)
        return meaning_kind(word, len, kind);
    struct vocabulary_key *at = &v->kinds[(len + (uint8_t)word[0]) % KINDS_SEEN];
    if (at->len != len || !seen_same(at->key, word, len)) {
        memcpy(at->key, word, len);
        at->len = (uint8_t)len;
        at->tells = meaning_kind(word, len, &at->row);
    }
    if (at->tells)
        *kind = at->row;
    return at->tells;
}

static void put_kind(struct vocabulary *v, uint8_t rank, const struct attribute *a)
{
    if (rank <= v->rank_kind || a->kind != ATTRIBUTE_TEXT)
        return;
    if (kind_of(v, a->text, a->text_len, &v->span.kind))
        v->rank_kind = rank;
}

/* Of a failure's text only lines that start at the margin count: indented ones are stack frames,
 * whose file and function names say nothing of this failure. */
void vocabulary_error_text(struct vocabulary *v, const char *s, size_t len)
{
    const char *end = s + len;
    while (s < end) {
        const char *newline = memchr(s, '\n', (size_t)(end - s));
        const char *stop = newline ? newline : end;
        if (*s != ' ' && *s != '\t' && stop > s) {
            buf_add(&v->error_text, s, (size_t)(stop - s));
            buf_putc(&v->error_text, '\n');
        }
        s = stop + 1;
    }
}

/* Tokens and names of models mean something where there are prices alone. */
static uint8_t row_of(const struct vocabulary *v, const char *key, size_t len)
{
    uint8_t row = meaning_row(key, len);
    enum meaning m = row ? meaning_words[row - 1].meaning : MEANS_NOTHING;
    bool of_prices = m == MEANS_MODEL_NAME || m == MEANS_TOKENS_IN || m == MEANS_TOKENS_OUT;
    return of_prices && !v->prices.n ? 0 : row;
}

static const struct vocabulary_key *look_up(struct vocabulary *v, const char *key, size_t len,
                                            size_t place)
{
    bool fits = place < SEEN_KEYS;
    struct vocabulary_key *at = &v->seen[place];
    if (fits)
        v->seen[place ^ 1] = *at;
    at->row = row_of(v, key, len);
    at->is_named = vocabulary_is_named(v, key, len);
    at->tells = at->row || at->is_named;
    if (!at->tells && !meaning_row(key, len))
        unknown_note(&v->unknown, key, len, v->span.file, v->span.line);
    else
        vocabulary_met(v, key, len);
    if (fits) {
        memcpy(at->key, key, len);
        at->len = (uint8_t)len;
    }
    return at;
}

/* What is known of a key, looked up once while it stays in its place. */
const struct vocabulary_key *vocabulary_key(struct vocabulary *v, const char *key, size_t len)
{
    bool fits = len && len <= SEEN_LENGTH;
    size_t place = fits ? seen_place(key, len) : SEEN_KEYS;
    const struct vocabulary_key *k = fits ? seen_find(v->seen, key, len, place) : NULL;
    if (!k)
        k = look_up(v, key, len, place);
    return k->tells ? k : NULL;
}

const struct vocabulary_key *vocabulary_seen(const struct vocabulary *v)
{
    return v->seen;
}

static void apply(struct vocabulary *v, const struct word *w, const struct attribute *a);

static void read_metadata(struct vocabulary *v, const struct attribute *a)
{
    struct json root;
    if (!vocabulary_json(v, a, &root))
        return;
    for (struct json_iter it = json_each(root); json_next(&it);) {
        struct attribute inner = {.key = it.key, .key_len = it.key_len};
        uint8_t row = it.key ? row_of(v, it.key, it.key_len) : 0;
        const struct word *w = row ? &meaning_words[row - 1] : NULL;
        if (w && w->meaning != MEANS_METADATA && w->meaning != MEANS_OUTPUT &&
            w->meaning != MEANS_ERROR && attribute_of_json(it.value, &inner))
            apply(v, w, &inner);
    }
}

/* A JSON object that an operation gave back: {"confidence": 0.8} or {"verdict": "approve"}. */
static void read_output(struct vocabulary *v, const struct attribute *a)
{
    static const char *const scores[] = {"confidence", "confidence_score", "score"};
    static const char *const verdicts[] = {"verdict", "decision"};
    static const char *const people[] = {"reviewer", "reviewed_by"};
    struct json root;
    struct attribute value = {0};
    double x;
    if (!vocabulary_json(v, a, &root))
        return;
    for (size_t i = 0; i < 3; i++)
        if (json_as_double(json_get(root, scores[i]), &x) && (i < 2 || (x >= 0 && x <= 1)))
            vocabulary_score(v, RANK_OUTPUT, x);
    for (size_t i = 0; i < 2 && !v->decision.key; i++)
        if (attribute_of_json(json_get(root, verdicts[i]), &value))
            vocabulary_put_text(v, &v->rank_decision, RANK_OUTPUT, &v->span.decision, &value);
    for (size_t i = 0; i < 2 && !v->reviewer.key; i++)
        if (attribute_of_json(json_get(root, people[i]), &value))
            vocabulary_put_reviewer(v, RANK_OUTPUT, &value);
}

static void put_document(struct vocabulary *v, const char *id, size_t len)
{
    if (!len || memchr(id, '\n', len))
        return;
    buf_add(&v->documents, id, len);
    buf_putc(&v->documents, '\n');
}

/* [{"id": "d1", "score": 0.9}, ...], or the ids alone; in order of rank. */
static void read_documents(struct vocabulary *v, const struct attribute *a)
{
    struct json root;
    if (!vocabulary_json(v, a, &root))
        return;
    for (struct json_iter it = json_each(root); json_next(&it);) {
        const char *s;
        size_t len;
        struct json id =
            json_type(it.value) == JSON_MAP ? json_get2(it.value, "id", "document_id") : it.value;
        if (json_text(id, &s, &len))
            put_document(v, s, len);
    }
}

static void read_note(struct vocabulary *v, const struct attribute *a)
{
    double x;
    bool text = a->kind == ATTRIBUTE_TEXT;
    if (a->kind == ATTRIBUTE_BOOL)
        x = a->number;
    else if (!vocabulary_number(v, a, &x))
        x = NAN;
    notes_add(&v->notes, a->key, a->key_len, text ? a->text : NULL, a->text_len, x);
}

/* {"input": 0.01, "output": 0.02, "total": 0.03} */
static void read_costs(struct vocabulary *v, const struct word *w, const struct attribute *a)
{
    struct json root;
    double sum = 0, x;
    bool any = false;
    if (!vocabulary_json(v, a, &root) || json_type(root) != JSON_MAP)
        return;
    if (json_as_double(json_get(root, "total"), &x)) {
        vocabulary_cost(v, w->rank, false, x);
        return;
    }
    for (struct json_iter it = json_each(root); json_next(&it);)
        if (json_as_double(it.value, &x)) {
            sum += x;
            any = true;
        }
    if (any)
        vocabulary_cost(v, w->rank, false, sum);
}

static void put_model(struct vocabulary *v, uint8_t rank, const struct attribute *a)
{
    if (rank <= v->usage.rank_model || a->kind != ATTRIBUTE_TEXT || !a->text_len)
        return;
    v->usage.rank_model = rank;
    buf_clear(&v->usage.model);
    buf_add(&v->usage.model, a->text, a->text_len);
}

static void put_tokens(struct vocabulary *v, uint8_t rank, const struct attribute *a,
                       uint8_t *rank_now, double *tokens)
{
    double x;
    if (rank <= *rank_now || !vocabulary_number(v, a, &x) || !(x >= 0))
        return;
    *rank_now = rank;
    *tokens = x;
}

/* An outcome's word, as the pipeline sees it; -1. */
static int outcome_of(const char *word, size_t len)
{
    static const struct {
        const char *word;
        enum outcome outcome;
    } outcomes[] = {
        {"ok",        OUTCOME_OK       },
        {"error",     OUTCOME_ERROR    },
        {"malformed", OUTCOME_MALFORMED},
        {"timeout",   OUTCOME_TIMEOUT  }
    };
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
        if (strlen(outcomes[i].word) == len && memcmp(outcomes[i].word, word, len) == 0)
            return (int)outcomes[i].outcome;
    return -1;
}

/* What a span tells of the work in it: model, tokens, cost, documents, tries. */
static void apply_work(struct vocabulary *v, const struct word *w, const struct attribute *a)
{
    double x;
    switch (w->meaning) {
    case MEANS_MODEL:
        if (!v->rank_kind)
            v->span.kind = SPAN_MODEL;
        if (v->prices.n)
            put_model(v, w->rank, a);
        break;
    case MEANS_MODEL_NAME:
        put_model(v, w->rank, a);
        break;
    case MEANS_TOKENS_IN:
        put_tokens(v, w->rank, a, &v->usage.rank_input, &v->usage.input);
        break;
    case MEANS_TOKENS_OUT:
        put_tokens(v, w->rank, a, &v->usage.rank_output, &v->usage.output);
        break;
    case MEANS_COST:
    case MEANS_COST_PART:
        if (vocabulary_number(v, a, &x))
            vocabulary_cost(v, w->rank, w->meaning == MEANS_COST_PART, x);
        break;
    case MEANS_COSTS:
        read_costs(v, w, a);
        break;
    case MEANS_DOCUMENTS:
        if (v->options->documents)
            read_documents(v, a);
        break;
    case MEANS_DOCUMENT:
        if (v->options->documents && a->kind == ATTRIBUTE_TEXT &&
            !(a->key_len > 14 && !memcmp(a->key, "reranker.input", 14)))
            put_document(v, a->text, a->text_len);
        break;
    case MEANS_TRIES:
        if (vocabulary_number(v, a, &x) && x >= 0 && x < 200)
            v->span.tries = (uint8_t)(x + w->rank);
        break;
    default:
        BUG("a word means what nobody applies: %d", (int)w->meaning);
    }
}

/* A number from 0 on that fits 32 bits; `other` for anything else. */
static uint32_t whole_of(struct vocabulary *v, const struct attribute *a, uint32_t other)
{
    double x;
    return vocabulary_number(v, a, &x) && x >= 0 && x < UINT32_MAX ? (uint32_t)x : other;
}

/* What a run of this program tells of its own spans. */
static void apply_own(struct vocabulary *v, const struct word *w, const struct attribute *a)
{
    struct span *s = &v->span;
    double x;
    uint32_t n;
    switch (w->meaning) {
    case MEANS_VISIT:
        s->pass |= whole_of(v, a, 0);
        break;
    case MEANS_PATH:
        s->pass |= (uint64_t)whole_of(v, a, 0) << 32;
        break;
    case MEANS_ATTEMPT:
        s->flags |= whole_of(v, a, 1) == 0 ? SPAN_NO_ATTEMPT : 0;
        break;
    case MEANS_COPY:
        n = whole_of(v, a, UINT8_MAX);
        s->copy = n < UINT8_MAX ? (uint8_t)n : s->copy;
        break;
    case MEANS_CANCELLED:
        s->flags |= a->kind == ATTRIBUTE_BOOL && a->whole ? SPAN_CANCELLED : 0;
        break;
    case MEANS_WAIT:
        s->wait_s = vocabulary_number(v, a, &x) && x > 0 ? x : 0;
        break;
    case MEANS_OUTCOME:
        v->outcome = a->kind == ATTRIBUTE_TEXT ? outcome_of(a->text, a->text_len) : -1;
        break;
    case MEANS_ITEM_END:
        if (a->kind == ATTRIBUTE_TEXT)
            s->item_end |= (uint8_t)(1 + log_end_of(a->text, a->text_len));
        break;
    case MEANS_QUALITY:
        if (a->kind == ATTRIBUTE_TEXT && (a->text_len == 4 || a->text_len == 3))
            s->item_end |= !memcmp(a->text, "good", a->text_len)  ? SPAN_TOLD_GOOD
                           : !memcmp(a->text, "bad", a->text_len) ? SPAN_TOLD_BAD
                                                                  : 0;
        break;
    default:
        apply_work(v, w, a);
    }
}

static void apply(struct vocabulary *v, const struct word *w, const struct attribute *a)
{
    double x;
    switch (w->meaning) {
    case MEANS_KIND:
        put_kind(v, w->rank, a);
        break;
    case MEANS_NODE:
        vocabulary_put_text(v, &v->rank_node, w->rank, &v->span.node, a);
        break;
    case MEANS_SESSION:
        vocabulary_put_text(v, &v->rank_session, w->rank, &v->span.session, a);
        break;
    case MEANS_ERROR:
        v->failed = v->failed || (a->kind == ATTRIBUTE_TEXT && a->text_len > 0);
        vocabulary_error_text(v, a->text, a->kind == ATTRIBUTE_TEXT ? a->text_len : 0);
        break;
    case MEANS_ERROR_TEXT:
        vocabulary_error_text(v, a->text, a->kind == ATTRIBUTE_TEXT ? a->text_len : 0);
        break;
    case MEANS_SCORE:
        if (vocabulary_number(v, a, &x)) {
            v->event_score = x;
            vocabulary_score(v, (uint8_t)(w->rank + v->in_event), x);
        }
        break;
    case MEANS_SCORE_NAME:
        if (a->kind == ATTRIBUTE_TEXT)
            vocabulary_met(v, a->text, a->text_len);
        v->event_score_named = v->confidence.key && a->text_len == v->confidence.len &&
                               memcmp(a->text, v->confidence.key, a->text_len) == 0;
        break;
    case MEANS_DECISION:
        if (!v->decision.key)
            vocabulary_put_text(v, &v->rank_decision, w->rank, &v->span.decision, a);
        break;
    case MEANS_REVIEWER:
        if (!v->reviewer.key)
            vocabulary_put_reviewer(v, w->rank, a);
        break;
    case MEANS_THRESHOLD:
        if (w->rank > v->rank_threshold && vocabulary_number(v, a, &x) && x >= 0 && x <= 1) {
            v->rank_threshold = w->rank;
            v->span.threshold = x;
        }
        break;
    case MEANS_METADATA:
        read_metadata(v, a);
        break;
    case MEANS_OUTPUT:
        read_output(v, a);
        break;
    case MEANS_RESPONSE:
        v->response = a->kind == ATTRIBUTE_TEXT ? ids_span(a->text, a->text_len) : 0;
        break;
    case MEANS_NOTE:
        read_note(v, a);
        break;
    case MEANS_NOTHING:
        break;
    default:
        apply_own(v, w, a);
    }
}

/* ---- the reader's side ------------------------------------------------------------------ */

struct span *vocabulary_open(struct vocabulary *v)
{
    span_clear(&v->span);
    v->failed = v->interrupted = v->in_event = false;
    v->outcome = -1;
    v->rank_kind = v->rank_node = v->rank_session = 0;
    v->rank_score = v->rank_decision = v->rank_threshold = v->rank_cost = v->rank_reviewer = 0;
    v->usage.rank_model = v->usage.rank_input = v->usage.rank_output = 0;
    v->usage.input = v->usage.output = 0;
    buf_clear(&v->usage.model);
    v->event_score = NAN;
    v->event_score_named = false;
    buf_clear(&v->error_text);
    buf_clear(&v->documents);
    buf_clear(&v->reviewer_text);
    notes_clear(&v->notes);
    v->link_trace = SPAN_NONE;
    v->response = 0;
    return &v->span;
}

struct unknown *vocabulary_unknown(struct vocabulary *v)
{
    return &v->unknown;
}

void vocabulary_met(struct vocabulary *v, const char *name, size_t len)
{
    if (v->names && name && len)
        unknown_met(&v->unknown, name, len);
}

struct span *vocabulary_span(struct vocabulary *v)
{
    return &v->span;
}

void vocabulary_tell(struct vocabulary *v, const struct vocabulary_key *key,
                     const struct attribute *a)
{
    bool is_named = key->is_named;
    if (key->row)
        apply(v, &meaning_words[key->row - 1], a);
    if (is_named)
        vocabulary_apply_named(v, a);
}

void vocabulary_attribute(struct vocabulary *v, const struct attribute *a)
{
    const struct vocabulary_key *key = vocabulary_key(v, a->key, a->key_len);
    if (key)
        vocabulary_tell(v, key, a);
}
