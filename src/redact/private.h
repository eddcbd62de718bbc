/* SPDX-License-Identifier: MIT
 * Inside redaction: the rules as they are used. */
#ifndef INTAKE_REDACT_PRIVATE_H
#define INTAKE_REDACT_PRIVATE_H

#include "redact/mark.h"
#include "redact/pattern.h"
#include "redact/redact.h"

#define REDACT_PATTERNS_MAX 32

/* Digits that were entered, and are hidden elsewhere: */
#define REDACT_SECRET_MIN 3 /* as many as a card's check code has; fewer stand everywhere */
#define REDACT_SECRET_MAX 64

struct redact_name {
	struct text part;
	bool open_start; /* a * stood there */
	bool open_end;
};

struct redact_names {
	struct redact_name *items;
	size_t count;
};

struct redactor {
	bool cards;
	struct redact_names input;
	struct redact_names modules;
	struct redact_names variables;
	struct redact_pattern *patterns;
	size_t patterns_count;
	struct redact_key key;
	unsigned char live_key[REDACT_KEY_SIZE]; /* of known.c */
	struct arena arena;			 /* of all that the pointers point to */
};

bool redact_names_have(const struct redact_names *names, struct text name);

/* ---- redact/text.c: what is hidden of one text ---- */

/* What is said of the text. */
struct redact_place {
	bool whole;  /* all of it is hidden */
	bool digits; /* all digits are */
	bool input;  /* it is a line that may tell of an input: what was entered is */
};

/* 1: @redaction->marked is @text with marks; 0: nothing is to be hidden. */
int redact_text(struct redaction *redaction, struct text text, const struct redact_place *place,
	struct error *err) CHECK_RESULT;

/* Notes the numbers in @text, which was entered, for redact_secrets_sort(). */
int redact_secrets_take(
	struct redaction *redaction, struct text text, struct error *err) CHECK_RESULT;
/* The same of what @text assigns to variables that are hidden. */
int redact_secrets_take_assigned(
	struct redaction *redaction, struct text text, struct error *err) CHECK_RESULT;
void redact_secrets_sort(struct redaction *redaction);

/* ---- redact/known.c: what was hidden of a live call before ---- */

/* From now on @hidden, as redact_known_write() wrote it, is known. ERROR_CORRUPT. */
int redact_known_read(
	struct redaction *redaction, struct text hidden, struct error *err) CHECK_RESULT;

/* From now on the numbers are known that tokens in @detail stand for. */
int redact_tokens_read(
	struct redaction *redaction, struct text detail, struct error *err) CHECK_RESULT;

/* Whether @digits, REDACT_SECRET_MIN to _MAX of them, are among what is known. */
bool redact_known_has(const struct redaction *redaction, struct text digits);

/* Appends what is known, with the secrets of this time, to @out. */
int redact_known_write(
	struct redaction *redaction, struct buffer *out, struct error *err) CHECK_RESULT;

#endif
