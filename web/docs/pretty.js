// SPDX-License-Identifier: MIT
// JSON and XML indented for reading. Only white space is added: numbers, escapes and order stay as the server wrote them.

const JSON_TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

export function prettyJson(text) {
	let out = '';
	let depth = 0;
	let empty = false; // the last token opened something
	const line = () => `\n${'  '.repeat(depth)}`;
	for (const [token] of text.matchAll(JSON_TOKEN)) {
		if (token === '}' || token === ']') {
			depth -= 1;
			out += empty ? token : line() + token;
			empty = false;
			continue;
		}
		if (empty) {
			out += line();
		}
		empty = token === '{' || token === '[';
		depth += empty ? 1 : 0;
		out += token === ',' ? `,${line()}` : token === ':' ? ': ' : token;
	}
	return out;
}

const XML_TOKEN = /<\?[^]*?\?>|<\/[^>]*>|<[^>]*>|[^<]+/g;

function isOpening(token) {
	return token.startsWith('<') && !/^<[/?!]/.test(token) && !token.endsWith('/>');
}

/* Elements that hold text stay on one line, to the byte. */
export function prettyXml(text) {
	const tokens = text.match(XML_TOKEN) ?? [];
	let out = '';
	let depth = 0;
	for (let i = 0; i < tokens.length; i += 1) {
		const token = tokens[i];
		if (!token.startsWith('<')) {
			out += token.trim() === '' && !isOpening(tokens[i - 1] ?? '') ? '' : token;
			continue;
		}
		const closing = token.startsWith('</');
		depth -= closing ? 1 : 0;
		const inline = closing && (isOpening(tokens[i - 1]) || (!tokens[i - 1].startsWith('<') && isOpening(tokens[i - 2] ?? '')));
		out += inline || out === '' ? token : `\n${'  '.repeat(depth)}${token}`;
		depth += isOpening(token) ? 1 : 0;
	}
	return out;
}

/* The text for reading, by its media type; as it came where the type is neither. */
export function pretty(text, type) {
	if (/[/+]json\b/.test(type)) {
		return prettyJson(text);
	}
	return /[/+]xml\b/.test(type) ? prettyXml(text) : text;
}
