/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One pass over the bytes before libfyaml sees them, and a look at the lines around the place where
 * it stumbled. */
#include "base/yaml_text.h"

#include "base/utf8.h"
#include "base/yaml_read.h"

#include <ctype.h>
#include <string.h>

/* Length of the character at s, 0 when it is none or no text. */
static size_t text_length(const char *s, size_t len)
{
    unsigned char c = (unsigned char)s[0];
    bool control = c < 0x20 && c != '\t' && c != '\n' && c != '\r';
    return control || c == 0x7F ? 0 : utf8_length(s, len);
}

int yaml_text_check(const char *file, const char *text, size_t len, struct error *err)
{
    uint32_t line = 1, column = 1;

    if (len > YAML_TEXT_MAX)
        return error_at(err, ERR_LIMIT, file, 0, 0,
                        "%zu bytes of text; at most %d (1 MiB) are read", len, YAML_TEXT_MAX);
    for (size_t i = 0; i < len;) {
        size_t n = text_length(text + i, len - i);
        if (n == 0)
            return error_at(err, ERR_INPUT, file, line, column,
                            "not YAML: byte 0x%02X is not UTF-8 text", (unsigned char)text[i]);
        if (text[i] == '%' && column == 1) /* libfyaml takes quadratic time on them */
            return error_at(err, ERR_INPUT, file, line, column,
                            "not YAML that is read here: a line may not begin with %%");
        if (text[i] == '\n') {
            line++;
            column = 1;
        } else {
            column++;
        }
        i += n;
    }
    return 0;
}

const char *yaml_text_line(const char *source, uint32_t line, size_t *len)
{
    const char *s = source;

    for (uint32_t i = 1; i < line && s; i++) {
        s = strchr(s, '\n');
        s = s ? s + 1 : NULL;
    }
    if (s == NULL) {
        *len = 0;
        return "";
    }
    *len = strcspn(s, "\r\n");
    return s;
}

/* YAML's own traps, told from the line where libfyaml stumbled; "" when none is seen. */
static const char *hint_in(const char *s, size_t len)
{
    size_t i = 0, word;

    while (i < len && (s[i] == ' ' || s[i] == '\t' || s[i] == '-'))
        if (s[i++] == '\t')
            return "; indent with spaces: YAML allows no tabs there";
    word = i;
    while (i < len && strchr("abcdefghijklmnopqrstuvwxyz_", s[i]))
        i++;
    if (i > word && i + 1 < len && s[i] == ':' && s[i + 1] != ' ' && s[i + 1] != '/')
        return "; put a space after the colon";
    if (i > word && i + 2 < len && s[i] == ':' && s[i + 1] == ' ' && strchr("<>=", s[i + 2]))
        return "; bounds are written in words: at most 1%, at least 99%";
    for (i = 0; i + 1 < len; i++) {
        if (s[i] != '{' && s[i] != ',')
            continue;
        word = i + 1 + strspn(s + i + 1, " ");
        word += strspn(s + word, "abcdefghijklmnopqrstuvwxyz_");
        if (word + 1 < len && s[word] == ':' && isdigit((unsigned char)s[word + 1]))
            return "; put a space after the colon";
    }
    return "";
}

const char *yaml_text_hint(const char *source, uint32_t line)
{
    const char *found = "";

    for (uint32_t i = 0; i < 3 && *found == '\0'; i++) {
        static const int around[] = {0, 1, -1};
        size_t len;
        if ((int64_t)line + around[i] < 1)
            continue;
        const char *s = yaml_text_line(source, (uint32_t)((int64_t)line + around[i]), &len);
        found = hint_in(s, len);
    }
    return found;
}
