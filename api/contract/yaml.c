/* yaml.c - JSON written as YAML. */
#include "api/contract/parts.h"
#include <stdlib.h>
#include <string.h>

static bool is_scalar(const json_t *v)
{
    return !(json_is_object(v) && json_object_size(v)) && !(json_is_array(v) && json_array_size(v));
}

/* Scalars and empty containers are the same in YAML as in JSON. */
static void yaml_scalar(FILE *to, const json_t *v)
{
    char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
    fprintf(to, "%s\n", text ? text : "null");
    free(text);
}

static void yaml_value(FILE *to, json_t *v, int indent);

static void yaml_object(FILE *to, json_t *v, int indent, bool in_list)
{
    const char *key;
    json_t *child;
    bool first = in_list;
    json_object_foreach(v, key, child)
    {
        json_t *name = json_string(key);
        char *quoted = json_dumps(name, JSON_ENCODE_ANY);
        json_decref(name);
        bool plain =
            strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") == strlen(key);
        fprintf(to, "%*s%s:", first ? 0 : indent, "", plain ? key : quoted);
        free(quoted);
        first = false;
        if (is_scalar(child)) {
            fputc(' ', to);
            yaml_scalar(to, child);
        } else {
            fputc('\n', to);
            yaml_value(to, child, indent + 2);
        }
    }
}

static void yaml_value(FILE *to, json_t *v, int indent)
{
    size_t i;
    json_t *child;
    if (json_is_object(v)) {
        yaml_object(to, v, indent, false);
        return;
    }
    json_array_foreach(v, i, child)
    {
        fprintf(to, "%*s- ", indent, "");
        if (is_scalar(child))
            yaml_scalar(to, child);
        else
            yaml_object(to, child, indent + 2, true);
    }
}

void contract_yaml(FILE *to, json_t *v)
{
    yaml_value(to, v, 0);
}
