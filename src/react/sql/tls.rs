//! The encrypted connection to a database: its certificate is always checked.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::error::{Error, Result};

/// What encrypts a connection.
pub(super) type Connector = tokio_postgres_rustls::MakeRustlsConnect;

/// Trusts the certificates of a PEM file, else those that browsers know.
pub(super) fn connector(ca: Option<&Path>) -> Result<Connector> {
    let mut roots = RootCertStore::empty();
    match ca {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(file) => {
            let wrong = |why: &dyn std::fmt::Display| Error::refused(format!("{}: {why}.", file.display()));
            let text = crate::file::text(file).map_err(|error| wrong(&error))?;
            for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
                let certificate = certificate.map_err(|error| wrong(&error))?;
                roots.add(certificate).map_err(|error| wrong(&error))?;
            }
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::refused(format!("The connection cannot be encrypted: {error}.")))?;
    Ok(Connector::new(config.with_root_certificates(roots).with_no_client_auth()))
}
