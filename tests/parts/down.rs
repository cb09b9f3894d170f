//! Servers that are down, refuse, or come up later, and workers that are killed while they deliver.

use std::collections::BTreeSet;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{MAIL, POST, jobs, load, mails, order, part, plain, posts, shop, sql, taken, work};

/// An address on which nothing listens.
fn nowhere() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Lets a server answer at another address, too, from now on.
fn comes_up(address: &str, server: String) {
    let listener = TcpListener::bind(address).unwrap();
    std::thread::spawn(move || {
        for caller in listener.incoming() {
            let (caller, server) = (caller.unwrap(), TcpStream::connect(&server).unwrap());
            let ways = [(caller.try_clone().unwrap(), server.try_clone().unwrap()), (server, caller)];
            for (mut from, mut to) in ways {
                std::thread::spawn(move || {
                    // A caller that hangs up ends both ways.
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Both);
                });
            }
        }
    });
}

#[test]
#[cfg_attr(not(feature = "postgres"), ignore = "needs --features postgres")]
#[cfg_attr(feature = "postgres", ignore = "needs all of the servers: .ci/parts starts them")]
fn a_job_waits_with_its_error_while_a_server_is_down_and_is_done_when_it_comes_up() {
    sql("CREATE TABLE late (item text, backstory_event text, backstory_reactor text)");
    let (mail, http, database) = (nowhere(), nowhere(), nowhere());
    let config = format!(
        "[mail]\nsmtp = \"smtp://{mail}\"\n[http.shop]\nurl = \"http://{http}/events\"\n\
         [sql.warehouse]\nurl = \"postgres://backstory@{database}/postgres?sslmode=disable\"\n"
    );
    let late = load("late");
    let place = shop(&format!("{MAIL}{POST}{late}"), &config);
    let hash = order(&place, "book");
    for _ in 0..3 {
        place.refused(1, &["work", "--once", "--consent"]);
    }
    let waiting = jobs(&place);
    assert_eq!(waiting.len(), 3);
    for job in &waiting {
        let error = job["error"].as_str().unwrap();
        assert_eq!((&job["state"], &job["tries"]), (&json!("waiting"), &json!(1)), "{job}");
        assert!(job["next_try"].as_str() > job["created_at"].as_str(), "{job}");
        assert!(error.contains("onnection refused"), "{job}");
    }
    comes_up(&mail, part("SMTP"));
    comes_up(&http, part("HTTP").replace("http://", ""));
    let server = part("POSTGRES");
    comes_up(&database, server.split(['@', '/']).nth(3).unwrap().to_owned());
    work(&place);
    for job in jobs(&place) {
        assert_eq!((&job["state"], &job["error"]), (&json!("done"), &Value::Null), "{job}");
        assert!(job["tries"].as_i64().unwrap() > 1, "{job}");
    }
    assert_eq!(mails(&format!("<{hash}.thank@backstory>")).len(), 1);
    assert_eq!(posts(&format!("{hash}/post")).len(), 1);
    assert_eq!(sql("SELECT item, backstory_event, backstory_reactor FROM late"), format!("book|{hash}|load"));
}

#[test]
#[ignore = "needs an HTTP server: .ci/parts starts one"]
fn a_job_waits_with_the_answer_of_a_server_that_refuses_it() {
    let place = shop(POST, &format!("[http.shop]\nurl = \"{}/refuses\"\n", part("HTTP")));
    order(&place, "book");
    place.refused(1, &["work", "--once", "--consent"]);
    let job = &jobs(&place)[0];
    assert_eq!((&job["state"], &job["tries"]), (&json!("waiting"), &json!(1)));
    assert!(job["error"].as_str().unwrap().contains("503"), "{job}");
}

#[test]
#[cfg_attr(not(feature = "postgres"), ignore = "needs --features postgres")]
#[cfg_attr(feature = "postgres", ignore = "needs all of the servers: .ci/parts starts them")]
fn workers_killed_while_they_deliver_lose_no_job_and_use_no_other_key() {
    const ORDERS: usize = 12;
    sql("CREATE TABLE struck (item text, backstory_event text, backstory_reactor text)");
    let config = format!(
        "[mail]\nsmtp = \"smtp://{}\"\n[http.shop]\nurl = \"{}/events\"\n[sql.warehouse]\nurl = \"{}\"\n",
        part("SMTP"),
        part("HTTP"),
        plain()
    );
    let place = shop(&format!("{MAIL}{POST}{}", load("struck")), &config);
    let hashes: BTreeSet<_> = (0..ORDERS).map(|item| order(&place, &format!("thing {item}"))).collect();
    place.ok(&["work", "--once", "--consent"]);
    let count = |state: &str| -> i64 {
        let count = "SELECT count(*) FROM jobs WHERE state = ?1";
        place.sql().query_row(count, [state], |row| row.get(0)).unwrap()
    };
    let mut struck = 0;
    for round in 0_u64..40 {
        if count("waiting") == 0 {
            break;
        }
        let mut worker = place.command(&["work", "--until-empty"]).stdout(Stdio::null()).spawn().unwrap();
        let end = Instant::now() + Duration::from_secs(20);
        while count("running") == 0 && count("waiting") > 0 && Instant::now() < end {}
        // At another moment of a delivery each time: before, while or after the server has it.
        std::thread::sleep(Duration::from_micros(round * 7919 % (4_000 + round * 2_000)));
        worker.kill().unwrap();
        worker.wait().unwrap();
        // The leases of the dead run out.
        let freed = place.sql().execute("UPDATE jobs SET lease = 1 WHERE state = 'running'", ()).unwrap();
        struck += usize::from(freed > 0);
    }
    assert!(struck > 0, "no delivery was struck");
    work(&place);
    assert_eq!(count("done") as usize, 3 * ORDERS);
    let rows = sql("SELECT backstory_event FROM struck WHERE backstory_reactor = 'load'");
    let mut rows: Vec<_> = rows.lines().map(str::to_owned).collect();
    rows.sort();
    assert_eq!(rows, hashes.iter().cloned().collect::<Vec<_>>(), "one row each");
    for hash in &hashes {
        let posts = posts(&format!("{hash}/post"));
        assert!(posts.windows(2).all(|pair| pair[0] == pair[1]), "{posts:?}");
        assert!(!mails(&format!("<{hash}.thank@backstory>")).is_empty(), "no mail for {hash}");
        // Nothing was delivered under a key that is none of these two.
        assert_eq!(taken(&part("REQUESTS"), hash).matches(&format!("{hash}/")).count(), posts.len());
    }
}
