//! `StateMap`: the state as Python sees it, with the behaviour of `yuzhong.ledger.twins.state_map.StateMap`.

use pyo3::exceptions::{PyKeyError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::hashing::Hash;
use crate::row_map::{MapError, RowMap};
use crate::rows::{MAX_KEY_BYTES, MAX_VALUE_BYTES};

type PyRow<'py> = (Bound<'py, PyBytes>, Bound<'py, PyBytes>);

/// One ordered map of byte keys to byte values, authenticated by a Merkle tree. One thread at a time may use it: a
/// call while another is running in `seal` raises RuntimeError.
#[pyclass(module = "yuzhong._kernels")]
#[derive(Default)]
pub struct StateMap {
    map: RowMap,
}

#[pymethods]
impl StateMap {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    fn __len__(&self) -> usize {
        self.map.len()
    }

    fn get<'py>(&self, py: Python<'py>, key: &[u8]) -> Option<Bound<'py, PyBytes>> {
        self.map.get(key).map(|value| PyBytes::new(py, value))
    }

    fn put(&mut self, key: &[u8], value: &[u8]) -> PyResult<()> {
        Ok(self.map.put(key, value)?)
    }

    fn delete(&mut self, key: &Bound<'_, PyBytes>) -> PyResult<()> {
        self.map
            .delete(key.as_bytes())
            .map_err(|_| PyKeyError::new_err(key.clone().unbind()))
    }

    fn scan<'py>(&mut self, py: Python<'py>, start: &[u8], end: &[u8], limit: usize) -> Vec<PyRow<'py>> {
        self.map
            .scan(start, end, limit)
            .map(|row| to_python(py, row))
            .collect()
    }

    fn mark(&self) -> u64 {
        self.map.mark()
    }

    fn undo(&mut self, mark: u64) -> PyResult<()> {
        Ok(self.map.undo(mark)?)
    }

    fn seal<'py>(&mut self, py: Python<'py>, height: u64) -> PyResult<Bound<'py, PyBytes>> {
        let root = py.detach(|| self.map.seal(height))?;
        Ok(PyBytes::new(py, &root))
    }

    fn root<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.map.root())
    }

    fn dirty(&self) -> usize {
        self.map.dirty()
    }

    fn prove<'py>(&self, py: Python<'py>, key: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.map.prove(key)?))
    }

    fn rows<'py>(&self, py: Python<'py>, after: Option<&[u8]>, limit: usize) -> PyResult<Vec<PyRow<'py>>> {
        let after: Option<Hash> = match after {
            None => None,
            Some(bytes) => Some(
                bytes
                    .try_into()
                    .map_err(|_| PyValueError::new_err("after must be a hash of 32 bytes"))?,
            ),
        };
        Ok(self
            .map
            .rows(after.as_ref(), limit)?
            .map(|row| to_python(py, row))
            .collect())
    }

    fn load(&mut self, rows: &Bound<'_, PyAny>) -> PyResult<()> {
        for row in rows.try_iter()? {
            let (key, value): (Bound<'_, PyBytes>, Bound<'_, PyBytes>) = row?.extract()?;
            self.map.load(key.as_bytes(), value.as_bytes())?;
        }
        Ok(())
    }
}

fn to_python<'py>(py: Python<'py>, (key, value): (&[u8], &[u8])) -> PyRow<'py> {
    (PyBytes::new(py, key), PyBytes::new(py, value))
}

impl From<MapError> for PyErr {
    fn from(error: MapError) -> PyErr {
        let value_error = PyValueError::new_err::<String>;
        match error {
            MapError::KeyLength(length) => {
                value_error(format!("a key has 1 to {MAX_KEY_BYTES} bytes, not {length}"))
            }
            MapError::ValueLength(length) => {
                value_error(format!("a value has 1 to {MAX_VALUE_BYTES} bytes, not {length}"))
            }
            MapError::NoSuchKey => PyKeyError::new_err("no such key"),
            MapError::KeyLoadedTwice => value_error("a key to load is there already".into()),
            MapError::LoadAmidChanges => {
                PyRuntimeError::new_err("load before any change, or right after a seal")
            }
            MapError::UnknownMark(mark) => value_error(format!("mark {mark} is void or was never given")),
            MapError::HeightFalls { last, height } => value_error(format!("height {height} is below {last}")),
            MapError::NotSealed(dirty) => {
                PyRuntimeError::new_err(format!("seal first: {dirty} keys have changed"))
            }
        }
    }
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<StateMap>()
}
