/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as the rows of an event log and of a label file. */
#include "tests/fuzz/fuzz.h"

#include "trace/log.h"
#include "trace/timestamp.h"

#include <string.h>

static void read_with(const char *text, size_t len, const struct log_options *options)
{
    struct trace_log log;
    struct error err = {0};
    if (log_read_text("fuzz", text, len, options, &log, &err)) {
        if (err.code != ERR_INPUT && err.code != ERR_LIMIT)
            BUG("refused with %s: %s", error_code_name(err.code), err.text);
    } else if (log.items.len == 0 || log.spans.len == 0) {
        BUG("a log without items");
    }
    log_release(&log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char header[] =
        "case,activity,start_time,end_time,lifecycle:transition,decision\n";
    static const struct log_options named = {.item_by = "activity",
                                             .stage_by = "case",
                                             .confidence = "decision:/c",
                                             .failure_when = "decision contains x"};
    struct error err = {0};
    struct buf text;
    int64_t ns;
    buf_init(&text);
    buf_add(&text, data, size);
    if (timestamp_parse(buf_text(&text), &ns, &err) && err.code != ERR_INPUT)
        BUG("%s", err.text);
    read_with(buf_text(&text), text.len, NULL);
    buf_clear(&text);
    buf_puts(&text, header);
    buf_add(&text, data, size);
    read_with(buf_text(&text), text.len, NULL);
    read_with(buf_text(&text), text.len, &named);
    buf_release(&text);
    return 0;
}
