# SPDX-License-Identifier: MIT
"""Why a goal is not met, and what would be tried next, by the goal's key. Shown only where the goal does not hold."""

REASONS = {}
