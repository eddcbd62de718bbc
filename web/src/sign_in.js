// SPDX-License-Identifier: MIT
// E-mail and key. Both are tried at once, so that a wrong pair is told here.
import { useEffect, useRef, useState } from 'preact/hooks';
import { askJson, stay } from './api.js';
import { html } from './html.js';
import { getFarewell, signIn } from './session.js';

export function SignIn() {
	const form = useRef();
	const [problem, setProblem] = useState(null);
	const [busy, setBusy] = useState(false);
	useEffect(() => form.current.elements.email.focus(), []);
	const submit = async (event) => {
		event.preventDefault();
		const given = new FormData(form.current);
		const [email, key] = [given.get('email').trim(), given.get('key').trim()];
		setBusy(true);
		try {
			const account = await askJson('/v1/account', { credentials: { email, key } });
			if (given.has('stay')) {
				await stay({ email, key }, account);
			} else {
				signIn(email, key, account);
			}
		} catch (failure) {
			setProblem(failure);
			setBusy(false);
		}
	};
	return html`
		<main class="sign-in">
			<h1><span class="logo" aria-hidden="true"></span>callstep</h1>
			<p>Every call, step by step.</p>
			${getFarewell() && html`<p class="banner" role="alert">${getFarewell()}</p>`}
			<form ref=${form} onSubmit=${submit}>
				<label>E-mail <input name="email" type="email" autocomplete="username" required /></label>
				<label>Key <input name="key" type="password" autocomplete="current-password" required /></label>
				<label class="switch"><input name="stay" type="checkbox" /> Stay signed in on this computer</label>
				<button class="primary" disabled=${busy}>Sign in</button>
				${problem && html`<p class="field-problem" role="alert">${problem.message}</p>`}
			</form>
			<p class="muted">No key yet? <code>callstep account add you@example.com</code> prints one. It stays in this tab and is gone when you close it. Who stays signed in
				has a cookie instead, which ends with the key, after some days, or by <i>Sign out</i>.</p>
			<p class="muted"><a href="/docs">API documentation</a></p>
		</main>`;
}
