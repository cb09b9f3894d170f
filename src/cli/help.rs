//! `help`: the manual's pages, and the help of the verbs as clap writes it.

use clap::Command;
use serde_json::json;

use super::Context;
use crate::error::{Error, Result};
use crate::manual::{self, Signs};

#[derive(clap::Args)]
pub struct Args {
    /// A topic of the manual, or a verb (and a verb of its own: `domain lint`).
    #[arg(value_name = "TOPIC|VERB")]
    words: Vec<String>,
}

/// The help of a verb that has verbs of its own.
#[derive(clap::Args)]
pub struct Own {
    /// Print help for the subcommand(s).
    #[arg(value_name = "COMMAND")]
    words: Vec<String>,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    if let [topic] = words[..]
        && let Some(page) = manual::page(topic)
    {
        return show(context, page);
    }
    if words.is_empty() && context.json {
        let line =
            |page: &manual::Page| context.out.json(&json!({ "topic": page.topic, "about": page.about }));
        return manual::pages().iter().try_for_each(line);
    }
    if is_verb(&super::command(), &words) {
        return of_verb(&words);
    }
    let topics: Vec<&str> = manual::pages().iter().map(|page| page.topic).collect();
    Err(Error::usage(format!("There is no topic and no verb {}.", words.join(" ")))
        .hint(format!("The topics are {}; `backstory help` lists the verbs, too.", topics.join(", "))))
}

/// `VERB help`, as `help VERB` has it.
pub fn of_own(verb: &str, args: &Own) -> Result<()> {
    let words: Vec<&str> = [verb].into_iter().chain(args.words.iter().map(String::as_str)).collect();
    if is_verb(&super::command(), &words) {
        return of_verb(&words);
    }
    Err(Error::usage(format!("There is no verb {}.", words.join(" ")))
        .hint(format!("`backstory help {verb}` lists those that there are.")))
}

fn show(context: &mut Context, page: &manual::Page) -> Result<()> {
    if context.json {
        return context.out.json(&json!({ "topic": page.topic, "about": page.about, "text": page.text }));
    }
    let signs = if context.out.has_looks() { Signs::Looks } else { Signs::Kept };
    page.lines(context.out.columns(), signs).iter().try_for_each(|line| context.out.styled(line))
}

/// Whether the words lead from verb to verb.
fn is_verb(command: &Command, words: &[&str]) -> bool {
    words
        .split_first()
        .is_none_or(|(first, rest)| command.find_subcommand(first).is_some_and(|verb| is_verb(verb, rest)))
}

/// What clap says about a verb; without one, about all of them.
fn of_verb(words: &[&str]) -> Result<()> {
    let asked = ["backstory"].iter().chain(words).chain(&["--help"]);
    match super::command().try_get_matches_from(asked) {
        Ok(_) => Ok(()),
        Err(help) => Ok(help.print()?),
    }
}

/// The topics, as the list of verbs ends with them.
pub fn topics() -> String {
    let mut text = "Topics (backstory help TOPIC prints a page of the manual):".to_owned();
    for page in manual::pages() {
        text += &format!("\n  {:<11}  {}", page.topic, page.about);
    }
    text
}
