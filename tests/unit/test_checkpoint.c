/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs that are broken off and go on, and runs that several ranks share, end in the same text. */
#include "base/file.h"
#include "math/gsl_guard.h"
#include "model/scenario.h"
#include "sim/checkpoint.h"
#include "sim/run.h"
#include "tests/support/support.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

static const char blocks[] =
    "seam: 1\nclasses: {easy: {share: 60%}, hard: {share: 40%}}\nflow:\n"
    "  - stage: get\n    error: 25%\n    latency: {exponential: {mean: 200ms}}\n"
    "    retry: {attempts: {easy: 2, hard: 3}, backoff: {initial: 100ms}}\n"
    "    cost: {per_call: $0.01}\n"
    "  - stage: make\n    wrong: 10%\n    latency: {gamma: {mean: 2s, sd: 1s}}\n";
static const char items[] = "seam: 1\nflow:\n"
                            "  - parallel: both\n    join: all\n    branches:\n"
                            "      - [{stage: a, latency: {exponential: {mean: 1s}}}]\n"
                            "      - [{stage: b, latency: {exponential: {mean: 2s}}}]\n"
                            "  - stage: last\n    error: 3%\n";
static const char horizons[] = "seam: 1\narrivals: {poisson: 20/h}\n"
                               "horizon: {warmup: 2h, length: 30h, observe: 5h}\nflow:\n"
                               "  - stage: draft\n    wrong: 7%\n"
                               "  - review: desk\n    by: people\n    sensitivity: 90%\n"
                               "    latency: {exponential: {mean: 6m}}\n"
                               "resources: {people: {servers: 3, patience: 5m}}\n";
static const char evidence[] = "seam: 1\nflow:\n"
                               "  - stage: draft\n    wrong: 14/200\n    error: 3/203\n"
                               "    latency: {lognormal: {p50: 2s, p95: 6s}}\n"
                               "  - stage: check\n    error: 1/90\n";
static const char timed_evidence[] = "seam: 1\narrivals: {poisson: 20/h}\n"
                                     "horizon: {warmup: 2h, length: 30h}\nflow:\n"
                                     "  - stage: draft\n    wrong: 14/200\n"
                                     "  - review: desk\n    by: people\n    sensitivity: 90%\n"
                                     "    latency: {exponential: {mean: 6m}}\n"
                                     "resources: {people: {servers: 3}}\n";

static void parse(const char *text, struct pipeline *p)
{
    struct error err = {0};
    struct faults faults;
    faults_init(&faults);
    ok(scenario_parse("case.yaml", text, strlen(text), NULL, p, &faults, &err), &err);
    faults_release(&faults);
}

/* A clock of its own for every thread: a millisecond for each look. */
static double ticks(void)
{
    static _Thread_local double now;
    return now += 0.001;
}

/* A run's result as JSON without what may differ. */
static void put_text(struct result *r, struct buf *out)
{
    r->run.threads = 0;
    r->run.elapsed_s = 0;
    result_write_json(r, out);
}

/* Stops a run at its n-th write, the last that is kept: as if it were killed then. */
struct interrupter {
    struct buf kept;
    atomic_bool stop;
    int writes, stop_at;
};

static int keep(void *arg, const void *bytes, size_t len, struct error *err)
{
    struct interrupter *b = arg;
    if (++b->writes > b->stop_at && b->stop_at)
        return 0;
    buf_clear(&b->kept);
    buf_add(&b->kept, bytes, len);
    if (b->writes == b->stop_at)
        atomic_store(&b->stop, true);
    return 0;
}

static int run(const struct pipeline *p, const struct run_options *options, struct buf *text,
               bool *partial, struct error *err)
{
    struct result r;
    result_init(&r, "simulate");
    int status = run_simulate(p, options, &r, err);
    *partial = r.run.partial;
    if (!status)
        put_text(&r, text);
    result_release(&r);
    return status;
}

/* Breaks a run off at its stop_at-th write, the next part one write later and so on, each on
 * another number of threads, and compares; how many parts there were. */
static int broken_off(const char *flow, struct run_options o, int stop_at)
{
    struct pipeline p;
    struct error err = {0};
    struct buf whole = {0}, text = {0}, before = {0};
    struct interrupter b = {0};
    bool partial = true;
    int parts = 0;
    parse(flow, &p);
    ok(run(&p, &o, &whole, &partial, &err), &err);
    assert_false(partial);
    struct run_keep how = {.write = keep, .arg = &b, .every_s = 0.01};
    o.clock_s = ticks;
    o.stop = &b.stop;
    o.keep = &how;
    for (partial = true; partial; parts++) {
        assert_true(parts < 1000);
        buf_clear(&text);
        o.threads = (uint32_t)parts % 3 + 1;
        b.writes = 0;
        b.stop_at = stop_at + parts;
        atomic_store(&b.stop, false);
        ok(run(&p, &o, &text, &partial, &err), &err);
        buf_clear(&before);
        buf_add(&before, b.kept.data, b.kept.len);
        how.name = "kept";
        how.resume = before.data;
        how.resume_len = before.len;
    }
    assert_string_equal(buf_text(&text), buf_text(&whole));
    buf_release(&whole);
    buf_release(&text);
    buf_release(&before);
    buf_release(&b.kept);
    pipeline_release(&p);
    return parts;
}

static void a_run_that_had_not_done_anything_begins(void **state)
{
    struct run_options o = {.trials = 30100, .threads = 1};
    assert_true(broken_off(blocks, o, 1) > 1);
    o.trials = 20;
    assert_true(broken_off(horizons, o, 1) > 1);
    o = (struct run_options){.uncertainty = true, .draws = 20, .threads = 1};
    assert_true(broken_off(evidence, o, 1) > 1);
}

static void a_run_in_parts_ends_in_the_same_text(void **state)
{
    const struct run_until until = {"reliability", 0.002};
    struct run_options o = {.trials = 150100, .seed = 5, .threads = 2, .level = 0.95};
    assert_true(broken_off(blocks, o, 2) > 1);
    assert_true(broken_off(items, (struct run_options){.trials = 5003, .seed = 2}, 3) > 1);
    assert_true(broken_off(horizons, (struct run_options){.trials = 40, .seed = 3}, 2) > 1);
    assert_true(broken_off(evidence, (struct run_options){.uncertainty = true, .draws = 60}, 2) >
                1);
    o = (struct run_options){.trials = 10, .uncertainty = true, .draws = 30};
    assert_true(broken_off(timed_evidence, o, 2) > 1);
    o = (struct run_options){.max_trials = 10000000, .until = &until, .n_until = 1};
    assert_true(broken_off(blocks, o, 2) > 1);
}

/* --- ranks, as threads with a box for each pair of them */

enum { RANKS_MAX = 5 };

struct box {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct buf bytes;
    bool full;
};

struct office {
    struct box box[RANKS_MAX][RANKS_MAX]; /* [from][to] */
};

struct clerk {
    struct office *office;
    struct ranks ranks;
    const struct pipeline *p;
    struct run_options options;
    struct buf text;
    struct error err;
    int status;
    pthread_t thread;
};

static void send_to(void *arg, uint32_t to, const void *bytes, size_t len)
{
    struct clerk *c = arg;
    struct box *b = &c->office->box[c->ranks.rank][to];
    pthread_mutex_lock(&b->lock);
    while (b->full)
        pthread_cond_wait(&b->changed, &b->lock);
    buf_clear(&b->bytes);
    buf_add(&b->bytes, bytes, len);
    b->full = true;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

static void receive_from(void *arg, uint32_t from, struct buf *out)
{
    struct clerk *c = arg;
    struct box *b = &c->office->box[from][c->ranks.rank];
    pthread_mutex_lock(&b->lock);
    while (!b->full)
        pthread_cond_wait(&b->changed, &b->lock);
    buf_clear(out);
    buf_add(out, buf_text(&b->bytes), b->bytes.len);
    b->full = false;
    pthread_cond_broadcast(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

static void *work(void *arg)
{
    struct clerk *c = arg;
    bool partial;
    c->status = run(c->p, &c->options, &c->text, &partial, &c->err);
    return NULL;
}

/* Every rank runs with the same options; `clerk` has them afterwards. */
static void run_ranks(const struct pipeline *p, const struct run_options *o, uint32_t size,
                      struct clerk *clerk)
{
    static struct office office;
    for (uint32_t i = 0; i < size * size; i++) {
        struct box *b = &office.box[i / size][i % size];
        pthread_mutex_init(&b->lock, NULL);
        pthread_cond_init(&b->changed, NULL);
    }
    for (uint32_t i = 0; i < size; i++) {
        struct clerk *c = &clerk[i];
        *c = (struct clerk){.office = &office, .p = p, .options = *o};
        c->ranks = (struct ranks){i, size, send_to, receive_from, c};
        c->options.ranks = &c->ranks;
        c->options.clock_s = ticks;
        assert_int_equal(pthread_create(&c->thread, NULL, work, c), 0);
    }
    for (uint32_t i = 0; i < size; i++)
        pthread_join(clerk[i].thread, NULL);
    for (uint32_t i = 0; i < size * size; i++)
        buf_release(&office.box[i / size][i % size].bytes);
}

static void shared(const char *flow, const struct run_options *o)
{
    static const uint32_t sizes[] = {2, 3, 5};
    struct pipeline p;
    struct error err = {0};
    struct buf alone = {0};
    bool partial;
    parse(flow, &p);
    ok(run(&p, o, &alone, &partial, &err), &err);
    for (size_t k = 0; k < 3; k++) {
        struct clerk clerk[RANKS_MAX];
        run_ranks(&p, o, sizes[k], clerk);
        for (uint32_t i = 0; i < sizes[k]; i++)
            ok(clerk[i].status, &clerk[i].err);
        assert_string_equal(buf_text(&clerk[0].text), buf_text(&alone));
        for (uint32_t i = 0; i < sizes[k]; i++)
            buf_release(&clerk[i].text);
    }
    buf_release(&alone);
    pipeline_release(&p);
}

static void ranks_that_share_a_run_end_in_the_text_of_one(void **state)
{
    const struct run_until until = {"reliability", 0.004};
    struct run_options o = {.trials = 60100, .seed = 5, .threads = 1, .level = 0.95};
    shared(blocks, &o);
    o.trials = 2003;
    shared(items, &o);
    o.trials = 12;
    shared(horizons, &o);
    o = (struct run_options){.threads = 1, .uncertainty = true, .draws = 20, .trials = 5};
    shared(timed_evidence, &o);
    o.trials = 100000;
    shared(evidence, &o);
    o = (struct run_options){.threads = 1, .until = &until, .n_until = 1};
    shared(blocks, &o);
}

static void all_ranks_hear_of_an_error(void **state)
{
    const struct run_until until = {"no_such_metric", 0.1};
    const struct run_options o = {.threads = 1, .until = &until, .n_until = 1};
    struct clerk clerk[RANKS_MAX];
    struct pipeline p;
    parse(blocks, &p);
    run_ranks(&p, &o, 3, clerk);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(clerk[i].status, -1);
        assert_int_equal(clerk[i].err.code, ERR_USAGE);
        assert_non_null(strstr(clerk[i].err.text, "no_such_metric"));
    }
    pipeline_release(&p);
}

/* --- what is refused */

/* What a run of `flow` keeps in the end. */
static void keep_run(const char *flow, struct run_options o, struct buf *out)
{
    struct interrupter b = {0};
    struct run_keep how = {.write = keep, .arg = &b, .every_s = 1};
    struct pipeline p;
    struct error err = {0};
    struct buf text = {0};
    bool partial;
    o.keep = &how;
    parse(flow, &p);
    ok(run(&p, &o, &text, &partial, &err), &err);
    *out = b.kept;
    buf_release(&text);
    pipeline_release(&p);
}

/* Goes on from `kept`; the error's text, "" when there is none. */
static const char *go_on(const char *flow, struct run_options o, const struct buf *kept)
{
    static struct error err;
    struct run_keep how = {
        .name = "my.run", .resume = kept->data, .resume_len = kept->len, .every_s = 1};
    struct pipeline p;
    struct buf text = {0};
    bool partial;
    err = (struct error){0};
    o.keep = &how;
    parse(flow, &p);
    if (run(&p, &o, &text, &partial, &err))
        assert_int_equal(err.code, ERR_INPUT);
    buf_release(&text);
    pipeline_release(&p);
    return err.text;
}

static void what_does_not_belong_is_refused_by_name(void **state)
{
    const struct run_until until = {"reliability", 0.01};
    struct run_options o = {.trials = 3000, .seed = 5, .threads = 1}, other = o;
    struct buf kept = {0};
    keep_run(blocks, o, &kept);
    assert_string_equal(go_on(blocks, o, &kept), "");
    other.trials = 9000; /* blocks have one length: a run may go on past its end */
    assert_string_equal(go_on(blocks, other, &kept), "");
    other.trials = 2000;
    text_has(go_on(blocks, other, &kept), "my.run: cannot go on: it went for 3000 trials");
    other = o;
    other.seed = 6;
    text_has(go_on(blocks, other, &kept), "my.run: was run with --seed 5, not 6");
    text_has(go_on(items, o, &kept), "my.run: is of another scenario");
    other = o;
    other.until = &until;
    other.n_until = 1;
    text_has(go_on(blocks, other, &kept), "--until");
    buf_release(&kept);
    keep_run(items, o, &kept);
    other = o;
    other.trials = 100000;
    text_has(go_on(items, other, &kept), "units of 11 items, a run of 100000 in units of 390");
    buf_release(&kept);
    o.trials = 1;
    keep_run(horizons, o, &kept);
    text_has(go_on(horizons, other, &kept), "one horizon alone is counted in 20 parts");
    buf_release(&kept);
}

static void a_damaged_file_is_refused(void **state)
{
    const struct run_options o = {.trials = 3000, .seed = 5, .threads = 1};
    struct buf kept = {0};
    keep_run(blocks, o, &kept);
    for (size_t i = 0; i < kept.len; i += 1 + kept.len / 97) {
        kept.data[i] ^= 4;
        text_has(go_on(blocks, o, &kept), "my.run: cannot be resumed: ");
        kept.data[i] ^= 4;
        struct buf cut = {.data = kept.data, .len = i};
        text_has(go_on(blocks, o, &cut), "my.run: cannot be resumed: ");
    }
    buf_release(&kept);
}

/* With a right checksum too: whatever the content, it is refused or taken, and nothing breaks. */
static void content_that_cannot_be_is_refused(void **state)
{
    const struct run_options o = {.trials = 3000, .seed = 5, .threads = 1};
    struct checkpoint c;
    struct error err = {0};
    struct buf kept = {0}, forged = {0};
    uint32_t refused = 0, n = 0;
    keep_run(blocks, o, &kept);
    ok(checkpoint_read("my.run", kept.data, kept.len, &c, &err), &err);
    for (size_t i = 0; i < c.units.sum.len; i += 1 + c.units.sum.len / 97, n++) {
        c.units.sum.data[i] ^= 0x55;
        buf_clear(&forged);
        checkpoint_write(&c, &forged);
        refused += *go_on(blocks, o, &forged) != '\0';
        c.units.sum.data[i] ^= 0x55;
    }
    assert_true(refused > n / 3);
    c.units.share.left.len = 0; /* says that more is done than was counted */
    share_extend(&c.units.share, c.units.share.upto);
    c.units.share.upto = 1;
    buf_clear(&forged);
    checkpoint_write(&c, &forged);
    text_has(go_on(blocks, o, &forged), "does not belong to this scenario");
    checkpoint_release(&c);
    buf_release(&kept);
    buf_release(&forged);
}

static int cannot_write(void *arg, const void *bytes, size_t len, struct error *err)
{
    int *writes = arg;
    return ++*writes > 1 ? error_set(err, ERR_IO, "disk: full") : 0;
}

static void a_missed_write_is_said_in_the_end(void **state)
{
    int writes = 0;
    struct run_keep how = {.write = cannot_write, .arg = &writes, .every_s = 1};
    const struct run_options o = {.trials = 3000, .seed = 5, .keep = &how};
    struct pipeline p;
    struct result r;
    struct error err = {0};
    parse(blocks, &p);
    result_init(&r, "simulate");
    ok(run_simulate(&p, &o, &r, &err), &err);
    assert_int_equal(r.warnings.len, 1);
    text_has(r.warnings.at[0], "could not be kept: disk: full");
    writes = 1;
    assert_int_equal(run_simulate(&p, &o, &r, &err), -1);
    assert_int_equal(err.code, ERR_IO);
    result_release(&r);
    pipeline_release(&p);
}

/* --- summaries */

static void summaries_come_back_to_the_bit(void **state)
{
    struct sketch a, b;
    struct moments m = {0}, n = {0};
    struct buf bytes = {0}, again = {0};
    sketch_init(&a);
    sketch_init(&b);
    for (int i = 0; i < 20000; i++)
        sketch_add(&a, i % 7 ? pow(1.003, i % 3000) - 1 : 0);
    sketch_restore(&a, sketch_cell_of(2.5), (struct sketch_cell){3000000000000, 12345});
    moments_add(&m, 3, -17.25, 401.0);
    struct pack p = pack_writer(&bytes);
    sketch_pack(&a, &p);
    moments_pack(&m, &p);
    struct pack q = pack_reader(bytes.data, bytes.len);
    sketch_pack(&b, &q);
    moments_pack(&n, &q);
    assert_true(pack_whole(&q));
    p = pack_writer(&again);
    sketch_pack(&b, &p);
    moments_pack(&n, &p);
    assert_int_equal(bytes.len, again.len);
    assert_memory_equal(bytes.data, again.data, bytes.len);
    for (size_t i = 0; i < sketch_cells(); i++) {
        assert_true(sketch_cell_at(&a, i).n == sketch_cell_at(&b, i).n);
        assert_true(sketch_cell_at(&a, i).low == sketch_cell_at(&b, i).low);
    }
    assert_true(a.n == b.n && a.min == b.min && a.max == b.max);
    q = pack_reader(bytes.data, bytes.len); /* a second time: added */
    sketch_pack(&b, &q);
    assert_true(b.n == 2 * a.n && b.max == a.max);
    sketch_release(&a);
    sketch_release(&b);
    buf_release(&bytes);
    buf_release(&again);
}

static void numbers_come_back_and_others_are_refused(void **state)
{
    static const uint64_t x[] = {0, 1, 127, 128, 16383, 16384, (uint64_t)1 << 62, UINT64_MAX};
    struct buf bytes = {0};
    struct pack w = pack_writer(&bytes);
    for (size_t i = 0; i < 8; i++)
        pack_value(&w, &(uint64_t){x[i]}, UINT64_MAX);
    struct pack r = pack_reader(bytes.data, bytes.len);
    for (size_t i = 0; i < 8; i++) {
        uint64_t y = 9;
        pack_value(&r, &y, UINT64_MAX);
        assert_true(y == x[i]);
    }
    assert_true(pack_whole(&r));
    r = pack_reader(bytes.data, bytes.len - 1); /* the last number is cut short */
    for (size_t i = 0; i < 8; i++)
        pack_value(&r, &(uint64_t){0}, UINT64_MAX);
    assert_true(r.broken);
    r = pack_reader("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10); /* 2^64 and more */
    pack_value(&r, &(uint64_t){0}, UINT64_MAX);
    assert_true(r.broken);
    r = pack_reader("\x05", 1);
    pack_value(&r, &(uint64_t){0}, 4);
    assert_true(r.broken);
    buf_release(&bytes);
}

static int prepare(void **state)
{
    math_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_that_had_not_done_anything_begins),
        cmocka_unit_test(a_run_in_parts_ends_in_the_same_text),
        cmocka_unit_test(ranks_that_share_a_run_end_in_the_text_of_one),
        cmocka_unit_test(all_ranks_hear_of_an_error),
        cmocka_unit_test(what_does_not_belong_is_refused_by_name),
        cmocka_unit_test(a_damaged_file_is_refused),
        cmocka_unit_test(content_that_cannot_be_is_refused),
        cmocka_unit_test(a_missed_write_is_said_in_the_end),
        cmocka_unit_test(summaries_come_back_to_the_bit),
        cmocka_unit_test(numbers_come_back_and_others_are_refused),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, prepare, NULL);
}
