// SPDX-License-Identifier: MIT
// Saved and recent filters: each is a link, which another one may be sent.
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatAddress, parseAddress } from './address.js';
import { formatQuery, readFilter } from './filter.js';
import { copyText } from './format.js';
import { html } from './html.js';
import { dropFilter, dropRecent, filterText, isWorthKeeping, noteRecent, saveFilter, useKeptFilters } from './kept_filters.js';
import { useSettings } from './settings.js';
import { zoneName } from './time.js';

export function FilterMenu({ filter }) {
	const menu = useRef();
	const { saved, recent } = useKeptFilters();
	const zone = zoneName(useSettings().zone);
	const [said, setSaid] = useState('');
	const query = formatQuery(filter);
	const worth = isWorthKeeping(filter);
	useEffect(() => {
		if (worth) {
			noteRecent(query);
		}
	}, [query]);
	const text = (of) => filterText(readFilter(new URLSearchParams(of)), zone, Math.floor(Date.now() / 1000));
	const close = () => { menu.current.open = false; };
	const link = (of, label) => html`<a href=${addressOf(of)} title=${text(of)} aria-current=${of === query ? 'true' : undefined} onClick=${close}>${label}</a>`;
	const copy = ({ name, query: of }) => copyText(new URL(addressOf(of), location.href).href)
		.then(() => setSaid(`The address of “${name}” is copied.`), () => setSaid('The browser does not let the page copy: copy the link itself.'));
	const submit = (event) => {
		event.preventDefault();
		const name = new FormData(event.currentTarget).get('name').trim();
		if (name !== '') {
			saveFilter(name, query);
			setSaid(`Saved as “${name}”.`);
			event.currentTarget.reset();
		}
	};
	return html`
		<details class="menu filter-menu" ref=${menu} onToggle=${() => setSaid('')}>
			<summary>Saved</summary>
			<div class="menu-body">
				<form onSubmit=${submit}>
					<label class="small">Save this filter as <input name="name" maxlength="60" autocomplete="off" required disabled=${query === ''} /></label>
					<button disabled=${query === ''}>Save</button>
				</form>
				<p class="muted" role="status">${said || null}</p>
				${saved.length > 0 && html`<h2>Saved</h2><ul>${saved.map((one) => html`<li key=${one.name}>${link(one.query, one.name)}
					<button type="button" class="link" onClick=${() => copy(one)} aria-label=${`Copy the address of ${one.name}`}>Copy</button>
					<button type="button" class="link" onClick=${() => dropFilter(one.name)} aria-label=${`Drop ${one.name}`}>Drop</button></li>`)}</ul>`}
				${recent.length > 0 && html`<h2>Used last</h2><ul>${recent.map((one) => html`<li key=${one}>${link(one, text(one))}</li>`)}</ul>
					<p><button type="button" class="link" onClick=${dropRecent}>Forget these</button></p>`}
				${saved.length + recent.length === 0 && html`<p class="muted">Filters that you use appear here. This browser keeps them.</p>`}
			</div>
		</details>`;
}

/* In the view that is open. */
function addressOf(query) {
	return formatAddress([parseAddress(location.hash).path[0] ?? 'calls'], new URLSearchParams(query));
}
