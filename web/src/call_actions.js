// SPDX-License-Identifier: MIT
// Handing a call on: its link, as text, as JSON, as one HTML file for someone without access, beside another call.
import { useState } from 'preact/hooks';
import { formatAddress } from './address.js';
import { callDocument } from './call_document.js';
import { copyText, download, fileName } from './format.js';
import { html } from './html.js';
import { togglePin, usePins } from './pins.js';
import { callText } from './steps.js';

/* @children stand first. */
export function CallActions({ call, steps, zone, children }) {
	const [said, setSaid] = useState('');
	const pinned = usePins();
	const [here, other] = [pinned.includes(call.session_id), pinned.filter((session) => session !== call.session_id).at(-1)];
	const name = fileName(`call-${call.session_id}`);
	const copy = (text, what) => copyText(text).then(() => setSaid(`${what} copied`), () => setSaid('The browser does not allow copying here: use the address bar, or a file'));
	return html`
		<div class="actions">
			${children}
			<button type="button" onClick=${() => copy(location.href, 'Link')}>Copy link</button>
			<button type="button" onClick=${() => copy(callText(call, steps, zone), 'Text')}>Copy as text</button>
			<button type="button" onClick=${() => download(`${name}.json`, 'application/json', [JSON.stringify(call, null, 2)])}>JSON</button>
			<button type="button" onClick=${() => download(`${name}.html`, 'text/html', [callDocument(call, steps, zone)])}>HTML file</button>
			${other && html`<a class="button" href=${formatAddress(['compare', other, call.session_id])}>Compare with ${other}</a>`}
			<button type="button" aria-pressed=${here} onClick=${() => togglePin(call.session_id)}>${here ? 'Pinned' : 'Pin to compare'}</button>
			<span role="status" class="muted">${said}</span>
		</div>`;
}
