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

/* What a command does by its first operand, "add|list|revoke"; empty where it has one way. */
static struct text actions_of(const struct cmd *cmd)
{
	struct text rest = text_of(cmd->arguments);
	struct text first;

	text_split(&rest, ' ', &first);
	return memchr(first.data, '|', first.size) && first.data[0] != '[' ? first : TEXT("");
}

static void write_actions(FILE *stream, const struct cmd *cmd)
{
	struct text rest = actions_of(cmd);
	struct text word;

	for (bool more = false; rest.size > 0 && text_split(&rest, '|', &word); more = true) {
		fprintf(stream, "%s%.*s", more ? " " : "", TEXT_ARG(word));
	}
}

/* ---- bash ---- */

static void bash_option(FILE *stream, const struct cmd *cmd, const struct setting *setting)
{
	(void)cmd;
	fprintf(stream, " --%s", setting->name);
}

static void bash_value(FILE *stream, const struct cmd *cmd, const struct setting *setting)
{
	if (setting->choices) {
		fprintf(stream, "\t%s\\ --%s) words='", cmd->name, setting->name);
		write_choices(stream, setting->choices);
		fputs("' ;;\n", stream);
	}
	if (setting->completes) {
		fprintf(stream, "\t%s\\ --%s) _callstep_offer %s; return ;;\n", cmd->name,
			setting->name, setting->completes);
	}
}

static void bash_operands(FILE *stream, const struct cmd *cmd)
{
	if (actions_of(cmd).size > 0) {
		fprintf(stream, "\t%s:3:*) mapfile -t COMPREPLY < <(compgen -W '", cmd->name);
		write_actions(stream, cmd);
		fputs("' -- \"$word\") ;;\n", stream);
	}
	if (cmd->completes) {
		fprintf(stream, "\t%s:*) _callstep_offer %s ;;\n", cmd->name, cmd->completes);
	}
}

/* bash takes ':', '=' and '@' for the ends of words, and puts what is offered behind the last one,
 * but in the place of '@'.
 * Words of the store are not given to compgen -W: it would run what stands in them. */
static const char bash_offer[] =
	"_callstep_offer() {\n"
	"\tlocal last=${COMP_WORDS[COMP_CWORD]} quote= where=() cut one i\n"
	"\tlast=${last//\\\\/}\n"
	"\tcase $last in [=@:]) last= ;; esac\n"
	"\tcase $word in [\\'\\\"]*) quote=${word:0:1} word=${word:1} last=${last#[\\'\\\"]} ;; "
	"esac\n"
	"\tcut=${word%\"$last\"}\n"
	"\tcut=${cut%@}\n"
	"\tfor ((i = 2; i < ${#typed[@]} - 1; i++)); do\n"
	"\t\tcase ${typed[i]} in\n"
	"\t\t--data=* | --store=* | --config=* | --account=*) where+=(\"${typed[i]}\") ;;\n"
	"\t\t--data | --store | --config | --account)\n"
	"\t\t\t[ $((i + 2)) -lt ${#typed[@]} ] && where+=(\"${typed[i]}=${typed[i + "
	"1]/#\\~\\//$HOME/}\") ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\twhile IFS= read -r one; do\n"
	"\t\tone=${one#\"$cut\"}\n"
	"\t\tcase $quote$one in\n"
	"\t\t\\'*\\'* | \\\"*[\\\"\\$\\`\\\\!]*) continue ;;\n"
	"\t\t\\'* | \\\"*) ;;\n"
	"\t\t*) printf -v one %q \"$one\" ;;\n"
	"\t\tesac\n"
	"\t\tCOMPREPLY+=(\"$one\")\n"
	"\tdone < <(callstep complete \"${where[@]}\" -- \"$1\" \"$word\" 2>/dev/null)\n"
	"}\n";

void completion_write_bash(FILE *stream)
{
	fputs("# callstep: completion for bash\n", stream);
	fputs(bash_offer, stream);
	fputs("_callstep() {\n"
	      "\tlocal typed word before command=${COMP_WORDS[1]} commands='",
		stream);
	for (size_t i = 0; cmd_table[i]; i++) {
		fprintf(stream, "%s%s", i > 0 ? " " : "", cmd_table[i]->name);
	}
	fputs("' words=\n"
	      "\tread -a typed <<<\"${COMP_LINE:0:COMP_POINT}x\"\n"
	      "\tword=${typed[${#typed[@]} - 1]%x}\n"
	      "\tCOMPREPLY=()\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$commands --help --version\" -- "
	      "\"$word\")\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tbefore=${typed[${#typed[@]} - 2]}\n"
	      "\tcase $word in --*=*) before=${word%%=*} word=${word#*=} ;; esac\n"
	      "\tcase $command\\ $before in\n",
		stream);
	for (size_t i = 0; cmd_table[i]; i++) {
		for_each_setting(stream, cmd_table[i], bash_value);
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
	      "\tcase $command:${#typed[@]}:$word in\n"
	      "\thelp:* | settings:* | *:*:-*) mapfile -t COMPREPLY < <(compgen -W \"$words\" -- "
	      "\"$word\") ;;\n",
		stream);
	for (size_t i = 0; cmd_table[i]; i++) {
		bash_operands(stream, cmd_table[i]);
	}
	fputs("\t*) compopt -o default 2>/dev/null ;;\n"
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
	} else if (setting->completes) {
		fprintf(stream, ":%s: _callstep_offer %s", setting->name, setting->completes);
	} else if (setting->type != SETTING_FLAG) {
		fprintf(stream, ":%s:_files", setting->name);
	}
	fputs("' \\\n", stream);
}

static void zsh_operands(FILE *stream, const struct cmd *cmd)
{
	if (actions_of(cmd).size > 0) {
		fputs("\t\t\t'1:action:(", stream);
		write_actions(stream, cmd);
		fputs(")' \\\n", stream);
	}
	fprintf(stream, "\t\t\t'*:%s:%s%s' ;;\n", cmd->completes ? cmd->completes : "argument",
		cmd->completes ? " _callstep_offer " : "_files",
		cmd->completes ? cmd->completes : "");
}

static const char zsh_offer[] =
	"# What the store has that begins as the word at the cursor.\n"
	"_callstep_offer() {\n"
	"\tlocal -a where found\n"
	"\tlocal i\n"
	"\tfor ((i = 2; i < CURRENT; i++)); do\n"
	"\t\tcase $words[i] in\n"
	"\t\t(--data=*|--store=*|--config=*|--account=*) where+=(${(Q)words[i]}) ;;\n"
	"\t\t(--data|--store|--config|--account)\n"
	"\t\t\t(( i + 1 < CURRENT )) && where+=($words[i]=${(Q)words[i + 1]/#\\~\\//$HOME/}) ;;\n"
	"\t\tesac\n"
	"\tdone\n"
	"\tfound=(${(f)\"$(callstep complete $where -- $1 \"${(Q)PREFIX}\" 2>/dev/null)\"})\n"
	"\tcompadd -a found\n"
	"}\n";

void completion_write_zsh(FILE *stream)
{
	fputs("#compdef callstep\n"
	      "# callstep: completion for zsh\n",
		stream);
	fputs(zsh_offer, stream);
	fputs("local -a commands\n"
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
		zsh_operands(stream, cmd_table[i]);
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
	} else if (setting->completes) {
		fprintf(stream, " -x -a '(__callstep_offer %s)'", setting->completes);
	} else if (setting->type != SETTING_FLAG) {
		fputs(" -r", stream);
	}
	fputs(" -d '", stream);
	write_sentence(stream, setting->help);
	fputs("'\n", stream);
}

static void fish_operands(FILE *stream, const struct cmd *cmd)
{
	if (actions_of(cmd).size == 0 && !cmd->completes) {
		return;
	}
	fprintf(stream, "complete -c callstep -n '__fish_seen_subcommand_from %s' -f -a '",
		cmd->name);
	write_actions(stream, cmd);
	if (cmd->completes) {
		fprintf(stream, " (__callstep_offer %s)", cmd->completes);
	}
	fputs("'\n", stream);
}

static const char fish_offer[] =
	"# What the store has that begins as the word at the cursor.\n"
	"function __callstep_offer\n"
	"\tset -l where\n"
	"\tset -l typed (commandline -opc)\n"
	"\tfor i in (seq 2 (count $typed))\n"
	"\t\tswitch $typed[$i]\n"
	"\t\t\tcase '--data=*' '--store=*' '--config=*' '--account=*'\n"
	"\t\t\t\tset -a where $typed[$i]\n"
	"\t\t\tcase --data --store --config --account\n"
	"\t\t\t\tif test $i -lt (count $typed)\n"
	"\t\t\t\t\tset -a where $typed[$i]=(string replace -r '^~/' \"$HOME/\" -- "
	"$typed[(math $i + 1)])\n"
	"\t\t\t\tend\n"
	"\t\tend\n"
	"\tend\n"
	"\tset -l word (string unescape -n -- (commandline -ct | string replace -r '^--[a-z-]+=' "
	"'' "
	"| string trim -l -c '\"\\''))\n"
	"\tcallstep complete $where -- $argv[1] \"$word\" 2>/dev/null\n"
	"end\n";

void completion_write_fish(FILE *stream)
{
	fputs("# callstep: completion for fish\n", stream);
	fputs(fish_offer, stream);
	for (size_t i = 0; cmd_table[i]; i++) {
		fprintf(stream, "complete -c callstep -n __fish_use_subcommand -f -a %s -d '",
			cmd_table[i]->name);
		write_sentence(stream, cmd_table[i]->summary);
		fputs("'\n", stream);
	}
	for (size_t i = 0; cmd_table[i]; i++) {
		for_each_setting(stream, cmd_table[i], fish_option);
		fish_operands(stream, cmd_table[i]);
	}
}
