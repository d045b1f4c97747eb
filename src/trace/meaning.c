/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A new key is a row of meaning_words, a new kind of work one of `kinds`. */
#include "trace/meaning.h"

#include "trace/note.h"

#include <string.h>
#include <strings.h>

const struct word meaning_words[] = {
    {"gen_ai.operation.name",             MEANS_KIND,       3},
    {"openinference.span.kind",           MEANS_KIND,       3},
    {"traceloop.span.kind",               MEANS_KIND,       2},
    {"mcp.method.name",                   MEANS_KIND,       2},
    {".langgraph_node",                   MEANS_NODE,       4},
    {"graph.node.id",                     MEANS_NODE,       3},
    {".node",                             MEANS_NODE,       2},
    {".thread_id",                        MEANS_SESSION,    4},
    {"session.id",                        MEANS_SESSION,    3},
    {"langfuse.session.id",               MEANS_SESSION,    3},
    {".session_id",                       MEANS_SESSION,    3},
    {"gen_ai.conversation.id",            MEANS_SESSION,    2},
    {"error.type",                        MEANS_ERROR,      1},
    {"exception.type",                    MEANS_ERROR_TEXT, 1},
    {"exception.message",                 MEANS_ERROR_TEXT, 1},
    {"gen_ai.evaluation.score.value",     MEANS_SCORE,      4},
    {"gen_ai.evaluation.name",            MEANS_SCORE_NAME, 1},
    {".confidence",                       MEANS_SCORE,      3},
    {".confidence_score",                 MEANS_SCORE,      3},
    {".verdict",                          MEANS_DECISION,   2},
    {".decision",                         MEANS_DECISION,   2},
    {".reviewer",                         MEANS_REVIEWER,   3},
    {".reviewer.id",                      MEANS_REVIEWER,   3},
    {".reviewer_id",                      MEANS_REVIEWER,   3},
    {".reviewed_by",                      MEANS_REVIEWER,   2},
    {".approved_by",                      MEANS_REVIEWER,   2},
    {".decided_by",                       MEANS_REVIEWER,   2},
    {"org:resource",                      MEANS_REVIEWER,   1},
    {"resource",                          MEANS_REVIEWER,   1},
    {"Resource",                          MEANS_REVIEWER,   1},
    {"assignee",                          MEANS_REVIEWER,   1},
    {".threshold",                        MEANS_THRESHOLD,  2},
    {"metadata",                          MEANS_METADATA,   1},
    {"output.value",                      MEANS_OUTPUT,     1},
    {"traceloop.entity.output",           MEANS_OUTPUT,     1},
    {"output",                            MEANS_OUTPUT,     1},
    {"outputs",                           MEANS_OUTPUT,     1},
    {"run_type",                          MEANS_KIND,       1},
    {"langfuse.observation.type",         MEANS_KIND,       1},
    {".conversation_id",                  MEANS_SESSION,    2},
    {"llm.request.type",                  MEANS_KIND,       2},
    {"gen_ai.system",                     MEANS_MODEL,      1},
    {"gen_ai.request.model",              MEANS_MODEL,      1},
    {"llm.model_name",                    MEANS_MODEL,      1},
    {"graph.node.name",                   MEANS_NODE,       4},
    {"traceloop.entity.name",             MEANS_NODE,       1},
    {"error.message",                     MEANS_ERROR_TEXT, 1},
    {"error",                             MEANS_ERROR_TEXT, 1},
    {".approved",                         MEANS_DECISION,   1},
    {"gen_ai.retrieval.documents",        MEANS_DOCUMENTS,  1},
    {".document.id",                      MEANS_DOCUMENT,   1},
    {"http.request.resend_count",         MEANS_TRIES,      1},
    {"http.resend_count",                 MEANS_TRIES,      1},
    {".retry_count",                      MEANS_TRIES,      1},
    {".run_attempts",                     MEANS_TRIES,      0},
    {".attempt_number",                   MEANS_TRIES,      0},
    {"llm.cost.total",                    MEANS_COST,       4},
    {"gen_ai.usage.cost",                 MEANS_COST,       4},
    {"operation.cost",                    MEANS_COST,       4},
    {".total_cost",                       MEANS_COST,       3},
    {".total_cost_usd",                   MEANS_COST,       3},
    {".cost_usd",                         MEANS_COST,       3},
    {"langfuse.observation.cost_details", MEANS_COSTS,      3},
    {"cost",                              MEANS_COST,       1},
    {"llm.cost.prompt",                   MEANS_COST_PART,  2},
    {"llm.cost.completion",               MEANS_COST_PART,  2},
    {"gen_ai.response.id",                MEANS_RESPONSE,   1},
    {"gen_ai.response.model",             MEANS_MODEL_NAME, 2},
    {"ls_model_name",                     MEANS_MODEL_NAME, 2},
    {"model",                             MEANS_MODEL_NAME, 1},
    {"gen_ai.usage.input_tokens",         MEANS_TOKENS_IN,  2},
    {"gen_ai.usage.output_tokens",        MEANS_TOKENS_OUT, 2},
    {"llm.token_count.prompt",            MEANS_TOKENS_IN,  2},
    {"llm.token_count.completion",        MEANS_TOKENS_OUT, 2},
    {".prompt_tokens",                    MEANS_TOKENS_IN,  1},
    {".completion_tokens",                MEANS_TOKENS_OUT, 1},
    {"usageDetails.input",                MEANS_TOKENS_IN,  1},
    {"usageDetails.output",               MEANS_TOKENS_OUT, 1},
    {"seam.step.kind",                    MEANS_KIND,       4},
    {"seam.visit",                        MEANS_VISIT,      1},
    {"seam.path",                         MEANS_PATH,       1},
    {"seam.attempt",                      MEANS_ATTEMPT,    1},
    {"seam.copy",                         MEANS_COPY,       1},
    {"seam.cancelled",                    MEANS_CANCELLED,  1},
    {"seam.outcome",                      MEANS_OUTCOME,    1},
    {"seam.wait_s",                       MEANS_WAIT,       1},
    {"seam.item.end",                     MEANS_ITEM_END,   1},
    {"seam.item.quality",                 MEANS_QUALITY,    1},
    {"seam.draft.quality",                MEANS_QUALITY,    1},
    {"seam.cost",                         MEANS_COST,       5},
    {"annotations.N.annotation.",         MEANS_NOTE,       1}, /* last; what note_is_key knows */
};
enum { WORDS = sizeof meaning_words / sizeof meaning_words[0] };
_Static_assert(WORDS < UINT8_MAX, "rows are told in a byte");

#define KIND(value, kind)                                                                          \
    {                                                                                              \
        value, sizeof value - 1, kind                                                              \
    }
static const struct {
    const char *value;
    size_t len;
    enum span_kind kind;
} kinds[] = {
    KIND("chat", SPAN_MODEL),
    KIND("text_completion", SPAN_MODEL),
    KIND("generate_content", SPAN_MODEL),
    KIND("LLM", SPAN_MODEL),
    KIND("GENERATION", SPAN_MODEL),
    KIND("embeddings", SPAN_DATA),
    KIND("retrieval", SPAN_DATA),
    KIND("EMBEDDING", SPAN_DATA),
    KIND("RETRIEVER", SPAN_DATA),
    KIND("RERANKER", SPAN_DATA),
    KIND("execute_tool", SPAN_TOOL),
    KIND("TOOL", SPAN_TOOL),
    KIND("tools/call", SPAN_TOOL),
    KIND("invoke_agent", SPAN_AGENT),
    KIND("create_agent", SPAN_AGENT),
    KIND("search_memory", SPAN_DATA),
    KIND("update_memory", SPAN_DATA),
    KIND("create_memory", SPAN_DATA),
    KIND("delete_memory", SPAN_DATA),
    KIND("upsert_memory", SPAN_DATA),
    KIND("resources/read", SPAN_DATA),
    KIND("completion", SPAN_MODEL),
    KIND("embedding", SPAN_DATA),
    KIND("rerank", SPAN_DATA),
    KIND("invoke_workflow", SPAN_AGENT),
    KIND("plan", SPAN_AGENT),
    KIND("AGENT", SPAN_AGENT),
    KIND("GUARDRAIL", SPAN_JUDGE),
    KIND("EVALUATOR", SPAN_JUDGE),
    KIND("check", SPAN_JUDGE),
    KIND("gate", SPAN_JUDGE),
    KIND("review", SPAN_HUMAN),
};

uint8_t meaning_row(const char *key, size_t len)
{
    if (note_is_key(key, len))
        return WORDS;
    for (size_t i = 0; i < WORDS; i++) {
        const char *k = meaning_words[i].key;
        size_t n = strlen(k);
        bool ends = *k == '.' && len >= n && memcmp(key + len - n, k, n) == 0;
        bool bare = *k == '.' && len == n - 1 && memcmp(key, k + 1, len) == 0;
        if (ends || bare || (len == n && memcmp(key, k, n) == 0))
            return (uint8_t)(1 + i);
    }
    return 0;
}

bool meaning_kind(const char *value, size_t len, uint8_t *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].len == len && (kinds[i].value[0] | 32) == (value[0] | 32) &&
            strncasecmp(kinds[i].value, value, len) == 0) {
            *kind = (uint8_t)kinds[i].kind;
            return true;
        }
    return false;
}
