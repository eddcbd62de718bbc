/* SPDX-License-Identifier: MIT
 * Signatures: vectors that another program made (Python's hmac), the first with the values of the
 * specification's example. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include "hook/hook_sign.h"

static void a_signature_is_what_others_compute(void **state)
{
	static const struct {
		const char *secret;
		const char *id;
		int64_t timestamp_s;
		const char *body;
		const char *signature;
	} vectors[] = {
		{"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
			"{\"test\": 2432232314}",
			"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
		{"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "msg_1764500000_1_7", 1764500001,
			"{\"type\":\"call.ended\"}",
			"v1,jQmQklshSDHhxxwWZvO53UpS9ilfQBf8ptS6BKKH/JY="},
		{"/////////////////////////////////////////////////////////////////////////////////"
		 "////w==",
			"x", 0, "", "v1,KUAHbdMHW3bYNXLd2pFYk3+ZIDiGNYXmZiKbvJfwqwo="},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		char signature[HOOK_SIGNATURE_SIZE];
		unsigned char secret[64];
		size_t size;

		assert_int_equal(sodium_base642bin(secret, sizeof(secret), vectors[i].secret,
					 strlen(vectors[i].secret), NULL, &size, NULL,
					 sodium_base64_VARIANT_ORIGINAL),
			0);
		hook_sign((struct text){.data = (const char *)secret, .size = size},
			text_of(vectors[i].id), vectors[i].timestamp_s, text_of(vectors[i].body),
			signature);
		assert_string_equal(signature, vectors[i].signature);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signature_is_what_others_compute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
