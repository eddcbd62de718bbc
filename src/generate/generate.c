/* SPDX-License-Identifier: MIT
 * Spreading made-up calls over time. */
#include "generate/generate.h"

#include "generate/play.h"

#define HOUR	      INT64_C(3600)
#define DAY	      (24 * HOUR)
#define WEEK_DAYS     7
#define THURSDAY      3 /* 1970-01-01, counted from Monday */
#define CALL_SIZE_MAX ((size_t)1 << 20)
/* Between the session's beginning, which its id holds, and the call's. */
#define SESSION_LEAD_S 9
/* Sessions have six and three digits, and start at 100000. */
#define SESSION_FIRST	   100000
#define SESSION_NUMBERS	   900000
#define SESSION_PARTS	   1000
#define SESSION_MULTIPLIER UINT64_C(577) /* prime, and so none of 900,000,000's divisors */

/* How many calls an hour gets, against the others: quiet nights, two peaks, short weekends. UTC. */
static int64_t hour_weight(int64_t time)
{
	static const uint8_t hours[24] = {6, 4, 3, 3, 4, 8, 18, 42, 78, 98, 100, 92, 74, 80, 95, 97,
		88, 70, 50, 38, 30, 22, 15, 9};
	static const uint8_t days[WEEK_DAYS] = {118, 106, 100, 98, 94, 42, 28};
	int64_t day = time / DAY;

	return (int64_t)hours[time / HOUR % 24] * days[(day + THURSDAY) % WEEK_DAYS];
}

/* Seconds of the hour at @time that lie in the window, each with the hour's weight. */
static int64_t hour_end_of(int64_t time, int64_t end)
{
	int64_t hour_end = (time / HOUR + 1) * HOUR;

	return hour_end < end ? hour_end : end;
}

void generator_init(
	struct generator *generator, uint64_t seed, int64_t calls, int64_t start, int64_t end)
{
	*generator = (struct generator){
		.seed = seed,
		.calls = calls,
		.end = end,
		.hour_start = start,
		.hour_end = hour_end_of(start, end),
	};
	buffer_init(&generator->scratch, CALL_SIZE_MAX);
	for (int64_t time = start; time < end; time = hour_end_of(time, end)) {
		generator->weight_all += hour_weight(time) * (hour_end_of(time, end) - time);
	}
}

void generator_deinit(struct generator *generator)
{
	buffer_deinit(&generator->scratch);
}

/* Call number n starts where between n and n + 1 of `calls` equal parts of all weight lie before
 * it. */
static int64_t next_start(struct generator *generator)
{
	struct random random = random_of(~generator->seed, (uint64_t)generator->done);
	uint64_t all = (uint64_t)generator->weight_all;
	/* The product may take more than 64 bits. */
	unsigned __int128 part =
		(unsigned __int128)generator->done * all + random_next(&random) % all;
	int64_t position = (int64_t)(part / (uint64_t)generator->calls);

	for (;;) {
		int64_t weight = hour_weight(generator->hour_start);
		int64_t inside = (position - generator->weight_before) / weight;

		if (inside < generator->hour_end - generator->hour_start) {
			return generator->hour_start + inside;
		}
		generator->weight_before += weight * (generator->hour_end - generator->hour_start);
		generator->hour_start = generator->hour_end;
		generator->hour_end = hour_end_of(generator->hour_start, generator->end);
	}
}

/* Writes the vendor's form, "100035;000;1575898377". Its first two parts are another pair for each
 * call of a seed. */
static struct text write_session_id(
	const struct generator *generator, int64_t start, char buffer[64])
{
	uint64_t number = ((uint64_t)generator->done + generator->seed % SESSION_NUMBERS) *
			  SESSION_MULTIPLIER % ((uint64_t)SESSION_NUMBERS * SESSION_PARTS);
	int size = snprintf(buffer, 64, "%06llu;%03llu;%lld",
		(unsigned long long)(SESSION_FIRST + number % SESSION_NUMBERS),
		(unsigned long long)(number / SESSION_NUMBERS),
		(long long)(start > SESSION_LEAD_S ? start - SESSION_LEAD_S : 0));

	return (struct text){.data = buffer, .size = (size_t)size};
}

bool generator_next(struct generator *generator, struct buffer *out)
{
	struct random random = random_of(generator->seed, (uint64_t)generator->done);
	char session_id[64];
	int64_t start;

	if (generator->done == generator->calls) {
		return false;
	}
	start = next_start(generator);
	play_call(out, &generator->scratch, &random, start,
		write_session_id(generator, start, session_id));
	buffer_append_byte(out, '\n');
	generator->done++;
	return true;
}
