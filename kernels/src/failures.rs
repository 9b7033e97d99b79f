//! The exceptions of `yuzhong.ledger.failures` that kernels raise, and the fault that becomes one of them:
//! what is wrong, and the path of fields that leads to it.

use std::borrow::Cow;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

pyo3::import_exception!(yuzhong.ledger.failures, BoundPassed);
pyo3::import_exception!(yuzhong.ledger.failures, FormError);

/// Which exception a fault becomes.
#[derive(Debug)]
enum Kind {
    Form,
    Bound,
    Type,
    Python(PyErr),
}

/// Why bytes or a value were refused. Boxed, so that the good path moves one pointer.
#[derive(Debug)]
pub struct Fault(Box<Detail>);

#[derive(Debug)]
struct Detail {
    kind: Kind,
    why: Cow<'static, str>,
    /// Steps from the innermost outwards, each with its separator: `.price`, `[3]`, `PlaceOrder`.
    steps: Vec<String>,
}

/// Result of reading or writing one value.
pub type Checked<T> = Result<T, Fault>;

impl Fault {
    fn new(kind: Kind, why: Cow<'static, str>) -> Self {
        Fault(Box::new(Detail {
            kind,
            why,
            steps: Vec::new(),
        }))
    }

    /// Bytes that are not the canonical form of what is expected.
    #[cold]
    pub fn form(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Form, why.into())
    }

    /// A value outside the bounds of its type.
    #[cold]
    pub fn bound(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Bound, why.into())
    }

    /// A value of another Python type than the one expected.
    #[cold]
    pub fn of_type(why: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Type, why.into())
    }

    /// The same fault, seen from one level further out.
    #[cold]
    pub fn within(mut self, step: String) -> Self {
        self.0.steps.push(step);
        self
    }
}

impl From<PyErr> for Fault {
    fn from(error: PyErr) -> Self {
        Self::new(Kind::Python(error), Cow::Borrowed(""))
    }
}

impl From<Fault> for PyErr {
    fn from(fault: Fault) -> Self {
        let Detail { kind, why, steps } = *fault.0;
        let path: String = steps.iter().rev().map(String::as_str).collect();
        let message = if path.is_empty() {
            why.into_owned()
        } else {
            format!("{path}: {why}")
        };
        match kind {
            Kind::Form => FormError::new_err(message),
            Kind::Bound => BoundPassed::new_err(message),
            Kind::Type => PyTypeError::new_err(message),
            Kind::Python(error) => error,
        }
    }
}
