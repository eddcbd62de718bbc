/* SPDX-License-Identifier: MIT
 * Any bytes as a cel_custom.conf: a column's place is always within the row's width. */
#include "fuzz_target.h"

#include "intake/sources/cel_columns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text config = {.data = (const char *)data, .size = size};
	struct cel_columns columns;

	if (cel_columns_config(config, size % 2 ? "/var/log/Master.csv.1" : NULL, &columns, NULL) <
			0 ||
		cel_columns_check(&columns, NULL) < 0) {
		return 0;
	}
	for (int field = 0; field < CEL_FIELDS; field++) {
		fuzz_require(columns.place[field] < (int)columns.width);
	}
	return 0;
}
