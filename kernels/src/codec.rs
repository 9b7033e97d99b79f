//! Records (frozen dataclasses) to and from their canonical bytes, by a shape compiled once.
//! Twin: `yuzhong.ledger.twins.codec`.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyInt, PyString, PyTuple};

use crate::cbor::{int_object, int_value};
use crate::failures::{Checked, Fault};
use crate::head::{self, ARRAY, BYTES, Reader, TEXT};
use crate::shape::{Record, Shape, Union, check_length, check_printable};

/// A record's bytes, at most.
const MAX_RECORD_BYTES: usize = 1 << 20;

const TOO_LARGE: &str = "longer than 1048576 bytes";

/// Encodes and decodes the records of one shape (a record or a union).
#[pyclass(frozen, module = "yuzhong._kernels")]
struct RecordCodec {
    root: Shape,
}

#[pymethods]
impl RecordCodec {
    #[new]
    fn new(shape: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(RecordCodec {
            root: Shape::compile_root(shape)?,
        })
    }

    /// The canonical bytes of `record`. Errors: BoundPassed, TypeError.
    fn encode<'py>(&self, py: Python<'py>, record: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        let mut out = Vec::with_capacity(256);
        let shape = match &self.root {
            Shape::Union(union) => choose_by_class(union, record)?,
            Shape::Record(shape) => shape,
            _ => unreachable!("a root is a record or a union"),
        };
        write_record(py, shape, record, &mut out).map_err(|fault| fault.within(shape.name.clone()))?;
        if out.len() > MAX_RECORD_BYTES {
            return Err(Fault::bound(TOO_LARGE).into());
        }
        Ok(PyBytes::new(py, &out))
    }

    /// The record whose canonical bytes `data` is. Errors: FormError.
    fn decode<'py>(&self, py: Python<'py>, data: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        if data.len() > MAX_RECORD_BYTES {
            return Err(Fault::form(TOO_LARGE).into());
        }
        let mut reader = Reader::new(data);
        let record = match &self.root {
            Shape::Union(union) => {
                let (shape, count) = choose_by_tag(union, &mut reader)?;
                read_fields(py, shape, count, &mut reader)
                    .map_err(|fault| fault.within(shape.name.clone()))?
            }
            Shape::Record(shape) => {
                read_record(py, shape, &mut reader).map_err(|fault| fault.within(shape.name.clone()))?
            }
            _ => unreachable!("a root is a record or a union"),
        };
        reader.finish()?;
        Ok(record)
    }
}

fn write_value(py: Python<'_>, shape: &Shape, value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Checked<()> {
    match shape {
        Shape::Int { lo, hi } => write_int(value, *lo, *hi, out),
        Shape::Bytes { min, max } => {
            let bytes = value
                .cast::<PyBytes>()
                .map_err(|_| Fault::of_type("expected bytes"))?
                .as_bytes();
            check_length(bytes.len() as u64, *min, *max).map_err(Fault::bound)?;
            head::write_string(out, BYTES, bytes);
            Ok(())
        }
        Shape::Text { max } => {
            let text = value
                .cast::<PyString>()
                .map_err(|_| Fault::of_type("expected text"))?;
            let text = text.to_str().map_err(|_| Fault::bound("not UTF-8"))?;
            check_length(text.len() as u64, 0, *max).map_err(Fault::bound)?;
            check_printable(text.as_bytes()).map_err(Fault::bound)?;
            head::write_string(out, TEXT, text.as_bytes());
            Ok(())
        }
        Shape::Bool => {
            let truth = value
                .cast::<PyBool>()
                .map_err(|_| Fault::of_type("expected true or false"))?;
            out.push(if truth.is_true() { head::TRUE } else { head::FALSE });
            Ok(())
        }
        Shape::Enum { class, members } => {
            let number = value
                .cast::<PyInt>()
                .ok()
                .filter(|_| value.get_type().is(class.bind(py)));
            let number = number.ok_or_else(|| Fault::of_type("expected a member of its enumeration"))?;
            match int_value(number) {
                Some(number) if members.contains_key(&number) && head::write_integer(out, number) => Ok(()),
                _ => Err(Fault::bound("unknown value")),
            }
        }
        Shape::Optional(_) if value.is_none() => {
            out.push(head::NULL);
            Ok(())
        }
        Shape::Optional(inner) => write_value(py, inner, value, out),
        Shape::List { item, max } => write_list(py, item, *max, value, out),
        Shape::Record(record) => write_record(py, record, value, out),
        Shape::Union(union) => write_record(py, choose_by_class(union, value)?, value, out),
    }
}

fn write_int(value: &Bound<'_, PyAny>, lo: i128, hi: i128, out: &mut Vec<u8>) -> Checked<()> {
    let number = value
        .cast::<PyInt>()
        .ok()
        .filter(|_| !value.is_instance_of::<PyBool>());
    let number = number.ok_or_else(|| Fault::of_type("expected an integer"))?;
    match int_value(number) {
        Some(number) if lo <= number && number <= hi && head::write_integer(out, number) => Ok(()),
        _ => Err(Fault::bound("out of bounds")),
    }
}

fn write_list(
    py: Python<'_>,
    item: &Shape,
    max: u64,
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
) -> Checked<()> {
    let tuple = value
        .cast::<PyTuple>()
        .map_err(|_| Fault::of_type("expected a tuple"))?;
    if tuple.len() as u64 > max {
        return Err(Fault::bound("too many items"));
    }
    head::write_head(out, ARRAY, tuple.len() as u64);
    for (index, member) in tuple.iter_borrowed().enumerate() {
        write_value(py, item, &member, out).map_err(|fault| fault.within(format!("[{index}]")))?;
    }
    Ok(())
}

fn write_record(py: Python<'_>, record: &Record, value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Checked<()> {
    if !value.get_type().is(record.class.bind(py)) {
        return Err(Fault::of_type(format!("expected {}", record.name)));
    }
    head::write_head(out, ARRAY, record.fields.len() as u64 + 1);
    head::write_head(out, head::UNSIGNED, record.tag);
    for field in &record.fields {
        let member = value.getattr(field.name.bind(py))?;
        write_value(py, &field.shape, &member, out)
            .map_err(|fault| fault.within(format!(".{}", field.name.bind(py))))?;
    }
    Ok(())
}

fn choose_by_class<'a>(union: &'a Union, value: &Bound<'_, PyAny>) -> Checked<&'a Record> {
    let class = value.get_type().as_ptr() as usize;
    match union.by_class.get(&class) {
        Some(index) => Ok(&union.records[*index]),
        None => Err(Fault::of_type("expected a record of the union")),
    }
}

fn read_value<'py>(py: Python<'py>, shape: &Shape, reader: &mut Reader<'_>) -> Checked<Bound<'py, PyAny>> {
    match shape {
        Shape::Int { lo, hi } => {
            let number = reader.integer()?;
            if number < *lo || number > *hi {
                return Err(Fault::form("out of bounds"));
            }
            Ok(int_object(py, number)?)
        }
        Shape::Bytes { min, max } => {
            let length = reader.head(BYTES, "expected bytes")?;
            check_length(length, *min, *max).map_err(Fault::form)?;
            Ok(PyBytes::new(py, reader.take(length)?).into_any())
        }
        Shape::Text { max } => {
            let length = reader.head(TEXT, "expected text")?;
            check_length(length, 0, *max).map_err(Fault::form)?;
            let text = std::str::from_utf8(reader.take(length)?).map_err(|_| Fault::form("not UTF-8"))?;
            check_printable(text.as_bytes()).map_err(Fault::form)?;
            Ok(PyString::new(py, text).into_any())
        }
        Shape::Bool => match reader.peek() {
            Some(lead @ (head::FALSE | head::TRUE)) => {
                reader.skip();
                Ok(PyBool::new(py, lead == head::TRUE).to_owned().into_any())
            }
            Some(_) => Err(Fault::form("expected true or false")),
            None => Err(Fault::form("cut short")),
        },
        Shape::Enum { members, .. } => match members.get(&reader.integer()?) {
            Some(member) => Ok(member.bind(py).clone()),
            None => Err(Fault::form("unknown value")),
        },
        Shape::Optional(_) if reader.peek() == Some(head::NULL) => {
            reader.skip();
            Ok(py.None().into_bound(py))
        }
        Shape::Optional(inner) => read_value(py, inner, reader),
        Shape::List { item, max } => read_list(py, item, *max, reader),
        Shape::Record(record) => read_record(py, record, reader),
        Shape::Union(union) => {
            let (record, count) = choose_by_tag(union, reader)?;
            read_fields(py, record, count, reader)
        }
    }
}

fn read_list<'py>(
    py: Python<'py>,
    item: &Shape,
    max: u64,
    reader: &mut Reader<'_>,
) -> Checked<Bound<'py, PyAny>> {
    let count = reader.head(ARRAY, "expected an array")?;
    if count > max {
        return Err(Fault::form("too many items"));
    }
    // Every item takes a byte at least, so what is left bounds what is set aside for them.
    if count > reader.left() as u64 {
        return Err(Fault::form("cut short"));
    }
    let mut items = Vec::with_capacity(count as usize);
    for index in 0..count {
        items.push(read_value(py, item, reader).map_err(|fault| fault.within(format!("[{index}]")))?);
    }
    Ok(PyTuple::new(py, items)?.into_any())
}

fn read_record<'py>(py: Python<'py>, record: &Record, reader: &mut Reader<'_>) -> Checked<Bound<'py, PyAny>> {
    let count = reader.head(ARRAY, "expected an array")?;
    if reader.head(head::UNSIGNED, "expected a tag")? != record.tag {
        return Err(Fault::form(format!("tag must be {}", record.tag)));
    }
    read_fields(py, record, count, reader)
}

/// The record that the first item of the array names, and how many items the array has.
fn choose_by_tag<'a>(union: &'a Union, reader: &mut Reader<'_>) -> Checked<(&'a Record, u64)> {
    let count = reader.head(ARRAY, "expected an array")?;
    let tag = reader.head(head::UNSIGNED, "expected a tag")?;
    match union.by_tag.get(&tag) {
        Some(index) => Ok((&union.records[*index], count)),
        None => Err(Fault::form(format!("unknown tag {tag}"))),
    }
}

/// The fields that follow the tag, and the record made of them.
fn read_fields<'py>(
    py: Python<'py>,
    record: &Record,
    count: u64,
    reader: &mut Reader<'_>,
) -> Checked<Bound<'py, PyAny>> {
    let expected = record.fields.len() as u64 + 1;
    if count != expected {
        return Err(Fault::form(format!("must have {expected} items")));
    }
    let mut values = Vec::with_capacity(record.fields.len());
    for field in &record.fields {
        let value = read_value(py, &field.shape, reader)
            .map_err(|fault| fault.within(format!(".{}", field.name.bind(py))))?;
        values.push(value);
    }
    Ok(record.class.bind(py).call1(PyTuple::new(py, values)?)?)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<RecordCodec>()
}
