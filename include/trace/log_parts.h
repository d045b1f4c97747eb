/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps of log_read, for a log whose spans are not all kept; shared by log.c and stream.c. */
#ifndef SEAM_TRACE_LOG_PARTS_H
#define SEAM_TRACE_LOG_PARTS_H

#include "trace/log.h"
#include "trace/reader.h"

struct log_hooks {
    struct relief *relief;
    /* After the last file, in place of reader_end. */
    int (*end)(void *arg, struct sink *sink, struct error *err);
    void *arg;
};
/* As log_collect, where hooks is not NULL with relief while spans come. */
MUST_CHECK int log_collect_with(const char *const *paths, size_t n,
                                const struct log_options *options, const struct log_hooks *hooks,
                                struct trace_log *out, struct error *err);
/* ERR_INPUT with the place of the first fault of the data. */
MUST_CHECK int log_check_strict(const struct trace_log *log, struct error *err);
/* Forgets items, visits, attempts, edges and what is known of spans; stages stay. */
void log_forget_items(struct trace_log *log);

#endif
