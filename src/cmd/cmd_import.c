/* SPDX-License-Identifier: MIT
 * callstep import: calls from files into the store. */
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "call/call_json.h"
#include "cmd/cmd.h"
#include "cmd/import_file.h"
#include "cmd/import_old.h"
#include "cmd/progress.h"
#include "cmd/redact_options.h"
#include "cmd/shift.h"
#include "cmd/terminal.h"
#include "cmd/zone_option.h"
#include "upkeep/sealer.h"

#define SYSTEM_MAX     64
#define ARENA_SIZE_MAX ((size_t)2 << 30)

struct import {
	struct cmd_run *run;
	struct redactor *redactor;
	struct intake *intake;
	struct import_old old; /* under the lock */
	bool shifting;
	int64_t shift_s;

	/* of the file that is read */
	struct input *input;
	struct batch *batch;
	const char *name;
	/* for reading a call in order to move it */
	struct arena arena;
	struct buffer canonical;
	struct buffer moved;
	int64_t newest_end; /* of all files; negative: no call yet */

	pthread_mutex_t lock; /* rejects come from any thread: of the rest */
	int64_t read_before;  /* bytes of the files before this one */
	uint64_t rejected;    /* by sources; a batch counts its own */
	struct batch_result sum;
	bool failed;
};

/* ---- telling ---- */

static void tell_reject(
	struct import *import, uint64_t line, struct text session_id, const char *error)
{
	progress_clear(&import->run->progress);
	text_write_clean(stderr, text_of(import->name));
	fprintf(stderr, ":%llu: ", (unsigned long long)line);
	if (session_id.size > 0) {
		fputs("session '", stderr);
		text_write_clean(stderr, session_id);
		fputs("': ", stderr);
	}
	text_write_clean(stderr, text_of(error));
	fputc('\n', stderr);
}

static size_t take_batch_reject(void *context, const struct batch_reject *reject)
{
	struct import *import = context;

	pthread_mutex_lock(&import->lock);
	tell_reject(import, reject->line, reject->session_id, reject->error);
	pthread_mutex_unlock(&import->lock);
	return 0; /* told at once */
}

static enum batch_old judge_old(void *context, const struct call *call, uint64_t line, bool whole)
{
	struct import *import = context;
	enum batch_old done;

	pthread_mutex_lock(&import->lock);
	if (import->old.asks) {
		progress_clear(&import->run->progress);
	}
	done = import_old_judge(&import->old, import->name, line, call, whole);
	pthread_mutex_unlock(&import->lock);
	return done;
}

static void take_source_reject(
	void *context, uint64_t line, struct text session_id, const char *error, uint64_t count)
{
	struct import *import = context;

	pthread_mutex_lock(&import->lock);
	tell_reject(import, line, session_id, error);
	import->rejected += count;
	pthread_mutex_unlock(&import->lock);
}

static void take_warning(void *context, const char *warning)
{
	struct import *import = context;

	pthread_mutex_lock(&import->lock);
	progress_clear(&import->run->progress);
	fprintf(stderr, "%s: ", import->name);
	text_write_clean(stderr, text_of(warning));
	fputc('\n', stderr);
	pthread_mutex_unlock(&import->lock);
}

static void tell_failure(struct import *import, const char *message)
{
	pthread_mutex_lock(&import->lock);
	progress_clear(&import->run->progress);
	fputs("callstep: ", stderr);
	text_write_clean(stderr, text_of(import->name));
	fputs(": ", stderr);
	text_write_clean(stderr, text_of(message));
	fputc('\n', stderr);
	pthread_mutex_unlock(&import->lock);
	import->failed = true;
}

static void show_progress(void *context)
{
	struct import *import = context;
	struct batch_result result;

	if (!import->run->progress.shown || !import->batch) {
		return;
	}
	result = batch_result(import->batch);
	pthread_mutex_lock(&import->lock);
	progress_update(&import->run->progress, import->read_before + import->input->read,
		(int64_t)(import->sum.accepted + result.accepted));
	pthread_mutex_unlock(&import->lock);
}

/* ---- calls ---- */

/* Reads @json into import->canonical; false when it is not a good call, which the batch will say.
 */
static bool read_call(struct import *import, struct text json, struct call *ret_call)
{
	struct json_position position = {.line = 1, .column = 1};

	arena_deinit(&import->arena);
	buffer_clear(&import->canonical);
	if (call_json_read(json, position, &import->arena, &import->canonical, ret_call, NULL) <
		0) {
		return false;
	}
	if (!ret_call->has_detail) {
		call_json_write_header(&import->canonical, ret_call);
	}
	return !import->canonical.failed;
}

static void note_end(void *context, struct text json, uint64_t line)
{
	struct import *import = context;
	struct call call;

	(void)line;
	if (read_call(import, json, &call) && call.end > import->newest_end) {
		import->newest_end = call.end;
	}
}

static void pass_over_reject(
	void *context, uint64_t line, struct text session_id, const char *error, uint64_t count)
{
	(void)context;
	(void)line;
	(void)session_id;
	(void)error;
	(void)count;
}

static void pass_over_warning(void *context, const char *warning)
{
	(void)context;
	(void)warning;
}

static void add_call(void *context, struct text json, uint64_t line)
{
	struct import *import = context;
	struct call call;

	if (import->shifting && read_call(import, json, &call)) {
		buffer_clear(&import->moved);
		if (shift_call(buffer_text(&import->canonical), import->shift_s, &import->moved,
			    NULL) == 0) {
			json = buffer_text(&import->moved);
		}
	}
	batch_add_call(import->batch, json, line);
}

static void add_events(void *context, struct text events, uint64_t line)
{
	const struct import *import = context;

	batch_add_events(import->batch, events, line);
}

/* ---- files ---- */

static int cut_file(struct import *import, const struct source_format *format,
	const struct source_sink *sink, struct error *err)
{
	struct source_option options[SOURCE_OPTIONS_MAX] = {0};
	const struct source_input opened = {
		.name = import->name,
		.shape = format->shape,
		.call_size_max = (size_t)import->run->settings->call_size_max,
		.options = options,
	};
	size_t given = 0;

	for (size_t i = 0; format->options[i]; i++) {
		const char *value =
			setting_text(import->run->settings, format->options[i], "import");

		if (value) {
			options[given++] = (struct source_option){format->options[i], value};
		}
	}
	return import_file_cut(import->input, format, &opened, sink, show_progress, err);
}

/* Reads the file for its newest call alone; what is wrong with it, the pass that imports says. */
static int measure_file(
	struct import *import, const struct source_format *format, struct error *err)
{
	return cut_file(import, format,
		&(struct source_sink){.call = note_end,
			.reject = pass_over_reject,
			.warn = pass_over_warning,
			.context = import},
		err);
}

static int feed_batch(struct import *import, struct error *err)
{
	struct text text;
	int more;

	while ((more = input_next(import->input, &text, err)) > 0) {
		batch_feed_all(import->batch, text.data, text.size);
		show_progress(import);
	}
	return more;
}

static void add_result(struct import *import, const struct batch_result *result)
{
	import->sum.accepted += result->accepted;
	import->sum.replaced += result->replaced;
	import->sum.rejected += result->rejected;
	import->sum.unserved += result->unserved;
	if (result->failure.code != ERROR_NONE) {
		tell_failure(import, result->failure.message);
	}
}

/* What started earlier is kept, but the server that has the same settings does not serve its steps
 * below /api/. */
static int64_t served_after(const struct settings *settings)
{
	int64_t days = settings->api_detail_days;

	return days == 0 ? INT64_MIN : clock_now_s() - days * 86400;
}

static int run_batch(struct import *import, const struct source_format *format, struct error *err)
{
	AUTO(batch_destroyp) struct batch *batch = NULL;
	struct batch_options options = {
		.account_id = import->run->owner.account_id,
		.detail_after = import->run->owner.retention.detail_after,
		.header_after = import->run->owner.retention.header_after,
		.served_after = served_after(import->run->settings),
		.old = judge_old,
		.shape = format->shape,
		.recorded = format->recorded,
		.rejected = take_batch_reject,
		.noted = take_batch_reject, /* named as well; the batch does not count it */
		.context = import,
	};
	const uint64_t left_before = import->old.refused + import->old.left_out;
	struct batch_result result;
	int status;

	if (batch_create(&batch, import->intake, &options, err) < 0) {
		return -1;
	}
	import->batch = batch;
	if (!format->is_json || import->shifting) {
		status = cut_file(import, format,
			&(struct source_sink){.call = add_call,
				.events = add_events,
				.reject = take_source_reject,
				.warn = take_warning,
				.context = import},
			err);
	} else {
		status = feed_batch(import, err);
	}
	/* A source hands in whole calls, whatever became of its input. */
	batch_end(batch, status < 0 && format->is_json);
	batch_wait(batch);
	result = batch_result(batch);
	import->batch = NULL;
	add_result(import, &result);
	/* A source itself says what it looked for. */
	if (status == 0 && format->is_json && result.accepted == 0 && result.rejected == 0 &&
		result.failure.code == ERROR_NONE &&
		import->old.refused + import->old.left_out == left_before) {
		take_warning(import, "no call was found in it");
	}
	return status;
}

/* Opens @path and does @measuring's pass or the import. A failure is told here: the other files go
 * on. */
static void run_file(struct import *import, const char *path, bool measuring)
{
	AUTO(input_close) struct input input = {.fd = -1};
	const struct source_format *format;
	struct error err;
	int status;

	import->input = &input;
	import->name = strcmp(path, "-") == 0 ? "standard input" : path;
	status = input_open(&input, path, &err);
	if (status == 0) {
		status = import_format_find(&format, import->run->settings->format, &input, &err);
	}
	if (status == 0) {
		status = measuring ? measure_file(import, format, &err)
				   : run_batch(import, format, &err);
	}
	import->read_before += input.read;
	if (status < 0 && !measuring) {
		tell_failure(import, err.message);
	}
}

/* Negative when one of them is not a regular file: a pipe must not be opened twice. */
static int64_t size_of_files(int argc, char **argv)
{
	int64_t all = 0;

	for (int i = 0; i < argc; i++) {
		struct stat status;

		if (stat(argv[i], &status) < 0 || !S_ISREG(status.st_mode)) {
			return -1;
		}
		all += (int64_t)status.st_size;
	}
	return all;
}

static void run_files(struct import *import, int argc, char **argv)
{
	if (import->run->settings->shift_to != SETTING_TIME_NONE) {
		for (int i = 0; i < argc; i++) {
			run_file(import, argv[i], true);
		}
		import->shifting = import->newest_end >= 0;
		import->shift_s = import->run->settings->shift_to - import->newest_end;
	}
	import->read_before = 0;
	progress_begin(&import->run->progress, import->run->settings, "import", "calls",
		size_of_files(argc, argv));
	for (int i = 0; i < argc; i++) {
		run_file(import, argv[i], false);
	}
	progress_clear(&import->run->progress);
}

/* What is stored, and not seen wherever one looks for it. */
static void tell_unserved(const struct import *import)
{
	char number[NUMBER_SIZE];

	if (import->sum.unserved > 0) {
		fprintf(stderr,
			"%s of them started more than %lld days ago: /v1, the web page and "
			"commands show their steps, /api/ does not (serve --api-detail-days)\n",
			number_format((int64_t)import->sum.unserved, number),
			(long long)import->run->settings->api_detail_days);
	}
}

static int record(const struct import *import, struct error *err)
{
	const struct cmd_run *run = import->run;
	struct buffer *subject = &import->run->out;

	buffer_append(subject, text_of(run->settings->format ? run->settings->format : "fuse"));
	for (int i = 0; i < run->argc; i++) {
		buffer_printf(subject, " %s", run->argv[i]);
	}
	if (subject->failed) {
		return error_no_memory(err);
	}
	return cmd_record(run->store, run->owner.account_id, "import", buffer_text(subject),
		import->failed ? STORE_FAILED : STORE_DONE, (int64_t)import->sum.accepted, err);
}

static int summarise(const struct import *import)
{
	char taken[NUMBER_SIZE], replaced[NUMBER_SIZE], rejected[NUMBER_SIZE];
	uint64_t all_rejected = import->sum.rejected + import->rejected;

	if (!import->run->settings->quiet) {
		fprintf(stderr, "took %s calls (%s replaced), rejected %s\n",
			number_format((int64_t)import->sum.accepted, taken),
			number_format((int64_t)import->sum.replaced, replaced),
			number_format((int64_t)all_rejected, rejected));
		tell_unserved(import);
	}
	import_old_tell(&import->old, import->run->settings->quiet);
	if (import->failed) {
		return CMD_FAILED;
	}
	return all_rejected + import->old.refused > 0 ? CMD_REJECTED : CMD_DONE;
}

/* How many of the files are standard input. */
static int count_standard(int argc, char **argv)
{
	int count = 0;

	for (int i = 0; i < argc; i++) {
		count += strcmp(argv[i], "-") == 0;
	}
	return count;
}

static void import_deinit(struct import *import)
{
	intake_destroy(import->intake);
	redactor_destroy(import->redactor);
	arena_deinit(&import->arena);
	buffer_deinit(&import->canonical);
	buffer_deinit(&import->moved);
}

static int open_intake(struct import *import, struct error *err)
{
	const struct settings *settings = import->run->settings;
	struct intake_options options = {
		.threads = (unsigned int)settings->threads,
		.call_size_max = (size_t)settings->call_size_max,
		.in_flight_max = (size_t)settings->intake_memory_max,
	};

	if (redact_options_read(&import->redactor, settings, err) < 0) {
		return -1;
	}
	options.redactor = import->redactor;
	return intake_create(&import->intake, import->run->store, &options, err);
}

/* What is stored stays so, whether or not it comes into columns now. */
static void seal(struct import *import)
{
	int64_t blocks = 0;
	struct error err;

	if (seal_all(import->run->store, &blocks, &err) < 0) {
		tell_failure(import, err.message);
	}
}

static int import_run(struct cmd_run *run, struct error *err)
{
	const struct settings *settings = run->settings;
	AUTO(import_deinit)
	struct import import = {
		.run = run,
		.newest_end = -1,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};

	arena_init(&import.arena, ARENA_SIZE_MAX);
	buffer_init(&import.canonical, ARENA_SIZE_MAX);
	buffer_init(&import.moved, ARENA_SIZE_MAX);
	if (open_intake(&import, err) < 0) {
		return -1;
	}
	import_old_init(
		&import.old, settings, &run->owner, count_standard(run->argc, run->argv) > 0);
	run_files(&import, run->argc, run->argv);
	if (record(&import, err) < 0) {
		tell_failure(&import, err->message);
	}
	seal(&import);
	return summarise(&import);
}

static int check_system(struct text name, struct error *err)
{
	if (name.size == 0 || name.size > SYSTEM_MAX || text_has_control(name) ||
		!text_utf8_valid(name, NULL)) {
		return error_set(err, ERROR_INVALID,
			"--system takes a name of 1 to %d bytes of UTF-8 "
			"without control characters",
			SYSTEM_MAX);
	}
	return 0;
}

/* Whether the calls of that format come as events lines. */
static bool tells_parts(const char *name)
{
	const struct source_format *format = name ? source_format_find(text_of(name)) : NULL;

	return format && format->in_parts;
}

static int import_check(struct cmd_run *run, struct error *err)
{
	const struct settings *settings = run->settings;

	if (run->argc == 0) {
		return error_set(
			err, ERROR_INVALID, "name the files to import, or - for standard input");
	}
	if (count_standard(run->argc, run->argv) > 1) {
		return error_set(err, ERROR_INVALID, "standard input can be read only once");
	}
	if (settings->shift_to != SETTING_TIME_NONE && size_of_files(run->argc, run->argv) < 0) {
		return error_set(err, ERROR_INVALID,
			"--shift-to reads its input twice: name files that are there, not a pipe");
	}
	if (settings->shift_to != SETTING_TIME_NONE && tells_parts(settings->format)) {
		return error_set(err, ERROR_INVALID,
			"--shift-to moves whole calls: --format %s tells a call in parts",
			settings->format);
	}
	if ((settings->system && check_system(text_of(settings->system), err) < 0) ||
		import_format_check(settings->format, err) < 0) {
		return -1;
	}
	return zone_option_set(settings->zone, err);
}

static const char *const settings[] = {OWNER_OPTIONS, "format", "columns", "zone", "system",
	"inbound-contexts", "shift-to", "old", "api-detail-days", "utc", "quiet", "threads",
	"call-size-max", "intake-memory-max", REDACT_OPTIONS, NULL};

/* clang-format off */
const struct cmd cmd_import = {
	.name = "import",
	.summary = "take calls in from files",
	.arguments = "[OPTION]… FILE…|-",
	.settings = settings,
	.description =
	"Takes calls from files, or from standard input, into the store. A server may run beside "
	"it. Files may be compressed by gzip or zstd.\n\n"
	"Formats:\n"
	"  fuse          documents of this API: JSON, a call a line, or XML\n"
	"  json, ndjson  the same, without looking which of them it is\n"
	"  asterisk-cel  Asterisk's channel event log: CSV, JSON, a table's rows\n"
	"  asterisk-cdr  Asterisk's call detail records: header and outcome, no steps\n"
	"  freeswitch    FreeSWITCH's call detail records, a file each: JSON or XML\n"
	"  queue-log     Asterisk's queue_log\n"
	"  twilio        Twilio's events and lists of calls, executions, steps\n"
	"  otlp          spans of OpenTelemetry: JSON or protobuf\n\n"
	"Some calls started so long ago that they, or their steps, are over the days for which "
	"the store keeps them ('callstep retention'). The import does not take what a sweep would "
	"drop. On a terminal it asks whether to take what is kept of them. Elsewhere it leaves "
	"them out and says what keeps them; its exit status is 3. --old says it beforehand. At "
	"the end the import counts the calls whose steps are kept, but are not served below /api/ "
	"(serve --api-detail-days).\n\n"
	"A call that the store has already, by its session, is replaced; what has been imported "
	"can be imported again. Parts of a call that two logs of an exchange hold are joined, "
	"whichever comes first.\n\n"
	"Standard error names each call that is not taken, with file, line, session and reason, "
	"and counts rows of an event log by kind. The others are taken, and the exit status is 3.",
	.examples =
	"callstep import calls.ndjson.gz\n"
	"callstep generate --calls 1000 --end now | callstep import -\n"
	"callstep import --format asterisk-cel --zone Europe/Berlin Master.csv\n"
	"callstep import --format asterisk-cel --system east Master.csv.1 Master.csv\n"
	"callstep import --format freeswitch /var/log/freeswitch/xml_cdr/*.cdr.xml",
	.needs = CMD_NEEDS_OWNER,
	.operands = CMD_ANY_OPERANDS,
	.check = import_check,
	.run = import_run,
};
/* clang-format on */
