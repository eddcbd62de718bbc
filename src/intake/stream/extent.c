/* SPDX-License-Identifier: MIT
 * Extents: brackets, quotes and escapes, nothing else. */
#include "intake/stream/extent.h"

#include "json/json_escape.h"

static const bool stops_plain[256] = {
	['"'] = true,
	['{'] = true,
	['}'] = true,
	['['] = true,
	[']'] = true,
	['\n'] = true,
};

static const bool ends_scalar[256] = {
	[' '] = true,
	['\t'] = true,
	['\r'] = true,
	['\n'] = true,
	[','] = true,
	[':'] = true,
	['"'] = true,
	['{'] = true,
	['}'] = true,
	['['] = true,
	[']'] = true,
};

void extent_start(struct extent *extent, char first)
{
	*extent = (struct extent){.scalar = !strchr("{[\"", first) || first == '\0'};
}

static const char *skip_until(const bool stops[256], const char *at, const char *end)
{
	while (at < end && !stops[(unsigned char)*at]) {
		at++;
	}
	return at;
}

/* From inside a string to behind its closing quote. */
static const char *scan_string(
	struct extent *extent, struct place *place, const char *at, const char *end)
{
	while (at < end && extent->in_string) {
		bool literal = extent->escaped;

		extent->escaped = false;
		if (!literal) {
			at += json_plain_length(at, (size_t)(end - at));
		}
		if (at == end) {
			break;
		}
		if (*at == '\n') {
			place_line_feed(place, at);
		} else if (!literal) {
			extent->escaped = *at == '\\';
			extent->in_string = *at != '"';
		}
		at++;
	}
	return at;
}

static void open_bracket(struct extent *extent, bool is_object)
{
	if (extent->depth < EXTENT_LEVELS) {
		uint64_t bit = UINT64_C(1) << (extent->depth % 64);
		uint64_t *word = &extent->is_object[extent->depth / 64];

		*word = is_object ? *word | bit : *word & ~bit;
	}
	extent->depth++;
}

static bool close_bracket(struct extent *extent, bool is_object)
{
	uint64_t level = extent->depth - 1;

	extent->depth--;
	return level >= EXTENT_LEVELS ||
	       (extent->is_object[level / 64] >> (level % 64) & 1) == is_object;
}

static bool take_plain(struct extent *extent, struct place *place, const char *at)
{
	switch (*at) {
	case '"':
		extent->in_string = true;
		return true;
	case '\n':
		place_line_feed(place, at);
		return true;
	case '{':
	case '[':
		open_bracket(extent, *at == '{');
		return true;
	default:
		return close_bracket(extent, *at == '}');
	}
}

static int mismatch(const struct place *place, const char *at, struct error *err)
{
	error_set(err, ERROR_INVALID, "'%c' closes a '%c'", *at, *at == '}' ? '[' : '{');
	return place_prefix(place_of(place, at), err);
}

int extent_scan(struct extent *extent, struct place *place, const char **at, const char *end,
	struct error *err)
{
	if (extent->scalar) {
		*at = skip_until(ends_scalar, *at, end);
		return *at < end;
	}
	while (*at < end) {
		if (extent->in_string) {
			*at = scan_string(extent, place, *at, end);
		} else {
			*at = skip_until(stops_plain, *at, end);
			if (*at == end) {
				return 0;
			}
			if (!take_plain(extent, place, *at)) {
				return mismatch(place, *at, err);
			}
			(*at)++;
		}
		if (extent->depth == 0 && !extent->in_string) {
			return 1;
		}
	}
	return 0;
}
