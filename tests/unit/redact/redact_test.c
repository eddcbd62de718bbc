/* SPDX-License-Identifier: MIT
 * Redaction: what each rule hides of a call, and what it leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "call/call_json.h"
#include "redact/mark.h"
#include "redact/pattern.h"
#include "redact/redact.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define SIZE_ENOUGH	((size_t)1 << 20)
#define HID		"\u2022\u2022\u2022"
#define CARD		"4111111111111111"

static struct redactor *redactor_of(const struct redact_rules *rules)
{
	struct redactor *redactor = NULL;
	struct error err = {0};

	if (redactor_create(&redactor, rules, &err) < 0) {
		fail_msg("%s", err.message);
	}
	assert_non_null(redactor);
	return redactor;
}

/* A call whose detail is @detail, with an apostrophe for each quote, canonical. */
static void write_call(struct buffer *canonical, const char *detail)
{
	AUTO(buffer_deinit) struct buffer json;
	AUTO(arena_deinit) struct arena arena;
	struct error err = {0};
	struct call call;

	arena_init(&arena, SIZE_ENOUGH);
	buffer_init(&json, SIZE_ENOUGH);
	buffer_printf(&json,
		"{'dest':'4222222222222','src':'" CARD "','start':1,'end':2,'session_id':'" CARD
		"','type':'inbound','detail':[%s]}",
		detail);
	for (size_t i = 0; i < json.size; i++) {
		json.data[i] = json.data[i] == '\'' ? '"' : json.data[i];
	}
	if (call_json_read(buffer_text(&json), (struct json_position){1, 1}, &arena, canonical,
		    &call, &err) < 0) {
		fail_msg("%s: %s", detail, err.message);
	}
}

/* The detail of a call after redaction, with apostrophes again; valid until the next one. */
static const char *redacted(const struct redactor *redactor, const char *detail)
{
	static char result[8192];
	AUTO(buffer_deinit) struct buffer canonical, out;
	AUTO(redaction_deinit) struct redaction redaction;
	struct error err = {0};
	struct text left;
	int changed;

	buffer_init(&canonical, SIZE_ENOUGH);
	buffer_init(&out, SIZE_ENOUGH);
	write_call(&canonical, detail);
	redaction_init(&redaction, redactor);
	changed = redact_call(&redaction, buffer_text(&canonical), &out, &err);
	if (changed < 0) {
		fail_msg("%s: %s", detail, err.message);
	}
	assert_true(changed == 1 || out.size == 0);
	left = call_json_detail(buffer_text(changed ? &out : &canonical));
	assert_true(left.size < sizeof(result));
	snprintf(result, sizeof(result), "%.*s", (int)left.size - 2, left.data + 1);
	for (char *c = result; *c; c++) {
		*c = *c == '"' ? '\'' : *c;
	}
	/* What was redacted stays as it is when it comes in once more. */
	if (changed) {
		buffer_clear(&canonical);
		assert_int_equal(redact_call(&redaction, buffer_text(&out), &canonical, &err), 0);
	}
	return result;
}

#define STEP(line, class_name, module, variable)                                                   \
	"{'event':{'line':'" line "','data':{'module_type':'" module                               \
	"','result_variable':'" variable "'}},'class':'" class_name "','timestamp':1}"

static void check_rows(const struct redact_rules *rules, const char *const rows[][2], size_t count)
{
	AUTO(redactor_destroyp) struct redactor *redactor = redactor_of(rules);

	for (size_t i = 0; i < count; i++) {
		assert_string_equal(
			redacted(redactor, rows[i][0]), rows[i][1] ? rows[i][1] : rows[i][0]);
	}
}

static void cards_are_hidden_wherever_a_step_says_them(void **state)
{
	/* The second NULL: nothing changes. */
	static const char *const rows[][2] = {
		{"", NULL},
		{STEP("Hello 1234", "event", "menu", "x"), NULL},
		{STEP("Card " CARD ".", "event", "menu", "x"),
			STEP("Card " HID ".", "event", "menu", "x")},
		{STEP("4111-1111-1111-1111 and 5555 5555 5555 4444", "info", "menu", "x"),
			STEP(HID " and " HID, "info", "menu", "x")},
		{STEP("99 4111 1111 1111 1111 7", "info", "menu", "x"),
			STEP("99 " HID " 7", "info", "menu", "x")},
		{STEP("\\\"\u00e9\\n" CARD, "info", "menu", "x"),
			STEP("\\'\u00e9\\n" HID, "info", "menu", "x")},
		/* Names of modules, variables and classes are what a step is. */
		{STEP("x", "info", CARD, CARD), NULL},
		{"{'event':{'line':'x','data':{'a':'" CARD "','b':[" CARD ",{'c':'" CARD
		 "'}],'n':12.5,'t':true}},'class':'info','timestamp':1}",
			"{'event':{'line':'x','data':{'a':'" HID "','b':['" HID "',{'c':'" HID
			"'}],'n':12.5,'t':true}},'class':'info','timestamp':1}"},
		{"{'event':{'line':'x','more':'" CARD
		 "'},'class':'info','timestamp':1,'new':['" CARD "']}",
			"{'event':{'line':'x','more':'" HID
			"'},'class':'info','timestamp':1,'new':['" HID "']}"},
		{STEP("a", "info", "menu", "x") "," STEP(CARD, "info", "menu", "x") "," STEP(
			 "c", "info", "menu", "x"),
			STEP("a", "info", "menu", "x") "," STEP(HID, "info", "menu", "x") "," STEP(
				"c", "info", "menu", "x")},
	};

	(void)state;
	check_rows(&(struct redact_rules){.cards = true}, rows, COUNT_OF(rows));
}

static void what_is_entered_is_hidden_and_what_repeats_it(void **state)
{
	static const char *const rows[][2] = {
		{STEP("User input: 1234 (dtmf)", "event", "menu", "x"), NULL},
		{STEP("User input: 1234 (dtmf)", "event", "pin", "x"),
			STEP("User input: " HID " (dtmf)", "event", "pin", "x")},
		{STEP("User input: 1 2 3-4# (dtmf) from 205", "event", "PIN", "x"),
			STEP("User input: " HID " (dtmf) from " HID, "event", "PIN", "x")},
		{STEP("user entered John Smith", "event", "card_number", "x"),
			STEP("user entered " HID, "event", "card_number", "x")},
		{STEP("Too short: 12 digits", "error", "pin", "x"),
			STEP("Too short: " HID " digits", "error", "pin", "x")},
		/* Prompts stay, but for what was entered; so do short numbers elsewhere. */
		{STEP("Enter 4 digits, then press 1", "prompt", "pin", "x") "," STEP(
			 "User input: 7291 (dtmf)", "event", "pin",
			 "x") "," STEP("You said 7 2 9 1 or 7291", "prompt", "say",
			 "x") "," STEP("7291 72910 17291 729", "info", "say", "x"),
			STEP("Enter 4 digits, then press 1", "prompt", "pin", "x") "," STEP(
				"User input: " HID " (dtmf)", "event", "pin",
				"x") "," STEP("You said " HID " or " HID, "prompt", "say",
				"x") "," STEP(HID " 72910 17291 729", "info", "say", "x")},
		/* Before it was entered, too; groups are numbers by themselves and together. */
		{STEP("98765 and 123456", "debug", "say", "x") "," STEP("User input: 987 65 (dtmf)",
			 "event", "pin", "x") "," STEP("987", "debug", "say", "x"),
			STEP(HID " and 123456", "debug", "say", "x") "," STEP("User input: " HID
									      " (dtmf)",
				"event", "pin", "x") "," STEP(HID, "debug", "say", "x")},
		{STEP("User input: 12 (dtmf)", "event", "pin", "x") "," STEP(
			 "12", "info", "say", "x"),
			STEP("User input: " HID " (dtmf)", "event", "pin", "x") "," STEP(
				"12", "info", "say", "x")},
		{"{'event':{'line':'x','data':{'module_type':'pin','digits':'12','n':345,'w':'word'"
		 "}},"
		 "'class':'event','timestamp':1}",
			"{'event':{'line':'x','data':{'module_type':'pin','digits':'" HID
			"','n':'" HID "','w':'word'}},'class':'event','timestamp':1}"},
	};

	(void)state;
	check_rows(&(struct redact_rules){.input = "pin, *number*"}, rows, COUNT_OF(rows));
}

/* A dialplan writes its variables into texts. */
static void what_a_text_assigns_to_a_variable_is_hidden(void **state)
{
	static const char *const rows[][2] = {
		{STEP("Running Set(SSN=123-45-6789)", "debug", "Set", ""),
			STEP("Running Set(SSN=" HID ")", "debug", "Set", "")},
		{STEP("Running Set(__ssn=abc)", "debug", "Set", ""),
			STEP("Running Set(__ssn=" HID ")", "debug", "Set", "")},
		{STEP("MSet(A=1,SSN=12,B=2)", "debug", "x", ""),
			STEP("MSet(A=1,SSN=" HID ",B=2)", "debug", "x", "")},
		{STEP("HASH(caller,ssn)=12", "debug", "x", ""),
			STEP("HASH(caller,ssn)=" HID, "debug", "x", "")},
		{STEP("GLOBAL(card_no)=12", "debug", "x", ""),
			STEP("GLOBAL(card_no)=" HID, "debug", "x", "")},
		{STEP("GET /?card_no=12&x=1", "info", "x", ""),
			STEP("GET /?card_no=" HID "&x=1", "info", "x", "")},
		/* and what repeats it */
		{STEP("SSN=4711", "debug", "x", "") "," STEP("Saying 4711", "prompt", "y", ""),
			STEP("SSN=" HID, "debug", "x", "") "," STEP(
				"Saying " HID, "prompt", "y", "")},
		{STEP("SSN=", "debug", "x", ""), NULL},
		{STEP("Your SSN: 12", "debug", "x", ""), NULL},
		{STEP("NOSSN=12, ssn 12 = 12", "debug", "x", ""), NULL},
		{STEP("(=)=1, =2", "debug", "x", ""), NULL},
	};

	(void)state;
	check_rows(&(struct redact_rules){.variables = "ssn,card_*"}, rows, COUNT_OF(rows));
}

/* What is hidden beside it makes a number stand alone. */
static void a_card_is_hidden_where_another_rule_hides_its_border(void **state)
{
	static const char *const rows[][2] = {
		{STEP(CARD "x", "info", "m", ""), STEP(HID, "info", "m", "")},
		{STEP("x" CARD " y", "info", "m", ""), STEP(HID " " HID, "info", "m", "")},
	};
	static const char *const plain[][2] = {{STEP(CARD "x", "info", "m", ""), NULL}};

	(void)state;
	check_rows(&(struct redact_rules){.cards = true, .patterns = "@"}, rows, COUNT_OF(rows));
	check_rows(&(struct redact_rules){.cards = true}, plain, COUNT_OF(plain));
}

static void modules_and_variables_hide_all_that_is_said(void **state)
{
	static const char *const rows[][2] = {
		{STEP("Say what you like", "prompt", "say", "x"), NULL},
		{STEP("My first name", "event", "secret", "x"), NULL},
		{STEP("My word", "event", "secret_word", "x") "," STEP(
			 "", "event", "secret_word", "x"),
			STEP(HID, "event", "secret_word", "x") "," STEP(
				"", "event", "secret_word", "x")},
		{STEP("Any", "prompt", "menu", "Pin2"), STEP(HID, "prompt", "menu", "Pin2")},
		{STEP("It is 8642", "event", "menu", "pin") "," STEP("8642!", "info", "menu", "x"),
			STEP(HID, "event", "menu", "pin") "," STEP(HID "!", "info", "menu", "x")},
		{"{'event':{'line':'x','data':{'module_type':'menu','pins':'a','pin':{'deep':['b',"
		 "1],"
		 "'t':true},'z':2}},'class':'info','timestamp':1}",
			"{'event':{'line':'x','data':{'module_type':'menu','pins':'" HID
			"','pin':{'deep':['" HID "','" HID
			"'],'t':true},'z':2}},'class':'info','timestamp':1}"},
	};

	(void)state;
	check_rows(&(struct redact_rules){.modules = "secret_*", .variables = "pin*"}, rows,
		COUNT_OF(rows));
}

static void patterns_match_whole_numbers_and_words(void **state)
{
	static const struct {
		const char *pattern, *text, *expected;
	} rows[] = {
		{"###-##-####", "is 123-45-6789.", "is " HID "."},
		{"###-##-####", "1123-45-6789 123-45-67890", "1123-45-6789 123-45-67890"},
		{"#{4}", "1 12 123 1234 12345", "1 12 123 " HID " 12345"},
		{"#{2,4}", "1 12 123 1234 12345", "1 " HID " " HID " " HID " 12345"},
		{"de#{2,3}", "DE12 de123 xde12 de1 de12x", HID " " HID " xde12 de1 " HID "x"},
		{"A\\#@?", "a#b! A#12 A#bb", HID " A#12 " HID},
		{"a\\ b", "xa b a b", "xa b " HID},
		{"a b", "a b c ab", HID " " HID " c ab"},
		{"\u00e9#", "\u00e91 e1", HID " e1"},
		{"@{3}", "abc ab \u00e4\u00f6\u00fc abcd", HID " ab " HID " abcd"},
		{"x?{0,3}y", "xy x12y x1234y", HID " " HID " x1234y"},
		{"#### #{4}-", "1234 1234-", HID " " HID},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct text rest = text_of(rows[i].pattern), text = text_of(rows[i].text);
		struct redact_pattern patterns[4];
		size_t count = 0, at = 0;
		char out[256] = "";

		while (redact_pattern_next(&rest, &patterns[count], NULL) > 0) {
			count++;
		}
		while (at < text.size) {
			size_t used = strlen(out), size = 0;

			for (size_t k = 0; k < count; k++) {
				size_t match = redact_pattern_match(&patterns[k], text, at);

				size = match > size ? match : size;
			}
			snprintf(out + used, sizeof(out) - used, "%.*s", size > 0 ? 9 : 1,
				size > 0 ? HID : text.data + at);
			at += size > 0 ? size : 1;
		}
		if (strcmp(out, rows[i].expected) != 0) {
			fail_msg("%s of '%s': '%s'", rows[i].pattern, rows[i].text, out);
		}
	}
}

static void rules_hide_together_what_each_would_hide_in_part(void **state)
{
	static const char *const rows[][2] = {
		{STEP("ref 12 4111 1111 1111 1111", "event", "menu", "x"),
			STEP("ref " HID, "event", "menu", "x")},
	};

	(void)state;
	check_rows(&(struct redact_rules){.cards = true, .patterns = "12\\ ####"}, rows,
		COUNT_OF(rows));
}

static void wrong_rules_are_named(void **state)
{
	static const struct {
		struct redact_rules rules;
		const char *words;
	} rows[] = {
		{{.input = "a,,b"}, "redact-input: a name in 'a,,b' is empty"},
		{{.modules = ""}, "redact-modules: a name in '' is empty"},
		{{.variables = "a*b"}, "redact-variables: 'a*b' has a * in the middle"},
		{{.patterns = "ok #{9"}, "redact-patterns: '#{9' is not a pattern: behind {"},
		{{.patterns = "#{x}"}, "redact-patterns: '#{x}' is not a pattern: behind {"},
		{{.patterns = "#{3,2}"}, "in {m,n} n is at least 1 and at least m"},
		{{.patterns = "#{0}"}, "in {m,n} n is at least 1 and at least m"},
		{{.patterns = "#{0,3}"}, "'#{0,3}' is not a pattern: it matches nothing at all"},
		{{.patterns = "#{32}a#{32}"}, "at most 63 characters"},
		{{.cards = true, .key_path = "/nowhere/key"},
			"redact-key-file: cannot open '/nowhere/key'"},
		{{.key_path = "/nowhere/key"},
			"redact-key-file: no rule says what is to be hidden"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct redactor *redactor = NULL;
		struct error err = {0};

		assert_int_equal(redactor_create(&redactor, &rows[i].rules, &err), -1);
		assert_null(redactor);
		if (!strstr(err.message, rows[i].words)) {
			fail_msg("'%s', not '%s'", err.message, rows[i].words);
		}
	}
}

static void no_rule_makes_no_redactor(void **state)
{
	struct redactor *redactor = (struct redactor *)state;

	assert_int_equal(redactor_create(&redactor, &(struct redact_rules){0}, NULL), 0);
	assert_null(redactor);
}

/* ---- tokens ---- */

static void write_key(char path[64], const char *key, mode_t mode)
{
	int fd;

	snprintf(path, 64, "/tmp/callstep-key-XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, key, strlen(key)), strlen(key));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void tokens_are_the_same_for_the_same_digits_and_key(void **state)
{
	AUTO(redactor_destroyp) struct redactor *one = NULL, *two = NULL;
	char path[64], first[256], second[256];
	const char *line = STEP("Card " CARD, "event", "menu", "x");

	(void)state;
	write_key(path, "0123456789abcdef0123456789abcdef\n", 0600);
	one = redactor_of(&(struct redact_rules){.cards = true, .key_path = path});
	unlink(path);
	write_key(path, "0123456789abcdef0123456789abcdeg\n", 0400);
	two = redactor_of(&(struct redact_rules){.cards = true, .key_path = path});
	unlink(path);

	snprintf(first, sizeof(first), "%s", redacted(one, line));
	assert_null(strstr(first, CARD));
	assert_string_equal(redacted(one, line), first);
	assert_string_equal(
		redacted(one, STEP("Card 4111-1111 1111 1111", "event", "menu", "x")), first);
	snprintf(second, sizeof(second), "%s", redacted(two, line));
	assert_string_not_equal(first, second);
	assert_string_not_equal(
		redacted(one, STEP("Card 5555555555554444", "event", "menu", "x")), first);
}

static void a_key_that_others_may_read_is_refused(void **state)
{
	static const struct {
		const char *key;
		mode_t mode;
		const char *words;
	} rows[] = {
		{"0123456789abcdef0123456789abcdef", 0640, "others than its owner may use"},
		{"0123456789abcdef0123456789abcdef", 0602, "others than its owner may use"},
		{"0123456789abcdef0123456789abcde\n", 0600, "holds no key: write 32 to 4096"},
		{"", 0600, "holds no key"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct redact_key key = {0};
		struct error err = {0};
		char path[64];

		write_key(path, rows[i].key, rows[i].mode);
		assert_int_equal(redact_key_read(&key, path, &err), -1);
		unlink(path);
		if (!strstr(err.message, rows[i].words)) {
			fail_msg("%s", err.message);
		}
	}
	assert_int_equal(redact_key_read(&(struct redact_key){0}, "/tmp", NULL), -1);
}

static void only_a_mark_is_a_mark(void **state)
{
	static const struct {
		const char *text;
		bool is_mark;
	} rows[] = {
		{HID, true},
		{"\u2022abcdefghijklmnopabcd", true},
		{"\u2022abcdefghijklmnopabcq", false},
		{"\u2022abcdefghijklmnopabc", false},
		{"\u2022\u2022", false},
		{HID "1", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		assert_int_equal(redact_is_mark(text_of(rows[i].text)), rows[i].is_mark);
	}
}

/* ---- live calls ---- */

/* What of the steps of a live call is hidden at each request. */
struct review {
	struct redaction redaction;
	struct buffer detail; /* after the last one */
	struct buffer hidden;
};

static void review_init(struct review *review, const struct redactor *redactor)
{
	redaction_init(&review->redaction, redactor);
	buffer_init(&review->detail, SIZE_ENOUGH);
	buffer_init(&review->hidden, SIZE_ENOUGH);
	buffer_append(&review->detail, TEXT("[]"));
}

static void review_deinit(struct review *review)
{
	redaction_deinit(&review->redaction);
	buffer_deinit(&review->detail);
	buffer_deinit(&review->hidden);
}

/* Adds the step @step, with apostrophes, as a request does. */
static void add_step(struct review *review, const char *step)
{
	AUTO(buffer_deinit) struct buffer detail, hidden, out;
	struct error err = {0};
	int changed;

	buffer_init(&detail, SIZE_ENOUGH);
	buffer_init(&hidden, SIZE_ENOUGH);
	buffer_init(&out, SIZE_ENOUGH);
	buffer_append(&detail, text_head(buffer_text(&review->detail), review->detail.size - 1));
	buffer_append(&detail, detail.size > 1 ? TEXT(",") : TEXT(""));
	for (const char *c = step; *c; c++) {
		buffer_append_byte(&detail, *c == '\'' ? '"' : *c);
	}
	buffer_append_byte(&detail, ']');
	buffer_append(&hidden, buffer_text(&review->hidden));
	buffer_clear(&review->hidden);
	changed = redact_review(&review->redaction, buffer_text(&detail), buffer_text(&hidden),
		&out, &review->hidden, &err);
	if (changed < 0) {
		fail_msg("%s: %s", step, err.message);
	}
	buffer_clear(&review->detail);
	buffer_append(&review->detail, buffer_text(changed ? &out : &detail));
}

static bool shows(const struct review *review, const char *digits)
{
	return memmem(review->detail.data, review->detail.size, digits, strlen(digits)) != NULL;
}

#define PIN	   STEP("User input: 4711 (dtmf)", "event", "gather", "pin")
#define REPEATED   STEP("The caller said 4711 twice", "info", "say", "")
#define OTHER_FOUR STEP("Queue 4712", "info", "queue", "")
#define OTHER_LONG STEP("Queue 12345", "info", "queue", "")

static void digits_hidden_in_one_request_are_hidden_in_the_next_and_the_last(void **state)
{
	static const struct redact_rules rules = {.input = "gather"};
	static const char *const orders[][2] = {{PIN, REPEATED}, {REPEATED, PIN}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(orders); i++) {
		AUTO(redactor_destroyp) struct redactor *redactor = redactor_of(&rules);
		AUTO(review_deinit) struct review review;

		review_init(&review, redactor);
		add_step(&review, orders[i][0]);
		assert_int_equal(shows(&review, "4711"), i == 1);
		add_step(&review, orders[i][1]);
		assert_false(shows(&review, "4711"));
		add_step(&review, OTHER_FOUR);
		assert_true(shows(&review, "4712"));
		assert_null(memmem(review.hidden.data, review.hidden.size, "4711", 4));
	}
}

static void a_program_with_another_key_hides_all_numbers_of_that_length(void **state)
{
	static const struct redact_rules rules = {.input = "gather"};
	AUTO(redactor_destroyp) struct redactor *before = redactor_of(&rules);
	AUTO(redactor_destroyp) struct redactor *after = redactor_of(&rules);
	AUTO(review_deinit) struct review review;

	(void)state;
	review_init(&review, before);
	add_step(&review, PIN);
	review.redaction.redactor = after;
	add_step(&review, REPEATED);
	add_step(&review, OTHER_FOUR);
	add_step(&review, OTHER_LONG);
	assert_false(shows(&review, "4711"));
	assert_false(shows(&review, "4712"));
	assert_true(shows(&review, "12345"));
}

static void tokens_tell_what_was_hidden_where_nothing_else_does_any_more(void **state)
{
	AUTO(redactor_destroyp) struct redactor *redactor = NULL;
	AUTO(review_deinit) struct review review;
	struct redact_rules rules = {.input = "gather"};
	char path[64];
	struct text token;

	(void)state;
	write_key(path, "0123456789abcdef0123456789abcdef\n", 0600);
	rules.key_path = path;
	redactor = redactor_of(&rules);
	unlink(path);
	review_init(&review, redactor);
	add_step(&review, PIN);
	/* the call has ended */
	buffer_clear(&review.hidden);
	add_step(&review, STEP("Said 4 7 1 1, \xe2\x80\xa2 and 4712", "info", "say", ""));
	assert_false(shows(&review, "4711"));
	assert_false(shows(&review, "4 7 1 1"));
	assert_true(shows(&review, "4712"));
	token = redact_next_token(buffer_text(&review.detail), 0);
	assert_int_equal(token.size, REDACT_MARK_SIZE);
	token = redact_next_token(buffer_text(&review.detail),
		(size_t)(token.data - review.detail.data) + token.size);
	assert_int_equal(token.size, REDACT_MARK_SIZE);
}

static void a_call_with_many_hidden_numbers_keeps_their_lengths_alone(void **state)
{
	static const struct redact_rules rules = {.input = "gather"};
	AUTO(redactor_destroyp) struct redactor *redactor = redactor_of(&rules);
	AUTO(review_deinit) struct review review;
	AUTO(buffer_deinit) struct buffer step;

	(void)state;
	buffer_init(&step, SIZE_ENOUGH);
	buffer_append(&step, TEXT("{'event':{'line':'"));
	for (int i = 10000; i < 15000; i++) {
		buffer_printf(&step, "%d,", i);
	}
	buffer_append(&step, TEXT("','data':{'module_type':'gather'}},'class':'event',"
				  "'timestamp':1}"));
	buffer_append_byte(&step, '\0');
	review_init(&review, redactor);
	add_step(&review, step.data);
	assert_true(review.hidden.size < 100);
	add_step(&review, OTHER_LONG);
	add_step(&review, OTHER_FOUR);
	assert_false(shows(&review, "12345"));
	assert_true(shows(&review, "4712"));
}

static void what_is_kept_of_a_live_call_is_checked(void **state)
{
	static const struct redact_rules rules = {.input = "gather"};
	AUTO(redactor_destroyp) struct redactor *redactor = redactor_of(&rules);
	AUTO(buffer_deinit) struct buffer out, hidden;
	AUTO(redaction_deinit) struct redaction redaction;
	struct error err = {0};

	(void)state;
	buffer_init(&out, SIZE_ENOUGH);
	buffer_init(&hidden, SIZE_ENOUGH);
	redaction_init(&redaction, redactor);
	assert_int_equal(
		redact_review(&redaction, TEXT("[]"), TEXT("damaged"), &out, &hidden, &err), -1);
	assert_int_equal(err.code, ERROR_CORRUPT);
	assert_int_equal(redact_review(&redaction, TEXT("[]"),
				 TEXT("0123\x02"
				      "6789abcd"),
				 &out, &hidden, &err),
		-1);
	assert_int_equal(err.code, ERROR_CORRUPT);
}

static void the_id_of_an_event_is_not_looked_at(void **state)
{
	static const struct redact_rules rules = {.modules = "gather", .cards = true};
	AUTO(redactor_destroyp) struct redactor *redactor = redactor_of(&rules);

	(void)state;
	assert_string_equal(
		redacted(redactor, "{'event':{'line':'" CARD "','data':{'module_type':'gather',"
				   "'event_id':'" CARD "'}},'class':'event','timestamp':1}"),
		"{'event':{'line':'" HID "','data':{'module_type':'gather',"
		"'event_id':'" CARD "'}},'class':'event','timestamp':1}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cards_are_hidden_wherever_a_step_says_them),
		cmocka_unit_test(what_is_entered_is_hidden_and_what_repeats_it),
		cmocka_unit_test(modules_and_variables_hide_all_that_is_said),
		cmocka_unit_test(what_a_text_assigns_to_a_variable_is_hidden),
		cmocka_unit_test(a_card_is_hidden_where_another_rule_hides_its_border),
		cmocka_unit_test(patterns_match_whole_numbers_and_words),
		cmocka_unit_test(rules_hide_together_what_each_would_hide_in_part),
		cmocka_unit_test(wrong_rules_are_named),
		cmocka_unit_test(no_rule_makes_no_redactor),
		cmocka_unit_test(tokens_are_the_same_for_the_same_digits_and_key),
		cmocka_unit_test(a_key_that_others_may_read_is_refused),
		cmocka_unit_test(only_a_mark_is_a_mark),
		cmocka_unit_test(digits_hidden_in_one_request_are_hidden_in_the_next_and_the_last),
		cmocka_unit_test(a_program_with_another_key_hides_all_numbers_of_that_length),
		cmocka_unit_test(tokens_tell_what_was_hidden_where_nothing_else_does_any_more),
		cmocka_unit_test(a_call_with_many_hidden_numbers_keeps_their_lengths_alone),
		cmocka_unit_test(what_is_kept_of_a_live_call_is_checked),
		cmocka_unit_test(the_id_of_an_event_is_not_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
