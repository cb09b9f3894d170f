//! Files that only their owner may read, opened without following links: what is written out of a store, or beside
//! one, may be somebody's secret, and the folder may be somebody else's trap.
//!
//! They are made 0600, folders 0700. Where the umask lets the group write (002, 007), files are shared on purpose: then
//! it decides.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// What a file is made with where nobody shares files.
#[cfg(unix)]
const OWNER: u32 = 0o600;

/// The permission bits with which a file is made in a folder.
#[cfg(unix)]
fn mode_in(folder: &Path) -> io::Result<u32> {
    use std::os::unix::fs::PermissionsExt as _;

    let all = std::fs::Permissions::from_mode(0o666);
    let tried = tempfile::Builder::new().permissions(all).tempfile_in(folder)?;
    let mode = tried.as_file().metadata()?.permissions().mode() & 0o777;
    Ok(if mode & 0o020 == 0 { OWNER } else { mode })
}

/// The folder in which a file stands.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// How files are called that are given their names later.
const UNNAMED: (&str, &str) = (".backstory-", ".tmp");

/// Whether a file is called like one that has no name yet, or like what lies beside that.
pub fn is_unnamed(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with(UNNAMED.0) && name.contains(UNNAMED.1)
}

/// A new file with a name of its own beside where it is to stand in the end; it goes away unless it is given that name.
/// What others left there that were killed goes, too.
pub fn new_file_beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = folder_of(path);
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNNAMED.0).suffix(UNNAMED.1);
    #[cfg(unix)]
    {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode_in(folder)?));
        unix::remove_left(folder);
        unix::locked(|| builder.tempfile_in(folder))
    }
    #[cfg(not(unix))]
    builder.tempfile_in(folder)
}

/// Writes a whole file where nothing has its name yet.
pub fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut made = new_file_beside(path)?;
    io::Write::write_all(&mut made, content)?;
    made.as_file().sync_all()?;
    made.persist_noclobber(path)?;
    sync_folder(path);
    Ok(())
}

/// Whether a name still stands for an open file.
pub fn is_same(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(named)) = (file.metadata(), std::fs::symlink_metadata(path)) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        (open.dev(), open.ino()) == (named.dev(), named.ino())
    }
    #[cfg(not(unix))]
    {
        open.len() == named.len() && open.modified().ok() == named.modified().ok()
    }
}

/// Makes a file's name durable. Not every file system can, and then it does not matter.
pub fn sync_folder(path: &Path) {
    if let Ok(folder) = File::open(folder_of(path)) {
        let _ = folder.sync_all();
    }
}

/// A folder that is written to, kept open: whoever exchanges it for a link in the meantime gets nothing.
pub struct Folder {
    path: PathBuf,
    #[cfg(unix)]
    open: File,
    #[cfg(unix)]
    mode: u32,
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, mkdirat, openat, renameat, statat, unlinkat};
    use tempfile::NamedTempFile;

    use super::{Folder, UNNAMED, folder_of, is_same, mode_in};

    const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

    /// So many files may be taken away while they are locked; more are not, where a folder can tell which file is which.
    const TRIES: usize = 8;

    /// A new file that is locked for as long as it is open: so it is told from one that nobody makes any more.
    pub fn locked(make: impl Fn() -> io::Result<NamedTempFile>) -> io::Result<NamedTempFile> {
        for _ in 0..TRIES {
            let made = make()?;
            // Where files cannot be locked, none is taken for left behind, either.
            let _ = made.as_file().lock();
            // Somebody may have taken it for that before it was locked.
            if is_same(made.as_file(), made.path()) {
                return Ok(made);
            }
        }
        make()
    }

    /// Removes the files in a folder that were never given their names, and that nobody makes any more, with what lies
    /// beside them. What cannot be removed stays.
    pub fn remove_left(folder: &Path) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if !name.starts_with(UNNAMED.0) || !name.ends_with(UNNAMED.1) {
                continue;
            }
            let how = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let Ok(file) = openat(CWD, &path, how, Mode::empty()).map(File::from) else { continue };
            if file.try_lock().is_ok() && is_same(&file, &path) {
                for end in ["-journal", "-wal", "-shm", ""] {
                    let mut beside = path.clone().into_os_string();
                    beside.push(end);
                    let _ = std::fs::remove_file(beside);
                }
            }
        }
    }

    impl Folder {
        /// A folder that the user named; it is made where it is not there. Links on the way are the user's own.
        pub fn named(path: &Path) -> io::Result<Self> {
            if !path.exists() {
                use std::os::unix::fs::DirBuilderExt as _;
                std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
            }
            Self::opened(path, openat(CWD, path, FOLDER, Mode::empty())?.into())
        }

        /// The folder of this name beside a file; a link of that name is refused.
        pub fn beside(file: &Path, name: &str) -> io::Result<Self> {
            let parent = folder_of(file);
            let path = parent.join(name);
            let parent_open: File = openat(CWD, parent, FOLDER, Mode::empty())?.into();
            let mode = folder_mode(mode_in(parent)?);
            match mkdirat(&parent_open, name, Mode::from_raw_mode(mode)) {
                Ok(()) | Err(rustix::io::Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            let open = openat(&parent_open, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())
                .map_err(|error| is_link(error, &path))?;
            Self::opened(&path, open.into())
        }

        fn opened(path: &Path, open: File) -> io::Result<Self> {
            let mode = mode_in(path)?;
            Ok(Self { path: path.to_owned(), open, mode })
        }

        /// Opens a file in it to write behind what it has; it is made where it is not there.
        pub fn append(&self, name: &str) -> io::Result<File> {
            self.file(name, OFlags::RDWR | OFlags::APPEND | OFlags::CREATE)
        }

        /// Puts a whole file there at once, in the place of one that has the name. A link of that name is replaced, not
        /// followed.
        pub fn put(&self, name: &str, content: &[u8]) -> io::Result<()> {
            self.written(name, content, |new| renameat(&self.open, new, &self.open, name))
        }

        /// Puts a whole file there at once, where nothing has the name, not even a link.
        pub fn put_new(&self, name: &str, content: &[u8]) -> io::Result<()> {
            self.written(name, content, |new| linkat(&self.open, new, &self.open, name, AtFlags::empty()))
        }

        /// Writes a file under a name of its own and lets it be given its final one.
        fn written(
            &self,
            name: &str,
            content: &[u8],
            give: impl FnOnce(&str) -> rustix::io::Result<()>,
        ) -> io::Result<()> {
            let new = format!(".{name}.{}.tmp", std::process::id());
            let remove = || unlinkat(&self.open, &new, AtFlags::empty());
            // What a run that was killed left behind.
            let _ = remove();
            let mut file = self.file(&new, OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL)?;
            let written = io::Write::write_all(&mut file, content).and_then(|()| file.sync_all());
            let given =
                written.and_then(|()| give(&new).map_err(|error| is_link(error, &self.path.join(name))));
            // Renamed, it is not there any more.
            let _ = remove();
            given
        }

        /// Whether something that is a file, and no link to one, has a name there.
        pub fn has(&self, name: &str) -> bool {
            statat(&self.open, name, AtFlags::SYMLINK_NOFOLLOW)
                .is_ok_and(|found| rustix::fs::FileType::from_raw_mode(found.st_mode).is_file())
        }

        fn file(&self, name: &str, how: OFlags) -> io::Result<File> {
            if name.contains('/') || name.starts_with("..") {
                return Err(io::Error::new(io::ErrorKind::InvalidInput, "the name leads out of its folder"));
            }
            // NONBLOCK: nobody need sit at the other end of a FIFO of that name.
            let how = how | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
            let opened = openat(&self.open, name, how, Mode::from_raw_mode(self.mode));
            let file: File = opened.map_err(|error| is_link(error, &self.path.join(name)))?.into();
            if file.metadata()?.is_file() {
                return Ok(file);
            }
            let path = self.path.join(name);
            Err(io::Error::other(format!("{} is not a file", path.display())))
        }
    }

    fn folder_mode(file: u32) -> u32 {
        // Who may read a file may go into its folder.
        file | (file & 0o444) >> 2
    }

    fn is_link(error: rustix::io::Errno, path: &Path) -> io::Error {
        let linked = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
        if linked {
            io::Error::other(format!("{} is a link, which is not followed", path.display()))
        } else {
            error.into()
        }
    }
}

#[cfg(not(unix))]
impl Folder {
    /// A folder that the user named; it is made where it is not there.
    pub fn named(path: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        Ok(Self { path: path.to_owned() })
    }

    /// The folder of this name beside a file.
    pub fn beside(file: &Path, name: &str) -> io::Result<Self> {
        Self::named(&folder_of(file).join(name))
    }

    /// Opens a file in it to write behind what it has.
    pub fn append(&self, name: &str) -> io::Result<File> {
        File::options().create(true).append(true).read(true).open(self.path.join(name))
    }

    /// Puts a whole file there at once, in the place of one that has the name.
    pub fn put(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let mut made = tempfile::NamedTempFile::new_in(&self.path)?;
        io::Write::write_all(&mut made, content)?;
        made.as_file().sync_all()?;
        made.persist(self.path.join(name))?;
        Ok(())
    }

    /// Puts a whole file there at once, where nothing has the name.
    pub fn put_new(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let mut made = tempfile::NamedTempFile::new_in(&self.path)?;
        io::Write::write_all(&mut made, content)?;
        made.as_file().sync_all()?;
        made.persist_noclobber(self.path.join(name))?;
        Ok(())
    }

    /// Whether something has a name there.
    pub fn has(&self, name: &str) -> bool {
        self.path.join(name).is_file()
    }
}

impl Folder {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_makes_any_more_goes_and_what_somebody_makes_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let making = new_file_beside(&path).unwrap();
        let (_, left) = new_file_beside(&path).unwrap().keep().unwrap();
        for name in ["another.tmp", ".backstory-notes"] {
            std::fs::write(folder.path().join(name), "mine").unwrap();
        }
        for beside in ["-wal", "-journal"] {
            std::fs::write(format!("{}{beside}", left.display()), "its own").unwrap();
        }
        std::os::unix::fs::symlink(folder.path().join("another.tmp"), folder.path().join(".backstory-0.tmp"))
            .unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 7);
        let other = new_file_beside(&path).unwrap();
        assert!(making.path().exists() && other.path().exists() && !left.exists());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 5);
    }
}
