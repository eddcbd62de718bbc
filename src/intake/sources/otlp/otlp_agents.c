/* SPDX-License-Identifier: MIT
 * Spans of voice agents: LiveKit Agents, Pipecat, and OpenTelemetry's own names for tools and
 * agents. LiveKit moves attributes that hold what people said behind `lk.pii.`: both names are
 * read. */
#include "intake/sources/otlp/otlp_kinds.h"

static const char *const agent_names[] = {
	"lk.agent_label", "gen_ai.agent.name", "lk.agent_name", "agent.name", NULL};

static bool is_true(struct text value)
{
	return text_equal_string(value, "true");
}

static void say_agent(struct otlp_maker *maker, const char *word)
{
	struct text name = otlp_first(maker->span, agent_names);

	otlp_step_say(maker, text_of(word));
	otlp_step_say(maker, name.data ? name : TEXT("without a name"));
	otlp_step_variable(maker, name);
}

void otlp_agent_session(struct otlp_maker *maker, struct otlp_header *header)
{
	static const char *const room[] = {"lk.pii.room_name", "lk.room_name", NULL};

	header->ends = true;
	otlp_step_begin(maker, "event", TEXT("start"));
	otlp_step_say(maker, TEXT("Session began"));
	otlp_step_copy_first(maker, "agent", agent_names);
	otlp_step_copy_first(maker, "room", room);
	otlp_step_copy(maker, "room_sid", "lk.room_sid");
	otlp_step_copy(maker, "job_id", "lk.job_id");
	otlp_step_copy(maker, "call_id", "sip.callID");
	otlp_step_end(maker);
}

void otlp_agent_conversation(struct otlp_maker *maker, struct otlp_header *header)
{
	header->ends = true;
	otlp_step_begin(maker, "event", TEXT("start"));
	otlp_step_say(maker, TEXT("Conversation began"));
	otlp_step_copy(maker, "conversation_id", "conversation.id");
	otlp_step_copy(maker, "conversation_type", "conversation.type");
	otlp_step_end(maker);
}

/* A turn without words, such as a cough, is none. */
void otlp_agent_user_turn(struct otlp_maker *maker, struct otlp_header *header)
{
	static const char *const words[] = {"lk.pii.user_transcript", "lk.user_transcript", NULL};
	static const char *const language[] = {"lk.eou.language", "language", NULL};
	struct text said = otlp_first(maker->span, words);

	(void)header;
	if (said.size == 0 && !maker->span->failed) {
		return;
	}
	otlp_step_begin(maker, "event", TEXT("user_turn"));
	otlp_step_say_words(maker, said);
	otlp_step_copy(maker, "confidence", "lk.transcript_confidence");
	otlp_step_copy_first(maker, "language", language);
	otlp_step_copy(maker, "transcription_delay", "lk.transcription_delay");
	otlp_step_copy(maker, "end_of_turn_delay", "lk.end_of_turn_delay");
	otlp_step_copy(maker, "participant", "lk.participant_id");
	otlp_step_end(maker);
}

/* One that was interrupted before its first word says that. */
void otlp_agent_agent_turn(struct otlp_maker *maker, struct otlp_header *header)
{
	static const char *const words[] = {"lk.pii.response.text", "lk.response.text", NULL};
	struct text said = otlp_first(maker->span, words);
	bool interrupted = is_true(otlp_get(&maker->span->attributes, "lk.interrupted"));

	(void)header;
	if (said.size == 0 && !interrupted && !maker->span->failed) {
		return;
	}
	otlp_step_begin(maker, "prompt", TEXT("agent_turn"));
	otlp_step_say(maker, said.size > 0 ? said
			     : interrupted ? TEXT("Interrupted before the first word")
					   : TEXT("Agent turn"));
	otlp_step_copy(maker, "interrupted", "lk.interrupted");
	otlp_step_copy(maker, "e2e_latency", "lk.e2e_latency");
	otlp_step_copy(maker, "ttfb", "lk.response.ttfb");
	otlp_step_copy(maker, "ttft", "lk.response.ttft");
	otlp_step_copy(maker, "model", "gen_ai.request.model");
	otlp_step_end(maker);
}

/* A transcript that is not final is followed by one that is. */
void otlp_agent_stt(struct otlp_maker *maker, struct otlp_header *header)
{
	static const char *const words[] = {"transcript", NULL};
	struct text said = otlp_first(maker->span, words);
	bool interim = text_equal_string(otlp_get(&maker->span->attributes, "is_final"), "false");

	(void)header;
	if ((said.size == 0 || interim) && !maker->span->failed) {
		return;
	}
	otlp_step_begin(maker, "event", TEXT("stt"));
	otlp_step_say_words(maker, said);
	otlp_step_copy(maker, "language", "language");
	otlp_step_copy(maker, "provider", "gen_ai.provider.name");
	otlp_step_copy(maker, "model", "gen_ai.request.model");
	otlp_step_copy(maker, "ttfb", "metrics.ttfb");
	otlp_step_copy(maker, "user_id", "user_id");
	otlp_step_end(maker);
}

void otlp_agent_tts(struct otlp_maker *maker, struct otlp_header *header)
{
	struct text said = otlp_get(&maker->span->attributes, "text");

	(void)header;
	if (said.size == 0 && !maker->span->failed) {
		return;
	}
	otlp_step_begin(maker, "prompt", TEXT("tts"));
	otlp_step_say(maker, said);
	otlp_step_copy(maker, "voice", "voice_id");
	otlp_step_copy(maker, "provider", "gen_ai.provider.name");
	otlp_step_copy(maker, "model", "gen_ai.request.model");
	otlp_step_copy(maker, "ttfb", "metrics.ttfb");
	otlp_step_end(maker);
}

void otlp_agent_tool(struct otlp_maker *maker, struct otlp_header *header)
{
	static const char *const names[] = {"lk.function_tool.name", "gen_ai.tool.name",
		"tool.function_name", "tool.name", NULL};
	static const char *const arguments[] = {"lk.pii.function_tool.arguments",
		"lk.function_tool.arguments", "gen_ai.tool.call.arguments", "tool.arguments", NULL};
	static const char *const outputs[] = {"lk.pii.function_tool.output",
		"lk.function_tool.output", "gen_ai.tool.call.result", "tool.result", NULL};
	const struct otlp_attributes *attributes = &maker->span->attributes;
	struct text name = otlp_first(maker->span, names);

	(void)header;
	otlp_step_begin(maker, "info", TEXT("tool"));
	otlp_step_say(maker, TEXT("Tool "));
	otlp_step_say(maker, name.data ? name : maker->span->name);
	otlp_step_variable(maker, name);
	otlp_step_copy_first(maker, "arguments", arguments);
	otlp_step_copy_first(maker, "output", outputs);
	if (is_true(otlp_get(attributes, "lk.function_tool.is_error")) ||
		text_equal_string(otlp_get(attributes, "tool.result_status"), "error")) {
		otlp_step_failed(maker);
	}
	otlp_step_end(maker);
}

void otlp_agent_agent(struct otlp_maker *maker, struct otlp_header *header)
{
	(void)header;
	otlp_step_begin(maker, "info", TEXT("agent"));
	say_agent(maker, "Agent ");
	otlp_step_end(maker);
}
