//! Another program's event store in the explorer, while that program writes.

use portable_pty::CommandBuilder;

use super::Tui;

#[test]
fn the_first_line_says_that_a_store_is_only_read_and_how_soon_what_is_written_is_here() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let dump = include_str!("../../data/stores/emmett.sql");
    let program = rusqlite::Connection::open(&path).unwrap();
    program.execute_batch(&format!("PRAGMA foreign_keys = OFF; {dump}; PRAGMA journal_mode = WAL")).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_backstory"));
    command.arg(&path);
    let home = folder.path().display().to_string();
    let env = [("XDG_DATA_HOME", home.as_str())];
    let mut tui = Tui::run(120, 36, command, &env, folder);
    tui.sees("7 events  an Emmett database, reading only");
    tui.sees("GuestCheckedIn");
    tui.send("\x1b[B");
    tui.sees("shop.db → emmett");
    tui.sees("read only");
    let more = "INSERT INTO emt_messages SELECT stream_id, 6, partition, message_kind, message_data, message_metadata,
        message_schema_version, 'CartClosedForGood', 'm-8', is_archived, 8, created FROM emt_messages WHERE global_position = 6";
    program.execute_batch(more).unwrap();
    tui.sees("read only · +");
    tui.sees("CartClosedForGood");
    tui.send("q");
    assert!(tui.ended().0.success());
}
