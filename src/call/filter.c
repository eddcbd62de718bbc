/* SPDX-License-Identifier: MIT
 * Filters: one table of parameters, and what matches. */
#include "call/filter.h"

#include "base/time_text.h"
#include "call/call_json.h"

/* The module that says that a call ended: no place to have been at. */
#define MODULE_HANGUP TEXT("hangup")

void filter_init(struct filter *filter)
{
	*filter = (struct filter){.end = INT64_MAX,
		.max_duration = INT64_MAX,
		.max_talk = INT64_MAX,
		.max_steps = INT64_MAX};
}

/* ---- reading ---- */

/* One parameter being read. */
struct setting {
	const char *name;
	struct text given; /* the name as it was given */
	struct filter *filter;
	struct text value;
	int64_t now;
	struct arena *arena;
	struct error *err;
};

static int set_time(struct setting *setting, void *place)
{
	int64_t *ret = place;
	int64_t time;

	if (time_text_parse(setting->value, setting->now, &time, setting->err) < 0) {
		return -1;
	}
	*ret = time > 0 ? time : 0; /* no call is from before 1970 */
	return 0;
}

/* A number may itself begin with a *: `**98` ends with *98. */
static bool has_star_inside(struct text part)
{
	while (part.size > 0 && part.data[0] == '*') {
		part = text_tail(part, 1);
	}
	return part.size > 0 && memchr(part.data, '*', part.size) != NULL;
}

#define PARTS_MAX ((size_t)64)

static int add_part(struct setting *setting, struct filter_numbers *numbers,
	const struct filter_part *part, struct text value)
{
	const struct filter *filter = setting->filter;
	char buffer[CALL_NUMBER_MAX];
	struct text key = call_number_key(value, buffer);

	if (numbers->parts_count == PARTS_MAX) {
		return error_set(setting->err, ERROR_INVALID,
			"these are too many parts of numbers: at most %zu are", PARTS_MAX);
	}
	if (!numbers->parts) {
		numbers->parts = arena_calloc(setting->arena, PARTS_MAX, sizeof(*part));
	}
	if (!part->open_left) { /* `0049*` is `+49*` */
		key = call_number_undialled(filter->prefixes, key);
	}
	key = numbers->parts ? arena_copy(setting->arena, key) : (struct text){0};
	if (!key.data) {
		return error_no_memory(setting->err);
	}
	numbers->parts[numbers->parts_count] = *part;
	numbers->parts[numbers->parts_count++].key = key;
	return 0;
}

static int add_starred(struct setting *setting, struct filter_numbers *numbers, struct text whole)
{
	struct filter_part part = {0};
	struct text value = whole;

	if (value.data[0] == '*') {
		part.open_left = true;
		value = text_tail(value, 1);
	}
	if (value.size > 0 && value.data[value.size - 1] == '*') {
		part.open_right = true;
		value = text_head(value, value.size - 1);
	}
	if (has_star_inside(value)) {
		return error_set(setting->err, ERROR_INVALID,
			"a * stands at either end, for any digits, as in *3001 or 617*; not "
			"inside, as "
			"in '%.*s'",
			TEXT_ARG(whole));
	}
	if (value.size == 0) { /* `*` */
		numbers->any = true;
		return 0;
	}
	return part.open_left || part.open_right
		       ? add_part(setting, numbers, &part, value)
		       : call_keys_add(&numbers->whole, value, setting->filter->prefixes,
				 setting->arena, setting->err);
}

static int add_number(struct setting *setting, struct filter_numbers *numbers, struct text value)
{
	if (value.size == 0) {
		return error_set(setting->err, ERROR_INVALID,
			"a number is expected, with * at either end for any digits");
	}
	if (text_equal(value, TEXT("none"))) {
		numbers->withheld = true;
		return 0;
	}
	return add_starred(setting, numbers, value);
}

/* Takes `"*67"` off the front of @rest: nothing in it has a meaning. `"Ann" <617>` is not quoted.
 */
static bool take_quoted(struct text *rest, struct text *ret_value)
{
	struct text inside =
		rest->size > 1 && rest->data[0] == '"' ? text_tail(*rest, 1) : (struct text){0};
	const char *end = inside.size > 0 ? memchr(inside.data, '"', inside.size) : NULL;
	struct text behind;

	if (!end) {
		return false;
	}
	behind = text_tail(inside, (size_t)(end - inside.data) + 1);
	if (behind.size > 0 && behind.data[0] != ',') {
		return false;
	}
	*ret_value = text_head(inside, (size_t)(end - inside.data));
	*rest = behind.size > 0 ? text_tail(behind, 1) : (struct text){0};
	return true;
}

static int set_numbers(struct setting *setting, void *place)
{
	struct filter_numbers *numbers = place;
	struct text rest = setting->value, value = {0};

	do {
		int status;

		if (take_quoted(&rest, &value)) {
			status = call_keys_add(&numbers->whole, value, setting->filter->prefixes,
				setting->arena, setting->err);
		} else {
			text_split(&rest, ',', &value);
			status = add_number(setting, numbers, value);
		}
		if (status < 0) {
			return -1;
		}
	} while (rest.data);
	return 0;
}

/* What a session is or, with a * at its end, begins with. In double quotes a * is one. */
static int set_session(struct setting *setting, void *place)
{
	struct text rest = setting->value, id;
	bool open = false;

	if (!take_quoted(&rest, &id) || rest.data) {
		id = setting->value;
		open = id.size > 0 && id.data[id.size - 1] == '*';
		id = open ? text_head(id, id.size - 1) : id;
	}
	if (id.size == 0 || id.size > CALL_SESSION_ID_MAX || !text_utf8_valid(id, NULL)) {
		return error_set(setting->err, ERROR_INVALID,
			"the id of a call, of at most %d bytes, is expected, with * at its end for "
			"any rest",
			CALL_SESSION_ID_MAX);
	}
	id = arena_copy(setting->arena, id);
	*(struct filter_session *)place = (struct filter_session){id, open};
	return id.data ? 0 : error_no_memory(setting->err);
}

#define NAMES_OF(name, option, how, member) {#name, &call_##name##_names},

static const struct {
	const char *parameter;
	const struct call_names *names;
} choices[] = {FILTER_CHOICES(NAMES_OF)};

/* Of `-type` as of `type`. */
static const struct call_names *choice_names(const char *parameter)
{
	size_t at = 0;

	parameter += parameter[0] == '-';
	while (strcmp(choices[at].parameter, parameter) != 0) {
		at++;
	}
	return choices[at].names;
}

/* "inbound, outbound or transfer is expected, not 'x'". */
static int no_choice(
	const struct setting *setting, const struct call_names *names, struct text value)
{
	char list[256] = "";
	size_t used = 0;

	for (size_t i = 0; i < names->count && used < sizeof(list); i++) {
		const char *between = i + 1 == names->count ? " or " : ", ";

		if (names->items[i].size > 0) {
			used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%.*s",
				used > 0 ? between : "", TEXT_ARG(names->items[i]));
		}
	}
	return error_set(
		setting->err, ERROR_INVALID, "%s is expected, not '%.*s'", list, TEXT_ARG(value));
}

static int set_choice(struct setting *setting, void *place)
{
	const struct call_names *names = choice_names(setting->name);
	struct text rest = setting->value, name = {0};
	unsigned int bits = 0;

	do {
		int value = text_split(&rest, ',', &name) ? call_names_find(names, name) : -1;

		if (value < 0) {
			return no_choice(setting, names, name);
		}
		bits |= 1U << value;
	} while (rest.data);
	*(unsigned int *)place |= bits;
	return 0;
}

static size_t count_parts(struct text text)
{
	size_t count = 1;

	for (size_t i = 0; i < text.size; i++) {
		count += text.data[i] == ',';
	}
	return count;
}

static int set_names(struct setting *setting, void *place)
{
	struct filter_names *names = place;
	size_t count = names->count + count_parts(setting->value);
	struct text *items = arena_calloc(setting->arena, count, sizeof(*items));
	struct text rest = setting->value, name;

	if (!items) {
		return error_no_memory(setting->err);
	}
	for (size_t i = 0; i < count; i++) {
		if (i < names->count) {
			items[i] = names->items[i];
			continue;
		}
		if (!text_split(&rest, ',', &name) || name.size == 0) {
			return error_set(setting->err, ERROR_INVALID,
				"a name, or several with commas between, is expected, not '%.*s'",
				TEXT_ARG(setting->value));
		}
		items[i] = arena_copy(setting->arena, name);
		if (!items[i].data) {
			return error_no_memory(setting->err);
		}
	}
	*names = (struct filter_names){.items = items, .count = count};
	return 0;
}

static int set_text(struct setting *setting, void *query)
{
	return words_query_read(setting->value, setting->arena, query, setting->err);
}

static int set_path(struct setting *setting, void *path)
{
	return path_filter_read(setting->value, setting->arena, path, setting->err);
}

static int set_data(struct setting *setting, void *query)
{
	struct text name = setting->given;

	if (text_starts_with(name, FILTER_DATA_PREFIX)) {
		return step_data_add(query,
			&(struct step_datum){.name = text_tail(name, FILTER_DATA_PREFIX.size),
				.value = setting->value},
			setting->arena, setting->err);
	}
	return step_data_read(query, setting->value, setting->arena, setting->err);
}

static int set_seconds(struct setting *setting, void *place)
{
	int64_t *ret = place;
	int64_t seconds;

	if (time_text_parse_duration(setting->value, &seconds, NULL) < 0) {
		return error_set(setting->err, ERROR_INVALID,
			"a number of seconds is expected, not '%.*s'", TEXT_ARG(setting->value));
	}
	*ret = seconds;
	return 0;
}

static int set_count(struct setting *setting, void *place)
{
	int64_t count;

	if (!text_to_int64(setting->value, &count) || count < 0) {
		return error_set(setting->err, ERROR_INVALID,
			"a number of steps is expected, not '%.*s'", TEXT_ARG(setting->value));
	}
	*(int64_t *)place = count;
	return 0;
}

static int set_answer(struct setting *setting, void *place)
{
	enum filter_answered *answered = place;

	if (text_equal(setting->value, TEXT("true"))) {
		*answered = FILTER_ANSWERED;
		return 0;
	}
	if (text_equal(setting->value, TEXT("false"))) {
		*answered = FILTER_NOT_ANSWERED;
		return 0;
	}
	return error_set(setting->err, ERROR_INVALID, "true or false is expected, not '%.*s'",
		TEXT_ARG(setting->value));
}

static int set_state(struct setting *setting, void *place)
{
	enum filter_state *state = place;

	if (text_equal(setting->value, TEXT("live"))) {
		*state = FILTER_LIVE;
		return 0;
	}
	if (text_equal(setting->value, TEXT("ended"))) {
		*state = FILTER_ENDED;
		return 0;
	}
	return error_set(setting->err, ERROR_INVALID, "live or ended is expected, not '%.*s'",
		TEXT_ARG(setting->value));
}

const char *const filter_parameters[] = {FILTER_NAMES NULL};

#define SETTER(name, option, how, member)      {set_##how, offsetof(struct filter, member)},
#define NONE_SETTER(name, option, how, member) {set_##how, offsetof(struct filter, none.member)},

/* How each is read, and into which member; in the order of filter_parameters. */
static const struct {
	int (*set)(struct setting *setting, void *place);
	size_t offset;
} setters[] = {FILTER_PARAMETERS(SETTER) FILTER_VALUES(NONE_SETTER)};

struct text filter_parameter(struct text name)
{
	return text_starts_with(name, FILTER_DATA_PREFIX) ? TEXT("step_data") : name;
}

int filter_set(struct filter *filter, struct text name, struct text value, int64_t now,
	struct arena *arena, struct error *err)
{
	struct setting setting = {.given = name,
		.filter = filter,
		.value = value,
		.now = now,
		.arena = arena,
		.err = err};
	struct text parameter = filter_parameter(name);

	for (size_t i = 0; filter_parameters[i]; i++) {
		if (!text_equal_string(parameter, filter_parameters[i])) {
			continue;
		}
		setting.name = filter_parameters[i];
		if (setters[i].set(&setting, (char *)filter + setters[i].offset) < 0) {
			return error_prefix(err, "%s", filter_parameters[i]);
		}
		return 1;
	}
	return 0;
}

int filter_check(const struct filter *filter, struct error *err)
{
	if (filter->end < filter->start) {
		return error_set(err, ERROR_INVALID, "end: it is before start: no call is there");
	}
	if (filter->max_duration < filter->min_duration) {
		return error_set(err, ERROR_INVALID,
			"max_duration: it is less than min_duration: no call is like that");
	}
	if (filter->max_talk < filter->min_talk) {
		return error_set(err, ERROR_INVALID,
			"max_talk: it is less than min_talk: no call is like that");
	}
	if (filter->max_steps < filter->min_steps) {
		return error_set(err, ERROR_INVALID,
			"max_steps: it is less than min_steps: no call is like that");
	}
	return 0;
}

/* ---- matching ---- */

bool filter_asks_for_step(const struct filter *filter)
{
	return filter->classes.count > 0 || filter->modules.count > 0 ||
	       filter->variables.count > 0;
}

bool filter_asks_for_last(const struct filter *filter)
{
	return filter->last_modules.count > 0 || filter->last_variables.count > 0;
}

bool filter_asks_for_count(const struct filter *filter)
{
	return filter->min_steps > 0 || filter->max_steps < INT64_MAX;
}

bool filter_refuses_step(const struct filter *filter)
{
	const struct filter_none *none = &filter->none;

	return none->classes.count > 0 || none->modules.count > 0 || none->variables.count > 0;
}

bool filter_refuses_last(const struct filter *filter)
{
	return filter->none.last_modules.count > 0 || filter->none.last_variables.count > 0;
}

bool filter_needs_detail(const struct filter *filter)
{
	return filter_asks_for_step(filter) || filter_asks_for_last(filter) ||
	       filter->text.count > 0 || filter_walks_steps(filter) || filter->min_steps > 0;
}

bool filter_reads_kinds(const struct filter *filter)
{
	return filter_asks_for_step(filter) || filter_asks_for_last(filter) ||
	       filter_refuses_step(filter) || filter_refuses_last(filter) ||
	       filter_walks_steps(filter);
}

bool filter_reads_detail(const struct filter *filter)
{
	return filter->text.count > 0 || filter_asks_for_count(filter) ||
	       filter_reads_kinds(filter);
}

struct call_keys filter_dest_keys(const struct filter *filter)
{
	const struct filter_numbers *dest = &filter->dest;

	return dest->any || dest->parts_count > 0 || dest->withheld ? (struct call_keys){0}
								    : dest->whole;
}

#define BITS(name, option, how, member) filter->member | filter->none.member |
#define MATCHES(name, option, how, member)                                                         \
	(filter_choice(filter->member, filter->none.member) >> call->name & 1U) != 0 &&

static bool asks_for_choice(const struct filter *filter)
{
	return (FILTER_CHOICES(BITS) 0U) != 0;
}

static bool choices_match(const struct filter *filter, const struct call *call)
{
	return FILTER_CHOICES(MATCHES) true;
}

bool filter_asks_for_talk(const struct filter *filter)
{
	return filter->answered != FILTER_ANY_ANSWER || filter->min_talk > 0 ||
	       filter->max_talk < INT64_MAX;
}

static bool talk_matches(const struct filter *filter, const struct call *call)
{
	if (filter->answered != FILTER_ANY_ANSWER &&
		(!call_knows_answer(call) ||
			call_is_answered(call) != (filter->answered == FILTER_ANSWERED))) {
		return false;
	}
	return call->talk >= filter->min_talk &&
	       (filter->max_talk == INT64_MAX ||
		       (call->talk <= filter->max_talk && call_knows_talk(call)));
}

bool filter_is_window(const struct filter *filter)
{
	const struct filter_numbers *dest = &filter->dest;

	return !filter_numbers_ask(&filter->src) &&
	       (dest->any || (dest->parts_count == 0 && !dest->withheld)) &&
	       !filter_numbers_refuse(&filter->none.dest) &&
	       !filter_numbers_refuse(&filter->none.src) && !filter_asks_for_session(filter) &&
	       !asks_for_choice(filter) && filter->min_duration == 0 &&
	       filter->max_duration == INT64_MAX && !filter_asks_for_talk(filter) &&
	       filter->state == FILTER_ANY_STATE && !filter_reads_detail(filter);
}

static bool part_matches(const struct filter_part *part, struct text key)
{
	struct text wanted = part->key;

	if (key.size < wanted.size) {
		return false;
	}
	if (part->open_left && part->open_right) {
		return memmem(key.data, key.size, wanted.data, wanted.size) != NULL;
	}
	return part->open_left ? text_equal(text_tail(key, key.size - wanted.size), wanted)
			       : text_starts_with(key, wanted);
}

bool filter_number_matches(
	const struct filter *filter, const struct filter_numbers *numbers, struct text key)
{
	struct text undialled;

	if (!filter_numbers_ask(numbers) || call_keys_have(&numbers->whole, key) ||
		(numbers->withheld && call_number_is_withheld(key))) {
		return true;
	}
	if (numbers->parts_count == 0) {
		return false;
	}
	undialled = call_number_undialled(filter->prefixes, key);
	for (size_t i = 0; i < numbers->parts_count; i++) {
		if (part_matches(&numbers->parts[i], undialled)) {
			return true;
		}
	}
	return false;
}

bool filter_number_meant(const struct filter *filter, const struct filter_numbers *asked,
	const struct filter_numbers *refused, struct text raw)
{
	char buffer[CALL_NUMBER_MAX];
	struct text key;

	if (!filter_numbers_ask(asked) && !filter_numbers_refuse(refused)) {
		return true;
	}
	key = call_number_key(raw, buffer);
	return filter_number_matches(filter, asked, key) &&
	       !(filter_numbers_refuse(refused) && filter_number_matches(filter, refused, key));
}

bool filter_matches_times(const struct filter *filter, const struct call *call)
{
	int64_t duration = call->end - call->start;

	return call->start >= filter->start && call->start < filter->end &&
	       duration >= filter->min_duration && duration <= filter->max_duration &&
	       choices_match(filter, call) && talk_matches(filter, call) &&
	       (filter->state == FILTER_ANY_STATE ||
		       (filter->state == FILTER_LIVE) == (call->state == CALL_LIVE));
}

bool filter_matches_header(const struct filter *filter, const struct call *call)
{
	return filter_matches_times(filter, call) &&
	       filter_session_matches(filter, call->session_id) &&
	       filter_number_meant(filter, &filter->dest, &filter->none.dest, call->dest) &&
	       filter_number_meant(filter, &filter->src, &filter->none.src, call->src);
}

static bool has(const struct filter_names *names, struct text name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (text_equal(names->items[i], name)) {
			return true;
		}
	}
	return false;
}

static bool is_among(const struct filter_names *names, struct text name)
{
	return names->count == 0 || has(names, name);
}

bool filter_step_matches(const struct filter *filter, struct text class_name, struct text module,
	struct text variable)
{
	return is_among(&filter->classes, class_name) && is_among(&filter->modules, module) &&
	       is_among(&filter->variables, variable);
}

bool filter_step_refused(const struct filter *filter, struct text class_name, struct text module,
	struct text variable)
{
	const struct filter_none *none = &filter->none;

	return has(&none->classes, class_name) || has(&none->modules, module) ||
	       has(&none->variables, variable);
}

bool filter_last_matches(const struct filter *filter, struct text module, struct text variable)
{
	return is_among(&filter->last_modules, module) &&
	       is_among(&filter->last_variables, variable) &&
	       !has(&filter->none.last_modules, module) &&
	       !has(&filter->none.last_variables, variable);
}

bool filter_is_place(struct text module)
{
	return !text_equal(module, MODULE_HANGUP);
}

/* What the steps of a call showed so far. */
struct finding {
	const struct filter *filter;
	bool step; /* one that is asked for, or none is */
	bool refused;
	bool last;
	uint32_t phrases; /* a bit for each that was found */
	int64_t steps;
};

static void find_in_step(struct finding *finding, const struct call_step *step)
{
	const struct filter *filter = finding->filter;

	finding->steps++;
	finding->step = finding->step ||
			filter_step_matches(filter, step->class_name, step->module, step->variable);
	finding->refused = finding->refused || filter_step_refused(filter, step->class_name,
						       step->module, step->variable);
	if (filter_is_place(step->module)) {
		finding->last = filter_last_matches(filter, step->module, step->variable);
	}
	for (size_t i = 0; i < filter->text.count; i++) {
		if (words_phrase_in(&filter->text.phrases[i], step->line)) {
			finding->phrases |= UINT32_C(1) << i;
		}
	}
}

static bool found_all(const struct finding *finding)
{
	const struct filter *filter = finding->filter;
	uint32_t all = (uint32_t)((UINT64_C(1) << filter->text.count) - 1);

	return finding->step && finding->last && !finding->refused && finding->phrases == all &&
	       filter_count_matches(filter, finding->steps);
}

int filter_steps_match(const struct filter *filter, int64_t start, int64_t end, struct text detail,
	struct arena *scratch, struct error *err)
{
	int matches =
		filter->data.count > 0 ? step_data_matches(&filter->data, detail, scratch, err) : 1;

	return matches > 0 && path_is_asked(&filter->path)
		       ? path_matches(&filter->path, start, end, detail, scratch, err)
		       : matches;
}

int filter_matches(const struct filter *filter, const struct call *call, struct text detail,
	struct arena *scratch, struct error *err)
{
	struct finding finding = {.filter = filter,
		.step = !filter_asks_for_step(filter),
		.last = !filter_asks_for_last(filter)};
	struct call_step step;
	size_t cursor = 0;
	int more;

	if (!filter_matches_header(filter, call)) {
		return 0;
	}
	if (!filter_reads_detail(filter)) {
		return 1;
	}
	if (!detail.data) {
		return !filter_needs_detail(filter);
	}
	while ((more = call_json_next_step(detail, &cursor, scratch, &step, err)) > 0) {
		find_in_step(&finding, &step);
	}
	if (more < 0 || !found_all(&finding)) {
		return more < 0 ? -1 : 0;
	}
	return filter_steps_match(filter, call->start, call->end, detail, scratch, err);
}
