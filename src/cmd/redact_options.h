/* SPDX-License-Identifier: MIT
 * What is hidden before it is stored: from settings to a redactor. */
#ifndef CMD_REDACT_OPTIONS_H
#define CMD_REDACT_OPTIONS_H

#include "cmd/settings.h"
#include "redact/redact.h"

/* For the settings of a command that takes calls in. */
#define REDACT_OPTIONS                                                                             \
	"redact-cards", "redact-input", "redact-modules", "redact-variables", "redact-patterns",   \
		"redact-key-file", "dial-prefix"

/* NULL when nothing is to be hidden. */
int redact_options_read(struct redactor **ret_redactor, const struct settings *settings,
	struct error *err) CHECK_RESULT;

#endif
