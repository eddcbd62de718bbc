// SPDX-License-Identifier: MIT
// A number leads to all its calls.
import { formatAddress } from './address.js';
import { html } from './html.js';

/* @of: "src" or "dest". A `*` at an end of a number is itself. */
const addressOf = (of, number) => formatAddress(['calls'], { [of]: /[*,]/.test(number) ? `"${number}"` : number });
const titleOf = (of) => `All calls ${of === 'src' ? 'from' : 'to'} this number`;

export function AllCalls({ of, number }) {
	return number ? html`<a href=${addressOf(of, number)} title=${titleOf(of)}>${number}</a>` : '–';
}

/* In a row, which opens its call wherever it is pressed: a mark behind the number, at the pointer. */
export function NumberInRow({ of, number }) {
	return html`${number}${number && html`<a class="all-calls" href=${addressOf(of, number)} tabindex="-1" title=${titleOf(of)} aria-label=${`${titleOf(of)}, ${number}`}>
		<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="M2.5 4h11M2.5 8h11M2.5 12h11" /></svg></a>`}`;
}
