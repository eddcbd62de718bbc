/* SPDX-License-Identifier: MIT
 * Which addresses hooks may reach: those of the public internet. A server stands inside a network,
 * and a user who adds a hook need not be let into that one. */
#ifndef HOOK_HOOK_ADDRESS_H
#define HOOK_HOOK_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* Whether @address, an IPv4 or IPv6 address of @size bytes, is one of the public internet: neither
 * private, of the own machine or link, shared, multicast, reserved (IANA's registries of special
 * addresses, RFC 6890), nor one of IPv6 that stands for such an address of IPv4. */
bool hook_address_is_public(const struct sockaddr *address, socklen_t size);

#endif
