// SPDX-License-Identifier: MIT
// A request as a program. The key is read from the environment (CALLSTEP_KEY), so that a sample can be kept and passed on.
// tests/web/samples.test.mjs runs every sample of every operation.

const shell = (text) => `'${text.replace(/'/g, `'\\''`)}'`;
const php = (text) => `'${text.replace(/[\\']/g, '\\$&')}'`;
const python = (text) => JSON.stringify(text);
const javascript = (text) => JSON.stringify(text);

function curl(request, email) {
	const parts = [];
	if (!request.open) {
		parts.push(`-u ${shell(`${email}:`)}"$CALLSTEP_KEY"`);
	}
	if (request.method !== 'GET') {
		parts.push(`-X ${request.method}`);
	}
	for (const [name, value] of Object.entries(request.headers)) {
		parts.push(`-H ${shell(`${name}: ${value}`)}`);
	}
	if (request.body !== null) {
		parts.push(`--data-binary ${shell(request.body)}`);
	}
	parts.push(shell(request.url));
	const quiet = request.headers.Accept === 'text/event-stream' ? '-sN' : '-s';
	return `curl ${quiet} ${parts.join(' \\\n  ')}\n`;
}

function phpOptions(request, email) {
	const options = [`CURLOPT_CUSTOMREQUEST => ${php(request.method)}`];
	if (!request.open) {
		options.push('CURLOPT_HTTPAUTH => CURLAUTH_BASIC', `CURLOPT_USERPWD => ${php(`${email}:`)} . getenv('CALLSTEP_KEY')`);
	}
	const headers = Object.entries(request.headers).map(([name, value]) => php(`${name}: ${value}`));
	options.push(`CURLOPT_HTTPHEADER => [${headers.join(', ')}]`);
	if (request.body !== null) {
		options.push(`CURLOPT_POSTFIELDS => ${php(request.body)}`);
	}
	return options;
}

/* Whether the answer comes bit by bit, without an end. */
const isStream = (request) => request.headers.Accept === 'text/event-stream';

function phpSample(request, email) {
	const streams = isStream(request);
	const options = phpOptions(request, email);
	if (!streams) {
		options.push('CURLOPT_RETURNTRANSFER => true');
	}
	return `<?php
$request = curl_init(${php(request.url)});
curl_setopt_array($request, [
${options.map((option) => `    ${option},`).join('\n')}
]);
$answer = curl_exec($request);
if ($answer === false) {
    exit(curl_error($request));
}
${streams ? '' : "echo curl_getinfo($request, CURLINFO_RESPONSE_CODE), \"\\n\", $answer, \"\\n\";\n"}`;
}

function pythonSample(request, email) {
	const streams = isStream(request);
	const headers = Object.entries(request.headers).map(([name, value]) => `    ${python(name)}: ${python(value)},`);
	if (!request.open) {
		headers.push(`    "Authorization": "Basic " + b64encode(credentials.encode()).decode(),`);
	}
	const credentials = request.open ? '' : `credentials = ${python(`${email}:`)} + os.environ["CALLSTEP_KEY"]\n`;
	const body = request.body === null ? '' : `, data=${python(request.body)}.encode()`;
	return `${request.open ? '' : 'import os\n'}import urllib.error
import urllib.request
${request.open ? '' : 'from base64 import b64encode\n'}
${credentials}request = urllib.request.Request(${python(request.url)}, method=${python(request.method)}${body}, headers={
${headers.join('\n')}
})
try:
    answer = urllib.request.urlopen(request)
except urllib.error.HTTPError as error:
    answer = error  # its body says what is wrong
print(answer.status)
for line in answer:
    print(line.decode(), end=""${streams ? ', flush=True' : ''})
`;
}

function javascriptSample(request, email) {
	const headers = Object.entries(request.headers).map(([name, value]) => `    ${javascript(name)}: ${javascript(value)},`);
	if (!request.open) {
		headers.push(`    Authorization: "Basic " + Buffer.from(credentials).toString("base64"),`);
	}
	const credentials = request.open ? '' : `const credentials = ${javascript(`${email}:`)} + process.env.CALLSTEP_KEY;\n`;
	const body = request.body === null ? '' : `  body: ${javascript(request.body)},\n`;
	return `// Node.js 18 or later, as a module (.mjs)
${credentials}const answer = await fetch(${javascript(request.url)}, {
  method: ${javascript(request.method)},
  headers: {
${headers.join('\n')}
  },
${body}});
console.log(answer.status);
for await (const part of answer.body ?? []) process.stdout.write(part);
`;
}

/* [name, file extension, maker of the text] */
export const SAMPLES = [
	{ name: 'curl', file: 'sh', make: curl },
	{ name: 'PHP', file: 'php', make: phpSample },
	{ name: 'Python', file: 'py', make: pythonSample },
	{ name: 'JavaScript', file: 'mjs', make: javascriptSample },
];
