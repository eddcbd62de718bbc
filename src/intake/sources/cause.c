/* SPDX-License-Identifier: MIT
 * Hang-up causes of Q.850. */
#include "intake/sources/cause.h"

#include "base/auto.h"

static const struct {
	int64_t cause;
	const char *words;
	bool failure;
} causes[] = {
	{0, "no cause given", false},
	{1, "unallocated number", true},
	{2, "no route to the transit network", true},
	{3, "no route to the destination", true},
	{5, "misdialled trunk prefix", true},
	{6, "channel unacceptable", true},
	{7, "call awarded and delivered", false},
	{8, "pre-empted", true},
	{14, "number ported", true},
	{16, "normal call clearing", false},
	{17, "user busy", false},
	{18, "no user responding", false},
	{19, "no answer", false},
	{20, "subscriber absent", false},
	{21, "call rejected", true},
	{22, "number changed", true},
	{23, "redirected to a new destination", false},
	{26, "answered elsewhere", false},
	{27, "destination out of order", true},
	{28, "invalid number format", true},
	{29, "facility rejected", true},
	{30, "response to a status enquiry", false},
	{31, "normal, unspecified", false},
	{34, "no circuit available", true},
	{38, "network out of order", true},
	{41, "temporary failure", true},
	{42, "switching equipment congested", true},
	{43, "access information discarded", true},
	{44, "requested channel not available", true},
	{50, "facility not subscribed", true},
	{52, "outgoing calls barred", true},
	{54, "incoming calls barred", true},
	{57, "bearer capability not authorised", true},
	{58, "bearer capability not available", true},
	{65, "bearer capability not implemented", true},
	{66, "channel type not implemented", true},
	{69, "facility not implemented", true},
	{81, "invalid call reference", true},
	{88, "incompatible destination", true},
	{95, "invalid message", true},
	{96, "mandatory element missing", true},
	{97, "message type not implemented", true},
	{98, "message in the wrong state", true},
	{99, "element not implemented", true},
	{100, "invalid element contents", true},
	{101, "message in the wrong call state", true},
	{102, "timer expired", true},
	{103, "mandatory element too long", true},
	{111, "protocol error", true},
	{127, "interworking", true},
};

static size_t find_cause(int64_t cause)
{
	size_t i = 0;

	while (i < COUNT_OF(causes) && causes[i].cause != cause) {
		i++;
	}
	return i;
}

const char *cause_words(int64_t cause)
{
	size_t at = find_cause(cause);

	return at < COUNT_OF(causes) ? causes[at].words : "unknown cause";
}

bool cause_is_failure(int64_t cause)
{
	size_t at = find_cause(cause);

	return at < COUNT_OF(causes) && causes[at].failure;
}
