//! Pages: what they hold is read back and compared with what the verbs say; nothing in them is markup but their own.

use base64::Engine as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::program::Place;

fn page(place: &Place, args: &[&str]) -> String {
    place.ok(&[&["page", "write", "p.html"], args].concat());
    let text = std::fs::read_to_string(place.path("p.html")).unwrap();
    std::fs::remove_file(place.path("p.html")).unwrap();
    text
}

/// The data of a page's records.
pub fn data(page: &str) -> Vec<Value> {
    let parts = page.split("<script type=\"application/json\">").skip(1);
    parts.map(|part| serde_json::from_str(part.split("</script>").next().unwrap()).unwrap()).collect()
}

/// Applies a change as the page's script does.
pub fn apply(state: &mut Value, change: &Value) {
    let (op, path) = (change[0].as_str().unwrap(), change[1].as_str().unwrap());
    let mut keys: Vec<String> =
        path.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect();
    let Some(last) = keys.pop() else {
        *state = if op == "remove" { json!({}) } else { change[2].clone() };
        return;
    };
    let inner = keys.iter().fold(state, |inner, key| match inner {
        Value::Array(items) => &mut items[key.parse::<usize>().unwrap()],
        other => &mut other[key],
    });
    match (inner, op) {
        (Value::Object(fields), "remove") => drop(fields.remove(&last)),
        (Value::Object(fields), _) => drop(fields.insert(last, change[2].clone())),
        (Value::Array(items), "remove") => drop(items.remove(last.parse().unwrap())),
        (Value::Array(items), "add") => items.insert(last.parse().unwrap(), change[2].clone()),
        (Value::Array(items), _) => items[last.parse::<usize>().unwrap()] = change[2].clone(),
        (other, _) => panic!("{change} on {other}"),
    }
}

/// The texts of a page's table cells, as a browser shows them.
fn cells(page: &str) -> Vec<String> {
    let text = |cell: &str| {
        let plain =
            cell.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
        plain.replace("&amp;", "&")
    };
    page.split("<td>").skip(1).map(|part| text(part.split("</td>").next().unwrap())).collect()
}

#[test]
fn every_state_of_a_record_is_in_its_page() {
    let place = Place::demo();
    place.ok(&["note", "Task/42@3", "who asked?"]);
    place.ok(&["note", "Task/42", "the talk"]);
    for record in ["Task/42", "Subscription/23", "Task/7", "Account/tomas"] {
        let page = page(&place, &[record]);
        let data = data(&page).remove(0);
        let log = place.json(&["log", record, "--reverse"]);
        let events = data["events"].as_array().unwrap();
        assert_eq!(events.len(), log.len(), "{record}");
        let mut state = json!({});
        for (event, logged) in events.iter().zip(&log) {
            if !event["s"].is_null() {
                state = event["s"].clone();
            }
            event["c"].as_array().into_iter().flatten().for_each(|change| apply(&mut state, change));
            let shown = place.one(&["state", &format!("{record}@{}", logged["version"])]);
            assert_eq!(state, shown["state"], "{record}@{}", logged["version"]);
            let told = [&event["t"], &event["a"], &event["d"], &event["h"], &event["p"]];
            let names = ["type", "occurred_at", "data", "hash", "position"];
            assert_eq!(told, names.map(|name| &logged[name]), "{record}");
            assert_eq!(event["by"], logged["meta"]["actor"]);
        }
        assert_eq!(page.contains("<p class=\"note\">the talk"), record == "Task/42");
    }
    let page = page(&place, &["Task/42@3", "Task/7"]);
    let data = data(&page);
    assert_eq!((data.len(), &data[0]["at"]), (2, &json!(3)));
    assert_eq!(data[0]["events"][2]["n"][0]["text"], "who asked?");
}

#[test]
fn a_page_asks_the_network_for_nothing_and_runs_its_own_script_alone() {
    let place = Place::demo();
    let page = page(&place, &["Task/42"]);
    let policy =
        page.split("Content-Security-Policy\" content=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    let hash = |text: &str| base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text));
    let script = page.split("<script>").nth(1).unwrap().split("</script>").next().unwrap();
    let style = page.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    assert!(policy.contains(&format!("script-src 'sha256-{}'", hash(script))), "{policy}");
    assert!(policy.contains(&format!("style-src 'sha256-{}'", hash(style))), "{policy}");
    for word in [
        "http://",
        "https://",
        "//cdn",
        "src=",
        "href=",
        "@import",
        "url(",
        "innerHTML",
        "style=\"",
        " onclick",
    ] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("prefers-color-scheme: dark") && page.contains("@media print"));
    assert!(page.contains("backstory -s /"), "the line that makes it again");
    let said = place.ok(&["page", "write", "p.html", "Task/42"]);
    assert!(said.contains("p.html: "), "{said}");
    assert!(place.refused(1, &["page", "write", "p.html", "Task/42"]).contains("exists already"));
    place.refused(2, &["page", "write", "q.html", "main"]);
    assert_eq!(place.run(&["page", "write", "q.html"]).code, 2);
    assert!(!place.path("q.html").exists());
}

#[test]
fn no_text_from_data_is_markup() {
    let bad = "</script><script>alert(1)</script><!--<img src=x onerror=alert(1)>\"'&\u{2028}";
    let place = Place::with("");
    let event = json!({
        "aggregate": format!("T{}/{bad}", "x"), "type": bad, "occurred_at": "2019-01-01T00:00:00Z",
        "data": { bad: bad, "list": [bad] }, "meta": { "actor": bad, "reason": bad },
    });
    place.file("bad.jsonl", format!("{event}\n{}\n", event.to_string().replace("alert(1)", "alert(2)")));
    place.ok(&["import", "bad.jsonl"]);
    let record = format!("Tx/{bad}");
    place.ok(&["note", &format!("{record}@1"), bad]);
    place.ok(&["note", &record, bad]);
    let own = page(&Place::demo(), &["Task/42"]);
    let tags = |page: &str, tag: &str| page.matches(tag).count();
    let other = record.replace("alert(1)", "alert(2)");
    for args in [&[record.as_str()][..], &["--diff", "0", "main"], &[&record, "--race"], &[&other]] {
        let page = page(&place, args);
        assert!(!page.contains("<img") && !page.contains("<!--"), "{args:?}");
        let records = tags(&page, "application/json");
        assert_eq!(tags(&page, "<script"), tags(&own, "<script") - 1 + records, "{args:?}");
        assert_eq!(tags(&page, "</script"), tags(&page, "<script"), "{args:?}");
    }
    let data = data(&page(&place, &[&record])).remove(0);
    assert_eq!((&data["name"], &data["events"][0]["d"][bad]), (&json!(record), &json!(bad)));
    assert_eq!(data["events"][0]["n"][0]["text"], bad.trim());
}

#[test]
fn a_difference_a_report_and_a_race_are_pages_too() {
    let place = Place::demo();
    let told = cells(&page(&place, &["--diff", "Task/42@1", "Task/42@4"]));
    let changes = place.json(&["diff", "Task/42@1", "Task/42@4"]);
    assert!(!changes.is_empty());
    for change in &changes {
        let path = change["path"].as_str().unwrap().trim_start_matches('/').to_owned();
        assert!(told.contains(&path) || path.contains('/'), "{path} is not in {told:?}");
    }
    place.ok(&["branch", "what-if", "--at", "Task/42@3"]);
    place.ok(&["-b", "what-if", "fire", "Task/42", "comment", "text=what <b>if</b>"]);
    let all = page(&place, &["--diff", "main", "what-if"]);
    assert!(all.contains("<h2>Task/42</h2>") && !all.contains("<b>"), "the record that differs");
    let reports = place.json(&["report"]);
    if let Some(name) =
        reports.first().and_then(|report| report["report"].as_str().or(report["name"].as_str()))
    {
        let rows = place.json(&["report", name]);
        let told = page(&place, &["--report", name]);
        assert_eq!(told.matches("<tr>").count(), rows.len() + 1, "{name}");
    }
    let race = place.json(&["races", "--limit", "1"]);
    let first = &race[0];
    let rev = first["events"][0]["at"].as_str().or(first["at"].as_str()).unwrap_or("Task/42@3").to_owned();
    let told = page(&place, &[&rev, "--race"]);
    let rows = place.one(&["race", &rev])["rows"].as_array().unwrap().len();
    let names = cells(&told).iter().filter(|cell| *cell == "as logged").count();
    assert_eq!(names, 1, "of {rows} orders");
}

#[test]
fn a_thousand_events_are_less_than_a_megabyte() {
    let place = Place::with("todo");
    let mut log = String::new();
    for at in 0..1_000 {
        let (kind, data) = match at {
            0 => ("TaskCreated", json!({ "title": "A task with a rather long history of changes" })),
            _ if at % 3 == 0 => {
                ("TaskCommented", json!({ "text": format!("comment number {at}, of some length") }))
            }
            _ => (
                "TaskRetitled",
                json!({ "title": format!("A title that changes again, for the {at}th time") }),
            ),
        };
        let event = json!({
            "aggregate": "Task/1", "type": kind, "data": data,
            "occurred_at": format!("2019-04-{:02}T{:02}:{:02}:00Z", 1 + at / 100, at / 10 % 10, at % 60),
            "meta": { "actor": "mira", "n": at },
        });
        log += &format!("{event}\n");
    }
    place.file("log.jsonl", log);
    place.ok(&["import", "log.jsonl"]);
    let page = page(&place, &["Task/1"]);
    println!("a page of 1,000 events has {} bytes", page.len());
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    let data = data(&page).remove(0);
    let whole = data["events"].as_array().unwrap().iter().filter(|event| !event["s"].is_null()).count();
    assert_eq!((data["events"].as_array().unwrap().len(), whole), (1_000, 0), "no state is sent whole");
}
