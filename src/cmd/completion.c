/* SPDX-License-Identifier: MIT
 * Writing what shells complete. */
#include "cmd/completion.h"

#include "cmd/cmd.h"

typedef void each_setting(FILE *stream, const struct cmd *cmd, const struct setting *setting);

static void for_each_setting(FILE *stream, const struct cmd *cmd, each_setting *each)
{
	for (size_t i = 0; cmd->settings[i]; i++) {
		each(stream, cmd, setting_find(text_of(cmd->settings[i]), cmd->name));
	}
	for (size_t i = 0; setting_common[i]; i++) {
		each(stream, cmd, setting_find(text_of(setting_common[i]), cmd->name));
	}
}

/* "a|b" as "a b". */
static void write_choices(FILE *stream, const char *choices)
{
	for (const char *c = choices; *c; c++) {
		fputc(*c == '|' ? ' ' : *c, stream);
	}
}

/* ---- bash ---- */

static void bash_option(FILE *stream, const struct cmd *cmd, const struct setting *setting)
{
	(void)cmd;
	fprintf(stream, " --%s", setting->name);
}

static void bash_choice(FILE *stream, const struct cmd *cmd, const struct setting *setting)
{
	if (setting->choices) {
		fprintf(stream, "\t%s\\ --%s) words='", cmd->name, setting->name);
		write_choices(stream, setting->choices);
		fputs("' ;;\n", stream);
	}
}

void completion_write_bash(FILE *stream)
{
	fputs("# callstep: completion for bash\n"
	      "_callstep() {\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
	      "\tlocal command=${COMP_WORDS[1]} commands='",
		stream);
	for (size_t i = 0; cmd_table[i]; i++) {
		fprintf(stream, "%s%s", i > 0 ? " " : "", cmd_table[i]->name);
	}
	fputs("' words=\n"
	      "\tCOMPREPLY=()\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$commands --help --version\" -- "
	      "\"$word\")\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tcase $command\\ $before in\n",
		stream);
	for (size_t i = 0; cmd_table[i]; i++) {
		for_each_setting(stream, cmd_table[i], bash_choice);
	}
	fputs("\tesac\n"
	      "\tif [ \"$words\" ]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tcase $command in\n",
		stream);
	for (size_t i = 0; cmd_table[i]; i++) {
		fprintf(stream, "\t%s) words='", cmd_table[i]->name);
		for_each_setting(stream, cmd_table[i], bash_option);
		fputs("' ;;\n", stream);
	}
	fputs("\tesac\n"
	      "\tcase $command in\n"
	      "\thelp | settings) words=\"$words $commands\" ;;\n"
	      "\tesac\n"
	      "\tcase $command$word in\n"
	      "\thelp* | settings* | *-*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- "
	      "\"$word\") ;;\n"
	      "\t*) compopt -o default 2>/dev/null ;;\n"
	      "\tesac\n"
	      "}\n"
	      "complete -F _callstep callstep\n",
		stream);
}

/* ---- zsh and fish ---- */

/* The first sentence of a help, without what quotes and brackets would mean to a shell. */
static void write_sentence(FILE *stream, const char *help)
{
	for (const char *c = help; *c && !(c[0] == '.' && (c[1] == ' ' || c[1] == '\0')); c++) {
		if (!strchr("'\"[]\\$`:", *c)) {
			fputc(*c, stream);
		}
	}
}

static void zsh_option(FILE *stream, const struct cmd *cmd, const struct setting *setting)
{
	(void)cmd;
	fprintf(stream, "\t\t\t'--%s%s[", setting->name, setting->type == SETTING_FLAG ? "" : "=");
	write_sentence(stream, setting->help);
	fputc(']', stream);
	if (setting->choices) {
		fprintf(stream, ":%s:(", setting->name);
		write_choices(stream, setting->choices);
		fputc(')', stream);
	} else if (setting->type != SETTING_FLAG) {
		fprintf(stream, ":%s:_files", setting->name);
	}
	fputs("' \\\n", stream);
}

void completion_write_zsh(FILE *stream)
{
	fputs("#compdef callstep\n"
	      "# callstep: completion for zsh\n"
	      "local -a commands\n"
	      "commands=(\n",
		stream);
	for (size_t i = 0; cmd_table[i]; i++) {
		fprintf(stream, "\t'%s:", cmd_table[i]->name);
		write_sentence(stream, cmd_table[i]->summary);
		fputs("'\n", stream);
	}
	fputs(")\n"
	      "if (( CURRENT == 2 )); then\n"
	      "\t_describe command commands\n"
	      "\treturn\n"
	      "fi\n"
	      "local command=$words[2]\n"
	      "shift words\n"
	      "(( CURRENT-- ))\n"
	      "case $command in\n",
		stream);
	for (size_t i = 0; cmd_table[i]; i++) {
		fprintf(stream, "\t%s)\n\t\t_arguments \\\n", cmd_table[i]->name);
		for_each_setting(stream, cmd_table[i], zsh_option);
		fputs("\t\t\t'*:argument:_files' ;;\n", stream);
	}
	fputs("esac\n", stream);
}

static void fish_option(FILE *stream, const struct cmd *cmd, const struct setting *setting)
{
	fprintf(stream, "complete -c callstep -n '__fish_seen_subcommand_from %s' -l %s", cmd->name,
		setting->name);
	if (setting->letter) {
		fprintf(stream, " -s %c", setting->letter);
	}
	if (setting->choices) {
		fputs(" -x -a '", stream);
		write_choices(stream, setting->choices);
		fputc('\'', stream);
	} else if (setting->type != SETTING_FLAG) {
		fputs(" -r", stream);
	}
	fputs(" -d '", stream);
	write_sentence(stream, setting->help);
	fputs("'\n", stream);
}

void completion_write_fish(FILE *stream)
{
	fputs("# callstep: completion for fish\n", stream);
	for (size_t i = 0; cmd_table[i]; i++) {
		fprintf(stream, "complete -c callstep -n __fish_use_subcommand -f -a %s -d '",
			cmd_table[i]->name);
		write_sentence(stream, cmd_table[i]->summary);
		fputs("'\n", stream);
	}
	for (size_t i = 0; cmd_table[i]; i++) {
		for_each_setting(stream, cmd_table[i], fish_option);
	}
}
