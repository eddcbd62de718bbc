/* SPDX-License-Identifier: MIT
 * From settings to a redactor. */
#include "cmd/redact_options.h"

#include "cmd/filter_options.h"

int redact_options_read(
	struct redactor **ret_redactor, const struct settings *settings, struct error *err)
{
	struct redact_rules rules = {
		.cards = settings->redact_cards,
		.input = settings->redact_input,
		.modules = settings->redact_modules,
		.variables = settings->redact_variables,
		.patterns = settings->redact_patterns,
		.key_path = settings->redact_key_file,
	};

	if (filter_options_prefixes(settings, &rules.prefixes, err) < 0) {
		return -1;
	}
	return redactor_create(ret_redactor, &rules, err);
}
