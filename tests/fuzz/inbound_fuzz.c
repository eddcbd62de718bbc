/* SPDX-License-Identifier: MIT
 * Any bytes as what FreeSWITCH, Twilio or a voice agent posts: every line that comes out is
 * well-formed JSON. The first byte says which of them it is. */
#include "fuzz_target.h"

#include "intake/sources/freeswitch/freeswitch_cdr.h"
#include "intake/sources/twilio/twilio.h"
#include "intake/sources/webhook/webhook.h"
#include "json/json_reader.h"

static const char table[] =
	"{\"a\":{\"event\":\"/event\",\"ends\":[\"end\"],\"replaces\":[\"end\"],\"unit\":\"ms\","
	"\"call\":{\"session_id\":[\"/id\",\"/call/id\"],\"src\":\"/from\",\"dest\":\"/to\","
	"\"type\":\"/way\",\"types\":{\"in\":\"inbound\"},\"start\":\"/start\",\"end\":\"/end\"},"
	"\"steps\":[{\"each\":\"/turns\",\"when\":{\"/role\":[\"user\",\"bot\"],\"/no\":false},"
	"\"line\":\"{{{/text} {#/id}\",\"module\":\"{/role}\",\"variable\":\"{/x~1y}\","
	"\"time\":\"/at\",\"unit\":\"s\",\"since_start\":true,\"data\":{\"all\":\"/more\","
	"\"two\":\"{/a} {/b}\"}},{\"line\":\"{/event}\",\"module\":\"m\",\"id\":\"{/id}\","
	"\"time\":\"/end\",\"unit\":\"iso\"}]}}";

static void check_events(void *context, struct text events, uint64_t line)
{
	struct json_reader reader;
	struct json_token token;

	(void)context;
	(void)line;
	json_reader_init(&reader, events, (struct json_position){1, 1});
	while (json_reader_next(&reader, &token, NULL) > 0) {
	}
	/* What a table takes over as it is may be nested a little deeper than a line's JSON. */
	fuzz_require(
		json_reader_next(&reader, &token, NULL) == 0 || reader.depth >= JSON_DEPTH_MAX);
}

static void take_reject(
	void *context, uint64_t line, struct text session_id, const char *error, uint64_t count)
{
	(void)context;
	(void)line;
	(void)session_id;
	fuzz_require(error[0] && count > 0);
}

static const struct source_sink sink = {.events = check_events, .reject = take_reject};

static void take_webhook(struct text body, struct arena *arena)
{
	struct webhooks webhooks = {0};
	struct error err = {0};

	arena_init(&webhooks.arena, 1 << 20);
	fuzz_require(webhooks_read(&webhooks, text_of(table), NULL) == 0);
	if (webhook_take(&webhooks.rows[0], body, 1795459200, arena, &sink, &err) < 0) {
		fuzz_require(err.message[0] != '\0');
	}
	arena_deinit(&webhooks.arena);
}

static void read_table(struct text json)
{
	struct webhooks webhooks = {0};
	struct error err = {0};

	arena_init(&webhooks.arena, TREE_ARENA_BYTES_MAX);
	if (webhooks_read(&webhooks, json, &err) < 0) {
		fuzz_require(err.message[0] != '\0');
	}
	arena_deinit(&webhooks.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct freeswitch_options options = {.header_only = size % 2 == 0};
	struct text body = {.data = (const char *)data + 1, .size = size > 0 ? size - 1 : 0};
	struct twilio_executions *executions;
	struct arena arena;
	uint64_t unknown;

	if (size == 0) {
		return 0;
	}
	arena_init(&arena, TREE_ARENA_BYTES_MAX);
	switch (data[0] % 4) {
	case 0:
		(void)!freeswitch_take(body, &options, &arena, &sink, NULL);
		break;
	case 1:
		executions = twilio_executions_create();
		(void)!twilio_take(body, 1, 1795459200, executions, &arena, &sink, &unknown, NULL);
		twilio_executions_destroy(executions);
		break;
	case 2:
		take_webhook(body, &arena);
		break;
	default:
		read_table(body);
	}
	arena_deinit(&arena);
	return 0;
}
