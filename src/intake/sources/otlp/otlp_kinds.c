/* SPDX-License-Identifier: MIT
 * The table of kinds, one's own spans, and what any span tells of its call's header. */
#include "intake/sources/otlp/otlp_kinds.h"

#define CLASS_MAX 32 /* letters; API.md §2 */

enum match {
	MATCH_NAME,
	MATCH_BEGINNING,
	/* the attribute gen_ai.operation.name: other programs than those on the telephone have it,
	 * so it makes no trace a call */
	MATCH_OPERATION,
};

/* Without a function: a span of a call that makes no step unless all are to make one. The first row
 * that matches is the span's. */
static const struct kind {
	const char *name;
	enum match match;
	otlp_kind *make;
} kinds[] = {
	/* jambonz */
	{"incoming-call", MATCH_NAME, otlp_jambonz_root},
	{"rest-call", MATCH_NAME, otlp_jambonz_root_out},
	{"outbound-call", MATCH_NAME, otlp_jambonz_root_out},
	{"verb:hook", MATCH_BEGINNING, otlp_jambonz_hook},
	{"verb:", MATCH_BEGINNING, otlp_jambonz_verb},
	{"nested:", MATCH_BEGINNING, otlp_jambonz_verb},
	{"whisper:", MATCH_BEGINNING, otlp_jambonz_verb},
	{"background-", MATCH_BEGINNING, NULL},
	{"dtmf:", MATCH_BEGINNING, otlp_jambonz_dtmf},
	{"call-status:", MATCH_BEGINNING, otlp_jambonz_status},
	{"stt-listen:", MATCH_BEGINNING, NULL},
	{"tts-generation", MATCH_NAME, NULL},
	/* LiveKit Agents */
	{"agent_session", MATCH_NAME, otlp_agent_session},
	{"user_turn", MATCH_NAME, otlp_agent_user_turn},
	{"agent_turn", MATCH_NAME, otlp_agent_agent_turn},
	{"function_tool", MATCH_NAME, otlp_agent_tool},
	{"on_enter", MATCH_NAME, otlp_agent_agent},
	{"handoff", MATCH_NAME, otlp_agent_agent},
	{"on_exit", MATCH_NAME, NULL},
	{"job_entrypoint", MATCH_NAME, NULL},
	{"llm_node", MATCH_NAME, NULL},
	{"llm_request", MATCH_BEGINNING, NULL},
	{"tts_node", MATCH_NAME, NULL},
	{"tts_request", MATCH_BEGINNING, NULL},
	{"eou_", MATCH_BEGINNING, NULL},
	/* Pipecat; before 2025 names had the service behind a `_` */
	{"conversation", MATCH_NAME, otlp_agent_conversation},
	{"turn", MATCH_NAME, NULL},
	{"turn-", MATCH_BEGINNING, NULL},
	{"stt", MATCH_NAME, otlp_agent_stt},
	{"stt_", MATCH_BEGINNING, otlp_agent_stt},
	{"tts", MATCH_NAME, otlp_agent_tts},
	{"tts_", MATCH_BEGINNING, otlp_agent_tts},
	{"llm_tool_call", MATCH_NAME, otlp_agent_tool},
	{"llm_tool_result", MATCH_NAME, otlp_agent_tool},
	{"llm", MATCH_NAME, NULL},
	{"llm_", MATCH_BEGINNING, NULL},
	/* OpenTelemetry's names */
	{"execute_tool", MATCH_OPERATION, otlp_agent_tool},
	{"invoke_agent", MATCH_OPERATION, otlp_agent_agent},
	{"invoke_workflow", MATCH_OPERATION, NULL},
	{"chat", MATCH_OPERATION, NULL},
};

static bool matches(const struct kind *kind, const struct otlp_span *span, struct text operation)
{
	switch (kind->match) {
	case MATCH_NAME:
		return text_equal_string(span->name, kind->name);
	case MATCH_BEGINNING:
		return text_starts_with(span->name, text_of(kind->name));
	default:
		return text_equal_string(operation, kind->name);
	}
}

static const struct kind *find_kind(const struct otlp_span *span)
{
	struct text operation = otlp_get(&span->attributes, "gen_ai.operation.name");

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (matches(&kinds[i], span, operation)) {
			return &kinds[i];
		}
	}
	return NULL;
}

/* ---- one's own spans ---- */

static bool is_class(struct text word)
{
	for (size_t i = 0; i < word.size; i++) {
		if (!text_is_alphanumeric(word.data[i]) && word.data[i] != '_') {
			return false;
		}
	}
	return word.size > 0 && word.size <= CLASS_MAX;
}

static bool is_reserved(struct text name)
{
	static const char *const names[] = {"module_type", "result_variable", "event_id",
		"event_time", "duration_ms", "message", "cut_bytes", NULL};

	for (size_t i = 0; names[i]; i++) {
		if (text_equal_string(name, names[i])) {
			return true;
		}
	}
	return text_starts_with(name, TEXT("callstep."));
}

/* The attributes that are not about the step itself; of a name that comes twice the first. */
static void copy_others(struct otlp_maker *maker)
{
	const struct otlp_attributes *attributes = &maker->span->attributes;

	for (size_t i = 0; i < attributes->count; i++) {
		const struct otlp_attribute *attribute = &attributes->items[i];
		bool first = true;

		for (size_t k = 0; k < i && first; k++) {
			first = !text_equal(attributes->items[k].name, attribute->name);
		}
		if (first && !is_reserved(attribute->name)) {
			otlp_step_add(
				maker, attribute->name, attribute->value, attribute->is_string);
		}
	}
}

static void make_own(struct otlp_maker *maker, struct text line)
{
	const struct otlp_attributes *attributes = &maker->span->attributes;
	struct text class_name = otlp_get(attributes, "callstep.class");
	struct text module = otlp_get(attributes, "callstep.module");

	if (class_name.data && !is_class(class_name)) {
		maker->wrong = "callstep.class is a word of at most 32 letters, digits and _";
		return;
	}
	otlp_step_begin(maker, "info", module.data ? module : maker->span->name);
	if (class_name.data) {
		otlp_step_class(maker, class_name);
	}
	otlp_step_variable(maker, otlp_get(attributes, "callstep.variable"));
	otlp_step_say(maker, line);
	copy_others(maker);
	otlp_step_end(maker);
}

/* A span that only says who speaks to whom. */
static void make_numbers(struct otlp_maker *maker)
{
	struct text from = otlp_get(&maker->span->attributes, "call.from");
	struct text to = otlp_get(&maker->span->attributes, "call.to");

	if (!from.data && !to.data) {
		return;
	}
	otlp_step_begin(maker, "event", TEXT("start"));
	otlp_step_say(maker, TEXT("Call from "));
	otlp_step_say(maker, from.size > 0 ? from : TEXT("an unknown number"));
	otlp_step_say(maker, TEXT(" to "));
	otlp_step_say(maker, to.size > 0 ? to : TEXT("an unknown number"));
	otlp_step_end(maker);
}

/* ---- the header ---- */

static const char *const from_names[] = {"callstep.src", "call.from", NULL};
static const char *const to_names[] = {"callstep.dest", "call.to", NULL};
static const char *const type_names[] = {"callstep.type", "call.direction", NULL};
/* LiveKit's: of the one who is not the agent, and of the agent's side */
static const char *const phone_names[] = {
	"sip.phoneNumber", "lk.sip.phoneNumber", "lk.pii.sip.phoneNumber", NULL};
static const char *const trunk_names[] = {"sip.trunkPhoneNumber", "lk.sip.trunkPhoneNumber", NULL};

static void set(struct text *member, struct text value)
{
	if (value.data) {
		*member = value;
	}
}

static void read_header(const struct otlp_span *span, struct otlp_header *header)
{
	struct text type = otlp_first(span, type_names);
	bool out = text_equal_string(type, "outbound");

	set(&header->src, otlp_first(span, out ? trunk_names : phone_names));
	set(&header->dest, otlp_first(span, out ? phone_names : trunk_names));
	set(&header->src, otlp_first(span, from_names));
	set(&header->dest, otlp_first(span, to_names));
	set(&header->type, type);
}

/* Whether one of @attributes is there only where there is a call. */
static bool speak_of_call(const struct otlp_attributes *attributes)
{
	for (size_t i = 0; i < attributes->count; i++) {
		struct text name = attributes->items[i].name;

		if (text_starts_with(name, TEXT("callstep.")) ||
			text_starts_with(name, TEXT("call.")) ||
			text_equal_string(name, "sip.phoneNumber")) {
			return true;
		}
	}
	return false;
}

static void make_plain(struct otlp_maker *maker)
{
	otlp_step_begin(maker, "debug", maker->span->name);
	otlp_step_say(maker, maker->span->name);
	copy_others(maker);
	otlp_step_end(maker);
}

bool otlp_make(struct otlp_maker *maker, struct otlp_header *header)
{
	const struct otlp_span *span = maker->span;
	struct text line = otlp_get(&span->attributes, "callstep.line");
	const struct kind *kind = find_kind(span);
	size_t before = maker->count;

	*header = (struct otlp_header){0};
	maker->made = 0;
	maker->wrong = NULL;
	if (line.data) {
		make_own(maker, line);
	} else if (kind && kind->make) {
		kind->make(maker, header);
	} else {
		make_numbers(maker);
	}
	if (maker->made == 0 && maker->all && !maker->wrong) {
		make_plain(maker);
	}
	if (maker->wrong) {
		maker->count = maker->starved ? 0 : before;
	}
	read_header(span, header);
	return (kind && kind->match != MATCH_OPERATION) || speak_of_call(&span->attributes) ||
	       speak_of_call(span->resource);
}
