//! How a command ends when it does not do what was asked.

use std::{fmt, process::ExitCode};

use api::{FieldError, Problem, ProblemType};
use compose::words::harmless_lines;

/// The exit codes. People script against them: they are documented in `skx --help` and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// Failed, or unhealthy.
    Failed = 1,
    /// The command line or its input is wrong.
    Usage = 2,
    /// There is no such object or file.
    NotFound = 3,
    /// Not signed in, or not allowed.
    Denied = 4,
    /// A conflict, a precondition, or a final refusal.
    Conflict = 5,
    /// The controller, or the site, cannot be reached.
    Unreachable = 6,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code as u8)
    }
}

/// Why a command did not do what was asked, in words for the person at the terminal.
#[derive(Debug)]
pub(crate) struct Failure {
    code: Code,
    message: String,
    how: Option<String>,
    /// What the controller found wrong with fields of the request.
    errors: Vec<FieldError>,
    /// What kind of problem it is, when the controller said one.
    kind: Option<ProblemType>,
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl fmt::Display) -> Self {
        Self { code, message: message.to_string(), how: None, errors: Vec::new(), kind: None }
    }

    pub(crate) fn failed(message: impl fmt::Display) -> Self {
        Self::new(Code::Failed, message)
    }

    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self::new(Code::Usage, message)
    }

    /// The same, with what to do about it.
    #[must_use]
    pub(crate) fn how(mut self, how: impl fmt::Display) -> Self {
        self.how = Some(how.to_string());
        self
    }

    /// The same, with where in a file it stands what it is about.
    #[must_use]
    pub(crate) fn at(self, place: &str) -> Self {
        Self { message: format!("{place}: {}", self.message), ..self }
    }

    /// The same, with another exit code.
    #[must_use]
    pub(crate) fn with_code(self, code: Code) -> Self {
        Self { code, ..self }
    }

    /// What the controller found wrong with documents.
    pub(crate) fn diagnostics(&self) -> impl Iterator<Item = &api::Diagnostic> {
        self.errors.iter().filter_map(|error| error.diagnostic.as_deref())
    }

    /// What the controller found wrong with fields of the request.
    pub(crate) fn errors(&self) -> &[FieldError] {
        &self.errors
    }

    /// Whether it is a problem of this kind.
    pub(crate) fn is(&self, kind: ProblemType) -> bool {
        self.kind == Some(kind)
    }

    pub(crate) fn code(&self) -> Code {
        self.code
    }

    /// What is printed: the message, and on a line of its own what to do. Nothing for a failure without words.
    pub(crate) fn report(&self) -> String {
        let report = match &self.how {
            Some(how) => format!("error: {}\n  {how}", self.message),
            None => format!("error: {}", self.message),
        };
        // Others may have said what is in it.
        harmless_lines(&report)
    }

    /// A file that could not be read or written.
    pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        let code = match error.kind() {
            std::io::ErrorKind::NotFound => Code::NotFound,
            std::io::ErrorKind::PermissionDenied => Code::Denied,
            std::io::ErrorKind::InvalidData => {
                return Self::usage(format_args!("{} is no text in UTF-8", path.display()));
            }
            _ => Code::Failed,
        };
        Self::new(code, format_args!("{}: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&harmless_lines(&self.message))
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let kind = problem.known();
        let code = match (kind, problem.status) {
            (Some(ProblemType::Unavailable), _) => Code::Unreachable,
            (Some(ProblemType::Internal), _) => Code::Failed,
            (_, 401 | 403 | 429) => Code::Denied,
            (_, 404) => Code::NotFound,
            (_, 409 | 412) => Code::Conflict,
            (_, 400 | 413 | 415 | 422) => Code::Usage,
            (_, 502..=504) => Code::Unreachable,
            _ => Code::Failed,
        };
        let mut message = problem.detail;
        if code == Code::Failed
            && let Some(id) = problem.request_id
        {
            message = format!("{message} (request {id} in the controller's log)");
        }
        Self { code, message, how: problem.how, errors: problem.errors, kind }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_problem_has_its_exit_code() {
        for (kind, code) in [
            (ProblemType::Malformed, Code::Usage),
            (ProblemType::Unauthorized, Code::Denied),
            (ProblemType::PasswordChangeRequired, Code::Denied),
            (ProblemType::TooManyAttempts, Code::Denied),
            (ProblemType::NotFound, Code::NotFound),
            (ProblemType::NameTaken, Code::Conflict),
            (ProblemType::Precondition, Code::Conflict),
            (ProblemType::RevisionMismatch, Code::Conflict),
            (ProblemType::Invalid, Code::Usage),
            (ProblemType::NotHonoured, Code::Usage),
            (ProblemType::Internal, Code::Failed),
            (ProblemType::Unavailable, Code::Unreachable),
        ] {
            assert_eq!(Failure::from(Problem::new(kind, "x")).code(), code, "{kind:?}");
        }
    }

    #[test]
    fn a_report_says_what_and_how() {
        let problem = Problem::new(ProblemType::Precondition, "there is no root certificate").with_how("make one");
        assert_eq!(Failure::from(problem).report(), "error: there is no root certificate\n  make one");
    }
}
