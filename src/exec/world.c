/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A list of parts by name under one recursive lock: whoever asks first waits for the opening, the
 * others for the lock. */
#include "exec/world.h"

#include "exec/brief.h"

#include <pthread.h>
#include <string.h>

static const char CANON[] = "canon"; /* where none is named */

struct part {
    char *name;
    void *made;
    void (*close)(void *part);
};
struct learned {
    char *name, *text;
};
struct world {
    pthread_mutex_t lock;
    char *folder;
    VEC(struct part) part;
    VEC(struct learned) learned;
    bool canon_opened;
};

struct world *world_new(const char *folder)
{
    struct world *w = mem_zero(1, sizeof *w);
    pthread_mutexattr_t attr;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&w->lock, &attr);
    pthread_mutexattr_destroy(&attr);
    w->folder = folder ? mem_strdup(folder) : NULL;
    return w;
}

void world_free(struct world *w)
{
    if (!w)
        return;
    while (w->part.len) {
        struct part *p = &w->part.at[--w->part.len];
        if (p->close)
            p->close(p->made);
        mem_free(p->name);
    }
    for (size_t i = 0; i < w->learned.len; i++) {
        mem_free(w->learned.at[i].name);
        mem_free(w->learned.at[i].text);
    }
    vec_release(&w->part);
    vec_release(&w->learned);
    mem_free(w->folder);
    pthread_mutex_destroy(&w->lock);
    mem_free(w);
}

static void *find_part(const struct world *w, const char *name)
{
    for (size_t i = 0; i < w->part.len; i++)
        if (strcmp(w->part.at[i].name, name) == 0)
            return w->part.at[i].made;
    return NULL;
}

int world_share(struct world *w, const char *name, const struct world_part *kind, const void *arg,
                void **part, struct error *err)
{
    int status = 0;

    pthread_mutex_lock(&w->lock);
    void *made = find_part(w, name);
    if (!made) {
        status = kind->open(w, arg, &made, err);
        if (status == 0)
            vec_push(&w->part, ((struct part){mem_strdup(name), made, kind->close}));
    }
    pthread_mutex_unlock(&w->lock);
    if (status == 0)
        *part = made;
    return status;
}

/* ---- the canon ---------------------------------------------------------------------------------
 */

int world_extend(struct world *w, const char *name, const char *text, size_t len, struct error *err)
{
    struct buf copy = {0};
    int status = 0;

    pthread_mutex_lock(&w->lock);
    if (w->canon_opened) {
        status = error_set(err, ERR_INPUT, "%s: the canon is in use; extend it before", name);
    } else {
        buf_add(&copy, text, len);
        buf_putc(&copy, '\n');
        vec_push(&w->learned, ((struct learned){mem_strdup(name), buf_detach(&copy)}));
    }
    pthread_mutex_unlock(&w->lock);
    return status;
}

static int read_canon(const struct world *w, const char *path, struct canon **out,
                      struct error *err)
{
    struct buf beside = {0};

    if (w->folder && w->folder[0] && path[0] != '/')
        buf_printf(&beside, w->folder[strlen(w->folder) - 1] == '/' ? "%s" : "%s/", w->folder);
    buf_puts(&beside, path);
    int status = canon_read(buf_text(&beside), out, err);
    buf_release(&beside);
    return status;
}

static int open_canon(struct world *w, const void *arg, void **part, struct error *err)
{
    struct canon *c = NULL;
    int status = read_canon(w, arg, &c, err);

    for (size_t i = 0; i < w->learned.len && status == 0; i++)
        status = canon_add(c, w->learned.at[i].name, w->learned.at[i].text,
                           strlen(w->learned.at[i].text), err);
    if (status) {
        canon_free(c);
        return -1;
    }
    w->canon_opened = true;
    *part = c;
    return 0;
}

static void close_canon(void *part)
{
    canon_free(part);
}

int world_canon(struct world *w, const char *path, const struct canon **out, struct error *err)
{
    static const struct world_part kind = {open_canon, close_canon};
    struct buf name = {0};
    void *part = NULL;

    path = path ? path : CANON;
    buf_printf(&name, "canon %s", path);
    int status = world_share(w, buf_text(&name), &kind, path, &part, err);
    buf_release(&name);
    *out = part;
    return status;
}

/* The path that `exec` names, for the caller to free; NULL: none. */
static char *named_canon(struct json exec)
{
    const char *s;
    size_t len;
    struct buf path = {0};

    if (!json_text(json_get(exec, "canon"), &s, &len) || len == 0)
        return NULL;
    buf_add(&path, s, len);
    return buf_detach(&path);
}

int world_canon_of(const struct stage_setting *s, const struct canon **out, struct error *err)
{
    char *path = named_canon(s->exec);
    int status;

    *out = NULL;
    if (json_present(json_get(s->exec, "canon")) && !path)
        return exec_fault(s, err, "`canon` must be a path, such as `canon`");
    if (s->only_read) {
        mem_free(path);
        return 0;
    }
    if (s->world)
        status = world_canon(s->world, path, out, err);
    else
        status = exec_fault(s, err, "a built-in stage needs the world of the run");
    mem_free(path);
    return status;
}

/* ---- briefs ------------------------------------------------------------------------------------
 */

static bool is_builtin(struct json exec, const char *want)
{
    const char *word;
    size_t len;

    return json_text(json_get(exec, "builtin"), &word, &len) && len == strlen(want) &&
           memcmp(word, want, len) == 0;
}

/* The canon of the first step that works with one; NULL where no step does.  *written: does a step
 * write what the briefs want? */
static char *first_canon(const struct pipeline *p, struct json_reader *reader, bool *written)
{
    char *path = NULL;
    struct json exec;
    struct error ignored = {0};

    *written = false;
    for (uint32_t i = 0; i < p->n_steps; i++) {
        const char *text = p->step[i].exec;
        if (!text || json_parse(reader, text, strlen(text), &exec, &ignored))
            continue;
        bool writes = is_builtin(exec, "generate");
        *written |= writes;
        if (!path && !(path = named_canon(exec)) &&
            (writes || is_builtin(exec, "retrieve") || is_builtin(exec, "tool")))
            path = mem_strdup(CANON);
    }
    return path;
}

struct asked_briefs {
    const char *path;
    uint64_t seed, items;
};
struct brief_part {
    struct canon *canon; /* as it is shipped: what is learned changes no brief */
    struct brief_source *source;
    struct run_input untold; /* the same without their truth */
};

static void untold_item(void *arg, uint64_t index, const char **id, const char **class,
                        const char **payload, const char **truth)
{
    const struct run_input *told = brief_source_input(arg);

    told->item(told->arg, index, id, class, payload, truth);
    *truth = NULL;
}

static int open_briefs(struct world *w, const void *arg, void **part, struct error *err)
{
    const struct asked_briefs *asked = arg;
    struct brief_part *b = mem_zero(1, sizeof *b);

    if (read_canon(w, asked->path, &b->canon, err)) {
        mem_free(b);
        return -1;
    }
    b->source = brief_source_new(b->canon, asked->seed, asked->items);
    b->untold = (struct run_input){b->source, untold_item, brief_source_input(b->source)->items};
    *part = b;
    return 0;
}

static void close_briefs(void *part)
{
    struct brief_part *b = part;

    brief_source_free(b->source);
    canon_free(b->canon);
    mem_free(b);
}

int world_briefs(struct world *w, const struct pipeline *p, uint64_t seed, uint64_t items,
                 const struct run_input **out, struct error *err)
{
    static const struct world_part kind = {open_briefs, close_briefs};
    struct json_reader *reader = json_reader_new();
    struct asked_briefs asked = {.seed = seed, .items = items};
    struct buf name = {0};
    void *part = NULL;
    int status = 0;
    bool written;
    char *path = first_canon(p, reader, &written);

    *out = NULL;
    if (!path)
        goto out;
    asked.path = path;
    buf_printf(&name, "briefs %s %llu %llu", path, (unsigned long long)seed,
               (unsigned long long)items);
    status = world_share(w, buf_text(&name), &kind, &asked, &part, err);
    if (status == 0)
        *out = written ? brief_source_input(((struct brief_part *)part)->source)
                       : &((struct brief_part *)part)->untold;
out:
    buf_release(&name);
    mem_free(path);
    json_reader_free(reader);
    return status;
}
