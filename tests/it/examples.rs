//! README's stories end with a page, a case and a test: they are kept under `assets/examples`, and are here what the verbs make.
//! With `BACKSTORY_EXAMPLES=write` they are written anew.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

use crate::program::Place;

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/examples")
}

/// The lines of README that write a file, each as its words.
fn lines() -> Vec<Vec<String>> {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let stories =
        readme.split("\n## Three stories\n").nth(1).unwrap().split("\n## ").next().unwrap().to_owned();
    let writes = |line: &&str| {
        ["page", "case", "test"].iter().any(|what| line.starts_with(&format!("backstory {what} write ")))
    };
    let words =
        |line: &str| line.split(" #").next().unwrap().split_whitespace().skip(1).map(str::to_owned).collect();
    stories.lines().filter(writes).map(words).collect()
}

/// A file without what depends on when, where and by whom it was made.
fn lasting(file: &Path) -> String {
    let bytes = std::fs::read(file).unwrap();
    let ending = file.extension().unwrap().to_str().unwrap();
    let text = match ending {
        "case" => {
            let mut text = String::new();
            GzDecoder::new(&*bytes).read_to_string(&mut text).unwrap();
            text
        }
        _ => String::from_utf8(bytes).unwrap(),
    };
    let made = |line: &&str| match ending {
        "html" => line.starts_with("<p class=\"dim\">store ") || line.starts_with("<pre class=\"dim\">"),
        "case" => line.starts_with("{\"case\":") || line.starts_with("{\"end\":"),
        _ => false,
    };
    text.lines().filter(|line| !made(line)).map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_stories_end_with_what_is_kept_of_them() {
    let place = Place::demo();
    let all = lines();
    let mut stories: Vec<&str> = all.iter().map(|words| words[2].rsplit_once('.').unwrap().0).collect();
    stories.dedup();
    assert_eq!(stories, ["deadline", "slides", "race"], "each story has its three files");
    assert_eq!(all.len(), 9);
    let anew = std::env::var_os("BACKSTORY_EXAMPLES").is_some();
    for words in &all {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        place.ok(&words);
        let (made, kept) = (place.path(words[2]), kept().join(words[2]));
        if anew {
            std::fs::create_dir_all(kept.parent().unwrap()).unwrap();
            std::fs::copy(&made, &kept).unwrap();
        }
        assert!(kept.exists(), "{} is not kept", kept.display());
        assert!(lasting(&made) == lasting(&kept), "{} is not what {words:?} makes", kept.display());
    }
    let mut kept: Vec<_> = std::fs::read_dir(kept()).unwrap().map(|file| file.unwrap().file_name()).collect();
    kept.sort();
    let mut named: Vec<std::ffi::OsString> = all.iter().map(|words| words[2].clone().into()).collect();
    named.sort();
    assert_eq!(kept, named, "what is kept is what the stories make");
}

#[test]
fn what_is_kept_opens_and_holds() {
    let place = Place::empty();
    for name in ["deadline", "slides", "race"] {
        let at = |ending: &str| kept().join(format!("{name}.{ending}")).display().to_string();
        let (case, test, page) = (at("case"), at("toml"), at("html"));
        assert!(place.ok(&["-s", &case, "verify"]).contains("Left out: "), "{name}");
        let head = place.one(&["case", "show", &case]);
        let state = place.one(&["-s", &case, "state", head["at"].as_str().unwrap()]);
        assert_eq!(state["exists"], true, "{head}");
        assert!(place.ok(&["check", &test]).ends_with("run, 0 failed\n"), "{name}");
        let page = std::fs::read_to_string(page).unwrap();
        assert!(page.contains("default-src 'none'") && page.ends_with("</html>\n"), "{name}");
    }
}
