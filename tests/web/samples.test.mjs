// SPDX-License-Identifier: MIT
// Every sample that /docs shows, run: it must get what the request itself gets.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { operationsOf } from '../../web/docs/document.js';
import { initialValues, requestOf } from '../../web/docs/request.js';
import { SAMPLES } from '../../web/docs/samples.js';
import { now, wrongPin } from './calls.mjs';
import { email, Program } from './program.mjs';

const run = promisify(execFile);
const runners = { sh: 'sh', php: 'php', py: 'python3', mjs: process.execPath };
// With this variable Python writes to a pipe at once. A reader of /docs has no such variable.
const { PYTHONUNBUFFERED: _, ...environment } = process.env;
const PATIENCE_MS = 120_000;
const odd = `it's "odd"\\ $HOME %41 é;1`; // a session with all that a language could take for its own

let program;

before(async () => {
	program = new Program();
	program.record();
	program.import([wrongPin('wrong-1', now() - 1800), wrongPin(odd, now() - 900)]);
	await program.serve();
});

after(() => program?.stop());

async function direct(request) {
	const headers = { ...request.headers, Authorization: `Basic ${Buffer.from(`${email}:${program.adminKey}`).toString('base64')}` };
	const answer = await fetch(request.url, { method: request.method, headers, body: request.body ?? undefined });
	return { status: answer.status, text: await answer.text() };
}

/* { status, text } of a sample; curl -s prints no status. */
async function sampled({ file, make }, request) {
	const path = program.write(`sample.${file}`, make(request, email));
	const { stdout } = await run(runners[file], [path], { env: { ...environment, CALLSTEP_KEY: program.adminKey }, maxBuffer: 1 << 26 });
	const [, status, text] = file === 'sh' ? [0, 0, stdout] : /^(\d+)\n([^]*)$/.exec(stdout);
	return { status: Number(status), text };
}

/* What differs at every request: the clock, ids, keys, who used which key when. */
const timeless = (text) => text.replace(/"(key|secret|id|time|created|last_used|expires|revoked|request_id)":("[^"]*"|\d+|null)/g, '"$1":…').trim();

// The trail of one action that is over: all of it grows with every request.
const ids = { session_id: 'wrong-1', a: 'wrong-1', b: odd, id: '99', action: 'add-account', from: '0' };

function filled(operation) {
	const values = initialValues(operation, now());
	for (const name of Object.keys(values.parameters)) {
		values.parameters[name] = ids[name] ?? values.parameters[name];
	}
	return values;
}

async function compare(operation, values, status) {
	const request = requestOf(operation, values, program.origin);
	if (['POST', 'PATCH'].includes(operation.method) && operation.id !== 'addKey') {
		await direct(request); // from the second time on it replaces, always with the same answer
	}
	const wanted = await direct(request);
	assert.equal(wanted.status, status, `${operation.id}: ${wanted.text.slice(0, 300)}`);
	await Promise.all(SAMPLES.map(async (sample) => {
		const got = await sampled(sample, request);
		assert.equal(timeless(got.text), timeless(wanted.text), `${operation.id} in ${sample.name}`);
		assert.ok(got.status === wanted.status || sample.file === 'sh', `${operation.id} in ${sample.name}: ${got.status}`);
	}));
}

const asked = async () => operationsOf(await program.ask('/openapi.json'));
const streams = (operation) => operation.accepts.includes('text/event-stream');

// There is no key, no session and no hook 99, and the key lacks the scope `metrics`.
const begins = {
	metrics: 403,
	addKey: 201, revokeKey: 404, addSession: 201, endSession: 404,
	addHook: 201, getHook: 404, changeHook: 404, removeHook: 404, testHook: 404, listHookFailures: 404, resendHookFailure: 404,
};

test('each operation as /docs begins with it', async () => {
	for (const operation of (await asked()).filter((one) => !streams(one))) {
		await compare(operation, filled(operation), begins[operation.id] ?? 200);
	}
});

test('each form that an answer can have', async () => {
	for (const operation of (await asked()).filter((one) => !streams(one) && one.method === 'GET')) {
		for (const accept of operation.accepts.slice(1)) {
			await compare(operation, { ...filled(operation), accept }, 200);
		}
	}
});

test('values that languages could take for their own', async () => {
	const all = await asked();
	const named = (id) => all.find((operation) => operation.id === id);
	const values = filled(named('getCall'));
	await compare(named('getCall'), { ...values, parameters: { session_id: odd } }, 200);
	const find = filled(named('findCalls'));
	await compare(named('findCalls'), { ...find, parameters: { ...find.parameters, text: odd } }, 200);
});

/* Resolves when the sample has written @words, and ends it: a stream does not end by itself. */
function streamed({ file, make }, request, words) {
	const path = program.write(`stream.${file}`, make(request, email));
	const child = spawn(runners[file], [path], { env: { ...environment, CALLSTEP_KEY: program.key }, detached: true });
	return new Promise((resolve, reject) => {
		let text = '';
		const late = setTimeout(() => process.kill(-child.pid), PATIENCE_MS);
		child.stdout.on('data', (part) => {
			text += part;
			if (text.includes(words)) {
				process.kill(-child.pid); // the shell's curl, too
			}
		});
		child.on('exit', () => {
			clearTimeout(late);
			if (text.includes(words)) {
				resolve();
			} else {
				reject(new Error(`${file} ended with: ${text}`));
			}
		});
	});
}

test('streams', async () => {
	const all = (await asked()).filter(streams);
	assert.ok(all.length > 0);
	for (const operation of all) {
		const values = filled(operation);
		values.parameters.last_event_id = '0';
		for (const sample of SAMPLES) {
			await streamed(sample, requestOf(operation, values, program.origin), 'event: call');
		}
	}
});
