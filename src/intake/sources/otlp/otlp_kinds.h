/* SPDX-License-Identifier: MIT
 * What spans are, by their names and attributes. To add a kind: its function, and its row in the
 * table of otlp_kinds.c. docs/sources.md has the same table for readers. */
#ifndef INTAKE_SOURCES_OTLP_OTLP_KINDS_H
#define INTAKE_SOURCES_OTLP_OTLP_KINDS_H

#include "intake/sources/otlp/otlp_step.h"

/* What a span tells of its call's header; of texts data is NULL where it tells nothing. */
struct otlp_header {
	struct text src;
	struct text dest;
	struct text type; /* as it is written */
	bool ends;	  /* the call is over */
};

/* Makes the steps of maker->span and fills in @header. Returns whether a trace that has this span
 * is a call; where maker->wrong is set, the span is to be set aside. */
bool otlp_make(struct otlp_maker *maker, struct otlp_header *header);

/* ---- a function for each kind ---- */

/* Makes the step, or none. */
typedef void otlp_kind(struct otlp_maker *maker, struct otlp_header *header);

otlp_kind otlp_jambonz_root, otlp_jambonz_root_out, otlp_jambonz_verb, otlp_jambonz_hook,
	otlp_jambonz_dtmf, otlp_jambonz_status;
otlp_kind otlp_agent_session, otlp_agent_conversation, otlp_agent_user_turn, otlp_agent_agent_turn,
	otlp_agent_stt, otlp_agent_tts, otlp_agent_tool, otlp_agent_agent;

#endif
