/* SPDX-License-Identifier: MIT
 * Any bytes as the file of a time zone: what is taken has stretches in order, and hours and days
 * that begin where the clock says. */
#include "base/zone.h"
#include "fuzz_target.h"

#define ARENA_BYTES ((size_t)4 << 20)
#define HOUR_S	    INT64_C(3600)
#define DAY_S	    INT64_C(86400)

/* Moments before and after 1970, on a border of hours and beside it, and after the last year that a
 * rule is followed to. */
static const int64_t moments[] = {-7258118400, -1, 0, 1, 951782400, 1762063200, 1795459157,
	4102444799, 16725225600, 32503680000};

static void check_stretches(const struct zone *zone)
{
	fuzz_require(zone->count > 0 && zone->stretches[0].start == INT64_MIN);
	fuzz_require(zone->grain_s == HOUR_S || zone->grain_s == 60 || zone->grain_s == 1);
	for (size_t i = 0; i < zone->count; i++) {
		const struct zone_stretch *stretch = &zone->stretches[i];

		fuzz_require(stretch->ahead >= -DAY_S && stretch->ahead <= DAY_S);
		fuzz_require(i == 0 || stretch[-1].start < stretch->start);
		fuzz_require(i == 0 || stretch[-1].ahead != stretch->ahead);
	}
}

static void check_moment(const struct zone *zone, int64_t time)
{
	int64_t hour = zone_floor(zone, time, HOUR_S), day = zone_floor(zone, time, DAY_S);

	fuzz_require(hour <= time && day <= time && day <= hour);
	/* A beginning is the beginning of itself. */
	fuzz_require(zone_floor(zone, hour, HOUR_S) == hour && zone_floor(zone, day, DAY_S) == day);
	fuzz_require(time < 0 || hour < 0 || hour % zone->grain_s == 0);
	fuzz_require(zone_ahead(zone, time) >= -DAY_S && zone_ahead(zone, time) <= DAY_S);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_deinit) struct arena arena;
	const struct text content = {.data = (const char *)data, .size = size};
	struct zone zone;
	struct error err = {0};

	arena_init(&arena, ARENA_BYTES);
	if (zone_read(&zone, content, &arena, &err) < 0) {
		fuzz_require(err.message[0] != '\0');
		return 0;
	}
	check_stretches(&zone);
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		check_moment(&zone, moments[i]);
	}
	/* Where the clock changes. */
	for (size_t i = 1; i < zone.count && i < 200; i++) {
		int64_t start = zone.stretches[i].start;

		if (start > -(INT64_C(1) << 40) && start < INT64_C(1) << 40) {
			check_moment(&zone, start - 1);
			check_moment(&zone, start);
		}
	}
	return 0;
}
