/* SPDX-License-Identifier: GPL-3.0-or-later */
/* XML in pieces of any size, told element by element: the only door to expat.
 *
 *     struct xml_reader *r = xml_reader_new(&handler);
 *     while (...) if (xml_reader_feed(r, chunk, len, &err)) ...
 *     if (xml_reader_end(r, &err)) ...
 *     xml_reader_free(r);
 *
 * Text between elements, comments and instructions are passed over.  A document type (DOCTYPE) is
 * refused: with it go entities that grow without bound and files that others name. */
#ifndef SEAM_BASE_XML_READ_H
#define SEAM_BASE_XML_READ_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/* Elements may be nested so deep, and a tag with its attributes be so long, in bytes. */
enum { XML_DEPTH_MAX = 256, XML_TAG_MAX = 16 << 20 };

/* Names come without their prefix; attributes are name, value, ..., NULL.  All texts are UTF-8 and
 * borrowed for the call. */
struct xml_handler {
    void *self;
    void (*begin)(void *self, const char *name, const char *const *attributes);
    void (*end)(void *self, const char *name);
};

struct xml_reader;
/* At the first byte of a document; the handler is copied, its self borrowed. */
struct xml_reader *xml_reader_new(const struct xml_handler *handler);
/* The next bytes.  ERR_INPUT with err->line and err->column for what is not XML; nothing is read
 * after that. */
MUST_CHECK int xml_reader_feed(struct xml_reader *r, const char *bytes, size_t len,
                               struct error *err);
/* The same error for a document that is cut off. */
MUST_CHECK int xml_reader_end(struct xml_reader *r, struct error *err);
/* Where the element of the current call begins, 1-based. */
uint64_t xml_reader_line(const struct xml_reader *r);
/* NULL is fine. */
void xml_reader_free(struct xml_reader *r);

/* The value of an attribute by its name without prefix, or NULL. */
const char *xml_attribute(const char *const *attributes, const char *name);

#endif
