//! A metric, by UDP: nobody answers, so it counts as sent.

use std::net::UdpSocket;

use cadence::{Counted, Gauged, Metric as _, StatsdClient, Timed, UdpMetricSink};
use serde_json::Number;

use super::local::Local;
use super::{Errand, failed, hopeless};
use crate::domain::Metric;
use crate::error::Result;

pub(super) fn send(
    local: &Local,
    errand: &Errand<'_>,
    metric: &str,
    kind: Metric,
    value: &Number,
) -> Result<String> {
    let settings = local.statsd()?;
    let port = settings.address.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    if port.is_none() {
        return Err(hopeless("The metric was not sent", format!("{} is not HOST:PORT", settings.address))
            .hint("Mend [statsd] address in config.toml, then `backstory jobs retry`."));
    }
    let fail = |error: &dyn std::fmt::Display| failed("The metric was not sent", error);
    let socket = UdpSocket::bind("0.0.0.0:0").map_err(|error| fail(&error))?;
    let sink = UdpMetricSink::from(settings.address.as_str(), socket).map_err(|error| fail(&error))?;
    let client = StatsdClient::from_sink(&settings.prefix, sink);
    let hash = errand.event.hash.to_string();
    let name = errand.name();
    let tags: &[(&str, &str)] = if settings.tags { &[("event", &hash), ("reactor", &name)] } else { &[] };
    // The three builders have three types.
    macro_rules! sent {
        ($builder:expr) => {{
            let builder = tags.iter().fold($builder, |builder, (name, value)| builder.with_tag(name, value));
            builder.try_send().map(|sent| sent.as_metric_str().to_owned())
        }};
    }
    let (whole, number) = (value.as_i64().unwrap_or_default(), value.as_f64().unwrap_or_default());
    let sent = match kind {
        Metric::Count => sent!(client.count_with_tags(metric, whole)),
        Metric::Gauge => {
            // A sign means a change of the gauge: from 0 it is the value.
            if number < 0.0 {
                sent!(client.gauge_with_tags(metric, 0)).map_err(|error| fail(&error))?;
            }
            sent!(client.gauge_with_tags(metric, number))
        }
        Metric::Time => sent!(client.time_with_tags(metric, whole.unsigned_abs())),
    };
    sent.map_err(|error| fail(&error))
}
