/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as a label file: of a log of two items, and of labelled confidences. */
#include "tests/fuzz/fuzz.h"

#include "base/file.h"
#include "trace/labels.h"

#include <math.h>
#include <stdio.h>
#include <unistd.h>

static const char two_items[] = "case,activity,timestamp\na,draft,2024-01-01\nb,draft,2024-01-02\n";

static void check_refusal(const struct error *err)
{
    if (err->code != ERR_INPUT && err->code != ERR_LIMIT)
        BUG("refused with %s: %s", error_code_name(err->code), err->text);
}

static void label_log(const char *path)
{
    struct trace_log log;
    struct error err = {0};
    if (log_read_text("log", two_items, sizeof two_items - 1, NULL, &log, &err))
        BUG("%s", err.text);
    if (log_labels(&log, path, &err))
        check_refusal(&err);
    else if (!log.labelled)
        BUG("labels that leave the log without");
    log_release(&log);
}

static void read_scores(const char *path)
{
    struct scored_labels l = {0};
    struct error err = {0};
    if (labels_read(path, &l, &err))
        check_refusal(&err);
    for (size_t i = 0; i < l.len; i++)
        if (!(l.at[i].confidence >= 0 && l.at[i].confidence <= 1 && l.at[i].weight >= 1))
            BUG("row %zu: confidence %g, weight %g", i, l.at[i].confidence, l.at[i].weight);
    labels_release(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct error err = {0};
    snprintf(path, sizeof path, "/tmp/seam-fuzz-labels-%ld.csv", (long)getpid());
    if (file_write(path, data, size, &err))
        BUG("%s", err.text);
    label_log(path);
    read_scores(path);
    unlink(path);
    return 0;
}
