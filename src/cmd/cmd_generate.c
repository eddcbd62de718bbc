/* SPDX-License-Identifier: MIT
 * callstep generate: made-up calls as NDJSON. */
#include <errno.h>

#include "cmd/cmd.h"
#include "generate/generate.h"

#define DAY	      INT64_C(86400)
#define OUT_SIZE      ((size_t)256 << 10)
#define END_MAX	      INT64_C(99999999999) /* times of 11 digits: thousands of years */
#define DAYS_SPAN_MAX INT64_C(36500)

static int check_window(
	const struct settings *settings, int64_t *ret_start, int64_t *ret_end, struct error *err)
{
	int64_t end = settings->end;
	int64_t start =
		settings->start == SETTING_TIME_NONE ? end - settings->days * DAY : settings->start;

	if (end <= start || end > END_MAX || start < 0 || end - start > DAYS_SPAN_MAX * DAY) {
		return error_set(err, ERROR_INVALID,
			"no calls can be made from %lld to %lld: --end must come after --start, "
			"at most %lld days",
			(long long)start, (long long)end, (long long)DAYS_SPAN_MAX);
	}
	*ret_start = start;
	*ret_end = end;
	return 0;
}

static int write_out(struct buffer *out, struct error *err)
{
	if (out->failed) {
		return error_no_memory(err);
	}
	if (fwrite(out->data, 1, out->size, stdout) != out->size) {
		return error_set_errno(err, errno, "cannot write to standard output");
	}
	buffer_clear(out);
	return 0;
}

static int generate(struct generator *generator, struct buffer *out, struct error *err)
{
	while (generator_next(generator, out)) {
		if (out->size >= OUT_SIZE && write_out(out, err) < 0) {
			return -1;
		}
	}
	return out->size > 0 ? write_out(out, err) : 0;
}

static int generate_run(struct cmd_run *run, struct error *err)
{
	AUTO(generator_deinit) struct generator generator = {0};
	const struct settings *settings = run->settings;
	int64_t start = 0, end = 0;

	if (check_window(settings, &start, &end, err) < 0) {
		return -1;
	}
	generator_init(&generator, (uint64_t)settings->seed, settings->calls, start, end);
	return generate(&generator, &run->out, err);
}

static const char *const settings[] = {"calls", "seed", "start", "end", "days", NULL};

/* clang-format off */
const struct cmd cmd_generate = {
	.name = "generate",
	.summary = "make up calls, for tests and measurements",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
	"Writes made-up calls to standard output, one a line, in the order of their start. They "
	"are calls of several applications in several languages, with menus, wrong input, queues, "
	"transfers and failures. Callers hang up anywhere. A call has 5 to 60 steps, about 25 at "
	"the median.\n\n"
	"The same seed, number of calls and window always make the same bytes.",
	.examples =
	"callstep generate --calls 1000 --seed 7 > calls.ndjson\n"
	"callstep generate --calls 5000 --end now --days 5 | callstep import -",
	.run = generate_run,
};
/* clang-format on */
