/* SPDX-License-Identifier: MIT
 * Writing manual pages. */
#include "cmd/manual.h"

#define DATE	     "2026-12-01" /* of what the pages say */
#define SAMPLE_WIDTH 76

/* ---- roff ---- */

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

static void write_line(FILE *stream, const char *text)
{
	write_roff(stream, text);
	fputc('\n', stream);
}

/* Lines as they are. */
static void write_verbatim(FILE *stream, const char *text)
{
	fputs(".RS 2\n.nf\n", stream);
	write_line(stream, text);
	fputs(".fi\n.RE\n", stream);
}

/* @text's paragraphs; lines that begin with a space are kept as they are. */
static void write_paragraphs(FILE *stream, const char *text)
{
	char line_text[1024];
	struct text rest = text_of(text);
	struct text line;
	bool verbatim = false, new_paragraph = false;

	while (text_split(&rest, '\n', &line)) {
		bool is_verbatim = line.size > 0 && line.data[0] == ' ';

		if (line.size == 0) {
			new_paragraph = true;
			continue;
		}
		if (is_verbatim != verbatim) {
			fputs(is_verbatim ? ".nf\n" : ".fi\n", stream);
			verbatim = is_verbatim;
		}
		fputs(new_paragraph ? ".PP\n" : "", stream);
		new_paragraph = false;
		snprintf(line_text, sizeof(line_text), "%.*s", TEXT_ARG(line));
		write_line(stream, line_text);
	}
	fputs(verbatim ? ".fi\n" : "", stream);
}

int manual_section(const struct cmd *cmd)
{
	return cmd == &cmd_serve ? 8 : 1;
}

/* The page's first lines. @name is "callstep-calls"; @capitals the same in capitals. */
static void begin_page(FILE *stream, const char *name, int section, const char *summary)
{
	fputs(".TH \"", stream);
	for (const char *c = name; *c; c++) {
		fputc(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c, stream);
	}
	fprintf(stream, "\" %d \"" DATE "\" \"callstep " CALLSTEP_VERSION "\"\n.SH NAME\n",
		section);
	write_roff(stream, name);
	fputs(" \\- ", stream);
	write_line(stream, summary);
}

static void refer_to_command(FILE *stream, const struct cmd *cmd, bool last)
{
	fputs(".BR callstep\\-", stream);
	write_roff(stream, cmd->name);
	fprintf(stream, " (%d)%s\n", manual_section(cmd), last ? "" : ",");
}

/* ---- options ---- */

static bool shows_limits(const struct setting *setting)
{
	return setting->type != SETTING_FLAG && setting->type != SETTING_TEXT &&
	       setting->type != SETTING_LIST && setting->type != SETTING_FILTER;
}

static void write_explanation(FILE *stream, const struct setting *setting)
{
	char limits[256];

	write_line(stream, setting->help);
	if (shows_limits(setting)) {
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

static void write_option(FILE *stream, const struct setting *setting)
{
	fputs(".TP\n", stream);
	if (setting->letter) {
		fprintf(stream, "\\fB\\-%c\\fR, ", setting->letter);
	}
	fputs("\\fB\\-\\-", stream);
	write_roff(stream, setting->name);
	fprintf(stream, "\\fR%s%s%s\n", setting->metavariable ? " \\fI" : "",
		setting->metavariable ? setting->metavariable : "",
		setting->metavariable ? "\\fR" : "");
	write_explanation(stream, setting);
}

static void write_options(FILE *stream, const char *const *names, const char *command)
{
	for (size_t i = 0; names[i]; i++) {
		write_option(stream, setting_find(text_of(names[i]), command));
	}
}

static void write_statuses(FILE *stream)
{
	fputs(".SH EXIT STATUS\n"
	      ".TP\n0\ndone\n"
	      ".TP\n1\nfailed\n"
	      ".TP\n2\nwrong usage, or a setting is wrong\n"
	      ".TP\n3\ndone, but some records were rejected, each named on standard error, or "
	      "privacy\\-scan found something\n",
		stream);
}

/* ---- the pages ---- */

void manual_write_program(FILE *stream)
{
	begin_page(stream, "callstep", 1, "keep the step-by-step logs of telephone calls");
	fputs(".SH SYNOPSIS\n"
	      "\\fBcallstep\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]… [\\fIARGUMENT\\fR]…\n"
	      ".SH DESCRIPTION\n"
	      "callstep keeps, for every telephone call, its header and its step\\-by\\-step log, "
	      "and\nserves them through the call log API.\n"
	      ".SH COMMANDS\n",
		stream);
	for (size_t i = 0; cmd_table[i]; i++) {
		fputs(".TP\n", stream);
		refer_to_command(stream, cmd_table[i], true);
		write_line(stream, cmd_table[i]->summary);
	}
	fputs(".SH COMMON OPTIONS\n", stream);
	write_options(stream, setting_common, NULL);
	write_statuses(stream);
	fputs(".SH ENVIRONMENT\n"
	      "Each setting may stand in the environment:\n"
	      ".BR callstep.ini (5)\n"
	      "says how.\n"
	      ".TP\n\\fBNO_COLOR\\fR\nno colour unless \\-\\-color=always\n"
	      ".TP\n\\fBTZ\\fR\nthe local zone\n"
	      ".SH SEE ALSO\n"
	      ".BR callstep\\-serve (8),\n"
	      ".BR callstep.ini (5)\n",
		stream);
}

void manual_write_command(FILE *stream, const struct cmd *cmd)
{
	char name[64];

	snprintf(name, sizeof(name), "callstep-%s", cmd->name);
	begin_page(stream, name, manual_section(cmd), cmd->summary);
	fprintf(stream, ".SH SYNOPSIS\n\\fBcallstep %s\\fR ", cmd->name);
	write_line(stream, cmd->arguments);
	fputs(".SH DESCRIPTION\n", stream);
	write_paragraphs(stream, cmd->description);
	if (cmd->settings[0]) {
		fputs(".SH OPTIONS\n", stream);
		write_options(stream, cmd->settings, cmd->name);
	}
	fputs(".SH COMMON OPTIONS\n", stream);
	write_options(stream, setting_common, cmd->name);
	write_statuses(stream);
	if (cmd->examples) {
		fputs(".SH EXAMPLES\n", stream);
		write_verbatim(stream, cmd->examples);
	}
	fputs(".SH SEE ALSO\n.BR callstep (1),\n.BR callstep.ini (5)\n", stream);
}

void manual_write_settings(FILE *stream)
{
	char name[SETTING_NAME_MAX];
	const struct setting *row = NULL;

	begin_page(stream, "callstep.ini", 5, "settings of callstep");
	fputs(".SH SYNOPSIS\n"
	      "/etc/callstep/callstep.ini\n"
	      ".SH DESCRIPTION\n"
	      "A setting is taken from the option of a command, then from the environment, then "
	      "from the INI file, then it has its default.\n"
	      "In the file the option's name stands without dashes before it, as in\n",
		stream);
	write_verbatim(stream, "api-detail-days = 5");
	fputs(".PP\nA line that begins with ; is a comment. A setting that a command does not take "
	      "is "
	      "passed over by it; one that no command takes is an error.\n"
	      "\\fBcallstep settings\\fR shows each value, and where it comes from.\n"
	      ".SH FILES\n"
	      "The first of these that is there is read, unless \\-\\-config names another:\n"
	      ".TP\n\\fI$XDG_CONFIG_HOME/callstep/callstep.ini\\fR\nof the user\n"
	      ".TP\n\\fI~/.config/callstep/callstep.ini\\fR\n"
	      "of the user where XDG_CONFIG_HOME is not set\n"
	      ".TP\n\\fI/etc/callstep/callstep.ini\\fR\nof the machine\n"
	      ".SH SETTINGS\n",
		stream);
	while ((row = setting_next(row))) {
		if (!row->per_run && strcmp(row->name, "config") != 0) {
			fputs(".TP\n\\fB", stream);
			write_roff(stream, row->name);
			fprintf(stream, "\\fR, in the environment \\fB%s\\fR\n",
				setting_environment_name(row->name, name));
			write_explanation(stream, row);
		}
	}
	fputs(".SH SEE ALSO\n.BR callstep (1),\n", stream);
	refer_to_command(stream, &cmd_serve, true);
}

/* ---- the sample ---- */

/* @text as comments of at most SAMPLE_WIDTH columns. */
static void write_comment(FILE *stream, const char *text)
{
	struct text rest = text_of(text);
	struct text word;
	size_t used = 0;

	while (text_split(&rest, ' ', &word)) {
		if (used > 0 && used + 1 + word.size > SAMPLE_WIDTH) {
			fputc('\n', stream);
			used = 0;
		}
		fputs(used > 0 ? " " : "; ", stream);
		fprintf(stream, "%.*s", TEXT_ARG(word));
		used += word.size + 1;
	}
	fputc('\n', stream);
}

void manual_write_sample(FILE *stream)
{
	fputs("; Settings of callstep, callstep.ini(5). Take the ; off a line to change it.\n"
	      "; 'callstep settings' shows each value, and where it comes from;\n"
	      "; 'callstep serve --check' says whether the server could start.\n\n"
	      "; The store: a folder. A store on PostgreSQL stands in its place:\n"
	      ";store = postgresql:///callstep\n"
	      "data = /var/lib/callstep\n",
		stream);
	for (size_t i = 0; cmd_serve.settings[i]; i++) {
		const struct setting *row =
			setting_find(text_of(cmd_serve.settings[i]), cmd_serve.name);

		if (!row->per_run) {
			fputc('\n', stream);
			write_comment(stream, row->help);
			fprintf(stream, ";%s = %s\n", row->name,
				row->fallback		    ? row->fallback
				: row->type == SETTING_FLAG ? "no"
							    : row->metavariable);
		}
	}
}
