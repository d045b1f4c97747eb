/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CrewAI's events without ids (before 1.9).
 *
 * An end is of the latest open start of its kind and name, else of its kind; what begins is in the
 * latest open thing that holds things of its kind: flows hold methods, these crews, these tasks,
 * these agents, and these calls.  What runs at the same time under one name cannot be told apart.
 */
#include "trace/crewai_plain.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

enum { OPEN_MAX = 4096, NAME_MAX_LEN = 63, LEAF = 5 };

struct open {
    const char *stem; /* static */
    char name[NAME_MAX_LEN + 1];
    char id[32];
    int rank;
};
struct crewai_plain {
    VEC(struct open) open;
    uint64_t made;
    uint32_t file;
};

static int rank_of(const char *stem)
{
    static const struct {
        const char *stem;
        int rank;
    } holds[] = {
        {"flow",                 0},
        {"method_execution",     1},
        {"crew_kickoff",         2},
        {"crew_train",           2},
        {"crew_test",            2},
        {"task",                 3},
        {"agent_execution",      4},
        {"lite_agent_execution", 4},
    };
    for (size_t i = 0; i < sizeof holds / sizeof holds[0]; i++)
        if (strcmp(holds[i].stem, stem) == 0)
            return holds[i].rank;
    return LEAF;
}

static void set_name(char out[NAME_MAX_LEN + 1], const char *name, size_t len)
{
    size_t n = len < NAME_MAX_LEN ? len : NAME_MAX_LEN;
    memcpy(out, name, n);
    out[n] = '\0';
}

/* The latest open start of that kind, of that name where one has it; open.len: none. */
static size_t start_of(const struct crewai_plain *p, const char *stem, const char *name)
{
    size_t of_kind = p->open.len;
    for (size_t k = p->open.len; k-- > 0;) {
        if (strcmp(p->open.at[k].stem, stem) != 0)
            continue;
        if (strcmp(p->open.at[k].name, name) == 0)
            return k;
        if (of_kind == p->open.len)
            of_kind = k;
    }
    return of_kind;
}

static void take_out(struct crewai_plain *p, size_t at)
{
    memmove(p->open.at + at, p->open.at + at + 1, (p->open.len - at - 1) * sizeof *p->open.at);
    p->open.len--;
}

struct crewai_plain *crewai_plain_new(void)
{
    return mem_zero(1, sizeof(struct crewai_plain));
}

void crewai_plain_free(struct crewai_plain *p)
{
    if (!p)
        return;
    vec_release(&p->open);
    mem_free(p);
}

void crewai_plain_next(struct crewai_plain *p, uint32_t file, const char *stem, const char *name,
                       size_t name_len, bool begins, struct crewai_ids *out)
{
    struct open mine = {.stem = stem, .rank = rank_of(stem)};
    *out = (struct crewai_ids){"", "", ""};
    if (p->file != file)
        p->open.len = 0; /* nothing goes on in another file */
    p->file = file;
    set_name(mine.name, name, name_len);
    snprintf(mine.id, sizeof mine.id, "%u.%llu", file, (unsigned long long)++p->made);
    memcpy(out->own, mine.id, sizeof mine.id);
    size_t at = begins ? p->open.len : start_of(p, stem, mine.name);
    if (at < p->open.len) {
        memcpy(out->started, p->open.at[at].id, sizeof out->started);
        take_out(p, at);
    }
    for (size_t k = at < p->open.len ? at : p->open.len; k-- > 0 && !*out->parent;)
        if (p->open.at[k].rank < mine.rank)
            memcpy(out->parent, p->open.at[k].id, sizeof out->parent);
    if (!begins)
        return;
    if (p->open.len == OPEN_MAX)
        take_out(p, 0);
    vec_push(&p->open, mine);
}
