/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names of scores are free text; one with "confidence" in it is likelier a confidence than others,
 * which may be of any quality. */
#include "trace/opinion.h"

#include "trace/voices.h"

#include <math.h>
#include <string.h>
#include <strings.h>

static bool is_called(const struct said *said, const char *name)
{
    return said->name && said->name_len == strlen(name) &&
           memcmp(said->name, name, said->name_len) == 0;
}

/* 0: not asked for; 3: the name the user gave. */
static uint8_t rank_of(const struct said *said, const struct log_options *options)
{
    static const char word[] = "confidence";
    size_t n = sizeof word - 1;
    if (options->confidence)
        return is_called(said, options->confidence) ? 3 : 0;
    for (size_t i = 0; said->name && i + n <= said->name_len; i++)
        if (strncasecmp(said->name + i, word, n) == 0)
            return 2;
    return 1;
}

static void put_decision(const struct said *said, const struct log_options *options,
                         struct span_set *set, struct judgement *j)
{
    const char *word = said->word;
    size_t len = word ? strlen(word) : 0;
    if (!said->human || (options->decision && !is_called(said, options->decision)))
        return;
    if (!word && (said->score == 0 || said->score == 1)) {
        word = said->score != 0 ? "approved" : "rejected";
        len = 8;
    }
    if (!word) {
        word = said->label;
        len = said->label_len;
    }
    if (!word || !len)
        return;
    j->decision = span_text(set, word, len);
    j->said_by = voices_put(set, said->who, said->who_len, word, len);
}

bool opinion_judge(const struct said *said, const struct log_options *options, struct span_set *set,
                   struct quality *quality, struct judgement *j)
{
    j->decision = j->said_by = SPAN_NONE;
    j->score = NAN;
    j->afterwards = true;
    put_decision(said, options, set, j);
    j->rank = rank_of(said, options);
    if (j->rank && (!said->human || j->rank == 3) && !isnan(said->score)) {
        if (said->score >= 0 && said->score <= 1)
            j->score = said->score;
        else
            quality_note(quality, QUALITY_BAD_SCORE, j->file, j->line);
    }
    return !isnan(j->score) || j->decision != SPAN_NONE;
}
