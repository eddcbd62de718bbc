/* SPDX-License-Identifier: MIT
 * Pulled calls into the store: a batch of the intake from one commit to the next. */
#include "cmd/pull_store.h"

#include <stdio.h>
#include <stdlib.h>

#include "cmd/redact_options.h"
#include "intake/intake.h"

struct pull_store {
	struct cmd_run *run;
	struct redactor *redactor;
	struct intake *intake;
	struct batch *batch; /* NULL: nothing was handed in since the last commit */
	uint64_t line;
	void (*tell)(void *context, const char *sentence);
	void *context;
};

static size_t take_reject(void *context, const struct batch_reject *reject)
{
	const struct pull_store *store = context;
	char said[600];

	snprintf(said, sizeof(said), "session '%.*s' is not taken: %s",
		TEXT_ARG(reject->session_id), reject->error);
	store->tell(store->context, said);
	return 0; /* told at once */
}

/* The days for which calls are kept may have changed since the last batch. */
static int begin_batch(struct pull_store *store, struct error *err)
{
	struct batch_options options = {
		.shape = STREAM_NDJSON,
		.rejected = take_reject,
		.context = store,
	};

	if (store->batch) {
		return 0;
	}
	if (cmd_find_owner(store->run, err) < 0) {
		return -1;
	}
	options.account_id = store->run->owner.account_id;
	options.detail_after = store->run->owner.retention.detail_after;
	options.header_after = store->run->owner.retention.header_after;
	options.served_after = INT64_MIN;
	return batch_create(&store->batch, store->intake, &options, err);
}

static int take_call(void *context, struct text json, struct error *err)
{
	struct pull_store *store = context;

	if (begin_batch(store, err) < 0) {
		return -1;
	}
	batch_add_call(store->batch, json, ++store->line);
	return 0;
}

static int take_event(void *context, struct text line, struct error *err)
{
	struct pull_store *store = context;

	if (begin_batch(store, err) < 0) {
		return -1;
	}
	line.size -= line.size > 0 && line.data[line.size - 1] == '\n';
	batch_add_events(store->batch, line, ++store->line);
	return 0;
}

static int commit(void *context, struct pull_taken *taken, struct error *err)
{
	struct pull_store *store = context;
	struct batch_result result;

	if (!store->batch) {
		return 0;
	}
	batch_end(store->batch, false);
	batch_wait(store->batch);
	result = batch_result(store->batch);
	batch_destroy(store->batch);
	store->batch = NULL;
	store->line = 0;
	taken->accepted += result.accepted;
	taken->replaced += result.replaced;
	taken->rejected += result.rejected;
	taken->old += result.old_detail + result.old_calls;
	if (result.failure.code != ERROR_NONE) {
		return error_set(err, result.failure.code, "%s", result.failure.message);
	}
	return 0;
}

struct pull_sink pull_store_sink(struct pull_store *store)
{
	return (struct pull_sink){
		.call = take_call, .event = take_event, .commit = commit, .context = store};
}

int pull_store_create(struct pull_store **ret_store, struct cmd_run *run,
	void (*tell)(void *context, const char *sentence), void *context, struct error *err)
{
	const struct settings *settings = run->settings;
	struct pull_store *store = calloc(1, sizeof(*store));
	struct intake_options options = {
		.threads = (unsigned int)settings->threads,
		.call_size_max = (size_t)settings->call_size_max,
		.in_flight_max = (size_t)settings->intake_memory_max,
	};

	if (!store) {
		return error_no_memory(err);
	}
	store->run = run;
	store->tell = tell;
	store->context = context;
	if (redact_options_read(&store->redactor, settings, err) < 0) {
		pull_store_destroy(store);
		return -1;
	}
	options.redactor = store->redactor;
	if (intake_create(&store->intake, run->store, &options, err) < 0) {
		pull_store_destroy(store);
		return -1;
	}
	*ret_store = store;
	return 0;
}

void pull_store_destroy(struct pull_store *store)
{
	if (store) {
		batch_destroy(store->batch);
		intake_destroy(store->intake);
		redactor_destroy(store->redactor);
		free(store);
	}
}
