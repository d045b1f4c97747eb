/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The walk from chunks of a file to lines and documents.
 *
 * JSON is read line by line in memory bounded by the longest line; a first line that is no JSON by
 * itself begins a document over several lines (reader_document.c).  CSV is read whole, OTLP in
 * Protocol Buffers, which has no lines, message by message, XES trace by trace. */
#include "trace/reader.h"

#include "base/file.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "base/workers.h"
#include "trace/autogen.h"
#include "trace/crewai.h"
#include "trace/event_csv.h"
#include "trace/lines.h"
#include "trace/otlp_stream.h"
#include "trace/otlp_threads.h"
#include "trace/otlp_walk.h"
#include "trace/pieces.h"
#include "trace/reader_parts.h"
#include "trace/record.h"
#include "trace/xes.h"

#include <string.h>

enum { BLOCK = 1 << 18 }; /* BLOCK: lines whose tokens are found at once */

/* One line of JSON, the first of which may turn out to begin a longer document, or of a logger.
 * Behind a line that could be read, one that is cut off or damaged is counted. */
static int read_line(struct feed *f, const char *s, size_t len, bool last, struct error *err)
{
    struct json root;
    f->sink->line = f->lines + 1;
    if (f->mode == MODE_LOGGER)
        return autogen_read_line(f->sink, s, len, err);
    if (lines_blank(s, len))
        return 0;
    struct error fault = {0};
    int status = 0;
    if (reader_parse(f, &s, &len, &root, &fault) == 0)
        return reader_document(f, root, err);
    if (!f->format && !last && fault.code == ERR_INPUT) {
        f->mode = MODE_DOCUMENT;
        return 0;
    }
    if (reader_damaged(f, s, len, &fault, &status, err))
        return status;
    if (!f->format && (last || fault.code != ERR_LIMIT))
        return error_at(err, fault.code, f->sink->file, f->lines + 1, 0, "%s", fault.text);
    record_unreadable(f->sink);
    return 0;
}

void reader_drop_front(struct buf *b, size_t n)
{
    memmove(b->data, b->data + n, b->len - n);
    b->len -= n;
}

static bool reads_lines(const struct feed *f)
{
    return f->mode == MODE_LINES || f->mode == MODE_LOGGER;
}

/* Lines in the usual spelling of OTLP are walked; the others are parsed. */
static int read_known(struct feed *f, const char *s, size_t len, bool walks, struct error *err)
{
    f->sink->line = f->lines + 1;
    if (walks && otlp_walk_line(f->walk, s, s + len)) {
        reader_note_format(f, READER_OTLP_JSON);
        return 0;
    }
    return read_line(f, s, len, false, err);
}

int reader_relieve(struct sink *sink, bool *moved, struct error *err)
{
    *moved = false;
    if (!sink->relief || sink->set->len + pieces_held(sink) < sink->relief->room)
        return 0;
    *moved = true;
    return sink->relief->give(sink->relief->arg, sink, err);
}

/* Between lines or messages no reader is within a record. */
int reader_relieve_feed(struct feed *f, struct error *err)
{
    bool moved;
    if (f->mode == MODE_START || f->mode == MODE_DOCUMENT || f->mode == MODE_REST)
        return 0;
    if (reader_relieve(f->sink, &moved, err))
        return -1;
    if (moved && f->walk)
        otlp_walk_forget(f->walk);
    if (moved && f->messages)
        otlp_stream_forget(f->messages);
    return 0;
}

/* Reads whole lines, up to one that begins a longer document: *done bytes of them. */
static int read_block(struct feed *f, const char *s, size_t len, size_t *done, struct error *err)
{
    bool walks = f->mode == MODE_LINES && otlp_walk_begin(f->walk, s, len - 1);
    for (*done = 0; *done < len;) {
        const char *line = s + *done, *newline = memchr(line, '\n', len - *done);
        if (read_known(f, line, (size_t)(newline - line), walks, err))
            return -1;
        if (!reads_lines(f))
            return 0;
        *done += (size_t)(newline - line) + 1;
        f->lines++;
        if (reader_relieve_feed(f, err))
            return -1;
    }
    return 0;
}

/* Reads the whole lines there are; *done bytes of them, less when a longer document begins. */
static int read_lines(struct feed *f, const char *s, size_t len, size_t *done, struct error *err)
{
    size_t taken;
    len = lines_whole(s, len);
    if (!f->walk)
        f->walk = otlp_walk_new(f->sink);
    for (*done = 0; *done < len && reads_lines(f); *done += taken)
        if (read_block(f, s + *done, lines_block(s + *done, len - *done, BLOCK), &taken, err))
            return -1;
    return 0;
}

static size_t most_of(const struct feed *f)
{
    return f->sink->options->line_max ? f->sink->options->line_max : LOG_LINE_MAX;
}

static int too_long(const struct feed *f, struct error *err)
{
    return error_at(err, ERR_LIMIT, f->sink->file, f->lines + 1, 0,
                    "a line or document is longer than %zu MiB", most_of(f) >> 20);
}

/* A line or document that is to be whole. */

static int carry_over(struct feed *f, const char *s, size_t len, struct error *err)
{
    if (f->carry.len + len > most_of(f))
        return too_long(f, err);
    buf_add(&f->carry, s, len);
    return 0;
}

/* The same of a line; behind others one that is too long is counted, and left out. */
static int carry_line(struct feed *f, const char *s, size_t len, struct error *err)
{
    if (f->leaving)
        return 0;
    if (!reads_lines(f) || !f->format || f->carry.len + len <= most_of(f))
        return carry_over(f, s, len, err);
    f->sink->line = f->lines + 1;
    record_unreadable(f->sink);
    buf_clear(&f->carry);
    f->leaving = true;
    return 0;
}

/* Reads what is carried over as far as it is whole. */
static int read_carry(struct feed *f, struct error *err)
{
    size_t done;
    buf_reserve(&f->carry, OTLP_WALK_PADDING);
    if (read_lines(f, f->carry.data, f->carry.len, &done, err))
        return -1;
    reader_drop_front(&f->carry, done);
    return 0;
}

/* Lines that lie in the chunk are read where they lie. */
static int feed_lines(struct feed *f, const char *chunk, size_t len, struct error *err)
{
    size_t done = 0;
    const char *newline = memchr(chunk, '\n', len);
    if ((f->carry.len || f->leaving) && newline) {
        done = (size_t)(newline - chunk) + 1;
        if (carry_line(f, chunk, done, err) || read_carry(f, err))
            return -1;
        f->lines += f->leaving;
        f->leaving = false;
    }
    if (newline && reads_lines(f)) {
        size_t more;
        if (read_lines(f, chunk + done, len - done, &more, err))
            return -1;
        done += more;
    }
    return carry_line(f, chunk + done, len - done, err);
}

static enum mode mode_of(struct buf *b)
{
    if (b->len >= 3 && memcmp(b->data, "\xEF\xBB\xBF", 3) == 0)
        reader_drop_front(b, 3);
    size_t i = 0;
    while (i < b->len && strchr(" \t\r\n", b->data[i]) && b->data[i])
        i++;
    if (i == b->len)
        return MODE_START;
    if (b->data[i] == '<')
        return MODE_XML;
    return b->data[i] == '{' || b->data[i] == '[' ? MODE_LINES : MODE_TEXT;
}

static void skip_blanks(struct feed *f)
{
    for (size_t i = 0; i < f->carry.len; i++)
        f->lines += f->carry.data[i] == '\n';
    buf_clear(&f->carry);
}

static int start_messages(struct feed *f, enum otlp_framing framing, const char *bytes, size_t len,
                          struct error *err)
{
    f->mode = MODE_MESSAGES;
    f->format = "otlp-proto";
    f->messages = otlp_stream_new(framing, f->sink);
    return otlp_stream_feed(f->messages, bytes, len, err);
}

/* XML may begin with its declaration and with nothing else: what is blank goes. */
static int start_events(struct feed *f, struct error *err)
{
    size_t at = 0;
    for (; f->carry.data[at] != '<'; at++)
        f->lines += f->carry.data[at] == '\n';
    f->format = "xes";
    f->events = xes_new(f->sink, f->lines);
    int status = xes_feed(f->events, f->carry.data + at, f->carry.len - at, err);
    buf_clear(&f->carry);
    return status;
}

/* What no other format takes. */
static int start_rows(struct feed *f, struct error *err)
{
    f->format = "event-csv";
    f->rows = event_csv_new(f->sink);
    int status = event_csv_feed(f->rows, f->carry.data, f->carry.len, err);
    buf_clear(&f->carry);
    return status;
}

/* The mode by the first bytes; `all`: there are no more.  Nothing but blanks tells none, and only
 * their lines count. */
static int start(struct feed *f, bool all, struct error *err)
{
    enum otlp_framing framing =
        f->begun ? OTLP_NONE : otlp_framing_of(f->carry.data, f->carry.len, all);
    f->begun = true;
    if (framing != OTLP_NONE) {
        int status = start_messages(f, framing, f->carry.data, f->carry.len, err);
        buf_clear(&f->carry);
        return status;
    }
    if (f->carry.len >= 2 &&
        (memcmp(f->carry.data, "\xFF\xFE", 2) == 0 || memcmp(f->carry.data, "\xFE\xFF", 2) == 0))
        return error_at(err, ERR_INPUT, f->sink->file, 1, 0,
                        "the text is UTF-16; write it as UTF-8 (iconv -f UTF-16 -t UTF-8)");
    f->mode = mode_of(&f->carry);
    if (f->mode == MODE_START)
        skip_blanks(f);
    if (f->mode == MODE_XML)
        return start_events(f, err);
    if (f->mode == MODE_TEXT && autogen_is_text(f->carry.data, f->carry.len)) {
        f->mode = MODE_LOGGER;
        f->format = "autogen";
    }
    if (f->mode == MODE_TEXT)
        return start_rows(f, err);
    return reads_lines(f) ? read_carry(f, err) : 0;
}

static int feed_more(struct feed *f, const char *chunk, size_t len, struct error *err)
{
    if (f->mode == MODE_MESSAGES)
        return otlp_stream_feed(f->messages, chunk, len, err);
    if (f->mode == MODE_XML)
        return xes_feed(f->events, chunk, len, err);
    if (f->mode == MODE_TEXT)
        return event_csv_feed(f->rows, chunk, len, err);
    if (!f->begun && f->carry.len == 0 && len >= OTLP_SNIFF) { /* messages need no copy */
        enum otlp_framing framing = otlp_framing_of(chunk, OTLP_SNIFF, false);
        if (framing != OTLP_NONE)
            return start_messages(f, framing, chunk, len, err);
    }
    bool lines = reads_lines(f);
    if (lines ? feed_lines(f, chunk, len, err) : carry_over(f, chunk, len, err))
        return -1;
    if (f->mode == MODE_START && f->carry.len >= OTLP_SNIFF && start(f, false, err))
        return -1;
    if (f->mode == MODE_ELEMENTS)
        return reader_elements(f, err);
    bool document = f->mode == MODE_DOCUMENT || (f->mode == MODE_LINES && !f->format) ||
                    (f->mode == MODE_REST && !f->in_map);
    return document && f->carry.len >= READER_LONG ? reader_begin_elements(f, err) : 0;
}

static int feed_end(struct feed *f, struct error *err)
{
    if (f->mode == MODE_START && f->carry.len && start(f, true, err))
        return -1;
    const char *text = buf_text(&f->carry);
    switch (f->mode) {
    case MODE_START:
        return error_at(err, ERR_INPUT, f->sink->file, 0, 0, "the log is empty");
    case MODE_LINES:
        if (!f->format && !lines_blank(text, f->carry.len))
            return reader_whole(f, err);
        return read_line(f, text, f->carry.len, true, err);
    case MODE_LOGGER:
        return read_line(f, text, f->carry.len, true, err);
    case MODE_DOCUMENT:
        return reader_whole(f, err);
    case MODE_ELEMENTS:
    case MODE_REST:
        return reader_end_elements(f, err);
    case MODE_TEXT:
        return event_csv_end(f->rows, err);
    case MODE_MESSAGES:
        return otlp_stream_end(f->messages, err);
    case MODE_XML:
        return xes_end(f->events, err);
    }
    return 0;
}

static void feed_release(struct feed *f)
{
    otlp_stream_free(f->messages);
    xes_free(f->events);
    event_csv_free(f->rows);
    otlp_walk_free(f->walk);
    buf_release(&f->carry);
    buf_release(&f->mended);
    buf_release(&f->wrapped);
}

int reader_text(const char *text, size_t len, struct sink *sink, const char **format,
                struct error *err)
{
    struct feed f = {.sink = sink};
    buf_init(&f.carry);
    int status = len ? feed_more(&f, text, len, err) : 0;
    if (!status)
        status = feed_end(&f, err);
    *format = f.format;
    feed_release(&f);
    return status;
}

/* A file that is called .gz must be gzip: a plain one is a transfer gone wrong. */
static int check_name(const char *path, struct error *err)
{
    size_t len = strlen(path);
    unsigned char head[2];
    if (len < 3 || strcmp(path + len - 3, ".gz") != 0)
        return 0;
    size_t got = file_head(path, head, sizeof head);
    if (got == 0 || (got == 2 && head[0] == 0x1f && head[1] == 0x8b))
        return 0;
    return error_at(err, ERR_INPUT, path, 0, 0,
                    "not gzip, although it is called .gz (rename it if it is plain text)");
}

/* Opens the file behind what several threads could read of it. */
static int open_log(struct feed *f, const char *path, struct file_reader **file, struct error *err)
{
    struct otlp_read done;
    otlp_threads_read(path, f->sink, workers_count(f->sink->options->threads), &done);
    if (f->sink->failed) {
        *err = f->sink->why;
        return -1;
    }
    if (!done.any) /* blanks tell no format */
        done = (struct otlp_read){0};
    if (done.lines) {
        f->mode = MODE_LINES;
        f->format = READER_OTLP_JSON;
        f->begun = true;
        f->lines = (uint32_t)done.lines;
    }
    return file_reader_open_at(path, done.offset, file, err);
}

/* Room for the spans that the rest of the file probably holds, once there are enough to tell. */
static void make_room(const struct sink *sink, size_t before, const struct file_reader *file)
{
    enum { TELLING = 1024, ROOM_MAX = 4 << 20 };
    struct span_set *set = sink->set;
    double share = file_reader_share(file);
    size_t n = set->len > before ? set->len - before : 0, most = before + ROOM_MAX;
    if (n < TELLING || set->len < set->cap / 2 || share <= 0 || share > 0.5)
        return;
    double all = (double)before + 1.05 * (double)n / share;
    if (sink->relief && sink->relief->room < most)
        most = sink->relief->room;
    span_set_reserve(set, all < (double)most ? (size_t)all : most);
}

/* The file ends in the middle, for the reason `why`: that is counted where something was read. */
static int end_damaged(struct feed *f, const struct error *why, struct error *err)
{
    struct error ignored = {0};
    uint64_t counted = f->sink->quality->count[QUALITY_UNREADABLE];
    if (feed_end(f, &ignored)) {
        *err = *why;
        return -1;
    }
    f->sink->line = f->lines + 1;
    if (f->sink->quality->count[QUALITY_UNREADABLE] == counted)
        record_unreadable(f->sink);
    return 0;
}

int reader_file(const char *path, struct sink *sink, const char **format, struct error *err)
{
    struct feed f = {.sink = sink};
    struct file_reader *file = NULL;
    const char *chunk;
    size_t len = 1, before = sink->set->len;
    int status = -1;
    struct error why = {0};
    buf_init(&f.carry);
    if (check_name(path, err) || open_log(&f, path, &file, err))
        goto out;
    while (len) {
        if (file_reader_next(file, &chunk, &len, &why)) {
            if (why.code == ERR_INPUT && (f.begun || f.messages || f.carry.len))
                break; /* damaged gzip: what came out of it counts */
            *err = why;
            goto out;
        }
        if (len && (feed_more(&f, chunk, len, err) || reader_relieve_feed(&f, err)))
            goto out;
        make_room(sink, before, file);
        progress_tell(sink->options->progress, path,
                      file_reader_share(file) * file_reader_size(file), file_reader_size(file));
    }
    if (why.code)
        status = end_damaged(&f, &why, err);
    else
        status = feed_end(&f, err);
    *format = f.format;
out:
    file_reader_close(file);
    feed_release(&f);
    return status;
}

void reader_end_spans(struct sink *sink)
{
    crewai_end(sink);
    autogen_end(sink);
}

void reader_end(struct sink *sink)
{
    reader_end_spans(sink);
    settle_all(&sink->later, sink->set, sink->quality);
}

void reader_release(struct sink *sink)
{
    crewai_release(sink);
    autogen_release(sink);
    settle_release(&sink->later);
}
