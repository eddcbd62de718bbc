/* SPDX-License-Identifier: MIT
 * What C lacks: handles that close themselves when they leave their scope, the checks of
 * attributes, and the size of an array. */
#ifndef BASE_AUTO_H
#define BASE_AUTO_H

/* AUTO(snapshot_end) struct snapshot snapshot = {0};
 * AUTO(store_closep) struct store *store = NULL;
 *
 * @function is called with the variable's address when the scope ends, by whichever way. */
#define AUTO(function) __attribute__((cleanup(function)))

/* Defines @function##p(), the form that AUTO() needs for a pointer variable, from a @function that
 * takes the pointer itself and accepts NULL. */
#define AUTO_POINTER(type, function)                                                               \
	static inline void function##p(type *pointer)                                              \
	{                                                                                          \
		if (*pointer) {                                                                    \
			function(*pointer);                                                        \
		}                                                                                  \
	}                                                                                          \
	struct auto_pointer_semicolon

/* How many items the array @array has. */
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define CHECK_RESULT		  __attribute__((warn_unused_result))
#define FORMAT_PRINTF(text, rest) __attribute__((format(printf, text, rest)))

#endif
