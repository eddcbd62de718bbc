/* SPDX-License-Identifier: MIT
 * Passwords of the dialplan: what is hidden, and what is left as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intake/sources/asterisk/cel_secret.h"

#define M CEL_SECRET_MARK

static void names_of_secrets_are_told_by_their_words(void **state)
{
	static const char *const secret[] = {"PIN", "pin", "__PIN", "USER_PIN", "userPin",
		"SAVEPIN", "pin2", "PINS", "PASSWORD", "__PASSWORD", "dbPasswd", "VM_PASSCODE",
		"pass", "PW", "userpwd", "SECRET_WORD", "authtoken", "TOKEN", "cvv", "CVV2",
		"card_cvc", "CONFBRIDGE(user,pin)", "DB(AMPUSER/201/password)", "HASH(login,pin)",
		"ODBC_SETPASS_CODE(201)", "CURLOPT(userpwd)", "Authorization", "API_KEY",
		"check-pin"};
	static const char *const plain[] = {"", "ORDER", "PING", "SHIPPING", "OPINION", "BYPASS",
		"PASSENGERS", "PASSED", "COMPASS", "KEY", "TIMEOUT", "DIALSTATUS", "order_number",
		"menu_choice", "SPINNER", "AUTHOR", "TOPPINGS", "CALLERID(num)"};

	(void)state;
	for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++) {
		if (!cel_secret_is_name(text_of(secret[i]))) {
			fail_msg("'%s' is not taken for a secret", secret[i]);
		}
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		if (cel_secret_is_name(text_of(plain[i]))) {
			fail_msg("'%s' is taken for a secret", plain[i]);
		}
	}
}

static const struct {
	const char *app, *data, *shown;
} cases[] = {
	/* applications that are given a password */
	{"Authenticate", "4711", M},
	{"Authenticate", "4711,aj,4", M},
	{"authenticate", "4711", M},
	{"DISA", "8642,from-internal", M},
	{"VMAuthenticate", "201@default", M},
	{"MeetMe", "800,M,8642", "800,M," M},
	{"MeetMe", "800,M", "800,M"},
	/* variables, with all that Set takes for their value */
	{"Set", "PIN=9753", "PIN=" M},
	{"Set", "__PASSWORD=9,7&5)3", "__PASSWORD=" M},
	{"Set", "CONFBRIDGE(user,pin)=9753", "CONFBRIDGE(user,pin)=" M},
	{"Set", "DB(AMPUSER/201/password)=9753", "DB(AMPUSER/201/password)=" M},
	{"Set", "CURLOPT(userpwd)=ann:9753", "CURLOPT(userpwd)=" M},
	{"Set", "PIN=", "PIN="},
	{"Set", "QUERY=user=1&pin=9753&x=2", "QUERY=user=1&pin=" M "&x=2"},
	{"MSet", "A=1,PIN=9753,B=2", "A=1,PIN=" M ",B=2"},
	{"MSet", "A=1,PIN=\"9,753\",B=2", "A=1,PIN=\"" M "\",B=2"},
	{"MSet", "PIN=9\\,753,B=2", "PIN=" M ",B=2"},
	/* applications within others */
	{"ExecIf", "1?Authenticate(4711)", "1?Authenticate(" M ")"},
	{"ExecIf", "1?Set(PIN=4711):Playback(no)", "1?Set(PIN=" M ")"},
	{"ExecIf", "0?Set(A=1):Authenticate(4711)", "0?Set(A=1):Authenticate(" M ")"},
	{"ExecIfTime", "9:00-17:00,mon-fri,*,*?DISA(8642,in)",
		"9:00-17:00,mon-fri,*,*?DISA(" M ")"},
	{"TryExec", "MeetMe(800,M,8642)", "MeetMe(800,M," M ")"},
	{"Exec", "Authenticate(4711", "Authenticate(" M},
	{"Dial", "PJSIP/201,20,U(check-pin^4711)", "PJSIP/201,20,U(check-pin^4711)"},
	/* routines and events whose name tells */
	{"Gosub", "check-pin,s,1(4711)", "check-pin," M},
	{"Macro", "pincheck,4711", "pincheck,4711"},
	{"Macro", "check-pin,4711", "check-pin," M},
	{"AGI", "password.agi,4711", "password.agi," M},
	{"GosubIf", "1?check-pin,s,1(4711):s,1", "1?check-pin," M},
	{"AELSub", "check-pin,4711", "check-pin," M},
	{"MacroIf", "1?check-pin,4711", "1?check-pin," M},
	{"EAGI", "password.agi,4711", "password.agi," M},
	{"DeadAGI", "password.agi,4711", "password.agi," M},
	{"CELGenUserEvent", "pin,4711", "pin," M},
	{"CELGenUserEvent", "order,4711", "order,4711"},
	{"UserEvent", "PinEntered,Value: 4711", "PinEntered," M},
	{"UserEvent", "Login,Pin: 4711,Line: 3", "Login,Pin: " M ",Line: 3"},
	/* in other texts */
	{"NoOp", "pin = 4711", "pin = " M},
	{"", "{\"pin\":\"4711\",\"order\":\"12\"}", "{\"pin\":\"" M "\",\"order\":\"12\"}"},
	{"", "{\"pin\":4711}", "{\"pin\":" M "}"},
	{"System", "curl --password=4711", "curl --password=" M},
	{"SIPAddHeader", "Authorization: Bearer 4711", "Authorization: " M},
	/* dial strings and addresses */
	{"Dial", "IAX2/ann:4711@pbx/203,20", "IAX2/ann:" M "@pbx/203,20"},
	{"Dial", "SIP/ann:47@11:md5@pbx&SIP/201", "SIP/ann:" M "@pbx&SIP/201"},
	{"Dial", "PJSIP/trunk/sip:ann:4711@host", "PJSIP/trunk/sip:ann:" M "@host"},
	{"AGI", "agi://ann:4711@host:4573/x", "agi://ann:" M "@host:4573/x"},
	/* nothing to hide */
	{"Dial", "PJSIP/trunk/sip:4711@host:5060,20", "PJSIP/trunk/sip:4711@host:5060,20"},
	{"Dial", "PJSIP/+442079460001@trunk,60", "PJSIP/+442079460001@trunk,60"},
	{"VoiceMail", "201@default,u", "201@default,u"},
	{"VoiceMailMain", "201@default,s", "201@default,s"},
	{"ConfBridge", "800,bridge,user,menu", "800,bridge,user,menu"},
	{"Read", "PIN,enter-pin,4", "PIN,enter-pin,4"},
	{"GotoIfTime", "8:00-17:00,mon-fri,*,*?open,s,1", "8:00-17:00,mon-fri,*,*?open,s,1"},
	{"Set", "CALLERID(name)=O:K", "CALLERID(name)=O:K"},
	{"Playback", "enter-pin", "enter-pin"},
	{"Queue", "", ""},
};

static void what_applications_are_given_is_hidden_where_it_is_a_secret(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct text shown =
			cel_secret_hide(&arena, text_of(cases[i].app), text_of(cases[i].data));
		struct text again;

		if (!text_equal_string(shown, cases[i].shown)) {
			fail_msg("%s(%s) is shown as '%.*s'", cases[i].app, cases[i].data,
				TEXT_ARG(shown));
		}
		again = cel_secret_hide(&arena, text_of(cases[i].app), shown);
		assert_true(text_equal(again, shown));
	}
	arena_deinit(&arena);
}

/* Were it read again from each of its places, a test with its sanitizers would not end in the 30 s
 * that it has. */
static void a_long_text_is_read_once(void **state)
{
	static const char *const pieces[] = {"pin:", "Set(", "MeetMe(", "@", "Authenticate(",
		"a)=", "p_=", "x:y@", "((((", "pin=\"", "IAX2/a:"};
	const size_t size = (size_t)1 << 18;
	struct arena arena;
	char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		for (size_t at = 0; at < size; at++) {
			text[at] = pieces[i][at % strlen(pieces[i])];
		}
		arena_init(&arena, 16 << 20);
		assert_non_null(cel_secret_hide(
			&arena, TEXT("Exec"), (struct text){.data = text, .size = size})
					.data);
		arena_deinit(&arena);
	}
	free(text);
}

static void without_memory_nothing_is_shown(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 0);
	assert_null(cel_secret_hide(&arena, TEXT("Authenticate"), TEXT("4711")).data);
	arena_deinit(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_secrets_are_told_by_their_words),
		cmocka_unit_test(what_applications_are_given_is_hidden_where_it_is_a_secret),
		cmocka_unit_test(a_long_text_is_read_once),
		cmocka_unit_test(without_memory_nothing_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
