//! A metric, by UDP: nobody answers, so it counts as sent.

use std::net::UdpSocket;

use cadence::{Counted, Gauged, Metric as _, StatsdClient, Timed, UdpMetricSink};

use super::local::Local;
use super::{Errand, failed};
use crate::domain::Metric;
use crate::error::Result;

pub(super) fn send(
    local: &Local,
    errand: &Errand<'_>,
    metric: &str,
    kind: Metric,
    value: i64,
) -> Result<String> {
    let settings = local.statsd()?;
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
    let sent = match kind {
        Metric::Count => sent!(client.count_with_tags(metric, value)),
        Metric::Gauge => sent!(client.gauge_with_tags(metric, value.unsigned_abs())),
        Metric::Time => sent!(client.time_with_tags(metric, value.unsigned_abs())),
    };
    sent.map_err(|error| fail(&error))
}
