#!/bin/bash
# What scripts/package --try runs where systemd runs as on a machine of its own, without a network: the package of /root is installed there.
set -euo pipefail

say() {
	echo "tried: $*"
}
are() { # STATE UNIT…
	for unit in "${@:2}"; do
		if [ "$(systemctl is-active "$unit" || true)" != "$1" ]; then
			echo "$unit is not $1" >&2
			systemctl --no-pager --full status "$unit" >&2 || true
			exit 1
		fi
	done
}
quietly() {
	DEBIAN_FRONTEND=noninteractive "$@" >/tmp/quietly.log 2>&1 || { cat /tmp/quietly.log >&2; exit 1; }
}

for _ in $(seq 100); do
	[ -S /run/systemd/private ] && break
	sleep 0.1
done
systemctl is-system-running --wait >/dev/null || true
quietly apt-get install -y --no-install-recommends /root/callstep_*.deb
are active callstep.service
are inactive callstep.socket callstep-backup.timer
callstep ready --quiet
say "systemd $(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p'): the server runs when the package is installed, and nothing else does"

setpriv --reuid=callstep --regid=callstep --clear-groups callstep account add you@example.com >/dev/null
before=$(find /var/backups/callstep -mindepth 1 -maxdepth 1 | wc -l)
systemctl start callstep-backup.service
[ "$(find /var/backups/callstep -mindepth 1 -maxdepth 1 | wc -l)" = $((before + 1)) ]
say "callstep-backup.service makes a backup beside the server"

systemctl stop callstep.service
systemctl enable --now --quiet callstep.socket callstep-backup.timer
are inactive callstep.service
callstep ready --quiet
are active callstep.service
say "a client that comes to the socket starts the server"

printf '%s\n' SOURCE=asterisk CALLSTEP_TO=http://127.0.0.1:8080 CALLSTEP_KEY=x CALLSTEP_HOST=127.0.0.1:9 CALLSTEP_USER=x CALLSTEP_SECRET=x \
	>/etc/callstep/collect-x.conf
systemctl start callstep-collect@x.service
all=(callstep.service callstep.socket callstep-backup.timer callstep-collect@x.service)
are active "${all[@]}"
server=$(systemctl show -P MainPID callstep.service) collector=$(systemctl show -P MainPID callstep-collect@x.service)
quietly apt-get install -y --reinstall /root/callstep_*.deb
are active "${all[@]}"
[ "$server" != "$(systemctl show -P MainPID callstep.service)" ] && [ "$collector" != "$(systemctl show -P MainPID callstep-collect@x.service)" ]
say "installed again: server and collector began again, socket and timer go on"

quietly apt-get remove -y callstep
are inactive "${all[@]}"
say "removed: nothing of it runs"
