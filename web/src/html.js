// SPDX-License-Identifier: MIT
// Components are written as tagged templates: no compiler between what is written and what runs.
import htm from 'htm';
import { h } from 'preact';

export const html = htm.bind(h);
