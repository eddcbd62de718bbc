/* SPDX-License-Identifier: MIT
 * Flow, counted call by call and step by step. */
#ifndef TESTS_COLUMN_PLAIN_FLOW_H
#define TESTS_COLUMN_PLAIN_FLOW_H

#include "column/count/flow.h"
#include "world.h"

/* Compares with @flow, which was counted with inputs, what @calls calls, newest first, make whose
 * steps are served where they started after @detail_after. Returns what differs; NULL: nothing. */
const char *plain_flow_differs(const struct column_flow *flow, const struct held *const *calls,
	size_t count, int64_t detail_after);

#endif
