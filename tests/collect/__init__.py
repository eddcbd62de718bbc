# SPDX-License-Identifier: MIT
"""A package, so that its conftest is not mistaken for that of tests/api in one run of both."""
