#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes ./configure out of configure.ac, for a fresh checkout.
cd "$(dirname "$0")" && exec autoreconf --install --force
