/* SPDX-License-Identifier: MIT
 * Calls in another order than that of time, sorted as a whole. */
#ifndef TESTS_COLUMN_PLAIN_ORDER_H
#define TESTS_COLUMN_PLAIN_ORDER_H

#include "column/best.h"
#include "world.h"

/* Sorts @calls. Those that started at @detail_after or before have no steps. */
void plain_order(const struct held **calls, size_t count, int64_t detail_after,
	const struct column_order *order);

#endif
