/* SPDX-License-Identifier: MIT */
#include "cmd/settings.h"
