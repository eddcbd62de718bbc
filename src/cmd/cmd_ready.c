/* SPDX-License-Identifier: MIT
 * callstep ready: whether a server answers, and says that it is ready. For health checks. */
#include "cmd/cmd.h"
#include "collect/fetch.h"

#define URL_SIZE  512
#define SILENCE_S 5
#define UNIX	  TEXT("unix:")

/* Where the server is asked. */
struct place {
	char url[URL_SIZE];
	char unix_path[URL_SIZE]; /* empty: the URL says where */
};

static bool never_stopped(void *context)
{
	(void)context;
	return false;
}

static struct text first_of(const char *list)
{
	struct text rest = text_of(list);
	struct text first;

	text_split(&rest, ',', &first);
	return text_trim(first);
}

/* A server that listens on all addresses is asked at the loopback one. */
static struct text reachable(
	struct text address, const char *wildcard, const char *loopback, char buffer[URL_SIZE])
{
	if (!text_starts_with(address, text_of(wildcard))) {
		return address;
	}
	address = text_tail(address, strlen(wildcard));
	snprintf(buffer, URL_SIZE, "%s%.*s", loopback, TEXT_ARG(address));
	return text_of(buffer);
}

/* From the settings of a server of this machine. */
static int place_of_settings(
	const struct settings *settings, struct place *ret_place, struct error *err)
{
	struct text address =
		first_of(settings->metrics_listen ? settings->metrics_listen : settings->listen);
	char v4[URL_SIZE], v6[URL_SIZE];

	if (text_starts_with(address, UNIX)) {
		snprintf(ret_place->unix_path, URL_SIZE, "%.*s",
			TEXT_ARG(text_tail(address, UNIX.size)));
		address = TEXT("localhost");
	}
	if (settings->tls_certificate && !settings->metrics_listen) {
		return error_set(err, ERROR_INVALID,
			"the server has a certificate: give the URL whose name stands in it, as in "
			"callstep ready https://calls.example.org, or set --metrics-listen");
	}
	address = reachable(address, "0.0.0.0:", "127.0.0.1:", v4);
	address = reachable(address, "[::]:", "[::1]:", v6);
	snprintf(ret_place->url, URL_SIZE, "http://%.*s/readyz", TEXT_ARG(address));
	return 0;
}

static int place_of_url(const char *url, struct place *ret_place, struct error *err)
{
	const char *rest = strstr(url, "://");
	size_t host_size = rest ? strcspn(rest + 3, "/") : 0;

	if ((strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) ||
		host_size == 0 || strlen(url) > URL_SIZE - 16) {
		return error_set(err, ERROR_INVALID,
			"'%s' is not the URL of a server: write one like "
			"https://calls.example.org",
			url);
	}
	/* What stands behind the server is where it lies below a proxy. */
	snprintf(ret_place->url, URL_SIZE, "%s%sreadyz", url,
		url[strlen(url) - 1] == '/' ? "" : "/");
	return 0;
}

static int ask(const struct place *place, struct error *err)
{
	const struct fetch_options options = {
		.unix_path = place->unix_path[0] ? place->unix_path : NULL,
		.silence_s = SILENCE_S,
		.stopped = never_stopped,
	};
	const struct fetch_request request = {.url = place->url, .last_event_id = -1};
	const char *where = place->unix_path[0] ? place->unix_path : place->url;
	AUTO(fetch_destroyp) struct fetch *fetch = NULL;
	struct fetch_answer answer;
	bool own_failure;

	if (fetch_create(&fetch, &options, err) < 0 ||
		fetch_run(fetch, &request, &answer, &own_failure, err) < 0) {
		return place->unix_path[0] ? error_prefix(err, "at the socket '%s'", where) : -1;
	}
	if (answer.status != 200) {
		return error_set(err, ERROR_BUSY,
			"the server at '%s' is not ready: it answers %d %.*s", where, answer.status,
			(int)(answer.text.size < 200 ? answer.text.size : 200), answer.text.data);
	}
	return 0;
}

static int ready_check(struct cmd_run *run, struct error *err)
{
	(void)err;
	return run->argc > 1 ? cmd_wrong_usage(run->cmd, "'%s' is too much", run->argv[1])
			     : CMD_DONE;
}

static int ready_run(struct cmd_run *run, struct error *err)
{
	struct place place = {0};
	int status = run->argc > 0 ? place_of_url(run->argv[0], &place, err)
				   : place_of_settings(run->settings, &place, err);

	if (status < 0 || ask(&place, err) < 0) {
		return -1;
	}
	if (!run->settings->quiet) {
		printf("ready\n");
	}
	return CMD_DONE;
}

static const char *const settings[] = {
	"listen", "metrics-listen", "tls-certificate", "quiet", NULL};

/* clang-format off */
const struct cmd cmd_ready = {
	.name = "ready",
	.summary = "ask whether a server is ready",
	.arguments = "[OPTION]… [URL]",
	.settings = settings,
	.description =
	"Asks the server at URL for /readyz. Ends with status 0 when it is ready, and with 1 when "
	"it is not, does not answer, or sends nothing for five seconds. It is for health checks "
	"of containers and scripts, and needs no key.\n\n"
	"Without URL it asks a server of this machine, where the settings of 'callstep serve' say "
	"that it listens: the first address, or the one of --metrics-listen. With a certificate "
	"give the URL, whose name the certificate proves.",
	.examples =
	"callstep ready\n"
	"callstep ready --listen unix:/run/callstep/http\n"
	"callstep ready https://calls.example.org",
	.operands = CMD_ANY_OPERANDS,
	.check = ready_check,
	.run = ready_run,
};
/* clang-format on */
