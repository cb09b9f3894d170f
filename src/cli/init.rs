//! `init`: an empty store.

use std::rc::Rc;

use super::Context;
use super::domain::told;
use crate::domain;
use crate::error::Result;
use crate::session::create;

#[derive(clap::Args)]
pub struct Args {
    /// The domain: a TOML file, or todo, subscription, account or demo.
    #[arg(long, value_name = "FILE|NAME")]
    domain: Option<String>,
}

pub fn run(context: &mut Context, args: &Args) -> Result<()> {
    let domain = args.domain.as_deref().map(domain::load).transpose()?.map(Rc::new);
    if let Some(domain) = &domain {
        told(context, &domain.loops())?;
    }
    let open = context.opening();
    create(&open, domain.as_ref())?;
    let path = open.path.display().to_string();
    if context.json {
        return context
            .out
            .json(&serde_json::json!({ "store": path, "domain": domain.map(|d| d.name.clone()) }));
    }
    let with = domain.map_or_else(|| "no domain".to_owned(), |domain| format!("the domain {}", domain.name));
    context.out.line(format_args!("{path}: an empty store with {with}."))
}
