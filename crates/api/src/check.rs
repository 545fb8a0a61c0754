//! What a type cannot say of a request by itself: rules across its fields.

use crate::FieldError;

/// The faults found in a request.
#[derive(Debug, Default)]
pub struct Errors(Vec<FieldError>);

impl Errors {
    /// Records a fault.
    pub fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError::new(field, message));
    }

    /// Records faults that were found elsewhere.
    pub fn extend(&mut self, faults: impl IntoIterator<Item = FieldError>) {
        self.0.extend(faults);
    }

    /// The faults, in the order they were found.
    pub fn into_vec(self) -> Vec<FieldError> {
        self.0
    }
}

/// A request body that can be checked before anything is done.
pub trait Check {
    /// Records every fault that can be seen without looking anything up.
    fn check(&self, errors: &mut Errors) {
        let _ = errors;
    }

    /// Every fault; empty when the request may be carried out.
    fn faults(&self) -> Vec<FieldError> {
        let mut errors = Errors::default();
        self.check(&mut errors);
        errors.into_vec()
    }
}

/// A new name must not look like an id: paths accept both, and one text must mean one object.
pub(crate) fn new_name(name: &model::Name, field: &str, errors: &mut Errors) {
    if uuid::Uuid::try_parse(name.as_str()).is_ok() {
        errors.add(field, format!("{name:?} looks like an id; choose a name that is not a UUID", name = name.as_str()));
    }
}
