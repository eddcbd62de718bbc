/* SPDX-License-Identifier: MIT
 * Settings of collectors, which send what another system tells to a server. */
#include "cmd/settings_rows.h"

/* clang-format off */
const struct setting collect_settings[] = {
	/* where calls go */
	{SETTING("to", TEXT, "URL", to), .command = "collect",
		.help = "Sends calls to the server at URL, such as https://calls.example."},
	{SETTING("key-file", TEXT, "FILE", key_file), .command = "collect",
		.help = "Reads the API key, which needs the scope write and read, from FILE. "
			"Without it: from CALLSTEP_KEY in the environment."},
	{SETTING("ca-file", TEXT, "FILE", ca_file),
		.help = "Trusts the certificates in FILE, PEM, instead of the system's: for the "
			"server and for an exchange with --tls."},
	{SETTING("spool", TEXT, "DIR", spool), .command = "collect",
		.help = "Keeps what is not yet durable on the server in the folder DIR. Each "
			"collector has its own."},
	{SETTING("spool-max", SIZE, "SIZE", spool_max), .fallback = "1G", .min = 64 * MB,
		.max = INT64_C(1024) * GB,
		.help = "Takes at most so much of the disk there. What waits long is packed. "
			"When it is reached, the source is read no further until half is free."},
	{SETTING("prefix", TEXT, "TEXT", prefix),
		.help = "Puts TEXT before the ids of the calls. Exchanges give the same ids: "
			"where several send calls to one account, each needs a name."},
	{SETTING("once", FLAG, NULL, once),
		.help = "Reads what is there, sends it, and ends. Not for asterisk."},
	/* asterisk */
	{SETTING("host", TEXT, "HOST:PORT", host), .fallback = "127.0.0.1:5038",
		.help = "The exchange's manager interface."},
	{SETTING("user", TEXT, "NAME", user), .command = "collect",
		.help = "The user of the manager interface: a section of manager.conf. Of fuse: "
			"the account's e-mail. Of twilio: the SID of an API key."},
	{SETTING("secret-file", TEXT, "FILE", secret_file), .command = "collect",
		.help = "Reads this user's secret from FILE. Without it: from CALLSTEP_SECRET in "
			"the environment."},
	{SETTING("login", CHOICE, "HOW", login), .choices = "md5|plain", .fallback = "md5",
		.help = "How the secret goes to the exchange: as an MD5 of a challenge, or plain."},
	{SETTING("tls", FLAG, NULL, tls),
		.help = "Talks TLS to the exchange (tlsenable in manager.conf)."},
	{SETTING("variables", TEXT, "LIST", variables),
		.help = "Makes a step of each value that the dialplan gives to one of these "
			"variables, separated by commas."},
	/* cel-file */
	{SETTING("columns", TEXT, "FILE", columns), .command = "collect",
		.help = "Takes the names of the log's columns from FILE, a cel_custom.conf."},
	/* fuse, twilio */
	{OPTION("number", TEXT, "NUMBER", number), .command = "collect",
		.help = "Of fuse: fetches only calls to NUMBER."},
	{SETTING("every", DURATION, "DURATION", every_s), .command = "collect", .min = 1,
		.max = DAY,
		.help = "How long to wait between two rounds. Without it: 5 minutes for fuse, 15 "
			"seconds for twilio."},
	{SETTING("pace", MILLISECONDS, "TIME", pace_ms), .command = "collect", .min = 1,
		.max = 60000,
		.help = "Waits at least TIME between two requests; after a failure 1 to 60 times "
			"as long, or as long as is asked for. Without it: 1 s for fuse, 200 ms "
			"for twilio."},
	{OPTION("since", TIME, "TIME", since), .command = "collect",
		.help = "Of twilio: the first run begins with calls from TIME on. Without it: an "
			"hour back. Twilio keeps them for 30 days."},
	/* twilio */
	{SETTING("account-sid", TEXT, "SID", account_sid),
		.help = "The account: AC… --user is then the SID of an API key (SK…); without "
			"it, the secret is the account's token."},
	{SETTING("flows", TEXT, "LIST", flows),
		.help = "Only executions of these flows of Studio, SIDs separated by commas."},
	{SETTING("api-url", TEXT, "URL", api_url), .fallback = "https://api.twilio.com",
		.help = "Where Twilio's REST API is."},
	{SETTING("studio-url", TEXT, "URL", studio_url), .fallback = "https://studio.twilio.com",
		.help = "Where Studio's REST API is."},
	{.name = NULL},
};
/* clang-format on */
