//! What a failure of PostgreSQL means for the work that met it.

use crate::Error;
use sea_orm::{DbErr, RuntimeErr};

/// What to do about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::db) enum Failure {
    /// Two transactions were in each other's way: the same again will do.
    Conflict,
    /// A row was in the way of another, or missing. Where somebody else put it there, or took it, in this very moment, a second
    /// look sees that.
    Violation,
    /// The connection is gone, or none can be had: on another one the same may do.
    Lost,
    /// The same again would end the same.
    Final,
}

/// `disk_full`.
const DISK_FULL: &str = "53100";

impl Failure {
    pub(super) fn of(error: &sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(cause) => cause.code().map_or(Self::Final, |code| Self::of_code(&code)),
            // A certificate of nobody that is trusted, or for another name: waiting mends neither.
            sqlx::Error::Io(cause) if is_distrust(cause) => Self::Final,
            // A protocol is broken where the server closes the connection between two messages.
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed | sqlx::Error::Protocol(_) => {
                Self::Lost
            }
            _ => Self::Final,
        }
    }

    /// By the states of PostgreSQL's appendix A.
    fn of_code(code: &str) -> Self {
        match code {
            // serialization_failure, deadlock_detected, lock_not_available.
            "40001" | "40P01" | "55P03" => Self::Conflict,
            // foreign_key_violation, unique_violation.
            "23503" | "23505" => Self::Violation,
            // admin_shutdown, crash_shutdown, cannot_connect_now, too_many_connections, idle_in_transaction_session_timeout, and
            // read_only_sql_transaction: a primary that is one no more.
            "57P01" | "57P02" | "57P03" | "53300" | "25P03" | "25006" => Self::Lost,
            code if code.starts_with("08") => Self::Lost,
            _ => Self::Final,
        }
    }

    pub(in crate::db) fn of_statement(error: &DbErr) -> Self {
        match error {
            DbErr::ConnectionAcquire(_) => Self::Lost,
            DbErr::Conn(RuntimeErr::SqlxError(cause))
            | DbErr::Exec(RuntimeErr::SqlxError(cause))
            | DbErr::Query(RuntimeErr::SqlxError(cause)) => Self::of(cause),
            _ => Self::Final,
        }
    }

    /// Of what a piece of work ended with.
    pub(super) fn of_work(error: &Error) -> Self {
        let Error::Database(cause) = error else { return Self::Final };
        if cause.is::<crate::db::locks::Overtaken>() {
            return Self::Violation;
        }
        cause.downcast_ref::<DbErr>().map_or(Self::Final, Self::of_statement)
    }
}

fn is_distrust(cause: &std::io::Error) -> bool {
    let inner = cause.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(inner, Some(rustls::Error::InvalidCertificate(_)))
}

/// Whether the server's disk is full.
pub(in crate::db) fn is_full(code: &str) -> bool {
    code == DISK_FULL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_told_from_what_stays() {
        for (code, failure) in [
            ("40001", Failure::Conflict),
            ("40P01", Failure::Conflict),
            ("23503", Failure::Violation),
            ("57P01", Failure::Lost),
            ("08006", Failure::Lost),
            ("42601", Failure::Final),
            ("57014", Failure::Final),
        ] {
            assert_eq!(Failure::of_code(code), failure, "{code}");
        }
    }

    #[test]
    fn a_connection_that_breaks_is_told_from_one_that_is_not_trusted() {
        use rustls::{AlertDescription, CertificateError, Error as Tls};
        use std::io::{Error, ErrorKind};
        let tls = |cause| Error::new(ErrorKind::InvalidData, cause);
        for (error, failure) in [
            (Error::from(ErrorKind::ConnectionReset), Failure::Lost),
            (Error::from(ErrorKind::UnexpectedEof), Failure::Lost),
            (tls(Tls::AlertReceived(AlertDescription::InternalError)), Failure::Lost),
            (tls(Tls::InvalidCertificate(CertificateError::UnknownIssuer)), Failure::Final),
        ] {
            let text = error.to_string();
            assert_eq!(Failure::of(&sqlx::Error::Io(error)), failure, "{text}");
        }
    }
}
