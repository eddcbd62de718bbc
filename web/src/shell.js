// SPDX-License-Identifier: MIT
// What stands around every view: the way to the others, theme and time zone, who is signed in, the sheet of keys.
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatAddress } from './address.js';
import { leave } from './api.js';
import { formatQuery, readFilter } from './filter.js';
import { html } from './html.js';
import { sheet, useShortcuts, views } from './keyboard.js';
import { may } from './session.js';
import { set, useSettings } from './settings.js';

const themes = [['system', 'System'], ['light', 'Light'], ['dark', 'Dark']];

/* The views that a filter means something in: it goes along from one to the other. */
const filtered = new Set(['calls', 'live', 'statistics', 'dropoff', 'places']);

export function Shell({ view, query, session, children }) {
	const carried = useCarried(view, query);
	const [help, setHelp] = useState(false);
	const online = useOnline();
	useShortcuts({ '?': () => setHelp(true) });
	return html`
		<a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); document.getElementById('main').focus(); }}>Skip to the content</a>
		<header class="top">
			<a class="brand" href="#/calls"><span class="logo" aria-hidden="true"></span><span class="brand-name">callstep</span></a>
			<nav aria-label="Views"><ul>
				${views.filter((one) => !one.scope || may(one.scope)).map((one) => html`<li key=${one.name}>
					<a data-name=${one.name} href=${formatAddress([one.name], filtered.has(one.name) ? carried : {})} aria-current=${one.name === view ? 'page' : undefined}>${one.label}</a></li>`)}
				<li><a href="/docs">API</a></li>
			</ul></nav>
			<div class="top-end">
				<${Zone} /><${Theme} />
				<button type="button" class="quiet" aria-label="Keys of the keyboard" onClick=${() => setHelp(true)}>?</button>
				<details class="menu"><summary>${session.email}</summary><ul>
					<li class="muted">${session.account.scopes.join(', ')}</li>
					${may('admin') && html`<li class="link-row"><a href="#/audit">Audit trail</a></li>`}
					${may('read') && html`<li class="link-row"><a href="#/retention">How long calls are kept</a></li>`}
					<li class="link-row"><a href="#/sessions">Where you stay signed in</a></li>
					<li><button type="button" onClick=${leave}>Sign out</button></li>
				</ul></details>
			</div>
		</header>
		${!online && html`<p class="banner" role="alert">This computer is offline. What is shown may be old; it goes on by itself when the connection is back.</p>`}
		<main id="main" tabindex="-1" data-view=${view}>${children}</main>
		${help && html`<${Help} onClose=${() => setHelp(false)} />`}`;
}

/* The filter that was in force last, in whichever view. */
function useCarried(view, query) {
	const [kept, setKept] = useState({});
	const now = filtered.has(view) ? readFilter(query) : null;
	const key = now && formatQuery(now);
	useEffect(() => {
		if (now) {
			setKept(now);
		}
	}, [key]);
	return now ?? kept;
}

function useOnline() {
	const [online, setOnline] = useState(navigator.onLine);
	useEffect(() => {
		const changed = () => setOnline(navigator.onLine);
		addEventListener('online', changed);
		addEventListener('offline', changed);
		return () => {
			removeEventListener('online', changed);
			removeEventListener('offline', changed);
		};
	}, []);
	return online;
}

function Theme() {
	const { theme } = useSettings();
	return html`<label class="compact"><span class="hidden">Theme</span><select value=${theme} onChange=${(event) => set({ theme: event.target.value })}>
		${themes.map(([name, label]) => html`<option key=${name} value=${name}>${label}</option>`)}</select></label>`;
}

function Zone() {
	const { zone } = useSettings();
	const all = Intl.supportedValuesOf?.('timeZone') ?? [];
	const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
	return html`<label class="compact"><span class="hidden">Time zone</span><select value=${zone} onChange=${(event) => set({ zone: event.target.value })} data-testid="zone">
		<option value="local">Local: ${own.split('/').at(-1).replaceAll('_', ' ')}</option><option value="UTC">UTC</option>
		${all.filter((name) => name !== 'UTC').map((name) => html`<option key=${name} value=${name}>${name.replaceAll('_', ' ')}</option>`)}</select></label>`;
}

function Help({ onClose }) {
	const dialog = useRef();
	const { letters } = useSettings();
	useEffect(() => dialog.current.showModal(), []);
	return html`
		<dialog ref=${dialog} aria-labelledby="help-title" onClose=${onClose}>
			<h2 id="help-title">Keyboard</h2>
			${sheet.map(([title, rows]) => html`<section key=${title}><h3>${title}</h3>
				<dl>${rows.map(([keys, what]) => html`<div key=${keys}><dt><kbd>${keys}</kbd></dt><dd>${what}</dd></div>`)}</dl></section>`)}
			<label class="switch"><input type="checkbox" checked=${letters} onChange=${(event) => set({ letters: event.target.checked })} /> Single letters are shortcuts</label>
			<form method="dialog"><button autofocus>Close</button></form>
		</dialog>`;
}
