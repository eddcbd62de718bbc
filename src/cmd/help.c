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

/* ---- the manual page ---- */

/* @text in roff: no line begins with a control character, `-` and `\` mean themselves. */
static void write_roff(FILE *stream, const char *text)
{
	bool line_start = true;

	for (const char *c = text; *c; c++) {
		if (line_start && (*c == '.' || *c == '\'')) {
			fputs("\\&", stream);
		}
		if (*c == '-' || *c == '\\') {
			fputs(*c == '-' ? "\\-" : "\\e", stream);
		} else {
			fputc(*c, stream);
		}
		line_start = *c == '\n';
	}
}

/* @text's paragraphs; lines that begin with a space are kept as they are. */
static void write_roff_paragraphs(FILE *stream, const char *text)
{
	char line_text[1024];
	struct text rest = text_of(text);
	struct text line;
	bool verbatim = false;

	while (text_split(&rest, '\n', &line)) {
		bool is_verbatim = line.size > 0 && line.data[0] == ' ';

		if (is_verbatim != verbatim) {
			fputs(is_verbatim ? ".nf\n" : ".fi\n", stream);
			verbatim = is_verbatim;
		}
		if (line.size == 0) {
			fputs(".PP\n", stream);
			continue;
		}
		snprintf(line_text, sizeof(line_text), "%.*s\n", TEXT_ARG(line));
		write_roff(stream, line_text);
	}
	fputs(verbatim ? ".fi\n" : "", stream);
}

static void write_roff_option(FILE *stream, const struct setting *setting)
{
	char limits[256];

	fputs(".TP\n", stream);
	if (setting->letter) {
		fprintf(stream, "\\fB\\-%c\\fR, ", setting->letter);
	}
	fputs("\\fB\\-\\-", stream);
	write_roff(stream, setting->name);
	fprintf(stream, "\\fR%s%s%s\n", setting->metavariable ? " \\fI" : "",
		setting->metavariable ? setting->metavariable : "",
		setting->metavariable ? "\\fR" : "");
	write_roff(stream, setting->help);
	fputc('\n', stream);
	if (setting->type != SETTING_FLAG && setting->type != SETTING_TEXT &&
		setting->type != SETTING_LIST && setting->type != SETTING_FILTER) {
		fputs("Takes ", stream);
		write_roff(stream, setting_limits(setting, limits, sizeof(limits)));
		fputs(".\n", stream);
	}
	if (setting->fallback) {
		fputs("Default: ", stream);
		write_roff(stream, setting->fallback);
		fputs(".\n", stream);
	}
}

static void write_roff_options(FILE *stream, const char *const *names, const char *command)
{
	for (size_t i = 0; names[i]; i++) {
		write_roff_option(stream, setting_find(text_of(names[i]), command));
	}
}

static void write_roff_command(FILE *stream, const struct cmd *cmd)
{
	fprintf(stream, ".SS callstep %s ", cmd->name);
	write_roff(stream, cmd->arguments);
	fputc('\n', stream);
	write_roff_paragraphs(stream, cmd->description);
	write_roff_options(stream, cmd->settings, cmd->name);
	if (cmd->examples) {
		fputs(".PP\nExamples:\n.PP\n.nf\n.RS 2\n", stream);
		write_roff(stream, cmd->examples);
		fputs("\n.RE\n.fi\n", stream);
	}
}

static void write_roff_settings(FILE *stream)
{
	char name[SETTING_NAME_MAX];
	const struct setting *row = NULL;

	fputs(".SH SETTINGS\n"
	      "A setting is taken from the option, then from the environment, then from the INI "
	      "file, then it has its default.\n"
	      "In the INI file the option's name stands without dashes before it, as in\n"
	      ".PP\n.nf\n  api\\-detail\\-days = 5\n.fi\n.PP\n"
	      "These variables of the environment are read:\n",
		stream);
	while ((row = setting_next(row))) {
		if (!row->per_run) {
			fprintf(stream, ".TP\n\\fB%s\\fR\nas \\-\\-",
				setting_environment_name(row->name, name));
			write_roff(stream, row->name);
			fputc('\n', stream);
		}
	}
	fputs(".TP\n\\fBNO_COLOR\\fR\nno colour unless \\-\\-color=always\n"
	      ".TP\n\\fBTZ\\fR\nthe local zone\n",
		stream);
}

void help_write_manual(FILE *stream)
{
	fputs(".TH CALLSTEP 1 \"\" \"callstep " CALLSTEP_VERSION "\" \"callstep\"\n"
	      ".SH NAME\n"
	      "callstep \\- keep the step-by-step logs of telephone calls\n"
	      ".SH SYNOPSIS\n"
	      "\\fBcallstep\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]… [\\fIARGUMENT\\fR]…\n"
	      ".SH DESCRIPTION\n"
	      "callstep keeps, for every telephone call, its header and its step-by-step log, and\n"
	      "serves them through the call log API.\n"
	      ".SH COMMON OPTIONS\n",
		stream);
	write_roff_options(stream, setting_common, NULL);
	fputs(".SH COMMANDS\n", stream);
	for (size_t i = 0; cmd_table[i]; i++) {
		write_roff_command(stream, cmd_table[i]);
	}
	write_roff_settings(stream);
	fputs(".SH EXIT STATUS\n"
	      ".TP\n0\ndone\n"
	      ".TP\n1\nfailed\n"
	      ".TP\n2\nwrong usage\n"
	      ".TP\n3\ndone, but some records were rejected, each named on standard error, or "
	      "privacy\\-scan found something\n",
		stream);
}
