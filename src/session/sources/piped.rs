//! What comes on standard input, kept in a file as it comes, so that it can be looked at, read and followed as any log.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::Sources;
use crate::error::{Error, Result};
use crate::private::Folder;

/// A pipe that is silent for so long has said enough to be looked at, and so has one that gave so many bytes.
const MORE: Duration = Duration::from_millis(200);
const ENOUGH: u64 = 1 << 20;

impl Sources {
    /// A file that gets what comes on standard input, as it comes; the source of an earlier one is forgotten. It is
    /// there when there is something to look at.
    pub fn piped(&self) -> Result<PathBuf> {
        let folder = self.folder.with_file_name("piped");
        let path = folder.join("stdin.log");
        if path.exists()
            && let Some(source) = self.of_files(std::slice::from_ref(&path))?
        {
            self.remove(&source.name)?;
        }
        let failed =
            |error: io::Error| Error::refused(format!("{} cannot be written: {error}.", path.display()));
        let folder = Folder::named(&folder).map_err(failed)?;
        folder.put("stdin.log", b"").map_err(failed)?;
        let mut file = folder.append("stdin.log").map_err(failed)?;
        let (send, receive) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut input = io::stdin().lock();
            let mut buffer = vec![0; 1 << 16];
            while let Ok(n @ 1..) = io::Read::read(&mut input, &mut buffer) {
                if io::Write::write_all(&mut file, &buffer[..n]).is_err() {
                    break;
                }
                // Nobody waits any more once something is there.
                let _ = send.send(());
            }
        });
        // One line tells nothing of a log: a moment is given for more to come.
        let _ = receive.recv();
        while receive.recv_timeout(MORE).is_ok() {
            if fs::metadata(&path).is_ok_and(|meta| meta.len() > ENOUGH) {
                break;
            }
        }
        Ok(path)
    }
}
