/* main.c - segue-data: the schema, the demo, and catalogues from elsewhere. */
#include "data/command.h"

static const struct sg_command commands[] = {
    {"migrate", "migrate [FOLDER]", "bring the database's schema up to date", NULL,
     sg_data_migrate},
    {"generate", "generate [OPTIONS]", "make a demo catalogue with listeners",
     sg_data_generate_help, sg_data_generate},
    {"demo-audio", "demo-audio [OPTIONS]", "make sound for songs that have none",
     sg_data_sound_help, sg_data_sound},
    {"import", "import FORMAT PATH... [OPTIONS]", "bring in a catalogue: jsonl, csv, ...",
     sg_data_import_help, sg_data_import},
    {"searches", "searches report [OPTIONS]", "what people search for and choose",
     sg_data_searches_help, sg_data_searches},
    {"key", "key create|list|revoke [OPTIONS]", "keys of the API and what each may find",
     sg_data_key_help, sg_data_key},
    {"masterkey", "masterkey status|rotate|rewrap|drop ID [--now]",
     "keys that wrap the keys of content", sg_data_masterkey_help, sg_data_masterkey},
    {"objects", "objects status|gc|copy [OPTIONS]", "the store of audio: orphans, moving",
     sg_data_objects_help, sg_data_objects},
    {"journals", "journals [--wait SECONDS]",
     "what was acknowledged and is not in the database yet", sg_data_journals_help,
     sg_data_journals},
    {0},
};

static const struct sg_program program = {
    .name = "segue-data",
    .summary = "schema, demo catalogue and importers",
    .commands = commands,
};

int main(int argc, char **argv)
{
    return sg_program_main(&program, argc, argv);
}
