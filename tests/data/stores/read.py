"""What other programs' event stores hold, read by SQL and Python alone: `python3 read.py NAME.sql > NAME.jsonl`.

The stores beside this file were written by the libraries themselves (the rows of cqrs_es, spatie and sqlstreamstore by
hand into their own tables), and are dumps of those without tables that have nothing to do with events. Each line is an
event: what it is about, its type, its time, its data, who did it, what caused it, and where it stands in its store.
"""
import base64
import datetime
import json
import re
import sqlite3
import sys
import zlib

import yaml


class Ruby(yaml.SafeLoader):
    """YAML as Ruby writes it."""


def symbol(loader, node):
    text = loader.construct_scalar(node)
    return text[1:].strip('"') if text.startswith(":") else text


Ruby.add_constructor("tag:yaml.org,2002:str", lambda l, n: symbol(l, n) if n.style is None else l.construct_scalar(n))
Ruby.add_constructor("!ruby/object:BigDecimal", lambda l, n: number(float(l.construct_scalar(n).split(":")[-1])))
Ruby.add_constructor("tag:yaml.org,2002:timestamp", lambda l, n: n.value if len(n.value) < 11 else time(n.value))


def number(value):
    return int(value) if value == int(value) else value


def time(text):
    if text is None:
        return "unknown"
    if isinstance(text, int):
        text = datetime.datetime.fromtimestamp(text / 1000, datetime.timezone.utc).isoformat()
    text = text.replace(" Z", "+00:00").replace("Z", "+00:00").replace(" UTC", "+00:00")
    text = re.sub(r"(\.\d{6})\d+", r"\1", text)
    at = datetime.datetime.fromisoformat(text)
    at = at if at.tzinfo else at.replace(tzinfo=datetime.timezone.utc)
    at = at.astimezone(datetime.timezone.utc)
    part = f".{at.microsecond:06}" if at.microsecond % 1000 else f".{at.microsecond // 1000:03}" if at.microsecond else ""
    return at.strftime("%Y-%m-%dT%H:%M:%S") + part + "Z"


def decoded(raw):
    if raw is None:
        return None
    text = raw.decode() if isinstance(raw, bytes) else raw
    return json.loads(text) if text.lstrip()[:1] in "{[" else yaml.load(text, Ruby)


def patch(old, new):
    """What leads from one object to another (RFC 7396); nothing is there where null is."""
    old, new = ({k: v for k, v in x.items() if v is not None} for x in (old or {}, new or {}))
    return {k: new.get(k) for k in sorted(old.keys() | new.keys()) if old.get(k) != new.get(k)}


def event(aggregate, type, at, data, place, actor=None, cause=None, correlation=None):
    id, version, order = place
    return {
        "aggregate": aggregate, "type": type, "at": time(at), "data": data, "actor": actor and str(actor), "cause": cause,
        "correlation": correlation, "source": {"id": str(id), "version": version, "order": order}}


def rails_event_store(db):
    for e in db("SELECT * FROM event_store_events ORDER BY id"):
        links = db("SELECT * FROM event_store_events_in_streams WHERE event_id = ? ORDER BY id", e["event_id"])
        stream, meta = links[0]["stream"], decoded(e["metadata"])
        kind, _, id = stream.partition("$")
        yield event(f"{kind}/{id}", e["event_type"], e["valid_at"] or e["created_at"], decoded(e["data"]),
                    (e["event_id"], links[0]["position"], e["id"]), meta.get("user_id"), meta.get("causation_id"),
                    meta.get("correlation_id"))


def eventsourcing(db):
    def plain(value):
        if isinstance(value, dict):
            return plain(value["_data_"]) if "_type_" in value else {k: plain(v) for k, v in value.items()}
        return [plain(item) for item in value] if isinstance(value, list) else value

    for e in db("SELECT rowid AS place, * FROM stored_events ORDER BY rowid"):
        raw = e["state"]
        state = json.loads(zlib.decompress(raw) if raw[:1] == b"x" else raw)
        at = state.pop("timestamp")["_data_"]
        state.pop("originator_topic", None)
        h = e["originator_id"]
        uuid = f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"
        kind, _, type = e["topic"].partition(":")[2].rpartition(".")
        yield event(f"{kind}/{uuid}", type, at, plain(state),
                    (f"{uuid}:{e['originator_version']}", e["originator_version"], e["place"]))


def emmett(db):
    for e in db("SELECT * FROM emt_messages WHERE message_kind = 'E' AND NOT is_archived ORDER BY global_position"):
        stream = db("SELECT stream_type FROM emt_streams WHERE stream_id = ?", e["stream_id"])[0]["stream_type"]
        meta = json.loads(e["message_metadata"])
        id = e["stream_id"].removeprefix(stream + "-")
        yield event(f"{stream}/{id}", e["message_type"], e["created"], json.loads(e["message_data"]),
                    (e["message_id"], e["stream_position"], e["global_position"]), meta.get("clientId"), meta.get("causationId"),
                    meta.get("correlationId"))


def audited(db):
    for e in db("SELECT * FROM audits ORDER BY id"):
        changes = decoded(e["audited_changes"])
        data = {"create": lambda: changes, "update": lambda: {k: v[1] for k, v in changes.items()},
                "destroy": lambda: {}}[e["action"]]()
        who = e["username"] or (e["user_id"] and f"{e['user_type']}/{e['user_id']}")
        yield event(f"{e['auditable_type']}/{e['auditable_id']}",
                    e["auditable_type"] + {"create": "Created", "update": "Updated", "destroy": "Destroyed"}[e["action"]],
                    e["created_at"], data, (e["id"], e["version"], e["id"]), who, None, e["request_uuid"])


def event_tables(db):
    rows = []
    for table, kind, of in [("todo_item_events", "TodoItem", "todo_item_id"), ("todo_list_events", "TodoList", "todo_list_id")]:
        versions = {}
        for e in db(f"SELECT * FROM {table} ORDER BY id"):
            versions[e[of]] = versions.get(e[of], 0) + 1
            rows.append((e["created_at"], table, e["id"], event(
                f"{kind}/{e[of]}", e["type"].split("::")[-1], e["created_at"], json.loads(e["data"]),
                (f"{table}:{e['id']}", versions[e[of]], e["created_at"]), json.loads(e["metadata"]).get("user"))))
    return [row[3] for row in sorted(rows, key=lambda row: row[:3])]


def cqrs_es(db):
    for e in db("SELECT rowid AS place, * FROM events ORDER BY rowid"):
        payload, meta = json.loads(e["payload"]), json.loads(e["metadata"])
        data = payload[e["event_type"]] if isinstance(payload, dict) else {}
        name = f"{e['aggregate_type']}/{e['aggregate_id']}"
        yield event(name, e["event_type"], meta.get("time"), data,
                    (f"{name}/{e['sequence']}", e["sequence"], e["place"]), meta.get("user"))


def spatie(db):
    for e in db("SELECT * FROM stored_events ORDER BY id"):
        name = e["event_class"].split("\\")
        kind = "Event" if e["aggregate_uuid"] is None else name[name.index("Domain") + 1]
        yield event(f"{kind}/{e['aggregate_uuid'] or e['id']}", name[-1], e["created_at"],
                    json.loads(e["event_properties"]), (e["id"], e["aggregate_version"], e["id"]))


def sqlstreamstore(db):
    sql = "SELECT m.*, s.id_original FROM messages m JOIN streams s ON s.id_internal = m.stream_id_internal ORDER BY position"
    for e in db(sql):
        kind, _, id = e["id_original"].partition("-")
        meta = json.loads(e["json_metadata"] or "{}")
        yield event(f"{kind}/{id}", e["type"], e["created_utc"], json.loads(e["json_data"]),
                    (e["event_id"], e["stream_version"], e["position"]), meta.get("user"))


def django_auditlog(db):
    for e in db("SELECT l.*, model, username FROM auditlog_logentry l JOIN django_content_type c ON c.id = content_type_id "
                "LEFT JOIN auth_user u ON u.id = actor_id ORDER BY l.id"):
        data = {} if e["action"] == 2 else {
            k: None if v[1] == "None" else v[1] for k, v in json.loads(e["changes"]).items()}
        kind = e["model"].capitalize()
        yield event(f"{kind}/{e['object_pk']}", kind + ["Created", "Updated", "Deleted"][e["action"]],
                    e["timestamp"], data, (e["id"], None, e["id"]), e["username"], None, e["cid"])


def snapshots(rows):
    before = {}
    for name, new, give in rows:
        old = before.get(name)
        before[name] = new
        yield give(patch(old, new), old is None)


def django_reversion(db):
    def row(e):
        kind = e["model"].capitalize()
        name = f"{kind}/{e['object_id']}"
        return name, json.loads(e["serialized_data"])[0]["fields"], lambda data, first: event(
            name, kind + ("Created" if first else "Saved"), e["date_created"], data, (e["id"], None, e["id"]),
            e["username"], None, f"revision:{e['revision_id']}")

    return snapshots(map(row, db(
        "SELECT v.*, model, date_created, username FROM reversion_version v JOIN reversion_revision r ON r.id = revision_id "
        "JOIN django_content_type c ON c.id = content_type_id LEFT JOIN auth_user u ON u.id = user_id ORDER BY v.id")))


def django_simple_history(db):
    rows = []
    for table, kind in [("shop_historicalpoll", "Poll"), ("shop_historicalchoice", "Choice")]:
        for e in db(f"SELECT h.*, username FROM {table} h LEFT JOIN auth_user u ON u.id = history_user_id"):
            def give(data, _, e=e, kind=kind, table=table):
                type = kind + {"+": "Created", "~": "Updated", "-": "Deleted"}[e["history_type"]]
                return event(f"{kind}/{e['id']}", type, e["history_date"], data,
                             (f"{table}:{e['history_id']}", None, e["history_date"]), e["username"])
            own = {k: v for k, v in dict(e).items() if not k.startswith("history_") and k != "username"}
            own = {} if e["history_type"] == "-" else own
            rows.append((e["history_date"], f"{kind}/{e['id']}", own, give))
    return snapshots((name, own, give) for _, name, own, give in sorted(rows, key=lambda row: row[0]))


def dbos(db):
    sql = ("SELECT o.*, name FROM operation_outputs o JOIN workflow_status s USING (workflow_uuid) "
           "ORDER BY o.started_at_epoch_ms, workflow_uuid, function_id")
    for e in db(sql):
        data = {k: {"pickle": e[k]} for k in ("output", "error") if e[k] is not None}
        assert all(base64.b64decode(v["pickle"])[0] == 0x80 for v in data.values())
        yield event(f"{e['name']}/{e['workflow_uuid']}", e["function_name"] + ("Failed" if e["error"] else ""),
                    e["started_at_epoch_ms"], data,
                    (f"{e['workflow_uuid']}:{e['function_id']}", e["function_id"], e["started_at_epoch_ms"]), None, None,
                    e["workflow_uuid"])


def papertrail(db):
    """A version has the object before the change: what followed it is in the next one, or in the item's own row."""
    names = {"create": "Created", "update": "Updated", "destroy": "Destroyed", "touch": "Touched"}
    versions = db("SELECT * FROM versions ORDER BY id")
    for at, e in enumerate(versions):
        changes = decoded(e.get("object_changes"))
        if e["event"] == "destroy":
            data = {}
        elif changes is not None:
            data = {k: v[1] for k, v in changes.items()}
        else:
            data = None
        yield event(f"{e['item_type']}/{e['item_id']}", e["item_type"] + names[e["event"]], e["created_at"], data,
                    (e["id"], None, e["id"]), e["whodunnit"])


def main(path):
    db = sqlite3.connect(":memory:")
    db.row_factory = sqlite3.Row
    db.executescript(open(path).read())
    name = path.split("/")[-1].removesuffix(".sql").split("-")[0]
    ask = lambda sql, *of: [dict(row) for row in db.execute(sql, of)]
    for each in globals()[name](ask):
        print(json.dumps(each, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1])
