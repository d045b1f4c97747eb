/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tools of the built-in world: what a studio's systems would tell of a canon. */
#include "exec/tools.h"

#include "base/file.h"
#include "base/json_read.h"
#include "base/json_write.h"
#include "exec/continuity.h"

#include <stdio.h>
#include <string.h>

enum { FRAMES_PER_SECOND = 24, SLOTS_MAX = 64 };

/* ---- arguments ------------------------------------------------------------------------------- */

static int parse_arguments(struct json_reader *r, const char *text, size_t len, struct json *out,
                           struct error *err)
{
    if (json_parse(r, text, len, out, err))
        return error_prefix(err, "arguments");
    return json_type(*out) == JSON_MAP
               ? 0
               : error_set(err, ERR_INPUT, "arguments: must be a JSON object");
}

/* The map `shot`, of one slot at least. */
static int want_shot(struct json arguments, struct json *shot, struct error *err)
{
    *shot = json_get(arguments, "shot");
    if (json_type(*shot) != JSON_MAP || json_count(*shot) == 0)
        return error_set(err, ERR_INPUT,
                         "shot: must be a map of slots, such as {\"maren-osk.coat\": \"...\"}");
    if (json_count(*shot) > SLOTS_MAX)
        return error_set(err, ERR_INPUT, "shot: has more than %d slots", SLOTS_MAX);
    return 0;
}

/* ---- asset_lookup ------------------------------------------------------------------------------
 */

static uint32_t find_subject(const struct canon *c, const char *text, size_t len)
{
    uint32_t s = canon_subject_of(c, text, len);

    for (uint32_t i = 0; s == CANON_NONE && i < c->subject.len; i++)
        if (strlen(c->subject.at[i].name) == len && memcmp(c->subject.at[i].name, text, len) == 0)
            s = i;
    return s;
}

/* How often the slot changed, and the last shot that showed it. */
static void put_asset(const struct canon *c, uint32_t subject, uint32_t attribute,
                      struct json_write *w)
{
    uint32_t versions = 0, value = CANON_NONE, shot = CANON_NONE;
    struct buf id = {0};

    for (size_t i = 0; i < c->by_slot.len; i++) {
        const struct canon_fact *f = &c->fact.at[c->by_slot.at[i]];
        if (f->subject != subject || f->attribute != attribute)
            continue;
        versions += f->value != value;
        value = f->value;
        if (c->chunk.at[f->chunk].kind == CANON_SHOT)
            shot = f->chunk;
    }
    if (versions == 0)
        return;
    buf_printf(&id, "%s/%s", c->subject.at[subject].id, c->attribute.at[attribute].name);
    json_open(w, '{');
    json_key(w, "id");
    json_string(w, buf_text(&id));
    json_key(w, "kind");
    json_string(w, c->attribute.at[attribute].name);
    json_key(w, "versions");
    json_uint(w, versions);
    if (shot != CANON_NONE) {
        json_key(w, "last_shot");
        json_string(w, c->chunk.at[shot].id);
    }
    json_close(w, '}');
    buf_release(&id);
}

static int asset_lookup(const struct canon *c, const char *arguments, size_t len, struct buf *out,
                        struct error *err)
{
    struct json_reader *r = json_reader_new();
    struct json root;
    struct json_write w;
    const char *text;
    size_t n;
    uint32_t s = CANON_NONE;
    int status = parse_arguments(r, arguments, len, &root, err);

    if (status)
        goto out;
    if (!json_text(json_get(root, "subject"), &text, &n)) {
        status = error_set(err, ERR_INPUT, "subject: must be a text, such as \"maren-osk\"");
        goto out;
    }
    if ((s = find_subject(c, text, n)) == CANON_NONE) {
        status = error_set(err, ERR_INPUT, "subject: the canon knows no `%.*s`",
                           n < 80 ? (int)n : 80, text);
        goto out;
    }
    json_init(&w, out, 0);
    json_open(&w, '{');
    json_key(&w, "subject");
    json_string(&w, c->subject.at[s].id);
    json_key(&w, "name");
    json_string(&w, c->subject.at[s].name);
    json_key(&w, "assets");
    json_open(&w, '[');
    for (uint32_t a = 0; a < c->attribute.len; a++)
        put_asset(c, s, a, &w);
    json_close(&w, ']');
    json_close(&w, '}');
out:
    json_reader_free(r);
    return status;
}

/* ---- render_job -------------------------------------------------------------------------------
 */

/* Two seconds of film for a slot and two to begin with; the job is named after what it renders. */
static int render_job(const struct canon *c, const char *arguments, size_t len, struct buf *out,
                      struct error *err)
{
    struct json_reader *r = json_reader_new();
    struct json root, shot;
    struct json_write w;
    struct buf text = {0};
    char digest[65], job[24];
    int status = parse_arguments(r, arguments, len, &root, err);

    if (status == 0)
        status = want_shot(root, &shot, err);
    if (status)
        goto out;
    json_dump(shot, &text);
    file_sha256(buf_text(&text), text.len, digest);
    snprintf(job, sizeof job, "job-%.12s", digest);
    uint64_t seconds = 2 + 2 * json_count(shot);
    json_init(&w, out, 0);
    json_open(&w, '{');
    json_key(&w, "job");
    json_string(&w, job);
    json_key(&w, "frames");
    json_uint(&w, seconds * FRAMES_PER_SECOND);
    json_key(&w, "seconds");
    json_uint(&w, seconds);
    json_close(&w, '}');
out:
    buf_release(&text);
    json_reader_free(r);
    return status;
}

/* ---- continuity_check ---------------------------------------------------------------------------
 */

static int continuity_check(const struct canon *c, const char *arguments, size_t len,
                            struct buf *out, struct error *err)
{
    struct json_reader *r = json_reader_new();
    struct json root, shot;
    struct problems problems = {0};
    struct json_write w;
    uint64_t episode = (uint64_t)c->episodes + 1;
    int status = parse_arguments(r, arguments, len, &root, err);

    if (status == 0)
        status = want_shot(root, &shot, err);
    if (status == 0 && json_present(json_get(root, "episode")) &&
        (!json_as_u64(json_get(root, "episode"), &episode) || episode < 1 || episode > 1000000))
        status = error_set(err, ERR_INPUT, "episode: must be a whole number from 1");
    if (status)
        goto out;
    continuity_find(c, shot, (uint32_t)episode, &problems);
    json_init(&w, out, 0);
    json_open(&w, '{');
    json_key(&w, "consistent");
    json_bool(&w, problems.len == 0);
    json_key(&w, "problems");
    json_open(&w, '[');
    for (size_t i = 0; i < problems.len; i++)
        json_string(&w, problems.at[i]);
    json_close(&w, ']');
    json_close(&w, '}');
out:
    problems_release(&problems);
    json_reader_free(r);
    return status;
}

/* A tool more: a row here and its function; the row's words are all that a model gets to see. */
static const struct tool tools[] = {
    {"asset_lookup",
     "The assets that there are of a character, place or prop, with how often each changed and the "
     "last shot that showed it.",                                                                        "{\"type\":\"object\",\"properties\":{\"subject\":{\"type\":\"string\",\"description\":"
     "\"id or full name\"}},\"required\":[\"subject\"]}",                                                                 asset_lookup    },
    {"render_job",       "Asks for a shot to be rendered; tells the job and how long the film will be.",
     "{\"type\":\"object\",\"properties\":{\"shot\":{\"type\":\"object\",\"description\":"
     "\"subject.attribute to value\",\"additionalProperties\":{\"type\":\"string\"}}},"
     "\"required\":[\"shot\"]}",                                                                                                                           render_job      },
    {"continuity_check",
     "Holds a shot against the rules of the series and the shots that came before.",                     "{\"type\":\"object\",\"properties\":{\"shot\":{\"type\":\"object\",\"description\":"
     "\"subject.attribute to value\",\"additionalProperties\":{\"type\":\"string\"}},\"episode\":"
     "{\"type\":\"integer\",\"minimum\":1}},\"required\":[\"shot\"]}", continuity_check},
};
enum { N_TOOLS = sizeof tools / sizeof *tools };

const struct tool *tools_list(size_t *n)
{
    *n = N_TOOLS;
    return tools;
}

const struct tool *tool_of(const char *name)
{
    for (size_t i = 0; i < N_TOOLS; i++)
        if (strcmp(tools[i].name, name) == 0)
            return &tools[i];
    return NULL;
}
