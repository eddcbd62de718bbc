// SPDX-License-Identifier: MIT
// E-mail and key for the requests of this page: those of the web page in the same tab, or typed here. They never leave the tab but
// in the Authorization header.
import { useEffect, useRef, useState } from 'preact/hooks';
import { askJson, leave, resume } from '../src/api.js';
import { html } from '../src/html.js';
import { signIn, useSession } from '../src/session.js';

export function Account() {
	const form = useRef();
	const session = useSession();
	const [problem, setProblem] = useState(null);
	useEffect(() => { resume(); }, []);
	if (session) {
		return html`<span>${session.email}</span> <button type="button" onClick=${leave}>Sign out</button>`;
	}
	const enter = async (event) => {
		event.preventDefault();
		const given = new FormData(form.current);
		const [email, key] = [given.get('email').trim(), given.get('key').trim()];
		try {
			signIn(email, key, await askJson('/v1/account', { credentials: { email, key } }));
			setProblem(null);
		} catch (failure) {
			setProblem(failure);
		}
	};
	return html`<form class="account" ref=${form} onSubmit=${enter}>
		<label><span class="hidden">E-mail</span><input name="email" type="email" placeholder="E-mail" autocomplete="username" required /></label>
		<label><span class="hidden">Key</span><input name="key" type="password" placeholder="Key" autocomplete="current-password" required /></label>
		<button>Use</button>${problem && html`<span class="field-problem" role="alert">${problem.message}</span>`}</form>`;
}
