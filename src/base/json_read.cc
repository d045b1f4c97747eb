/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON in, by simdjson's DOM (Langdale and Lemire, VLDB Journal 28, 2019).
 *
 * A handle is simdjson's own element: a document and an index into its tape, so that nodes cost
 * nothing and walks are walks over the tape.  Texts that simdjson refuses for an escape without
 * its surrogate partner, or for an integer beyond 64 bits, are mended (U+FFFD; the integer as a
 * string of its digits) and parsed again; a text that is still refused is walked by a plain scanner
 * for the byte at which it goes wrong. */
extern "C" {
#include "base/buf.h"
#include "base/json_write.h"
}
#include "base/json_read.h"
#include "base/json_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <simdjson.h>
#include <type_traits>

namespace dom = simdjson::dom;

struct json_reader {
    dom::parser parser;
    struct buf mended;
};

static_assert(sizeof(dom::element) == sizeof(struct json), "a handle is an element");
static_assert(std::is_trivially_copyable<dom::element>::value, "handles are copied as bytes");
static_assert(sizeof(dom::array::iterator) == sizeof(struct json), "so are iterators");
static_assert(sizeof(dom::object::iterator) == sizeof(struct json), "of both kinds");

static struct json handle_of(const dom::element &e)
{
    struct json v;
    memcpy(&v, &e, sizeof v);
    return v;
}

static dom::element element_of(struct json v)
{
    dom::element e;
    memcpy(static_cast<void *>(&e), &v, sizeof v);
    return e;
}

struct json_reader *json_reader_new(void)
{
    std::set_new_handler(mem_exhausted);
    void *room = mem_alloc(sizeof(struct json_reader));
    struct json_reader *r = new (room) json_reader();
    buf_init(&r->mended);
    return r;
}

void json_reader_free(struct json_reader *r)
{
    if (!r)
        return;
    buf_release(&r->mended);
    r->~json_reader();
    mem_free(r);
}

static int say_fault(simdjson::error_code code, const char *text, size_t len, struct error *err)
{
    if (code == simdjson::CAPACITY || code == simdjson::DEPTH_ERROR)
        return error_set(err, ERR_LIMIT, "JSON %s",
                         code == simdjson::CAPACITY ? "is larger than 4 GB"
                                                    : "is nested deeper than 1,024");
    if (code == simdjson::MEMALLOC)
        return error_set(err, ERR_INTERNAL, "no memory for %zu bytes of JSON", len);
    if (code == simdjson::UTF8_ERROR)
        return error_set(err, ERR_INPUT, "not JSON: the text is not UTF-8");
    return json_fault(text, len, simdjson::error_message(code), err);
}

/* What the parser's index of a document takes: two words of tape and two positions for each value
 * at most, and there are no more values than these bytes. */
static bool fits(const char *text, size_t len, struct error *err)
{
    enum { EACH = 24 };
    size_t n = 0;
    if (len <= JSON_INDEX_MAX / EACH)
        return true;
    for (size_t i = 0; i < len; i++)
        n += (text[i] == ',') | (text[i] == ':') | (text[i] == '[') | (text[i] == '{');
    if (n <= JSON_INDEX_MAX / EACH)
        return true;
    error_set(err, ERR_LIMIT,
              "JSON of %zu million values in one document, which would take %zu MB to index (%d at "
              "most): write it as lines, an object in each",
              n / 1000000, n * EACH >> 20, JSON_INDEX_MAX >> 20);
    return false;
}

int json_parse(struct json_reader *r, const char *text, size_t len, struct json *root,
               struct error *err)
{
    if (!fits(text, len, err))
        return -1;
    dom::element e;
    simdjson::error_code code = r->parser.parse(text, len).get(e);
    if (code == simdjson::STRING_ERROR || code == simdjson::NUMBER_ERROR) {
        json_mend(text, len, &r->mended);
        code = r->parser.parse(r->mended.data, r->mended.len).get(e);
    }
    if (code != simdjson::SUCCESS)
        return say_fault(code, text, len, err);
    *root = handle_of(e);
    return 0;
}

/* ---- nodes ------------------------------------------------------------------------------- */

bool json_present(struct json v)
{
    return v.doc != nullptr;
}

enum json_type json_type(struct json v)
{
    if (!v.doc)
        return JSON_NULL;
    switch (element_of(v).type()) {
    case dom::element_type::ARRAY:
        return JSON_LIST;
    case dom::element_type::OBJECT:
        return JSON_MAP;
    case dom::element_type::INT64:
        return JSON_INT;
    case dom::element_type::UINT64:
        return JSON_UINT;
    case dom::element_type::DOUBLE:
        return JSON_DOUBLE;
    case dom::element_type::STRING:
        return JSON_STRING;
    case dom::element_type::BOOL:
        return JSON_BOOL;
    case dom::element_type::NULL_VALUE:
        break;
    }
    return JSON_NULL;
}

struct json json_get_n(struct json v, const char *key, size_t len)
{
    struct json found = {nullptr, 0};
    if (json_type(v) != JSON_MAP)
        return found;
    for (struct json_iter it = json_each(v); json_next(&it);)
        if (it.key_len == len && memcmp(it.key, key, len) == 0)
            found = it.value;
    return found;
}

struct json json_get(struct json v, const char *key)
{
    return json_get_n(v, key, strlen(key));
}

struct json json_get2(struct json v, const char *key, const char *other)
{
    struct json found = json_get(v, key);
    return found.doc ? found : json_get(v, other);
}

bool json_text(struct json v, const char **s, size_t *len)
{
    std::string_view text;
    if (!v.doc || element_of(v).get_string().get(text))
        return false;
    *s = text.data();
    *len = text.size();
    return true;
}

/* The text of a string as a NUL-terminated number; false when too long to be one. */
static bool number_text(struct json v, char out[64])
{
    const char *s;
    size_t len;
    if (!json_text(v, &s, &len) || len == 0 || len > 63 || memchr(s, '\0', len))
        return false;
    memcpy(out, s, len);
    out[len] = '\0';
    return true;
}

static bool double_of_text(const char *text, double *out)
{
    static const struct {
        const char *word;
        double value;
    } words[] = {
        {"NaN",       NAN      },
        {"Infinity",  INFINITY },
        {"-Infinity", -INFINITY}
    };
    for (const auto &w : words)
        if (strcmp(text, w.word) == 0) {
            *out = w.value;
            return true;
        }
    if (strchr("+eE", *text) || strspn(text, "0123456789+-.eE") != strlen(text))
        return false;
    char *end;
    *out = strtod(text, &end);
    return *end == '\0' && end != text;
}

bool json_as_double(struct json v, double *out)
{
    char text[64];
    if (number_text(v, text))
        return double_of_text(text, out);
    return v.doc && !element_of(v).get_double().get(*out);
}

template <typename T> static bool whole_of_text(const char *text, T *out)
{
    const char *end = text + strlen(text);
    std::from_chars_result got = std::from_chars(text, end, *out);
    return got.ec == std::errc() && got.ptr == end;
}

bool json_as_u64(struct json v, uint64_t *out)
{
    char text[64];
    if (number_text(v, text))
        return whole_of_text(text, out);
    return v.doc && !element_of(v).get_uint64().get(*out);
}

bool json_as_i64(struct json v, int64_t *out)
{
    char text[64];
    if (number_text(v, text))
        return whole_of_text(text, out);
    return v.doc && !element_of(v).get_int64().get(*out);
}

bool json_as_bool(struct json v, bool *out)
{
    return v.doc && !element_of(v).get_bool().get(*out);
}

size_t json_count(struct json v)
{
    size_t n = 0;
    for (struct json_iter it = json_each(v); json_next(&it);)
        n++;
    return n;
}

struct json_iter json_each(struct json v)
{
    struct json_iter it;
    memset(&it, 0, sizeof it);
    enum json_type type = json_type(v);
    struct json end = {nullptr, 0};
    if (type == JSON_LIST) {
        dom::array list = element_of(v).get_array().value_unsafe();
        dom::array::iterator first = list.begin(), last = list.end();
        memcpy(&it.next_, &first, sizeof first);
        memcpy(&end, &last, sizeof last);
    } else if (type == JSON_MAP) {
        dom::object map = element_of(v).get_object().value_unsafe();
        dom::object::iterator first = map.begin(), last = map.end();
        memcpy(&it.next_, &first, sizeof first);
        memcpy(&end, &last, sizeof last);
        it.map_ = true;
    }
    it.end_ = end.index;
    return it;
}

bool json_next(struct json_iter *it)
{
    if (it->next_.index == it->end_)
        return false;
    if (it->map_) {
        dom::object::iterator at;
        memcpy(static_cast<void *>(&at), &it->next_, sizeof at);
        std::string_view key = at.key();
        it->key = key.data();
        it->key_len = key.size();
        it->value = handle_of(at.value());
        ++at;
        memcpy(&it->next_, &at, sizeof at);
    } else {
        dom::array::iterator at;
        memcpy(static_cast<void *>(&at), &it->next_, sizeof at);
        it->value = handle_of(*at);
        ++at;
        memcpy(&it->next_, &at, sizeof at);
    }
    return true;
}

/* ---- places ------------------------------------------------------------------------------ */

/* How many maps begin on the tape from *index up to and with `last`; numbers take two words. */
static uint64_t maps_until(const dom::document *doc, uint64_t *index, uint64_t last)
{
    uint64_t n = 0;
    for (; *index <= last; ++*index) {
        uint64_t type = doc->tape[*index] >> 56;
        n += type == '{';
        if (type == 'l' || type == 'u' || type == 'd')
            ++*index;
    }
    return n;
}

/* Past the next `n` opening braces outside strings. */
static void pass_braces(struct json_place *p, uint64_t n, const char *text, size_t len)
{
    bool in_string = false;
    for (; n && p->at < len; p->at++) {
        char c = text[p->at];
        p->lines += c == '\n';
        if (in_string && c == '\\')
            p->at++;
        else if (c == '"')
            in_string = !in_string;
        else if (!in_string && c == '{')
            n--;
    }
}

uint32_t json_lines_before(struct json_place *p, struct json v, const char *text, size_t len)
{
    if (json_type(v) != JSON_MAP)
        return p->lines;
    if (v.index < p->index)
        memset(p, 0, sizeof *p);
    pass_braces(p, maps_until(static_cast<const dom::document *>(v.doc), &p->index, v.index), text,
                len);
    return p->lines;
}

/* ---- pointers and dumps ------------------------------------------------------------------ */

static struct json list_at(struct json v, const char *digits, size_t len)
{
    struct json none = {nullptr, 0};
    uint64_t index;
    std::from_chars_result got = std::from_chars(digits, digits + len, index);
    if (got.ec != std::errc() || got.ptr != digits + len || (len > 1 && *digits == '0'))
        return none;
    for (struct json_iter it = json_each(v); json_next(&it);)
        if (index-- == 0)
            return it.value;
    return none;
}

struct json json_pointer(struct json v, const char *pointer)
{
    struct json none = {nullptr, 0};
    struct buf key;
    buf_init(&key);
    while (v.doc && *pointer == '/') {
        buf_clear(&key);
        for (pointer++; *pointer && *pointer != '/'; pointer++) {
            bool tilde = *pointer == '~' && (pointer[1] == '0' || pointer[1] == '1');
            buf_putc(&key, !tilde ? *pointer : pointer[1] == '0' ? '~' : '/');
            pointer += tilde;
        }
        const char *text = buf_text(&key);
        v = json_type(v) == JSON_LIST ? list_at(v, text, key.len) : json_get_n(v, text, key.len);
    }
    buf_release(&key);
    return *pointer ? none : v;
}

static void dump(struct json v, struct json_write *w)
{
    const char *s;
    size_t len;
    enum json_type type = json_type(v);
    if (type == JSON_LIST || type == JSON_MAP) {
        json_open(w, type == JSON_LIST ? '[' : '{');
        for (struct json_iter it = json_each(v); json_next(&it);) {
            if (it.map_) {
                struct buf key;
                buf_init(&key);
                buf_add(&key, it.key, it.key_len);
                json_key(w, buf_text(&key));
                buf_release(&key);
            }
            dump(it.value, w);
        }
        json_close(w, type == JSON_LIST ? ']' : '}');
    } else if (type == JSON_STRING && json_text(v, &s, &len)) {
        json_string_n(w, s, len);
    } else if (type == JSON_BOOL) {
        json_bool(w, element_of(v).get_bool().value_unsafe());
    } else if (type == JSON_UINT) {
        json_uint(w, element_of(v).get_uint64().value_unsafe());
    } else if (type == JSON_INT || type == JSON_DOUBLE) {
        json_number(w, element_of(v).get_double().value_unsafe());
    } else {
        json_null(w);
    }
}

void json_dump(struct json v, struct buf *out)
{
    struct json_write w;
    json_init(&w, out, 0);
    dump(v, &w);
}

/* ---- tokens ------------------------------------------------------------------------------ */

struct json_index {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> stages;
};

struct json_index *json_index_new(void)
{
    void *room = mem_alloc(sizeof(struct json_index));
    return new (room) json_index();
}

void json_index_free(struct json_index *x)
{
    if (!x)
        return;
    x->~json_index();
    mem_free(x);
}

/* The places by the first of simdjson's two stages, which is the vectorised one. */
bool json_index_find(struct json_index *x, const char *text, size_t len, const uint32_t **at,
                     size_t *n)
{
    using simdjson::stage1_mode;
    if (len == 0 || len > simdjson::SIMDJSON_MAXSIZE_BYTES)
        return false;
    if (!x->stages && simdjson::get_active_implementation()->create_dom_parser_implementation(
                          len, simdjson::DEFAULT_MAX_DEPTH, x->stages))
        return false;
    if (len > x->stages->capacity() && x->stages->set_capacity(len))
        return false;
    if (x->stages->stage1(reinterpret_cast<const uint8_t *>(text), len, stage1_mode::regular))
        return false;
    *at = x->stages->structural_indexes.get();
    *n = x->stages->n_structural_indexes;
    return true;
}
