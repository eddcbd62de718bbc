/* SPDX-License-Identifier: MIT
 * callstep collect: sends what another system tells of its calls to a server, while they go on. */
#include <stdio.h>

#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/zone_option.h"
#include "collect/asterisk/collect_asterisk.h"
#include "collect/asterisk/collect_cel_file.h"
#include "collect/collect_fuse.h"
#include "collect/collect_twilio.h"
#include "collect/fetch.h"
#include "collect/secret_file.h"

#define HOST_BYTES_MAX 256
#define FUSE_EVERY_S   300
#define FUSE_PACE_MS   1000
#define TWILIO_EVERY_S 15
#define TWILIO_PACE_MS 200 /* five requests a second */
#define DEFAULT_PORT   "5038"

/* To add a source: a row here, its paragraph in the description, its page in docs/sources.md. */
struct collect_source {
	const char *name;
	int operands; /* behind the name */
	const char *operands_wrong;
	bool polls; /* --once makes sense */
	int (*run)(struct cmd_run *run, const struct collector_options *options, struct error *err);
};

/* ---- asterisk ---- */

/* `host`, `host:port`, `[::1]:port`. */
static int split_host(
	const char *given, char host[HOST_BYTES_MAX], char port[HOST_BYTES_MAX], struct error *err)
{
	struct text rest = text_of(given), number = TEXT(DEFAULT_PORT);
	const char *colon = strrchr(given, ':');
	const char *bracket = strrchr(given, ']');

	if (colon && colon > bracket && (bracket || strchr(given, ':') == colon)) {
		rest = text_head(rest, (size_t)(colon - given));
		number = text_of(colon + 1);
	}
	if (rest.size > 1 && rest.data[0] == '[' && rest.data[rest.size - 1] == ']') {
		rest = text_head(text_tail(rest, 1), rest.size - 2);
	}
	if (rest.size == 0 || rest.size >= HOST_BYTES_MAX || !text_is_digits(number) ||
		number.size > 5) {
		return error_set(err, ERROR_INVALID,
			"'%s' is not a value for --host: write HOST:PORT", given);
	}
	snprintf(host, HOST_BYTES_MAX, "%.*s", TEXT_ARG(rest));
	snprintf(port, HOST_BYTES_MAX, "%.*s", TEXT_ARG(number));
	return 0;
}

static int read_secret(struct cmd_run *run, struct text *ret_secret, struct error *err)
{
	if (run->settings->secret_file) {
		return secret_file_read(run->settings->secret_file, &run->arena, ret_secret, err);
	}
	*ret_secret = text_of(getenv("CALLSTEP_SECRET"));
	return ret_secret->size > 0 ? 0
				    : error_set(err, ERROR_INVALID,
					      "give --secret-file, or CALLSTEP_SECRET in the "
					      "environment");
}

static int run_asterisk(
	struct cmd_run *run, const struct collector_options *collector, struct error *err)
{
	const struct settings *settings = run->settings;
	char host[HOST_BYTES_MAX], port[HOST_BYTES_MAX];
	struct collect_asterisk_options options = {
		.collector = *collector,
		.connection = {.host = host,
			.port = port,
			.tls = settings->tls,
			.ca_file = settings->ca_file},
		.user = text_of(settings->user),
		.plain = strcmp(settings->login, "plain") == 0,
		.variables = settings->variables,
	};

	options.collector.by_arrival = true;
	if (!settings->user) {
		return error_set(err, ERROR_INVALID, "give --user: a section of manager.conf");
	}
	/* A line feed would end the header, and begin one of the user's choice. */
	if (text_has_control(options.user)) {
		return error_set(
			err, ERROR_INVALID, "--user takes a name without control characters");
	}
	if (split_host(settings->host, host, port, err) < 0 ||
		read_secret(run, &options.secret, err) < 0) {
		return -1;
	}
	return collect_asterisk(&options, err);
}

/* ---- cel-file ---- */

static int run_cel_file(
	struct cmd_run *run, const struct collector_options *collector, struct error *err)
{
	struct collect_cel_file_options options = {
		.collector = *collector,
		.path = run->argv[1],
		.columns = run->settings->columns,
		.local_times = run->settings->zone != NULL,
	};

	options.collector.reads_again = true;
	if (zone_option_set(run->settings->zone, err) < 0) {
		return -1;
	}
	return collect_cel_file(&options, err);
}

/* ---- sources that are asked ---- */

static struct poller_options poller_of(const struct collector_options *collector)
{
	return (struct poller_options){
		.source = collector->source,
		.spool = collector->spool,
		.spool_max = collector->spool_max,
		.url = collector->url,
		.key_file = collector->key_file,
		.key = collector->key,
		.ca_file = collector->ca_file,
	};
}

static int run_fuse(
	struct cmd_run *run, const struct collector_options *collector, struct error *err)
{
	const struct settings *settings = run->settings;
	struct collect_fuse_options options = {
		.poller = poller_of(collector),
		.user = settings->user,
		.number = settings->number,
		.overlap_s = settings->overlap_s,
		.every_s = settings->every_s > 0 ? settings->every_s : FUSE_EVERY_S,
		.pace_ms = settings->pace_ms > 0 ? settings->pace_ms : FUSE_PACE_MS,
		.once = settings->once,
	};
	struct text secret, url = {0};

	if (fetch_url_take(run->argv[1], &run->arena, &url, err) < 0 ||
		read_secret(run, &secret, err) < 0) {
		return -1;
	}
	options.url = url.data;
	options.secret = secret.data;
	return collect_fuse(&options, err);
}

static int run_twilio(
	struct cmd_run *run, const struct collector_options *collector, struct error *err)
{
	const struct settings *settings = run->settings;
	struct collect_twilio_options options = {
		.poller = poller_of(collector),
		.account_sid = settings->account_sid,
		.user = settings->user,
		.flows = settings->flows,
		.since = settings->since,
		.every_s = settings->every_s > 0 ? settings->every_s : TWILIO_EVERY_S,
		.pace_ms = settings->pace_ms > 0 ? settings->pace_ms : TWILIO_PACE_MS,
		.once = settings->once,
	};
	struct text secret, api = {0}, studio = {0};

	if (!settings->account_sid ||
		!text_starts_with(text_of(settings->account_sid), TEXT("AC"))) {
		return error_set(err, ERROR_INVALID, "give --account-sid: it begins with AC");
	}
	if (fetch_url_take(settings->api_url, &run->arena, &api, err) < 0 ||
		fetch_url_take(settings->studio_url, &run->arena, &studio, err) < 0 ||
		read_secret(run, &secret, err) < 0) {
		return -1;
	}
	options.api_url = api.data;
	options.studio_url = studio.data;
	options.secret = secret.data;
	return collect_twilio(&options, err);
}

/* ---- the command ---- */

static const struct collect_source sources[] = {
	{"asterisk", 0, "asterisk takes no further operand", false, run_asterisk},
	{"cel-file", 1, "name the one file that cel-file is to follow", true, run_cel_file},
	{"fuse", 1, "name the one address that fuse is to ask: https://HOST", true, run_fuse},
	{"twilio", 0, "twilio takes no further operand", true, run_twilio},
	{.name = NULL},
};

static const struct collect_source *find_source(const struct cmd_run *run)
{
	const struct collect_source *source = sources;

	while (source->name && (run->argc == 0 || strcmp(source->name, run->argv[0]) != 0)) {
		source++;
	}
	return source->name ? source : NULL;
}

static int collect_check(struct cmd_run *run, struct error *err)
{
	const struct settings *settings = run->settings;
	const struct collect_source *source = find_source(run);

	(void)err;
	if (!source) {
		return cmd_wrong_usage(run->cmd,
			run->argc > 0 ? "there is no source '%s'" : "name a source%s",
			run->argc > 0 ? run->argv[0] : "");
	}
	if (run->argc - 1 != source->operands) {
		return cmd_wrong_usage(run->cmd, "%s", source->operands_wrong);
	}
	if (settings->once && !source->polls) {
		return cmd_wrong_usage(
			run->cmd, "%s goes on for ever: --once is not for it", source->name);
	}
	if (!settings->to || !settings->spool) {
		return cmd_wrong_usage(run->cmd, "give %s", settings->to ? "--spool" : "--to");
	}
	if (!settings->key_file && !getenv("CALLSTEP_KEY")) {
		return cmd_wrong_usage(
			run->cmd, "give --key-file, or CALLSTEP_KEY in the environment");
	}
	return CMD_DONE;
}

static int collect_run(struct cmd_run *run, struct error *err)
{
	const struct settings *settings = run->settings;
	const struct collect_source *source = find_source(run);
	const struct collector_options options = {
		.source = source->name,
		.spool = settings->spool,
		.spool_max = settings->spool_max,
		.url = settings->to,
		.key_file = settings->key_file,
		.key = getenv("CALLSTEP_KEY"),
		.ca_file = settings->ca_file,
		.prefix = settings->prefix ? settings->prefix : "",
		.inbound_contexts = settings->inbound_contexts,
		.once = settings->once,
	};
	int gaps;

	if (!text_utf8_valid(text_of(options.prefix), NULL) ||
		text_has_control(text_of(options.prefix)) || strlen(options.prefix) > 64) {
		return error_set(err, ERROR_INVALID,
			"--prefix takes a text of 1 to 64 bytes of UTF-8 without control "
			"characters");
	}
	cmd_set_log(settings);
	gaps = source->run(run, &options, err);
	return gaps < 0 ? -1 : gaps > 0 && settings->once ? CMD_FOUND : CMD_DONE;
}

static const char *const settings[] = {"to", "key-file", "ca-file", "spool", "spool-max", "prefix",
	"inbound-contexts", "once", "host", "user", "secret-file", "login", "tls", "variables",
	"columns", "zone", "number", "overlap", "every", "pace", "account-sid", "flows", "since",
	"api-url", "studio-url", "log-level", "log-format", NULL};

/* clang-format off */
const struct cmd cmd_collect = {
	.name = "collect",
	.summary = "send another system's calls to a server while they go on",
	.arguments = "[OPTION]… SOURCE [FILE]",
	.settings = settings,
	.description =
	"Watches a telephone exchange and sends each call, step by step, to a callstep server "
	"(POST /v1/events). It runs beside the exchange, for ever. SOURCE says what is watched:\n\n"
	"  asterisk       Asterisk's manager interface\n"
	"  cel-file FILE  the channel event log that Asterisk writes to FILE\n"
	"  fuse URL       Plum Fuse, as 'callstep pull', with a spool between\n"
	"  twilio         Twilio: executions of Studio, requests of TwiML applications\n\n"
	"A call is seen while it goes on, but for fuse, which gives calls that are over. What "
	"comes of an exchange's call is what 'callstep import --format "
	"asterisk-cel' makes of the same rows. docs/sources.md says what to set on the exchange, "
	"and what stands in the steps.\n\n"
	"What is not yet durable on the server lies in the folder --spool, and is sent when the "
	"server answers again. Nothing is dropped in silence. What was not watched is told by a "
	"step in each call that was up. A line that the server refuses for good goes to "
	"rejected.ndjson there. A line of status is logged each minute.\n\n"
	"SIGTERM and SIGINT end it once the spool is on the disk. With --once the exit status is "
	"3 where rows may be missing.",
	.examples =
	"callstep collect asterisk --user callstep --secret-file secret \\\n"
	"    --to https://calls.example --key-file key --spool spool\n"
	"callstep collect cel-file Master.csv --columns cel_custom.conf \\\n"
	"    --to https://calls.example --key-file key --spool spool",
	.operands = CMD_ANY_OPERANDS,
	.check = collect_check,
	.run = collect_run,
};
/* clang-format on */
