/* SPDX-License-Identifier: MIT
 * Scripts: what the made-up applications say and do. A script is data; play.c plays it. */
#ifndef GENERATE_SCRIPT_H
#define GENERATE_SCRIPT_H

#include <stddef.h>

#include "base/text.h"

enum language {
	ENGLISH,
	SPANISH,
	GERMAN,
	FRENCH,
	JAPANESE,
	LANGUAGES,
};

/* A sentence in each language that its application speaks. The texts need no escaping in JSON. */
struct phrase {
	struct text text[LANGUAGES];
};

/* What a caller types, or a service finds out. */
enum value {
	VALUE_NONE,
	VALUE_MENU,    /* a digit from 1 to `digits` */
	VALUE_DIGITS,  /* `digits` digits */
	VALUE_BOOLEAN, /* true or false */
	VALUE_DATE,
	VALUE_MONEY,
	VALUE_COUNT, /* up to `digits` digits */
	VALUE_TIME,
};

enum op_kind {
	OP_END, /* the script is over */
	OP_SAY,
	OP_TELL,   /* a sentence, then a value, then a full stop */
	OP_ASK,	   /* a sentence, then the caller's input, with second and third tries */
	OP_LOOKUP, /* a request to a web service, and its answer */
	OP_SCRIPT, /* a piece of JavaScript */
	OP_QUEUE,
	OP_TRANSFER,
	OP_RECORD,
	OP_MESSAGE, /* a text message is sent */
};

struct op {
	enum op_kind kind;
	enum value value;
	unsigned int digits;
	struct text module;   /* module_type */
	struct text variable; /* result_variable */
	struct text target;   /* URL, queue, number */
	struct phrase phrase;
};

struct task {
	unsigned int weight;  /* how often it is chosen, against the others */
	struct phrase offer;  /* "For your balance, press 1." */
	const struct op *ops; /* ended by OP_END */
};

#define TASKS_MAX 4

struct application {
	struct text name;
	struct text versions[3];
	struct text revision_id;
	unsigned int weight;		   /* calls, against the others */
	unsigned int languages[LANGUAGES]; /* weights; 0: not spoken */
	bool outbound;
	bool transfer;		  /* takes calls over from others */
	struct text dialled;	  /* beginning of its numbers; four digits follow */
	const struct op *opening; /* before the menu */
	struct phrase menu;
	/* ended by one without ops, or full; none: the opening is all */
	struct task tasks[TASKS_MAX];
};

#define APPLICATIONS_MAX 16

extern const struct application applications[];
extern const size_t application_count;

/* What every application says in the same words. */
extern const struct phrase phrase_no_input, phrase_no_match, phrase_too_often, phrase_error,
	phrase_hold, phrase_position, phrase_connecting, phrase_busy, phrase_else, phrase_goodbye,
	phrase_stop, phrase_after_tone;

#endif
