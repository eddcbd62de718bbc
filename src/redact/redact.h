/* SPDX-License-Identifier: MIT
 * Redaction: hides what must not be stored in a call's steps, after they were checked and before
 * they are packed and their words cut. The one place on every way into the store.
 *
 * Looked at are all strings and numbers of a step but its class, timestamp, module_type,
 * result_variable and event_id. That is its line, its data, and members that nobody knows. Not
 * looked at: a call's header and the names of members. */
#ifndef INTAKE_REDACT_H
#define INTAKE_REDACT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "call/call_number.h"

/* What is hidden. Names stand with commas between, * at either end or both matches the rest, ASCII
 * letters of either case are the same. */
struct redact_rules {
	bool cards;	     /* what may be a card's number, by its check digit (call/card.h) */
	const char *input;   /* what was entered in steps of these modules: the value behind "User
				input:", and all digits but those   of prompts; in the call's other
				steps the same digits, three or more */
	const char *modules; /* all that steps of these modules say */
	/* all that steps with these result variables say; members of these names in any step; and
	 * what any text assigns to them: NAME=value */
	const char *variables;
	const char *patterns; /* as redact_pattern_next() reads them */
	const char *key_path; /* marks are tokens made with the key in this file; NULL: bullets */
	/* what is dialled for a +: a number has one token whichever way it is dialled */
	struct call_prefixes prefixes;
};

/* Never changed once it is made: any number of threads may use it. */
struct redactor;

/* NULL when @rules hide nothing. ERROR_INVALID and others begin with the name of the rule that is
 * wrong, as a setting has it: "redact-patterns: …". */
int redactor_create(struct redactor **ret_redactor, const struct redact_rules *rules,
	struct error *err) CHECK_RESULT;
void redactor_destroy(struct redactor *redactor);
AUTO_POINTER(struct redactor *, redactor_destroy);

/* What redacting a call takes, kept from call to call; one a thread. */
struct redaction {
	const struct redactor *redactor;
	struct arena arena; /* of the call that is redacted */
	/* of the text that is looked at: a byte for each of its bytes, 1 where it is hidden */
	struct buffer hidden;
	struct buffer marked; /* the same text with marks in it */
	struct text *secrets; /* digits that were entered, sorted, each once */
	size_t secrets_count;
	size_t secrets_room;
	const unsigned char *known; /* what was hidden before, of a live call; see known.c */
	size_t known_count;
	uint64_t known_lengths; /* a bit each: digits of that length are among it, */
	uint64_t any_lengths;	/* and all digits of that length count as known */
	struct text *tokens;	/* that stand in the steps, sorted; see known.c */
	size_t tokens_count;
};

void redaction_init(struct redaction *redaction, const struct redactor *redactor);
void redaction_deinit(struct redaction *redaction);

/* Appends the whole call @canonical, with what the rules hide replaced, to @out, which was cleared:
 * 1; 0 when there was nothing to hide, and nothing is appended. What is appended is canonical, too.
 * A call that this fails for must not be stored. */
int redact_call(struct redaction *redaction, struct text canonical, struct buffer *out,
	struct error *err) CHECK_RESULT;

/* Whether what is hidden of a step may depend on the call's other steps. */
bool redactor_spans_steps(const struct redactor *redactor);

/* The same as redact_call() for some steps, `[…]`. */
int redact_steps(struct redaction *redaction, struct text detail, struct buffer *out,
	struct error *err) CHECK_RESULT;

/* The same for all steps that a live call has by now, of which those from earlier requests are
 * redacted already: also hides what was hidden in them, and what tokens in them stand for. @context
 * is the struct redaction. @hidden is what was appended to @ret_hidden the last time for this call;
 * empty at first. It holds no digits, but what makes them known again
 * (docs/decisions/0031-live-redaction.md). A store_review_fn (store/store.h). */
int redact_review(void *context, struct text detail, struct text hidden, struct buffer *ret_detail,
	struct buffer *ret_hidden, struct error *err) CHECK_RESULT;

/* The same for a text that is of no call, such as the words of a search: what cards and patterns
 * hide in it. 1: *ret_text is the text with marks, valid until @redaction is used again; 0: nothing
 * is to be hidden. */
int redact_plain(struct redaction *redaction, struct text text, struct text *ret_text,
	struct error *err) CHECK_RESULT;

#endif
