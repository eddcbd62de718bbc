/* SPDX-License-Identifier: MIT
 * Tables of webhooks: the two that come with the program, and what is wrong with others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/file.h"
#include "intake/sources/webhook/webhook.h"
#include "source_run.h"

#define NOW_S INT64_C(1795459300)

struct told {
	char text[65536];
	size_t events;
	char rejects[1024];
};

static void keep_events(void *context, struct text events, uint64_t line)
{
	struct told *told = context;
	size_t used = strlen(told->text);

	(void)line;
	told->events++;
	snprintf(told->text + used, sizeof(told->text) - used, "%.*s", TEXT_ARG(events));
}

static void keep_reject(
	void *context, uint64_t line, struct text session_id, const char *error, uint64_t count)
{
	struct told *told = context;
	size_t used = strlen(told->rejects);

	(void)session_id;
	(void)count;
	snprintf(told->rejects + used, sizeof(told->rejects) - used, "%d: %s\n", (int)line, error);
}

static struct webhooks *open_tables(struct text json)
{
	struct webhooks *webhooks = calloc(1, sizeof(*webhooks));
	struct error err;

	assert_non_null(webhooks);
	arena_init(&webhooks->arena, TREE_ARENA_BYTES_MAX);
	if (webhooks_read(webhooks, json, &err) < 0) {
		fail_msg("%s", err.message);
	}
	return webhooks;
}

static int take(struct text tables, const char *name, struct text body, struct told *told,
	struct error *err)
{
	struct webhooks *webhooks = open_tables(tables);
	const struct webhook *webhook = webhooks_find(webhooks, text_of(name));
	struct arena arena;
	int result;

	assert_non_null(webhook);
	arena_init(&arena, TREE_ARENA_BYTES_MAX);
	*told = (struct told){0};
	result = webhook_take(webhook, body, NOW_S, &arena,
		&(struct source_sink){
			.events = keep_events, .reject = keep_reject, .context = told},
		err);
	arena_deinit(&arena);
	webhooks_close(webhooks);
	return result;
}

static void assert_told(const struct told *told, const char *const *parts, size_t count)
{
	assert_int_equal(told->events, 1);
	assert_string_equal(told->rejects, "");
	for (size_t i = 0; i < count; i++) {
		if (!strstr(told->text, parts[i])) {
			fail_msg("'%s' is not in %s", parts[i], told->text);
		}
	}
}

static void take_example(const char *table, const char *name, const char *body, struct told *told)
{
	struct arena arena;
	struct error err;

	arena_init(&arena, 1 << 25);
	if (take(fixture(&arena, table), name, fixture(&arena, body), told, &err) < 0) {
		fail_msg("%s", err.message);
	}
	arena_deinit(&arena);
}

static void retells_call_is_its_transcript(void **state)
{
	static const char *const parts[] = {
		("{\"session_id\":\"call_7f3a\",\"call\":{\"dest\":\"+14155550100\","
		 "\"src\":\"+12125550101\",\"start\":1795459200,\"end\":1795459260,"
		 "\"type\":\"inbound\",\"state\":\"ended\"},\"from\":0,\"steps\":["),
		"\"line\":\"Call from +12125550101 to +14155550100\"",
		"\"line\":\"Hello, how can I help?\",\"data\":{\"module_type\":\"agent_turn\"",
		"\"line\":\"User input: \\\"Where is my order?\\\" (voice)\"",
		"\"class\":\"event\",\"timestamp\":1795459204",
		("\"line\":\"Tool find_order\",\"data\":{\"module_type\":\"tool\","
		 "\"result_variable\":\"find_order\",\"arguments\":\"{\\\"number\\\":4711}\""),
		"\"output\":\"on its way\"",
		"\"line\":\"Call ended: user_hangup\"",
	};
	static struct told told;

	(void)state;
	take_example("../../docs/webhooks/retell.json", "retell", "webhooks/retell-call-ended.json",
		&told);
	assert_told(&told, parts, COUNT_OF(parts));
}

static void vapis_report_is_its_messages(void **state)
{
	static const char *const parts[] = {
		"{\"session_id\":\"019aa7c2-1111\",\"call\":{\"dest\":\"+14155550100\","
		"\"src\":\"+12125550101\",\"start\":1795459200,\"end\":1795459260,"
		"\"type\":\"inbound\",\"state\":\"ended\"},\"from\":0,\"steps\":[",
		"\"line\":\"Hello there.\"",
		"\"class\":\"prompt\",\"timestamp\":1795459201",
		"\"line\":\"User input: \\\"My \\\"order\\\"\\\" (voice)\"",
		"\"calls\":[{\"id\":\"1\",\"function\":{\"name\":\"find\"}}]",
		"\"line\":\"Call ended: customer-ended-call\"",
	};
	static struct told told;

	(void)state;
	take_example("../../docs/webhooks/vapi.json", "vapi", "webhooks/vapi-report.json", &told);
	assert_told(&told, parts, COUNT_OF(parts));
	assert_null(strstr(told.text, "You are kind"));
}

#define TABLE                                                                                      \
	"{\"a\":{\"event\":\"/type\",\"events\":[\"x\",\"y\"],\"records\":\"/all\","               \
	"\"call\":{\"session_id\":[\"/id\",\"/old/id\"]},\"steps\":[{\"line\":\"{{{/n}}{#/id}\","  \
	"\"module\":\"m\",\"time\":\"/at\",\"id\":\"{/k}\"}]}}"

static void each_record_stands_for_itself(void **state)
{
	static struct told told;
	struct error err;

	(void)state;
	assert_int_equal(take(TEXT(TABLE), "a",
				 TEXT("{\"all\":[{\"type\":\"x\",\"id\":\"1\",\"n\":7,\"at\":5.5,"
				      "\"k\":\"e\"},{\"type\":\"z\"},{\"type\":\"y\"},"
				      "{\"type\":\"y\",\"old\":{\"id\":\"2\"}}]}"),
				 &told, &err),
		0);
	assert_int_equal(told.events, 2);
	assert_non_null(strstr(told.text, "\"line\":\"{7}1\",\"data\":{\"module_type\":\"m\","
					  "\"result_variable\":\"\",\"event_id\":\"e\"}"));
	assert_non_null(strstr(told.text, "\"timestamp\":5}"));
	assert_non_null(strstr(told.text, "{\"session_id\":\"2\""));
	assert_non_null(strstr(told.text, "\"timestamp\":1795459300}"));
	assert_non_null(strstr(told.rejects, "3: the call's id must be"));
}

static void a_form_is_a_document_too(void **state)
{
	static struct told told;
	struct error err;

	(void)state;
	assert_int_equal(
		take(TEXT("{\"f\":{\"call\":{\"session_id\":\"/CallUUID\",\"src\":\"/From\"}}}"),
			"f", TEXT("CallUUID=u%201&From=%2B1212&x"), &told, &err),
		0);
	assert_string_equal(told.text, "{\"session_id\":\"u 1\",\"call\":{\"src\":\"+1212\"}}\n");
}

static void a_body_that_is_nothing_is_refused(void **state)
{
	static struct told told;
	struct error err;

	(void)state;
	assert_int_equal(take(TEXT(TABLE), "a", TEXT(" "), &told, &err), -1);
	assert_string_equal(err.message, "the body is empty");
	assert_int_equal(take(TEXT(TABLE), "a", TEXT("{\"all\":"), &told, &err), -1);
	assert_non_null(strstr(err.message, "line 1, column"));
	assert_int_equal(take(TEXT(TABLE), "a", TEXT("{}"), &told, &err), -1);
	assert_string_equal(err.message, "there is no array of records at '/all'");
}

#define STEP(members)                                                                              \
	"{\"a\":{\"call\":{\"session_id\":\"/x\"},\"steps\":[{\"line\":\"\",\"module\":\"\"},{"    \
	"\"line\":\"\",\"module\":\"\"" members "}]}}"

static void a_wrong_table_is_refused_by_name_and_place(void **state)
{
	static const struct {
		const char *json, *message;
	} rows[] = {
		{"[]", "an object is expected, with a table for each name"},
		{"{\"twilio\":{}}", "webhook 'twilio': a name is"},
		{"{\"a b\":{}}", "webhook 'a b': a name is"},
		{"{\"a\":{}}", "webhook 'a': 'call' is missing"},
		{"{\"a\":{\"call\":{}}}", "webhook 'a': 'call': 'session_id' is missing"},
		{"{\"a\":{\"call\":{\"session_id\":\"x\"}}}",
			"'session_id': a JSON pointer, or an array of them, is expected"},
		{STEP(",\"claas\":\"info\""), "step 2: 'claas' is not a member of it"},
		{STEP(",\"class\":\"loud\""), "step 2: 'class': info, event, debug"},
		{STEP(",\"unit\":\"h\""), "step 2: 'unit': s, ms, us or iso is expected"},
		{STEP(",\"variable\":\"{x}\""), "step 2: 'variable': a text with pointers"},
		{STEP(",\"variable\":\"{/x\""), "step 2: 'variable': a text with pointers"},
		{STEP(",\"data\":{\"event_id\":\"/x\"}"), "step 2: 'data': an object of texts"},
		{STEP(",\"when\":{\"/x\":7}"), "step 2: 'when': an object of pointers"},
		{"{\"a\":{\"call\":{\"session_id\":\"/x\"},\"signature\":{\"header\":\"X\"}}}",
			"'signature': 'hash' is missing"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct webhooks *webhooks = calloc(1, sizeof(*webhooks));
		struct error err;

		arena_init(&webhooks->arena, 1 << 20);
		assert_int_equal(webhooks_read(webhooks, text_of(rows[i].json), &err), -1);
		if (!strstr(err.message, rows[i].message)) {
			fail_msg("%s gives '%s'", rows[i].json, err.message);
		}
		webhooks_close(webhooks);
	}
}

static void times_are_read_to_the_microsecond(void **state)
{
	static const struct {
		const char *text, *unit;
		int64_t us;
	} rows[] = {
		{"5", "s", 5000000},
		{"5.25", "s", 5250000},
		{"1795459200123", "ms", 1795459200123000},
		{"1.5", "ms", 1500},
		{"7", "us", 7},
		{"2026-11-23T18:40:00.5Z", "iso", 1795459200500000},
		{"-1", "s", -1},
		{"5.x", "s", -1},
		{"", "s", -1},
		{"999999999999999999", "s", -1},
		{"yesterday", "iso", -1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t us = -1;

		assert_int_equal(webhook_time(text_of(rows[i].text), text_of(rows[i].unit), &us),
			rows[i].us >= 0);
		assert_int_equal(us, rows[i].us);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retells_call_is_its_transcript),
		cmocka_unit_test(vapis_report_is_its_messages),
		cmocka_unit_test(each_record_stands_for_itself),
		cmocka_unit_test(a_form_is_a_document_too),
		cmocka_unit_test(a_body_that_is_nothing_is_refused),
		cmocka_unit_test(a_wrong_table_is_refused_by_name_and_place),
		cmocka_unit_test(times_are_read_to_the_microsecond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
