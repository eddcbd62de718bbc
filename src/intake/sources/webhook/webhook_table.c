/* SPDX-License-Identifier: MIT
 * Reading and checking the tables of webhooks. */
#include "base/file.h"
#include "intake/sources/webhook/webhook.h"

#define FILE_BYTES_MAX	 ((size_t)1 << 20)
#define SECRET_BYTES_MAX ((size_t)4096)
#define NAME_MAX_BYTES	 64

/* What a member's value must be. */
enum what {
	WHAT_TEXT,
	WHAT_POINTER,
	WHAT_POINTERS, /* one or an array of them */
	WHAT_TEMPLATE,
	WHAT_WORDS, /* an array of texts */
	WHAT_TEXTS, /* an object of texts */
	WHAT_DATA,  /* the same, without what a step has anyway */
	WHAT_WHEN,
	WHAT_UNIT,
	WHAT_HASH,
	WHAT_CLASS,
	WHAT_BOOLEAN,
	WHAT_SECONDS,
	WHAT_CALL,
	WHAT_STEPS,
	WHAT_SIGNATURE,
};

struct member {
	const char *name;
	enum what what;
	bool needed;
};

static const struct member of_table[] = {
	{"comment", WHAT_TEXT, false},
	{"signature", WHAT_SIGNATURE, false},
	{"records", WHAT_POINTER, false},
	{"event", WHAT_POINTERS, false},
	{"events", WHAT_WORDS, false},
	{"ends", WHAT_WORDS, false},
	{"replaces", WHAT_WORDS, false},
	{"unit", WHAT_UNIT, false},
	{"call", WHAT_CALL, true},
	{"steps", WHAT_STEPS, false},
	{0},
};

static const struct member of_call[] = {
	{"comment", WHAT_TEXT, false},
	{"session_id", WHAT_POINTERS, true},
	{"src", WHAT_POINTERS, false},
	{"dest", WHAT_POINTERS, false},
	{"type", WHAT_POINTERS, false},
	{"types", WHAT_TEXTS, false},
	{"start", WHAT_POINTERS, false},
	{"end", WHAT_POINTERS, false},
	{"unit", WHAT_UNIT, false},
	{0},
};

static const struct member of_step[] = {
	{"comment", WHAT_TEXT, false},
	{"when", WHAT_WHEN, false},
	{"each", WHAT_POINTER, false},
	{"class", WHAT_CLASS, false},
	{"line", WHAT_TEMPLATE, true},
	{"module", WHAT_TEMPLATE, true},
	{"variable", WHAT_TEMPLATE, false},
	{"id", WHAT_TEMPLATE, false},
	{"time", WHAT_POINTERS, false},
	{"unit", WHAT_UNIT, false},
	{"since_start", WHAT_BOOLEAN, false},
	{"data", WHAT_DATA, false},
	{0},
};

static const struct member of_signature[] = {
	{"comment", WHAT_TEXT, false},
	{"header", WHAT_TEXT, true},
	{"hash", WHAT_HASH, true},
	{"secret_file", WHAT_TEXT, true},
	{"format", WHAT_TEXT, false},
	{"signed", WHAT_TEXT, false},
	{"max_age_s", WHAT_SECONDS, false},
	{0},
};

/* ---- values ---- */

static bool is_pointer(const struct tree *tree)
{
	struct text text = tree_text(tree);

	if (tree->kind != TREE_STRING) {
		return false;
	}
	if (text.size > 0 && text.data[0] == '#') {
		text = text_tail(text, 1);
	}
	return text.size == 0 || text.data[0] == '/';
}

static bool are_pointers(const struct tree *tree)
{
	if (tree->kind != TREE_ARRAY) {
		return is_pointer(tree);
	}
	for (const struct tree *entry = tree->first; entry; entry = entry->next) {
		if (!is_pointer(entry)) {
			return false;
		}
	}
	return tree->first != NULL;
}

static bool is_word(struct text text, const char *const *words)
{
	for (; *words; words++) {
		if (text_equal_string(text, *words)) {
			return true;
		}
	}
	return false;
}

static bool is_template(const struct tree *tree)
{
	struct text text = tree_text(tree);

	while (tree->kind == TREE_STRING && text.size > 0) {
		const char *end;

		if (text.data[0] != '{') {
			text = text_tail(text, 1);
			continue;
		}
		if (text.size > 1 && text.data[1] == '{') {
			text = text_tail(text, 2);
			continue;
		}
		end = memchr(text.data, '}', text.size);
		if (!end || (text.data[1] != '/' && text.data[1] != '#' && text.data[1] != '}')) {
			return false;
		}
		text = text_tail(text, (size_t)(end - text.data) + 1);
	}
	return tree->kind == TREE_STRING;
}

static bool are_of(const struct tree *tree, enum tree_kind container, bool may_list)
{
	if (tree->kind != container) {
		return false;
	}
	for (const struct tree *entry = tree->first; entry; entry = entry->next) {
		bool lists = may_list && (entry->kind == TREE_ARRAY || entry->kind == TREE_TRUE ||
						 entry->kind == TREE_FALSE);

		if (entry->kind != TREE_STRING && !lists) {
			return false;
		}
	}
	return true;
}

static bool is_data(const struct tree *tree)
{
	static const char *const own[] = {"module_type", "result_variable", "event_id", NULL};

	for (const struct tree *row = tree->first; row; row = row->next) {
		if (is_word(row->name, own)) {
			return false;
		}
	}
	return are_of(tree, TREE_OBJECT, false);
}

static bool are_texts(const struct tree *tree)
{
	return are_of(tree, TREE_OBJECT, false);
}

static bool are_conditions(const struct tree *tree)
{
	return are_of(tree, TREE_OBJECT, true);
}

static bool are_words(const struct tree *tree)
{
	return are_of(tree, TREE_ARRAY, false);
}

static bool is_unit(const struct tree *tree)
{
	static const char *const units[] = {"s", "ms", "us", "iso", NULL};

	return is_word(tree_text(tree), units);
}

static bool is_hash(const struct tree *tree)
{
	static const char *const hashes[] = {"sha256", "sha1", "none", NULL};

	return is_word(tree_text(tree), hashes);
}

static bool is_class(const struct tree *tree)
{
	static const char *const classes[] = {"info", "event", "debug", "prompt", "error", NULL};

	return is_word(tree_text(tree), classes);
}

static bool is_boolean(const struct tree *tree)
{
	return tree->kind == TREE_TRUE || tree->kind == TREE_FALSE;
}

static bool are_seconds(const struct tree *tree)
{
	int64_t seconds;

	return tree->kind == TREE_NUMBER && text_to_int64(tree->value, &seconds);
}

static bool is_text(const struct tree *tree)
{
	return tree->kind == TREE_STRING;
}

static const struct {
	bool (*fits)(const struct tree *tree);
	const char *expected;
} values[] = {
	[WHAT_TEXT] = {is_text, "a text"},
	[WHAT_POINTER] = {is_pointer, "a JSON pointer, such as \"/call/id\","},
	[WHAT_POINTERS] = {are_pointers, "a JSON pointer, or an array of them,"},
	[WHAT_TEMPLATE] = {is_template,
		"a text with pointers in braces, such as \"Said: {/text}\","},
	[WHAT_WORDS] = {are_words, "an array of texts"},
	[WHAT_TEXTS] = {are_texts, "an object of texts"},
	[WHAT_DATA] = {is_data,
		"an object of texts, none called module_type, result_variable or event_id,"},
	[WHAT_WHEN] = {are_conditions,
		"an object of pointers, each with a text, an array, true or false,"},
	[WHAT_UNIT] = {is_unit, "s, ms, us or iso"},
	[WHAT_HASH] = {is_hash, "sha256, sha1 or none"},
	[WHAT_CLASS] = {is_class, "info, event, debug, prompt or error"},
	[WHAT_BOOLEAN] = {is_boolean, "true or false"},
	[WHAT_SECONDS] = {are_seconds, "a number of seconds"},
};

/* ---- objects ---- */

static const struct member *find_member(const struct member *members, struct text name)
{
	for (; members->name; members++) {
		if (text_equal_string(name, members->name)) {
			return members;
		}
	}
	return NULL;
}

static int check_members(const struct tree *tree, const struct member *members, struct error *err);

static int check_steps(const struct tree *steps, struct error *err)
{
	size_t place = 1;

	if (steps->kind != TREE_ARRAY) {
		return error_set(err, ERROR_INVALID, "an array is expected");
	}
	for (const struct tree *step = steps->first; step; step = step->next) {
		if (check_members(step, of_step, err) < 0) {
			return error_prefix(err, "step %zu", place);
		}
		place++;
	}
	return 0;
}

static int check_member(const struct tree *tree, enum what what, struct error *err)
{
	int result = 0;

	if (what == WHAT_CALL) {
		result = check_members(tree, of_call, err);
	} else if (what == WHAT_SIGNATURE) {
		result = check_members(tree, of_signature, err);
	} else if (what == WHAT_STEPS) {
		result = check_steps(tree, err);
	} else if (!values[what].fits(tree)) {
		result = error_set(err, ERROR_INVALID, "%s is expected", values[what].expected);
	}
	return result < 0 ? error_prefix(err, "'%.*s'", TEXT_ARG(tree->name)) : 0;
}

static int check_members(const struct tree *tree, const struct member *members, struct error *err)
{
	if (tree->kind != TREE_OBJECT) {
		return error_set(err, ERROR_INVALID, "an object is expected");
	}
	for (const struct tree *row = tree->first; row; row = row->next) {
		const struct member *member = find_member(members, row->name);

		if (!member) {
			return error_set(err, ERROR_INVALID, "'%.*s' is not a member of it",
				(int)(row->name.size < 60 ? row->name.size : 60), row->name.data);
		}
		if (check_member(row, member->what, err) < 0) {
			return -1;
		}
	}
	for (; members->name; members++) {
		if (members->needed && !tree_member(tree, members->name)) {
			return error_set(err, ERROR_INVALID, "'%s' is missing", members->name);
		}
	}
	return 0;
}

/* ---- tables ---- */

static bool is_name(struct text name)
{
	for (size_t i = 0; i < name.size; i++) {
		if (!text_is_alphanumeric(name.data[i]) && !memchr("-_", name.data[i], 2)) {
			return false;
		}
	}
	return name.size > 0 && name.size <= NAME_MAX_BYTES &&
	       !text_equal(name, TEXT("freeswitch")) && !text_equal(name, TEXT("twilio"));
}

static struct text or_else(struct text text, const char *fallback)
{
	return text.size > 0 ? text : text_of(fallback);
}

static void set_signature(struct webhook *webhook)
{
	const struct tree *tree = tree_member(webhook->table, "signature");
	struct webhook_signature *signature = &webhook->signature;

	if (!tree) {
		return;
	}
	signature->header = tree_member_text(tree, "header");
	signature->hash = tree_member_text(tree, "hash");
	signature->format = or_else(tree_member_text(tree, "format"), "{digest}");
	signature->content = or_else(tree_member_text(tree, "signed"), "{body}");
	(void)!text_to_int64(tree_member_text(tree, "max_age_s"), &signature->age_max_s);
}

static int add_table(struct webhooks *webhooks, const struct tree *table, struct error *err)
{
	struct webhook *webhook = &webhooks->rows[webhooks->count];

	if (webhooks->count == WEBHOOKS_MAX) {
		return error_set(err, ERROR_INVALID, "there are more than %d tables", WEBHOOKS_MAX);
	}
	if (!is_name(table->name) || webhooks_find(webhooks, table->name)) {
		return error_set(err, ERROR_INVALID,
			"a name is 1 to %d letters, digits, '-' and '_', once each, and not "
			"freeswitch or twilio",
			NAME_MAX_BYTES);
	}
	*webhook = (struct webhook){.name = table->name, .table = table};
	if (check_members(table, of_table, err) < 0) {
		return -1;
	}
	set_signature(webhook);
	webhooks->count++;
	return 0;
}

int webhooks_read(struct webhooks *webhooks, struct text json, struct error *err)
{
	struct tree *tree;

	if (!text_utf8_valid(json, NULL)) {
		return error_set(err, ERROR_INVALID, "it is not UTF-8");
	}
	if (tree_read_json(&tree, json, &webhooks->arena, err) < 0) {
		return -1;
	}
	if (tree->kind != TREE_OBJECT || !tree->first) {
		return error_set(
			err, ERROR_INVALID, "an object is expected, with a table for each name");
	}
	for (const struct tree *table = tree->first; table; table = table->next) {
		if (add_table(webhooks, table, err) < 0) {
			return error_prefix(err, "webhook '%.*s'",
				(int)(table->name.size < 60 ? table->name.size : 60),
				table->name.data);
		}
	}
	return 0;
}

static int read_secret(struct webhooks *webhooks, struct webhook *webhook, struct error *err)
{
	const struct tree *tree = tree_member(webhook->table, "signature");
	struct text path = arena_copy(&webhooks->arena, tree_member_text(tree, "secret_file"));
	struct text secret;

	if (!path.data) {
		return error_no_memory(err);
	}
	if (file_read(path.data, SECRET_BYTES_MAX, &webhooks->arena, &secret, err) < 0) {
		return -1;
	}
	while (secret.size > 0 && memchr("\r\n", secret.data[secret.size - 1], 2)) {
		secret.size--;
	}
	if (secret.size == 0) {
		return error_set(
			err, ERROR_INVALID, "'%s' is empty: it holds the secret", path.data);
	}
	webhook->signature.secret = secret;
	return 0;
}

int webhooks_open(struct webhooks **ret_webhooks, const char *path, struct error *err)
{
	AUTO(webhooks_closep) struct webhooks *webhooks = calloc(1, sizeof(*webhooks));
	struct text json;

	if (!webhooks) {
		return error_no_memory(err);
	}
	arena_init(&webhooks->arena, TREE_ARENA_BYTES_MAX);
	if (file_read(path, FILE_BYTES_MAX, &webhooks->arena, &json, err) < 0) {
		return -1;
	}
	if (webhooks_read(webhooks, json, err) < 0) {
		return error_prefix(err, "'%s'", path);
	}
	for (size_t i = 0; i < webhooks->count; i++) {
		if (webhooks->rows[i].signature.header.size > 0 &&
			read_secret(webhooks, &webhooks->rows[i], err) < 0) {
			return error_prefix(err, "'%s': webhook '%.*s'", path,
				TEXT_ARG(webhooks->rows[i].name));
		}
	}
	*ret_webhooks = webhooks;
	webhooks = NULL;
	return 0;
}

void webhooks_close(struct webhooks *webhooks)
{
	if (webhooks) {
		arena_deinit(&webhooks->arena);
		free(webhooks);
	}
}

const struct webhook *webhooks_find(const struct webhooks *webhooks, struct text name)
{
	for (size_t i = 0; webhooks && i < webhooks->count; i++) {
		if (text_equal(webhooks->rows[i].name, name)) {
			return &webhooks->rows[i];
		}
	}
	return NULL;
}
