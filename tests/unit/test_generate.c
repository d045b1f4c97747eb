/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "exec/kinds.h"
#include "exec/world.h"
#include "model/scenario.h"
#include "tests/support/support.h"

#include <math.h>
#include <string.h>

/* The canon that ships, taught once for all tests. */
static struct world *world;
static struct pipeline pipeline;

static int open_world(void **state)
{
    static const char text[] = "seam: 1\nflow:\n  - stage: write\n    exec: {builtin: generate}\n";
    struct faults faults = {0};
    struct scenario_options o = {0};
    struct error err = {0};
    world = world_new("scenarios");
    return scenario_parse("test.yaml", text, sizeof text - 1, &o, &pipeline, &faults, &err);
}

static int close_world(void **state)
{
    world_free(world);
    pipeline_release(&pipeline);
    return 0;
}

static int open_stage(struct json_reader *json, const char *exec, void **self, struct error *err)
{
    struct stage_setting s = {.pipeline = &pipeline, .world = world};
    ok(json_parse(json, exec, strlen(exec), &s.exec, err), err);
    return generate_kind.open(&s, self, err);
}

static void ask(void *self, const char *payload, uint64_t key, struct stage_answer *a)
{
    atomic_bool cancelled = false;
    struct stage_call c = {.payload = payload,
                           .payload_len = strlen(payload),
                           .key = key,
                           .cancelled = &cancelled,
                           .time_limit_s = INFINITY};
    stage_answer_init(a);
    generate_kind.call(self, &c, a);
}

static const char brief[] =
    "{\"brief\":\"Show Maren Osk.\",\"episode\":3,"
    "\"wants\":[{\"subject\":\"maren-osk\",\"attribute\":\"coat\"}],\"context\":["
    "{\"id\":\"a\",\"score\":2,\"text\":\"Maren Osk wears a red wool cape. She carries a walking "
    "stick.\"},"
    "{\"id\":\"b\",\"score\":1,\"text\":\"Marek Osk carries a coil of rope.\"}]}";

/* The canon says of her a green oilskin: a red cape can come from the passage alone. */
static void what_the_passages_say_is_written(void **state)
{
    struct json_reader *json = json_reader_new();
    struct stage_answer a;
    struct error err = {0};
    void *self;
    ok(open_stage(json, "{\"builtin\":\"generate\",\"temperature\":0}", &self, &err), &err);
    ask(self, brief, 1, &a);
    assert_int_equal(a.outcome, OUTCOME_OK);
    text_has(buf_text(&a.output), "\"maren-osk.coat\":\"red wool cape\"");
    text_has(buf_text(&a.output), "\"text\":\"Maren Osk: coat is red wool cape.\"");
    within(a.confidence, 0, 1);
    text_has(buf_text(&a.attributes), "\"gen_ai.response.finish_reasons\":[\"stop\"]");
    text_has(buf_text(&a.attributes), "\"gen_ai.usage.input_tokens\":22");
    text_has(buf_text(&a.attributes), "\"gen_ai.usage.output_tokens\":4");
    text_has(buf_text(&a.who), "seam-canon-");
    stage_answer_release(&a);
    generate_kind.close(self);
    json_reader_free(json);
}

static void one_key_one_answer_and_another_key_another(void **state)
{
    static const char bare[] = "{\"episode\":3,\"wants\":[{\"subject\":\"maren-osk\",\"attribute\":"
                               "\"coat\"},{\"subject\":\"nobody\",\"attribute\":\"mood\"}]}";
    struct json_reader *json = json_reader_new();
    struct error err = {0};
    int different = 0;
    void *self;
    ok(open_stage(json, "{\"builtin\":\"generate\",\"top_p\":1}", &self, &err), &err);
    for (uint64_t key = 0; key < 20; key++) {
        struct stage_answer a, b, c;
        ask(self, bare, key, &a);
        ask(self, bare, key, &b);
        ask(self, bare, key + 1000, &c);
        assert_string_equal(buf_text(&a.output), buf_text(&b.output));
        near(a.confidence, b.confidence, 0);
        text_has(buf_text(&a.output), "\"nobody.mood\":");
        different += strcmp(buf_text(&a.output), buf_text(&c.output)) != 0;
        stage_answer_release(&a);
        stage_answer_release(&b);
        stage_answer_release(&c);
    }
    within(different, 5, 20);
    generate_kind.close(self);
    json_reader_free(json);
}

/* What most of 25 samples say is what is most probable, here by far. */
static void of_several_samples_the_majority_is_taken(void **state)
{
    struct json_reader *json = json_reader_new();
    struct stage_answer a;
    struct error err = {0};
    void *self;
    ok(open_stage(json, "{\"builtin\":\"generate\",\"samples\":25,\"temperature\":1}", &self, &err),
       &err);
    for (uint64_t key = 0; key < 10; key++) {
        ask(self, brief, key, &a);
        text_has(buf_text(&a.output), "\"maren-osk.coat\":\"red wool cape\"");
        stage_answer_release(&a);
    }
    generate_kind.close(self);
    json_reader_free(json);
}

static void what_is_no_brief_fails_with_a_sentence(void **state)
{
    static const struct {
        const char *payload, *says;
    } bad[] = {
        {"{}",                                        "wants nothing"      },
        {"{\"wants\":[]}",                            "wants nothing"      },
        {"{\"wants\":[1]}",                           "something else than"},
        {"{\"wants\":[{\"subject\":\"maren-osk\"}]}", "something else than"},
        {"{\"wants\":",                               "generate: "         },
    };
    struct json_reader *json = json_reader_new();
    struct error err = {0};
    void *self;
    ok(open_stage(json, "{\"builtin\":\"generate\"}", &self, &err), &err);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct stage_answer a;
        ask(self, bad[i].payload, 1, &a);
        assert_int_equal(a.outcome, OUTCOME_ERROR);
        text_has(buf_text(&a.says), bad[i].says);
        assert_int_equal(a.output.len, 0);
        stage_answer_release(&a);
    }
    generate_kind.close(self);
    json_reader_free(json);
}

static void options_out_of_range_are_refused_at_their_place(void **state)
{
    static const struct {
        const char *exec, *says;
    } bad[] = {
        {"{\"builtin\":\"generate\",\"temperature\":-1}", "`temperature` is a number from 0 to 2"},
        {"{\"builtin\":\"generate\",\"top_p\":0}",        "`top_p` is a number above 0"          },
        {"{\"builtin\":\"generate\",\"samples\":0}",      "`samples` is a whole number"          },
        {"{\"builtin\":\"generate\",\"temprature\":1}",   "did you mean `temperature`"           },
        {"{\"builtin\":\"generate\",\"canon\":\"none\"}", "none"                                 },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct json_reader *json = json_reader_new();
        struct error err = {0};
        void *self;
        assert_int_equal(open_stage(json, bad[i].exec, &self, &err), -1);
        text_has(err.text, bad[i].says);
        json_reader_free(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_passages_say_is_written),
        cmocka_unit_test(one_key_one_answer_and_another_key_another),
        cmocka_unit_test(of_several_samples_the_majority_is_taken),
        cmocka_unit_test(what_is_no_brief_fails_with_a_sentence),
        cmocka_unit_test(options_out_of_range_are_refused_at_their_place),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
