/* SPDX-License-Identifier: MIT */
#include "api/api.h"
