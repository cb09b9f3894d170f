//! A POST: a CloudEvents 1.0 message in structured mode to an endpoint of this machine's configuration.

use serde_json::Value;

use super::local::Local;
use super::secret::check_http;
use super::{Errand, LIMIT, failed, hopeless};
use crate::error::{Error, Result};
use crate::event::cloud_event;

pub(super) fn post(local: &Local, errand: &Errand<'_>, endpoint: &str, data: &Value) -> Result<String> {
    let settings = local.http(endpoint)?;
    check_http(endpoint, settings)?;
    let mut message = cloud_event(errand.event);
    message["data"] = data.clone();
    // Two reactors may tell of one event with other data: source and id together name the message.
    message["source"] = format!("urn:backstory:{}:{}", errand.event.branch, errand.name()).into();
    // Followed, a redirect would become a GET without the message.
    let config = ureq::Agent::config_builder().timeout_global(Some(LIMIT)).max_redirects(0).build();
    let agent: ureq::Agent = config.into();
    let mut request = agent
        .post(&settings.url)
        .header("Content-Type", "application/cloudevents+json")
        .header("Idempotency-Key", errand.key());
    for (name, value) in &settings.headers {
        request = request.header(name, value);
    }
    let response = request.send(message.to_string()).map_err(|error| why(endpoint, &error))?;
    let answered = format!("{endpoint} answered {}", response.status());
    if response.status().is_redirection() {
        return Err(failed(&answered, "the message goes nowhere else than to the address in config.toml"));
    }
    Ok(answered)
}

/// An address or a header that cannot be is one whenever it is tried.
fn why(endpoint: &str, error: &ureq::Error) -> Error {
    match error {
        ureq::Error::BadUri(_) | ureq::Error::Http(_) => hopeless(endpoint, error)
            .hint(format!("Mend [http.{endpoint}] in config.toml, then `backstory jobs retry`.")),
        _ => failed(endpoint, error),
    }
}
