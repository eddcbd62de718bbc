/* SPDX-License-Identifier: MIT
 * Reading options: the strongest source that names a setting fills its slot, then all slots are
 * parsed alike. */
#include "cmd/options.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/suggest.h"
#include "cmd/ini_file.h"

#define SLOTS_MAX 80

/* Where a value came from, the weakest first. */
enum origin {
	ORIGIN_DEFAULT,
	ORIGIN_FILE,
	ORIGIN_ENVIRONMENT,
	ORIGIN_OPTION,
};

/* A setting that the command takes, and what was said of it. */
struct slot {
	const struct setting *setting;
	const char *value; /* NULL: nothing */
	enum origin origin;
	unsigned int line; /* of the INI file */
};

/* An option as it stands in the arguments. */
struct given {
	struct text name;
	const char *value;
};

struct reader {
	const struct options_source *source;
	struct arena *arena;
	struct options *options;
	const struct cmd *cmd; /* whose settings are read; NULL: no command was named */
	struct given *given;
	size_t given_count;
	struct setting_word *filter;
	struct slot slots[SLOTS_MAX];
	size_t slot_count;
	const char *ini_path;
};

/* ---- suggestions ---- */

static void consider_options(struct suggestion *suggestion, const struct cmd *cmd)
{
	for (size_t i = 0; setting_common[i]; i++) {
		suggest_consider(suggestion, setting_common[i]);
	}
	for (size_t i = 0; cmd && cmd->settings[i]; i++) {
		suggest_consider(suggestion, cmd->settings[i]);
	}
}

static int unknown_option(const struct reader *reader, struct text name, struct error *err)
{
	const struct cmd *cmd = reader->cmd;
	struct suggestion near = {.word = name, .distance = SIZE_MAX};
	const struct setting_gone *gone = setting_gone_find(name);
	const char *of = cmd ? cmd->name : "";

	if (gone) {
		return error_set(err, ERROR_INVALID, "there is no option --%s any more: %s",
			gone->name, gone->instead);
	}
	consider_options(&near, cmd);
	if (near.found.data) {
		return error_set(err, ERROR_INVALID,
			"'callstep%s%s' has no option --%.*s; did you mean --%.*s?", cmd ? " " : "",
			of, TEXT_ARG(name), TEXT_ARG(near.found));
	}
	return error_set(err, ERROR_INVALID,
		"'callstep%s%s' has no option --%.*s; see 'callstep help%s%s'", cmd ? " " : "", of,
		TEXT_ARG(name), cmd ? " " : "", of);
}

static int unknown_command(const char *name, struct error *err)
{
	struct suggestion near = {.word = text_of(name), .distance = SIZE_MAX};

	for (size_t i = 0; cmd_table[i]; i++) {
		suggest_consider(&near, cmd_table[i]->name);
	}
	if (near.found.data) {
		return error_set(err, ERROR_INVALID,
			"there is no command '%s'; did you mean '%.*s'?", name,
			TEXT_ARG(near.found));
	}
	return error_set(err, ERROR_INVALID, "there is no command '%s'; see 'callstep help'", name);
}

/* ---- arguments ---- */

static bool is_option(const char *argument)
{
	return argument[0] == '-' && argument[1] != '\0';
}

static int take_operand(struct reader *reader, char *argument, struct error *err)
{
	struct options *options = reader->options;

	if (options->cmd) {
		options->argv[options->argc++] = argument;
		return 0;
	}
	options->cmd = reader->cmd = cmd_find(argument);
	return options->cmd ? 0 : unknown_command(argument, err);
}

/* The long name of the option `-f`; {NULL, 0} when there is none. */
static struct text name_of_letter(struct text argument)
{
	const struct setting *row = NULL;

	while ((row = setting_next(row))) {
		if (row->letter && argument.size == 2 && argument.data[1] == row->letter) {
			return text_of(row->name);
		}
	}
	return (struct text){0};
}

/* The name that @argument begins with, and what stands behind `=`, NULL when nothing does. */
static int split_option(
	struct text argument, struct text *ret_name, const char **ret_value, struct error *err)
{
	struct text rest;

	*ret_value = NULL;
	*ret_name = name_of_letter(argument);
	if (ret_name->data) {
		return 0;
	}
	if (!text_starts_with(argument, TEXT("--"))) {
		return error_set(err, ERROR_INVALID,
			"there is no option %.*s: options are written --name; see 'callstep help'",
			TEXT_ARG(argument));
	}
	rest = text_tail(argument, 2);
	text_split(&rest, '=', ret_name);
	*ret_value = rest.data;
	return 0;
}

/* Takes the option at @at; *at moves to its last argument. */
static int take_option(struct reader *reader, int *at, struct error *err)
{
	char **argv = reader->source->argv;
	struct text name = {0};
	const struct setting *setting;
	const char *value;

	if (split_option(text_of(argv[*at]), &name, &value, err) < 0) {
		return -1;
	}
	setting = setting_find_any(name);
	if (!setting) {
		return unknown_option(reader, name, err);
	}
	if (!value) {
		value = setting->type == SETTING_FLAG ? "yes" : argv[++*at];
	}
	if (!value) {
		return error_set(err, ERROR_INVALID, "option --%s needs a value: --%s %s",
			setting->name, setting->name, setting->metavariable);
	}
	reader->given[reader->given_count++] = (struct given){.name = name, .value = value};
	return 0;
}

static int scan_arguments(struct reader *reader, struct error *err)
{
	bool ended = false;

	for (int i = 1; i < reader->source->argc; i++) {
		char *argument = reader->source->argv[i];
		int status;

		if (!ended && strcmp(argument, "--") == 0) {
			ended = true;
			continue;
		}
		status = ended || !is_option(argument) ? take_operand(reader, argument, err)
						       : take_option(reader, &i, err);
		if (status < 0) {
			return -1;
		}
	}
	return 0;
}

/* ---- slots ---- */

static struct slot *find_slot(struct reader *reader, struct text name)
{
	for (size_t i = 0; i < reader->slot_count; i++) {
		if (text_equal_string(name, reader->slots[i].setting->name)) {
			return &reader->slots[i];
		}
	}
	return NULL;
}

static void add_slots(struct reader *reader, const char *const *names)
{
	const struct cmd *cmd = reader->cmd;

	for (size_t i = 0; names[i] && reader->slot_count < SLOTS_MAX; i++) {
		const struct setting *setting =
			setting_find(text_of(names[i]), cmd ? cmd->name : NULL);

		if (find_slot(reader, text_of(names[i]))) {
			continue;
		}
		reader->slots[reader->slot_count++] =
			(struct slot){.setting = setting, .value = setting->fallback};
	}
}

static int fill(struct reader *reader, struct slot *slot, const char *value, enum origin origin,
	unsigned int line, struct error *err)
{
	bool again = slot->value && origin == slot->origin;

	if (origin < slot->origin) {
		return 0;
	}
	if (again && slot->setting->type == SETTING_LIST) {
		value = arena_printf(reader->arena, "%s,%s", slot->value, value).data;
	}
	slot->value = value;
	slot->origin = origin;
	slot->line = line;
	return value ? 0 : error_no_memory(err);
}

/* What may be given several times is kept as it comes. */
static void keep_word(struct reader *reader, const struct setting *setting, const char *value)
{
	struct settings *settings = &reader->options->settings;

	reader->filter[settings->filter_count++] =
		(struct setting_word){.name = setting->name, .value = value};
	settings->filter = reader->filter;
}

static int fill_from_arguments(struct reader *reader, struct error *err)
{
	for (size_t i = 0; i < reader->given_count; i++) {
		struct slot *slot = find_slot(reader, reader->given[i].name);

		if (!slot) {
			return unknown_option(reader, reader->given[i].name, err);
		}
		if (slot->setting->type == SETTING_FILTER) {
			keep_word(reader, slot->setting, reader->given[i].value);
		} else if (fill(reader, slot, reader->given[i].value, ORIGIN_OPTION, 0, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int fill_from_environment(struct reader *reader, struct error *err)
{
	char name[SETTING_NAME_MAX];

	for (size_t i = 0; i < reader->slot_count; i++) {
		struct slot *slot = &reader->slots[i];
		const char *value;

		if (slot->setting->per_run) {
			continue;
		}
		value = reader->source->getenv(setting_environment_name(slot->setting->name, name));
		if (value && value[0] != '\0' &&
			fill(reader, slot, value, ORIGIN_ENVIRONMENT, 0, err) < 0) {
			return -1;
		}
	}
	return 0;
}

static int refuse_gone(struct reader *reader, struct error *err)
{
	char name[SETTING_NAME_MAX];

	for (const struct setting_gone *row = setting_gone; row->name; row++) {
		const char *value =
			reader->source->getenv(setting_environment_name(row->name, name));

		if (value && value[0] != '\0') {
			return error_set(err, ERROR_INVALID,
				"%s in the environment means nothing any more: %s", name,
				row->instead);
		}
	}
	return 0;
}

/* ---- the INI file ---- */

static int unknown_in_file(
	const struct reader *reader, const char *name, unsigned int line, struct error *err)
{
	struct suggestion near = {.word = text_of(name), .distance = SIZE_MAX};
	const struct setting_gone *gone = setting_gone_find(text_of(name));
	const struct setting *row = NULL;

	if (gone) {
		return error_set(err, ERROR_INVALID, "%s:%u: there is no setting '%s' any more: %s",
			reader->ini_path, line, name, gone->instead);
	}
	while ((row = setting_next(row))) {
		if (!row->per_run) {
			suggest_consider(&near, row->name);
		}
	}
	if (near.found.data) {
		return error_set(err, ERROR_INVALID,
			"%s:%u: there is no setting '%s'; did you mean '%.*s'?", reader->ini_path,
			line, name, TEXT_ARG(near.found));
	}
	return error_set(err, ERROR_INVALID, "%s:%u: there is no setting '%s'", reader->ini_path,
		line, name);
}

static int take_from_file(
	void *context, const char *name, const char *value, unsigned int line, struct error *err)
{
	struct reader *reader = context;
	struct slot *slot = find_slot(reader, text_of(name));
	struct text copy;

	if (!setting_find_kept(text_of(name)) || strcmp(name, "config") == 0) {
		return unknown_in_file(reader, name, line, err);
	}
	if (!slot || slot->setting->per_run) {
		return 0; /* another command's */
	}
	copy = arena_copy(reader->arena, text_of(value));
	if (!copy.data) {
		return error_no_memory(err);
	}
	return fill(reader, slot, copy.data, ORIGIN_FILE, line, err);
}

/* The first of the usual places that is there; NULL when none is. */
static const char *default_ini_path(const struct reader *reader)
{
	const char *config = reader->source->getenv("XDG_CONFIG_HOME");
	const char *home = reader->source->getenv("HOME");
	struct text path = {0};

	if (config && config[0] == '/') {
		path = arena_printf(reader->arena, "%s/callstep/callstep.ini", config);
	} else if (home && home[0] == '/') {
		path = arena_printf(reader->arena, "%s/.config/callstep/callstep.ini", home);
	}
	if (path.data && access(path.data, F_OK) == 0) {
		return path.data;
	}
	return access("/etc/callstep/callstep.ini", F_OK) == 0 ? "/etc/callstep/callstep.ini"
							       : NULL;
}

static int fill_from_file(struct reader *reader, struct error *err)
{
	struct slot *config = find_slot(reader, TEXT("config"));

	reader->ini_path = config->value ? config->value : default_ini_path(reader);
	if (!reader->ini_path) {
		return 0;
	}
	return ini_file_read(reader->ini_path, take_from_file, reader, err);
}

/* ---- values ---- */

static int parse_slot(struct reader *reader, const struct slot *slot, struct error *err)
{
	const char *name = slot->setting->name;
	char environment[SETTING_NAME_MAX];
	struct error expected;

	if (setting_parse(slot->setting, slot->value, reader->source->now,
		    &reader->options->settings, &expected) == 0) {
		return 0;
	}
	switch (slot->origin) {
	case ORIGIN_FILE:
		return error_set(err, ERROR_INVALID, "%s:%u: '%s' is not a value for %s: %s",
			reader->ini_path, slot->line, slot->value, name, expected.message);
	case ORIGIN_ENVIRONMENT:
		return error_set(err, ERROR_INVALID,
			"'%s' is not a value for %s in the environment: %s", slot->value,
			setting_environment_name(name, environment), expected.message);
	default:
		return error_set(err, ERROR_INVALID, "'%s' is not a value for --%s: %s",
			slot->value, name, expected.message);
	}
}

static void clear_times(struct settings *settings)
{
	const struct setting *row = NULL;

	while ((row = setting_next(row))) {
		if (row->type == SETTING_TIME) {
			*(int64_t *)(void *)((char *)settings + row->offset) = SETTING_TIME_NONE;
		}
	}
}

static int parse_slots(struct reader *reader, struct error *err)
{
	clear_times(&reader->options->settings);
	for (size_t i = 0; i < reader->slot_count; i++) {
		if (reader->slots[i].value && parse_slot(reader, &reader->slots[i], err) < 0) {
			return -1;
		}
	}
	return 0;
}

/* ---- where the store is ---- */

static const char *default_data(const struct reader *reader)
{
	const char *share = reader->source->getenv("XDG_DATA_HOME");
	const char *home = reader->source->getenv("HOME");

	if (reader->source->root) {
		return "/var/lib/callstep";
	}
	if (share && share[0] == '/') {
		return arena_printf(reader->arena, "%s/callstep", share).data;
	}
	if (home && home[0] == '/') {
		return arena_printf(reader->arena, "%s/.local/share/callstep", home).data;
	}
	return "callstep-data";
}

/* --data and --store say the same thing: the one from the stronger source counts. */
static int choose_location(struct reader *reader, struct error *err)
{
	struct slot *data = find_slot(reader, TEXT("data"));
	const struct slot *store = find_slot(reader, TEXT("store"));
	struct settings *settings = &reader->options->settings;

	if (data->value && store->value && data->origin == store->origin) {
		return error_set(err, ERROR_INVALID,
			"data '%s' and a store are both given: name one of them", data->value);
	}
	if (store->value && (!data->value || store->origin > data->origin)) {
		settings->data = settings->store;
	}
	if (!settings->data) {
		settings->data = data->value = default_data(reader);
	}
	return settings->data ? 0 : error_no_memory(err);
}

/* ---- what was said ---- */

/* NULL: out of memory. */
static const char *describe_origin(const struct reader *reader, const struct slot *slot)
{
	char name[SETTING_NAME_MAX];

	switch (slot->origin) {
	case ORIGIN_FILE:
		return arena_printf(reader->arena, "%s:%u", reader->ini_path, slot->line).data;
	case ORIGIN_ENVIRONMENT:
		return arena_copy(
			reader->arena, text_of(setting_environment_name(slot->setting->name, name)))
			.data;
	case ORIGIN_OPTION:
		return arena_printf(reader->arena, "--%s", slot->setting->name).data;
	default:
		return "default";
	}
}

static int tell(struct reader *reader, struct error *err)
{
	struct setting_said *said = arena_calloc(reader->arena, reader->slot_count, sizeof(*said));

	for (size_t i = 0; said && i < reader->slot_count; i++) {
		const struct slot *slot = &reader->slots[i];

		said[i] = (struct setting_said){
			slot->setting, slot->value, describe_origin(reader, slot)};
		if (!said[i].from) {
			return error_no_memory(err);
		}
	}
	reader->options->settings.said = said;
	reader->options->settings.said_count = reader->slot_count;
	return said ? 0 : error_no_memory(err);
}

static int read_all(struct reader *reader, struct error *err)
{
	if (fill_from_arguments(reader, err) < 0 || fill_from_environment(reader, err) < 0) {
		return -1;
	}
	if (refuse_gone(reader, err) < 0 || fill_from_file(reader, err) < 0 ||
		parse_slots(reader, err) < 0) {
		return -1;
	}
	return choose_location(reader, err) < 0 ? -1 : tell(reader, err);
}

/* Settings are those of the command; 'callstep settings' and 'callstep explain' are about another
 * one's. */
static int find_cmd(struct reader *reader, struct error *err)
{
	const struct options *options = reader->options;
	bool about_another = options->cmd == &cmd_settings ||
			     (options->cmd == &cmd_explain && options->argc > 0);

	if (!about_another) {
		return 0;
	}
	reader->cmd = options->argc > 0 ? cmd_find(options->argv[0]) : &cmd_serve;
	return reader->cmd ? 0 : unknown_command(options->argv[0], err);
}

static bool is_given(const struct reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->given_count; i++) {
		if (text_equal_string(reader->given[i].name, name)) {
			return true;
		}
	}
	return false;
}

int options_read(struct options *ret_options, const struct options_source *source,
	struct arena *arena, struct error *err)
{
	struct options options = {0};
	struct reader reader = {.source = source, .arena = arena, .options = &options};
	size_t count = (size_t)source->argc + 1;

	reader.given = arena_calloc(arena, count, sizeof(*reader.given));
	reader.filter = arena_calloc(arena, count, sizeof(*reader.filter));
	options.argv = arena_calloc(arena, count, sizeof(*options.argv));
	if (!reader.given || !reader.filter || !options.argv) {
		return error_no_memory(err);
	}
	if (scan_arguments(&reader, err) < 0) {
		return -1;
	}
	if (find_cmd(&reader, err) < 0) {
		return -1;
	}
	options.settings.help = is_given(&reader, "help");
	options.settings.version = is_given(&reader, "version");
	if (!options.settings.help && !options.settings.version) {
		add_slots(&reader, setting_common);
		if (reader.cmd) {
			add_slots(&reader, reader.cmd->settings);
			add_slots(&reader, options.cmd->settings);
		}
		if (read_all(&reader, err) < 0) {
			return -1;
		}
	}
	*ret_options = options;
	return 0;
}
