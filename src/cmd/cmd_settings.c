/* SPDX-License-Identifier: MIT
 * callstep settings: what a command would work with, and where that comes from. */
#include "cmd/cmd.h"
#include "cmd/listing.h"
#include "json/json_writer.h"

#define VALUE_SIZE 4096

/* An address may hold a password. */
static struct text shown_value(const struct setting_said *said, char buffer[VALUE_SIZE])
{
	if (!said->value) {
		return TEXT("");
	}
	return strstr(said->value, "://")
		       ? text_of(cmd_shown_location(said->value, buffer, VALUE_SIZE))
		       : text_of(said->value);
}

static void add_json(struct buffer *out, const struct setting_said *said)
{
	char buffer[VALUE_SIZE];

	json_write_comma(out);
	buffer_append_byte(out, '{');
	json_add_string(out, "name", text_of(said->setting->name));
	json_add_string_or_null(out, "value", shown_value(said, buffer));
	json_add_string(out, "from", text_of(said->from));
	buffer_append_byte(out, '}');
}

static int write_json(struct cmd_run *run, struct error *err)
{
	buffer_append(&run->out, TEXT("{\"settings\":["));
	for (size_t i = 0; i < run->settings->said_count; i++) {
		if (!run->settings->said[i].setting->per_run) {
			add_json(&run->out, &run->settings->said[i]);
		}
	}
	buffer_append(&run->out, TEXT("]}"));
	return cmd_write_document(run, err);
}

static int write_listing(struct cmd_run *run, struct error *err)
{
	static const struct listing_column columns[] = {
		{"SETTING", false}, {"VALUE", false}, {"FROM", false}};
	struct listing listing;
	char buffer[VALUE_SIZE];

	listing_init(&listing, &run->view, &run->arena, columns, COUNT_OF(columns));
	for (size_t i = 0; i < run->settings->said_count; i++) {
		const struct setting_said *said = &run->settings->said[i];

		if (!said->setting->per_run) {
			listing_cell(&listing, text_of(said->setting->name));
			listing_cell(&listing, shown_value(said, buffer));
			listing_cell(&listing, text_of(said->from));
		}
	}
	return listing_write(&listing, err);
}

static int settings_run(struct cmd_run *run, struct error *err)
{
	if (run->argc > 1) {
		return cmd_wrong_usage(run->cmd, "name one command, not '%s' too", run->argv[1]);
	}
	return run->settings->json ? write_json(run, err) : write_listing(run, err);
}

static const char *const settings[] = {"json", "color", NULL};

/* clang-format off */
const struct cmd cmd_settings = {
	.name = "settings",
	.summary = "show settings, and where each comes from",
	.arguments = "[COMMAND] [OPTION]…",
	.settings = settings,
	.description =
	"Shows what COMMAND would work with, run by the same user: each setting with its value, "
	"and where that comes from. That is an option, a variable of the environment, a line of "
	"the INI file, or the default. Without COMMAND: the settings of 'callstep serve'.\n\n"
	"It takes the options of COMMAND. The password in an address is left out. A value that "
	"is not valid is an error, as it would be for COMMAND.",
	.examples =
	"callstep settings\n"
	"callstep settings import\n"
	"callstep settings serve --config /etc/callstep/callstep.ini --json",
	.operands = CMD_ANY_OPERANDS,
	.run = settings_run,
};
/* clang-format on */
