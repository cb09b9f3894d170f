//! A shell's `<(…)` in the place of files.

use portable_pty::CommandBuilder;

use super::Tui;

/// So many lines of a machine, which a shell writes.
fn lines(machine: &str, hour: u32) -> String {
    format!(
        r#"for n in $(seq 10 49); do echo '{{"when":"2024-03-01T{hour:02}:'$n':00Z","machine":"{machine}-'$((n % 3))'","did":"'$((n % 2))'"}}'; done"#
    )
}

#[test]
fn two_pipes_are_two_files_of_one_log() {
    let folder = tempfile::tempdir().unwrap();
    let script =
        format!("{} <({}) <({})", env!("CARGO_BIN_EXE_backstory"), lines("press", 9), lines("mill", 10));
    let mut command = CommandBuilder::new("/bin/bash");
    command.args(["-c", &script]);
    let home = folder.path().display().to_string();
    let env = [("HOME", home.as_str()), ("XDG_DATA_HOME", &home), ("PATH", "/usr/bin:/bin")];
    let mut tui = Tui::run(120, 36, command, &env, folder);
    tui.sees("80 events");
    tui.sees("id .machine");
    for machine in ["press-0", "press-2", "mill-0", "mill-2"] {
        tui.sees(machine);
    }
    tui.send("q");
    assert!(tui.ended().0.success());
}
