/* SPDX-License-Identifier: MIT
 * Times against ids. */
#include "intake/sources/asterisk/cel_clock.h"

#include <stdio.h>

#define SECOND_US INT64_C(1000000)

/* The least that two zones differ by is a quarter of an hour. */
#define OFF_MAX_S 600

/* Ten digits: from 2001 to 2286. Ids that applications give may be anything. */
#define ID_DIGITS 10

bool cel_clock_id_s(struct text unique_id, int64_t *ret_s)
{
	const char *hyphen = unique_id.size ? memrchr(unique_id.data, '-', unique_id.size) : NULL;
	struct text rest =
		hyphen ? text_tail(unique_id, (size_t)(hyphen - unique_id.data) + 1) : unique_id;
	struct text seconds;
	int64_t number;

	return text_split(&rest, '.', &seconds) && seconds.size == ID_DIGITS &&
	       text_to_int64(rest, &number) && text_to_int64(seconds, ret_s);
}

void cel_clock_start(struct cel_clock *clock, struct text unique_id, int64_t time_us, uint64_t line)
{
	int64_t id_s, off_s;

	if (!cel_clock_id_s(unique_id, &id_s)) {
		return;
	}
	clock->starts++;
	off_s = time_us / SECOND_US - id_s;
	if (off_s >= -OFF_MAX_S && off_s <= OFF_MAX_S) {
		return;
	}
	if (clock->off++ == 0) {
		clock->line = line;
		clock->off_by_s = off_s;
	}
}

bool cel_clock_warning(
	const struct cel_clock *clock, bool zone_given, char warning[CEL_CLOCK_WARNING_SIZE])
{
	int64_t off_s = clock->off_by_s < 0 ? -clock->off_by_s : clock->off_by_s;
	int64_t minutes = (off_s + 30) / 60;

	if (clock->off == 0) {
		return false;
	}
	snprintf(warning, CEL_CLOCK_WARNING_SIZE,
		"times disagree with the channels' ids, which hold UNIX seconds, in %llu of %llu "
		"channels; that of line %llu is %lld:%02lld hours %s its id: %s",
		(unsigned long long)clock->off, (unsigned long long)clock->starts,
		(unsigned long long)clock->line, (long long)(minutes / 60),
		(long long)(minutes % 60), clock->off_by_s < 0 ? "before" : "after",
		zone_given ? "is --zone the exchange's zone?"
			   : "import it again with --zone and the exchange's zone");
	return true;
}
