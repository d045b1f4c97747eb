/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file is cut into segments of equal length; a segment's lines are those that begin in it.
 * Threads read segments into spans of their own, with texts of their own, and lay them down; one of
 * them at a time hands in what lies there in the order of the file, so that texts get the same ids
 * whoever read them.  Nobody waits for a segment that takes long, until many lie there. */
#include "trace/otlp_threads.h"

#include "base/file_at.h"
#include "base/progress.h"
#include "base/workers.h"
#include "trace/lines.h"
#include "trace/otlp_json.h"
#include "trace/otlp_walk.h"
#include "trace/unknown.h"

#include <pthread.h>
#include <string.h>

enum {
    SEGMENT = 256 << 10, /* stays in a cache of the second level while it is read */
    PAGE = 4096,
    BLOCK = 1 << 18,
    MORE = 1 << 16,
    SPANS_MAX = 4 << 20,
    LAID_EACH = 4 /* segments that may lie there, for each thread */
};

/* What is read of a segment. */
struct harvest {
    struct span_set set;
    struct quality quality;
    struct settle later;
    struct unknown unknown; /* keys that no segment before of the same hand had */
    uint64_t end;           /* the first byte of the file that is not; 0: nothing is */
    uint64_t lines;         /* that are */
    bool any;               /* some are no blanks */
    bool stopped;           /* behind them is something else */
    bool there;             /* it lies there to be handed in */
};

/* What a thread reads with. */
struct hand {
    struct sink sink; /* into `got`, but for its `later`, which becomes got's */
    struct harvest got;
    struct otlp_walk *walk;
    struct buf text;   /* behind bytes that mean nothing, the segment at hand, in which its */
    size_t begin, len; /* whole lines are these bytes */
    uint64_t offset;   /* of `begin` in the file */
};

struct crew {
    struct file_at file;
    struct sink *sink;
    struct hand *hands;
    struct harvest *laid; /* [room] by segment, round and round; empty ones wait to be taken */
    uint64_t room;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    uint64_t segments;
    uint64_t next; /* the segment to be handed in next */
    bool handing;  /* some thread is at it */
    atomic_bool stop;
    struct otlp_read *done;
};

/* ---- a segment ----------------------------------------------------------------------------- */

/* Appends up to `len` bytes of the file; false at its end. */
static bool add_bytes(const struct crew *c, struct hand *h, uint64_t offset, size_t len)
{
    char *room = buf_reserve(&h->text, len + OTLP_WALK_PADDING);
    size_t got = file_at_read(&c->file, offset, room, len);
    buf_extend(&h->text, got);
    return got == len;
}

/* Leaves so many bytes free that what stands `before` bytes behind them begins with a page, as the
 * segment does in the file: the system copies that a quarter faster. */
static size_t leave_free(struct hand *h, size_t before)
{
    buf_clear(&h->text);
    uintptr_t at = (uintptr_t)buf_reserve(&h->text, PAGE + before + SEGMENT + OTLP_WALK_PADDING);
    size_t lead = (size_t)(-(at + before) % PAGE);
    memset(h->text.data, 0, lead);
    buf_extend(&h->text, lead);
    return lead;
}

/* Goes to the lines that begin in segment i.  A last one without an end is left out. */
static void read_segment(const struct crew *c, struct hand *h, uint64_t i)
{
    uint64_t from = i ? i * SEGMENT - 1 : 0, to = (i + 1) * SEGMENT;
    size_t lead = leave_free(h, i > 0);
    bool more = add_bytes(c, h, from, (size_t)(to - from));
    h->begin = lead;
    h->len = 0;
    if (i) { /* the line that is cut belongs to the segment before */
        size_t got = h->text.len - lead, shown = got - (got == to - from);
        const char *newline = shown ? memchr(h->text.data + lead, '\n', shown) : NULL;
        h->begin = newline ? (size_t)(newline - h->text.data) + 1 : h->text.len;
    }
    h->offset = from + (h->begin - lead);
    size_t most = h->sink.options->line_max ? h->sink.options->line_max : LOG_LINE_MAX;
    if (h->begin == h->text.len)
        return;
    while (more && h->text.data[h->text.len - 1] != '\n' && h->text.len < most) {
        size_t before = h->text.len;
        more = add_bytes(c, h, from + (before - lead), MORE);
        const char *newline = memchr(h->text.data + before, '\n', h->text.len - before);
        if (newline)
            h->text.len = (size_t)(newline - h->text.data) + 1;
    }
    h->len = lines_whole(h->text.data + h->begin, h->text.len - h->begin);
}

/* A line in a spelling of its own, by the parser; false, and nothing kept, when it is no OTLP. */
static bool parse_line(struct hand *h, const char *line, size_t len)
{
    struct sink *sink = &h->sink;
    struct quality before = h->got.quality;
    size_t spans = h->got.set.len;
    struct settle_mark settled = settle_mark(&sink->later);
    struct error ignored = {0};
    struct json root;
    if (lines_blank(line, len))
        return true;
    if (json_parse(sink->json, line, len, &root, &ignored) == 0 && otlp_json_is(root) &&
        otlp_json_read(root, sink, &ignored) == 0) {
        h->got.any = true;
        return true;
    }
    h->got.quality = before;
    h->got.set.len = spans;
    settle_back(&sink->later, settled);
    return false;
}

/* Bytes that are read of a block of whole lines. */
static size_t read_block(struct hand *h, const char *text, size_t len)
{
    bool walks = otlp_walk_begin(h->walk, text, len - 1);
    size_t done = 0;
    while (done < len) {
        const char *line = text + done, *newline = memchr(line, '\n', len - done);
        size_t n = (size_t)(newline - line);
        h->sink.line = h->got.lines + 1;
        if (walks && otlp_walk_line(h->walk, line, newline)) {
            h->got.any = true;
        } else if (!parse_line(h, line, n)) {
            h->got.stopped = true;
            break;
        }
        h->got.lines++;
        done += n + 1;
    }
    return done;
}

static void read_lines(struct hand *h)
{
    size_t done = 0;
    while (done < h->len && !h->got.stopped) {
        const char *at = h->text.data + h->begin + done;
        done += read_block(h, at, lines_block(at, h->len - done, BLOCK));
    }
    h->got.stopped = h->got.stopped || h->begin + h->len < h->text.len;
    h->got.end = done ? h->offset + done : 0;
}

/* ---- handing in ---------------------------------------------------------------------------- */

static uint32_t moved_text(const struct crew *c, const struct harvest *h, uint32_t id)
{
    const char *text = span_string(&h->set, id);
    return id == SPAN_NONE ? SPAN_NONE : span_text(c->sink->set, text, strlen(text));
}

/* How much of a hand's spans, judgements and responses is handed in. */
struct handed {
    size_t spans, judgements, responses;
};

/* Hands in all up to the spans before `end`, and what is said on their lines. */
static void hand_in_part(struct crew *c, const struct harvest *h, size_t end, uint64_t lines,
                         struct handed *at)
{
    const struct settle *later = &h->later;
    size_t before = c->sink->set->len, first = at->spans;
    uint64_t last = end < h->set.len ? h->set.line[end - 1] : UINT64_MAX;
    span_set_append_part(c->sink->set, &h->set, first, end, lines);
    for (; at->judgements < later->judgements.len; at->judgements++) {
        struct judgement j = later->judgements.at[at->judgements];
        if (j.line > last)
            break;
        j.trace = moved_text(c, h, j.trace);
        j.decision = moved_text(c, h, j.decision);
        j.said_by = moved_text(c, h, j.said_by);
        j.line += lines;
        settle_judgement(&c->sink->later, &j);
    }
    for (; at->responses < later->responses.len; at->responses++) {
        const struct response *r = &later->responses.at[at->responses];
        if (r->span >= end)
            break;
        settle_response(&c->sink->later, r->id, before + (r->span - first));
    }
    at->spans = end;
}

/* Behind the line in which the sink becomes full; all spans where it does not. */
static size_t end_of_room(const struct crew *c, const struct harvest *h, size_t first)
{
    const struct sink *sink = c->sink;
    size_t room = sink->relief ? sink->relief->room : SIZE_MAX;
    size_t end = first + (room > sink->set->len ? room - sink->set->len : 1);
    if (room == SIZE_MAX || end >= h->set.len)
        return h->set.len;
    while (end < h->set.len && h->set.line[end] == h->set.line[end - 1])
        end++;
    return end;
}

/* Room for as many spans in each segment as the first one has, and some more. */
static void reserve(struct sink *sink, size_t n, uint64_t segments)
{
    size_t most = sink->relief ? sink->relief->room : SIZE_MAX, room;
    if (n >= SPANS_MAX / segments)
        return;
    room = sink->set->len + n * segments * 21 / 20;
    span_set_reserve(sink->set, room < most ? room : most);
}

static void hand_in(struct crew *c, struct harvest *h)
{
    uint64_t lines = c->done->lines;
    struct handed at = {0};
    bool moved;
    if (c->next == 0)
        reserve(c->sink, h->set.len, c->segments);
    quality_merge(c->sink->quality, &h->quality, lines);
    unknown_hand_on(&h->unknown, vocabulary_unknown(c->sink->words), lines);
    do {
        hand_in_part(c, h, end_of_room(c, h, at.spans), lines, &at);
        if (!c->sink->failed && reader_relieve(c->sink, &moved, &c->sink->why))
            c->sink->failed = true;
    } while (at.spans < h->set.len);
    if (h->end) {
        c->done->offset = h->end;
        c->done->lines += h->lines;
        c->done->any = c->done->any || (h->any && h->lines);
    }
    if (h->stopped || c->sink->failed)
        atomic_store(&c->stop, true);
    progress_tell(c->sink->options->progress, c->sink->file, (double)c->done->offset,
                  (double)c->file.size);
}

/* Makes it empty; its memory stays. */
static void harvest_clear(struct harvest *h)
{
    span_set_clear(&h->set);
    h->quality = (struct quality){0};
    settle_back(&h->later, (struct settle_mark){0});
    unknown_release(&h->unknown);
    h->end = h->lines = 0;
    h->any = h->stopped = h->there = false;
}

/* Lays down what the hand has got of segment i, and takes an empty one instead. */
static void lay_down(struct crew *c, struct hand *h, uint64_t i)
{
    while (i >= c->next + c->room)
        pthread_cond_wait(&c->moved, &c->lock);
    struct harvest *place = &c->laid[i % c->room], empty = *place;
    h->got.later = h->sink.later;
    unknown_hand_on(vocabulary_unknown(h->sink.words), &h->got.unknown, 0);
    h->got.there = true;
    *place = h->got;
    h->got = empty;
    h->sink.later = empty.later;
}

/* Hands in what is next as long as it lies there; the lock is held but for the work. */
static void hand_in_all(struct crew *c)
{
    c->handing = true;
    for (struct harvest *h; (h = &c->laid[c->next % c->room])->there;) {
        pthread_mutex_unlock(&c->lock);
        if (!atomic_load(&c->stop))
            hand_in(c, h);
        harvest_clear(h);
        pthread_mutex_lock(&c->lock);
        c->next++;
        pthread_cond_broadcast(&c->moved);
    }
    c->handing = false;
}

static void read_unit(void *arg, uint32_t worker, uint64_t i)
{
    struct crew *c = arg;
    struct hand *h = &c->hands[worker];
    read_segment(c, h, i);
    read_lines(h);
    pthread_mutex_lock(&c->lock);
    lay_down(c, h, i);
    if (!c->handing)
        hand_in_all(c);
    pthread_mutex_unlock(&c->lock);
    otlp_walk_forget(h->walk);
}

static void harvest_init(struct harvest *h, const struct sink *sink)
{
    span_set_init(&h->set);
    intern_init_like(&h->set.text, &sink->set->text);
}

static void harvest_release(struct harvest *h)
{
    span_set_release(&h->set);
    settle_release(&h->later);
    unknown_release(&h->unknown);
}

static void hand_init(struct hand *h, const struct sink *sink)
{
    struct error err = {0};
    harvest_init(&h->got, sink);
    buf_init(&h->text);
    h->sink.set = &h->got.set;
    h->sink.quality = &h->got.quality;
    h->sink.options = sink->options;
    h->sink.file = sink->file;
    h->sink.file_index = sink->file_index;
    h->sink.json = json_reader_new();
    if (vocabulary_new(sink->options, &h->got.set, &h->got.quality, &h->sink.words, &err))
        BUG("options that were understood are not: %s", err.text);
    vocabulary_settle(h->sink.words, &h->sink.later);
    h->walk = otlp_walk_new(&h->sink);
}

static void hand_release(struct hand *h)
{
    otlp_walk_free(h->walk);
    vocabulary_free(h->sink.words);
    json_reader_free(h->sink.json);
    h->got.later = h->sink.later;
    harvest_release(&h->got);
    buf_release(&h->text);
}

static void read_with(struct crew *c, uint32_t threads)
{
    c->room = (uint64_t)threads * LAID_EACH;
    c->laid = mem_zero(c->room, sizeof *c->laid);
    c->hands = mem_zero(threads, sizeof *c->hands);
    for (uint32_t i = 0; i < threads; i++)
        hand_init(&c->hands[i], c->sink);
    for (uint64_t i = 0; i < c->room; i++)
        harvest_init(&c->laid[i], c->sink);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->moved, NULL);
    atomic_init(&c->stop, false);
    struct work work = {.end = c->segments, .stop = &c->stop, .unit = read_unit, .arg = c};
    workers_run(&work, threads);
    pthread_cond_destroy(&c->moved);
    pthread_mutex_destroy(&c->lock);
    for (uint64_t i = 0; i < c->room; i++)
        harvest_release(&c->laid[i]);
    for (uint32_t i = 0; i < threads; i++)
        hand_release(&c->hands[i]);
    mem_free(c->hands);
    mem_free(c->laid);
}

void otlp_threads_read(const char *path, struct sink *sink, uint32_t threads, struct otlp_read *out)
{
    struct crew c = {.sink = sink, .done = out};
    *out = (struct otlp_read){0};
    if (threads < 2 || !file_at_open(path, &c.file))
        return;
    c.segments = (c.file.size + SEGMENT - 1) / SEGMENT;
    if (c.segments > 1)
        read_with(&c, threads < c.segments ? threads : (uint32_t)c.segments);
    file_at_close(&c.file);
}
