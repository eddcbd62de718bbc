/* SPDX-License-Identifier: MIT
 * Content negotiation: reading lists of ranges and codings with their weights. */
#include "http/negotiate.h"

#define QUALITY_MAX	 1000
#define QUALITY_DECIMALS 3

enum specificity {
	MATCH_NONE,
	MATCH_ANY,	/* * or the all-matching media range */
	MATCH_TYPE,	/* text and any subtype */
	MATCH_EXACT,	/* text/html */
	MATCH_PARAMETER /* text/html;level=1, offered with that parameter */
};

/* Takes the next part of a list off the front of @rest, up to a comma or semicolon that stands in
 * no quoted string. */
static bool next_part(struct text *rest, char separator, struct text *ret_part)
{
	bool quoted = false;

	if (!rest->data) {
		return false;
	}
	for (size_t i = 0; i < rest->size; i++) {
		char byte = rest->data[i];

		if (byte == '\\' && quoted) {
			i++;
		} else if (byte == '"') {
			quoted = !quoted;
		} else if (byte == separator && !quoted) {
			*ret_part = text_trim(text_head(*rest, i));
			*rest = text_tail(*rest, i + 1);
			return true;
		}
	}
	*ret_part = text_trim(*rest);
	*rest = (struct text){0};
	return true;
}

/* Reads a weight, 0 to 1 with up to three decimals, in thousandths (RFC 9110 §12.4.2). */
static bool read_quality(struct text text, int *ret)
{
	int quality = 0;
	int unit = QUALITY_MAX;

	if (text.size == 0 || text.size > 2 + QUALITY_DECIMALS ||
		(text.size > 1 && text.data[1] != '.')) {
		return false;
	}
	for (size_t i = 0; i < text.size; i++) {
		if (i == 1) {
			continue;
		}
		if (!text_is_digit(text.data[i])) {
			return false;
		}
		quality += (text.data[i] - '0') * unit;
		unit /= 10;
	}
	if (quality > QUALITY_MAX) {
		return false;
	}
	*ret = quality;
	return true;
}

static bool is_token_byte(char byte)
{
	return text_is_alphanumeric(byte) || (byte && strchr("!#$%&'*+-.^_`|~", byte));
}

static bool is_token(struct text text)
{
	for (size_t i = 0; i < text.size; i++) {
		if (!is_token_byte(text.data[i])) {
			return false;
		}
	}
	return text.size > 0;
}

/* One part of a list: a name, its parameters before the weight, the weight. */
struct part {
	struct text name;
	struct text parameters; /* raw; no data when there are none */
	int quality;
};

static bool read_parameter(struct text parameter, bool *ret_is_quality, int *ret_quality)
{
	struct text value = parameter;
	struct text name;

	if (!text_split(&value, '=', &name) || !value.data || !is_token(name)) {
		return false;
	}
	*ret_is_quality = text_equal_ascii_case(name, TEXT("q"));
	return !*ret_is_quality || read_quality(value, ret_quality);
}

static bool read_part(struct text text, struct part *ret)
{
	struct part part = {.quality = QUALITY_MAX};
	struct text rest = text;
	struct text parameter;

	if (!next_part(&rest, ';', &part.name)) {
		return false;
	}
	while (next_part(&rest, ';', &parameter)) {
		bool is_quality;

		if (!read_parameter(parameter, &is_quality, &part.quality)) {
			return false;
		}
		if (is_quality) {
			break;
		}
		if (!part.parameters.data) {
			part.parameters.data = parameter.data;
		}
		part.parameters.size =
			(size_t)(parameter.data + parameter.size - part.parameters.data);
	}
	*ret = part;
	return true;
}

static bool split_type(struct text text, struct text *ret_type, struct text *ret_subtype)
{
	*ret_subtype = text;
	return text_split(ret_subtype, '/', ret_type) && is_token(*ret_type) &&
	       is_token(*ret_subtype);
}

static enum specificity match_type(const struct part *range, struct text offer)
{
	struct text offer_name;
	struct text types[2];
	struct text subtypes[2];

	if (!next_part(&offer, ';', &offer_name) ||
		!split_type(range->name, &types[0], &subtypes[0]) ||
		!split_type(offer_name, &types[1], &subtypes[1])) {
		return MATCH_NONE;
	}
	if (text_equal(subtypes[0], TEXT("*")) && !range->parameters.data) {
		if (text_equal(types[0], TEXT("*"))) {
			return MATCH_ANY;
		}
		return text_equal_ascii_case(types[0], types[1]) ? MATCH_TYPE : MATCH_NONE;
	}
	if (!text_equal_ascii_case(types[0], types[1]) ||
		!text_equal_ascii_case(subtypes[0], subtypes[1])) {
		return MATCH_NONE;
	}
	if (!range->parameters.data) {
		return MATCH_EXACT;
	}
	return text_equal_ascii_case(range->parameters, text_trim(offer)) ? MATCH_PARAMETER
									  : MATCH_NONE;
}

static int type_quality(struct text accept, struct text offer)
{
	enum specificity best = MATCH_NONE;
	int quality = 0;
	struct text text;

	while (next_part(&accept, ',', &text)) {
		enum specificity specificity;
		struct part range;

		if (!read_part(text, &range)) {
			continue;
		}
		specificity = match_type(&range, offer);
		if (specificity > best) {
			best = specificity;
			quality = range.quality;
		}
	}
	return quality;
}

int negotiate_type(struct text accept, const char *const *offers)
{
	int best = -1;
	int best_quality = 0;

	if (!accept.data) {
		return offers[0] ? 0 : -1;
	}
	for (int i = 0; offers[i]; i++) {
		int quality = type_quality(accept, text_of(offers[i]));

		if (quality > best_quality) {
			best = i;
			best_quality = quality;
		}
	}
	return best;
}

/* The weight of @coding: its own, that of `*`, or @otherwise. */
static int coding_quality(struct text accept_encoding, struct text coding, int otherwise)
{
	enum specificity best = MATCH_NONE;
	int quality = otherwise;
	struct text text;

	while (next_part(&accept_encoding, ',', &text)) {
		enum specificity specificity = MATCH_NONE;
		struct part part;

		if (!read_part(text, &part) || !is_token(part.name)) {
			continue;
		}
		if (text_equal_ascii_case(part.name, coding)) {
			specificity = MATCH_EXACT;
		} else if (text_equal(part.name, TEXT("*"))) {
			specificity = MATCH_ANY;
		}
		if (specificity > best) {
			best = specificity;
			quality = part.quality;
		}
	}
	return quality;
}

bool negotiate_coding(struct text accept_encoding, const char *coding)
{
	int quality = coding_quality(accept_encoding, text_of(coding), 0);
	struct text identity = TEXT("identity");

	/* Identity is acceptable unless it is refused. Where it is not named, it has no weight, so
	 * @coding is not below it. */
	return quality > 0 && quality >= coding_quality(accept_encoding, identity, 0);
}
