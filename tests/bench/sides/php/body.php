<?php
// SPDX-License-Identifier: MIT
// The bodies of answers. The detail goes into JSON as PostgreSQL wrote it; for XML it is read.

const TYPES = ['inbound', 'outbound', 'transfer'];
const FLAGS = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE;

/** Of a row whose last column is the detail, or t or f. */
function has_detail(array $row): bool
{
	return $row[6] !== null && $row[6] !== 'f';
}

function json_call(array $row, bool $detail): string
{
	return '{"dest":' . json_encode($row[0], FLAGS) . ',"src":' . json_encode($row[1], FLAGS)
		. ($detail ? ",\"start\":\"$row[2]\",\"end\":\"$row[3]\"" : ",\"start\":$row[2],\"end\":$row[3]")
		. ',"session_id":' . json_encode($row[4], FLAGS)
		. ($detail ? ',"detail":' . ($row[6] ?? 'false') : '')
		. ',"type":"' . TYPES[$row[5]] . '"'
		. ',"log":' . (has_detail($row) ? 'true' : 'false') . '}';
}

function json_page(array $rows, ?int $total, bool $detail): string
{
	$body = '{"calls":[';
	foreach ($rows as $i => $row) {
		$body .= $i === 0 ? json_call($row, $detail) : ',' . json_call($row, $detail);
	}
	return $body . ($total === null ? ']}' : "],\"total_calls\":$total}");
}

function json_found(array $rows, int $total): string
{
	$calls = array_map(fn(array $row) => [
		'dest' => $row[0], 'src' => $row[1], 'start' => (int) $row[2], 'end' => (int) $row[3], 'session_id' => $row[4],
		'type' => TYPES[$row[5]], 'duration' => $row[3] - $row[2], 'steps' => (int) $row[6], 'state' => 'ended',
	], $rows);
	return json_encode(['calls' => $calls, 'total_calls' => $total], FLAGS);
}

function xml_name(string|int $name): string
{
	static $known = [];
	return $known[$name] ??= preg_replace(['/[^\w.-]/', '/^(?=[^A-Za-z_])/'], '_', (string) $name);
}

function xml_value(mixed $value): string
{
	if (is_string($value)) {
		return htmlspecialchars($value, ENT_XML1 | ENT_NOQUOTES);
	}
	if (!is_array($value)) {
		return is_bool($value) ? ($value ? 'true' : 'false') : (string) $value;
	}
	$body = '';
	$list = array_is_list($value);
	foreach ($value as $name => $one) {
		$tag = $list ? 'item' : xml_name($name);
		$body .= "<$tag>" . xml_value($one) . "</$tag>";
	}
	return $body;
}

function xml_call(array $row, bool $detail): string
{
	$call = ['dest' => $row[0], 'src' => $row[1], 'start' => $row[2], 'end' => $row[3], 'session_id' => $row[4]];
	if ($detail) {
		$call['detail'] = $row[6] === null ? false : json_decode($row[6], true);
	}
	$call['type'] = TYPES[$row[5]];
	$call['log'] = has_detail($row);
	return '<item>' . xml_value($call) . '</item>';
}

function xml_page(array $rows, ?int $total, bool $detail): string
{
	$body = '<?xml version="1.0"?><result><calls>';
	foreach ($rows as $row) {
		$body .= xml_call($row, $detail);
	}
	return $body . '</calls>' . ($total === null ? '' : "<total_calls>$total</total_calls>") . '</result>';
}

function send(int $status, string $body, bool $xml): void
{
	http_response_code($status);
	header('Content-Type: ' . ($xml ? 'application/xml' : 'application/json'));
	header('Vary: Accept, Accept-Encoding');
	if (str_contains($_SERVER['HTTP_ACCEPT_ENCODING'] ?? '', 'gzip')) {
		$body = gzencode($body, (int) ($_GET['gzip_level'] ?? 1));
		header('Content-Encoding: gzip');
	}
	header('Content-Length: ' . strlen($body));
	echo $body;
}
