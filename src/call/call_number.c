/* SPDX-License-Identifier: MIT
 * Numbers as they are compared: a short way for plain ones, addresses around them, and what is left
 * out. */
#include "call/call_number.h"

#include <utf8proc.h>

#define MINUS_SIGN 0x2212 /* looks like a dash, and is copied for one */

static bool is_filler(char byte)
{
	return byte == ' ' || byte == '(' || byte == ')' || byte == '-' || byte == '.' ||
	       byte == '/';
}

size_t call_number_filler(struct text text)
{
	utf8proc_int32_t code;
	utf8proc_ssize_t size;

	if ((unsigned char)text.data[0] < 0x80) {
		return is_filler(text.data[0]);
	}
	size = utf8proc_iterate(
		(const utf8proc_uint8_t *)text.data, (utf8proc_ssize_t)text.size, &code);
	if (size <= 0) {
		return 0;
	}
	switch (utf8proc_category(code)) {
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_PD:
		return (size_t)size;
	default:
		return code == MINUS_SIGN ? (size_t)size : 0;
	}
}

/* How many digits were put into @buffer; 0 when there is none, or something else than digits. */
static size_t take_digits(struct text text, char buffer[CALL_NUMBER_MAX])
{
	size_t digits = 0;
	bool plus = false;

	for (size_t i = 0; i < text.size; i++) {
		char byte = text.data[i];

		if (text_is_digit(byte)) {
			buffer[digits++] = byte;
		} else if (byte == '+' && !plus && digits == 0) {
			plus = true;
		} else if (!is_filler(byte)) {
			size_t size = call_number_filler(text_tail(text, i));

			if (size == 0) {
				return 0;
			}
			i += size - 1;
		}
	}
	return digits;
}

/* ---- addresses ---- */

/* What stands before the first of @ends. */
static struct text until(struct text text, const char *ends)
{
	size_t size = 0;

	while (size < text.size && !strchr(ends, text.data[size])) {
		size++;
	}
	return text_head(text, size);
}

static struct text without_first_fillers(struct text text)
{
	size_t size;

	while (text.size > 0 && (size = call_number_filler(text)) > 0) {
		text = text_tail(text, size);
	}
	return text;
}

/* What stands between the last `<` and the `>` behind it. */
static bool take_brackets(struct text *text)
{
	const char *from = text->size ? memrchr(text->data, '<', text->size) : NULL;
	struct text rest;

	if (!from) {
		return false;
	}
	rest = text_tail(*text, (size_t)(from - text->data) + 1);
	*text = until(rest, ">");
	return text->size < rest.size;
}

static bool take_scheme(struct text *text, struct text scheme)
{
	if (text->size < scheme.size ||
		!text_equal_ascii_case(text_head(*text, scheme.size), scheme)) {
		return false;
	}
	*text = text_tail(*text, scheme.size);
	return true;
}

/* An extension, or an ISDN's subaddress, is a part of the number (RFC 3966 §4). */
static bool has_extension(struct text parameters)
{
	struct text part;

	while (text_split(&parameters, ';', &part)) {
		if (take_scheme(&part, TEXT("ext=")) || take_scheme(&part, TEXT("isub="))) {
			return true;
		}
	}
	return false;
}

static bool take_user(struct text *address)
{
	struct text user = until(*address, "@");

	if (user.size < address->size) {
		*address = until(user, ";:");
		return true;
	}
	*address = until(*address, ";?");
	return !memchr(address->data, '.', address->size) &&
	       !memchr(address->data, ':', address->size);
}

/* What may be a number in an address; false when there is no address. */
static bool take_address(struct text *text)
{
	bool brackets = take_brackets(text);

	*text = without_first_fillers(*text);
	if (take_scheme(text, TEXT("tel:"))) {
		struct text number = until(*text, ";");
		bool whole = !has_extension(text_tail(*text, number.size));

		*text = number;
		return whole;
	}
	if (take_scheme(text, TEXT("sip:")) || take_scheme(text, TEXT("sips:"))) {
		return take_user(text);
	}
	return brackets;
}

static bool may_be_address(struct text text)
{
	return text.size > 0 &&
	       (memchr(text.data, ':', text.size) || memchr(text.data, '<', text.size));
}

struct text call_number_key(struct text number, char buffer[CALL_NUMBER_MAX])
{
	struct text address = number;
	size_t digits;

	if (number.size > CALL_NUMBER_MAX) {
		return number;
	}
	digits = take_digits(number, buffer);
	if (digits == 0 && may_be_address(number) && take_address(&address)) {
		digits = take_digits(address, buffer);
	}
	return digits > 0 ? (struct text){.data = buffer, .size = digits} : number;
}

/* ---- no number ---- */

bool call_number_is_withheld(struct text key)
{
	struct text words = TEXT(CALL_NUMBER_WITHHELD), word, user = key;

	if (!take_scheme(&user, TEXT("sip:"))) {
		(void)take_scheme(&user, TEXT("sips:"));
	}
	user = until(user, "@");
	if (user.size == 0) {
		return true;
	}
	while (text_split(&words, '|', &word)) {
		if (text_equal_ascii_case(user, word)) {
			return true;
		}
	}
	return false;
}

/* ---- what is dialled for the + ---- */

#define PREFIX_MAX 8 /* digits */

int call_prefixes_read(struct text value, struct call_prefixes *ret_prefixes, struct error *err)
{
	struct call_prefixes prefixes = {0};
	struct text part;

	do {
		if (!text_split(&value, ',', &part) || !text_is_digits(part) ||
			part.size > PREFIX_MAX || prefixes.count == CALL_PREFIXES_MAX) {
			return error_set(err, ERROR_INVALID,
				"what is dialled for a + is expected, 1 to %d digits, at most %d "
				"of "
				"them with commas between, as in 00,011",
				PREFIX_MAX, CALL_PREFIXES_MAX);
		}
		prefixes.items[prefixes.count++] = part;
	} while (value.data);
	*ret_prefixes = prefixes;
	return 0;
}

struct text call_number_undialled(const struct call_prefixes *prefixes, struct text key)
{
	size_t longest = 0;

	if (!prefixes || prefixes->count == 0 || !text_is_digits(key)) {
		return key;
	}
	for (size_t i = 0; i < prefixes->count; i++) {
		struct text prefix = prefixes->items[i];

		if (prefix.size > longest && prefix.size < key.size &&
			text_starts_with(key, prefix)) {
			longest = prefix.size;
		}
	}
	return text_tail(key, longest);
}

/* ---- keys ---- */

bool call_keys_have(const struct call_keys *keys, struct text key)
{
	for (size_t i = 0; i < keys->count; i++) {
		if (text_equal(keys->items[i], key)) {
			return true;
		}
	}
	return false;
}

static int add_key(struct call_keys *keys, struct text key, struct arena *arena, struct error *err)
{
	struct text copy;

	if (call_keys_have(keys, key)) {
		return 0;
	}
	if (keys->count == CALL_KEYS_MAX) {
		return error_set(err, ERROR_INVALID, "these are too many numbers: at most %zu are",
			CALL_KEYS_MAX);
	}
	if (!keys->items) {
		keys->items = arena_calloc(arena, CALL_KEYS_MAX, sizeof(*keys->items));
	}
	copy = keys->items ? arena_copy(arena, key) : (struct text){0};
	if (!copy.data) {
		return error_no_memory(err);
	}
	keys->items[keys->count++] = copy;
	return 0;
}

/* A prefix and a number are a way to dial the number unless a longer prefix makes another one of
 * them. */
static int add_dialled(struct call_keys *keys, struct text prefix, struct text number,
	const struct call_prefixes *prefixes, struct arena *arena, struct error *err)
{
	char buffer[PREFIX_MAX + CALL_NUMBER_MAX];
	struct text key = {.data = buffer, .size = prefix.size + number.size};

	if (key.size > CALL_NUMBER_MAX) {
		return 0;
	}
	memcpy(buffer, prefix.data, prefix.size);
	memcpy(buffer + prefix.size, number.data, number.size);
	return text_equal(call_number_undialled(prefixes, key), number)
		       ? add_key(keys, key, arena, err)
		       : 0;
}

int call_keys_add(struct call_keys *keys, struct text number, const struct call_prefixes *prefixes,
	struct arena *arena, struct error *err)
{
	char buffer[CALL_NUMBER_MAX];
	struct text wanted = call_number_undialled(prefixes, call_number_key(number, buffer));

	if (text_equal(call_number_undialled(prefixes, wanted), wanted) &&
		add_key(keys, wanted, arena, err) < 0) {
		return -1;
	}
	for (size_t i = 0; prefixes && text_is_digits(wanted) && i < prefixes->count; i++) {
		if (add_dialled(keys, prefixes->items[i], wanted, prefixes, arena, err) < 0) {
			return -1;
		}
	}
	return 0;
}
