/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/unit/log_facts.h"

#include "model/rules.h"

static void a_capture_has_the_facts_counted_by_hand(void **state)
{
    static const struct name_facts names[] = {
        {"lookup_price",                 27, 0, 0.000551, 0.002227, NAN               },
        {"retrieval corpus",             27, 3, 0.038976, 0.075546, NAN               },
        {"tools/call lookup_price",      27, 0, 0.000651, 0.002327, NAN               },
        {"execute_tool lookup_price",    26, 3, 0.001237, 0.00788,  NAN               },
        {"chat fake-draft-1",            24, 0, 0.030788, 0.082398, NAN               },
        {"confidence_gate",              24, 0, 9.3e-05,  0.007704, 0.8689047155580073},
        {"feedback_store",               24, 0, 7.7e-05,  0.000253, NAN               },
        {"invoke_workflow rag-pipeline", 24, 0, 0.143886, 0.202903, NAN               },
        {"human_review",                 14, 0, 0.000229, 0.000821, NAN               },
    };
    static const struct log_facts facts = {.file = "zipkin.json.gz",
                                           .format = "zipkin",
                                           .traces = 24,
                                           .spans = 217,
                                           .roots = 24,
                                           .orphans = 1,
                                           .errors = 6,
                                           .items = 24,
                                           .interrupts = 7,
                                           .names = names,
                                           .n_names = 9};
    check_facts(&facts);
}

static void spans_that_share_an_id_are_told_apart(void **state)
{
    static const struct name_facts names[] = {
        {"post",                               3, 0, 0.056,    0.125,    NAN},
        {"get",                                2, 0, 0.00149,  0.003,    NAN},
        {"post /location/update/v4",           2, 0, 0.04174,  0.131848, NAN},
        {"begin",                              1, 0, 0.000445, 0.000445, NAN},
        {"commit",                             1, 0, 0.000374, 0.000374, NAN},
        {"get my_cache_name_v2",               1, 0, 0.000993, 0.000993, NAN},
        {"get user_details_cache-20150901",    1, 0, 0.001068, 0.001068, NAN},
        {"get_multi mobile_api_nonce",         1, 0, 0.001066, 0.001066, NAN},
        {"get_multi my_cache_name_v1",         1, 0, 0.000233, 0.000233, NAN},
        {"post api proxy proxy",               1, 0, 0.088935, 0.088935, NAN},
        {"set mobile_api_nonce",               1, 0, 0.001026, 0.001026, NAN},
        {"txn: user_get_basic_and_scout_info", 1, 0, 0.003884, 0.003884, NAN},
    };
    static const struct log_facts facts = {.file = "zipkin_shared.json",
                                           .format = "zipkin",
                                           .traces = 1,
                                           .spans = 16,
                                           .roots = 1,
                                           .items = 1,
                                           .names = names,
                                           .n_names = 12};
    check_facts(&facts);
}

#define SPAN(id, more)                                                                             \
    "{\"traceId\":\"ab\",\"id\":\"" id "\",\"name\":\"a\",\"timestamp\":1700000000000000" more "}"
#define LASTS  ",\"duration\":5"
#define CLIENT SPAN("00000000000000aa", LASTS ",\"kind\":\"CLIENT\"")
#define SERVER SPAN("00000000000000aa", LASTS ",\"kind\":\"SERVER\",\"shared\":true")
#define BELOW  SPAN("00000000000000bb", LASTS ",\"parentId\":\"00000000000000aa\"")

/* Whatever their order: client > server > what the server did. */
static void the_server_is_below_its_client(void **state)
{
    static const char *const texts[] = {"[" CLIENT "," SERVER "," BELOW "]",
                                        "[[" BELOW "],[" SERVER "," CLIENT "]]",
                                        SERVER "\n" BELOW "\n" CLIENT "\n"};
    for (size_t k = 0; k < 3; k++) {
        struct trace_log log;
        size_t client = 3, server = 3, below = 3;
        read_ok(texts[k], NULL, &log);
        const struct span_set *s = &log.spans;
        assert_int_equal(s->len, 3);
        for (size_t i = 0; i < 3; i++)
            if (s->parent[i] == 0)
                client = i;
            else if (s->id[i] == 0xaa)
                server = i;
            else
                below = i;
        assert_int_equal(client + server + below, 3);
        assert_true(s->parent[server] == s->id[client] && s->parent[below] == 0xaa);
        assert_int_equal(log.quality.count[QUALITY_ORPHAN] + log.quality.count[QUALITY_CYCLE], 0);
        assert_int_equal(log.quality.count[QUALITY_DUPLICATE], 0);
        log_release(&log);
    }
    struct trace_log alone;
    read_ok("[" SERVER "," BELOW "]", NULL, &alone);
    assert_true(alone.spans.id[0] == 0xaa && alone.spans.parent[0] == 0);
    log_release(&alone);
}

static void errors_are_told_by_a_tag(void **state)
{
    static const struct {
        const char *tags;
        enum outcome outcome;
    } cases[] = {
        {"{}",                                OUTCOME_OK     },
        {"{\"error\":\"\"}",                  OUTCOME_ERROR  },
        {"{\"error\":\"500\"}",               OUTCOME_ERROR  },
        {"{\"error\":\"Request timed out\"}", OUTCOME_TIMEOUT},
        {"{\"http.status_code\":\"500\"}",    OUTCOME_OK     },
        {"[\"error\"]",                       OUTCOME_OK     },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        first_span_ends(composed("[" SPAN("1", LASTS ",\"tags\":%s") "]", cases[i].tags),
                        cases[i].outcome, false);
}

static void faults_are_counted_with_their_lines(void **state)
{
    counts_fault("[" SPAN("1", LASTS) ",\nnull]", QUALITY_UNREADABLE, 1);
    counts_fault(SPAN("1", LASTS) "\n{\"traceId\":\"ab\",\"kind\":\"CLIENT\"}", QUALITY_UNREADABLE,
                 2);
    counts_fault("[" SPAN("1", LASTS) ",\n{\"traceId\":{},\"id\":\"1\"}]", QUALITY_UNREADABLE, 2);
    counts_fault("[\n" SPAN("1", LASTS) ",\n" SPAN("1", LASTS) "]", QUALITY_DUPLICATE, 3);
    counts_fault("[\n" SPAN("1", LASTS) ",\n" SPAN("2", ",\"duration\":-5") "]", QUALITY_NEGATIVE,
                 3);
    counts_fault("[\n" SPAN("1", LASTS) ",\n" SPAN("2", "") "]", QUALITY_NO_DURATION, 3);
    counts_fault("[\n" SPAN("1", LASTS) ",\n" SPAN("2", ",\"duration\":\"soon\"") "]",
                 QUALITY_BAD_TIME, 3);
    counts_fault("[\n" SPAN("1", LASTS) ",\n{\"traceId\"", QUALITY_UNREADABLE, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_capture_has_the_facts_counted_by_hand),
        cmocka_unit_test(spans_that_share_an_id_are_told_apart),
        cmocka_unit_test(the_server_is_below_its_client),
        cmocka_unit_test(errors_are_told_by_a_tag),
        cmocka_unit_test(faults_are_counted_with_their_lines),
    };
    return cmocka_run_group_tests_name("zipkin", tests, NULL, NULL);
}
