/* SPDX-License-Identifier: MIT
 * Any bytes as Twilio's documents: each step that comes of them is one line of JSON. */
#include "fuzz_target.h"
#include "intake/sources/twilio/twilio_steps.h"
#include "json/json_find.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_deinit) struct arena arena;
	struct text text = {.data = (const char *)data, .size = size};
	struct twilio_steps steps = {.arena = &arena};

	arena_init(&arena, (size_t)64 << 20);
	twilio_steps_add_start(&steps, text, text, 0);
	twilio_steps_add_step(&steps, text, text, 0, text);
	twilio_steps_add_event(&steps, text, 1, TEXT("CA1"), 0, (struct text){0});
	(void)twilio_step_gathers(text);
	fuzz_require(steps.count > 0 || steps.failed);
	for (size_t i = 0; i < steps.count; i++) {
		fuzz_require(text_count(steps.list[i], '\n') == 0);
		fuzz_require(steps.list[i].data[0] == '{');
	}
	return 0;
}
