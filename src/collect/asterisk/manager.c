/* SPDX-License-Identifier: MIT
 * The session's states: each answer leads to the next action. */
#include "collect/asterisk/manager.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <poll.h>

#include "base/clock.h"
#include "base/log.h"

#define SECOND_US	  INT64_C(1000000)
#define RETRY_FIRST_US	  (SECOND_US / 10)
#define RETRY_LAST_US	  (60 * SECOND_US)
#define REFUSED_RETRY_US  (60 * SECOND_US)
#define PING_US		  (20 * SECOND_US)
#define SILENCE_US	  (40 * SECOND_US)
#define LOGIN_US	  (10 * SECOND_US)
#define READ_BYTES	  ((size_t)64 << 10)
#define READ_AT_ONCE_MAX  ((size_t)4 << 20)
#define STARTUP_BYTES_MAX 64
#define EVENTS		  "call,dialplan,dtmf,user,agent,system"

enum state {
	STATE_PAUSED,
	STATE_WAITING, /* for the next try */
	STATE_CONNECTING,
	STATE_BANNER,
	STATE_CHALLENGE,
	STATE_LOGIN,
	STATE_LISTING,
	STATE_UP,
};

struct manager {
	struct manager_options options;
	enum state state;
	struct connection *connection;
	struct ami_reader reader;
	struct buffer banner;
	int64_t next_us; /* of the next try */
	int64_t retry_us;
	int64_t heard_us;    /* when bytes came last, monotonic; 0: never */
	int64_t gap_from_us; /* when events came last; 0: never */
	int64_t pinged_us;
	bool failing;			 /* told already */
	char startup[STARTUP_BYTES_MAX]; /* when the exchange began, as it says it */
	bool restarted;
	struct manager_counts counts;
	char bytes[READ_BYTES];
};

/* ---- leaving ---- */

static void leave(struct manager *manager, int64_t retry_in_us)
{
	connection_close(manager->connection);
	manager->connection = NULL;
	ami_reader_restart(&manager->reader);
	buffer_clear(&manager->banner);
	manager->state = STATE_WAITING;
	manager->next_us = clock_monotonic_us() + retry_in_us;
}

static void leave_because(struct manager *manager, const char *why)
{
	char shown[400];

	log_event(manager->failing ? LOG_DEBUG : LOG_WARNING, "exchange-lost", "reason=%s",
		log_value(text_of(why), shown, sizeof(shown)));
	manager->failing = true;
	leave(manager, manager->retry_us);
	manager->retry_us *= 2;
	manager->retry_us = manager->retry_us < RETRY_LAST_US ? manager->retry_us : RETRY_LAST_US;
}

static void leave_refused(struct manager *manager, struct text why)
{
	char shown[400];

	log_event(LOG_ERROR, "login-refused", "reason=%s", log_value(why, shown, sizeof(shown)));
	manager->failing = true;
	leave(manager, REFUSED_RETRY_US);
}

/* ---- actions ---- */

static void send_action(struct manager *manager, struct text action)
{
	struct error err;

	if (connection_write(manager->connection, action, &err) < 0) {
		leave_because(manager, err.message);
	}
}

static void ask(struct manager *manager, const char *action)
{
	AUTO(buffer_deinit) struct buffer out = {0};

	buffer_init(&out, 1024);
	buffer_printf(&out, "Action: %s\r\nActionID: callstep-%s\r\n\r\n", action, action);
	send_action(manager, buffer_text(&out));
}

static void send_challenge(struct manager *manager)
{
	manager->state = STATE_CHALLENGE;
	send_action(manager, TEXT("Action: Challenge\r\nActionID: callstep-Challenge\r\n"
				  "AuthType: MD5\r\n\r\n"));
}

static void send_login(struct manager *manager, const char *how, struct text proof)
{
	AUTO(buffer_deinit) struct buffer out = {0};

	buffer_init(&out, 16 << 10);
	buffer_printf(&out,
		"Action: Login\r\nActionID: callstep-Login\r\nUsername: %.*s\r\n%s: %.*s\r\n"
		"Events: " EVENTS "\r\n\r\n",
		TEXT_ARG(manager->options.user), how, TEXT_ARG(proof));
	manager->state = STATE_LOGIN;
	send_action(manager, buffer_text(&out));
	if (out.data) {
		memset(out.data, 0, out.size);
	}
}

/* The MD5 of the challenge and the secret, in hexadecimal digits. */
static void send_md5_login(struct manager *manager, struct text challenge)
{
	AUTO(buffer_deinit) struct buffer both = {0};
	unsigned char digest[16];
	char key[2 * sizeof(digest) + 1];

	buffer_init(&both, 16 << 10);
	buffer_append(&both, challenge);
	buffer_append(&both, manager->options.secret);
	if (both.failed || challenge.size == 0 ||
		gnutls_hash_fast(GNUTLS_DIG_MD5, both.data, both.size, digest) < 0) {
		leave_refused(manager, TEXT("the exchange gave no challenge for MD5: see --login"));
		return;
	}
	for (size_t i = 0; i < sizeof(digest); i++) {
		snprintf(key + 2 * i, 3, "%02x", digest[i]);
	}
	send_login(manager, "AuthType: MD5\r\nKey", text_of(key));
}

static void log_in(struct manager *manager)
{
	if (manager->options.plain) {
		send_login(manager, "Secret", manager->options.secret);
	} else {
		send_challenge(manager);
	}
}

/* ---- answers ---- */

static bool is_success(const struct ami_block *block)
{
	return text_equal(ami_block_get(block, "Response"), TEXT("Success"));
}

static bool answers(const struct ami_block *block, const char *action)
{
	struct text id = ami_block_get(block, "ActionID");

	return text_starts_with(id, TEXT("callstep-")) &&
	       text_equal_string(text_tail(id, strlen("callstep-")), action);
}

static void begin_listing(struct manager *manager)
{
	manager->state = STATE_LISTING;
	manager->counts.connections++;
	manager->options.begin(manager->options.context);
	ask(manager, "Ping");
	ask(manager, "CoreSettings");
	ask(manager, "CoreStatus");
	ask(manager, "Status");
}

static void complete(struct manager *manager, bool listed)
{
	int64_t now_us = clock_monotonic_us();
	int64_t gap_us = manager->gap_from_us ? now_us - manager->gap_from_us : 0;

	log_event(LOG_INFO, "exchange-found", "gap_s=%lld restarted=%s",
		(long long)(gap_us / SECOND_US), manager->restarted ? "yes" : "no");
	manager->state = STATE_UP;
	manager->failing = false;
	manager->retry_us = RETRY_FIRST_US;
	manager->gap_from_us = now_us;
	manager->options.complete(manager->options.context, listed, manager->restarted, gap_us);
	manager->restarted = false;
}

/* When the exchange began; another time than before: it began anew. */
static void note_startup(struct manager *manager, const struct ami_block *block)
{
	char startup[STARTUP_BYTES_MAX];
	struct text date = ami_block_get(block, "CoreStartupDate");
	struct text time = ami_block_get(block, "CoreStartupTime");

	if (date.size == 0 || date.size + time.size + 2 > sizeof(startup)) {
		return;
	}
	snprintf(startup, sizeof(startup), "%.*s %.*s", TEXT_ARG(date), TEXT_ARG(time));
	manager->restarted = manager->startup[0] != '\0' && strcmp(manager->startup, startup) != 0;
	memcpy(manager->startup, startup, sizeof(startup));
}

static void take_response(struct manager *manager, const struct ami_block *block)
{
	if (manager->state == STATE_CHALLENGE && answers(block, "Challenge")) {
		send_md5_login(manager, ami_block_get(block, "Challenge"));
	} else if (manager->state == STATE_LOGIN && answers(block, "Login")) {
		if (is_success(block)) {
			begin_listing(manager);
		} else {
			leave_refused(manager, ami_block_get(block, "Message"));
		}
	} else if (answers(block, "CoreSettings") && is_success(block)) {
		manager->options.settings(
			manager->options.context, ami_block_get(block, "SystemName").size > 0);
	} else if (answers(block, "Ping")) {
		manager->options.clock(manager->options.context, ami_block_get(block, "Timestamp"));
	} else if (answers(block, "CoreStatus")) {
		note_startup(manager, block);
	} else if (manager->state == STATE_LISTING && answers(block, "Status") &&
		   !is_success(block)) {
		log_event(LOG_WARNING, "status-refused",
			"reason=\"the manager's user needs write = reporting\"");
		complete(manager, false);
	}
}

static void take_block(void *context, const struct ami_block *block)
{
	struct manager *manager = context;

	if (!manager->connection) {
		return;
	}
	if (ami_block_begins_with(block, "Response")) {
		take_response(manager, block);
		return;
	}
	if (manager->state == STATE_LISTING &&
		text_equal(ami_block_get(block, "Event"), TEXT("StatusComplete"))) {
		complete(manager, true);
		return;
	}
	if (manager->state >= STATE_LISTING) {
		manager->options.event(manager->options.context, block);
	}
}

/* ---- bytes ---- */

/* The first line is alone: no empty line ends it. */
static struct text take_banner(struct manager *manager, struct text bytes)
{
	const char *feed = memchr(bytes.data, '\n', bytes.size);
	size_t size = feed ? (size_t)(feed - bytes.data) + 1 : bytes.size;

	buffer_append(&manager->banner, text_head(bytes, size));
	if (!feed && !manager->banner.failed) {
		return text_tail(bytes, size);
	}
	if (!text_starts_with(buffer_text(&manager->banner), TEXT("Asterisk Call Manager"))) {
		leave_because(manager, "what answers there is not Asterisk's manager interface");
		return TEXT("");
	}
	log_in(manager);
	return text_tail(bytes, size);
}

static void take_bytes(struct manager *manager, struct text bytes)
{
	manager->heard_us = clock_monotonic_us();
	manager->counts.bytes += bytes.size;
	if (manager->state == STATE_UP) {
		manager->gap_from_us = manager->heard_us;
	}
	if (manager->state == STATE_BANNER) {
		bytes = take_banner(manager, bytes);
	}
	if (manager->connection) {
		ami_reader_feed(&manager->reader, bytes);
	}
}

static void read_all(struct manager *manager)
{
	size_t sum = 0;
	struct error err;
	ssize_t got = 1;

	while (got > 0 && manager->connection && sum < READ_AT_ONCE_MAX) {
		got = connection_read(
			manager->connection, manager->bytes, sizeof(manager->bytes), &err);
		if (got > 0) {
			sum += (size_t)got;
			take_bytes(manager,
				(struct text){.data = manager->bytes, .size = (size_t)got});
		}
	}
	if (got < 0 && manager->connection) {
		leave_because(manager, err.message);
	}
}

/* ---- turns ---- */

/* Looking up the host's name may wait. Nothing is connected then that could be read too slowly. */
static void connect_now(struct manager *manager)
{
	struct error err;

	if (connection_open(&manager->connection, &manager->options.connection, &err) < 0) {
		leave_because(manager, err.message);
		return;
	}
	manager->state = STATE_CONNECTING;
	manager->heard_us = manager->pinged_us = clock_monotonic_us();
}

static void keep_alive(struct manager *manager)
{
	int64_t now_us = clock_monotonic_us();

	if (manager->state < STATE_LISTING && now_us - manager->heard_us > LOGIN_US) {
		leave_because(manager, "what answers there does not go on with the log-in");
	} else if (now_us - manager->heard_us > SILENCE_US) {
		leave_because(manager, "nothing was heard of the exchange for 40 s");
	} else if (manager->state == STATE_UP && now_us - manager->pinged_us > PING_US) {
		manager->pinged_us = now_us;
		ask(manager, "Ping");
	}
}

void manager_turn(struct manager *manager)
{
	struct error err;
	int ready = 0;

	if (manager->state == STATE_WAITING && clock_monotonic_us() >= manager->next_us) {
		connect_now(manager);
	}
	if (manager->connection) {
		ready = connection_step(manager->connection, &err);
		if (!connection_is_made(manager->connection)) {
			manager->heard_us = clock_monotonic_us();
		}
	}
	if (ready < 0) {
		leave_because(manager, err.message);
		return;
	}
	if (ready > 0) {
		manager->state = manager->state == STATE_CONNECTING ? STATE_BANNER : manager->state;
		read_all(manager);
	}
	if (manager->connection) {
		keep_alive(manager);
	}
	/* What was answered to what was read goes at once. */
	if (manager->connection && connection_step(manager->connection, &err) < 0) {
		leave_because(manager, err.message);
	}
}

int manager_fd(const struct manager *manager, short *ret_events, int *ret_timeout_ms)
{
	int64_t in_us = manager->next_us - clock_monotonic_us();

	*ret_timeout_ms = 1000;
	if (manager->state == STATE_WAITING) {
		*ret_timeout_ms = in_us < 0 ? 0 : (int)(in_us / 1000 + 1);
	}
	if (!manager->connection) {
		return -1;
	}
	*ret_events = connection_events(manager->connection);
	return connection_fd(manager->connection);
}

void manager_pause(struct manager *manager)
{
	if (manager->state != STATE_PAUSED) {
		leave(manager, 0);
		manager->state = STATE_PAUSED;
	}
}

void manager_resume(struct manager *manager)
{
	if (manager->state == STATE_PAUSED) {
		manager->state = STATE_WAITING;
		manager->next_us = 0;
	}
}

/* ---- the session ---- */

int manager_create(
	struct manager **ret_manager, const struct manager_options *options, struct error *err)
{
	struct manager *manager = calloc(1, sizeof(*manager));

	if (!manager) {
		return error_no_memory(err);
	}
	manager->options = *options;
	manager->state = STATE_WAITING;
	manager->retry_us = RETRY_FIRST_US;
	ami_reader_init(&manager->reader, take_block, manager);
	buffer_init(&manager->banner, 256);
	*ret_manager = manager;
	return 0;
}

void manager_destroy(struct manager *manager)
{
	if (manager) {
		connection_close(manager->connection);
		ami_reader_deinit(&manager->reader);
		buffer_deinit(&manager->banner);
		free(manager);
	}
}

struct manager_counts manager_counts(const struct manager *manager)
{
	struct manager_counts counts = manager->counts;

	counts.up = manager->state == STATE_UP;
	counts.blocks = manager->reader.blocks;
	counts.too_long = manager->reader.too_long;
	counts.wrong_lines = manager->reader.wrong_lines;
	return counts;
}
