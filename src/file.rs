//! Files that somebody names: only regular ones are opened, and only so much of them is read, so that a pipe keeps
//! nobody waiting and a device fills no memory. A pipe is read where a log is expected, or a text that was named on the
//! command line: whoever writes `<(…)` there wants that.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

/// What a text that somebody wrote may hold at most, in bytes: a domain, a mapping, settings, a list.
pub const TEXT: u64 = 16 << 20;

/// Opens a file to read it. What is no regular file is refused without being opened.
pub fn open(path: &Path) -> io::Result<File> {
    regular(&std::fs::metadata(path)?)?;
    let file = File::open(path)?;
    // It may be another one by now.
    regular(&file.metadata()?)?;
    Ok(file)
}

/// Whether what it names comes once and is gone then: standard input (`-`), or a pipe, such as a shell makes for `<(…)`.
pub fn is_stream(path: &Path) -> bool {
    path.as_os_str() == "-" || std::fs::metadata(path).is_ok_and(|meta| is_pipe(&meta))
}

/// Opens a stream to read it; that of a pipe waits until somebody writes to it.
pub fn stream(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(path)?;
    let meta = file.metadata()?;
    if is_pipe(&meta) { Ok(Box::new(file)) } else { regular(&meta).map(|()| Box::new(file) as _) }
}

/// The text of a file that somebody wrote.
pub fn text(path: &Path) -> io::Result<String> {
    text_of(open(path)?)
}

/// The text of a stream, such as standard input, which may hold no more than a file.
pub fn text_of(stream: impl Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    stream.take(TEXT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > TEXT {
        return Err(io::Error::other(format!("it is larger than {} MB", TEXT >> 20)));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))
}

fn regular(meta: &Metadata) -> io::Result<()> {
    if meta.is_file() {
        return Ok(());
    }
    let what = if meta.is_dir() { "a folder" } else { what(meta) };
    Err(io::Error::other(format!("it is {what}, not a file")))
}

#[cfg(unix)]
fn is_pipe(meta: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&meta.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn what(meta: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    let kind = meta.file_type();
    if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

#[cfg(not(unix))]
fn what(_: &Metadata) -> &'static str {
    "a device"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_read_than_fits() {
        assert_eq!(text_of(&b"a"[..]).unwrap(), "a");
        assert!(text_of(io::repeat(b'a')).unwrap_err().to_string().contains("larger than 16 MB"));
        assert!(text_of(&b"\xff"[..]).unwrap_err().to_string().contains("UTF-8"));
    }
}
