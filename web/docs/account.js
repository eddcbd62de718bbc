// SPDX-License-Identifier: MIT
// E-mail and key for the requests of this page: those of the web page in the same tab, or typed here. They never leave the tab but
// in the Authorization header.
import { useRef } from 'preact/hooks';
import { html } from '../src/html.js';
import { signIn, signOut, useSession } from '../src/session.js';

export function Account() {
	const form = useRef();
	const session = useSession();
	if (session) {
		return html`<span>${session.email}</span> <button type="button" onClick=${signOut}>Sign out</button>`;
	}
	/* Whether the pair is good shows in the first answer; what the account may do is not known here. */
	const keep = (event) => {
		event.preventDefault();
		const given = new FormData(form.current);
		signIn(given.get('email').trim(), given.get('key').trim(), { scopes: [] });
	};
	return html`<form class="account" ref=${form} onSubmit=${keep}>
		<label><span class="hidden">E-mail</span><input name="email" type="email" placeholder="E-mail" autocomplete="username" required /></label>
		<label><span class="hidden">Key</span><input name="key" type="password" placeholder="Key" autocomplete="current-password" required /></label>
		<button>Use</button></form>`;
}
