//! An application as large as those that are in use for years: 15 aggregate types, 135 event types, 60 reactors, and a
//! log of what they did.

use std::rc::Rc;

use backstory::domain::Domain;
use backstory::event::{AggregateId, NewEvent, Time};

use crate::history::Dice;

const KINDS: [&str; 15] = [
    "Account", "Order", "Invoice", "Payment", "Shipment", "Product", "Supplier", "Ticket", "Project",
    "Contract", "Campaign", "Booking", "Vehicle", "Employee", "Review",
];

/// What happens to each of them: the event's name without the aggregate's, the command, its parameters, and the rule.
const EVENTS: [(&str, &str, &str, &str); 9] = [
    (
        "Opened",
        "open",
        r#"title = "string", text = "string""#,
        r#".title = $data.title | .text = $data.text | .status = "open" | .tags = [] | .notes = 0 | .opened_at = $at | .opened_by = $meta.actor"#,
    ),
    ("Renamed", "rename", r#"title = "string""#, ".title = $data.title"),
    (
        "Assigned",
        "assign",
        r#"assignee = "string""#,
        ".assignee = $data.assignee | .assigned_by = $meta.actor",
    ),
    (
        "Noted",
        "note",
        r#"text = "string""#,
        ".notes += 1 | .note = { text: $data.text, at: $at, by: $meta.actor }",
    ),
    ("Tagged", "tag", r#"tag = "string""#, ".tags = (.tags + [$data.tag] | unique)"),
    (
        "Priced",
        "price",
        r#"amount = "number", currency = "enum(EUR|USD)""#,
        ".amount = $data.amount | .currency = $data.currency",
    ),
    ("Scheduled", "schedule", r#"due_on = "date""#, ".due_on = $data.due_on"),
    ("Finished", "finish", "", r#".status = "done" | .finished_at = $at | .finished_by = $meta.actor"#),
    ("Reopened", "reopen", "", r#".status = "open" | .finished_at = null | .finished_by = null"#),
];

/// Four reactors for each aggregate type, by number; every third one of all runs with the event.
fn reactor(number: usize, kind: &str) -> String {
    let (on, effect) = match (number % 3, number % 4) {
        (0, 0 | 2) => (
            "Finished",
            r#"run = "sync"
notify = '"\(.title) is done"'"#,
        ),
        (0, _) => (
            "Finished",
            r#"run = "sync"
when = '.tags | index("done") | not'
command = { name = "tag", params = '{tag: "done"}' }"#,
        ),
        (_, 0) => (
            "Assigned",
            r#"mail = { to = '"\(.assignee)@example.org"', subject = '"Yours: \(.title)"', body = '"By \($meta.actor)."' }"#,
        ),
        (_, 1) => {
            ("*", r#"append = { file = "warehouse", row = '{type: $event.type, at: $at, title: .title}' }"#)
        }
        (_, 2) => ("Priced", r#"statsd = { metric = '"priced"', kind = "gauge", value = '.amount' }"#),
        _ => ("Opened", r#"http = { endpoint = "crm" }"#),
    };
    let on = if on == "*" { format!("{kind}/*") } else { format!("{kind}{on}") };
    format!("[[reactor]]\nname = \"react-{number}\"\non = [\"{on}\"]\n{effect}\n")
}

const REST: &str = r#"
[projection.feed]
doc = "Who did what."
on = ["*"]
mode = "async"
row = '{ at: $at, who: $meta.actor, what: $event.type, about: $event.aggregate, title: .title }'
columns = ["at", "who", "what", "about", "title"]

[projection.recap]
doc = "What was finished each day."
on = ["OrderFinished", "InvoiceFinished", "PaymentFinished"]
mode = "async"
key = '$day'
fold = '.day = $key | .finished = (.finished // 0) + 1 | .by[$meta.actor] = (.by[$meta.actor] // 0) + 1'
columns = ["day", "finished", "by"]

[projection.workload]
doc = "How many orders each person has."
on = ["OrderAssigned"]
key = '[$before.assignee, .assignee]'
fold = '.who = $key | .orders = (.orders // 0) + (if $state.assignee == $key then 1 else 0 end) - (if $before.assignee == $key then 1 else 0 end)'
columns = ["who", "orders"]

[[monitor]]
name = "payments"
on = ["PaymentFinished"]
at_least = 1
within = "6h"

[[monitor]]
name = "tickets"
on = ["TicketOpened"]
where = '.title | contains("warehouse")'
at_most = 3
within = "1h"
"#;

/// The application's domain file.
pub fn source() -> String {
    let mut text = "[domain]\nname = \"application\"\n".to_owned();
    for kind in KINDS {
        text +=
            &format!("\n[aggregate.{kind}]\ndoc = \"One of many.\"\nlabel = '.title'\nstatus = '.status'\n");
        for (event, command, data, apply) in EVENTS {
            let (creates, refuses) = match event {
                "Opened" => ("creates = true\n", ""),
                "Finished" => ("", r#"if .status == "done" then empty else "#),
                "Reopened" => ("", r#"if .status == "open" then empty else "#),
                _ => ("", ""),
            };
            let end = if refuses.is_empty() { "" } else { " end" };
            text += &format!(
                "[aggregate.{kind}.event.{kind}{event}]\ndoc = \"It was {command}ed.\"\ndata = {{ {data} }}\napply = '{apply}'\n\
                 [aggregate.{kind}.command.{command}]\n{creates}params = {{ {data} }}\n\
                 emit = '{refuses}event(\"{kind}{event}\"; $params){end}'\n"
            );
        }
    }
    for number in 0..60 {
        text += &reactor(number, KINDS[number / 4]);
    }
    text + REST
}

/// The domain, with as many of everything as is promised.
pub fn domain() -> Rc<Domain> {
    let domain = Domain::parse("application", &source()).unwrap();
    assert_eq!(domain.aggregates.len(), 15);
    assert_eq!(domain.aggregates.values().map(|aggregate| aggregate.events.len()).sum::<usize>(), 135);
    assert_eq!(domain.reactors.len(), 60);
    Rc::new(domain)
}

/// The event of a number: each aggregate's first one opens it, the others come in no order.
pub fn event(dice: &mut Dice, number: u64, aggregates: u64) -> NewEvent {
    let (aggregate, first) =
        if number < aggregates { (number, true) } else { (dice.below(aggregates), false) };
    let kind = KINDS[(aggregate % 15) as usize];
    let (event, command, ..) = EVENTS[if first { 0 } else { 1 + dice.below(8) as usize }];
    let actor = ["alice", "bob", "carol", "dave"][dice.below(4) as usize];
    let data = match event {
        "Opened" => format!(r#"{{"title":"{}","text":"{}"}}"#, dice.words(5), dice.words(40)),
        "Renamed" => format!(r#"{{"title":"{}"}}"#, dice.words(5)),
        "Assigned" => format!(r#"{{"assignee":"person-{}"}}"#, dice.below(200)),
        "Noted" => format!(r#"{{"text":"{}"}}"#, dice.words(18)),
        "Tagged" => format!(r#"{{"tag":"t{}"}}"#, dice.below(16)),
        "Priced" => format!(r#"{{"amount":{}.5,"currency":"EUR"}}"#, dice.below(1_000)),
        "Scheduled" => format!(r#"{{"due_on":"2026-{:02}-{:02}"}}"#, 1 + dice.below(12), 1 + dice.below(28)),
        _ => "{}".to_owned(),
    };
    NewEvent {
        aggregate: AggregateId::new(kind, aggregate.to_string()),
        kind: format!("{kind}{event}"),
        occurred_at: Time(1_700_000_000_000_000 + number as i64 * 63_000_000),
        meta: format!(
            r#"{{"actor":"{actor}","correlation_id":"{number:064x}","command":{{"name":"{command}","params":{data},"part":1,"of":1}}}}"#
        ),
        data,
    }
}
