//! TLS: which certificates are trusted, and what is said of those that are not.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{AlertDescription, CertificateError, ClientConfig, Error, RootCertStore};

use crate::failure::Failure;

/// The settings of a client that trusts the authorities in this file, or those of the system.
pub(crate) fn config(ca_file: Option<&Path>) -> Result<ClientConfig, Failure> {
    let roots = match ca_file {
        Some(file) => of_file(file)?,
        None => of_system()?,
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new(format!("cannot use TLS: {error}")))?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn of_file(file: &Path) -> Result<RootCertStore, Failure> {
    let name = file.display();
    let certificates = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| Failure::new(format!("--ca-file: cannot read {name}: {error}")))?;
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates);
    match added {
        0 => Err(Failure::new(format!("--ca-file: {name} has no certificate in PEM"))),
        _ => Ok(roots),
    }
}

fn of_system() -> Result<RootCertStore, Failure> {
    let loaded = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(loaded.certs);
    if added == 0 {
        let why = loaded.errors.first().map(|error| format!(" ({error})")).unwrap_or_default();
        return Err(Failure::new(format!(
            "this system has no certificate authorities{why}: install them, or use --ca-file"
        )));
    }
    Ok(roots)
}

/// Why a connection over TLS cannot be had.
pub(crate) fn describe(error: &io::Error, host: &str, port: u16) -> String {
    let tls = error.get_ref().and_then(|error| error.downcast_ref::<Error>());
    let Some(tls) = tls else {
        return match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                format!(
                    "{host} closes the connection in the TLS handshake: is port {port} for https?"
                )
            }
            _ => format!("TLS with {host} fails: {error}"),
        };
    };
    match tls {
        Error::InvalidCertificate(error) => certificate(error, host),
        Error::InvalidMessage(_) => {
            format!("{host} does not speak TLS on port {port}: is it http:// there?")
        }
        Error::AlertReceived(AlertDescription::NoApplicationProtocol)
        | Error::NoApplicationProtocol => {
            format!("{host} does not speak HTTP/1.1 over TLS, which the inspection uses")
        }
        Error::AlertReceived(
            AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure,
        ) => {
            format!(
                "{host} refuses the TLS handshake ({tls}): it may want the certificate of a client"
            )
        }
        Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            format!("{host} says that it is not the host of this name")
        }
        Error::AlertReceived(AlertDescription::ProtocolVersion) | Error::PeerIncompatible(_) => {
            format!("{host} has neither TLS 1.2 nor TLS 1.3 with a cipher that is safe ({tls})")
        }
        tls => format!("TLS with {host} fails: {tls}"),
    }
}

/// What is wrong with the certificate of the server.
fn certificate(error: &CertificateError, host: &str) -> String {
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("the certificate of {host} has expired (or the clock of this machine is wrong)")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!(
                "the certificate of {host} is not valid yet (or the clock of this machine is wrong)"
            )
        }
        CertificateError::NotValidForName => format!("the certificate is not for {host}"),
        CertificateError::NotValidForNameContext { presented, .. } => match presented.is_empty() {
            true => format!("the certificate is not for {host}, and names no host"),
            false => format!("the certificate is not for {host}, but for {}", presented.join(", ")),
        },
        CertificateError::UnknownIssuer => format!(
            "the certificate of {host} is from an authority that is not trusted here: give the certificate of \
             the authority with --ca-file"
        ),
        CertificateError::Revoked => format!("the certificate of {host} is revoked"),
        CertificateError::BadSignature => {
            format!("the signature of the certificate of {host} is wrong")
        }
        error => {
            let text = error.to_string();
            match text.contains("CaUsedAsEndEntity") {
                true => format!(
                    "the certificate of {host} is that of an authority, and none of a server: have the \
                     authority sign one for {host}"
                ),
                false => format!("the certificate of {host} is refused: {text}"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(error: Error) -> String {
        describe(&io::Error::new(io::ErrorKind::InvalidData, error), "api.example", 443)
    }

    #[test]
    fn what_is_wrong_with_a_certificate_is_said() {
        for (error, said) in [
            (CertificateError::Expired, "has expired"),
            (CertificateError::NotValidYet, "not valid yet"),
            (CertificateError::NotValidForName, "not for api.example"),
            (CertificateError::UnknownIssuer, "--ca-file"),
            (CertificateError::Revoked, "revoked"),
            (CertificateError::BadEncoding, "refused"),
        ] {
            let described = described(Error::InvalidCertificate(error));
            assert!(described.contains(said), "{described}");
            assert!(described.contains("api.example"), "{described}");
        }
    }

    #[test]
    fn a_file_without_certificates_is_named() {
        let missing = config(Some(Path::new("/nothing/is/here.pem"))).unwrap_err().to_string();
        assert!(missing.contains("cannot read /nothing/is/here.pem"), "{missing}");
        let none = config(Some(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))))
            .unwrap_err()
            .to_string();
        assert!(none.contains("has no certificate in PEM"), "{none}");
    }
}
