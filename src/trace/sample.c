/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bottom-up sampling by hash (Cohen 1997, size-estimation framework; Duffield and Grossglauser
 * 2001, trajectory sampling: all that see a packet decide alike, by its hash).
 *
 * A trace with z zeros at the front of its hash stays as long as there were no more than z
 * halvings. Spans come until they are a third more than fit; then the traces that go are forgotten,
 * with one more halving for as long as those that stay are too many.  At the end of the log the
 * number of halvings is the least at which the sample fits, whatever came first. */
#include "trace/sample.h"

#include "base/units.h"
#include "trace/log_parts.h"
#include "trace/pieces.h"
#include "trace/window.h"

#include <math.h>
#include <string.h>

/* Measured: what the process takes before it holds a span, and for each span with its share of
 * items, visits and what is computed of them. */
enum { FIXED = 40 << 20, SPAN_BYTES = 320 };
/* TRACES_LEAST: fewer are no sample.  SESSION_TRACES: a session of more traces is none of an item
 * that a person held up. */
enum { LEVELS = 65, TRACES_LEAST = 64, SESSION_TRACES = 64 };

size_t sample_room(uint64_t memory)
{
    uint64_t least = memory > SAMPLE_LEAST ? memory : SAMPLE_LEAST;
    return (size_t)((least - FIXED) / SPAN_BYTES);
}

struct sample {
    struct trace_log *log;
    struct relief relief;
    size_t room; /* spans that stay at most */
    bool by_item, stopped;
    uint64_t *key; /* [texts] by trace: the hash that decides; 0: not decided yet */
    size_t texts;
    struct closed gone, sessions; /* traces that went; sessions that were interrupted */
};

/* What is known of the traces that are held, by text. */
struct held {
    uint32_t *spans;      /* [texts] of a trace; 0: the text is no trace's */
    uint32_t *item;       /* the text that decides together with others; SPAN_NONE */
    uint32_t *of_session; /* traces of a session */
    bool *recent;         /* spans of it came lately: more may come */
    bool *gone;
};

static void held_init(struct held *h, size_t texts)
{
    *h = (struct held){.spans = mem_zero(texts, sizeof *h->spans),
                       .item = mem_alloc(texts * sizeof *h->item),
                       .of_session = mem_zero(texts, sizeof *h->of_session),
                       .recent = mem_zero(texts, sizeof *h->recent),
                       .gone = mem_zero(texts, sizeof *h->gone)};
    memset(h->item, 0xff, texts * sizeof *h->item);
}

static void held_release(struct held *h)
{
    mem_free(h->spans);
    mem_free(h->item);
    mem_free(h->of_session);
    mem_free(h->recent);
    mem_free(h->gone);
}

/* ---- what decides ------------------------------------------------------------------------- */

/* Texts that came since the last time have no key yet. */
static void grow_keys(struct sample *sa, size_t texts)
{
    sa->key = mem_resize(sa->key, texts * sizeof *sa->key);
    for (; sa->texts < texts; sa->texts++)
        sa->key[sa->texts] = 0;
}

/* Sessions in which a trace was interrupted, now or before. */
static void learn_stops(struct sample *sa)
{
    const struct span_set *s = &sa->log->spans;
    for (size_t i = 0; i < s->len; i++)
        if (s->flags[i] & SPAN_INTERRUPT && s->session[i] != SPAN_NONE) {
            closed_add(&sa->sessions, span_string(s, s->session[i]));
            sa->stopped = true;
        }
}

static void look(const struct sample *sa, size_t stretch, struct held *h)
{
    const struct span_set *s = &sa->log->spans;
    for (size_t i = 0; i < s->len; i++) {
        uint32_t t = s->trace[i], with = sa->by_item ? span_item_key(s, i) : s->session[i];
        h->spans[t]++;
        h->recent[t] = h->recent[t] || i + stretch >= s->len;
        if (h->item[t] == SPAN_NONE && with != SPAN_NONE) {
            h->item[t] = with;
            h->of_session[with]++;
        }
    }
}

static uint64_t key_of(const struct sample *sa, const struct held *h, uint32_t t)
{
    const struct span_set *s = &sa->log->spans;
    const char *with = span_string(s, h->item[t]);
    bool together = h->item[t] != SPAN_NONE &&
                    (sa->by_item || (sa->stopped && h->of_session[h->item[t]] <= SESSION_TRACES &&
                                     closed_has(&sa->sessions, with)));
    return closed_hash(together ? with : span_string(s, t));
}

/* Where others have a say, a trace is decided once no spans of it came for a while. */
static void decide(struct sample *sa, const struct held *h, bool all)
{
    const struct span_set *s = &sa->log->spans;
    bool waits = !all && (sa->by_item || sa->stopped);
    for (uint32_t t = 0; t < s->text.count; t++)
        if (h->spans[t] && !sa->key[t] && !(waits && h->recent[t]))
            sa->key[t] = key_of(sa, h, t);
}

/* Zeros at the front. */
static uint32_t level_of(uint64_t key)
{
    return (uint32_t)__builtin_clzll(key);
}

/* As many halvings as it takes, as long as enough traces stay. */
static void halve(struct sample *sa, const struct held *h)
{
    size_t spans[LEVELS + 1] = {0}, traces[LEVELS + 1] = {0};
    for (uint32_t t = 0; t < sa->log->spans.text.count; t++)
        if (h->spans[t] && sa->key[t]) {
            spans[level_of(sa->key[t])] += h->spans[t];
            traces[level_of(sa->key[t])]++;
        }
    for (uint32_t l = LEVELS; l-- > 0;) {
        spans[l] += spans[l + 1];
        traces[l] += traces[l + 1];
    }
    uint32_t *halvings = &sa->log->pass.halvings;
    while (spans[*halvings] > sa->room && traces[*halvings + 1] >= TRACES_LEAST)
        ++*halvings;
}

/* ---- who goes ----------------------------------------------------------------------------- */

/* Traces that are held, and others that only judgements name. */
static size_t choose(struct sample *sa, struct held *h)
{
    struct log_pass *pass = &sa->log->pass;
    const struct span_set *s = &sa->log->spans;
    size_t gone = 0;
    for (uint32_t t = 0; t < s->text.count; t++) {
        const char *text = span_string(s, t);
        if (!h->spans[t]) {
            h->gone[t] = closed_has(&sa->gone, text);
            continue;
        }
        bool before = pass->gone_traces && closed_has(&sa->gone, text);
        h->gone[t] = before || (sa->key[t] && level_of(sa->key[t]) < pass->halvings);
        if (!h->gone[t])
            continue;
        gone += h->spans[t];
        pass->gone_traces += !before;
        if (!before)
            closed_add(&sa->gone, text);
    }
    pass->gone_spans += gone;
    return gone;
}

static void move_keys(struct sample *sa, const uint32_t *new_text)
{
    size_t count = sa->log->spans.text.count;
    uint64_t *key = mem_zero(count + 1, sizeof *key);
    for (size_t t = 0; t < sa->texts; t++)
        if (new_text[t] != SPAN_NONE)
            key[new_text[t]] = sa->key[t];
    mem_free(sa->key);
    sa->key = key;
    sa->texts = count;
}

static void forget(struct sample *sa, struct sink *sink, const struct held *h)
{
    struct span_set *s = &sa->log->spans;
    size_t texts = (size_t)s->text.count + 1, kept = 0;
    uint32_t *at = mem_alloc((s->len + 1) * sizeof *at);
    uint32_t *new_span = mem_alloc((s->len + 1) * sizeof *new_span);
    uint32_t *new_text = mem_alloc(texts * sizeof *new_text);
    bool *used = mem_zero(texts, sizeof *used);
    for (size_t i = 0; i < s->len; i++) {
        bool stays = !h->gone[s->trace[i]];
        new_span[i] = stays ? (uint32_t)kept : SPAN_NONE;
        if (stays)
            at[kept++] = (uint32_t)i;
    }
    settle_texts(&sink->later, used);
    pieces_texts(sink, h->gone, sa->log->pass.halvings > 0, used);
    span_set_keep(s, at, kept, used, new_text);
    mem_free(at);
    pieces_keep(sink, h->gone, new_text);
    settle_sample(&sink->later, s, new_span, new_text, h->gone, sa->room / 2);
    move_keys(sa, new_text);
    mem_free(new_span);
    mem_free(new_text);
    mem_free(used);
    mem_trim();
}

static void thin(struct sample *sa, struct sink *sink, bool all)
{
    struct held h;
    pieces_close(sink);
    held_init(&h, (size_t)sa->log->spans.text.count + 1);
    grow_keys(sa, sa->log->spans.text.count);
    if (!sa->by_item)
        learn_stops(sa);
    look(sa, sa->room / 8, &h);
    decide(sa, &h, all);
    halve(sa, &h);
    if (choose(sa, &h) || pieces_held(sink) > sa->room / 8)
        forget(sa, sink, &h);
    sa->log->pass.gone_spans += pieces_passed(sink);
    held_release(&h);
}

static size_t room_for(size_t stay)
{
    return stay + stay / 3;
}

static int relieve(void *arg, struct sink *sink, struct error *err)
{
    struct sample *sa = arg;
    struct log_pass *pass = &sa->log->pass;
    thin(sa, sink, false);
    size_t stay = sa->log->spans.len, more = pieces_held(sink);
    sa->relief.room = room_for(stay + more > sa->room ? stay + more : sa->room);
    if (stay > room_for(sa->room) && stay > pass->held)
        pass->held = stay;
    return 0;
}

static int end_of_files(void *arg, struct sink *sink, struct error *err)
{
    struct sample *sa = arg;
    reader_end_spans(sink);
    if (sa->log->spans.len > sa->room || sa->log->pass.halvings)
        thin(sa, sink, true);
    if (sa->log->spans.len > room_for(sa->room))
        sa->log->pass.held = sa->log->spans.len;
    settle_all(&sink->later, sink->set, sink->quality);
    return 0;
}

int log_read_sample(const char *const *paths, size_t n, const struct log_options *options,
                    size_t room, uint64_t memory, struct trace_log *out, struct error *err)
{
    static const struct log_options none = {0};
    struct sample sa = {.log = out, .room = room};
    const struct log_hooks hooks = {&sa.relief, end_of_files, &sa};
    options = options ? options : &none;
    sa.by_item = options->item_by != NULL;
    sa.relief = (struct relief){room_for(room), relieve, &sa};
    int status = log_collect_with(paths, n, options, &hooks, out, err);
    mem_free(sa.key);
    closed_release(&sa.gone);
    closed_release(&sa.sessions);
    out->pass.memory = memory;
    out->pass.thinned = true;
    return status ? -1 : log_settle(out, options, err);
}

/* ---- what is said of it ------------------------------------------------------------------- */

double sample_scale(const struct trace_log *log)
{
    uint64_t stayed = log->quality.traces, gone = log->pass.gone_traces;
    return stayed ? (double)(stayed + gone) / (double)stayed : 1;
}

/* The distribution of the items that were kept is nowhere further from that of all than this, but
 * in one of 20 samples (Dvoretzky, Kiefer and Wolfowitz 1956, with the constant of Massart 1990).
 */
static double distance_of(uint64_t items)
{
    return sqrt(log(2 / 0.05) / (2 * (double)items));
}

void sample_report(const struct trace_log *log, struct result *out)
{
    const struct log_pass *p = &log->pass;
    uint64_t stayed = log->quality.traces;
    struct buf kept = {0}, all = {0};
    if (!p->thinned)
        return;
    if (p->held)
        result_warn(out,
                    "%llu spans had to be held at once, which takes more memory than --memory "
                    "allows: a few long traces",
                    (unsigned long long)p->held);
    if (!p->halvings || !stayed)
        return;
    out->data.kept_traces = stayed;
    out->data.kept_spans = log->spans.len;
    out->data.percentiles =
        result_text(out, "sample (%.2g%% of rank)", 100 * distance_of(log->items.len));
    units_put_count(&kept, stayed);
    units_put_count(&all, stayed + p->gone_traces);
    result_assume(out,
                  "the log is longer than --memory (%llu MiB) holds: 1 of %llu traces was kept, "
                  "whole, by a hash of its id, %s of %s; shares, times and confidences are of "
                  "these and have their evidence, what share of the items lies below a time is "
                  "off by %.2g%% at most (95%%), arrivals are scaled by %.4g, and faults within "
                  "traces are counted in these",
                  (unsigned long long)(p->memory >> 20), 1ull << p->halvings, buf_text(&kept),
                  buf_text(&all), 100 * distance_of(log->items.len), sample_scale(log));
    result_warn(out, "a sample does not show what items do to one another: lines before people, "
                     "how busy they are, backlog and how many items are in work at once; a larger "
                     "--memory holds more of the log");
    if (log->quality.count[QUALITY_MIXED])
        result_warn(out, "parts of runs that lie in the traces of other runs are missing where "
                         "those were not kept");
    buf_release(&kept);
    buf_release(&all);
}
