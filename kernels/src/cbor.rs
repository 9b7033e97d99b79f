//! Deterministic CBOR (RFC 8949, 4.2) of plain Python values: integers, byte strings, texts, lists,
//! booleans, None and maps. Twin: `yuzhong.ledger.twins.cbor`.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyInt, PyList, PyString, PyTuple};

use crate::failures::{Checked, Fault};
use crate::head::{self, ARRAY, BYTES, MAP, MAX_DEPTH, Reader, TEXT};

/// The canonical bytes of `value`.
#[pyfunction]
fn cbor_encode<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let mut out = Vec::new();
    write(value, 0, &mut out)?;
    Ok(PyBytes::new(value.py(), &out))
}

/// The value whose canonical bytes `data` is; FormError if it is not canonical.
#[pyfunction]
fn cbor_decode<'py>(py: Python<'py>, data: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let mut reader = Reader::new(data);
    let value = read(py, &mut reader, 0)?;
    reader.finish()?;
    Ok(value)
}

/// A Python int (or a subclass but bool) as a number; None if it lies outside -2^64..2^64-1.
pub fn int_value(value: &Bound<'_, PyInt>) -> Option<i128> {
    if let Ok(small) = value.extract::<i64>() {
        return Some(i128::from(small));
    }
    let range = -(1_i128 << 64)..=(1_i128 << 64) - 1;
    value
        .extract::<i128>()
        .ok()
        .filter(|number| range.contains(number))
}

/// A number from -2^64 to 2^64-1 as a Python int.
pub fn int_object(py: Python<'_>, value: i128) -> PyResult<Bound<'_, PyAny>> {
    Ok(match i64::try_from(value) {
        Ok(small) => small.into_pyobject(py)?.into_any(),
        Err(_) => value.into_pyobject(py)?.into_any(),
    })
}

fn write(value: &Bound<'_, PyAny>, depth: usize, out: &mut Vec<u8>) -> Checked<()> {
    if value.is_none() {
        out.push(head::NULL);
    } else if let Ok(truth) = value.cast::<PyBool>() {
        out.push(if truth.is_true() { head::TRUE } else { head::FALSE });
    } else if let Ok(list) = value.cast::<PyList>() {
        write_items(list.iter(), list.len(), depth, out)?;
    } else if let Ok(tuple) = value.cast::<PyTuple>() {
        write_items(tuple.iter(), tuple.len(), depth, out)?;
    } else if let Ok(map) = value.cast::<PyDict>() {
        write_map(map, depth, out)?;
    } else if !write_scalar(value, out)? {
        return Err(Fault::of_type("not a type that CBOR holds here"));
    }
    Ok(())
}

/// Write an integer, byte string or text; false if it is none of these. A bool must not come here.
fn write_scalar(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Checked<bool> {
    if let Ok(number) = value.cast::<PyInt>() {
        let number = int_value(number).ok_or_else(|| Fault::bound("out of bounds"))?;
        head::write_integer(out, number);
    } else if let Ok(bytes) = value.cast::<PyBytes>() {
        head::write_string(out, BYTES, bytes.as_bytes());
    } else if let Ok(text) = value.cast::<PyString>() {
        let text = text.to_str().map_err(|_| Fault::bound("not UTF-8"))?;
        head::write_string(out, TEXT, text.as_bytes());
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn write_items<'py>(
    items: impl Iterator<Item = Bound<'py, PyAny>>,
    count: usize,
    depth: usize,
    out: &mut Vec<u8>,
) -> Checked<()> {
    if depth == MAX_DEPTH {
        return Err(Fault::bound("too deep"));
    }
    head::write_head(out, ARRAY, count as u64);
    for (index, item) in items.enumerate() {
        write(&item, depth + 1, out).map_err(|fault| fault.within(format!("[{index}]")))?;
    }
    Ok(())
}

fn write_map(map: &Bound<'_, PyDict>, depth: usize, out: &mut Vec<u8>) -> Checked<()> {
    if depth == MAX_DEPTH {
        return Err(Fault::bound("too deep"));
    }
    let mut entries = Vec::with_capacity(map.len());
    for (key, value) in map.iter() {
        let mut key_bytes = Vec::new();
        if key.is_instance_of::<PyBool>() || !write_scalar(&key, &mut key_bytes)? {
            return Err(Fault::of_type("a key must be an integer, bytes or text"));
        }
        let mut value_bytes = Vec::new();
        write(&value, depth + 1, &mut value_bytes)?;
        entries.push((key_bytes, value_bytes));
    }
    entries.sort();
    head::write_head(out, MAP, entries.len() as u64);
    for (key, value) in entries {
        out.extend_from_slice(&key);
        out.extend_from_slice(&value);
    }
    Ok(())
}

fn read<'py>(py: Python<'py>, reader: &mut Reader<'_>, depth: usize) -> Checked<Bound<'py, PyAny>> {
    let Some(lead) = reader.peek() else {
        return Err(Fault::form("cut short"));
    };
    match lead {
        head::FALSE | head::TRUE => {
            reader.skip();
            Ok(PyBool::new(py, lead == head::TRUE).to_owned().into_any())
        }
        head::NULL => {
            reader.skip();
            Ok(py.None().into_bound(py))
        }
        _ if lead >> 5 == ARRAY => read_array(py, reader, depth),
        _ if lead >> 5 == MAP => read_map(py, reader, depth),
        _ => read_scalar(py, reader),
    }
}

fn read_scalar<'py>(py: Python<'py>, reader: &mut Reader<'_>) -> Checked<Bound<'py, PyAny>> {
    match reader.peek().map(|lead| lead >> 5) {
        Some(BYTES) => {
            let length = reader.head(BYTES, "expected bytes")?;
            Ok(PyBytes::new(py, reader.take(length)?).into_any())
        }
        Some(TEXT) => {
            let length = reader.head(TEXT, "expected text")?;
            let bytes = reader.take(length)?;
            let text = std::str::from_utf8(bytes).map_err(|_| Fault::form("not UTF-8"))?;
            Ok(PyString::new(py, text).into_any())
        }
        Some(lead) if lead > MAP => Err(Fault::form("a tag, float or simple value")),
        Some(lead) if lead > TEXT => Err(Fault::form("a key must be an integer, bytes or text")),
        _ => {
            let number = reader.integer()?;
            Ok(int_object(py, number)?)
        }
    }
}

fn read_array<'py>(py: Python<'py>, reader: &mut Reader<'_>, depth: usize) -> Checked<Bound<'py, PyAny>> {
    if depth == MAX_DEPTH {
        return Err(Fault::form("too deep"));
    }
    let count = reader.head(ARRAY, "expected an array")?;
    if count > reader.left() as u64 {
        return Err(Fault::form("cut short"));
    }
    let list = PyList::empty(py);
    for index in 0..count {
        let item = read(py, reader, depth + 1).map_err(|fault| fault.within(format!("[{index}]")))?;
        list.append(item)?;
    }
    Ok(list.into_any())
}

fn read_map<'py>(py: Python<'py>, reader: &mut Reader<'_>, depth: usize) -> Checked<Bound<'py, PyAny>> {
    if depth == MAX_DEPTH {
        return Err(Fault::form("too deep"));
    }
    let count = reader.head(MAP, "expected a map")?;
    if count > (reader.left() / 2) as u64 {
        return Err(Fault::form("cut short"));
    }
    let map = PyDict::new(py);
    let mut last: &[u8] = &[];
    for _ in 0..count {
        let before = reader.rest();
        let key = read_scalar(py, reader)?;
        let key_bytes = &before[..before.len() - reader.left()];
        if key_bytes <= last {
            return Err(Fault::form("keys out of order"));
        }
        last = key_bytes;
        map.set_item(key, read(py, reader, depth + 1)?)?;
    }
    Ok(map.into_any())
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(cbor_encode, module)?)?;
    module.add_function(wrap_pyfunction!(cbor_decode, module)?)
}
