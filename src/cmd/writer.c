/* SPDX-License-Identifier: MIT
 * callstep-writer WHAT: writes a file that is made from the tables of commands and settings to
 * standard output. Run by the build. */
#include <string.h>

#include "cmd/completion.h"
#include "cmd/manual.h"

static const struct {
	const char *name;
	void (*write)(FILE *stream);
} files[] = {
	{"callstep.1", manual_write_program},
	{"callstep.ini.5", manual_write_settings},
	{"callstep.ini", manual_write_sample},
	{"callstep.bash", completion_write_bash},
	{"_callstep", completion_write_zsh},
	{"callstep.fish", completion_write_fish},
};

/* "callstep-calls.1": the command's page. Returns false where it is not one. */
static bool write_page(const char *name)
{
	for (size_t i = 0; cmd_table[i]; i++) {
		char page[64];

		snprintf(page, sizeof(page), "callstep-%s.%d", cmd_table[i]->name,
			manual_section(cmd_table[i]));
		if (strcmp(page, name) == 0) {
			manual_write_command(stdout, cmd_table[i]);
			return true;
		}
	}
	return false;
}

int main(int argc, char **argv)
{
	bool written = argc == 2 && write_page(argv[1]);

	for (size_t i = 0; argc == 2 && i < sizeof(files) / sizeof(files[0]); i++) {
		if (strcmp(files[i].name, argv[1]) == 0) {
			files[i].write(stdout);
			written = true;
		}
	}
	return written && fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
