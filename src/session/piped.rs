//! What comes through a pipe, kept in a file as it comes, so that it can be looked at, read and followed as any log.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::Sources;
use crate::error::{Error, Result};
use crate::file;
use crate::private::Folder;

/// A pipe that is silent for so long has said enough to be looked at, and so has one that gave so many bytes.
const MORE: Duration = Duration::from_millis(200);
const ENOUGH: u64 = 1 << 20;

/// A stream, and the file that gets what comes.
#[derive(Debug)]
pub struct Piped {
    /// The file.
    pub path: PathBuf,
    ended: Arc<AtomicBool>,
    came: Receiver<()>,
}

impl Piped {
    /// Keeps what comes from a stream (`-`, a pipe) in a file, on a thread of its own: whoever reads a pipe that is
    /// silent cannot be stopped.
    pub fn keep(from: &Path, path: PathBuf, mut to: File) -> Result<Self> {
        let ended = Arc::new(AtomicBool::new(false));
        let (send, came) = channel();
        let (end, from) = (Arc::clone(&ended), from.to_owned());
        std::thread::Builder::new().name("Pipe".to_owned()).spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            if let Ok(mut stream) = file::stream(&from) {
                while let Ok(n @ 1..) = stream.read(&mut buffer) {
                    if to.write_all(&buffer[..n]).is_err() {
                        break;
                    }
                    // Nobody waits any more once something is there.
                    let _ = send.send(());
                }
            }
            end.store(true, Ordering::Release);
        })?;
        Ok(Self { path, ended, came })
    }

    /// Whether all has come that ever will.
    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Waits until there is something to look at: one line tells nothing of a log, so a moment is given for more to come.
    fn wait(&self) {
        let _ = self.came.recv();
        while self.came.recv_timeout(MORE).is_ok() {
            if fs::metadata(&self.path).is_ok_and(|meta| meta.len() > ENOUGH) {
                break;
            }
        }
    }
}

impl Sources {
    /// Files, with those that are streams exchanged for files that get what comes through them, as it comes; the source
    /// of an earlier stream of that name is forgotten. They are there when there is something to look at.
    pub fn without_streams(&self, files: &[PathBuf]) -> Result<Vec<PathBuf>> {
        let mut names = Vec::new();
        let piped = files.iter().map(|file| {
            if !file::is_stream(file) {
                return Ok((file.clone(), None));
            }
            let piped = self.piped(file, &free_name(file, &names))?;
            names.extend(piped.path.file_name().map(|name| name.to_string_lossy().into_owned()));
            Ok((piped.path.clone(), Some(piped)))
        });
        let piped = piped.collect::<Result<Vec<_>>>()?;
        // All of them begin before one is waited for.
        piped.iter().filter_map(|(_, piped)| piped.as_ref()).for_each(Piped::wait);
        Ok(piped.into_iter().map(|(path, _)| path).collect())
    }

    fn piped(&self, from: &Path, name: &str) -> Result<Piped> {
        let folder = self.folder().with_file_name("piped");
        let path = folder.join(name);
        if let Ok(path) = path.canonicalize() {
            let mut read = self.list()?.into_iter().filter(|source| source.files().contains(&path));
            read.try_for_each(|source| self.remove(&source.name))?;
        }
        let failed =
            |error: io::Error| Error::refused(format!("{} cannot be written: {error}.", path.display()));
        let folder = Folder::named(&folder).map_err(failed)?;
        folder.put(name, b"").map_err(failed)?;
        let to = folder.append(name).map_err(failed)?;
        Piped::keep(from, path, to)
    }
}

/// What the file of a stream is called: as the pipe is, unless that is only a number of the shell's.
fn free_name(stream: &Path, taken: &[String]) -> String {
    let name = stream.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = match name.as_str() {
        "-" | "stdin" => "stdin.log".to_owned(),
        name if name.bytes().all(|byte| byte.is_ascii_digit()) => "pipe.log".to_owned(),
        name => name.to_owned(),
    };
    let mut free = name.clone();
    let mut number = 1;
    while taken.contains(&free) {
        number += 1;
        free = format!("{number}-{name}");
    }
    free
}
