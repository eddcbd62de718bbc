/* SPDX-License-Identifier: MIT
 * Redaction of a call: first what was entered is noted, then every value is looked at. */
#include "redact/redact.h"

#include "call/call_json.h"
#include "call/call_steps.h"
#include "call/call_values.h"
#include "redact/private.h"
#include "json/json_writer.h"

#define MEMORY_MAX ((size_t)1 << 30) /* the call's own ceiling keeps it far below */

void redaction_init(struct redaction *redaction, const struct redactor *redactor)
{
	*redaction = (struct redaction){.redactor = redactor};
	arena_init(&redaction->arena, MEMORY_MAX);
	buffer_init(&redaction->hidden, MEMORY_MAX);
	buffer_init(&redaction->marked, MEMORY_MAX);
}

void redaction_deinit(struct redaction *redaction)
{
	arena_deinit(&redaction->arena);
	buffer_deinit(&redaction->hidden);
	buffer_deinit(&redaction->marked);
	free(redaction->secrets);
}

/* ---- a step ---- */

/* A step as the rules see it. */
struct redact_step {
	struct text json;
	bool is_prompt; /* what the program says: it holds no input, but may repeat some */
	bool whole;
	bool input;
};

static int look_at(struct redaction *redaction, const struct call_step_look *look,
	struct redact_step *ret_step, struct error *err)
{
	const struct redactor *redactor = redaction->redactor;
	struct text module = call_string_text(&look->module, &redaction->arena);
	struct text variable = call_string_text(&look->variable, &redaction->arena);

	if (!module.data || !variable.data) {
		return error_no_memory(err);
	}
	*ret_step = (struct redact_step){
		.json = look->json,
		.is_prompt = text_equal(look->class_name, TEXT("prompt")),
		.whole = redact_names_have(&redactor->modules, module) ||
			 redact_names_have(&redactor->variables, variable),
		.input = redact_names_have(&redactor->input, module),
	};
	return 0;
}

/* The values of a step, each with what is said of its place. */
struct step_values {
	const struct redactor *redactor;
	const struct redact_step *step;
	struct call_values values;
	/* of a member whose name says that it is hidden, with all in it; 0: none is open */
	unsigned int hidden_depth;
};

static void step_values_init(
	struct step_values *values, const struct redactor *redactor, const struct redact_step *step)
{
	*values = (struct step_values){.redactor = redactor, .step = step};
	call_values_init(&values->values, step->json);
}

/* What every step has: no variable is meant by it. */
static bool is_frame(const struct call_value *name)
{
	struct text raw = name->token.raw;

	return name->depth <= 2 &&
	       (text_equal_string(raw, "event") || text_equal_string(raw, "line") ||
		       text_equal_string(raw, "data"));
}

static void take_name(struct step_values *values, const struct call_value *name)
{
	if (name->depth <= values->hidden_depth) {
		values->hidden_depth = 0;
	}
	if (values->hidden_depth == 0 && !is_frame(name) &&
		redact_names_have(&values->redactor->variables, name->token.raw)) {
		values->hidden_depth = name->depth;
	}
}

/* 1 a string or a number that rules may be about, 0 the end. */
static int step_values_next(struct step_values *values, struct call_value *ret_value,
	struct redact_place *ret_place, struct error *err)
{
	const struct redact_step *step = values->step;
	int more;

	while ((more = call_values_next(&values->values, ret_value, err)) > 0) {
		if (ret_value->token.kind == JSON_NAME) {
			take_name(values, ret_value);
			continue;
		}
		if (ret_value->is_fixed) {
			continue;
		}
		*ret_place = (struct redact_place){
			.whole = step->whole || (values->hidden_depth > 0 &&
							ret_value->depth >= values->hidden_depth),
			.digits = step->input && !step->is_prompt,
			.input = step->input && ret_value->is_line,
		};
		return 1;
	}
	return more;
}

static int text_of_value(struct redaction *redaction, const struct call_value *value,
	struct text *ret_text, struct error *err)
{
	struct text text = json_token_string(&value->token, &redaction->arena);

	if (!text.data) {
		return error_no_memory(err);
	}
	*ret_text = text;
	return 0;
}

/* ---- what was entered ---- */

static int note_secrets(void *context, const struct redact_step *step, struct error *err)
{
	struct redaction *redaction = context;
	struct step_values values;
	struct call_value value;
	struct redact_place place;
	struct text text;
	int more;

	if (step->is_prompt ||
		(!step->whole && !step->input && redaction->redactor->variables.count == 0)) {
		return 0;
	}
	step_values_init(&values, redaction->redactor, step);
	while ((more = step_values_next(&values, &value, &place, err)) > 0) {
		bool all = place.whole || place.digits;

		if (!all && redaction->redactor->variables.count == 0) {
			continue;
		}
		if (text_of_value(redaction, &value, &text, err) < 0 ||
			(all ? redact_secrets_take(redaction, text, err)
			     : redact_secrets_take_assigned(redaction, text, err)) < 0) {
			return -1;
		}
	}
	return more;
}

/* ---- hiding ---- */

/* A call on its way to what it becomes. */
struct rewriting {
	struct redaction *redaction;
	struct buffer *out;
	const char *copied; /* up to here the call is in the output */
	bool changed;
};

static void replace(struct rewriting *rewriting, struct text written)
{
	const char *from = rewriting->copied;

	buffer_append(
		rewriting->out, (struct text){.data = from, .size = (size_t)(written.data - from)});
	json_write_string(rewriting->out, buffer_text(&rewriting->redaction->marked));
	rewriting->copied = written.data + written.size;
	rewriting->changed = true;
}

static int rewrite_step(void *context, const struct redact_step *step, struct error *err)
{
	struct rewriting *rewriting = context;
	struct redaction *redaction = rewriting->redaction;
	struct step_values values;
	struct call_value value;
	struct redact_place place;
	struct text text;
	int more;

	step_values_init(&values, redaction->redactor, step);
	while ((more = step_values_next(&values, &value, &place, err)) > 0) {
		int changed;

		if (text_of_value(redaction, &value, &text, err) < 0) {
			return -1;
		}
		changed = redact_text(redaction, text, &place, err);
		if (changed < 0) {
			return -1;
		}
		if (changed > 0) {
			replace(rewriting, value.written);
		}
	}
	return more;
}

/* ---- the call ---- */

/* Gives each step of @detail to @each, with @context. */
static int each_step(struct redaction *redaction, struct text detail,
	int (*each)(void *context, const struct redact_step *step, struct error *err),
	void *context, struct error *err)
{
	struct call_step_look look;
	struct redact_step step;
	struct call_steps steps;
	int more;

	call_steps_init(&steps, detail);
	while ((more = call_steps_next(&steps, &look, err)) > 0) {
		if (look_at(redaction, &look, &step, err) < 0 || each(context, &step, err) < 0) {
			return -1;
		}
	}
	return more;
}

bool redactor_spans_steps(const struct redactor *redactor)
{
	return redactor->input.count > 0 || redactor->modules.count > 0 ||
	       redactor->variables.count > 0;
}

static void begin(struct redaction *redaction)
{
	redaction->secrets_count = 0;
	redaction->known_count = 0;
	redaction->known_lengths = 0;
	redaction->any_lengths = 0;
	redaction->tokens = NULL;
	redaction->tokens_count = 0;
	arena_deinit(&redaction->arena);
}

/* @detail lies in @whole, which goes to @out. */
static int redact(struct redaction *redaction, struct text whole, struct text detail,
	struct buffer *out, struct error *err)
{
	struct rewriting rewriting = {.redaction = redaction, .out = out, .copied = whole.data};

	if (redactor_spans_steps(redaction->redactor)) {
		if (each_step(redaction, detail, note_secrets, redaction, err) < 0) {
			return -1;
		}
		redact_secrets_sort(redaction);
	}
	if (each_step(redaction, detail, rewrite_step, &rewriting, err) < 0) {
		return -1;
	}
	if (!rewriting.changed) {
		return 0;
	}
	buffer_append(out, text_tail(whole, (size_t)(rewriting.copied - whole.data)));
	return out->failed ? error_set(err, ERROR_TOO_LARGE, "the redacted call is too large") : 1;
}

int redact_call(
	struct redaction *redaction, struct text canonical, struct buffer *out, struct error *err)
{
	struct text detail = call_json_detail(canonical);

	begin(redaction);
	return detail.data ? redact(redaction, canonical, detail, out, err) : 0;
}

int redact_steps(
	struct redaction *redaction, struct text detail, struct buffer *out, struct error *err)
{
	begin(redaction);
	return redact(redaction, detail, detail, out, err);
}

int redact_review(void *context, struct text detail, struct text hidden, struct buffer *ret_detail,
	struct buffer *ret_hidden, struct error *err)
{
	struct redaction *redaction = context;
	int changed;

	begin(redaction);
	if (redact_known_read(redaction, hidden, err) < 0 ||
		redact_tokens_read(redaction, detail, err) < 0) {
		return -1;
	}
	changed = redact(redaction, detail, detail, ret_detail, err);
	if (changed < 0 || redact_known_write(redaction, ret_hidden, err) < 0) {
		return -1;
	}
	return changed;
}
