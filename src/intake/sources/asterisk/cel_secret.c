/* SPDX-License-Identifier: MIT
 * Finds secrets in what applications are given. Where a secret may end is not certain (a password
 * may hold any character), so more is hidden rather than less. */
#include "intake/sources/asterisk/cel_secret.h"

#include "redact/assignment.h"
#include "redact/mark.h"

/* How far names, and what stands before a secret, are followed: a text of a megabyte must not be
 * read again and again. */
#define CREDENTIALS_BYTES_MAX 256
#define ARGUMENTS_BYTES_MAX   1024

/* ---- names ---- */

/* Takes the next word of letters off the front of @rest; `userPin` and `USER_PIN` have two. */
static bool next_word(struct text *rest, struct text *ret_word)
{
	size_t size = 0;

	while (rest->size > 0 && !text_is_letter(rest->data[0])) {
		*rest = text_tail(*rest, 1);
	}
	while (size < rest->size && text_is_letter(rest->data[size])) {
		bool hump = size > 0 && text_lower(rest->data[size - 1]) == rest->data[size - 1] &&
			    text_lower(rest->data[size]) != rest->data[size];

		if (hump) {
			break;
		}
		size++;
	}
	*ret_word = text_head(*rest, size);
	*rest = text_tail(*rest, size);
	return size > 0;
}

static bool ends_with(struct text word, const char *end)
{
	size_t size = strlen(end);

	return word.size >= size &&
	       text_equal_ascii_case(text_tail(word, word.size - size), text_of(end));
}

static bool is_secret_word(struct text word)
{
	static const char *const whole[] = {"pass", "pw", "otp", "totp", "puk", "mdp", "clave"};
	static const char *const ends[] = {"pin", "pwd", "token", "cvv", "cvc"};

	for (size_t i = 0; i < COUNT_OF(whole); i++) {
		if (text_equal_ascii_case(word, text_of(whole[i]))) {
			return true;
		}
	}
	if (word.size > 3 && text_lower(word.data[word.size - 1]) == 's') {
		word.size--;
	}
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		if (ends_with(word, ends[i])) {
			return true;
		}
	}
	return false;
}

/* The letters of @name in lower case, one after the other: `PASS_CODE` has `passcode`. */
static struct text letters_of(struct text name, char letters[ASSIGNMENT_NAME_MAX])
{
	size_t size = 0;

	for (size_t i = 0; i < name.size && size < ASSIGNMENT_NAME_MAX; i++) {
		if (text_is_letter(name.data[i])) {
			letters[size++] = text_lower(name.data[i]);
		}
	}
	return (struct text){.data = letters, .size = size};
}

bool cel_secret_is_name(struct text name)
{
	static const char *const parts[] = {"password", "passwd", "passwort", "passcode",
		"passphrase", "pincode", "pinnumber", "securitycode", "accesscode", "authcode",
		"authorization", "secret", "credential", "apikey", "kennwort", "contrasena",
		"senha", "motdepasse"};
	char letters[ASSIGNMENT_NAME_MAX];
	struct text all = letters_of(name, letters);
	struct text word;

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		if (memmem(all.data, all.size, parts[i], strlen(parts[i]))) {
			return true;
		}
	}
	while (next_word(&name, &word)) {
		if (is_secret_word(word)) {
			return true;
		}
	}
	return false;
}

/* ---- what is hidden of a text ---- */

struct hiding {
	struct arena *arena;
	struct text text;
	char *hidden; /* a byte for each of the text's, 1 where it is hidden; NULL: nothing is */
	size_t until; /* what was hidden last ends there */
	bool failed;
};

static void hide(struct hiding *hiding, size_t from, size_t to)
{
	if (from >= to) {
		return;
	}
	if (!hiding->hidden) {
		hiding->hidden = arena_calloc(hiding->arena, hiding->text.size, 1);
		hiding->failed = !hiding->hidden;
	}
	if (hiding->hidden) {
		memset(hiding->hidden + from, 1, to - from);
		hiding->until = to;
	}
}

static struct text write_marks(struct hiding *hiding)
{
	static const struct redact_key none;
	AUTO(buffer_deinit) struct buffer out;

	buffer_init(&out, SIZE_MAX / 2);
	if (!hiding->hidden) {
		return hiding->failed ? (struct text){0} : hiding->text;
	}
	redact_marks_write(&out, &none, hiding->text, hiding->hidden);
	return out.failed ? (struct text){0} : arena_copy(hiding->arena, buffer_text(&out));
}

static void hide_value(struct hiding *hiding, size_t at)
{
	size_t begin, end;

	assignment_value(hiding->text, at, &begin, &end);
	hide(hiding, begin, end);
}

/* ---- user:password@host ---- */

static bool is_scheme(struct text word)
{
	static const char *const schemes[] = {"sip", "sips", "tel", "xmpp", "mailto"};

	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		if (text_equal_ascii_case(word, text_of(schemes[i]))) {
			return true;
		}
	}
	return false;
}

/* What stands before the @ at @at, in a dial string or an address: `IAX2/user:password@host`. */
static void hide_credentials(struct hiding *hiding, size_t at)
{
	struct text text = hiding->text;
	size_t begin = at, user;

	while (begin > 0 && at - begin < CREDENTIALS_BYTES_MAX &&
		!memchr("/,& <>\"'()=?;", text.data[begin - 1], 13)) {
		begin--;
	}
	user = begin;
	while (user < at && text.data[user] != ':') {
		user++;
	}
	if (is_scheme(text_head(text_tail(text, begin), user - begin))) {
		for (user++; user < at && text.data[user] != ':'; user++) {
		}
	} else if (begin == 0 || text.data[begin - 1] != '/') {
		return;
	}
	if (user < at) {
		hide(hiding, user + 1, at);
	}
}

/* ---- applications ---- */

/* From which argument on an application is given what is secret. */
static const struct {
	const char *app;
	int argument;
	/* only when its first argument, a routine, variable or event, has a secret's name */
	bool named;
} takers[] = {
	{"Authenticate", 0, false},
	{"DISA", 0, false},
	{"VMAuthenticate", 0, false},
	{"MeetMe", 2, false},
	{"Gosub", 1, true},
	{"GosubIf", 1, true},
	{"AELSub", 1, true},
	{"Macro", 1, true},
	{"MacroIf", 1, true},
	{"AGI", 1, true},
	{"DeadAGI", 1, true},
	{"EAGI", 1, true},
	{"UserEvent", 1, true},
	{"CELGenUserEvent", 1, true},
};

static struct text shortened(struct text text, size_t size_max)
{
	return text_head(text, text.size < size_max ? text.size : size_max);
}

/* Where argument @index of @data begins; data.size when there are not so many. */
static size_t argument_at(struct text data, int index)
{
	struct text near = shortened(data, ARGUMENTS_BYTES_MAX);
	size_t at = 0;

	for (int i = 0; i < index; i++) {
		const char *comma =
			at < near.size ? memchr(near.data + at, ',', near.size - at) : NULL;

		if (!comma) {
			return data.size;
		}
		at = (size_t)(comma - near.data) + 1;
	}
	return at;
}

/* The name that Set gives a value to; empty when it gives none. */
static struct text set_name(struct text data)
{
	struct text near = shortened(data, ASSIGNMENT_NAME_MAX);
	const char *equals = near.size ? memchr(near.data, '=', near.size) : NULL;

	return text_head(near, equals ? (size_t)(equals - near.data) : 0);
}

/* Hides what the application @app must not show of its arguments between @at and @end. */
static void hide_arguments(struct hiding *hiding, struct text app, size_t at, size_t end)
{
	struct text data = text_head(text_tail(hiding->text, at), end - at);
	struct text name = set_name(data), first;

	/* Set takes all that follows, commas as well. */
	if (text_equal_ascii_case(app, TEXT("Set")) && cel_secret_is_name(name)) {
		hide(hiding, at + name.size + 1, end);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(takers); i++) {
		if (!text_equal_ascii_case(app, text_of(takers[i].app))) {
			continue;
		}
		first = shortened(text_head(data, argument_at(data, 1)), ASSIGNMENT_NAME_MAX);
		if (!takers[i].named || cel_secret_is_name(first)) {
			hide(hiding, at + argument_at(data, takers[i].argument), end);
		}
		return;
	}
}

/* ExecIf, TryExec and others are given an application with its arguments. Which bracket is its last
 * is not certain. */
static void hide_inner(struct hiding *hiding, size_t bracket)
{
	struct text text = hiding->text;
	struct text app = assignment_name(text, bracket);
	size_t end = text.data[text.size - 1] == ')' ? text.size - 1 : text.size;

	if (app.size > 0 && bracket + 1 < end) {
		hide_arguments(hiding, app, bracket + 1, end);
	}
}

struct text cel_secret_hide(struct arena *arena, struct text app, struct text app_data)
{
	struct hiding hiding = {.arena = arena, .text = app_data};

	if (app_data.size == 0) {
		return app_data;
	}
	if (app.size > 0) {
		hide_arguments(&hiding, app, 0, app_data.size);
	}
	for (size_t i = hiding.until; i<app_data.size; i = hiding.until> i ? hiding.until : i + 1) {
		switch (app_data.data[i]) {
		case '=':
		case ':':
			if (cel_secret_is_name(assignment_name(app_data, i))) {
				hide_value(&hiding, i + 1);
			}
			break;
		case '(':
			hide_inner(&hiding, i);
			break;
		case '@':
			hide_credentials(&hiding, i);
			break;
		default:
			break;
		}
	}
	return write_marks(&hiding);
}
