//! cuBLASLt's objects, each destroyed when it is dropped.

use std::ffi::{c_int, c_void};
use std::mem::size_of;
use std::ptr;
use std::rc::Rc;

use super::error::Error;
use super::ffi::{self, Api, Status};
use super::layout::Matrix;

/// The library and a handle of it.
pub struct Session {
    /// Its functions.
    pub api: Api,
    /// What most of them ask for.
    pub handle: *mut c_void,
}

impl Session {
    /// A handle of this library.
    pub fn new(api: Api) -> Result<Self, Error> {
        let mut handle = ptr::null_mut();
        // SAFETY: the handle is written to a place of its type.
        let status = unsafe { (api.create)(&mut handle) };
        api.check("cublasLtCreate", status)?;
        Ok(Self { api, handle })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // SAFETY: the handle is this session's own, and all that uses it holds the session. What the call answers
        // changes nothing any more.
        unsafe { (self.api.destroy)(self.handle) };
    }
}

/// The functions of one kind of object.
struct Kind {
    set: unsafe extern "C" fn(*mut c_void, c_int, *const c_void, usize) -> Status,
    set_name: &'static str,
    destroy: unsafe extern "C" fn(*mut c_void) -> Status,
}

/// An operation, a layout or a preference.
pub struct Descriptor {
    pointer: *mut c_void,
    kind: Kind,
    session: Rc<Session>,
}

/// What an attribute may be: plain bits of a size that the library checks.
pub trait Attribute: Copy {}

impl Attribute for i8 {}
impl Attribute for i32 {}
impl Attribute for i64 {}
impl Attribute for u64 {}

impl Descriptor {
    /// A product that is summed in `f32`.
    pub fn matmul(session: &Rc<Session>) -> Result<Self, Error> {
        let api = &session.api;
        let kind = Kind {
            set: api.matmul_set,
            set_name: "cublasLtMatmulDescSetAttribute",
            destroy: api.matmul_destroy,
        };
        Self::new(session, kind, "cublasLtMatmulDescCreate", |place| {
            // SAFETY: the object is written to a place of its type.
            unsafe { (api.matmul_create)(place, ffi::COMPUTE_32F, ffi::R_32F) }
        })
    }

    /// Where a matrix, or each of a batch, has its elements.
    pub fn layout(session: &Rc<Session>, matrix: &Matrix, batch: usize) -> Result<Self, Error> {
        let api = &session.api;
        let kind = Kind {
            set: api.layout_set,
            set_name: "cublasLtMatrixLayoutSetAttribute",
            destroy: api.layout_destroy,
        };
        let data_type = ffi::data_type(matrix.element);
        let (rows, columns, leading) = (
            matrix.rows as u64,
            matrix.columns as u64,
            matrix.leading as i64,
        );
        let layout = Self::new(session, kind, "cublasLtMatrixLayoutCreate", |place| {
            // SAFETY: the object is written to a place of its type.
            unsafe { (api.layout_create)(place, data_type, rows, columns, leading) }
        })?;
        if batch > 1 {
            layout.set(ffi::layout::BATCH_COUNT, batch as i32)?;
            layout.set(ffi::layout::STRIDED_BATCH_OFFSET, matrix.stride as i64)?;
        }
        Ok(layout)
    }

    /// Any algorithm that makes do with this much scratch memory.
    pub fn preference(session: &Rc<Session>, workspace_bytes: usize) -> Result<Self, Error> {
        let api = &session.api;
        let kind = Kind {
            set: api.preference_set,
            set_name: "cublasLtMatmulPreferenceSetAttribute",
            destroy: api.preference_destroy,
        };
        let preference = Self::new(session, kind, "cublasLtMatmulPreferenceCreate", |place| {
            // SAFETY: the object is written to a place of its type.
            unsafe { (api.preference_create)(place) }
        })?;
        preference.set(ffi::preference::MAX_WORKSPACE_BYTES, workspace_bytes as u64)?;
        Ok(preference)
    }

    fn new(
        session: &Rc<Session>,
        kind: Kind,
        call: &'static str,
        create: impl FnOnce(*mut *mut c_void) -> Status,
    ) -> Result<Self, Error> {
        let mut pointer = ptr::null_mut();
        let status = create(&mut pointer);
        session.api.check(call, status)?;
        Ok(Self {
            pointer,
            kind,
            session: Rc::clone(session),
        })
    }

    /// Sets an attribute.
    pub fn set<T: Attribute>(&self, attribute: i32, value: T) -> Result<(), Error> {
        let place = ptr::from_ref(&value).cast();
        // SAFETY: the object is alive, and as many bytes as are announced are read during the call.
        let status = unsafe { (self.kind.set)(self.pointer, attribute, place, size_of::<T>()) };
        self.session.api.check(self.kind.set_name, status)
    }

    /// The object, for a call.
    pub fn as_ptr(&self) -> *mut c_void {
        self.pointer
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: the object is this descriptor's own and not used after this. What the call answers changes nothing
        // any more.
        unsafe { (self.kind.destroy)(self.pointer) };
    }
}
