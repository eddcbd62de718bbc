/* SPDX-License-Identifier: MIT */
#include "intake/intake.h"
