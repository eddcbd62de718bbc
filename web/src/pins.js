// SPDX-License-Identifier: MIT
// The calls that are pinned to be compared: two at most, of which the later takes the place of the one before.
import { formatAddress, go } from './address.js';
import { html } from './html.js';
import { useShortcuts } from './keyboard.js';
import { getSettings, set, useSettings } from './settings.js';

export const usePins = () => useSettings().pinned;

export function togglePin(session) {
	const { pinned } = getSettings();
	set({ pinned: pinned.includes(session) ? pinned.filter((other) => other !== session) : [...pinned, session].slice(-2) });
}

/* What is pinned, and the way to compare it; nothing where nothing is. */
export function Pins() {
	const pinned = usePins();
	const compare = pinned.length === 2 ? formatAddress(['compare', ...pinned]) : null;
	useShortcuts(compare ? { v: () => go(compare) } : {});
	return html`
		<p class="pins" role="status">${pinned.length > 0 && html`
			${compare ? html`<a class="button" href=${compare}>Compare the two pinned</a>` : html`<span class="muted">1 call is pinned: pin another to compare</span>`}
			${' '}<button type="button" class="link" onClick=${() => set({ pinned: [] })}>Unpin</button>`}</p>`;
}
