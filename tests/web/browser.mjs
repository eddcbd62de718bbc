// SPDX-License-Identifier: MIT
// Debian's Chromium on the program's page. Whatever a page must never do is watched in every test.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { chromium } from 'playwright-core';
import { email, Program } from './program.mjs';

export const options = {
	executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
};

/* A program with the calls that @fill puts into it, served, and a browser: for the tests of one file. @served is done before they begin. */
export function stage(fill, serveOptions, served) {
	const held = {};
	before(async () => {
		held.program = new Program();
		fill(held.program);
		[held.browser] = await Promise.all([chromium.launch(options), held.program.serve(serveOptions)]);
		await served?.(held.program);
	});
	after(async () => {
		await held.browser?.close();
		await held.program?.stop();
	});
	return held;
}

/* Everything that a page must not do: ask another host, break its Content-Security-Policy, fail in a script. */
function watch(context, origin) {
	const wrong = [];
	context.on('request', (request) => {
		if (!/^(data|blob|file):/.test(request.url()) && !request.url().startsWith(`${origin}/`)) {
			wrong.push(`asked ${request.url()}`);
		}
	});
	context.on('console', (message) => {
		if (/Content.Security.Policy|Refused to/i.test(message.text())) {
			wrong.push(message.text());
		}
	});
	context.on('weberror', (error) => wrong.push(String(error.error().stack)));
	context.on('dialog', (dialog) => {
		wrong.push(`a dialog: ${dialog.message()}`);
		dialog.dismiss();
	});
	return wrong;
}

/* Runs @body with a page of a new browser profile at @address, signed in unless @key is null. */
export function withPage(held, { address = '#/calls', key = held.program?.key, ...settings }, body) {
	return async () => {
		const { origin, key: usual } = held.program;
		const context = await held.browser.newContext({ timezoneId: 'America/New_York', viewport: { width: 1280, height: 900 }, acceptDownloads: true, ...settings });
		context.setDefaultTimeout(15000);
		const wrong = watch(context, origin);
		try {
			const page = await context.newPage();
			page.origin = origin;
			await page.goto(`${origin}/${address}`);
			if (key !== null) {
				await signIn(page, key === 'admin' ? held.program.adminKey : usual);
			}
			await body(page, held.program);
		} finally {
			await context.close();
		}
		assert.deepEqual(wrong, []);
	};
}

export async function signIn(page, key) {
	await page.getByLabel('E-mail').fill(email);
	await page.getByLabel('Key', { exact: true }).fill(key);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await page.getByRole('navigation', { name: 'Views' }).waitFor();
}

/* What is in sight, as a small file: WebP, which Chromium itself writes. */
export async function takePicture(page, path) {
	const session = await page.context().newCDPSession(page);
	const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 80 });
	writeFileSync(path, Buffer.from(data, 'base64'));
	await session.detach();
}

/* Another view in the same tab. */
export async function goTo(page, address) {
	await page.evaluate((to) => { location.hash = to; }, address);
}

/* The total that the list of calls shows, once it is there. */
export async function totalOf(page) {
	const text = await page.getByTestId('total').filter({ hasText: /calls?$/ }).textContent();
	return text === 'No calls' ? 0 : Number(/of ([\d,]+) calls?$/.exec(text)[1].replaceAll(',', ''));
}

/* Waits until @ask gives what @wanted holds of, and returns it. Asks again at each frame: no sleep. */
export async function until(page, ask, wanted) {
	const deadline = Date.now() + 15000;
	for (;;) {
		const got = await ask();
		if (wanted(got)) {
			return got;
		}
		assert.ok(Date.now() < deadline, `still ${JSON.stringify(got)} after 15 s`);
		await page.evaluate(() => new Promise(requestAnimationFrame));
	}
}
