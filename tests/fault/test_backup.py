# SPDX-License-Identifier: MIT
"""A backup made while calls come in is the store of one moment: whole, consistent, and it answers as the store did."""
import json
import random
import threading

import answers
import trouble
from conftest import Client, Server, add_account, callstep
from stores import only_embedded

pytestmark = only_embedded("a store on PostgreSQL is backed up by PostgreSQL's means")

BACKUPS = trouble.rounds("CALLSTEP_BACKUP_ROUNDS", 4)


def canonical(made):
    """A call as all_logs answers with it: the members in the order of the API's example, nothing between them."""
    item = {name: made[name] for name in ("dest", "src", "start", "end", "session_id", "detail", "type")}
    return json.dumps({**item, "log": True}, separators=(",", ":"), ensure_ascii=False)


def open_copy(folder, name, store):
    (folder / name).mkdir()
    return Server(folder / name, "--api-detail-days", "ever", store=store)


def check_one_moment(posters, calls, acked_before):
    """Each poster waits for an answer before it posts again, so a state of one moment has a beginning of what it posted: all up to one batch,
    perhaps the one behind it that was under way, and nothing later."""
    for session, version in acked_before.items():
        assert session in calls and trouble.version_of(calls[session]) >= version, f"{session} was acknowledged before, and is missing"
    for poster in posters:
        newest = max((number for number, batch in enumerate(poster.batches)
                      for session, version in batch.items()
                      if session in calls and trouble.version_of(calls[session]) >= version), default=-1)
        for batch in poster.batches[:newest]:
            for session, version in batch.items():
                assert session in calls and trouble.version_of(calls[session]) >= version, f"{session} is missing, later ones are there"


def check_bytes(posters, text, calls):
    """Each call of the copy is, byte for byte, what was posted."""
    sent = {key: made for poster in posters for key, made in poster.bodies.items()}
    for session, item in calls.items():
        assert canonical(sent[session, trouble.version_of(item)]) in text, session


def restored(folder, calls, key_of):
    """A new store that was given the same calls."""
    store = folder / "again"
    key = key_of(store)
    server = open_copy(folder, "again-server", store)
    client = Client(server, key)
    items = list(calls.values())
    for at in range(0, len(items), 500):
        answer = client.post(items[at:at + 500])
        assert answer.status == 200 and not answer.json["rejected"], answer.body
    return server, client


def raw_text(client, count):
    return "".join(client.get(f"/api/all_logs{answers.WINDOW}?limit=1000&offset={at}").text for at in range(0, count, 1000))


def test_a_backup_under_load_is_the_store_of_one_moment(tmp_path):
    store = tmp_path / "store"
    key = add_account(store)
    server = Server(tmp_path, "--api-detail-days", "ever", store=store)
    random_ = random.Random(23)
    posters = trouble.start_posters(Client(server, key), "b", 0, random_, sizes=(1, 3, 20))
    held, checked, compared = [], 0, 0
    try:
        for number in range(BACKUPS):
            threading.Event().wait(random_.uniform(0.05, 0.3))
            before = {session: version for poster in posters for session, version in list(poster.acked.items())}
            done = callstep("backup", "--data", store, tmp_path / f"copy{number}")
            assert done.returncode == 0, done.stderr
            held.append(before)
    finally:
        for poster in posters:
            poster.stop()
        assert server.stop() == 0
    for number, before in enumerate(held):
        copy = tmp_path / f"copy{number}"
        trouble.verify(copy)
        copied = open_copy(tmp_path, f"server{number}", copy)
        client = Client(copied, key)
        calls = trouble.read_all(client)
        check_one_moment(posters, calls, before)
        check_bytes(posters, raw_text(client, len(calls)), calls)
        checked += len(calls)
        if number == BACKUPS - 1:
            (tmp_path / "model").mkdir()
            model, model_client = restored(tmp_path / "model", calls, add_account)
            compared = answers.compare(client, model_client, calls.values())
            assert model.stop() == 0
        assert copied.stop() == 0
    assert calls
    trouble.figure("backup under load", f"{BACKUPS} backups, {checked} calls in them, each as it was posted; "
                                        f"{compared} answers as those of a store made anew of the same calls")


def test_a_restored_backup_gives_every_answer_of_the_store(tmp_path):
    store = tmp_path / "store"
    key = add_account(store)
    server = Server(tmp_path, "--api-detail-days", "ever", store=store)
    try:
        client = Client(server, key)
        posters = trouble.start_posters(client, "q", 0, random.Random(29))
        while any(len(poster.batches) < 15 for poster in posters):
            posters[0].join(0.05)
        trouble.stop_posters(posters, trouble.Ledger())
        done = callstep("backup", "--data", store, tmp_path / "copy")
        assert done.returncode == 0, done.stderr
        trouble.verify(tmp_path / "copy")
        copied = open_copy(tmp_path, "copied", tmp_path / "copy")
        calls = trouble.read_all(client)
        compared = answers.compare(client, Client(copied, key), calls.values())
        assert copied.stop() == 0
    finally:
        assert server.stop() == 0
    trouble.figure("backup restored", f"{len(calls)} calls, {compared} answers the same byte for byte")


def test_a_backup_that_is_killed_is_never_taken_for_one(tmp_path):
    store = tmp_path / "store"
    add_account(store)
    assert callstep("import", "--data", store, "--quiet", "-", input=trouble.ndjson_of("--calls", "3000", "--seed", "4")).returncode == 0
    random_ = random.Random(31)
    for number in range(BACKUPS):
        trouble.kill_after(random_.uniform(0.001, 0.05), "backup", "--data", store, tmp_path / "copy")
        if (tmp_path / "copy/callstep.db").exists():
            trouble.verify(tmp_path / "copy")
            return
    done = callstep("backup", "--data", store, tmp_path / "copy")
    assert done.returncode == 0, done.stderr
    trouble.verify(tmp_path / "copy")


def test_a_row_of_backups_holds_whole_ones_alone_whenever_one_is_killed(tmp_path):
    """Each time the oldest was to go for the new one: at no moment there are fewer than were to be kept."""
    store, row = tmp_path / "store", tmp_path / "row"
    add_account(store)
    assert callstep("import", "--data", store, "--quiet", "-", input=trouble.ndjson_of("--calls", "3000", "--seed", "4")).returncode == 0
    for day in (1, 2):
        assert callstep("backup", "--data", store, row / f"callstep-2026-01-0{day}T000000Z").returncode == 0
    random_ = random.Random(32)
    for _ in range(2 * BACKUPS):
        trouble.kill_after(random_.uniform(0.001, 0.05), "backup", "--keep", "2", "--data", store, row)
        whole = [path for path in row.iterdir() if not path.name.endswith(".unfinished")]
        assert len(whole) in (2, 3)  # one more between the new one and the oldest's end
        for path in whole:
            trouble.verify(path)
    done = callstep("backup", "--keep", "2", "--data", store, row)
    assert done.returncode == 0 or "already" in done.stderr, done.stderr
    trouble.figure("row of backups", f"killed {2 * BACKUPS} times, 0 taken for one that were not whole")
