// SPDX-License-Identifier: MIT
// Does ten jobs of people in the page, on a store of 200,000 calls: counts what they press and type, times each, takes a picture of its answer, and holds that
// answer against the same question on the command line. Prints a table; ends with 1 where an answer differs.
// usage: CALLSTEP_BIN=build/gcc/callstep node tests/web/jobs.mjs [CALLS [FOLDER]]
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { goTo, options, signIn, takePicture, totalOf, until } from './browser.mjs';
import { call, now, step, wrongPin } from './calls.mjs';
import { binary, Program } from './program.mjs';

const count = Number(process.argv[2] ?? 200000);
const folder = process.argv[3] ?? fileURLToPath(new URL('../../docs/pictures', import.meta.url));
const BATCH = 50000; // of which the made-up calls fit into a buffer of Node's
const ZONE = 'America/New_York';
const LOST = 'abandoned,missed,busy,failed';
const SPIKE = Math.floor(now() / 3600) * 3600 - 20 * 3600; // an hour of yesterday
const SPIKE_CALLS = 900;

const number = (text) => Number(/[\d,]+/.exec(text)[0].replaceAll(',', ''));
const clock = (time, settings) => new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, ...settings }).format(time * 1000);
const box = (page) => page.getByRole('combobox', { name: 'Number, words, call or time' });
const nav = (page, name) => page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name, exact: true });
const steps = (page) => page.locator('.step-line');

/* The command line's answers, as JSON. */
const asks = (program) => (...arguments_) => JSON.parse(program.run([...arguments_, '--json']));

/* A call of yesterday that its caller's last four digits and the hour tell from all others. */
function callToFind(ask) {
	const { calls } = ask('calls', '--start', '-30h', '--end', '-26h', '--type', 'inbound', '--min-steps', '8', '--limit', '400');
	const hourOf = ({ start }) => start - start % 3600;
	return calls.map((one) => ({ ...one, digits: one.src.slice(-4), hour: hourOf(one) })).find(({ digits, hour, src }) => /^\d{10,}$/.test(src)
		&& ask('calls', '--src', `*${digits}`, '--start', String(hour), '--end', String(hour + 3600), '--limit', '1').total_calls === 1);
}

/* Types the digits and the hour, takes the first reading, opens the one row. */
async function findCaller({ page, act, ask }) {
	const wanted = callToFind(ask);
	await goTo(page, '#/calls?start=-7d');
	await page.locator('.table-row a').first().waitFor();
	return async () => {
		const day = clock(wanted.hour, { dateStyle: 'short' }).split('/').reverse().join('-');
		await act(() => box(page).fill(`${wanted.digits} ${day} ${clock(wanted.hour, { hour: '2-digit' })}h`));
		await act(() => box(page).press('Enter'));
		await page.waitForURL(/src=/);
		await until(page, () => totalOf(page), (total) => total === 1);
		await act(() => page.locator('.table-row').first().click());
		await steps(page).first().waitFor();
		const lines = await steps(page).allTextContents();
		return [lines, ask('show', wanted.session_id).detail.map(({ event }) => event.line), `${wanted.session_id}, ${lines.length} steps`];
	};
}

async function losingPlace({ page, act, ask }) {
	await goTo(page, '#/calls?start=-7d');
	await totalOf(page);
	return async () => {
		await act(() => nav(page, 'Drop-off').click());
		const row = page.locator('.dropoff tbody tr').first();
		const place = await row.locator('th').textContent();
		await page.pictured();
		await act(() => row.getByRole('link').first().click());
		await page.waitForURL(/last_module/);
		const total = await until(page, () => totalOf(page), (shown) => shown > 0);
		const { start } = Object.fromEntries(new URLSearchParams(page.url().split('?')[1]));
		const most = ask('dropoff', '--outcome', LOST, '--start', start, '--limit', '1000').modules.sort((a, b) => b.ended - a.ended)[0];
		const found = ask('calls', '--outcome', LOST, '--last-module', most.module, '--last-variable', most.variable, '--start', start, '--limit', '1');
		return [[place, total], [`${most.module} → ${most.variable}`, found.total_calls], `${place}: ${total} calls`];
	};
}

async function waiting({ page, act, ask }) {
	await goTo(page, '#/calls?start=-24h');
	await totalOf(page);
	return async () => {
		await act(() => nav(page, 'Where time goes').click());
		const row = page.locator('.places tbody tr').first();
		const place = await row.locator('th').textContent();
		await page.pictured();
		await act(() => row.locator('.slowest a').first().click());
		await steps(page).first().waitFor();
		const [most] = ask('places', '--start', '-24h', '--limit', '1').places;
		const session = (await page.getByRole('heading', { level: 1 }).textContent()).replace(/^Call /, '');
		return [[place, session], [`${most.module} → ${most.variable}`, most.slowest[0].session_id], `${place}, longest in ${session}`];
	};
}

/* The highest bar of the chart, and which place loses more than in the hour before. */
async function spike({ page, act, ask }) {
	await goTo(page, '#/calls?start=-48h');
	await page.locator('.uplot').waitFor();
	await page.waitForLoadState('networkidle');
	const plot = await page.locator('.u-over').boundingBox();
	const first = now() - 48 * 3600;
	return async () => {
		const x = plot.x + plot.width * (SPIKE + 1800 - first) / (48 * 3600);
		await act(() => page.mouse.click(x, plot.y + plot.height - 20));
		await page.waitForURL(/start=\d+/);
		await act(() => nav(page, 'Drop-off').click());
		await act(() => page.getByLabel('Compare with').selectOption('the time before'));
		const row = page.locator('.dropoff tbody tr').filter({ has: page.locator('.worse') }).first();
		const shown = [await row.locator('th').textContent(), number(await row.locator('td').first().textContent()), number(await row.locator('td').nth(1).textContent())];
		const lostIn = (start) => ask('dropoff', '--outcome', LOST, '--start', String(start), '--end', String(start + 3600), '--limit', '1000').modules;
		const most = lostIn(SPIKE).sort((a, b) => b.ended - a.ended)[0];
		const before = lostIn(SPIKE - 3600).find((place) => place.module === most.module && place.variable === most.variable)?.ended ?? 0;
		return [shown, [`${most.module} → ${most.variable}`, most.ended, before], `${shown[0]}: ${shown[1]} lost, ${shown[2]} the hour before`];
	};
}

/* A call that went well and one that did not, of one number. */
async function goodAndBad({ page, act, ask }) {
	const { dest } = callToFind(ask);
	await goTo(page, `#/calls?start=-7d&dest=${dest}`);
	await totalOf(page);
	const row = (outcome) => page.locator('.table-row').filter({ hasText: outcome }).first();
	await Promise.all([row('completed').waitFor(), row('abandoned').waitFor()]);
	return async () => {
		await act(() => row('completed').getByRole('checkbox').check());
		await act(() => row('abandoned').getByRole('checkbox').check());
		await act(() => page.getByRole('link', { name: 'Compare the two pinned' }).click());
		await page.locator('.diff tbody tr').first().waitFor();
		const [, good, bad] = page.url().split('#')[1].slice(1).split('/').map(decodeURIComponent);
		const said = await page.getByRole('main').getByRole('status').textContent();
		const { same, changed, only_a: onlyA, only_b: onlyB } = ask('diff', good, bad);
		return [said.match(/\d+(?= step| changed| only)/g).map(Number), [same, changed, onlyA, onlyB], said.split('.')[0].trim()];
	};
}

async function spreadsheet({ page, act, ask, program }) {
	const { key: src } = ask('stats', '--group', 'src', '--limit', '50').groups.find(({ key, calls }) => key !== '' && calls < 500);
	const { calls: [{ session_id: session }] } = ask('calls', '--src', src, '--min-steps', '1', '--limit', '1');
	await goTo(page, `#/call/${encodeURIComponent(session)}`);
	await steps(page).first().waitFor();
	return async () => {
		await act(() => page.getByTitle('All calls from this number').click());
		const total = await totalOf(page);
		await act(() => page.getByText('Export', { exact: true }).click());
		const coming = page.waitForEvent('download');
		await page.pictured();
		await act(() => page.getByRole('button', { name: 'CSV for a spreadsheet, a row a call' }).click());
		const file = readFileSync(await (await coming).path(), 'utf8');
		return [file, program.run(['export', '--format', 'csv', '--spreadsheet', '--zone', ZONE, '--src', src]), `${total} calls of ${src}, ${file.length} bytes`];
	};
}

async function live({ page, act, ask, program }) {
	await goTo(page, '#/live');
	await page.getByText('Connected: calls appear').waitFor();
	const begin = (session, dest) => ({ session_id: session, call: { start: now(), src: '+16175550199', dest }, steps: [step(now(), 'prompt', 'Welcome', 'menu', 'main_menu')] });
	await program.events(begin('goes-on-1', '+16175550777'), begin('another', '+16175550888'));
	return async () => {
		await act(() => box(page).fill('0777'));
		await act(() => page.getByRole('option').filter({ hasText: 'To ends in 0777' }).first().click());
		await page.waitForURL(/dest=/);
		await page.getByText('Connected: calls appear').waitFor();
		await program.events(begin('goes-on-2', '+16175550777'));
		const rows = page.getByRole('list', { name: 'Calls in progress' }).getByRole('listitem');
		await until(page, () => rows.count(), (shown) => shown === 2);
		await page.pictured();
		await act(() => rows.filter({ hasText: 'goes-on-1' }).getByRole('link').click());
		await page.getByText('This call goes on').waitFor();
		await program.events({ session_id: 'goes-on-1', from: 1, steps: [step(now(), 'event', 'User input: 4 (dtmf)', 'menu', 'main_menu')] });
		await until(page, () => steps(page).count(), (shown) => shown === 2);
		const lines = await steps(page).allTextContents();
		const told = ask('calls', '--state', 'live', '--dest', '*0777');
		return [[2, lines], [told.total_calls, ask('show', 'goes-on-1').detail.map(({ event }) => event.line)], `2 calls go on; ${lines.at(-1)}`];
	};
}

async function importing({ page, act, program }) {
	const lines = [wrongPin('good-1', now() - 60), { ...wrongPin('no-start', now() - 60), start: 'never' }, wrongPin('good-2', now() - 50)];
	const path = program.write('calls.ndjson', `${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"broken\n`);
	const other = new Program();
	await goTo(page, '#/import');
	return async () => {
		await act(() => page.locator('#files').setInputFiles(path));
		const rows = page.getByRole('region', { name: 'Refused calls' }).locator('tbody tr');
		await rows.first().waitFor();
		const shown = await rows.evaluateAll((all) => all.map((row) => [row.children[0].textContent, row.children[2].textContent]));
		const said = spawnSync(binary, ['import', '--data', other.data, path], { encoding: 'utf8' }).stderr;
		await other.stop();
		const told = said.split('\n').filter((line) => line.startsWith(path)).map((line) => /^:(\d+): (?:session '[^']*': )?(.*)$/.exec(line.slice(path.length)).slice(1));
		return [shown, told, shown.map(([line, why]) => `line ${line}: ${why}`).join('; ')];
	};
}

/* A link to a step, opened by someone who has to sign in first. */
async function share({ page, act, ask, program, browser }) {
	const { session_id: session } = callToFind(ask);
	await goTo(page, `#/call/${encodeURIComponent(session)}`);
	await steps(page).nth(4).waitFor();
	return async () => {
		await act(() => page.locator('[data-step="5"] .step-link').click());
		await page.waitForURL(/step=5/);
		await act(() => page.getByRole('button', { name: 'Copy link' }).click());
		await page.getByText('Link copied').waitFor();
		const link = await page.evaluate(() => navigator.clipboard.readText());
		const other = await newPage(browser, { viewport: { width: 1280, height: 800 } });
		await act(() => other.goto(link));
		await act(() => signIn(other, program.key));
		const line = await other.locator('.chosen-step .step-line').textContent();
		await takePicture(other, page.file);
		await other.context().close();
		return [line, ask('show', session).detail[4].event.line, `step 5: ${line}`];
	};
}

const jobs = [
	['find a caller by four digits and the hour', 'find', findCaller, { most: 3 }],
	['which place loses most callers, and which calls', 'lost', losingPlace],
	['where calls spend most time, and which stayed longest', 'waits', waiting],
	['a spike, and which place lost more than before', 'spike', spike],
	['compare a good call and a bad one', 'compare', goodAndBad],
	['all calls of a number as a spreadsheet, in local time', 'spreadsheet', spreadsheet],
	['follow live with a filter', 'follow', live],
	['import a file with bad lines', 'import', importing],
	['share a step with someone who is signed out', 'share', share],
	['the first on a telephone, 375 pixels', 'phone', findCaller, { most: 3, viewport: { width: 375, height: 740 } }],
];

async function newPage(browser, settings) {
	const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, timezoneId: ZONE, permissions: ['clipboard-read', 'clipboard-write'], acceptDownloads: true, ...settings });
	context.setDefaultTimeout(60000);
	return context.newPage();
}

/* Does one job and returns what the table says of it. */
async function run(browser, program, [name, file, job, { most = Infinity, ...settings } = {}]) {
	const page = await newPage(browser, settings);
	page.file = join(folder, `job-${file}.webp`);
	let [pictured, actions, apart] = [false, 0, 0];
	page.pictured = async () => {
		const begun = performance.now();
		await takePicture(page, page.file);
		pictured = true;
		apart += performance.now() - begun;
	};
	const commands = asks(program);
	const ask = (...asked) => {
		const begun = performance.now();
		const answer = commands(...asked);
		apart += performance.now() - begun;
		return answer;
	};
	const act = (doing) => {
		actions++;
		return doing();
	};
	await page.goto(`${program.origin}/#/calls`);
	await signIn(page, program.key);
	const doing = await job({ page, act, ask, program, browser });
	apart = 0;
	const begun = performance.now();
	const [shown, told, answer] = await doing();
	const seconds = (performance.now() - begun - apart) / 1000;
	if (!pictured && file !== 'share') {
		await takePicture(page, page.file);
	}
	await page.context().close();
	const same = (() => {
		try {
			assert.deepEqual(shown, told);
			assert.ok(actions <= most, `${actions} actions are more than ${most}`);
			return true;
		} catch (difference) {
			console.error(`${name}: ${difference.message}`);
			return false;
		}
	})();
	return { name, actions, seconds, same, answer };
}

mkdirSync(folder, { recursive: true });
const program = new Program();
try {
	for (let made = 0; made < count; made += BATCH) {
		program.generate(Math.min(BATCH, count - made), { days: 7, seed: 1 + made });
	}
	program.import(Array.from({ length: SPIKE_CALLS }, (_, index) => {
		const begin = SPIKE + index * 3600 / SPIKE_CALLS | 0;
		return call(`spike-${index}`, begin, [
			step(begin, 'info', 'Call from +16175550199', 'start'), step(begin + 2, 'prompt', 'One moment, please', 'rest', 'balance'),
			step(begin + 9, 'error', 'HTTP 503 in 5,000 ms', 'rest', 'balance'),
		], { outcome: 'failed', ended_by: 'system' });
	}));
	await program.serve();
	const browser = await chromium.launch(options);
	console.log('| job | actions | seconds | answer = command line? | answer |\n|---|---|---|---|---|');
	for (const job of jobs) {
		const { name, actions, seconds, same, answer } = await run(browser, program, job);
		console.log(`| ${name} | ${actions} | ${seconds.toFixed(1)} | ${same ? 'yes' : 'NO'} | ${answer} |`);
		process.exitCode ||= same ? 0 : 1;
	}
	await browser.close();
} finally {
	await program.stop();
}
