/* SPDX-License-Identifier: MIT
 * Any bytes as a time or a duration: taken or refused with words; what is taken can be written in
 * UTC and read again. */
#include "base/time_text.h"
#include "fuzz_target.h"

#define NOW	 INT64_C(1769817600)
#define FAR_YEAR INT64_C(253402300799) /* the end of year 9999 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text text = {.data = (const char *)data, .size = size};
	char written[TIME_TEXT_SIZE];
	struct error err = {0};
	int64_t time_s = -1, again_s = -2;

	if (time_text_parse_duration(text, &time_s, NULL) == 0) {
		fuzz_require(time_s >= 0);
	}
	if (time_text_parse(text, NOW, &time_s, &err) < 0) {
		fuzz_require(err.message[0] != '\0');
		return 0;
	}
	(void)time_text_format(time_s, false, written);
	if (time_s >= 0 && time_s <= FAR_YEAR) {
		time_text_format(time_s, true, written);
		fuzz_require(time_text_parse(text_of(written), NOW, &again_s, &err) == 0);
		fuzz_require(again_s == time_s);
	}
	return 0;
}
