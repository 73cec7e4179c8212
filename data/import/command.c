#include "data/command.h"
const char sg_data_import_help[] = "";
int sg_data_import(const struct sg_config *config, int argc, char **argv)
{
    (void)config, (void)argc, (void)argv;
    return 1;
}
