/* SPDX-License-Identifier: MIT
 * Settings of the server, some of which imports and sweeps share. */
#include "cmd/settings_rows.h"

/* clang-format off */
const struct setting serve_settings[] = {
	{SETTING("listen", LIST, "LIST", listen), .fallback = "127.0.0.1:8080",
		.help = "Listens on these addresses: up to 16 like 127.0.0.1:8080, [::1]:8080 and "
			"unix:/run/callstep/http, with commas between them. It may be given again. "
			"Port 0 takes any free one; a socket of files is open to the server's "
			"user and group. Sockets that systemd hands over count instead."},
	{SETTING("metrics-listen", TEXT, "ADDR:PORT", metrics_listen),
		.help = "Serves /metrics, /healthz and /readyz on this address too, in clear and "
			"without a key, for Prometheus: 127.0.0.1:9108. Without it /metrics needs "
			"a key of the scope metrics."},
	{OPTION("check", FLAG, NULL, check),
		.help = "Looks whether the server could start, changes nothing and ends: reads "
			"the settings and the files that they name, and opens the store as it "
			"is. An address that is in use is not noticed."},
	{SETTING("insecure", FLAG, NULL, insecure),
		.help = "Allows other addresses than the loopback without TLS."},
	{SETTING("tls-certificate", TEXT, "FILE", tls_certificate),
		.help = "Serves HTTPS with the certificate chain in the PEM file FILE."},
	{SETTING("tls-key", TEXT, "FILE", tls_key),
		.help = "Takes the certificate's private key from the PEM file FILE, which other "
			"users may not read (mode 600 or 640)."},
	{SETTING("threads", INTEGER, "N", threads), .fallback = "0", .max = 1024,
		.help = "Works with N threads; 0 means one a core."},
	{SETTING("api-detail-days", DAYS, "DAYS", api_detail_days), .fallback = "5",
		.help = "Below /api/, serves a call's detail for DAYS days after its start, to "
			"the second; ever means as long as it is kept. /v1, the web page and "
			"commands show it as long as it is kept: see 'callstep help retention'."},
	{SETTING("sweep-every", DURATION, "TIME", sweep_every_s), .fallback = "10m", .max = 7 * DAY,
		.help = "Drops what is over its days every TIME; 0 leaves that to 'callstep "
			"sweep'. What is over its days is never shown, swept or not."},
	{SETTING("live-timeout", DURATION, "TIME", live_timeout_s), .fallback = "1h",
		.max = 365 * DAY,
		.help = "Ends a live call of which nothing was heard for TIME, with a last step "
			"that says so; 0 means never. Time while no server ran does not count."},
	{SETTING("disk-max", SIZE, "SIZE", disk_max), .fallback = "0", .max = INT64_MAX / 2,
		.help = "When the store takes more than SIZE of the disk, drops the detail of "
			"the oldest calls, then the oldest calls, until it fits. Warns from 80% "
			"on. 0 means no cap."},
	{SETTING("all-spans", FLAG, NULL, all_spans),
		.help = "Also spans that only say how long something took become steps, of class "
			"debug (POST /v1/traces; docs/sources.md)."},
	{SETTING("audit-reads", FLAG, NULL, audit_reads), .fallback = "yes",
		.help = "Records in the audit trail what was read, not only what was changed."},
	{SETTING("store-connections", INTEGER, "N", store_connections), .fallback = "32", .min = 4,
		.max = 10000,
		.help = "Holds at most N connections to PostgreSQL, and one that listens. A "
			"request that finds all in use waits; after 10 s it is answered 503."},
	{SETTING("connections-max", INTEGER, "N", connections_max), .fallback = "1000", .min = 1,
		.max = 1000000,
		.help = "Holds at most N connections at once. Where there are more, those that "
			"wait for a request give way to new ones; where none waits, a new one is "
			"answered 503."},
	{SETTING("connections-per-address-max", INTEGER, "N", connections_per_address_max),
		.fallback = "0", .max = 1000000,
		.help = "Holds at most N connections of one address (an IPv6 /64) at once; 0 "
			"means three quarters of --connections-max. A trusted proxy may have all."},
	{SETTING("trusted-proxies", LIST, "LIST", trusted_proxies),
		.help = "Believes the proxies at these addresses (10.0.0.1,192.0.2.0/24; unix: "
			"those that come over a socket of files) about their clients. The last "
			"address of X-Forwarded-For that is not one of theirs counts wrong keys, "
			"and stands in log and audit trail. The header of others is ignored."},
	{SETTING("proxy-header", CHOICE, "NAME", proxy_header),
		.choices = "x-forwarded-for|forwarded", .fallback = "x-forwarded-for",
		.help = "The header in which trusted proxies name their clients: x-forwarded-for, "
			"or forwarded (RFC 7239). Name the one that they set, so that no client "
			"can write the other."},
	{SETTING("cors-origins", LIST, "LIST", cors_origins),
		.help = "Lets web pages of these origins (https://wall.example,"
			"http://127.0.0.1:3000; *: of any) ask by script, with a key that they "
			"send themselves. Who stays signed in here is not signed in there."},
	{SETTING("timeout", DURATION, "TIME", timeout_s), .fallback = "30s", .min = 1, .max = DAY,
		.help = "Closes a connection on which nothing moved for TIME, or whose request's "
			"header has not come whole in twice that time."},
	{SETTING("rate-min", SIZE, "SIZE", rate_min), .fallback = "1k", .max = 1 * GB,
		.help = "Closes a connection whose client sends a body, or takes an answer, at "
			"fewer than SIZE bytes a second, measured over --timeout. 0 means no "
			"limit."},
	{SETTING("header-size-max", SIZE, "SIZE", header_size_max), .fallback = "32k",
		.min = 1 * KB, .max = 1 * MB,
		.help = "Reads at most SIZE bytes of a request's line and headers."},
	{SETTING("body-size-max", SIZE, "SIZE", body_size_max), .fallback = "0",
		.max = INT64_MAX / 2,
		.help = "Reads at most SIZE bytes of a request's body, as sent; 0 means no "
			"ceiling."},
	{SETTING("call-size-max", SIZE, "SIZE", call_size_max), .fallback = "1M", .min = 1 * KB,
		.max = 4 * MB, .help = "Takes calls whose JSON has at most SIZE bytes."},
	{SETTING("page-memory-max", SIZE, "SIZE", page_memory_max), .fallback = "256M",
		.min = 1 * MB, .max = 1024 * GB,
		.help = "Holds at most SIZE bytes of answers at once; further ones wait. An "
			"eighth is kept for small answers."},
	{SETTING("spill-folder", TEXT, "DIR", spill_folder),
		.help = "While answers wait for memory, moves what slow clients have not taken "
			"into unlinked files in DIR. Without it: the store's folder, or /var/tmp "
			"where the store is not a folder. Nothing is moved into a file system "
			"that is memory."},
	{SETTING("spill-max", SIZE, "SIZE", spill_max), .fallback = "4G", .max = 1024 * GB,
		.help = "Has at most SIZE bytes in such files; 0 means none. Where no more can "
			"be moved, and nothing gets free for ten seconds, what waits is answered "
			"503."},
	{SETTING("query-time-max", MILLISECONDS, "TIME", query_time_max_ms), .fallback = "10s",
		.min = 1, .max = 3600 * INT64_C(1000),
		.help = "Gives up a search or statistics of /v1 that takes longer than TIME."},
	{SETTING("intake-memory-max", SIZE, "SIZE", intake_memory_max), .fallback = "64M",
		.min = 1 * MB, .max = 1024 * GB,
		.help = "Holds at most SIZE bytes of bodies that are taken in and of calls that "
			"are not yet stored, and of one account three quarters of that. One body "
			"of each account always goes on, with at most two calls and 9 MB."},
	{SETTING("intake-wait-max", DURATION, "TIME", intake_wait_max_s), .fallback = "60s",
		.max = DAY,
		.help = "Lets a body wait at most TIME for room below --intake-memory-max, then "
			"answers 503. What was stored of it by then stays. 0 means no limit."},
	{SETTING("wrong-keys-max", INTEGER, "N", wrong_keys_max), .fallback = "30", .max = 1000000,
		.help = "Hears at most N wrong keys a minute from one address, and for one "
			"e-mail. Further ones are answered 429; a right one never is. 0 means no "
			"limit."},
	{SETTING("session-age", DURATION, "TIME", session_age_s), .fallback = "30d",
		.max = 365 * DAY,
		.help = "Lets a browser stay signed in for TIME after its user chose so on the "
			"page. 0: nobody stays signed in."},
	{SETTING("grace", DURATION, "TIME", grace_s), .fallback = "30s", .max = DAY,
		.help = "Waits at most TIME for running requests when it stops."},
	{SETTING("redact-cards", FLAG, NULL, redact_cards),
		.help = "Hides what may be a card's number before it is stored: 13 to 19 digits, "
			"also with spaces or hyphens between. Their check digit is right, and "
			"they begin and are as long as a network's numbers. A part of a word or "
			"a UUID is not one."},
	{SETTING("redact-input", LIST, "LIST", redact_input),
		.help = "Hides what callers enter in these modules: the input and all digits in "
			"their steps but prompts. The same digits, three or more, are hidden in "
			"the call's other steps. Commas separate names; * at either end or both "
			"stands for the rest."},
	{SETTING("redact-modules", LIST, "LIST", redact_modules),
		.help = "Hides all that the steps of these modules say, and its digits in other "
			"steps, as --redact-input does."},
	{SETTING("redact-variables", LIST, "LIST", redact_variables),
		.help = "The same for the steps with these result variables, for members of "
			"these names in any step's data, and for what a text assigns to them, as "
			"in NAME=value."},
	{SETTING("redact-patterns", TEXT, "LIST", redact_patterns),
		.help = "Hides what these patterns match, as in '###-##-#### DE#{20}': # is a "
			"digit, @ a letter, ? any character; {n} or {m,n} repeats the one "
			"before; \\ takes a meaning away. Spaces separate patterns. None matches "
			"within a longer number or word."},
	{SETTING("redact-key-file", TEXT, "FILE", redact_key_file),
		.help = "Puts a token in the place of what is hidden, the same for the same "
			"text, so that calls can be found by it. It is made with the key in "
			"FILE, which its owner alone may read. Without it: "
			"\xe2\x80\xa2\xe2\x80\xa2\xe2\x80\xa2."},
	{SETTING("webhook", TEXT, "FILE", webhook),
		.help = "Takes documents of other systems at /v1/in/NAME, by the tables in FILE: "
			"docs/webhooks.md says how they are written."},
	{SETTING("public-url", TEXT, "URL", public_url),
		.help = "The address under which Twilio calls this server, as "
			"https://calls.example.org: what it signs begins with it."},
	{SETTING("twilio-token-file", TEXT, "FILE", twilio_token_file),
		.help = "Refuses what comes to /v1/in/twilio without Twilio's signature. FILE "
			"holds the account's auth token; --public-url is needed with it."},
	{SETTING("hook-private", FLAG, NULL, hook_private),
		.help = "Hooks may have addresses that are not of the public internet, and "
			"http://."},
	{SETTING("hook-timeout", DURATION, "TIME", hook_timeout_s), .fallback = "15s", .min = 1,
		.max = 60, .help = "A receiver of a hook has TIME to answer."},
	{SETTING("dial-prefix", LIST, "LIST", dial_prefix),
		.help = "What is dialled in place of a number's +, separated by commas, as in "
			"00,011: where numbers are compared, 0049 is +49 then. Calls are kept as "
			"they came."},
	{SETTING("log-requests", FLAG, NULL, log_requests), .fallback = "yes",
		.help = "Writes a line for each request to the log. Wrong keys beyond "
			"--wrong-keys-max are only counted there."},
	{SETTING("log-level", CHOICE, "LEVEL", log_level), .choices = "error|warning|info|debug",
		.fallback = "info",
		.help = "Writes log lines of this level and above: error, warning, info or debug."},
	{SETTING("log-format", CHOICE, "FORMAT", log_format), .choices = "text|json",
		.fallback = "text",
		.help = "Writes log lines as text, key=value, or as json, one object a line with "
			"the same names."},
	{.name = NULL},
};
/* clang-format on */
