/* SPDX-License-Identifier: MIT
 * Sets the zone. */
#include "cmd/zone_option.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* The library would take a misspelt zone for UTC. */
int zone_option_set(const char *zone, struct error *err)
{
	char path[512];

	if (!zone) {
		return 0;
	}
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", zone);
	/* POSIX zones, such as CET-1CEST, have digits. */
	if (strcmp(zone, "UTC") != 0 && !strpbrk(zone, "0123456789") && access(path, R_OK) < 0) {
		return error_set(err, ERROR_INVALID,
			"'%s' is not a value for --zone: there is no such time zone; "
			"write one like Europe/Berlin",
			zone);
	}
	setenv("TZ", zone, 1);
	tzset();
	return 0;
}
