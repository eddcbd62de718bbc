// SPDX-License-Identifier: MIT
// The document's descriptions: paragraphs, "- " lists, `code` and **strong**, as elements and never as markup.
import { html } from '../src/html.js';

function inline(text) {
	return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
		if (part.startsWith('`') && part.length > 1) {
			return html`<code>${part.slice(1, -1)}</code>`;
		}
		return part.startsWith('**') ? html`<strong>${part.slice(2, -2)}</strong>` : part;
	});
}

function block(text) {
	if (text.startsWith('- ')) {
		return html`<ul>${text.slice(2).split(/\n- /).map((item) => html`<li>${inline(item)}</li>`)}</ul>`;
	}
	return html`<p>${inline(text)}</p>`;
}

export function Prose({ text }) {
	return (text ?? '').trim().split(/\n\s*\n/).filter(Boolean).map(block);
}

/* One line of description inside other text. */
export function Line({ text }) {
	return inline((text ?? '').trim());
}
