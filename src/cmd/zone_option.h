/* SPDX-License-Identifier: MIT
 * --zone: the zone in which times without one are read. */
#ifndef CMD_ZONE_OPTION_H
#define CMD_ZONE_OPTION_H

#include "base/error.h"

/* Makes @zone the process's zone; NULL: UTC stays what such times are. ERROR_INVALID where there is
 * no such zone. */
int zone_option_set(const char *zone, struct error *err) CHECK_RESULT;

#endif
