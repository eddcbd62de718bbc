/* SPDX-License-Identifier: MIT
 * Which calls a command is about: the options that call/filter.h reads. */
#ifndef CMD_FILTER_OPTIONS_H
#define CMD_FILTER_OPTIONS_H

#include "call/filter.h"
#include "cmd/cmd.h"

/* For the settings of a command that finds calls: the account, the filter's parameters, and
 * number. */
#define FILTER_OPTIONS OWNER_OPTIONS, FILTER_OPTION_NAMES "number", "dial-prefix"

/* What --dial-prefix says; none where it is not given. The texts are the setting's. */
int filter_options_prefixes(const struct settings *settings, struct call_prefixes *ret_prefixes,
	struct error *err) CHECK_RESULT;

/* Reads the options into @ret_filter, whose memory is @arena, and checks what only holds for all
 * together. ERROR_INVALID names the option and says what it takes. */
int filter_options_read(const struct settings *settings, struct arena *arena,
	struct filter *ret_filter, struct error *err) CHECK_RESULT;

/* Makes run->search a search for run->filter in the account of @run. The filter is narrowed to the
 * calls that may be seen, the search to their detail. */
void filter_options_search(struct cmd_run *run);

/* Finds the page of run->search that --offset and --limit name, with its total, into the arena of
 * @run. */
int filter_options_page(
	struct cmd_run *run, struct store_page *ret_page, struct error *err) CHECK_RESULT;

/* Calls @each for every call that run->search finds, newest first, one at a time in memory. All
 * calls of a window are walked in the state that the store is in now. For any other filter the
 * calls are found in one state, and each is read as it is when it comes. It is one pass, whatever
 * the filter is. */
int filter_options_walk(struct cmd_run *run,
	int (*each)(void *context, const struct store_call *call, struct error *err), void *context,
	struct error *err) CHECK_RESULT;

/* cmd_record_read() for the account of @run, with the command's @words and its options as the
 * subject. */
void filter_options_record(
	struct cmd_run *run, const char *action, const char *words, int64_t calls);

/* Appends the options as they were given, each with a space before it, for the audit trail
 * (upkeep/asked.h). */
void filter_options_write(const struct settings *settings, struct buffer *buffer);

#endif
