/* SPDX-License-Identifier: MIT
 * Settings of what is fetched from elsewhere window by window. */
#include "cmd/settings_rows.h"

/* clang-format off */
const struct setting pull_settings[] = {
	{SETTING("user", TEXT, "EMAIL", user), .command = "pull",
		.help = "Signs in there as EMAIL, with the key from --secret-file as the "
			"password. Without it the key is sent as a Bearer token, which another "
			"callstep takes."},
	{SETTING("secret-file", TEXT, "FILE", secret_file), .command = "pull",
		.help = "Reads the key of the account there from FILE, which only its owner may "
			"read. Without it: CALLSTEP_SECRET in the environment."},
	{SETTING("to", TEXT, "URL", to), .command = "pull",
		.help = "Sends the calls to the callstep at URL, instead of into the store."},
	{SETTING("key-file", TEXT, "FILE", key_file), .command = "pull",
		.help = "Reads the key for --to from FILE, which only its owner may read. "
			"Without it: CALLSTEP_KEY in the environment."},
	{OPTION("number", TEXT, "NUMBER", number), .command = "pull",
		.help = "Fetches only calls to NUMBER."},
	{OPTION("since", TIME, "TIME", since), .command = "pull",
		.help = "Asks again for all calls that started at TIME or later. Without it, a "
			"run goes on where the last one ended; the first one begins 5 days "
			"back."},
	{SETTING("overlap", DURATION, "DURATION", overlap_s), .fallback = "6h", .max = 5 * DAY,
		.help = "Asks again for calls that started up to DURATION before the end of the "
			"last run: some were still going on then."},
	{OPTION("follow", FLAG, NULL, follow), .letter = 'f', .command = "pull",
		.help = "Goes on until it is told to end: another callstep is followed as it "
			"takes calls in, any other server is asked every --every."},
	{SETTING("every", DURATION, "DURATION", every_s), .command = "pull", .fallback = "5m",
		.min = 1, .max = DAY,
		.help = "With --follow, how long to wait between two rounds."},
	{SETTING("pace", MILLISECONDS, "TIME", pace_ms), .command = "pull",
		.fallback = "1s", .min = 1, .max = 60000,
		.help = "Waits at least TIME between two requests. After a failure it waits 1 to "
			"60 times as long, or as long as the server asks for; after status 500 60 "
			"times, and then asks for a quarter of the calls."},
	{SETTING("spool", TEXT, "DIR", spool), .command = "pull",
		.help = "Remembers in DIR how far it is. Without it: $STATE_DIRECTORY, "
			"$XDG_STATE_HOME/callstep or ~/.local/state/callstep."},
	{.name = NULL},
};
/* clang-format on */
