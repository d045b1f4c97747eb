/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/stage_call.h"

#include "tests/support/flow.h"
#include "tests/support/support.h"

#include <string.h>
#include <time.h>

static const char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "KEY=secret",
                                          "MODE=ours", NULL};

double stage_bench_clock_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int stage_bench_open(struct stage_bench *b, bool check, const char *exec, struct error *err)
{
    struct buf flow = {0};
    struct json root;

    memset(b, 0, sizeof *b);
    buf_printf(&flow, "flow:\n  - %s: work\n%s    exec: %s\n", check ? "check" : "stage",
               check ? "    sensitivity: 90%\n" : "", exec);
    flow_read(buf_text(&flow), &b->pipeline);
    buf_release(&flow);
    b->reader = json_reader_new();
    const char *text = b->pipeline.step[0].exec;
    ok(json_parse(b->reader, text, strlen(text), &root, err), err);
    b->setting = (struct stage_setting){
        .pipeline = &b->pipeline,
        .exec = root,
        .folder = "tests/data",
        .environment = environment,
        .clock_s = stage_bench_clock_s,
    };
    b->kind = stage_kind_of(&b->setting, err);
    if (b->kind && b->kind->open(&b->setting, &b->self, err) == 0)
        return 0;
    b->kind = NULL;
    return -1;
}

void stage_bench_must(struct stage_bench *b, bool check, const char *exec)
{
    struct error err = {0};

    ok(stage_bench_open(b, check, exec, &err), &err);
}

void stage_bench_close(struct stage_bench *b)
{
    if (b->kind)
        b->kind->close(b->self);
    json_reader_free(b->reader);
    pipeline_release(&b->pipeline);
}

void stage_bench_call(const struct stage_bench *b, const char *payload, double time_limit_s,
                      const atomic_bool *cancelled, struct stage_answer *a)
{
    static const atomic_bool never;
    const struct stage_call c = {
        .item = "item 7",
        .visit = 1,
        .attempt = 2,
        .payload = payload,
        .payload_len = strlen(payload),
        .time_limit_s = time_limit_s,
        .cancelled = cancelled ? cancelled : &never,
    };

    stage_answer_init(a);
    b->kind->call(b->self, &c, a);
}

void answer_is_(const struct stage_answer *a, enum outcome want, const char *part, const char *file,
                int line)
{
    const char *text = buf_text(want == OUTCOME_OK ? &a->output : &a->says);

    if (a->outcome == want && strstr(text, part))
        return;
    print_error("outcome %d, wanted %d with \"%s\"; it says \"%s\", payload \"%s\"\n", a->outcome,
                want, part, buf_text(&a->says), buf_text(&a->output));
    _fail(file, line);
}
