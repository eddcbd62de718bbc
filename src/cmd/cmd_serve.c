/* SPDX-License-Identifier: MIT
 * callstep serve: the HTTP server over the store. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "api/api.h"
#include "base/clock.h"
#include "base/log.h"
#include "cmd/cmd.h"
#include "cmd/filter_options.h"
#include "cmd/inbound_options.h"
#include "cmd/keeping.h"
#include "cmd/manager.h"
#include "cmd/redact_options.h"
#include "hook/hook_sender.h"
#include "upkeep/gauge.h"
#include "upkeep/sealer.h"

#define REQUEST_MEMORY_MAX  ((size_t)16 << 20) /* a request's own arena; pages have their own */
#define DESCRIPTORS_BESIDE  128		       /* of the store, the log, the threads */
#define ACCOUNTS_PEEK_BYTES ((size_t)4096)

/* What stands while the server runs, in the order in which it is made. */
struct service {
	struct redactor *redactor; /* NULL: nothing is hidden */
	struct inbound_options inbound;
	struct store *store;
	struct auditor *auditor;
	struct key_uses key_uses;
	struct intake *intake;
	struct sweeper *sweeper;
	struct sealer *sealer;
	struct api *api;
	struct http_server *server;
	struct http_server *metrics_server; /* NULL: there is none */
	int handed[HTTP_LISTEN_MAX];	    /* sockets of the service manager */
	size_t handed_count;
	struct gauge *gauge;
	struct call_prefixes prefixes;
	struct hook_sender *hooks;
	struct manager manager;
};

static void service_stop(struct service *service)
{
	manager_close(&service->manager);
	http_server_stop(service->metrics_server, 0);
	http_server_stop(service->server, 0);
	gauge_stop(service->gauge);
	hook_sender_stop(service->hooks);
	sweeper_destroy(service->sweeper);
	sealer_destroy(service->sealer);
	intake_destroy(service->intake);
	api_destroy(service->api);
	key_uses_deinit(&service->key_uses);
	auditor_destroy(service->auditor);
	store_close(service->store);
	inbound_options_deinit(&service->inbound);
	redactor_destroy(service->redactor);
}

/* A socket of files is as much this machine's. */
static bool is_local(struct text address)
{
	return text_starts_with(address, TEXT("127.")) ||
	       text_starts_with(address, TEXT("[::1]:")) ||
	       text_starts_with(address, TEXT("unix:"));
}

/* The first of @list's addresses that other machines reach; {NULL, 0} where there is none. */
static struct text exposed_of(const char *list)
{
	struct text rest = text_of(list);
	struct text address;

	while (text_split(&rest, ',', &address)) {
		address = text_trim(address);
		if (!is_local(address)) {
			return address;
		}
	}
	return (struct text){0};
}

/* Whether the addresses @list may be listened on in clear. */
static int check_clear(const char *list, const struct settings *settings, struct error *err)
{
	struct text exposed = exposed_of(list);

	if (!exposed.data || settings->tls_certificate || settings->insecure) {
		return 0;
	}
	return error_set(err, ERROR_INVALID,
		"will not listen on '%.*s' in clear: give --tls-certificate and --tls-key, "
		"or --insecure where something in front sees to TLS",
		TEXT_ARG(exposed));
}

static int check_exposure(const struct settings *settings, struct error *err)
{
	struct text exposed;

	if (!settings->tls_certificate != !settings->tls_key) {
		return error_set(err, ERROR_INVALID,
			"--tls-certificate and --tls-key go together: give both or neither");
	}
	exposed = exposed_of(settings->metrics_listen);
	if (exposed.data && !settings->insecure) {
		return error_set(err, ERROR_INVALID,
			"will not serve metrics on '%.*s' in clear, to all that reach it: name a "
			"loopback address, or give --insecure",
			TEXT_ARG(exposed));
	}
	return check_clear(settings->listen, settings, err);
}

static int open_intake(struct service *service, const struct settings *settings, struct error *err)
{
	struct intake_options options = {
		.threads = (unsigned int)settings->threads,
		.call_size_max = (size_t)settings->call_size_max,
		.in_flight_max = (size_t)settings->intake_memory_max,
		.room_wait_s = settings->intake_wait_max_s,
		.redactor = service->redactor,
		.chore = key_uses_write,
		.chore_context = &service->key_uses,
	};

	key_uses_init(&service->key_uses, service->store);
	return intake_create(&service->intake, service->store, &options, err);
}

static void tell_audit_failure(void *context, const struct error *err)
{
	char cause[sizeof(err->message) + 32];

	(void)context;
	if (err) {
		log_event(LOG_ERROR, "audit-failed", "cause=%s",
			log_value(text_of(err->message), cause, sizeof(cause)));
	} else {
		log_event(LOG_INFO, "audit-resumed", "lost=no");
	}
}

static int open_auditor(struct service *service, struct error *err)
{
	const struct auditor_options options = {
		.store = service->store, .failed = tell_audit_failure};

	return auditor_create(&service->auditor, &options, err);
}

/* What was dropped for the cap is a warning: no setting said that it was old enough. */
static void tell_swept(const struct sweep_counts *counts)
{
	bool cap = counts->cap_detail > 0 || counts->cap_calls > 0;

	log_event(cap ? LOG_WARNING : LOG_INFO, "swept",
		"detail=%lld calls=%lld cap-detail=%lld cap-calls=%lld records=%lld freed=%lld "
		"silent=%lld",
		(long long)counts->detail, (long long)counts->calls, (long long)counts->cap_detail,
		(long long)counts->cap_calls, (long long)counts->records,
		(long long)counts->freed_bytes, (long long)counts->ended);
}

static void tell_disk(const struct sweeper_news *news, const struct settings *settings)
{
	static const char *const states[] = {"ok", "near-the-cap", "above-the-cap"};

	log_event(news->disk == SWEEP_DISK_OK ? LOG_INFO : LOG_WARNING, "disk",
		"state=%s used=%lld max=%lld", states[news->disk], (long long)news->used_bytes,
		(long long)settings->disk_max);
}

static void tell_news(void *context, const struct sweeper_news *news)
{
	char cause[512];

	if (news->counts) {
		tell_swept(news->counts);
	}
	if (news->disk_changed) {
		tell_disk(news, context);
	}
	if (news->failure) {
		log_event(LOG_ERROR, "sweep-failed", "cause=%s",
			log_value(text_of(news->failure->message), cause, sizeof(cause)));
	}
}

static int open_sweeper(struct service *service, const struct settings *settings, const char *user,
	struct error *err)
{
	const struct sweeper_options options = {
		.sweep = {.store = service->store,
			.disk_max_bytes = settings->disk_max,
			.live_timeout_s = settings->live_timeout_s,
			.user = text_of(user),
			.now = clock_now_s},
		.every_s = settings->sweep_every_s,
		.told = tell_news,
		.context = (void *)settings,
	};

	return sweeper_create(&service->sweeper, &options, err);
}

static void tell_sealed(void *context, const struct sealer_news *news)
{
	const struct error *problem = news->damage ? news->damage : news->failure;
	char cause[512];

	(void)context;
	if (news->blocks > 0) {
		log_event(LOG_INFO, "sealed", "blocks=%lld", (long long)news->blocks);
	}
	if (problem) {
		log_event(news->damage ? LOG_WARNING : LOG_ERROR,
			news->damage ? "block-damaged" : "seal-failed", "cause=%s",
			log_value(text_of(problem->message), cause, sizeof(cause)));
	}
}

static int open_sealer(struct service *service, struct error *err)
{
	const struct sealer_options options = {.store = service->store, .told = tell_sealed};

	return sealer_create(&service->sealer, &options, err);
}

/* Beside the store's own files, where there are some: a folder for temporary files may be memory.
 */
static const char *spill_folder(const struct settings *settings)
{
	if (settings->spill_folder) {
		return settings->spill_folder;
	}
	return strstr(settings->data, "://") ? "/var/tmp" : settings->data;
}

static int open_api(struct service *service, const struct settings *settings, struct error *err)
{
	struct api_options options = {
		.store = service->store,
		.intake = service->intake,
		.key_uses = &service->key_uses,
		.redactor = service->redactor,
		.api_detail_days = settings->api_detail_days,
		.auditor = service->auditor,
		.audit_reads = settings->audit_reads,
		.all_spans = settings->all_spans,
		.sweeper = service->sweeper,
		.server = service->server,
		.gauge = service->gauge,
		.disk_max = settings->disk_max,
		.connections_max = (unsigned int)settings->connections_max,
		.page_memory_max = (size_t)settings->page_memory_max,
		.spill_folder = spill_folder(settings),
		.spill_max = (size_t)settings->spill_max,
		.query_time_max_ms = settings->query_time_max_ms,
		.wrong_keys_max = (unsigned int)settings->wrong_keys_max,
		.session_age_s = settings->session_age_s,
		.tls = settings->tls_certificate != NULL,
		.threads = (unsigned int)settings->threads,
		.version = CALLSTEP_VERSION,
		.revision = cmd_revision(),
		.webhooks = service->inbound.webhooks,
		.twilio_token = service->inbound.twilio_token,
		.public_url = settings->public_url,
		.body_size_max = settings->body_size_max,
		.hook_private = settings->hook_private,
		.prefixes = service->prefixes,
		.now = clock_now_s,
	};

	return api_create(&service->api, &options, err);
}

/* How many connections there are descriptors for. The limit is raised as far as it goes; where that
 * is not far enough, there are fewer connections rather than a store that cannot open its files. */
static unsigned int fit_connections(int64_t wanted)
{
	int64_t needed = wanted + wanted / 8 + DESCRIPTORS_BESIDE;
	struct rlimit limit;
	int64_t fitting;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= (rlim_t)needed) {
		return (unsigned int)wanted;
	}
	limit.rlim_cur = limit.rlim_max < (rlim_t)needed ? limit.rlim_max : (rlim_t)needed;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= (rlim_t)needed) {
		return (unsigned int)wanted;
	}
	fitting = ((int64_t)limit.rlim_cur - DESCRIPTORS_BESIDE) * 8 / 9;
	fitting = fitting > 1 ? fitting : 1;
	log_event(LOG_WARNING, "few-descriptors",
		"connections-max=%lld wanted=%lld "
		"hint=\"raise the limit of open files (ulimit -n)\"",
		(long long)fitting, (long long)wanted);
	return (unsigned int)fitting;
}

static void fill_server_options(
	const struct settings *settings, struct http_server_options *ret_options)
{
	*ret_options = (struct http_server_options){
		.listen = settings->listen,
		.tls_certificate = settings->tls_certificate,
		.tls_key = settings->tls_key,
		.threads = (unsigned int)settings->threads,
		.connections_max = fit_connections(settings->connections_max),
		.connections_per_address_max = (unsigned int)settings->connections_per_address_max,
		.trusted_proxies = settings->trusted_proxies,
		.cors_origins = settings->cors_origins,
		.forwarded = strcmp(settings->proxy_header, "forwarded") == 0,
		.timeout_s = (unsigned int)settings->timeout_s,
		.rate_min = settings->rate_min,
		.header_size_max = (size_t)settings->header_size_max,
		.request_memory_max = REQUEST_MEMORY_MAX,
		.log_requests = settings->log_requests,
	};
}

static void tell_hook(void *context, const struct hook_news *news)
{
	static const char *const events[] = {"hook-failing", "hook-well", "hook-paused",
		"hook-gone", "hook-refused", "hooks-failed"};
	bool well = news->kind == HOOK_NEWS_WELL;
	char cause[512];

	(void)context;
	log_event(well ? LOG_INFO : LOG_WARNING, events[news->kind], "hook=%lld cause=%s",
		(long long)news->hook_id, log_value(text_of(news->cause), cause, sizeof(cause)));
}

static int start_hooks(struct service *service, const struct settings *settings, const char *user,
	struct error *err)
{
	const struct hook_sender_options options = {
		.store = service->store,
		.prefixes = &service->prefixes,
		.anywhere = settings->hook_private,
		.timeout_s = settings->hook_timeout_s,
		.user = text_of(user),
		.now = clock_now_s,
		.told = tell_hook,
	};

	return hook_sender_start(&service->hooks, &options, err);
}

static int open_store(struct service *service, const struct settings *settings, struct error *err)
{
	const struct store_options options = {
		.for_server = !settings->check,
		.must_exist = settings->check,
		.as_it_is = settings->check,
		.connections = (int)settings->store_connections,
	};

	return store_open(&service->store, settings->data, &options, err);
}

#define METRICS_CONNECTIONS_MAX 32

/* A second server with its own thread: that the first one is crowded is what it tells of. */
static void fill_metrics_options(
	const struct settings *settings, struct http_server_options *ret_options)
{
	*ret_options = (struct http_server_options){
		.listen = settings->metrics_listen,
		.threads = 1,
		.connections_max = METRICS_CONNECTIONS_MAX,
		.timeout_s = (unsigned int)settings->timeout_s,
		.header_size_max = (size_t)settings->header_size_max,
		.request_memory_max = REQUEST_MEMORY_MAX,
	};
}

static int listen_for_metrics(
	struct service *service, const struct settings *settings, struct error *err)
{
	struct http_server_options options;

	if (!settings->metrics_listen) {
		return 0;
	}
	fill_metrics_options(settings, &options);
	return http_server_open(&service->metrics_server, &options, err);
}

static int serve_metrics(
	struct service *service, const struct settings *settings, struct error *err)
{
	struct http_server_options options;

	if (!service->metrics_server) {
		return 0;
	}
	fill_metrics_options(settings, &options);
	api_attach_metrics(service->api, &options);
	return http_server_begin(service->metrics_server, &options, err);
}

/* What stands in files that the settings name. */
static int read_files(struct service *service, const struct settings *settings, struct error *err)
{
	if (filter_options_prefixes(settings, &service->prefixes, err) < 0 ||
		redact_options_read(&service->redactor, settings, err) < 0) {
		return -1;
	}
	return inbound_options_read(&service->inbound, settings, err);
}

/* Of what the store is opened for, in the order in which it is made. */
static int open_parts(struct service *service, const struct settings *settings, const char *user,
	struct error *err)
{
	if (gauge_start(&service->gauge, service->store, err) < 0 ||
		open_auditor(service, err) < 0 || open_intake(service, settings, err) < 0 ||
		open_sweeper(service, settings, user, err) < 0 || open_sealer(service, err) < 0) {
		return -1;
	}
	return open_api(service, settings, err);
}

/* A start that fails changes nothing in a store: it is opened only when the server listens, and
 * swept only when it serves. */
static int service_start(struct service *service, const struct settings *settings, const char *user,
	struct error *err)
{
	struct http_server_options options;

	fill_server_options(settings, &options);
	options.listen_fds = service->handed;
	options.listen_fd_count = service->handed_count;
	if (read_files(service, settings, err) < 0 ||
		http_server_open(&service->server, &options, err) < 0 ||
		check_clear(http_server_address(service->server), settings, err) < 0 ||
		listen_for_metrics(service, settings, err) < 0 ||
		open_store(service, settings, err) < 0 ||
		open_parts(service, settings, user, err) < 0) {
		return -1;
	}
	api_attach(service->api, &options);
	if (http_server_begin(service->server, &options, err) < 0 ||
		serve_metrics(service, settings, err) < 0 ||
		sweeper_start(service->sweeper, err) < 0) {
		return -1;
	}
	return sealer_start(service->sealer, err) < 0 ? -1
						      : start_hooks(service, settings, user, err);
}

/* SIGHUP is for the certificate. Where there is none, the log says that nothing happened.
 */
static void reload(struct service *service, bool tls)
{
	char cause[512];
	struct error err;

	if (!tls) {
		log_event(LOG_WARNING, "not-reloaded",
			"certificate=no settings=no "
			"hint=\"without TLS there is nothing to read again; "
			"settings and rules are read at the start only\"");
		return;
	}
	if (http_server_reload(service->server, &err) < 0) {
		log_event(LOG_ERROR, "reload-failed", "cause=%s",
			log_value(text_of(err.message), cause, sizeof(cause)));
		return;
	}
	log_event(LOG_INFO, "reloaded", "certificate=yes settings=no");
}

/* Blocks the signals before any thread is made, so that only the main thread takes them. */
static void block_signals(sigset_t *ret_signals)
{
	sigemptyset(ret_signals);
	sigaddset(ret_signals, SIGTERM);
	sigaddset(ret_signals, SIGINT);
	sigaddset(ret_signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, ret_signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void wait_for_end(struct service *service, const sigset_t *signals, bool tls)
{
	for (;;) {
		int number = manager_wait(&service->manager, signals);

		if (number != SIGHUP) {
			log_event(LOG_INFO, "stopping", "signal=%d", number);
			return;
		}
		manager_reloading(&service->manager);
		reload(service, tls);
		manager_ready(&service->manager);
	}
}

/* Of a store that was made before stores had days. */
#define FOR_EVER                                                                                   \
	" hint=\"nothing is dropped: callstep retention --keep-detail DAYS --keep-headers DAYS "   \
	"says what may be\""

/* Says how long calls are kept, and so what the server is going to drop. */
static int tell_keeping(struct store *store, const struct settings *settings, struct error *err)
{
	char detail[KEEPING_DAYS_SIZE], header[KEEPING_DAYS_SIZE], audit[KEEPING_DAYS_SIZE],
		api[KEEPING_DAYS_SIZE];
	const struct store_days none = {STORE_DAYS_DEFAULT, STORE_DAYS_DEFAULT};
	struct store_keeping keeping;
	struct store_days days;

	if (store_keeping(store, &keeping, err) < 0) {
		return -1;
	}
	days = store_days_in_force(&keeping.days, &none);
	log_event(LOG_INFO, "keeping",
		"detail-days=%s header-days=%s audit-days=%s api-detail-days=%s%s",
		keeping_format_days(days.detail, detail), keeping_format_days(days.header, header),
		keeping_format_days(keeping.audit_days, audit),
		keeping_format_days(settings->api_detail_days, api),
		days.detail == 0 ? FOR_EVER : "");
	return 0;
}

/* A store without any account refuses every request: the log says so at the start. */
static void warn_of_no_account(struct store *store)
{
	AUTO(arena_deinit) struct arena arena;
	struct store_account *accounts;
	struct error err;
	size_t count;

	arena_init(&arena, ACCOUNTS_PEEK_BYTES);
	/* Fails where there are too many for the arena: then there are some. */
	if (store_account_list(store, &arena, &accounts, &count, &err) == 0 && count == 0) {
		log_event(
			LOG_WARNING, "no-account", "hint=\"make one: callstep account add EMAIL\"");
	}
}

static int serve_usage(struct cmd_run *run, struct error *err)
{
	if (run->argc > 0) {
		return cmd_wrong_usage(run->cmd, "takes no operand: '%s'", run->argv[0]);
	}
	if (check_exposure(run->settings, err) < 0) {
		return -1;
	}
	return cmd_check_disk_max(run->settings, err);
}

/* Where there is a store that is not opened as it is, says what a start does to it. Returns whether
 * a start could. */
static bool tell_store(struct service *service, const struct settings *settings, struct error *err)
{
	if (open_store(service, settings, err) == 0) {
		return true;
	}
	if (err->code == ERROR_NOT_FOUND) {
		printf("there is no store yet: the server makes one\n");
	} else if (err->code == ERROR_OLD) {
		printf("%s: the server brings it there before it listens; 'callstep backup' copies "
		       "it first\n",
			err->message);
	} else {
		return false;
	}
	return true;
}

static int check_start(struct service *service, const struct settings *settings, struct error *err)
{
	struct http_server_options options;

	fill_server_options(settings, &options);
	if (read_files(service, settings, err) < 0 || http_server_check(&options, err) < 0) {
		return -1;
	}
	if (settings->metrics_listen) {
		fill_metrics_options(settings, &options);
		if (http_server_check(&options, err) < 0) {
			return -1;
		}
	}
	if (!tell_store(service, settings, err)) {
		return -1;
	}
	printf("the server can start\n");
	return CMD_DONE;
}

static int serve_run(struct cmd_run *run, struct error *err)
{
	AUTO(service_stop) struct service service = {.manager = {.notify = {.fd = -1}}};
	const struct settings *settings = run->settings;
	char location[512], store[600], user[CMD_USER_SIZE];
	bool tls = settings->tls_certificate != NULL;
	sigset_t signals;
	int handed;

	cmd_set_log(settings);
	if (settings->check) {
		return check_start(&service, settings, err);
	}
	cmd_shown_location(settings->data, location, sizeof(location));
	log_value(text_of(location), store, sizeof(store));
	block_signals(&signals);
	handed = notify_sockets(service.handed, HTTP_LISTEN_MAX, err);
	if (handed < 0) {
		return -1;
	}
	service.handed_count = (size_t)handed;
	manager_open(&service.manager);
	if (service_start(&service, settings, cmd_user(user), err) < 0 ||
		tell_keeping(service.store, settings, err) < 0) {
		return -1;
	}
	warn_of_no_account(service.store);
	log_event(LOG_INFO, "listening", "address=%s tls=%s store=%s",
		http_server_address(service.server), tls ? "yes" : "no", store);
	if (service.metrics_server) {
		log_event(LOG_INFO, "metrics", "address=%s",
			http_server_address(service.metrics_server));
	}
	service.manager.server = service.server;
	service.manager.intake = service.intake;
	manager_ready(&service.manager);
	wait_for_end(&service, &signals, tls);
	manager_stopping(&service.manager, settings->grace_s);
	api_finish(service.api);
	http_server_drain(service.server, (unsigned int)settings->grace_s);
	http_server_stop(service.metrics_server, 0);
	service.metrics_server = NULL;
	http_server_stop(service.server, 0);
	service.server = NULL;
	log_event(LOG_INFO, "stopped", "store=%s", store);
	return CMD_DONE;
}

static const char *const settings[] = {"listen", "metrics-listen", "check", "insecure",
	"tls-certificate", "tls-key", "threads", "api-detail-days", "sweep-every", "live-timeout",
	"disk-max", "all-spans", "audit-reads", "store-connections", "connections-max",
	"connections-per-address-max", "trusted-proxies", "proxy-header", "cors-origins", "timeout",
	"rate-min", "header-size-max", "body-size-max", "call-size-max", "page-memory-max",
	"spill-folder", "spill-max", "query-time-max", "intake-memory-max", "intake-wait-max",
	"wrong-keys-max", "session-age", "webhook", "public-url", "twilio-token-file",
	"hook-private", "hook-timeout", REDACT_OPTIONS, "grace", "log-requests", "log-level",
	"log-format", NULL};

/* clang-format off */
const struct cmd cmd_serve = {
	.name = "serve",
	.summary = "answer the API over HTTP",
	.arguments = "[OPTION]…",
	.settings = settings,
	.description =
	"Serves the calls of the store through the API until SIGTERM or SIGINT; running requests "
	"end first. SIGHUP reads the certificate and its key again, and nothing else: settings "
	"and rules of redaction are read at the start.\n\n"
	"Addresses other than the loopback ones are refused without TLS, unless --insecure says "
	"that something in front sees to it. Another server on the same folder is refused; any "
	"number share a store on PostgreSQL. The command line works beside the server.\n\n"
	"The store says how long calls are kept: 'callstep retention' shows and sets it, and the "
	"server logs it at the start. What is over its days is dropped every --sweep-every, in "
	"short steps, and recorded in the audit trail. See 'callstep help sweep' and 'callstep "
	"help audit'.",
	.examples =
	"callstep serve --data /srv/calls\n"
	"callstep serve --check\n"
	"callstep serve --store postgresql://callstep@db/calls\n"
	"callstep serve --listen 0.0.0.0:8443 --tls-certificate c.pem --tls-key k.pem",
	.operands = CMD_ANY_OPERANDS,
	.check = serve_usage,
	.run = serve_run,
};
/* clang-format on */
