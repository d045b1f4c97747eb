/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The file is cut into segments of equal length; a segment's lines are those that begin in it.
 * Threads read segments into spans of their own, with texts of their own, and hand them in by turn:
 * so texts get their ids in the order of the file, whoever read them. */
#include "trace/otlp_threads.h"

#include "base/file_at.h"
#include "base/workers.h"
#include "trace/lines.h"
#include "trace/otlp_json.h"
#include "trace/otlp_walk.h"

#include <pthread.h>
#include <string.h>

enum {
    SEGMENT = 2 << 20,
    BLOCK = 1 << 18,
    MORE = 1 << 16,
    LINE_MAX_BYTES = 256 << 20,
    SPANS_MAX = 4 << 20
};

/* What a thread reads with. */
struct hand {
    struct sink sink;
    struct span_set set;
    struct quality quality;
    struct otlp_walk *walk;
    struct buf text; /* of the segment at hand: whole lines */
    uint64_t begin;  /* where it begins in the file */
    size_t read;     /* bytes of it that are read */
    uint64_t lines;  /* in them */
    bool stopped;    /* behind them is something else */
};

struct crew {
    struct file_at file;
    struct sink *sink;
    struct hand *hands;
    pthread_mutex_t lock;
    pthread_cond_t turn;
    uint64_t segments;
    uint64_t next; /* the segment to be handed in next */
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

/* Fills text with the lines that begin in segment i.  A last one without an end is left out. */
static void read_segment(const struct crew *c, struct hand *h, uint64_t i)
{
    uint64_t from = i ? i * SEGMENT - 1 : 0, to = (i + 1) * SEGMENT;
    size_t skip = 0;
    buf_clear(&h->text);
    bool more = add_bytes(c, h, from, (size_t)(to - from));
    if (i) { /* the line that is cut belongs to the segment before */
        size_t shown = h->text.len - (h->text.len == to - from);
        const char *newline = shown ? memchr(h->text.data, '\n', shown) : NULL;
        skip = newline ? (size_t)(newline - h->text.data) + 1 : h->text.len;
    }
    h->begin = from + skip;
    size_t len = h->text.len - skip;
    if (len == 0) {
        buf_clear(&h->text);
        return;
    }
    while (more && h->text.data[h->text.len - 1] != '\n' && h->text.len < LINE_MAX_BYTES) {
        size_t before = h->text.len;
        more = add_bytes(c, h, from + before, MORE);
        const char *newline = memchr(h->text.data + before, '\n', h->text.len - before);
        if (newline)
            h->text.len = (size_t)(newline - h->text.data) + 1;
    }
    len = h->text.len - skip;
    memmove(h->text.data, h->text.data + skip, len);
    h->text.len = lines_whole(h->text.data, len);
    h->stopped = h->text.len < len;
}

/* A line in a spelling of its own, by the parser; false, and nothing kept, when it is no OTLP. */
static bool parse_line(struct hand *h, const char *line, size_t len)
{
    struct sink *sink = &h->sink;
    struct quality before = h->quality;
    size_t spans = h->set.len;
    struct settle_mark settled = settle_mark(&sink->later);
    struct error ignored = {0};
    struct json root;
    if (lines_blank(line, len))
        return true;
    if (json_parse(sink->json, line, len, &root, &ignored) == 0 && otlp_json_is(root) &&
        otlp_json_read(root, sink, &ignored) == 0)
        return true;
    h->quality = before;
    h->set.len = spans;
    settle_back(&sink->later, settled);
    return false;
}

static void read_block(struct hand *h, const char *text, size_t len)
{
    bool walks = otlp_walk_begin(h->walk, text, len - 1);
    for (size_t done = 0; done < len;) {
        const char *line = text + done, *newline = memchr(line, '\n', len - done);
        size_t n = (size_t)(newline - line);
        h->sink.line = h->lines + 1;
        if (!(walks && otlp_walk_line(h->walk, line, newline)) && !parse_line(h, line, n)) {
            h->stopped = true;
            return;
        }
        h->lines++;
        h->read += n + 1;
        done += n + 1;
    }
}

static void read_lines(struct hand *h)
{
    bool cut = h->stopped;
    h->stopped = false;
    while (h->read < h->text.len && !h->stopped) {
        const char *at = h->text.data + h->read;
        read_block(h, at, lines_block(at, h->text.len - h->read, BLOCK));
    }
    h->stopped = h->stopped || cut;
}

/* ---- handing in ---------------------------------------------------------------------------- */

static uint32_t moved_text(const struct crew *c, const struct hand *h, uint32_t id)
{
    const char *text = span_string(&h->set, id);
    return id == SPAN_NONE ? SPAN_NONE : span_text(c->sink->set, text, strlen(text));
}

static void hand_in(struct crew *c, struct hand *h)
{
    uint64_t lines = c->done->lines;
    size_t before = c->sink->set->len;
    if (c->next == 0 && h->set.len < SPANS_MAX / c->segments)
        span_set_reserve(c->sink->set, c->sink->set->len + h->set.len * c->segments * 21 / 20);
    span_set_append(c->sink->set, &h->set, lines);
    quality_merge(c->sink->quality, &h->quality, lines);
    for (size_t k = 0; k < h->sink.later.judgements.len; k++) {
        struct judgement j = h->sink.later.judgements.at[k];
        j.trace = moved_text(c, h, j.trace);
        j.decision = moved_text(c, h, j.decision);
        j.line += lines;
        settle_judgement(&c->sink->later, &j);
    }
    for (size_t k = 0; k < h->sink.later.responses.len; k++) {
        const struct response *r = &h->sink.later.responses.at[k];
        settle_response(&c->sink->later, r->id, before + r->span);
    }
    if (h->read) {
        c->done->offset = h->begin + h->read;
        c->done->lines += h->lines;
    }
    if (h->stopped)
        atomic_store(&c->stop, true);
}

static void read_unit(void *arg, uint32_t worker, uint64_t i)
{
    struct crew *c = arg;
    struct hand *h = &c->hands[worker];
    h->read = h->lines = 0;
    h->stopped = false;
    read_segment(c, h, i);
    read_lines(h);
    pthread_mutex_lock(&c->lock);
    while (c->next != i)
        pthread_cond_wait(&c->turn, &c->lock);
    if (!atomic_load(&c->stop))
        hand_in(c, h);
    c->next++;
    pthread_cond_broadcast(&c->turn);
    pthread_mutex_unlock(&c->lock);
    span_set_clear(&h->set);
    h->quality = (struct quality){0};
    settle_back(&h->sink.later, (struct settle_mark){0});
    otlp_walk_forget(h->walk);
}

static void hand_init(struct hand *h, const struct sink *sink)
{
    struct error err = {0};
    span_set_init(&h->set);
    intern_init_like(&h->set.text, &sink->set->text);
    buf_init(&h->text);
    h->sink.set = &h->set;
    h->sink.quality = &h->quality;
    h->sink.options = sink->options;
    h->sink.file = sink->file;
    h->sink.file_index = sink->file_index;
    h->sink.json = json_reader_new();
    if (vocabulary_new(sink->options, &h->set, &h->quality, &h->sink.words, &err))
        BUG("options that were understood are not: %s", err.text);
    vocabulary_settle(h->sink.words, &h->sink.later);
    h->walk = otlp_walk_new(&h->sink);
}

static void hand_release(struct hand *h)
{
    otlp_walk_free(h->walk);
    vocabulary_free(h->sink.words);
    json_reader_free(h->sink.json);
    settle_release(&h->sink.later);
    span_set_release(&h->set);
    buf_release(&h->text);
}

void otlp_threads_read(const char *path, struct sink *sink, uint32_t threads, struct otlp_read *out)
{
    struct crew c = {.sink = sink, .done = out};
    *out = (struct otlp_read){0};
    if (threads < 2 || !file_at_open(path, &c.file))
        return;
    c.segments = (c.file.size + SEGMENT - 1) / SEGMENT;
    if (c.segments > 1) {
        threads = threads < c.segments ? threads : (uint32_t)c.segments;
        c.hands = mem_zero(threads, sizeof *c.hands);
        for (uint32_t i = 0; i < threads; i++)
            hand_init(&c.hands[i], sink);
        pthread_mutex_init(&c.lock, NULL);
        pthread_cond_init(&c.turn, NULL);
        atomic_init(&c.stop, false);
        struct work work = {.end = c.segments, .stop = &c.stop, .unit = read_unit, .arg = &c};
        workers_run(&work, threads);
        pthread_cond_destroy(&c.turn);
        pthread_mutex_destroy(&c.lock);
        for (uint32_t i = 0; i < threads; i++)
            hand_release(&c.hands[i]);
        mem_free(c.hands);
    }
    file_at_close(&c.file);
}
