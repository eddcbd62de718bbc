/* SPDX-License-Identifier: MIT
 * Any rules and any call. The first line has a letter for each rule (c cards, i input, m modules, v
 * variables, p patterns, k a key), the second one the patterns; the rest is a call. What comes out
 * is a canonical call with the same header and as many steps, no value of it holds what may be a
 * card's number, and without patterns it comes out as it is the second time. */
#include "call/call_json.h"
#include "call/call_steps.h"
#include "call/call_values.h"
#include "fuzz_target.h"
#include "redact/card.h"
#include "redact/private.h"

static const struct json_position beginning = {.line = 1, .column = 1};

static bool has_rule(struct text letters, char letter)
{
	return letters.size > 0 && memchr(letters.data, letter, letters.size) != NULL;
}

static struct redactor *make_redactor(
	struct text letters, struct text patterns, struct arena *arena)
{
	const struct redact_rules rules = {
		.cards = has_rule(letters, 'c'),
		.input = has_rule(letters, 'i') ? "pin,*number*" : NULL,
		.modules = has_rule(letters, 'm') ? "secret*" : NULL,
		.variables = has_rule(letters, 'v') ? "*card,x" : NULL,
		.patterns = has_rule(letters, 'p') ? arena_copy(arena, patterns).data : NULL,
	};
	struct redactor *redactor = NULL;
	struct error err = {0};

	if (redactor_create(&redactor, &rules, &err) < 0) {
		fuzz_require(err.message[0] != '\0');
		return NULL;
	}
	if (redactor) {
		redactor->key.given = has_rule(letters, 'k');
	}
	return redactor;
}

static void require_no_card(struct text text)
{
	struct card card;

	for (size_t at = card_next_digits(text, 0); at < text.size;
		at = card_next_digits(text, at + 1)) {
		fuzz_require(!card_at(text, at, &card));
	}
}

static void check_cards(struct text canonical, struct arena *arena)
{
	struct text detail = call_json_detail(canonical);
	struct call_step_look look;
	struct call_value value;
	struct call_values values;
	struct call_steps steps;

	call_steps_init(&steps, detail);
	while (call_steps_next(&steps, &look, NULL) > 0) {
		call_values_init(&values, look.json);
		while (call_values_next(&values, &value, NULL) > 0) {
			if (value.token.kind != JSON_NAME && !value.is_fixed) {
				require_no_card(json_token_string(&value.token, arena));
			}
		}
	}
}

static void check_redacted(struct text redacted, const struct call *call, struct arena *arena)
{
	AUTO(buffer_deinit) struct buffer again;
	struct call second;

	buffer_init(&again, SIZE_MAX);
	fuzz_require(call_json_read(redacted, beginning, arena, &again, &second, NULL) == 0);
	fuzz_require(text_equal(buffer_text(&again), redacted));
	fuzz_require(second.steps == call->steps && second.start == call->start);
	fuzz_require(text_equal(second.session_id, call->session_id) &&
		     text_equal(second.dest, call->dest) && text_equal(second.src, call->src));
}

static void redact_and_check(const struct redactor *redactor, struct text canonical,
	const struct call *call, struct arena *arena)
{
	AUTO(redaction_deinit) struct redaction redaction;
	AUTO(buffer_deinit) struct buffer out, again;
	int changed;

	redaction_init(&redaction, redactor);
	buffer_init(&out, SIZE_MAX / 2);
	buffer_init(&again, SIZE_MAX / 2);
	changed = redact_call(&redaction, canonical, &out, NULL);
	fuzz_require(changed == 0 || changed == 1);
	fuzz_require(changed == 1 || out.size == 0);
	if (changed) {
		check_redacted(buffer_text(&out), call, arena);
		canonical = buffer_text(&out);
	}
	if (redactor->cards) {
		check_cards(canonical, arena);
	}
	if (redactor->patterns_count == 0) {
		fuzz_require(redact_call(&redaction, canonical, &again, NULL) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text rest = {.data = (const char *)data, .size = size}, letters, patterns;
	AUTO(redactor_destroyp) struct redactor *redactor = NULL;
	AUTO(buffer_deinit) struct buffer canonical;
	AUTO(arena_deinit) struct arena arena;
	struct call call;

	arena_init(&arena, SIZE_MAX);
	buffer_init(&canonical, SIZE_MAX / 2);
	if (size == 0 || !text_split(&rest, '\n', &letters) ||
		!text_split(&rest, '\n', &patterns) || !rest.data) {
		return 0;
	}
	redactor = make_redactor(letters, patterns, &arena);
	if (redactor && call_json_read(rest, beginning, &arena, &canonical, &call, NULL) == 0 &&
		call.has_detail) {
		redact_and_check(redactor, buffer_text(&canonical), &call, &arena);
	}
	return 0;
}
