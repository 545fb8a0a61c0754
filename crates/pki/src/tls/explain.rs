use std::io;

use jiff::Timestamp;
use rustls::{AlertDescription, CertificateError, Error};
use rustls_pki_types::UnixTime;

use super::Refusal;

const NO_PROTOCOL: &str = "the peer was refused: it offers none of the application protocols served here";

/// Why we refused a peer during the handshake, if that is what went wrong.
///
/// Certificates that are not valid at this time are reported by [`explain`] only.
pub fn refusal(error: &Error) -> Option<&Refusal> {
    match error {
        Error::InvalidCertificate(CertificateError::Other(other)) => other.0.downcast_ref(),
        _ => None,
    }
}

/// What went wrong with a TLS connection, in words for people.
pub fn explain(error: &Error) -> String {
    if let Some(refusal) = refusal(error) {
        return format!("the peer was refused: {refusal}");
    }
    match error {
        Error::InvalidCertificate(CertificateError::ExpiredContext { time, not_after }) => format!(
            "the peer was refused: its certificate expired {}, and this host's time is {}; check the clock",
            at(*not_after),
            at(*time)
        ),
        Error::InvalidCertificate(CertificateError::NotValidYetContext { time, not_before }) => format!(
            "the peer was refused: its certificate is valid from {}, and this host's time is {}; check the clock",
            at(*not_before),
            at(*time)
        ),
        Error::NoCertificatesPresented => "the peer was refused: it presented no certificate".to_owned(),
        Error::NoApplicationProtocol => NO_PROTOCOL.to_owned(),
        // What rustls makes of a server that has no certificate for a client: ours has none for clients without ALPN.
        Error::General(words) if words == "no server certificate chain resolved" => NO_PROTOCOL.to_owned(),
        Error::AlertReceived(alert) => explain_alert(*alert),
        other => format!("the TLS connection failed: {other}"),
    }
}

/// What went wrong with a connection, in words for people: [`explain`] where TLS is the cause.
pub fn explain_io(error: &io::Error) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(error) => explain(error),
        // What rustls says here is for those who write programs.
        None if error.kind() == io::ErrorKind::UnexpectedEof => "the other end closed the connection".to_owned(),
        None => error.to_string(),
    }
}

fn explain_alert(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::CertificateExpired => {
            "the peer says that our certificate is not valid at this time; check the clock of both".to_owned()
        }
        AlertDescription::CertificateRequired => "the peer requires a certificate, and we have none".to_owned(),
        AlertDescription::NoApplicationProtocol | AlertDescription::AccessDenied => {
            "the peer does not serve this application protocol here".to_owned()
        }
        AlertDescription::CertificateUnknown
        | AlertDescription::BadCertificate
        | AlertDescription::UnknownCA
        | AlertDescription::UnsupportedCertificate => "the peer refused our certificate; its log says why".to_owned(),
        other => format!("the peer ended the TLS connection ({other:?})"),
    }
}

fn at(time: UnixTime) -> String {
    let time = i64::try_from(time.as_secs()).ok().and_then(|second| Timestamp::from_second(second).ok());
    time.map_or_else(|| "at an unknown time".to_owned(), |time| time.to_string())
}
