/* SPDX-License-Identifier: MIT
 * What is posted about a hook, as JSON. */
#ifndef HOOK_HOOK_READ_H
#define HOOK_HOOK_READ_H

#include "hook/hook.h"

/* Sets the members of @hook that the object @json gives: name, url, event, filter, state ("on" or
 * "off"), more_than, window and times. Others are passed over. Texts live in @arena or @json.
 * ERROR_INVALID begins with the member's name and a colon where one is wrong. */
int hook_read(struct text json, struct arena *arena, struct store_hook *hook,
	struct error *err) CHECK_RESULT;

#endif
