/* SPDX-License-Identifier: MIT
 * Numbers that are not given out: from the ranges that the numbering plans keep for fiction, or
 * leave free. */
#include "generate/number.h"

#define CALLERS		  60000 /* of each language */
#define SERVICE_NUMBERS	  80	/* of each application */
#define SERVICE_FIRST	  3001
#define ANONYMOUS_PERCENT 2
#define RANGES_MAX	  8

struct range {
	struct text beginning;
	unsigned int digits; /* that follow */
};

static const struct {
	struct text tag;
	struct range ranges[RANGES_MAX];
	uint32_t range_count;
} languages[] = {
	[ENGLISH] = {TEXT("en-US"),
		{{TEXT("617555"), 4}, {TEXT("212555"), 4}, {TEXT("415555"), 4}, {TEXT("312555"), 4},
			{TEXT("781555"), 4}, {TEXT("508555"), 4}, {TEXT("303555"), 4},
			{TEXT("206555"), 4}},
		8},
	[SPANISH] = {TEXT("es-ES"), {{TEXT("34999"), 6}, {TEXT("305555"), 4}}, 2},
	[GERMAN] = {TEXT("de-DE"),
		{{TEXT("493023125"), 3}, {TEXT("496990009"), 3}, {TEXT("494066969"), 3},
			{TEXT("498999998"), 3}, {TEXT("491713920"), 4}},
		5},
	[FRENCH] = {TEXT("fr-FR"),
		{{TEXT("3319900"), 4}, {TEXT("3326191"), 4}, {TEXT("3335301"), 4},
			{TEXT("3346571"), 4}, {TEXT("3353649"), 4}},
		5},
	[JAPANESE] = {TEXT("ja-JP"), {{TEXT("81990"), 6}}, 1},
};

struct text number_language_tag(enum language language)
{
	return languages[language].tag;
}

/* @beginning and the last @digits digits of @value. */
static struct text write_number(
	struct text beginning, uint64_t value, unsigned int digits, char buffer[NUMBER_TEXT_SIZE])
{
	memcpy(buffer, beginning.data, beginning.size);
	for (unsigned int i = digits; i > 0; i--) {
		buffer[beginning.size + i - 1] = (char)('0' + value % 10);
		value /= 10;
	}
	return (struct text){.data = buffer, .size = beginning.size + digits};
}

struct text number_of_caller(
	struct random *random, enum language language, char buffer[NUMBER_TEXT_SIZE])
{
	uint32_t caller = random_skewed(random, CALLERS);
	/* A caller has the same number in every call, whatever the seed. */
	struct random own = random_of((uint64_t)language, caller);
	const struct range *range;

	if (random_percent(random, ANONYMOUS_PERCENT)) {
		return TEXT("anonymous");
	}
	range = &languages[language].ranges[random_below(&own, languages[language].range_count)];
	return write_number(range->beginning, random_next(&own), range->digits, buffer);
}

struct text number_of_service(
	struct random *random, const struct application *application, char buffer[NUMBER_TEXT_SIZE])
{
	uint32_t line = random_skewed(random, random_skewed(random, SERVICE_NUMBERS) + 1);

	return write_number(application->dialled, SERVICE_FIRST + line, 4, buffer);
}
