/* SPDX-License-Identifier: MIT
 * Any bytes as the state of a pull: taken or refused with words; what is taken is written and read
 * again as the same. */
#include "collect/pull_state.h"
#include "fuzz_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text content = {.data = (const char *)data, .size = size};
	struct text whose = TEXT("https://calls.example ann into store");
	AUTO(buffer_deinit) struct buffer written = {0};
	struct pull_state state, again;
	struct error err = {0};

	if (pull_state_parse(&state, content, whose, &err) < 0) {
		fuzz_require(err.message[0] != '\0');
		return 0;
	}
	buffer_init(&written, 4096);
	pull_state_write(&written, &state, whose);
	fuzz_require(!written.failed);
	fuzz_require(pull_state_parse(&again, buffer_text(&written), whose, &err) == 0);
	fuzz_require(again.from == state.from && again.at == state.at && again.to == state.to &&
		     again.covered == state.covered && again.whole == state.whole &&
		     again.event == state.event);
	return 0;
}
