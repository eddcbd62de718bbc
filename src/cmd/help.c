/* SPDX-License-Identifier: MIT
 * Writing help. */
#include "cmd/help.h"

#include "cmd/terminal.h"

#define WIDTH	      80
#define OPTION_INDENT 26

static void write_title(FILE *stream, const char *title)
{
	fprintf(stream, "\n%s:\n", title);
}

void help_write(FILE *stream)
{
	fputs("Usage: callstep COMMAND [OPTION]… [ARGUMENT]…\n"
	      "\n"
	      "Keeps the step-by-step logs of telephone calls and answers the call log API.\n",
		stream);
	write_title(stream, "Commands");
	for (size_t i = 0; cmd_table[i]; i++) {
		fprintf(stream, "  %-12s  %s\n", cmd_table[i]->name, cmd_table[i]->summary);
	}
	fputs("\n"
	      "'callstep help COMMAND' tells more about one of them.\n"
	      "Exit status: 0 done, 1 failed, 2 wrong usage, 3 done, but some records were\n"
	      "rejected, or privacy-scan found something.\n",
		stream);
}

/* @text's lines, each wrapped; an empty line stays one. */
static void write_paragraphs(FILE *stream, const char *text)
{
	struct text rest = text_of(text);
	struct text line;

	while (text_split(&rest, '\n', &line)) {
		if (line.size > 0 && line.data[0] == ' ') {
			fprintf(stream, "%.*s\n", TEXT_ARG(line));
		} else {
			text_write_wrapped(stream, line, 0, WIDTH);
		}
	}
}

static void write_option(FILE *stream, const struct setting *setting)
{
	char name[SETTING_NAME_MAX];
	char letter[8] = "";
	char text[1024];
	int used;

	if (setting->letter) {
		snprintf(letter, sizeof(letter), "-%c, ", setting->letter);
	}
	snprintf(name, sizeof(name), "  %s--%s%s%s", letter, setting->name,
		setting->metavariable ? " " : "",
		setting->metavariable ? setting->metavariable : "");
	used = snprintf(text, sizeof(text), "%s", setting->help);
	if (setting->fallback && used > 0 && (size_t)used < sizeof(text)) {
		snprintf(text + used, sizeof(text) - (size_t)used, " [%s]", setting->fallback);
	}
	if (strlen(name) + 2 > OPTION_INDENT) {
		fprintf(stream, "%s\n%*s", name, OPTION_INDENT, "");
	} else {
		fprintf(stream, "%-*s", OPTION_INDENT, name);
	}
	text_write_wrapped(stream, text_of(text), OPTION_INDENT, WIDTH);
}

static void write_options(FILE *stream, const char *const *names, const char *command)
{
	for (size_t i = 0; names[i]; i++) {
		write_option(stream, setting_find(text_of(names[i]), command));
	}
}

static void write_examples(FILE *stream, const char *examples)
{
	struct text rest = text_of(examples);
	struct text line;

	while (text_split(&rest, '\n', &line)) {
		fprintf(stream, "  %.*s\n", TEXT_ARG(line));
	}
}

void help_write_command(FILE *stream, const struct cmd *cmd)
{
	fprintf(stream, "Usage: callstep %s %s\n\n", cmd->name, cmd->arguments);
	write_paragraphs(stream, cmd->description);
	if (cmd->settings[0]) {
		write_title(stream, "Options");
		write_options(stream, cmd->settings, cmd->name);
	}
	write_title(stream, "Common options");
	write_options(stream, setting_common, cmd->name);
	if (cmd->examples) {
		write_title(stream, "Examples");
		write_examples(stream, cmd->examples);
	}
}
