// SPDX-License-Identifier: MIT
// Prints how long the first view of a large store takes: from the click on "Sign in" until rows, total and chart are drawn.
// usage: CALLSTEP_BIN=build/release/callstep node tests/web/first_view.mjs [CALLS]
import { chromium } from 'playwright-core';
import { options, signIn } from './browser.mjs';
import { Program } from './program.mjs';

const count = Number(process.argv[2] ?? 1000000);
const TIMES = 5;
const BATCH = 100000; // of which the made-up calls fit into a buffer of Node's

async function measure(browser, program) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
	const page = await context.newPage();
	await page.goto(`${program.origin}/#/calls?start=-30d`);
	await page.getByLabel('E-mail').waitFor();
	const begin = performance.now();
	await signIn(page, program.key);
	await Promise.all([page.locator('.table-row a').first().waitFor(), page.locator('.uplot').waitFor()]);
	const time = performance.now() - begin;
	const total = await page.getByTestId('total').textContent();
	await context.close();
	return { time, total };
}

const program = new Program();
try {
	for (let made = 0; made < count; made += BATCH) {
		program.generate(Math.min(BATCH, count - made), { days: 30, seed: 1 + made });
	}
	await program.serve();
	const browser = await chromium.launch(options);
	for (let time = 0; time < TIMES; time++) {
		const { time: taken, total } = await measure(browser, program);
		console.log(`${(taken / 1000).toFixed(2)} s  ${total}`);
	}
	await browser.close();
} finally {
	await program.stop();
}
