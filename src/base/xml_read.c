/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XML by expat, which checks well-formedness (XML 1.0, fifth edition) and converts to UTF-8. */
#include "base/xml_read.h"

#include "base/buf.h"

#include <expat.h>
#include <string.h>

struct xml_reader {
    XML_Parser parser;
    struct xml_handler handler;
    unsigned depth;
    uint64_t fed;
    const char *refused; /* why the handlers stopped the parser; static */
    bool failed;
};

static void *take_memory(size_t size)
{
    return mem_alloc(size ? size : 1);
}

static void *change_memory(void *p, size_t size)
{
    return mem_resize(p, size ? size : 1);
}

static void give_memory(void *p)
{
    mem_free(p);
}

static const char *without_prefix(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

static void stop(struct xml_reader *r, const char *why)
{
    r->refused = why;
    XML_StopParser(r->parser, XML_FALSE);
}

static void XMLCALL on_begin(void *self, const char *name, const char **attributes)
{
    struct xml_reader *r = self;
    if (++r->depth > XML_DEPTH_MAX)
        stop(r, "elements are nested deeper than 256 levels");
    else
        r->handler.begin(r->handler.self, without_prefix(name), (const char *const *)attributes);
}

static void XMLCALL on_end(void *self, const char *name)
{
    struct xml_reader *r = self;
    r->depth--;
    if (!r->refused)
        r->handler.end(r->handler.self, without_prefix(name));
}

static void XMLCALL on_doctype(void *self, const char *name, const char *system_id,
                               const char *public_id, int has_internal)
{
    stop(self, "a document type (DOCTYPE) is not allowed");
}

struct xml_reader *xml_reader_new(const struct xml_handler *handler)
{
    static const XML_Memory_Handling_Suite memory = {take_memory, change_memory, give_memory};
    struct xml_reader *r = mem_zero(1, sizeof *r);
    r->handler = *handler;
    r->parser = XML_ParserCreate_MM(NULL, &memory, NULL);
    if (!r->parser)
        BUG("expat makes no parser");
    XML_SetUserData(r->parser, r);
    XML_SetElementHandler(r->parser, on_begin, on_end);
    XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
    return r;
}

void xml_reader_free(struct xml_reader *r)
{
    if (!r)
        return;
    XML_ParserFree(r->parser);
    mem_free(r);
}

static int failure(struct xml_reader *r, struct error *err)
{
    const char *why = r->refused;
    if (!why)
        why = XML_ErrorString(XML_GetErrorCode(r->parser));
    r->failed = true;
    error_set(err, ERR_INPUT, "not XML: %s", why ? why : "it is damaged");
    err->line = (uint32_t)XML_GetCurrentLineNumber(r->parser);
    err->column = (uint32_t)XML_GetCurrentColumnNumber(r->parser) + 1;
    return -1;
}

/* Expat goes through a tag from its beginning each time that more of it comes. */
static bool waits_too_long(const struct xml_reader *r)
{
    XML_Index at = XML_GetCurrentByteIndex(r->parser);
    return at >= 0 && r->fed - (uint64_t)at > XML_TAG_MAX;
}

int xml_reader_feed(struct xml_reader *r, const char *bytes, size_t len, struct error *err)
{
    enum { PIECE = 1 << 20 };
    while (len && !r->failed) {
        size_t n = len < PIECE ? len : PIECE;
        if (XML_Parse(r->parser, bytes, (int)n, 0) != XML_STATUS_OK)
            return failure(r, err);
        r->fed += n;
        if (waits_too_long(r)) {
            r->refused = "a tag is longer than 16 MiB";
            return failure(r, err);
        }
        bytes += n;
        len -= n;
    }
    return 0;
}

int xml_reader_end(struct xml_reader *r, struct error *err)
{
    if (!r->failed && XML_Parse(r->parser, "", 0, 1) != XML_STATUS_OK)
        return failure(r, err);
    return 0;
}

uint64_t xml_reader_line(const struct xml_reader *r)
{
    return XML_GetCurrentLineNumber(r->parser);
}

const char *xml_attribute(const char *const *attributes, const char *name)
{
    for (size_t i = 0; attributes[i]; i += 2)
        if (strcmp(without_prefix(attributes[i]), name) == 0)
            return attributes[i + 1];
    return NULL;
}
