// SPDX-License-Identifier: MIT
// Makes the pictures of docs/pictures/ from the calls that scripts/demo has.
// usage: CALLSTEP_BIN=build/gcc/callstep node tests/web/pictures.mjs [FOLDER]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { goTo, options, signIn, takePicture } from './browser.mjs';
import { binary, Program } from './program.mjs';

const folder = process.argv[2] ?? fileURLToPath(new URL('../../docs/pictures', import.meta.url));
const INVALID = '#/calls?start=-7d&text=%22invalid+input%22&last_module=menu&outcome=abandoned&dest=617*';

const pictures = [
	{ name: 'calls', address: INVALID, shown: '.preview-steps li', then: goDown, width: 1600, height: 900 },
	{ name: 'call', address: INVALID, shown: '.table-row a', then: openStep, height: 1150 },
	{ name: 'replay', address: INVALID, shown: '.table-row a', then: replay, height: 960 },
	{ name: 'drop-off', address: '#/dropoff?start=-7d&against=before', shown: '.dropoff tbody tr', height: 620 },
	{ name: 'places', address: '#/places?start=-7d', shown: '.places tbody tr', height: 620 },
	{ name: 'docs', address: '#/calls', shown: '.table-row a', then: askInDocs, height: 900 },
	{ name: 'dark', address: '#/statistics?group=dest&start=-7d', shown: '.bars tbody tr', theme: 'dark', height: 620 },
];
const live = { name: 'live', address: '#/live', shown: '.live > li', then: seeCalls, height: 620 };

/* The first call of the list, at the step that says what went wrong. */
async function openStep(page) {
	await page.locator('.table-row a').first().click();
	await page.locator('.step').filter({ hasText: 'Invalid input' }).last().getByRole('link').click();
	await page.locator('.chosen-step').waitFor();
	await page.mouse.move(0, 0);
}

/* The third call of the list, beside it. */
async function goDown(page) {
	await page.keyboard.press('j');
	await page.keyboard.press('j');
	await page.locator('.preview[aria-busy="false"]').waitFor();
}

/* The first call, half played. */
async function replay(page) {
	await page.locator('.table-row a').first().click();
	await page.locator('.step').first().waitFor();
	await page.keyboard.press('r');
	await page.keyboard.press(' ');
	await page.locator('.replay').getByRole('button', { name: 'Play' }).waitFor();
	for (let steps = 0; steps < 8; steps++) {
		await page.keyboard.press('ArrowRight');
	}
}

/* A request to all_logs, sent. */
async function askInDocs(page) {
	await page.getByRole('link', { name: 'API', exact: true }).click();
	await page.getByLabel(/^limit/).fill('2');
	await page.getByRole('button', { name: 'Send' }).click();
	await page.locator('.result [role=status]').filter({ hasText: /^200 / }).filter({ hasNotText: 'receiving' }).waitFor();
}

/* Some calls of the recorded switchboard in progress, and one that has ended. */
async function seeCalls(page) {
	await page.locator('.live > li.over').first().waitFor();
	await page.locator('.live > li:not(.over)').nth(5).waitFor();
}

/* Plays the recorded switchboard as scripts/demo does; returns what ends that. */
async function play(program) {
	const secret = program.write('secret', 'secret');
	const exchange = spawn('python3', [fileURLToPath(new URL('../collect/exchange.py', import.meta.url)), secret], { stdio: ['ignore', 'pipe', 'inherit'] });
	const [port] = await once(exchange.stdout, 'data');
	const collector = spawn(binary, ['collect', 'asterisk', '--host', `127.0.0.1:${String(port).trim()}`, '--user', 'callstep', '--inbound-contexts', 'from-trunk',
		'--to', program.origin, '--spool', join(program.folder, 'spool')],
	{ stdio: 'ignore', env: { ...process.env, CALLSTEP_SECRET: 'secret', CALLSTEP_KEY: program.key } });
	return async () => {
		collector.kill();
		await once(collector, 'exit');
		exchange.kill();
	};
}

async function take(browser, program, { name, address, shown, then, theme = 'light', width = 1280, height = 760 }) {
	const context = await browser.newContext({ viewport: { width, height }, colorScheme: theme, timezoneId: 'America/New_York' });
	const page = await context.newPage();
	await page.goto(`${program.origin}/${address}`);
	await signIn(page, program.key);
	await goTo(page, address);
	await page.locator(shown).first().waitFor();
	await then?.(page);
	if (address !== live.address) { // whose stream does not end
		await page.waitForLoadState('networkidle');
	}
	await takePicture(page, join(folder, `${name}.webp`));
	await context.close();
}

mkdirSync(folder, { recursive: true });
const program = new Program();
try {
	program.record();
	program.generate(20000, { days: 14 });
	await program.serve();
	const browser = await chromium.launch(options);
	for (const picture of pictures) {
		await take(browser, program, picture);
	}
	const end = await play(program);
	await take(browser, program, live);
	await end();
	await browser.close();
} finally {
	await program.stop();
}
