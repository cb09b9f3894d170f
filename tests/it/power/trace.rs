//! The steps that a program took on the files of a folder, from the calls that `strace` recorded.

use std::collections::BTreeMap;
use std::path::Path;

/// What is to be recorded.
pub const CALLS: &str = "open,openat,lseek,write,pwrite64,ftruncate,fsync,fdatasync,rename,renameat,renameat2,link,linkat,\
                     unlink,unlinkat,copy_file_range,sendfile,writev,pwritev,pwritev2,fallocate,mkdir,mkdirat";

/// What was done to the folder's files, by their names.
#[derive(Debug)]
pub enum Step {
    Open { name: String, creates: bool, truncates: bool },
    Write { name: String, at: usize, bytes: Vec<u8> },
    Truncate { name: String, size: usize },
    Sync { name: String },
    SyncFolder,
    Rename { from: String, to: String },
    Link { from: String, to: String },
    Remove { name: String },
}

/// An argument of a call, or its answer.
#[derive(Debug)]
enum Argument {
    Text(Vec<u8>),
    /// A descriptor and what it leads to.
    File(String, String),
    Word(String),
}

fn unescaped(text: &str) -> Vec<u8> {
    text.split("\\x").skip(1).map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// Takes a line of `strace -y -xx` apart: the call, its arguments, its answer.
fn parsed(line: &str) -> Option<(String, Vec<Argument>)> {
    assert!(!line.contains("<unfinished"), "two threads write at a time: {}", &line[..200.min(line.len())]);
    let (_, call) = line.split_once(' ')?;
    let (name, rest) = call.trim_start().split_once('(')?;
    let (rest, answer) = rest.rsplit_once(" = ")?;
    if answer.starts_with("-1") || answer.starts_with('?') {
        return None;
    }
    let list = rest.trim_end().trim_end_matches(')').split(", ").chain([answer]);
    let argument = |part: &str| {
        if let Some(text) = part.strip_prefix('"') {
            return Argument::Text(unescaped(text.trim_end_matches('"')));
        }
        match part.split_once('<') {
            Some((number, path)) => {
                let path = path.split('>').next().unwrap_or_default();
                Argument::File(number.to_owned(), String::from_utf8(unescaped(path)).unwrap())
            }
            None => Argument::Word(part.split(' ').next().unwrap_or_default().to_owned()),
        }
    };
    Some((name.to_owned(), list.map(argument).collect()))
}

/// The steps of one verb within a folder.
pub struct Reader<'a> {
    folder: &'a str,
    pub steps: Vec<Step>,
    /// Where the next plain write of a descriptor goes.
    places: BTreeMap<String, usize>,
}

impl<'a> Reader<'a> {
    pub fn of(folder: &'a str) -> Self {
        Self { folder, steps: Vec::new(), places: BTreeMap::new() }
    }

    /// The name in the folder of what a path leads to.
    fn name(&self, path: &str) -> Option<String> {
        let path = path.replace("/./", "/");
        let name = path.strip_prefix(self.folder)?.trim_matches('/');
        (!name.contains('/') && !name.ends_with("-shm") && !path.ends_with("(deleted)"))
            .then(|| name.to_owned())
    }

    /// The paths among the arguments, each made whole by the folder before it.
    fn paths(&self, arguments: &[Argument]) -> Vec<Option<String>> {
        let mut at = self.folder.to_owned();
        let mut out = Vec::new();
        for argument in arguments {
            match argument {
                Argument::File(_, path) => at.clone_from(path),
                Argument::Text(text) => {
                    let text = String::from_utf8_lossy(text);
                    out.push(self.name(&Path::new(&at).join(&*text).to_string_lossy()));
                }
                Argument::Word(_) => {}
            }
        }
        out
    }

    pub fn read(&mut self, line: &str) {
        let Some((call, arguments)) = parsed(line) else { return };
        let word = |n: usize| match &arguments[n] {
            Argument::Word(word) => word.parse().unwrap_or(0),
            _ => 0,
        };
        if let "open" | "openat" = call.as_str() {
            let Some(Argument::File(number, path)) = arguments.last() else { return };
            self.places.insert(number.clone(), 0);
            let Some(name) = self.name(path) else { return };
            let flag = |flag| line.contains(flag);
            let (creates, truncates) = (flag("O_CREAT"), flag("O_TRUNC"));
            if creates || truncates {
                self.steps.push(Step::Open { name, creates, truncates });
            }
            return;
        }
        if let Argument::File(number, path) = &arguments[0]
            && !call.ends_with("at")
            && !call.ends_with("at2")
        {
            let Some(name) = self.name(path) else { return };
            let bytes = || match &arguments[1] {
                Argument::Text(bytes) => bytes.clone(),
                other => panic!("{call}: {other:?}"),
            };
            let step = match call.as_str() {
                "lseek" => {
                    self.places.insert(number.clone(), word(arguments.len() - 1));
                    return;
                }
                "write" => {
                    let (bytes, at) = (bytes(), self.places.entry(number.clone()).or_default());
                    *at += bytes.len();
                    Step::Write { name, at: *at - bytes.len(), bytes }
                }
                "pwrite64" => Step::Write { name, at: word(3), bytes: bytes() },
                "ftruncate" => Step::Truncate { name, size: word(1) },
                "fsync" | "fdatasync" if name.is_empty() => Step::SyncFolder,
                "fsync" | "fdatasync" => Step::Sync { name },
                other => panic!("a call that is not understood: {other}"),
            };
            self.steps.push(step);
            return;
        }
        let mut paths = self.paths(&arguments).into_iter().flatten();
        let step = match (call.as_str(), paths.next(), paths.next()) {
            ("rename" | "renameat" | "renameat2", Some(from), Some(to)) => Step::Rename { from, to },
            ("link" | "linkat", Some(from), Some(to)) => Step::Link { from, to },
            ("unlink" | "unlinkat", Some(name), None) => Step::Remove { name },
            _ => return,
        };
        self.steps.push(step);
    }
}
