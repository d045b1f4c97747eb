/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as the definition of each framework: refused, or a scenario that is YAML. */
#include "base/yaml_read.h"
#include "model/definition.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < definition_readers_count; i++) {
        struct definition d = {0};
        struct error err = {0};
        struct buf text = {0}, yaml = {0};
        struct yaml y;
        buf_add(&text, data, size);
        if (definition_readers[i].read("f", buf_text(&text), text.len, &d, &err) == 0) {
            definition_write(&d, NULL, &yaml, NULL);
            if (yaml.len < YAML_TEXT_MAX &&
                yaml_parse("f.yaml", buf_text(&yaml), yaml.len, &y, &err))
                BUG("written, and not read: %s", err.text);
            if (yaml.len < YAML_TEXT_MAX)
                yaml_release(&y);
        }
        definition_release(&d);
        buf_release(&text);
        buf_release(&yaml);
    }
    return 0;
}
