// SPDX-License-Identifier: MIT
// A number leads to all its calls.
import { formatAddress } from './address.js';
import { html } from './html.js';

/* @of: "src" or "dest". A `*` at an end of a number is itself. */
export function AllCalls({ of, number, tabindex }) {
	const asked = /[*,]/.test(number) ? `"${number}"` : number;
	return number ? html`<a class="all-calls" href=${formatAddress(['calls'], { [of]: asked })} tabindex=${tabindex} title=${`All calls ${of === 'src' ? 'from' : 'to'} this number`}>${number}</a>` : '–';
}
