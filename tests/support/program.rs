//! The program as a test runs it: a folder of its own, no settings from outside, and its answers taken apart.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test file uses a part; tests fail loudly"
)]

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder with a store in it, thrown away at the end.
pub struct Place {
    folder: TempDir,
}

/// What a run of the program answered.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Place {
    /// An empty folder.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A folder with an empty store in it, with a domain (a name or a file) or without (an empty text).
    pub fn with(domain: &str) -> Self {
        let place = Self::empty();
        if domain.is_empty() {
            place.ok(&["init"])
        } else {
            place.ok(&["init", "--domain", domain])
        };
        place
    }

    /// A folder with the demo's store in it.
    pub fn demo() -> Self {
        let place = Self::empty();
        place.ok(&["demo", "--build-only", "--store", "backstory.db"]);
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn store(&self) -> PathBuf {
        self.path("backstory.db")
    }

    /// Writes a file into the folder and answers its name.
    pub fn file<'a>(&self, name: &'a str, content: impl AsRef<[u8]>) -> &'a str {
        std::fs::write(self.path(name), content).unwrap();
        // Passwords that everybody can read are refused.
        #[cfg(unix)]
        if name.ends_with("config.toml") {
            let owner = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(self.path(name), owner).unwrap();
        }
        name
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_backstory"));
        command
            .args(args)
            .current_dir(self.folder.path())
            .env_remove("BACKSTORY_STORE")
            .env_remove("XDG_DATA_HOME")
            .env("BACKSTORY_ACTOR", "tester")
            .env("HOME", self.folder.path())
            .env("BACKSTORY_CONFIG", self.folder.path().join("config"))
            .stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        let output = self.command(args).output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs what must succeed; answers its output.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{args:?} failed: {}", ran.err);
        ran.out
    }

    /// The same with `--json`, one value a line.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> Vec<Value> {
        let mut args = args.to_vec();
        args.push("--json");
        let out = self.ok(&args);
        out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
    }

    /// The same where one value is the answer.
    #[track_caller]
    pub fn one(&self, args: &[&str]) -> Value {
        let mut values = self.json(args);
        assert_eq!(values.len(), 1, "{args:?} answered {values:?}");
        values.remove(0)
    }

    /// Runs what must end with this exit code; answers what it said, which must be a sentence.
    #[track_caller]
    pub fn refused(&self, code: i32, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, code, "{args:?} said {}{}", ran.out, ran.err);
        assert!(ran.err.starts_with("backstory: "), "{args:?}: no sentence: {:?}", ran.err);
        assert!(!ran.err.contains("panicked"), "{args:?}: {}", ran.err);
        ran.err
    }

    /// The store's file, past the program.
    pub fn sql(&self) -> rusqlite::Connection {
        let connection = rusqlite::Connection::open(self.store()).unwrap();
        connection.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
        connection
    }

    /// Changes jobs past the program, and their sum with them, as `src/store/sums.rs` describes it: time that went by.
    pub fn change_jobs(&self, statement: &str) -> usize {
        let mut sql = self.sql();
        let sql = sql.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
        let changed = sql.execute(statement, []).unwrap();
        let mut sum = [0; 32];
        let mut select = sql
            .prepare(
                "SELECT 'backstory-row-1' || char(10) || 'jobs' || char(10) || json_array(id, position, reactor, slot, \
                 domain, branch, state, tries, due, set_at, lease, token, created_at, ended_at, error, effect) FROM jobs",
            )
            .unwrap();
        for row in select.query_map([], |row| row.get::<_, String>(0)).unwrap() {
            let row: [u8; 32] = sha2::Digest::finalize(sha2::Digest::chain_update(
                <sha2::Sha256 as sha2::Digest>::new(),
                row.unwrap(),
            ))
            .into();
            sum.iter_mut().zip(row).for_each(|(sum, row): (&mut u8, u8)| *sum ^= row);
        }
        drop(select);
        sql.execute("UPDATE sums SET sum = ?1 WHERE name = 'jobs'", [sum]).unwrap();
        sql.commit().unwrap();
        changed
    }
}

/// The names of an object's fields, in the order in which they were printed.
pub fn fields(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}
