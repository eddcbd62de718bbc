/* SPDX-License-Identifier: MIT
 * Which calls are meant: the one filter grammar of search, tail, export, statistics, the command
 * line and the page (API.md §2 "Finding calls"). A filter is read parameter by parameter; each
 * store finds the calls that match it, the fast way it has, and all agree with filter_matches(). */
#ifndef CALL_FILTER_H
#define CALL_FILTER_H

#include "base/arena.h"
#include "base/error.h"
#include "call/call_number.h"
#include "call/path/path.h"
#include "call/path/step_data.h"
#include "call/words.h"

/* Any of these; count 0: anything goes. */
struct filter_names {
	struct text *items;
	size_t count;
};

/* A part of a number, as call_number_key() makes it. */
struct filter_part {
	struct text key;
	bool open_left;	 /* `*3001`: anything may stand before it */
	bool open_right; /* `617*` */
};

/* The id of a call, or what it begins with. */
struct filter_session {
	struct text id; /* size 0: any */
	bool open;	/* `4711*`: anything may follow */
};

/* Any of these; none of either: any number. */
struct filter_numbers {
	struct call_keys whole;
	struct filter_part *parts; /* of numbers without what is dialled for the + */
	size_t parts_count;
	bool withheld; /* `none`: as call_number_is_withheld() has it */
	bool any;      /* `*` was among them: nothing is added any more */
};

/* Whether a person answered; neither finds calls of which that is not known. */
enum filter_answered {
	FILTER_ANY_ANSWER,
	FILTER_ANSWERED,
	FILTER_NOT_ANSWERED,
};

enum filter_state {
	FILTER_ANY_STATE,
	FILTER_LIVE,
	FILTER_ENDED,
};

/* What a call must not have: none of any of these. A class, a module or a variable is one of any
 * step, each for itself. A call of which no steps can be seen has none of them. */
struct filter_none {
	struct filter_numbers dest;
	struct filter_numbers src;
	unsigned int types; /* a bit (1 << enum call_type) for each */
	unsigned int outcomes;
	unsigned int enders;
	struct filter_names classes;
	struct filter_names modules;
	struct filter_names variables;
	struct filter_names last_modules;
	struct filter_names last_variables;
};

struct filter {
	int64_t start; /* start <= call.start < end */
	int64_t end;
	struct filter_numbers dest;
	struct filter_numbers src;
	struct filter_session session;
	unsigned int types; /* a bit (1 << enum call_type) for each that is meant; 0: any */
	unsigned int outcomes;
	unsigned int enders;
	enum filter_answered answered;
	int64_t min_duration; /* seconds */
	int64_t max_duration; /* seconds; INT64_MAX: any */
	int64_t min_talk;     /* seconds */
	/* seconds; INT64_MAX: any; less finds no call of which the talk is not known */
	int64_t max_talk;
	int64_t min_steps; /* that can be seen: none of a call that is over its days, or has none */
	int64_t max_steps; /* INT64_MAX: any */
	enum filter_state state;
	/* What one and the same step has: */
	struct filter_names classes;
	struct filter_names modules;   /* event.data.module_type */
	struct filter_names variables; /* event.data.result_variable */
	/* What the place has where the call ended, its last step that is not of module `hangup`: */
	struct filter_names last_modules;
	struct filter_names last_variables;
	struct words_query text;     /* of the steps' lines */
	struct path_filter path;     /* which steps come one after the other */
	struct step_data_query data; /* what the data of steps have */
	struct filter_none none;
	/* What is dialled for a + where the calls come from; set before the numbers are read. NULL:
	 * nothing. */
	const struct call_prefixes *prefixes;
};

/* Everything: the whole of time, any call. */
void filter_init(struct filter *filter);

/* clang-format off */

/* The parameters: the name, the option that is the same, how it is read, and the member of struct
 * filter that it is read into. Where `time` stands, set_time() in filter.c reads it.
 *
 * First those that ask for some of the values of a choice (store/columns.h). The name is the member
 * of struct call. The member of struct filter has a bit for each value that is meant; 0: any. Such
 * a row is all that matching needs, here and in each store. */
#define FILTER_CHOICES(PARAMETER) \
	PARAMETER(type, "type", choice, types) \
	PARAMETER(outcome, "outcome", choice, outcomes) \
	PARAMETER(ended_by, "ended-by", choice, enders)

/* Those of which `-NAME` asks for none of the values: struct filter_none has the same member. */
#define FILTER_VALUES(PARAMETER) \
	PARAMETER(dest,          "dest",          numbers, dest) \
	PARAMETER(src,           "src",           numbers, src) \
	FILTER_CHOICES(PARAMETER) \
	PARAMETER(class,         "class",         names,   classes) \
	PARAMETER(module,        "module",        names,   modules) \
	PARAMETER(variable,      "variable",      names,   variables) \
	PARAMETER(last_module,   "last-module",   names,   last_modules) \
	PARAMETER(last_variable, "last-variable", names,   last_variables)

/* All, in the order of the contract. */
#define FILTER_PARAMETERS(PARAMETER) \
	PARAMETER(start,         "start",         time,    start) \
	PARAMETER(end,           "end",           time,    end) \
	FILTER_VALUES(PARAMETER) \
	PARAMETER(session,       "session",       session, session) \
	PARAMETER(text,          "text",          text,    text) \
	PARAMETER(path,          "path",          path,    path) \
	PARAMETER(step_data,     "step-data",     data,    data) \
	PARAMETER(min_duration,  "min-duration",  seconds, min_duration) \
	PARAMETER(max_duration,  "max-duration",  seconds, max_duration) \
	PARAMETER(answered,      "answered",      answer,  answered) \
	PARAMETER(min_talk,      "min-talk",      seconds, min_talk) \
	PARAMETER(max_talk,      "max-talk",      seconds, max_talk) \
	PARAMETER(min_steps,     "min-steps",     count,   min_steps) \
	PARAMETER(max_steps,     "max-steps",     count,   max_steps) \
	PARAMETER(state,         "state",         state,   state)

#define FILTER_NAME(name, option, how, member)        #name,
#define FILTER_NONE_NAME(name, option, how, member)   "-" #name,
#define FILTER_OPTION(name, option, how, member)      option,
#define FILTER_NONE_OPTION(name, option, how, member) FILTER_NONE_PREFIX option,

/* What an option that asks for none begins with. */
#define FILTER_NONE_PREFIX "not-"

/* The names of all, and their options: for lists. */
#define FILTER_NAMES FILTER_PARAMETERS(FILTER_NAME) FILTER_VALUES(FILTER_NONE_NAME)
#define FILTER_OPTION_NAMES \
	FILTER_PARAMETERS(FILTER_OPTION) FILTER_VALUES(FILTER_NONE_OPTION)

/* clang-format on */

/* Their names, NULL-ended. */
extern const char *const filter_parameters[];

/* What the name of a parameter of step_data begins with that has the name of the data in it:
 * `data.digits=1` is `step_data=digits=1`. */
#define FILTER_DATA_PREFIX TEXT("data.")

/* The name in filter_parameters that @name is read as. It need not be there. */
struct text filter_parameter(struct text name);

/* Reads one parameter. A repeated one of FILTER_VALUES adds to the ones before; in one value of
 * these a comma separates several. So does step_data, of which all are meant. Any other repeated
 * one takes the last value. @now is what relative times count from. What has to be kept is copied
 * into @arena. Returns 1 when it was read, 0 when @name is not a parameter of a filter.
 * ERROR_INVALID names the parameter and says what it takes: "min_duration: a number of seconds is
 * expected, not 'x'". */
int filter_set(struct filter *filter, struct text name, struct text value, int64_t now,
	struct arena *arena, struct error *err) CHECK_RESULT;

/* What only holds when all parameters are read: end >= start, max_duration >= min_duration, and so
 * on. */
int filter_check(const struct filter *filter, struct error *err) CHECK_RESULT;

/* Whether it asks what one and the same step has; what the place has where the call ended. */
bool filter_asks_for_step(const struct filter *filter);
bool filter_asks_for_last(const struct filter *filter);

/* Whether it asks how many steps there are, and whether so many are meant. */
bool filter_asks_for_count(const struct filter *filter);
static inline bool filter_count_matches(const struct filter *filter, int64_t steps)
{
	return steps >= filter->min_steps && steps <= filter->max_steps;
}

/* Whether a call may have a step, or have ended at a place, that it must not. */
bool filter_refuses_step(const struct filter *filter);
bool filter_refuses_last(const struct filter *filter);

/* Whether only a call with steps can match: they are there only while its detail is served. */
bool filter_needs_detail(const struct filter *filter);

/* Whether matching looks at the call's steps, where there are some; at more than their lines. */
bool filter_reads_detail(const struct filter *filter);
bool filter_reads_kinds(const struct filter *filter);

/* Whether it asks for an order of steps, or for what their data have; whether only the steps as
 * they are written can tell. */
static inline bool filter_walks_steps(const struct filter *filter)
{
	return path_is_asked(&filter->path) || filter->data.count > 0;
}
static inline bool filter_looks_inside(const struct filter *filter)
{
	return !path_is_of_kinds(&filter->path) || filter->data.count > 0;
}

/* Whether the steps `[…]` of a call take the path and have the data. 1 yes, 0 no, negative when
 * @detail is not canonical. */
int filter_steps_match(const struct filter *filter, int64_t start, int64_t end, struct text detail,
	struct arena *scratch, struct error *err) CHECK_RESULT;

/* Whether it asks for nothing but a window and whole numbers as `dest`: what tallies can count. */
bool filter_is_window(const struct filter *filter);

/* Whether it asks for a session, or for what one begins with; whether @session_id is meant. */
static inline bool filter_asks_for_session(const struct filter *filter)
{
	return filter->session.id.size > 0;
}
static inline bool filter_session_matches(const struct filter *filter, struct text session_id)
{
	return filter->session.open ? text_starts_with(session_id, filter->session.id)
				    : !filter_asks_for_session(filter) ||
					      text_equal(session_id, filter->session.id);
}

/* Whether it asks whether a person answered, or for how long persons talked. */
bool filter_asks_for_talk(const struct filter *filter);

/* Whether @call's header matches: window, session, numbers, choices, duration, talk, state. */
bool filter_matches_header(const struct filter *filter, const struct call *call);

/* The same but for its session, and for its numbers, which filter_number_matches() is for where
 * their keys are known. */
bool filter_matches_times(const struct filter *filter, const struct call *call);

/* Whether the filter asks for some of the numbers. */
static inline bool filter_numbers_ask(const struct filter_numbers *numbers)
{
	return !numbers->any &&
	       (numbers->whole.count + numbers->parts_count > 0 || numbers->withheld);
}

/* The same of numbers that are refused; `*` refuses all. */
static inline bool filter_numbers_refuse(const struct filter_numbers *numbers)
{
	return numbers->any || filter_numbers_ask(numbers);
}

/* The values of a choice that are meant, a bit for each: of those that are asked for, or any, but
 * for those that are refused. */
static inline unsigned int filter_choice(unsigned int asked, unsigned int refused)
{
	return (asked != 0 ? asked : ~0U) & ~refused;
}

/* The keys of the numbers called that the filter asks for; none where it does not ask, or for more
 * than whole numbers. */
struct call_keys filter_dest_keys(const struct filter *filter);

/* Whether the number with @key, as call_number_key() makes it, is one of @numbers, or they do not
 * ask. */
bool filter_number_matches(
	const struct filter *filter, const struct filter_numbers *numbers, struct text key);

/* Whether the number @raw, as it came, is one of @asked and none of @refused, which are those of
 * its side. */
bool filter_number_meant(const struct filter *filter, const struct filter_numbers *asked,
	const struct filter_numbers *refused, struct text raw);

/* Whether a step is one that classes, modules and variables ask for; an empty text is a step that
 * has none. */
bool filter_step_matches(const struct filter *filter, struct text class_name, struct text module,
	struct text variable);

/* Whether a call with such a step is refused. */
bool filter_step_refused(const struct filter *filter, struct text class_name, struct text module,
	struct text variable);

/* Whether a call matches last_modules and last_variables, asked for and refused, that ended at this
 * place. */
bool filter_last_matches(const struct filter *filter, struct text module, struct text variable);

/* Whether a step of @module is a place to have been at: `hangup` only says that the call ended. */
bool filter_is_place(struct text module);

/* Whether the whole call matches. @detail is its canonical steps (call_json_detail()), {NULL, 0}
 * when it has none or they are no longer served: then no filter that needs detail matches. 1 yes, 0
 * no, negative when @detail is not canonical. */
int filter_matches(const struct filter *filter, const struct call *call, struct text detail,
	struct arena *scratch, struct error *err) CHECK_RESULT;

#endif
