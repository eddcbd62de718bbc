// SPDX-License-Identifier: MIT
// The real program: its own store, its command line, its server on a free port.
import { execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const binary = resolve(process.env.CALLSTEP_BIN ?? join(root, 'build/gcc/callstep'));
export const fixtures = join(root, 'tests/fixtures');
export const email = 'me@example.com';

/* Where a new store is to be: in the folder, or with CALLSTEP_TEST_STORE=postgres its own schema of the PostgreSQL that tests/postgres.py
 * started. */
function newStore(folder) {
	if (process.env.CALLSTEP_TEST_STORE !== 'postgres') {
		return join(folder, 'store');
	}
	const database = process.env.CALLSTEP_TEST_POSTGRES;
	const schema = `web_${randomUUID().replaceAll('-', '')}`;
	execFileSync('psql', ['-X', '-q', '-d', database, '-c', `create schema ${schema}`]);
	return `${database}&options=-csearch_path%3D${schema}`;
}

export class Program {
	constructor() {
		this.folder = mkdtempSync(join(tmpdir(), 'callstep-web-'));
		this.data = newStore(this.folder);
		this.key = this.run(['account', 'add', email]).trim();
		this.adminKey = this.run(['key', 'add', '--scope', 'read,write,admin']).trim();
	}

	/* @input goes to standard input; returns standard output. */
	run(arguments_, input) {
		return execFileSync(binary, [...arguments_, '--data', this.data], { input, encoding: 'utf8', maxBuffer: 1 << 30, stdio: ['pipe', 'pipe', 'pipe'] });
	}

	/* Calls as objects into the store. */
	import(calls) {
		this.run(['import', '--quiet', '-'], calls.map((call) => `${JSON.stringify(call)}\n`).join(''));
	}

	/* Made-up calls, the newest an hour old. */
	generate(count, { days = 4, seed = 1 } = {}) {
		const calls = execFileSync(binary, ['generate', '--calls', count, '--seed', seed, '--days', days, '--end', '-1h'], { maxBuffer: 1 << 30 });
		this.run(['import', '--quiet', '-'], calls);
	}

	/* The vendor's example and a recorded Asterisk switchboard, both of this hour. */
	record() {
		this.run(['import', '--quiet', '--shift-to', '-30m', join(fixtures, 'example.json')]);
		this.run(['import', '--quiet', '--shift-to', '-10m', '--format', 'asterisk-cel', '--inbound-contexts', 'from-trunk',
			'--columns', join(fixtures, 'asterisk/etc/cel_custom.conf'), join(fixtures, 'asterisk/cel-Master.csv')]);
	}

	write(name, text) {
		const path = join(this.folder, name);
		writeFileSync(path, text);
		return path;
	}

	/* Resolves when the server listens, anew after halt(). */
	serve(options = [], listen = '127.0.0.1:0') {
		this.server = spawn(binary, ['serve', '--data', this.data, '--listen', listen, ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
		this.log = '';
		return new Promise((listening, failed) => {
			this.server.stderr.on('data', (text) => {
				this.log += text;
				const found = / listening .*?address=(\S+)/.exec(this.log);
				if (found) {
					this.origin = `http://${found[1]}`;
					listening(this);
				}
			});
			this.server.on('exit', (status) => failed(new Error(`the server ended with ${status}: ${this.log}`)));
		});
	}

	/* Asks the server as the account does. */
	async ask(path, { key = this.key, ...options } = {}) {
		const answer = await fetch(this.origin + path, { ...options, headers: { Authorization: `Bearer ${key}` } });
		return answer.json();
	}

	/* Lines of POST /v1/events: what is learnt of calls while they go on. */
	async events(...lines) {
		const body = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
		const headers = { Authorization: `Bearer ${this.key}`, 'Content-Type': 'application/x-ndjson' };
		const answer = await fetch(`${this.origin}/v1/events`, { method: 'POST', body, headers });
		const { rejected } = await answer.json();
		if (!answer.ok || rejected.length > 0) {
			throw new Error(`the events were not taken: ${answer.status} ${JSON.stringify(rejected)}`);
		}
	}

	/* The server ends; the store stays. */
	async halt() {
		if (this.server && this.server.exitCode === null) {
			await new Promise((ended) => {
				this.server.removeAllListeners('exit').on('exit', ended);
				this.server.kill();
			});
		}
	}

	async stop() {
		await this.halt();
		rmSync(this.folder, { recursive: true, force: true });
	}
}
