//! `Bitmap` and `Expression`: sets of dense ids and questions about them, for analysts.

use std::sync::Arc;

use numpy::{IntoPyArray, PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1};
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use treffer_core::bitmap;
use treffer_service::sets;

/// An immutable set of ids.
#[pyclass(frozen, module = "treffer._native")]
pub(crate) struct Bitmap {
    set: Arc<bitmap::Bitmap>,
}

/// A set described by operators and built only when asked for.
#[pyclass(frozen, module = "treffer._native")]
pub(crate) struct Expression {
    node: Arc<Node>,
}

enum Node {
    Set(Arc<bitmap::Bitmap>),
    And(Arc<Self>, Arc<Self>),
    Or(Arc<Self>, Arc<Self>),
    Xor(Arc<Self>, Arc<Self>),
    Minus(Arc<Self>, Arc<Self>),
}

/// Nodes on the longest way through an expression: it is walked by recursion.
const DEPTH: usize = 1_000;

impl Node {
    fn expression(&self) -> bitmap::Expression<'_> {
        use bitmap::Expression;
        match self {
            Self::Set(set) => Expression::Set(set),
            Self::And(a, b) => Expression::And(vec![a.expression(), b.expression()]),
            Self::Or(a, b) => Expression::Or(vec![a.expression(), b.expression()]),
            Self::Xor(a, b) => Expression::Xor(Box::new(a.expression()), Box::new(b.expression())),
            Self::Minus(a, b) => {
                Expression::Minus(Box::new(a.expression()), Box::new(b.expression()))
            }
        }
    }

    fn depth(&self) -> usize {
        match self {
            Self::Set(_) => 1,
            Self::And(a, b) | Self::Or(a, b) | Self::Xor(a, b) | Self::Minus(a, b) => {
                1 + a.depth().max(b.depth())
            }
        }
    }

    fn of(operand: &Bound<'_, PyAny>) -> PyResult<Arc<Self>> {
        if let Ok(set) = operand.cast::<Bitmap>() {
            return Ok(Arc::new(Self::Set(Arc::clone(&set.get().set))));
        }
        match operand.cast::<Expression>() {
            Ok(expression) => Ok(Arc::clone(&expression.get().node)),
            Err(_) => Err(PyTypeError::new_err("operands are Bitmap or Expression")),
        }
    }
}

type Operation = fn(Arc<Node>, Arc<Node>) -> Node;

fn combined(a: Arc<Node>, b: &Bound<'_, PyAny>, operation: Operation) -> PyResult<Expression> {
    let node = operation(a, Node::of(b)?);
    if node.depth() > DEPTH {
        return Err(PyValueError::new_err(format!(
            "an expression is at most {DEPTH} deep"
        )));
    }
    Ok(Expression {
        node: Arc::new(node),
    })
}

#[pymethods]
impl Bitmap {
    #[new]
    #[pyo3(signature = (ids=None, /))]
    fn new(py: Python<'_>, ids: Option<PyReadonlyArray1<'_, u32>>) -> PyResult<Self> {
        let set = match ids {
            None => bitmap::Bitmap::new(),
            Some(ids) => {
                let ids = ids
                    .as_slice()
                    .map_err(|_| PyValueError::new_err("ids: the array is not contiguous"))?;
                py.detach(|| sets::from_ids(ids))
            }
        };
        Ok(Self { set: Arc::new(set) })
    }

    #[staticmethod]
    #[pyo3(signature = (portable, /))]
    fn from_bytes(py: Python<'_>, portable: &[u8]) -> PyResult<Self> {
        let set = py.detach(|| bitmap::Bitmap::from_portable(portable));
        let set = set.map_err(|error| PyValueError::new_err(format!("portable: {error}")))?;
        Ok(Self { set: Arc::new(set) })
    }

    #[staticmethod]
    #[pyo3(signature = (bitmaps, /))]
    fn overlap<'py>(
        py: Python<'py>,
        bitmaps: Vec<Bound<'py, Self>>,
    ) -> PyResult<Bound<'py, PyArray2<u64>>> {
        let sets: Vec<Arc<bitmap::Bitmap>> = bitmaps
            .into_iter()
            .map(|bitmap| Arc::clone(&bitmap.get().set))
            .collect();
        let matrix = py.detach(|| {
            let sets: Vec<&bitmap::Bitmap> = sets.iter().map(AsRef::as_ref).collect();
            sets::overlap(&sets)
        });
        matrix.into_pyarray(py).reshape([sets.len(), sets.len()])
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let bytes = py.detach(|| self.set.to_portable());
        PyBytes::new(py, &bytes)
    }

    fn to_numpy<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<u32>> {
        py.detach(|| self.set.iter().collect::<Vec<u32>>())
            .into_pyarray(py)
    }

    fn __len__(&self) -> usize {
        self.set.len() as usize
    }

    fn __contains__(&self, id: &Bound<'_, PyAny>) -> PyResult<bool> {
        match id.extract::<u32>() {
            Ok(id) => Ok(self.set.contains(id)),
            // A number that is no id.
            Err(error) if error.is_instance_of::<PyOverflowError>(id.py()) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn __eq__(&self, py: Python<'_>, other: &Self) -> bool {
        py.detach(|| self.set == other.set)
    }

    fn __and__(&self, other: &Bound<'_, PyAny>) -> PyResult<Expression> {
        combined(self.node(), other, Node::And)
    }

    fn __or__(&self, other: &Bound<'_, PyAny>) -> PyResult<Expression> {
        combined(self.node(), other, Node::Or)
    }

    fn __xor__(&self, other: &Bound<'_, PyAny>) -> PyResult<Expression> {
        combined(self.node(), other, Node::Xor)
    }

    fn __sub__(&self, other: &Bound<'_, PyAny>) -> PyResult<Expression> {
        combined(self.node(), other, Node::Minus)
    }
}

impl Bitmap {
    fn node(&self) -> Arc<Node> {
        Arc::new(Node::Set(Arc::clone(&self.set)))
    }
}

#[pymethods]
impl Expression {
    fn count(&self, py: Python<'_>) -> u64 {
        py.detach(|| sets::count(&self.node.expression()))
    }

    fn is_empty(&self, py: Python<'_>) -> bool {
        py.detach(|| self.node.expression().is_empty())
    }

    fn __bool__(&self, py: Python<'_>) -> bool {
        !self.is_empty(py)
    }

    #[pyo3(signature = (k, /))]
    fn exceeds(&self, py: Python<'_>, k: u64) -> bool {
        py.detach(|| self.node.expression().exceeds(k))
    }

    fn members(&self, py: Python<'_>) -> Bitmap {
        Bitmap {
            set: Arc::new(py.detach(|| self.node.expression().members())),
        }
    }

    #[pyo3(signature = (n, seed=0))]
    fn sample<'py>(&self, py: Python<'py>, n: usize, seed: u64) -> Bound<'py, PyArray1<u32>> {
        py.detach(|| self.node.expression().sample(n, seed))
            .into_pyarray(py)
    }

    fn __and__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        combined(Arc::clone(&self.node), other, Node::And)
    }

    fn __or__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        combined(Arc::clone(&self.node), other, Node::Or)
    }

    fn __xor__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        combined(Arc::clone(&self.node), other, Node::Xor)
    }

    fn __sub__(&self, other: &Bound<'_, PyAny>) -> PyResult<Self> {
        combined(Arc::clone(&self.node), other, Node::Minus)
    }
}
