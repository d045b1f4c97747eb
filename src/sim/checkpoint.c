/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One walk writes and reads each part (base/pack.h).  The file ends with the SHA-256 of its content
 * (FIPS 180-4), which finds damage; what a forged content says is checked value by value. */
#include "sim/checkpoint.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>

static const char head[] = "seam checkpoint 1\n";
enum { HEAD = sizeof head - 1, SUM = 64, BYTES_MAX = 1 << 30 };

static const uint64_t TRIALS_MAX = (uint64_t)1 << 62;

/* --- bytes */

static void buf_pack(struct buf *b, struct pack *p)
{
    const void *at = buf_text(b);
    size_t len = b->len;
    pack_bytes(p, &at, &len, BYTES_MAX);
    if (!p->to && !p->broken)
        buf_add(b, at, len);
}

static void units_pack(struct checkpoint_units *u, struct pack *p)
{
    pack_flag(p, &u->present);
    if (!u->present)
        return;
    pack_value(p, &u->block, TRIALS_MAX);
    pack_check(p, u->block > 0);
    pack_value(p, &u->parts, UINT32_MAX);
    pack_value(p, &u->first, TRIALS_MAX);
    pack_value(p, &u->target, TRIALS_MAX);
    pack_value(p, &u->n_until, CHECKPOINT_UNTIL_MAX);
    for (uint64_t i = 0; i < u->n_until; i++) {
        pack_text(p, u->until[i].metric, sizeof u->until[i].metric);
        pack_double(p, &u->until[i].half_width);
    }
    share_pack(&u->share, p);
    pack_check(p, u->block > 0 && u->share.upto <= u->target / u->block);
    buf_pack(&u->sum, p);
}

static void draws_pack(struct checkpoint_draws *d, struct pack *p)
{
    pack_flag(p, &d->present);
    if (!d->present)
        return;
    pack_value(p, &d->n, UINT32_MAX);
    pack_value(p, &d->items, TRIALS_MAX);
    share_pack(&d->share, p);
    pack_check(p, d->share.upto <= d->n);
    buf_pack(&d->seen, p);
}

static void content_pack(struct checkpoint *c, struct pack *p)
{
    pack_text(p, c->scenario, sizeof c->scenario);
    pack_text(p, c->engine, sizeof c->engine);
    pack_value(p, &c->seed, UINT64_MAX);
    pack_flag(p, &c->uncertainty);
    pack_double(p, &c->level);
    draws_pack(&c->draws, p);
    units_pack(&c->units, p);
}

void checkpoint_write(struct checkpoint *c, struct buf *out)
{
    struct pack p = pack_writer(out);
    size_t start = out->len;
    char sum[SUM + 1];
    buf_add(out, head, HEAD);
    pack_text(&p, c->version, sizeof c->version);
    content_pack(c, &p);
    file_sha256(out->data + start, out->len - start, sum);
    buf_add(out, sum, SUM);
}

static int broken(const char *name, const char *why, struct error *err)
{
    return error_set(err, ERR_INPUT, "%s: cannot be resumed: %s", name, why);
}

int checkpoint_read(const char *name, const void *bytes, size_t len, struct checkpoint *out,
                    struct error *err)
{
    char sum[SUM + 1];
    *out = (struct checkpoint){0};
    if (len < HEAD + SUM || memcmp(bytes, head, HEAD) != 0)
        return broken(name, "it is not a checkpoint that this program wrote", err);
    len -= SUM;
    file_sha256(bytes, len, sum);
    if (memcmp((const char *)bytes + len, sum, SUM) != 0)
        return broken(name, "it is damaged: its checksum is wrong", err);
    struct pack p = pack_reader((const char *)bytes + HEAD, len - HEAD);
    pack_text(&p, out->version, sizeof out->version);
    if (!p.broken && strcmp(out->version, SEAM_VERSION) != 0)
        return error_set(err, ERR_INPUT, "%s: was written by version %s; this is %s", name,
                         out->version, SEAM_VERSION);
    content_pack(out, &p);
    return pack_whole(&p) ? 0 : broken(name, "its content is not that of a checkpoint", err);
}

void checkpoint_release(struct checkpoint *c)
{
    share_release(&c->draws.share);
    share_release(&c->units.share);
    buf_release(&c->draws.seen);
    buf_release(&c->units.sum);
    *c = (struct checkpoint){0};
}

/* --- keeping */

static int belongs(const struct checkpoint *c, const struct checkpoint *to, const char *name,
                   struct error *err)
{
    if (strcmp(c->scenario, to->scenario) != 0)
        return error_set(err, ERR_INPUT,
                         "%s: is of another scenario, or of this one with other --set (sha256 "
                         "%.12s..., here %.12s...)",
                         name, c->scenario, to->scenario);
    if (c->seed != to->seed)
        return error_set(err, ERR_INPUT, "%s: was run with --seed %llu, not %llu", name,
                         (unsigned long long)c->seed, (unsigned long long)to->seed);
    if (strcmp(c->engine, to->engine) != 0)
        return error_set(err, ERR_INPUT, "%s: was run by the engine `%s`, not `%s`", name,
                         c->engine, to->engine);
    if (c->uncertainty != to->uncertainty)
        return error_set(err, ERR_INPUT, "%s: was run %s drawing parameters from their evidence",
                         name, c->uncertainty ? "while" : "without");
    if (c->level != to->level && (c->uncertainty || c->units.first))
        return error_set(err, ERR_INPUT, "%s: was run with --level %g, not %g", name, c->level,
                         to->level);
    return 0;
}

/* Rank 0 alone may have read what is resumed. */
static int resume(struct keeper *k, const struct checkpoint *mine, struct error *err)
{
    struct buf bytes = {0};
    if (k->ranks->rank == 0)
        buf_add(&bytes, k->how->resume, k->how->resume_len);
    ranks_broadcast(k->ranks, &bytes);
    int status = checkpoint_read(k->how->name, buf_text(&bytes), bytes.len, &k->at, err);
    if (!status)
        status = belongs(&k->at, mine, k->how->name, err);
    buf_release(&bytes);
    k->resumed = !status;
    k->at.level = mine->level;
    return status;
}

int keeper_open(struct keeper *k, const struct pipeline *p, const struct engine_def *def,
                const struct run_options *options, bool uncertainty, struct error *err)
{
    struct checkpoint mine = {
        .seed = options->seed, .uncertainty = uncertainty, .level = options->level};
    *k = (struct keeper){.how = options->keep,
                         .ranks = options->ranks ? options->ranks : &ranks_alone,
                         .clock_s = options->clock_s};
    if ((k->how || k->ranks->size > 1) && !def->pack)
        return error_set(err, ERR_UNSUPPORTED,
                         "the engine `%s` keeps no progress and runs in one process only",
                         def->name);
    if (!k->how)
        return 0;
    if (options->n_until > CHECKPOINT_UNTIL_MAX)
        return error_set(err, ERR_USAGE, "until: at most %d metrics", CHECKPOINT_UNTIL_MAX);
    snprintf(mine.version, sizeof mine.version, "%s", SEAM_VERSION);
    snprintf(mine.scenario, sizeof mine.scenario, "%s", p->sha256);
    snprintf(mine.engine, sizeof mine.engine, "%s", def->name);
    if (k->how->name)
        return resume(k, &mine, err);
    k->at = mine;
    return 0;
}

void keeper_write(struct keeper *k)
{
    struct buf bytes = {0};
    struct error missed = {0};
    if (!k->how || !k->how->write || k->ranks->rank > 0)
        return;
    checkpoint_write(&k->at, &bytes);
    if (k->how->write(k->how->arg, bytes.data, bytes.len, &missed) == 0)
        missed = (struct error){0};
    buf_release(&bytes);
    k->missed = missed;
}

int keeper_begin(struct keeper *k, struct error *err)
{
    if (k->begun)
        return 0;
    k->begun = true;
    keeper_write(k);
    *err = k->missed.code ? k->missed : *err;
    return ranks_agree(k->ranks, k->missed.code ? -1 : 0, err);
}

void keeper_close(struct keeper *k, struct result *out)
{
    if (k->missed.code && out)
        result_warn(out, "the last progress could not be kept: %s", k->missed.text);
    checkpoint_release(&k->at);
}

double keeper_every(const struct keeper *k)
{
    return k->how && k->how->write && k->clock_s ? k->how->every_s : 0;
}
