/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "trace/pieces.h"

#include "trace/autogen.h"
#include "trace/crewai.h"

void pieces_close(struct sink *sink)
{
    if (sink->autogen)
        autogen_close(sink);
}

void pieces_open(const struct sink *sink, bool *open)
{
    if (sink->crewai)
        crewai_open(sink->crewai, open);
    if (sink->autogen)
        autogen_open(sink->autogen, open);
}

void pieces_texts(const struct sink *sink, const bool *gone, bool idle, bool *used)
{
    if (sink->crewai)
        crewai_texts(sink->crewai, gone, idle, used);
    if (sink->autogen)
        autogen_texts(sink->autogen, used);
}

void pieces_keep(struct sink *sink, const bool *gone, const uint32_t *new_text)
{
    if (sink->crewai)
        crewai_keep(sink, gone, new_text);
    if (sink->autogen)
        autogen_keep(sink, new_text);
}

void pieces_use(const struct span *s, bool *used)
{
#define X(type, name, absent)                                                                      \
    if (s->name != (absent))                                                                       \
        used[s->name] = true;
    SPAN_TEXTS_OFTEN(X)
    SPAN_TEXTS_RARE(X)
#undef X
}

void pieces_move(struct span *s, const uint32_t *new_text)
{
#define X(type, name, absent)                                                                      \
    if (s->name != (absent))                                                                       \
        s->name = new_text[s->name];
    SPAN_TEXTS_OFTEN(X)
    SPAN_TEXTS_RARE(X)
#undef X
}

uint64_t pieces_passed(struct sink *sink)
{
    return sink->crewai ? crewai_passed(sink->crewai) : 0;
}

size_t pieces_held(const struct sink *sink)
{
    return sink->crewai ? crewai_held(sink->crewai) : 0;
}
