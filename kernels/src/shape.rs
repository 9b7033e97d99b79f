//! The shape of a record, compiled once from the nested tuples that `yuzhong.ledger.shapes` derives from a
//! dataclass.

use std::collections::{BTreeMap, HashMap};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use crate::head::MAX_DEPTH;

/// What one value may be.
pub enum Shape {
    Int {
        lo: i128,
        hi: i128,
    },
    Bytes {
        min: u64,
        max: u64,
    },
    Text {
        max: u64,
    },
    Bool,
    Enum {
        class: Py<PyType>,
        members: BTreeMap<i128, Py<PyAny>>,
    },
    Optional(Box<Shape>),
    List {
        item: Box<Shape>,
        max: u64,
    },
    Record(Box<Record>),
    Union(Union),
}

/// A frozen dataclass: the array `[tag, field...]`.
pub struct Record {
    pub class: Py<PyType>,
    pub name: String,
    pub tag: u64,
    pub fields: Vec<Field>,
}

pub struct Field {
    pub name: Py<PyString>,
    pub shape: Shape,
}

/// One of several records, told apart by their tags.
pub struct Union {
    pub records: Vec<Record>,
    pub by_tag: BTreeMap<u64, usize>,
    /// Address of the class to index: a class lives as long as the shape that holds it.
    pub by_class: HashMap<usize, usize>,
}

impl Shape {
    /// Compile `spec`, whose arrays may nest `depth` levels more. Errors: ValueError for a spec that is not
    /// well formed, TypeError for one of the wrong Python types.
    fn compile(spec: &Bound<'_, PyAny>, depth: usize) -> PyResult<Shape> {
        let spec = spec.cast::<PyTuple>()?;
        let kind: String = spec.get_item(0)?.extract()?;
        match (kind.as_str(), spec.len()) {
            ("int", 3) => Self::int(spec.get_item(1)?.extract()?, spec.get_item(2)?.extract()?),
            ("bytes", 3) => {
                let (min, max) = (spec.get_item(1)?.extract()?, spec.get_item(2)?.extract()?);
                ordered(min <= max)?;
                Ok(Shape::Bytes { min, max })
            }
            ("text", 2) => Ok(Shape::Text {
                max: spec.get_item(1)?.extract()?,
            }),
            ("bool", 1) => Ok(Shape::Bool),
            ("enum", 3) => Self::enumeration(spec),
            ("optional", 2) => match Self::compile(&spec.get_item(1)?, depth)? {
                Shape::Optional(_) => Err(PyValueError::new_err("an optional inside an optional")),
                inner => Ok(Shape::Optional(Box::new(inner))),
            },
            ("list", 3) => Ok(Shape::List {
                item: Box::new(Self::compile(&spec.get_item(1)?, deeper(depth)?)?),
                max: spec.get_item(2)?.extract()?,
            }),
            ("record", 4) => Ok(Shape::Record(Box::new(Record::compile(spec, depth)?))),
            ("union", 2) => Ok(Shape::Union(Union::compile(spec, depth)?)),
            _ => Err(PyValueError::new_err(format!(
                "not a shape: {kind} of {} items",
                spec.len()
            ))),
        }
    }

    fn int(lo: i128, hi: i128) -> PyResult<Shape> {
        ordered(-(1 << 63) <= lo && lo <= hi && hi < 1 << 64)?;
        Ok(Shape::Int { lo, hi })
    }

    fn enumeration(spec: &Bound<'_, PyTuple>) -> PyResult<Shape> {
        let mut members = BTreeMap::new();
        for (number, member) in spec.get_item(2)?.cast::<PyDict>()?.iter() {
            let number: i128 = number.extract()?;
            ordered((-(1 << 63)..1 << 64).contains(&number))?;
            members.insert(number, member.unbind());
        }
        Ok(Shape::Enum {
            class: spec.get_item(1)?.cast::<PyType>()?.clone().unbind(),
            members,
        })
    }

    /// Compile the shape of a whole message: a record or a union.
    pub fn compile_root(spec: &Bound<'_, PyAny>) -> PyResult<Shape> {
        match Self::compile(spec, MAX_DEPTH)? {
            root @ (Shape::Record(_) | Shape::Union(_)) => Ok(root),
            _ => Err(PyValueError::new_err("a codec is for a record or a union")),
        }
    }
}

impl Record {
    fn compile(spec: &Bound<'_, PyTuple>, depth: usize) -> PyResult<Record> {
        let class = spec.get_item(1)?.cast::<PyType>()?.clone();
        let inner = deeper(depth)?;
        let mut fields = Vec::new();
        for field in spec.get_item(3)?.cast::<PyTuple>()?.iter() {
            let (name, shape): (String, Bound<'_, PyAny>) = field.extract()?;
            let name = PyString::intern(spec.py(), &name).unbind();
            fields.push(Field {
                name,
                shape: Shape::compile(&shape, inner)?,
            });
        }
        Ok(Record {
            name: class.name()?.extract()?,
            tag: spec.get_item(2)?.extract()?,
            class: class.unbind(),
            fields,
        })
    }
}

impl Union {
    fn compile(spec: &Bound<'_, PyTuple>, depth: usize) -> PyResult<Union> {
        let mut union = Union {
            records: Vec::new(),
            by_tag: BTreeMap::new(),
            by_class: HashMap::new(),
        };
        for (tag, shape) in spec.get_item(1)?.cast::<PyDict>()?.iter() {
            let Shape::Record(record) = Shape::compile(&shape, depth)? else {
                return Err(PyValueError::new_err("a union holds records"));
            };
            let index = union.records.len();
            let class = record.class.as_ptr() as usize;
            if tag.extract::<u64>()? != record.tag || union.by_class.insert(class, index).is_some() {
                return Err(PyValueError::new_err(
                    "each record of a union has its own class and tag",
                ));
            }
            union.by_tag.insert(record.tag, index);
            union.records.push(*record);
        }
        Ok(union)
    }
}

fn deeper(depth: usize) -> PyResult<usize> {
    depth
        .checked_sub(1)
        .ok_or_else(|| PyValueError::new_err(format!("deeper than {MAX_DEPTH} arrays")))
}

fn ordered(holds: bool) -> PyResult<()> {
    if holds {
        Ok(())
    } else {
        Err(PyValueError::new_err("bounds out of order or of range"))
    }
}

/// Refuse a length outside min..=max.
pub fn check_length(length: u64, min: u64, max: u64) -> Result<(), &'static str> {
    if length < min {
        Err("too short")
    } else if length > max {
        Err("too long")
    } else {
        Ok(())
    }
}

/// Refuse U+0000 to U+001F and U+007F; in UTF-8 their bytes occur nowhere else.
pub fn check_printable(text: &[u8]) -> Result<(), &'static str> {
    if text.iter().any(|byte| *byte < 0x20 || *byte == 0x7f) {
        Err("holds a control character")
    } else {
        Ok(())
    }
}
