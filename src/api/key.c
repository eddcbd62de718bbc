/* SPDX-License-Identifier: MIT */
#include "api/key.h"
